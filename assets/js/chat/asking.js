// What is asked of the server, one thing at a time: what is asked meanwhile waits here.
import { fill } from '../shared/dom.js';

const PATIENCE_MS = 8000;
// These may be sent at any time.
const AT_ONCE = ['stop', 'forget', 'take'];

export class Asking {
  constructor(app) {
    this.app = app;
    this.isReopening = false;
    this.forget();
  }

  forget() {
    this.queue = [];
    this.sent = null;
    this.isAnswering = false;
    this.isStopping = false;
  }

  get isBusy() {
    return this.isAnswering || this.app.isReading || this.isReopening;
  }

  // Questions that nobody has answered yet, as they were typed: those on the way, then those that wait.
  get pending() {
    const onTheWay = this.sent?.event === 'ask' && !this.sent.isSeen ? [{ ...this.sent, isOnTheWay: true }] : [];
    return [...onTheWay, ...this.queue.filter(({ event }) => event === 'ask')];
  }

  send(event, data) {
    const { app } = this;
    app.note = '';
    if (AT_ONCE.includes(event)) return app.ask(event, data);
    this.queue.push({ event, data, picture: app.picture });
    return this.pump();
  }

  question(question, { turn = null, part = this.app.part } = {}) {
    // The words of the new answer are looked at next.
    this.app.chosen = null;
    this.send('ask', { question, turn, part });
  }

  pump() {
    const { app } = this;
    if (this.isBusy || !app.picture?.id || !this.queue.length) return app.changed();
    this.sent = this.queue.shift();
    this.isAnswering = true;
    app.root.dataset.answering = 'true';
    app.ask(this.sent.event, this.sent.data);
    return app.changed();
  }

  // The answer as far as it got stays; what waits goes on after it.
  stop() {
    if (!this.isAnswering || this.isStopping) return;
    this.isStopping = true;
    this.app.ask('stop');
    // Of an event that never ends, as when the server was started anew, nothing more is heard.
    setTimeout(() => this.isStopping && this.hear({ busy: false }), PATIENCE_MS);
    this.app.changed();
  }

  cancel(waiting) {
    this.queue = this.queue.filter((one) => one !== waiting);
    this.app.changed();
  }

  hear(told) {
    const { app, sent } = this;
    if (told.expired) return this.expired(told.error);
    // A talk that could not be taken away is still being answered.
    if (told.is_aside) return app.tell(told.error);
    if (told.turns && sent) sent.isSeen = true;
    if (told.error) this.refused(told.error);
    const isEnd = told.busy === false || (told.error && told.busy === undefined);
    if (told.busy === true) this.isAnswering = true;
    if (isEnd) {
      this.isAnswering = this.isStopping = false;
      this.sent = null;
      app.root.dataset.answering = 'false';
      if (sent && !told.error) this.announce(sent);
    }
    return this.pump();
  }

  // A question that was not taken goes back to where it was typed.
  refused(sentence) {
    const { app, sent } = this;
    if (app.isReading || this.isReopening) {
      app.openFailed(sentence);
      return;
    }
    app.tell(sentence);
    if (sent?.event === 'ask' && !sent.data.turn) app.composer.giveBack(sent.data.question);
  }

  // The whole answer is read out, not each word.
  announce({ event, data }) {
    const { app } = this;
    const turn = event === 'caption' ? 'caption' : (data?.turn ?? app.turns.at(-1)?.id);
    const answers = app.talkOf.answersOf(turn).filter(Boolean);
    const isTwo = answers.length > 1;
    const told = answers.map((one) => (isTwo ? `${app.talk.titleOf(one.model)}: ${this.heardOf(one)}` : this.heardOf(one)));
    app.announce(fill(app.ui.say('answered'), { answer: told.join(' ') }));
  }

  // Who listens is told also why there is no word.
  heardOf({ text, state, error, note }) {
    const { ui } = this.app;
    if (text) return text;
    if (state === 'failed') return error || ui.say('failed');
    return state === 'stopped' ? ui.say('stopped') : note || ui.say('says_nothing');
  }

  // Turns get new names, so only what begins a new one can be asked again as it was; and but once,
  // for a server without room would go on forgetting.
  expired(sentence) {
    const { sent } = this;
    this.isAnswering = this.isStopping = false;
    this.sent = null;
    if (sent?.isAgain) {
      this.queue.unshift(sent);
      this.app.openFailed(sentence);
      return;
    }
    const isNew = sent?.event === 'caption' || (sent?.event === 'ask' && !sent.data.turn);
    if (isNew) this.queue.unshift({ ...sent, isAgain: true, isSeen: false });
    this.openAgain();
  }

  // What was asked about a picture that does not come is asked of no other.
  openFailed() {
    this.isReopening = this.isStartingOver = false;
    const [first] = this.pending;
    this.queue = [];
    if (first && !first.data.turn) this.app.composer.giveBack(first.data.question);
  }

  // The server forgot the picture: it is sent anew, with what was said so far.
  openAgain() {
    if (this.isReopening || !this.app.picture) return;
    this.app.say('again');
    this.isReopening = true;
    this.sendPicture();
  }

  // The same picture, and nothing said about it yet.
  startOver() {
    const { app } = this;
    if (!app.picture?.id) return;
    if (this.isAnswering) app.ask('stop');
    this.forget();
    app.talkOf.turns = [];
    app.chosen = null;
    this.isReopening = this.isStartingOver = true;
    this.sendPicture();
  }

  // Nothing that was shown or said stays, here or on the server.
  forgetAll() {
    const { app } = this;
    if (this.isAnswering) app.ask('stop');
    this.forget();
    this.send('forget');
  }

  sendPicture() {
    const { app } = this;
    const { file, src, is_example: isExample } = app.picture;
    if (isExample) app.ask('again');
    else if (file) app.pictures.send(file);
    else app.pictures.sendCopy(src);
    app.changed();
  }

  reopened() {
    this.isReopening = this.isStartingOver = false;
  }

  carried(event) {
    if (!this.isReopening || (event !== 'open' && event !== 'again')) return {};
    return this.isStartingOver ? { is_fresh: true } : { history: this.app.talkOf.history() };
  }
}
