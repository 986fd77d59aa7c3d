// See inside: one drawing with the lid off. A film strip with one slider for all, and under it, one at
// a time: the film large, where words act, what guidance does, and branches. Drawn while it is open.
import { call } from '../shared/calling.js';
import { Interface, make } from '../shared/dom.js';
import { Branch } from './inside_branch.js';
import { Drawing } from './inside_drawing.js';
import { Film } from './inside_film.js';
import { Guidance } from './inside_guidance.js';
import { Timeline } from './inside_timeline.js';
import { WordMaps } from './inside_words.js';

const PANELS = ['film', 'words', 'guidance', 'branch'];
const MOST_OPENED = 12;
const START = 0.4;

class Inside {
  constructor(gradio) {
    const node = gradio.element.querySelector('.lid');
    Object.assign(this, { gradio, node, server: gradio.server, panelName: 'film', wanted: '', drawing: null, step: 1, seen: '', isSeen: false });
    this.body = node.querySelector('.lid-body');
    this.region = node.querySelector('[role=status]');
    this.ui = new Interface(node);
    // Drawings that were opened, by id; a branch and what it branched from are looked at in turn.
    this.opened = new Map();
    // Where a branch came from, to go back.
    this.trail = [];
  }

  say(key, places) {
    return this.ui.say(key, places);
  }

  tell(sentence) {
    this.region.textContent = sentence ?? '';
  }

  placeName(ninth) {
    return this.say(`place_${ninth}`);
  }

  // ---- what the server says ----
  receive(value) {
    if (!value?.stamp || value.stamp === this.seen) return;
    this.seen = value.stamp;
    const told = { ...value };
    this.gradio.props.value = {};
    if (told.words) this.start(told.words);
    else if (this.panels) this.branch.hear(told);
  }

  trigger(event, asked) {
    this.gradio.props.value = asked;
    this.gradio.trigger(event);
  }

  // ---- which drawing ----
  start(words) {
    if (this.panels) return;
    this.ui.words = words;
    this.build();
    this.follow();
    new IntersectionObserver((entries) => {
      this.isSeen = entries.at(-1).isIntersecting;
      this.look();
    }).observe(this.node);
  }

  // The stage may be there only after the drawer.
  follow() {
    const stage = document.querySelector(`[data-canvas="${this.node.dataset.insideOf}"]`);
    if (!stage?.app?.onShown) {
      requestAnimationFrame(() => this.follow());
      return;
    }
    this.stage = stage.app;
    this.stage.onShown((drawing) => this.want(drawing?.id ?? ''));
  }

  want(id) {
    if (id === this.wanted) return;
    this.wanted = id;
    this.trail = [];
    this.look();
  }

  // Nothing is fetched for a drawer that is shut, or far down.
  look() {
    if (!this.isSeen || this.showing === this.wanted) return;
    this.open(this.wanted, false);
  }

  async open(id, isFurther = true) {
    if (isFurther && this.drawing) this.trail.push(this.drawing.id);
    this.wanted = this.showing = id;
    if (!id) {
      this.refuse(this.say('nothing_yet'));
      return;
    }
    this.told.textContent = this.drawing ? '' : this.say('asking');
    const drawing = await this.fetch(id);
    if (this.showing !== id) return;
    if (drawing.error) {
      this.showing = '';
      this.refuse(drawing.error);
      return;
    }
    this.show(drawing);
  }

  back() {
    const id = this.trail.pop();
    if (id) this.open(id, false);
  }

  // The whole of a drawing, asked for once; { error } if it cannot be had.
  async fetch(id) {
    if (this.opened.has(id)) return this.opened.get(id);
    const told = await call(this, 'inside', { id });
    if (told.error) return told;
    try {
      const drawing = await Drawing.opened(told);
      this.opened.set(id, drawing);
      for (const old of [...this.opened.keys()].slice(0, -MOST_OPENED)) this.opened.delete(old);
      return drawing;
    } catch {
      return { error: this.say('no_answer') };
    }
  }

  refuse(sentence) {
    this.drawing = null;
    this.told.textContent = sentence;
    this.content.hidden = true;
    this.head.hidden = true;
    delete this.node.dataset.ready;
  }

  show(drawing) {
    this.drawing = drawing;
    this.head.hidden = false;
    this.subject.textContent = drawing.words || this.say('no_words');
    this.about.textContent = this.aboutOf(drawing);
    this.backButton.hidden = !this.trail.length;
    this.content.hidden = !drawing.done;
    this.told.textContent = drawing.done ? '' : this.say(drawing.is_withheld ? 'withheld' : 'no_film');
    if (!drawing.done) {
      this.node.dataset.ready = drawing.id;
      return;
    }
    // Noise and picture are told apart best before the middle.
    this.step = Math.max(1, Math.round(START * drawing.done));
    this.timeline.show();
    for (const panel of Object.values(this.panels)) panel.show();
    this.update();
    this.node.dataset.ready = drawing.id;
    this.sharpenShown(drawing);
  }

  aboutOf(drawing) {
    const parts = [drawing.model, this.say('seed_is', { seed: drawing.seed })];
    if (drawing.is_stopped) parts.push(this.say('was_stopped', { step: drawing.done, steps: drawing.steps }));
    for (const { step, words, guidance, noise_seed: seed } of drawing.changes) {
      if (words !== null) parts.push(this.say('branch_words', { step, words }));
      if (guidance !== null) parts.push(this.say('branch_guidance', { step, guidance }));
      if (seed !== null) parts.push(this.say('branch_noise', { step, seed }));
    }
    return parts.join(' · ');
  }

  async sharpenShown(drawing) {
    this.timeline.told.textContent = drawing.sharp ? '' : this.say('sharpening');
    const error = await this.sharpen(drawing);
    if (drawing !== this.drawing) return;
    // Without the decoder the rough colours stay: they tell the same, less well.
    this.timeline.told.textContent = error ? this.say('stays_rough', { sentence: error }) : '';
    this.timeline.repaint();
    this.update();
  }

  async sharpen(drawing) {
    if (drawing.sharp || !drawing.done) return '';
    const told = await call(this, 'sharp', { id: drawing.id });
    if (told.error) return told.error;
    await drawing.sharpen(told);
    return '';
  }

  // ---- the parts ----
  build() {
    this.told = make('p', 'lid-told', this.say('nothing_yet'));
    this.subject = make('b', 'lid-subject');
    this.about = make('span', 'lid-about');
    this.backButton = this.ui.button({ text: this.say('back'), className: 'quiet', press: () => this.back() });
    this.head = make('div', 'lid-head');
    const names = make('div', 'lid-names');
    names.append(this.subject, this.about);
    this.head.append(names, this.backButton);
    this.head.hidden = true;
    this.timeline = new Timeline(this);
    this.branch = new Branch(this);
    this.panels = { film: new Film(this), words: new WordMaps(this), guidance: new Guidance(this), branch: this.branch };
    this.content = make('div', 'lid-content');
    this.content.hidden = true;
    this.content.append(this.timeline.node, this.tabs(), ...PANELS.map((name) => this.panels[name].node));
    this.body.replaceChildren(this.head, this.told, this.content);
    this.choosePanel('film');
  }

  tabs() {
    const row = make('div', 'lid-tabs');
    row.setAttribute('role', 'tablist');
    row.setAttribute('aria-label', this.say('parts'));
    this.tabButtons = PANELS.map((name) => {
      const button = this.ui.button({ text: this.say(`${name}_title`), className: 'lid-tab', press: () => this.choosePanel(name) });
      button.setAttribute('role', 'tab');
      button.id = `${this.node.dataset.insideOf}-tab-${name}`;
      const panel = this.panels[name].node;
      button.setAttribute('aria-controls', panel.id);
      panel.setAttribute('aria-labelledby', button.id);
      return button;
    });
    row.append(...this.tabButtons);
    row.addEventListener('keydown', (event) => this.moveTab(event));
    return row;
  }

  moveTab(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = (PANELS.indexOf(this.panelName) + by + PANELS.length) % PANELS.length;
    this.choosePanel(PANELS[next]);
    this.tabButtons[next].focus();
  }

  choosePanel(name) {
    this.panelName = name;
    PANELS.forEach((one, place) => {
      const isChosen = one === name;
      this.panels[one].node.hidden = !isChosen;
      this.tabButtons[place].setAttribute('aria-selected', String(isChosen));
      this.tabButtons[place].tabIndex = isChosen ? 0 : -1;
    });
    this.update();
  }

  // A part of the drawer, with the one line that says what it shows.
  panel(name, ...content) {
    const node = make('section', `lid-panel lid-${name}`);
    node.id = `${this.node.dataset.insideOf}-panel-${name}`;
    node.setAttribute('role', 'tabpanel');
    node.append(make('p', 'lid-line', this.say(`${name}_help`)), ...content);
    return node;
  }

  // Numbers behind a picture, folded; made when they are asked for.
  table(rows) {
    const details = make('details', 'lid-table');
    const table = make('table');
    const fill = () => {
      const [head, ...body] = rows();
      const line = (cells, tag) => {
        const row = make('tr');
        row.append(...cells.map((text, place) => {
          const cell = make(place ? tag : 'th', '', text);
          if (cell.tagName === 'TH') cell.scope = tag === 'th' ? 'col' : 'row';
          return cell;
        }));
        return row;
      };
      table.replaceChildren(...(head ? [line(head, 'th'), ...body.map((cells) => line(cells, 'td'))] : []));
    };
    details.append(make('summary', '', this.say('as_table')), table);
    details.addEventListener('toggle', () => details.open && fill());
    details.refill = () => details.open && fill();
    return details;
  }

  goTo(step) {
    this.step = Math.min(Math.max(1, step), this.drawing.done);
    this.panels[this.panelName].scrubbed?.();
    this.update();
  }

  update() {
    if (!this.drawing?.done) return;
    this.timeline.update();
    const panel = this.panels[this.panelName];
    panel.update();
    panel.table?.refill();
  }
}

export function start(gradio) {
  const inside = new Inside(gradio);
  // For tests, which look at the drawer from outside.
  inside.node.inside = inside;
  const receive = () => inside.receive(gradio.props.value);
  gradio.watch('value', receive);
  receive();
}
