// See inside: one question of the talk under the lid. Where the queries look, whether that matters,
// the same question without the picture, and whether a sentence fits. Drawn while the drawer is open.
import { call } from '../shared/calling.js';
import { make } from '../shared/dom.js';
import { Blank } from './inside_blank.js';
import { Fits } from './inside_fits.js';
import { Look } from './inside_look.js';
import { Matter } from './inside_matter.js';

export class Inside {
  constructor(app) {
    Object.assign(this, { app, drawn: '', wanted: null, wantedModel: null, asks: 0 });
    // The queries that the hand chose; shared by the maps and by the switches.
    this.chosen = new Set();
    new IntersectionObserver(() => this.update()).observe(app.root);
    document.addEventListener('click', () => requestAnimationFrame(() => this.update()));
  }

  get node() {
    const node = document.querySelector(`[data-inside-of="${this.app.name}"]`);
    return node?.offsetParent ? node : null;
  }

  say(key, places) {
    return this.app.ui.say(`inside_${key}`, places);
  }

  // ---- what it is about ----
  get model() {
    const models = this.app.models ?? [];
    return models.find(({ key }) => key === this.wantedModel) ?? models[0] ?? null;
  }

  // The caption and all questions, as far as this model has answered them to the end.
  get subjects() {
    const { caption, turns } = this.app;
    const all = [{ id: 'caption', question: '', answers: caption ?? [] }, ...(turns ?? [])];
    return all.filter((subject) => this.indexIn(subject) >= 0);
  }

  get subject() {
    const all = this.subjects;
    return all.find(({ id }) => id === this.wanted) ?? all.at(-1) ?? null;
  }

  // Answers of a question may be those of models that are chosen no more.
  indexIn({ answers }) {
    return (answers ?? []).findIndex((answer) => answer?.model === this.model?.key && isWhole(answer));
  }

  get answer() {
    return this.subject ? this.subject.answers[this.indexIn(this.subject)] : null;
  }

  // What a server function needs to know about the question.
  get target() {
    return { picture_id: this.app.picture.id, turn: this.subject.id, index: this.indexIn(this.subject) };
  }

  // Changes whenever results on the screen are about something else.
  get mark() {
    const { picture } = this.app;
    return [picture?.id, this.subject?.id, this.subject?.question, this.model?.key, this.answer?.text].join('|');
  }

  update() {
    const { node, app } = this;
    if (!node || !app.picture?.id || !app.models?.length) return;
    if (!node.firstChild) this.build(node);
    const key = [this.mark, ...app.models.map((model) => model.key), ...this.subjects.map(({ id, question }) => id + question)].join('|');
    if (key === this.drawn) return;
    this.drawn = key;
    this.drawSubject();
    for (const panel of this.panels) panel.show();
    this.fetchOffers();
  }

  build(node) {
    this.head = make('div', 'inside-subject');
    this.look = new Look(this);
    this.matter = new Matter(this);
    this.fits = new Fits(this);
    this.panels = [this.look, this.matter, new Blank(this), this.fits];
    // Says what came of a press to those who do not see it.
    this.region = make('p', 'sr');
    this.region.setAttribute('role', 'status');
    node.replaceChildren(this.head, ...this.panels.map(({ section }) => section), this.region);
  }

  // Pictures to swap with and models that match: asked for once for each picture and its models.
  async fetchOffers() {
    const { app } = this;
    const offeredFor = [app.picture.id, ...app.models.map(({ key }) => key)].join('|');
    if (offeredFor === this.offeredFor) return;
    this.offeredFor = offeredFor;
    const answer = await call(app, 'offers', { picture_id: app.picture.id });
    if (offeredFor !== this.offeredFor) return;
    if (answer.error) {
      this.offeredFor = '';
      return;
    }
    this.matter.offer(answer.pictures);
    this.fits.offer(answer.matchers, answer.pictures[0]?.alt ?? '');
  }

  drawSubject() {
    const { app, subjects, subject } = this;
    const parts = [];
    const asked = this.choice('subject', subjects.map(({ id, question }) => [id, question || this.say('caption')]), subject?.id ?? '', (id) => {
      this.wanted = id === subjects.at(-1)?.id ? null : id;
    });
    if (subjects.length) parts.push(asked);
    if (app.models.length > 1) {
      const models = app.models.map(({ key, title }) => [key, title]);
      parts.push(this.choice('model', models, this.model.key, (key) => {
        this.wantedModel = key;
      }));
    }
    const told = make('p', 'inside-answer');
    if (this.answer) told.append(make('span', '', this.say('answered')), make('b', '', this.answer.text));
    else told.textContent = this.say('no_answer');
    this.head.replaceChildren(...parts, told);
  }

  choice(key, options, value, choose) {
    const label = make('label', 'inside-choice');
    const select = make('select');
    select.name = key;
    select.append(...options.map(([id, text]) => Object.assign(make('option', '', text), { value: id })));
    select.value = value;
    select.addEventListener('change', () => {
      choose(select.value);
      this.update();
      this.head.querySelector(`select[name=${key}]`)?.focus();
    });
    label.append(make('span', '', this.say(key)), select);
    return label;
  }

  // ---- what the panels share ----
  section(key, ...content) {
    const section = make('section', `inside-part inside-${key}`);
    section.append(make('h3', '', this.say(key)), make('p', 'inside-hint', this.say(`${key}_help`)), ...content);
    return section;
  }

  // What a map or a test does not show, in plain sight.
  caution(...keys) {
    const box = make('div', 'inside-caution');
    const list = make('ul');
    list.append(...keys.map((key) => make('li', '', this.say(key))));
    box.append(make('b', '', this.say('caution')), list);
    return box;
  }

  button(key, press, className = '') {
    const button = make('button', `inside-button ${className}`, this.say(key));
    button.type = 'button';
    button.addEventListener('click', press);
    return button;
  }

  // Asks the server. Null if the answer is a mistake (it is told), or is about what has gone or was
  // asked anew meanwhile.
  async ask(name, asked, told) {
    const { mark } = this;
    this.asks += 1;
    const run = String(this.asks);
    told.textContent = this.say('asking');
    Object.assign(told.dataset, { busy: 'true', run });
    const answer = await call(this.app, name, asked);
    if (told.dataset.run !== run) return null;
    delete told.dataset.busy;
    told.textContent = '';
    if (mark !== this.mark) return null;
    if (!answer.error) return answer;
    told.textContent = this.region.textContent = answer.error;
    if (answer.expired) this.app.openAgain?.();
    return null;
  }

  // The names of some queries as people count them.
  named(queries) {
    return [...queries].sort((a, b) => a - b).map((query) => query + 1).join(', ');
  }

  choose(queries) {
    this.chosen = new Set(queries);
    this.look.drawChosen();
    this.matter.drawChosen();
  }
}

const isWhole = ({ state, text }) => (state === 'done' || state === 'stopped') && Boolean(text?.trim());
