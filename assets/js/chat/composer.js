// Where a question is typed: three to try, the part it is about, the field, send and stop.
import { make } from '../shared/dom.js';
import { smallPicture } from './part.js';
import { growing } from './question_field.js';

const TRIES = [1, 2, 3];

export class Composer {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('form', 'chat-ask');
    this.tries = make('div', 'chat-tries');
    this.note = make('p', 'chat-note');
    this.about = make('div', 'chat-about');
    this.field = make('textarea');
    this.field.rows = 1;
    this.field.placeholder = ui.say('ask_here');
    this.field.setAttribute('aria-label', ui.say('ask_here'));
    this.grow = growing(this.field, () => this.send());
    this.field.addEventListener('input', () => app.changed());
    this.go = ui.button({ icon: 'send', label: ui.say('send'), className: 'bare main', press: () => this.send() });
    this.go.classList.add('go');
    this.stop = ui.button({ icon: 'stop', label: ui.say('stop'), className: 'bare main', press: () => app.asking.stop() });
    const line = make('div', 'chat-line');
    line.append(this.field, this.stop, this.go);
    const offered = make('div', 'chat-offered');
    offered.append(this.about, this.tries);
    this.node.append(offered, this.note, line);
    this.node.addEventListener('submit', (event) => event.preventDefault());
    app.root.querySelector('.chat-talk').append(this.node);
  }

  send() {
    const { app, field } = this;
    if (!app.picture) return;
    if (!field.value.trim()) {
      app.tell(app.ui.say('no_words'));
      return;
    }
    app.asking.question(field.value);
    field.value = '';
    this.grow();
    app.changed();
  }

  giveBack(question) {
    if (!this.field.value) this.field.value = question;
    this.grow();
  }

  // On a phone the keyboard would cover what was just drawn.
  focus() {
    if (matchMedia('(pointer: fine)').matches) this.field.focus({ preventScroll: true });
  }

  // Questions in the language of the page if the model reads it, else in English.
  questions() {
    const { app } = this;
    if (app.part) return [app.ui.say(this.readsPage() ? 'try_part' : 'try_english_part')];
    if (app.picture?.tries?.length) return app.picture.tries;
    const prefix = this.readsPage() ? 'try' : 'try_english';
    return TRIES.map((number) => app.ui.say(`${prefix}_${number}`));
  }

  readsPage() {
    const isChinese = document.documentElement.lang.startsWith('zh');
    return !isChinese || this.app.models.every(({ languages }) => (languages ?? []).some((one) => one.startsWith('zh')));
  }

  update() {
    const { app } = this;
    const { asking } = app;
    const asked = new Set([...app.turns, ...asking.pending.map(({ data }) => data)].map(({ question }) => question.toLowerCase()));
    const tries = this.questions().filter((question) => question && (app.part || !asked.has(question.toLowerCase())));
    const isShown = Boolean(app.picture?.id) && !this.field.value;
    const key = JSON.stringify([isShown, tries]);
    if (key !== this.triesKey) {
      this.triesKey = key;
      this.tries.replaceChildren(...(isShown ? tries.map((question) => this.chip(question)) : []));
    }
    const hint = app.note || (this.readsPage() ? '' : app.ui.say('english_only'));
    if (this.note.textContent !== hint) this.note.textContent = hint;
    this.note.dataset.kind = app.note ? 'mistake' : 'hint';
    this.updateAbout();
    this.stop.hidden = !asking.isAnswering;
    this.stop.disabled = asking.isStopping;
    this.go.hidden = asking.isAnswering && !this.field.value.trim();
    this.go.disabled = !this.field.value.trim() || !app.picture;
    this.field.disabled = !app.picture;
  }

  chip(question) {
    const { app } = this;
    return app.ui.button({ text: question, className: 'chat-try', press: () => app.asking.question(question) });
  }

  updateAbout() {
    const { app } = this;
    if (this.part === app.part && this.ofPicture === app.picture) return;
    this.part = app.part;
    this.ofPicture = app.picture;
    if (!this.part) {
      this.about.replaceChildren();
      return;
    }
    const away = app.ui.button({ icon: 'close', label: app.ui.say('whole_picture'), className: 'bare', press: () => app.setPart(null) });
    this.about.replaceChildren(smallPicture(app.picture, this.part), make('span', '', app.ui.say('about_part')), away);
  }
}
