// What is asked for: the words over the pictures, the one main button, and all that is set beside.
import { make } from '../shared/dom.js';
import { KINDS, MOST_CELLS, cellsOf, filled, linesIn, numbersIn } from './compare_axes.js';
import { changeIn } from './compare_words.js';

// The words of each mode, in the order in which they stand.
const FIELDS = { grid: ['words'], blend: ['words', 'second'], change: ['words', 'changed'] };
const USUAL = {
  model: '', kind: 'seed_guidance', words: '', pattern: '', second: '', changed: '', without: '', seed: 1, steps: 20, guidance: 4,
  scheduler: '', size: '', count: 5, seed_axis: '', guidance_axis: '', steps_axis: '', scheduler_axis: [], row_words_axis: '', column_words_axis: '',
};

export class Form {
  constructor(app) {
    this.app = app;
    this.values = { ...USUAL };
    this.node = make('div', 'compare-form');
    this.fields = {};
    const words = make('div', 'compare-words');
    for (const name of ['words', 'pattern', 'second', 'changed']) {
      this.fields[name] = this.field(name);
      words.append(this.fields[name].label);
    }
    this.go = app.ui.button({ text: ' ', className: 'main', press: () => (app.isBusy ? app.stop() : app.draw()) });
    this.go.id = `${app.name}-go`;
    this.told = make('p', 'ui-hint compare-about');
    const bar = make('div', 'compare-progress');
    this.bar = make('span');
    bar.append(this.bar);
    this.node.append(words, this.go, this.told, bar);
  }

  field(name) {
    const { ui } = this.app;
    const label = make('label', 'compare-field');
    const input = make('input');
    Object.assign(input, { type: 'text', name, autocomplete: 'off', maxLength: 1000 });
    const title = make('span', '');
    label.append(title, input);
    input.addEventListener('input', () => this.change({ [name]: input.value }));
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.isComposing && this.canDraw) this.app.draw();
    });
    return { label, input, title: (key) => { title.textContent = ui.say(key); } };
  }

  change(news) {
    Object.assign(this.values, news);
    this.app.update();
  }

  set(settings) {
    const known = Object.entries(settings).filter(([name]) => name in USUAL);
    Object.assign(this.values, Object.fromEntries(known));
    this.app.update();
  }

  // Another model: what it was made for, and values about that.
  setModel(key) {
    const model = this.app.models.get(key);
    const { schedulers, sizes, steps: [steps], guidance: [guidance, most] } = model;
    const [[scheduler]] = schedulers;
    const samplers = schedulers.slice(0, 3).map(([name]) => name);
    const fewer = [steps / 4, steps / 2, steps].map(Math.ceil);
    const more = [1, guidance, Math.min(2 * guidance, most)];
    const line = (numbers) => [...new Set(numbers)].join(', ');
    this.change({
      model: key, steps, guidance, scheduler, size: sizes[0].join('x'),
      steps_axis: line(fewer), guidance_axis: line(more), scheduler_axis: samplers,
    });
  }

  // ---- what is asked ----
  get axes() {
    return KINDS[this.values.kind];
  }

  valuesOf(axis) {
    const value = this.values[`${axis}_axis`];
    if (axis === 'scheduler') return this.app.model.schedulers.map(([name]) => name).filter((name) => value.includes(name));
    return axis.endsWith('words') ? linesIn(value) : numbersIn(value);
  }

  get usesPattern() {
    return this.app.mode === 'grid' && this.values.kind === 'words_words';
  }

  get count() {
    const [rows, columns] = this.axes.map((axis) => this.valuesOf(axis));
    return cellsOf({ mode: this.app.mode, count: this.values.count, rows, columns });
  }

  get canDraw() {
    const { count, values } = this;
    if (this.app.isBusy || this.app.model?.reason || count < 1 || count > MOST_CELLS) return false;
    const names = this.usesPattern ? [] : FIELDS[this.app.mode];
    return names.every((name) => values[name].trim()) && (this.app.mode !== 'change' || values.words.trim() !== values.changed.trim());
  }

  asked() {
    const { values, app } = this;
    const { model, kind, words, pattern, second, changed, without, seed, steps, guidance, scheduler, size, count } = values;
    const [rows, columns] = this.axes.map((axis) => this.valuesOf(axis));
    const [height, width] = size.split('x').map(Number);
    const asked = { mode: app.mode, model, words, without, seed, steps, guidance, scheduler, height, width };
    if (app.mode === 'blend') return { ...asked, second, count };
    if (app.mode === 'change') return { ...asked, second: changed };
    return { ...asked, kind, rows, columns, words: this.usesPattern ? pattern : words };
  }

  // ---- how it looks ----
  update() {
    const { app, values } = this;
    const shown = this.usesPattern ? ['pattern'] : FIELDS[app.mode];
    for (const [name, { label, input, title }] of Object.entries(this.fields)) {
      label.hidden = !shown.includes(name);
      title(name === 'words' ? `words_${app.mode}` : name);
      if (input.value !== values[name] && document.activeElement !== input) input.value = values[name];
      else if (input.value !== values[name]) this.keepCaret(input, values[name]);
    }
    const hadFocus = document.activeElement === this.go;
    const text = app.isBusy ? app.ui.say('stop') : app.ui.say('go', { count: this.count });
    this.go.lastChild.textContent = text;
    this.go.classList.toggle('main', !app.isBusy);
    this.go.classList.toggle('quiet', app.isBusy);
    this.go.disabled = app.isBusy ? Boolean(app.asked.isStopping) : !this.canDraw;
    this.keepFocus(hadFocus);
    this.tell();
    this.progress();
  }

  // While it is shut off after Stop, the button cannot hold the focus; then it gets it back.
  keepFocus(hadFocus) {
    if (this.go.disabled) this.isFocusDue ||= hadFocus;
    else if (this.isFocusDue) {
      this.isFocusDue = false;
      if (document.activeElement === document.body) this.go.focus({ preventScroll: true });
    }
  }

  keepCaret(input, value) {
    const { selectionStart } = input;
    input.value = value;
    input.setSelectionRange(selectionStart, selectionStart);
  }

  // One line under the words: what a grid of words asks for, or what differs.
  tell() {
    const { app, values } = this;
    const { ui } = app;
    this.told.replaceChildren();
    if (app.isBusy) {
      this.told.textContent = app.asked.said ?? ui.say('begins');
    } else if (this.count > MOST_CELLS) {
      this.told.textContent = ui.say('too_many', { count: this.count, all: MOST_CELLS });
    } else if (this.usesPattern) {
      const [[row], [column]] = this.axes.map((axis) => this.valuesOf(axis));
      this.told.textContent = ui.say('pattern_help', { words: filled(values.pattern, row ?? '', column ?? '') });
    } else if (app.mode === 'change') {
      this.tellChange();
    } else {
      this.told.textContent = ui.say(`${app.mode}_help`);
    }
  }

  tellChange() {
    const { values, app } = this;
    const { start, before, after, end } = changeIn(values.words, values.changed);
    if (!before && !after) {
      this.told.textContent = app.ui.say('change_help');
      return;
    }
    this.told.append(start, make('del', '', before), before && after ? ' ' : '', make('ins', '', after), end);
  }

  progress() {
    const { asked, results } = this.app;
    const result = asked && results[asked.mode];
    const cells = result?.seq === asked?.seq ? (result?.cells ?? []) : [];
    const done = cells.map(({ state, step, steps }) => (state === 'drawing' ? step / Math.max(1, steps) : Number(state !== 'waiting')));
    const share = cells.length ? done.reduce((sum, part) => sum + part, 0) / cells.length : 0;
    this.bar.style.setProperty('--part', share.toFixed(3));
  }
}
