// What is asked of the server: one drawing at a time, and what may be asked meanwhile.
const PATIENCE_MS = 8000;
const DRAWS = ['draw', 'reopen'];

export class Asking {
  constructor(app) {
    this.app = app;
    this.isDrawing = this.isStopping = false;
    // How many times something was drawn.
    this.count = 0;
    // Pictures in the making: { step, steps, src, together, seed }.
    this.going = [];
    this.sent = null;
  }

  // `isAgain`: what the server had forgotten was sent to it once more.
  draw(isAgain = false) {
    const { app } = this;
    if (this.isDrawing || !app.prompt.words.trim() || !app.settings.canDraw) return;
    app.note = '';
    this.isAgain = isAgain;
    // A picture that is still on its way is waited for.
    if (app.startCard.isOnTheWay) {
      app.startCard.after = () => this.draw();
      return;
    }
    const wanted = app.settings.fields();
    const start = app.startCard.asked();
    this.sent = { words: app.prompt.words, ...wanted, ...start };
    this.begin(Array.from({ length: wanted.count }, () => ({ step: 0, steps: wanted.steps, src: '', together: 1 })));
    app.ask('draw', this.sent);
  }

  // What a recipe asks for is drawn as everything else is.
  send(event, more) {
    if (this.isDrawing) return;
    this.app.note = '';
    this.sent = null;
    this.begin([{ step: 0, steps: 0, src: '', together: 1 }]);
    this.app.ask(event, more);
  }

  begin(going) {
    this.isDrawing = true;
    this.isStopping = false;
    this.count += 1;
    this.going = going;
    this.app.root.dataset.drawing = 'true';
    this.app.changed();
  }

  // What has been foreseen so far stays as the picture.
  stop() {
    if (!this.isDrawing || this.isStopping) return;
    this.isStopping = true;
    this.app.ask('stop');
    // Of an event that never ends, as when the server was started anew, nothing more is heard.
    const { count } = this;
    setTimeout(() => this.isStopping && this.count === count && this.end(), PATIENCE_MS);
    this.app.changed();
  }

  hear(told) {
    const { app } = this;
    if (told.going) this.going = told.going.map((one, place) => ({ ...this.going[place], ...one, src: one.src || (this.going[place]?.src ?? '') }));
    if (told.expired === 'start' && app.startCard.isRepairable && this.sent && !this.isAgain) return this.repair();
    if (told.error && told.of === 'open') app.openFailed(told.error);
    else if (told.error) app.tell(told.error);
    // What was taken away or opened meanwhile says nothing of what is being drawn.
    if (told.busy === false || (told.error && DRAWS.includes(told.of))) this.end();
    return undefined;
  }

  // The server forgot the picture to start from: it is sent anew, and then drawn, but once.
  repair() {
    this.end();
    this.app.startCard.sendAgain(() => this.draw(true));
  }

  end() {
    this.isDrawing = this.isStopping = false;
    this.going = [];
    this.app.root.dataset.drawing = 'false';
    this.app.changed();
  }
}
