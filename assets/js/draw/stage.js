// Text to image: holds what is asked for and what was drawn, hears the server, says what a person does.
import { Interface } from '../shared/dom.js';
import { Pictures } from '../shared/pictures.js';
import { listen } from '../shared/receiving.js';
import { save } from '../shared/saving.js';
import { About } from './about.js';
import { Asking } from './asking.js';
import { Focus } from './focus.js';
import { Look } from './look.js';
import { Prompt } from './prompt.js';
import { Settings } from './settings.js';
import { StartCard } from './start_card.js';
import { Strips } from './strips.js';

// As many as the server keeps of one visitor.
const MOST_KEPT = 60;

class App {
  constructor(gradio) {
    const root = gradio.element.querySelector('.draw');
    Object.assign(this, { ...gradio, root, name: root.dataset.canvas });
    this.tools = document.querySelector(`[data-tools-of="${this.name}"]`) ?? document.createElement('div');
    this.region = root.querySelector('[role=status]');
    this.ui = new Interface(root);
    this.asking = new Asking(this);
    this.listeners = [];
    this.models = [];
    this.examples = [];
    // Drawings of this visit, the newest first.
    this.gallery = [];
    // What stands on the stage: one picture, or those that were asked for together.
    this.shown = [];
    this.chosen = null;
    this.isReading = false;
    this.note = '';
  }

  // ---- what the server says ----
  receive(told) {
    if (told.words) this.start(told.words);
    if (!this.look) return;
    if (told.models) this.settings.setModels(told.models);
    if (told.examples) this.examples = told.examples;
    if (told.fields) this.apply(told.fields, told.drawn?.[0]?.tokens);
    if ('start' in told) this.startCard.receive(told.start);
    if (told.drawn) this.receiveDrawn(told);
    if (told.forgotten) this.forgetAll();
    if (told.download) save(blobOf(told.download), told.download.name);
    this.asking.hear(told);
    this.changed();
  }

  receiveDrawn({ drawn, examples }) {
    const news = drawn.filter(({ is_example: isExample }) => !isExample);
    const ids = new Set(news.map(({ id }) => id));
    this.gallery = [...news, ...this.gallery.filter(({ id }) => !ids.has(id))].slice(0, MOST_KEPT);
    const known = new Map([...this.gallery, ...this.examples].map((one) => [one.id, one]));
    this.show(drawn.map((one) => known.get(one.id) ?? one));
    if (!examples && drawn.length) this.announce(drawn.map(({ alt }) => alt).join(' '));
  }

  forgetAll() {
    this.gallery = [];
    this.startCard.clear();
    const [first] = this.examples;
    this.show(first ? [first] : [], first ?? null);
    // The mode "Compare" lets go too.
    document.dispatchEvent(new Event('drawings-forgotten'));
  }

  // Called with each drawing that is looked at from now on, and with the one that is now.
  onShown(listener) {
    this.listeners.push(listener);
    if (this.chosen) listener(this.chosen);
  }

  show(drawings, chosen = drawings[0] ?? null) {
    this.shown = drawings;
    this.choose(chosen);
  }

  // Which of those on the stage the words beside it and the drawer are about.
  choose(drawing) {
    this.chosen = drawing;
    this.root.dataset.shown = drawing?.id ?? '';
    this.sendUp();
    for (const listener of this.listeners) listener(drawing);
    this.changed();
  }

  // A drawing's words and settings, for another like it.
  apply(fields, tokens) {
    this.settings.apply(fields);
    this.prompt.set(fields.words ?? '', tokens);
    if (!tokens) this.prompt.count();
  }

  // ---- what the browser says ----
  sendUp(more = {}) {
    this.props.value = { drawing_id: this.chosen?.id ?? '', ...more };
  }

  ask(event, more) {
    this.sendUp(more);
    this.trigger(event);
  }

  // ---- the parts ----
  start(words) {
    if (this.look) return;
    this.ui.words = words;
    this.prompt = new Prompt(this);
    this.look = new Look(this);
    this.about = new About(this);
    this.startCard = new StartCard(this);
    this.settings = new Settings(this);
    this.strips = new Strips(this);
    this.focus = new Focus(this);
    // A picture may be dropped anywhere on the tab: it is what drawing starts from.
    this.stage = this.root;
    this.pictures = new Pictures(this);
    this.root.dataset.started = 'true';
  }

  showPending(picture) {
    this.startCard.showPending(picture);
  }

  openFailed(sentence) {
    this.startCard.openFailed();
    this.tell(sentence);
  }

  setBusy(isReading) {
    this.isReading = isReading;
    this.changed();
  }

  // Everything is brought up to date at most once for each frame.
  changed() {
    if (this.isChanging || !this.look) return;
    this.isChanging = true;
    requestAnimationFrame(() => {
      this.isChanging = false;
      const held = document.activeElement;
      for (const part of [this.prompt, this.look, this.about, this.settings, this.startCard, this.strips]) part.update();
      this.focus.keep(held);
    });
  }

  // What was told of a field says nothing of what is in it now.
  edited() {
    this.note = '';
    this.changed();
  }

  // A sentence under the prompt, until the next thing is done.
  tell(sentence) {
    this.note = sentence;
    this.announce(sentence);
    this.changed();
  }

  // What is said twice alike is read out twice.
  announce(sentence) {
    this.region.textContent = '';
    requestAnimationFrame(() => {
      this.region.textContent = sentence ?? '';
    });
  }
}

// A file as the server tells it: as text, or as a data address.
function blobOf({ text, data, kind }) {
  if (text !== undefined) return new Blob([text], { type: `${kind ?? 'text/plain'};charset=utf-8` });
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: kind });
}

export function start(gradio) {
  const app = new App(gradio);
  // For tests, which look at the tab from outside.
  app.root.app = app;
  listen(gradio, app);
}
