// The chat: holds the picture and the talk, hears the server, and says what a person does.
import { call } from '../shared/calling.js';
import { Interface } from '../shared/dom.js';
import { Pictures } from '../shared/pictures.js';
import { listen } from '../shared/receiving.js';
import { save } from '../shared/saving.js';
import { Asking } from './asking.js';
import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { Inside } from './inside_drawer.js';
import { Look } from './look.js';
import { smallOf } from './part.js';
import { Talk } from './talk.js';
import { WordPanel } from './word_panel.js';

class App {
  constructor(gradio) {
    const root = gradio.element.querySelector('.chat');
    Object.assign(this, { ...gradio, root, name: root.dataset.canvas });
    this.tools = document.querySelector(`[data-tools-of="${this.name}"]`) ?? document.createElement('div');
    this.region = root.querySelector('[role=status]');
    this.ui = new Interface(root);
    this.talkOf = new Conversation();
    this.asking = new Asking(this);
    this.picture = this.part = this.chosen = null;
    this.isReading = false;
    this.note = '';
  }

  get models() {
    return this.talkOf.models;
  }

  get caption() {
    return this.talkOf.caption;
  }

  get turns() {
    return this.talkOf.turns;
  }

  // ---- what the server says ----
  receive(told) {
    // A picture takes a while to be unpacked; what is told after it must not overtake it.
    const take = () => this.take(told);
    this.receiving = (this.receiving ?? Promise.resolve()).then(take, take);
  }

  async take(told) {
    if (told.words) this.start(told.words);
    const id = told.picture?.id ?? told.changed?.picture_id;
    const isOther = id && id !== this.picture?.id && !told.picture?.src;
    // What still comes about a picture that has gone.
    if (isOther) return;
    if (told.picture?.src && id !== this.picture?.id) await this.receivePicture(told.picture);
    if (told.picture === null && !told.error) this.clear();
    this.talkOf.take(told);
    if (told.download) save(new Blob([told.download.text], { type: 'text/plain;charset=utf-8' }), told.download.name);
    this.asking.hear(told);
    this.changed();
  }

  async receivePicture(picture) {
    const isSame = this.asking.isReopening || (picture.hash && picture.hash === this.picture?.hash);
    const file = this.picture?.isPending || isSame ? this.picture?.file : null;
    const image = await Pictures.load(picture.src);
    const name = picture.name || this.picture?.name || '';
    const isFirst = !this.picture;
    this.show({ ...picture, name, image, small: smallOf(image), file });
    if (!isSame) this.setPart(null);
    // On a phone the examples stand far below the picture.
    if (!isFirst) this.look.stage.scrollIntoView({ block: 'nearest' });
    // What waits is asked when the whole value is heard: the caption may be on its way.
    this.setBusy(false);
    this.root.dataset.ready = picture.id;
    this.asking.reopened();
    this.say('shown', { name: picture.alt || name });
  }

  show(picture) {
    if (this.picture?.isPending) URL.revokeObjectURL(this.picture.src);
    this.picture = picture;
    this.chosen = null;
    this.look.show(picture);
    this.sendUp();
  }

  clear() {
    const { models, settings } = this.talkOf;
    this.talkOf = Object.assign(new Conversation(), { models, settings });
    this.picture = this.chosen = null;
    this.look.clear();
    this.setPart(null);
    delete this.root.dataset.ready;
  }

  showPending({ file, image, width, height, name }) {
    delete this.root.dataset.ready;
    if (!this.picture?.isPending) this.kept = { picture: this.picture, talkOf: this.talkOf };
    const { models, settings } = this.talkOf;
    this.talkOf = Object.assign(new Conversation(), { models, settings });
    this.setPart(null);
    this.asking.forget();
    const src = URL.createObjectURL(file);
    this.show({ id: null, hash: '', alt: '', isPending: true, src, image, small: smallOf(image), width, height, name, file });
    this.changed();
  }

  openFailed(sentence) {
    this.asking.openFailed();
    this.setBusy(false);
    this.tell(sentence);
    if (!this.picture?.isPending) return;
    const { picture, talkOf } = this.kept;
    this.talkOf = talkOf;
    if (picture) this.show(picture);
    else this.picture = null;
    if (picture) this.root.dataset.ready = picture.id;
    this.changed();
  }

  openAgain() {
    this.asking.openAgain();
  }

  // ---- what the browser says ----
  sendUp(more = {}) {
    const { picture, part } = this;
    this.props.value = { picture_id: picture?.id ?? '', hash: picture?.hash ?? '', part, ...more };
  }

  ask(event, more) {
    this.sendUp({ ...this.asking.carried(event), ...more });
    this.trigger(event);
  }

  setPart(part) {
    this.part = part;
    this.sendUp();
    this.changed();
  }

  async takeThing([x, y]) {
    const { picture } = this;
    const answer = await call(this, 'segment', { picture_id: picture.id, x, y });
    if (this.picture !== picture) return;
    if (answer.expired) this.openAgain();
    else if (answer.error) this.tell(answer.error);
    else this.setPart({ runs: answer.runs, width: answer.width, height: answer.height, name: '' });
  }

  // The word whose likeliest others are shown: { turn, index, word }.
  choose(chosen) {
    this.chosen = chosen;
    this.changed();
  }

  // ---- the parts ----
  start(words) {
    if (this.look) return;
    this.ui.words = words;
    // A picture may be dropped anywhere on the chat.
    this.stage = this.root;
    this.look = new Look(this);
    this.talk = new Talk(this);
    this.composer = new Composer(this);
    this.wordPanel = new WordPanel(this);
    this.insidePanel = new Inside(this);
    this.pictures = new Pictures(this);
    this.root.dataset.started = 'true';
  }

  // Everything is brought up to date at most once for each frame.
  changed() {
    if (this.isChanging || !this.look) return;
    this.isChanging = true;
    requestAnimationFrame(() => {
      this.isChanging = false;
      this.look.update();
      this.talk.update();
      this.composer.update();
      this.wordPanel.update();
      this.insidePanel.update();
    });
  }

  setBusy(isReading) {
    this.isReading = isReading;
    this.root.dataset.busy = String(isReading);
    this.changed();
  }

  // A sentence over the input, until the next thing is done.
  tell(sentence) {
    this.note = sentence;
    this.announce(sentence);
    this.changed();
  }

  say(key, places) {
    this.announce(this.ui.say(key, places));
  }

  announce(sentence) {
    this.region.textContent = sentence ?? '';
  }
}

export function start(gradio) {
  const app = new App(gradio);
  // For tests, which look at the chat from outside.
  app.root.app = app;
  listen(gradio, app);
}
