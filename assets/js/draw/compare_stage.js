// The stage of "Compare": holds the parts together. `start` is called once for the component.
import { call } from '../shared/calling.js';
import { Interface, make } from '../shared/dom.js';
import { listen } from '../shared/receiving.js';
import { Aside } from './compare_aside.js';
import { BlendPanel } from './compare_blend.js';
import { ChangePanel } from './compare_change.js';
import { Form } from './compare_form.js';
import { GridPanel } from './compare_grid.js';
import { Result } from './compare_results.js';
import { Tools } from './compare_tools.js';

const PATIENCE_MS = 8000;
const MODES = ['grid', 'blend', 'change'];
const PANELS = { grid: GridPanel, blend: BlendPanel, change: ChangePanel };

class App {
  constructor(gradio) {
    const root = gradio.element.querySelector('.compare');
    Object.assign(this, { ...gradio, root, name: root.dataset.canvas });
    this.body = root.querySelector('.compare-body');
    this.toolbox = document.querySelector(`[data-tools-of="${this.name}"]`) ?? make('div');
    this.region = root.querySelector('[role=status]');
    this.ui = new Interface(root);
    this.mode = 'grid';
    this.results = { grid: null, blend: null, change: null };
    this.models = new Map();
    this.mistake = '';
    this.seq = this.sent = 0;
    // The question that is being answered: its number and its mode.
    this.asked = null;
  }

  // ---- what the server says ----
  receive(told) {
    if (told.words && !this.panels) this.build(told);
    this.take(told);
  }

  take(told) {
    for (const model of told.offered ?? []) this.models.set(model.key, model);
    if (told.offered && !this.form.values.model) this.form.setModel(this.models.keys().next().value);
    if (told.settings) this.form.set(told.settings);
    if (told.openings) this.openings = told.openings;
    for (const opening of told.openings ?? []) this.open(opening);
    if (told.plan) this.results[told.plan.mode] = Object.assign(new Result(told.plan), { seq: told.seq });
    const result = Object.values(this.results).find((one) => one && one.seq === told.seq);
    if (told.cells && result) result.hear(told.cells);
    if (told.error) this.refuse(told.error);
    const isMine = told.seq && told.seq === this.asked?.seq;
    if (isMine && told.said) this.asked.said = told.said;
    if (isMine && (told.busy === false || told.stopped || told.error)) this.ended(result, told);
    this.update();
  }

  // What the mode opens on, made beforehand.
  open({ plan, cells }) {
    if (this.results[plan.mode]) return;
    const result = Object.assign(new Result(plan), { seq: 0 });
    result.hear(cells);
    result.end();
    this.results[plan.mode] = result;
  }

  // As it was when it opened: what this visitor drew is gone.
  forget() {
    if (this.asked) this.stop();
    this.results = { grid: null, blend: null, change: null };
    for (const opening of this.openings ?? []) this.open(opening);
    this.update();
  }

  ended(result, told) {
    this.asked = null;
    if (!result) return;
    result.end();
    if (told.error) return;
    const key = told.stopped ? 'stopped' : 'done';
    this.announce(this.ui.say(key, { count: result.cells.filter(({ state }) => state === 'done').length }));
  }

  refuse(sentence) {
    this.mistake = sentence;
    this.announce(sentence);
  }

  // What ships comes without its pictures, and a value may be passed over where several come at
  // once: what is missing is asked for by its id, when it is looked at.
  async fetchMissing() {
    const { result } = this;
    const ids = result?.missing.map(({ id }) => id) ?? [];
    if (!ids.length || !result.isOver || result.isFetched || !this.root.offsetParent) return;
    result.isFetched = true;
    const { pictures = {} } = await call(this, 'compare_pictures', { ids });
    for (const cell of result.missing) cell.src = pictures[cell.id];
    this.update();
  }

  // ---- what the browser says ----
  sendUp(more = {}) {
    // Gradio passes over a value that equals the one before, and would keep the server's own.
    this.sent += 1;
    this.told = this.chosen;
    this.props.value = { chosen: this.chosen, seq: this.seq, sent: this.sent, ...more };
  }

  draw() {
    if (this.asked) return;
    this.mistake = '';
    this.seq += 1;
    this.asked = { seq: this.seq, mode: this.mode };
    this.sendUp(this.form.asked());
    this.trigger('draw');
    this.update();
  }

  stop() {
    if (!this.asked || this.asked.isStopping) return;
    const { asked } = this;
    asked.isStopping = true;
    this.trigger('stop');
    // Of a drawing that never ends, as when the server was started anew, nothing more is heard.
    setTimeout(() => this.asked === asked && this.take({ seq: asked.seq, stopped: true }), PATIENCE_MS);
    this.update();
  }

  get result() {
    return this.results[this.mode];
  }

  // Id of the picture that is looked at.
  get chosen() {
    return this.result?.shown?.id ?? '';
  }

  get model() {
    return this.models.get(this.form.values.model) ?? this.models.values().next().value;
  }

  samplerName(key) {
    return this.model?.schedulers.find(([name]) => name === key)?.[1] ?? key;
  }

  get isBusy() {
    return Boolean(this.asked);
  }

  choose(index) {
    this.result.choose(index);
    this.update();
  }

  // ---- the parts ----
  build({ words, offered }) {
    this.ui.words = words;
    for (const model of offered) this.models.set(model.key, model);
    this.switch = make('div', 'compare-switch');
    this.switch.setAttribute('role', 'tablist');
    this.switch.setAttribute('aria-label', this.ui.say('modes'));
    this.tabs = MODES.map((name) => this.tab(name));
    this.switch.append(...this.tabs);
    this.form = new Form(this);
    this.tools = new Tools(this);
    this.note = make('p', 'compare-mistake');
    this.panels = Object.fromEntries(MODES.map((name) => [name, new PANELS[name](this)]));
    for (const [name, { node }] of Object.entries(this.panels)) {
      node.id = `${this.name}-${name}`;
      node.setAttribute('role', 'tabpanel');
      node.setAttribute('aria-labelledby', `${this.name}-${name}-tab`);
    }
    this.aside = new Aside(this);
    const table = make('div', 'compare-table');
    const left = make('div', 'compare-left');
    left.append(...Object.values(this.panels).map(({ node }) => node));
    table.append(left, this.aside.node);
    this.body.replaceChildren(this.switch, this.form.node, this.note, table);
    new IntersectionObserver(() => this.update()).observe(this.root);
    document.addEventListener('drawings-forgotten', () => this.forget());
    this.root.dataset.started = 'true';
  }

  tab(name) {
    const button = this.ui.button({ text: this.ui.say(`mode_${name}`), press: () => this.show(name) });
    button.setAttribute('role', 'tab');
    button.id = `${this.name}-${name}-tab`;
    button.setAttribute('aria-controls', `${this.name}-${name}`);
    button.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const to = (MODES.indexOf(name) + step + MODES.length) % MODES.length;
      this.show(MODES[to]);
      this.tabs[to].focus();
    });
    return button;
  }

  show(mode) {
    this.mode = mode;
    this.mistake = '';
    this.update();
  }

  // Everything is brought up to date at most once for each frame.
  update() {
    if (!this.panels || this.isUpdating) return;
    this.isUpdating = true;
    requestAnimationFrame(() => {
      this.isUpdating = false;
      this.paint();
    });
  }

  paint() {
    const { mode } = this;
    this.root.dataset.busy = String(this.isBusy);
    this.root.dataset.mode = mode;
    this.note.textContent = this.mistake;
    this.note.hidden = !this.mistake;
    MODES.forEach((name, place) => {
      const isOpen = name === mode;
      this.tabs[place].setAttribute('aria-selected', String(isOpen));
      this.tabs[place].tabIndex = isOpen ? 0 : -1;
      this.panels[name].node.hidden = !isOpen;
    });
    this.form.update();
    this.tools.update();
    this.panels[mode].update();
    this.aside.update();
    this.fetchMissing();
    // "Send to ..." takes what is looked at now.
    if (!this.asked && this.told !== this.chosen) this.sendUp();
  }

  announce(sentence) {
    this.region.textContent = '';
    requestAnimationFrame(() => {
      this.region.textContent = sentence;
    });
  }
}

export function start(gradio) {
  const app = new App(gradio);
  // For tests, which look at the stage from outside.
  app.root.app = app;
  listen(gradio, app);
}
