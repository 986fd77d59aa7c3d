// The stage of "Understand": holds the parts together. `start` is called once for the component.
import { Interface, make } from '../shared/dom.js';
import { listen } from '../shared/receiving.js';
import { MapPanel } from './map_panel.js';
import { MatrixPanel } from './matrix_panel.js';
import { Pictures } from './pictures.js';
import { Tools } from './tools.js';
import { WherePanel } from './where_panel.js';

const PANELS = ['matrix', 'map', 'where'];
const MODE = 'clip-understand-mode';
// How ids of pictures begin that a visitor brought.
const OWN = 'own-';
// A question that a full or broken queue has refused is never answered, and nobody says so here.
const PATIENCE_MS = 8000;

class App {
  constructor(gradio) {
    const root = gradio.element.querySelector('.understand');
    Object.assign(this, { ...gradio, root, body: root.querySelector('.understand-body') });
    this.name = root.dataset.canvas;
    this.tools = document.querySelector(`[data-tools-of="${this.name}"]`) ?? make('div');
    this.region = root.querySelector('[role=status]');
    this.ui = new Interface(root);
    this.pictures = new Pictures(this);
    // What a person has set; the rest is what the server answered.
    this.state = {
      pictures: [], texts: [], templates: [], none: true, panel: 'matrix', show: 'cosine', scale: null,
      view: 'apart', ends: ['', ''], picture: '', text: '', sentence: '',
    };
    this.results = { matrix: null, map: null, where: null };
    this.model = this.note = '';
    this.seq = 0;
    this.sent = 0;
    // One question at a time; the newest one of each kind waits.
    this.asked = null;
    this.waiting = new Map();
  }

  // ---- what the server says ----
  receive(told) {
    if (told.words && !this.panels) this.build(told);
    this.take(told);
  }

  take(told) {
    if (told.offered) this.pictures.offer(told.offered);
    if (told.model && told.model !== this.model) {
      if (this.model) Object.assign(this.results, { map: null, where: null, matrix: null });
      this.model = told.model;
    }
    if (told.known) this.pictures.know(told.known);
    if (told.example && !this.state.picture) Object.assign(this.state, told.example);
    if (told.settings) this.setAll(told.settings, told.waits);
    // What is missing of a recipe is told until something else is asked.
    if (told.settings || told.matrix) this.note = told.note ?? '';
    if (told.focus) this.wantsFocus = true;
    const isBrought = told.seq && told.seq === this.asked?.seq && this.asked.event === 'bring';
    if (told.added) this.pictures.added(told.added);
    else if (isBrought && (told.error || told.stopped)) this.pictures.refused(told.error ?? this.ui.say('no_answer'));
    if (told.matrix) {
      this.results.matrix = { ...told.matrix, ...told.matter };
      Object.assign(this.state, told.matter);
      this.keepChosen();
    }
    if (told.map) this.results.map = told.map;
    if (told.where) this.results.where = told.where;
    // After Stop nothing is asked again by itself.
    this.mistake = told.error ?? (told.stopped ? this.ui.say('stopped') : '');
    if (this.mistake) this.announce(this.mistake);
    if (told.seq && told.seq === this.asked?.seq) this.answered();
    this.update();
    if (this.note) this.announce(this.note);
    else if (told.map || told.where || (told.matrix && told.seq)) this.announce(this.ui.say('done'));
  }

  setAll(settings, waits = false) {
    const { pictures, texts, templates, none, panel, show, scale, view, ends, picture, sentence } = settings;
    const known = { pictures, texts, templates, none, panel, show, scale, view, ends, picture, sentence };
    Object.assign(this.state, known);
    Object.assign(this.results, { map: null, where: null });
    this.wantsWhere = panel === 'where' && Boolean(sentence) && !waits;
  }

  keepChosen() {
    const { state } = this;
    if (!state.texts.includes(state.text)) state.text = state.texts[0];
    if (!state.pictures.includes(state.row)) state.row = state.pictures[0];
  }

  // What is set, and nothing of what was answered.
  get recipe() {
    const { pictures, texts, templates, none, panel, show, scale, view, ends, picture, sentence } = this.state;
    const known = { pictures, texts, templates, none, panel, show, scale, view, ends, picture, sentence };
    return { model: this.model, ...known };
  }

  // Whether it names pictures that are nobody else's.
  get hasOwn() {
    const { pictures, panel, picture } = this.state;
    return [...pictures, panel === 'where' ? picture : ''].some((id) => id.startsWith(OWN));
  }

  // ---- what the browser says ----
  sendUp(more = {}) {
    const { panel, picture, row } = this.state;
    const chosen = panel === 'where' ? picture : (row ?? '');
    // Gradio passes over a value that equals the one before, and would keep the server's own.
    this.sent += 1;
    this.props.value = { ...this.recipe, chosen, seq: this.seq, sent: this.sent, ...more };
  }

  ask(event, more = {}) {
    this.mistake = this.note = '';
    this.waiting.set(event, more);
    this.next();
  }

  // Whether a question may be lost: then the next one no longer waits for its answer.
  get isOverdue() {
    return this.asked !== null && Date.now() - this.asked.at >= PATIENCE_MS;
  }

  giveUp() {
    const { event } = this.asked;
    this.asked = null;
    if (event === 'bring') this.pictures.refused(this.ui.say('no_answer'));
  }

  next() {
    if (this.isOverdue && this.waiting.size) this.giveUp();
    if (this.asked || !this.waiting.size) return this.update();
    const [event, more] = this.waiting.entries().next().value;
    this.waiting.delete(event);
    this.seq += 1;
    this.asked = { event, seq: this.seq, at: Date.now() };
    setTimeout(() => this.waiting.size && this.next(), PATIENCE_MS);
    this.sendUp(more);
    this.trigger(event);
    return this.update();
  }

  answered() {
    this.asked = null;
    this.next();
  }

  // What is compared has changed: the drawings follow when they are looked at.
  look() {
    Object.assign(this.results, { map: null });
    this.ask('look');
  }

  // ---- the parts ----
  build({ words }) {
    this.ui.words = words;
    this.switch = make('div', 'understand-switch');
    this.switch.setAttribute('role', 'tablist');
    this.switch.setAttribute('aria-label', words.panels);
    this.tabs = PANELS.map((name) => this.tab(name));
    this.switch.append(...this.tabs);
    this.told = make('p', 'understand-mistake');
    this.noted = make('p', 'understand-note ui-hint');
    const head = make('div', 'understand-head');
    head.append(this.switch);
    this.panels = { matrix: new MatrixPanel(this), map: new MapPanel(this), where: new WherePanel(this) };
    for (const [name, { node }] of Object.entries(this.panels)) {
      node.id = `${this.name}-${name}`;
      node.setAttribute('role', 'tabpanel');
      node.setAttribute('aria-labelledby', `${this.name}-${name}-tab`);
    }
    this.body.replaceChildren(head, this.told, this.noted, ...Object.values(this.panels).map(({ node }) => node));
    this.toolbox = new Tools(this);
    this.pictures.listen();
    document.addEventListener('recipe-wanted', ({ detail }) => {
      if (detail.mode === MODE) Object.assign(detail, { recipe: this.recipe, hasOwn: this.hasOwn });
    });
    // The map shows the pictures that are searched.
    document.addEventListener('own-pictures', () => {
      this.results.map = null;
      this.update();
    });
    this.root.dataset.started = 'true';
  }

  tab(name) {
    const press = () => this.show(name);
    const button = this.ui.button({ text: this.ui.say(`panel_${name}`), press });
    button.setAttribute('role', 'tab');
    button.id = `${this.name}-${name}-tab`;
    button.setAttribute('aria-controls', `${this.name}-${name}`);
    button.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const to = (PANELS.indexOf(name) + step + PANELS.length) % PANELS.length;
      this.show(PANELS[to]);
      this.tabs[to].focus();
    });
    return button;
  }

  show(panel) {
    this.state.panel = panel;
    this.update();
  }

  update() {
    if (!this.panels || this.isUpdating) return;
    this.isUpdating = true;
    requestAnimationFrame(() => {
      this.isUpdating = false;
      this.draw();
    });
  }

  draw() {
    const { panel } = this.state;
    this.root.dataset.busy = String(Boolean(this.asked));
    this.root.dataset.panel = panel;
    this.told.textContent = this.mistake;
    this.told.hidden = !this.mistake;
    this.noted.textContent = this.note;
    this.noted.hidden = !this.note;
    PANELS.forEach((name, place) => {
      const isOpen = name === panel;
      this.tabs[place].setAttribute('aria-selected', String(isOpen));
      this.tabs[place].tabIndex = isOpen ? 0 : -1;
      this.panels[name].node.hidden = !isOpen;
    });
    this.toolbox.update();
    this.panels[panel].update();
    // Whoever came here from a found picture goes on here, also without a mouse.
    if (this.wantsFocus && this.root.offsetParent) {
      this.wantsFocus = false;
      this.tabs[PANELS.indexOf(panel)].focus();
    }
    // "Send to ..." takes what is chosen now.
    if (!this.asked) this.sendUp();
    this.wanted(panel);
  }

  // Asks for what the open panel shows, where it is not there yet.
  wanted(panel) {
    if (this.asked || this.mistake || this.waiting.size) return;
    const { note } = this;
    if (panel === 'map' && !this.results.map && this.panels.map.isAskable) this.ask('chart');
    if (panel === 'where' && this.wantsWhere) {
      this.wantsWhere = false;
      this.ask('where');
    }
    // Nobody pressed anything: what was told stays.
    this.note = note;
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
