// The stage of click-to-segment: holds the parts together. `start` is called once for the component.
import { Announcer } from './announce.js';
import { Bar } from './bar.js';
import { Decoding } from './decoding.js';
import { Interface } from '../shared/dom.js';
import { Editing } from './editing.js';
import { Effects } from './effects_panel.js';
import { Hovering } from './hovering.js';
import { Inside } from './inside.js';
import { listenToKeys } from './keys.js';
import { Painter } from './paint.js';
import { Pictures } from '../shared/pictures.js';
import { listen } from '../shared/receiving.js';
import { listenToPointers } from './pointers.js';
import { Rendering } from './rendering.js';
import { emptyState, History, scaledBy } from './state.js';
import { Tools } from './tools.js';
import { View } from './view.js';

class App extends Editing {
  constructor(gradio) {
    super();
    const root = gradio.element.querySelector('.segment');
    Object.assign(this, { ...gradio, root, stage: root.querySelector('.segment-stage') });
    this.canvas = this.stage.querySelector('canvas');
    this.name = root.dataset.canvas;
    this.tools = document.querySelector(`[data-tools-of="${this.name}"]`) ?? document.createElement('div');
    this.ui = new Interface(root);
    this.tool = 'include';
    this.picture = this.model = this.cursor = this.dragBox = this.stroke = null;
    this.isEverything = this.isHidden = this.isPanning = this.isBusy = false;
    this.brushRadius = 12;
    this.decoding = new Decoding(this);
    this.rendering = new Rendering();
    this.history = new History((kind) => this.changedBy(kind));
    this.hovering = new Hovering(this);
    this.effects = new Effects(this);
    this.announcer = new Announcer(this);
    this.view = new View(this.stage, this.canvas, () => this.changed());
    this.painter = new Painter(this);
    this.pictures = new Pictures(this);
    listenToPointers(this);
    listenToKeys(this);
  }

  // ---- what the server says ----
  receive(told) {
    // A picture takes a while to be unpacked; what is told after it must not overtake it.
    this.receiving = (this.receiving ?? Promise.resolve()).then(() => this.take(told));
  }

  async take(told) {
    if (told.words) this.say(told.words);
    if (told.error) this.openFailed(told.error);
    if (told.model) this.model = told.model;
    if (told.seconds) this.seconds = told.seconds;
    if (told.picture) await this.receivePicture(told);
    if ('ranking' in told) this.setRanking(told.ranking);
    if (told.picture?.id === this.picture?.id && told.proposals_of !== undefined) {
      this.hovering.fetch(told.proposals_done, told.proposals_of);
    }
    this.changed();
  }

  async receivePicture({ picture, model }) {
    const isKnown = picture.id === this.picture?.id;
    const isAgain = this.picture?.hash === picture.hash && this.picture.model === model?.key;
    // News without the picture is about the one that stands there, or about one that is gone.
    if (!picture.src || isKnown) return;
    if (isAgain) this.picture.id = picture.id;
    else this.show({ ...picture, image: await Pictures.load(picture.src), model: model?.key });
    this.isAsking = false;
    this.setBusy(false);
    this.stage.dataset.ready = picture.id;
    this.sendUp();
    this.decoding.pump();
  }

  show(picture) {
    const pending = this.picture?.isPending ? this.picture : null;
    // Another model answers the same clicks on the same picture. A copy that was sent again may
    // have lost a little, and so have another hash.
    const isSame = Boolean(this.picture) && (this.isAsking || this.picture.hash === picture.hash);
    const file = pending?.file ?? (isSame ? this.picture.file : null);
    this.heldProposal = null;
    this.picture = { ...picture, name: picture.name || pending?.name || 'picture', file };
    this.rendering.show(this.picture, this.model);
    this.decoding.forget();
    this.hovering.forget();
    this.setCursor(null);
    if (pending) {
      const factor = picture.width / pending.width;
      this.history.mapAll((state) => scaledBy(state, factor));
    } else if (!isSame) {
      this.history.reset(emptyState());
    }
    this.view.show(this.picture);
    this.announcer.picture();
  }

  showPending(picture) {
    delete this.stage.dataset.ready;
    if (!this.picture?.isPending) this.kept = { picture: this.picture, state: this.history.present };
    this.picture = { ...picture, id: null, hash: '', isPending: true };
    this.setEverything(false);
    this.rendering.forget();
    this.decoding.forget();
    this.hovering.forget();
    this.history.reset(emptyState());
    this.view.show(this.picture);
  }

  openFailed(sentence) {
    this.setBusy(false);
    this.isAsking = false;
    this.tell(sentence);
    if (!this.picture?.isPending) return;
    this.picture = this.kept.picture;
    this.rendering.show(this.picture, this.model);
    this.history.reset(this.kept.state);
    if (!this.picture) return;
    this.stage.dataset.ready = this.picture.id;
    this.view.show(this.picture);
    this.hovering.fetch(1, 1);
  }

  // The server forgot the picture: it is asked for again, and what was clicked is kept.
  openAgain() {
    if (this.isAsking) return;
    this.isAsking = true;
    this.tell(this.ui.say('again'));
    const { file, src, is_example: isExample } = this.picture;
    if (file) this.pictures.send(file);
    else if (isExample || !src) this.ask('again');
    else this.pictures.sendCopy(src);
  }

  // ---- what the browser says ----
  sendUp(more = {}) {
    const { picture } = this;
    this.props.value = {
      id: picture?.id ?? '', hash: picture?.hash ?? '', words: this.rankWords ?? '', chosen: this.chosenUp ?? null, ...more,
    };
  }

  ask(event, more) {
    this.sendUp(more);
    this.trigger(event);
  }

  // ---- the parts ----
  say(words) {
    if (this.bar) return;
    this.ui.words = words;
    this.stage.setAttribute('aria-label', words.stage);
    this.bar = new Bar(this);
    this.panels = new Tools(this);
    this.insidePanel = new Inside(this);
    this.root.dataset.started = 'true';
  }

  changedBy(kind) {
    if (!this.pictures) return;
    if (kind === 'undo' || kind === 'redo' || kind === 'reset') this.hovering.refilter();
    this.decoding.failed.clear();
    this.decoding.pump();
    this.noteChosen();
    this.changed();
  }

  // Everything is brought up to date at most once for each frame, and after the picture itself.
  changed() {
    this.painter?.ask();
    if (this.isChanging) return;
    this.isChanging = true;
    afterPaint(() => {
      this.isChanging = false;
      this.bar?.update();
      this.panels?.update();
      this.insidePanel?.update();
      if (this.toAnnounce) this.announcer.working();
      this.toAnnounce = false;
    });
  }

  repaint() {
    this.painter.ask();
  }

  painted() {
    const answer = this.decoding.of(this.history.present.working);
    if (!answer || this.stage.dataset.painted === String(answer.seq)) return;
    this.stage.dataset.painted = answer.seq;
    this.stage.dispatchEvent(new CustomEvent('segment-painted', { detail: { seq: answer.seq }, bubbles: true }));
  }

  setBusy(isBusy) {
    this.isBusy = isBusy;
    this.stage.dataset.busy = String(isBusy);
    this.changed();
  }

  tell(sentence) {
    this.tip = sentence;
    this.announcer.say(sentence);
    this.changed();
  }
}

const afterPaint = (action) => requestAnimationFrame(() => setTimeout(action));

export function start(gradio) {
  const app = new App(gradio);
  // For tests and the benchmark, which look at the stage from outside.
  app.root.app = app;
  listen(gradio, app);
}
