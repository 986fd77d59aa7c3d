// Beside the comparison: the chosen picture larger, what it was asked for, and what one can do with it.
import { call } from '../shared/calling.js';
import { make } from '../shared/dom.js';
import { save } from '../shared/saving.js';
import { Cell, isWithheld, nameOf } from './compare_cell.js';

export class Aside {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('section', 'compare-aside');
    this.node.setAttribute('aria-label', ui.say('chosen'));
    this.picture = new Cell(app, () => this.open());
    this.picture.node.classList.add('large');
    this.name = make('h3');
    this.words = make('p', 'compare-asked');
    this.facts = make('dl', 'compare-facts');
    this.notes = make('p', 'ui-hint');
    this.png = ui.button({ icon: 'download', text: ui.say('take'), className: 'quiet', press: () => this.take('png') });
    this.recipe = ui.button({ icon: 'paper', text: ui.say('take_recipe'), className: 'quiet', press: () => this.take('recipe') });
    this.draws = ui.button({ icon: 'brush', text: ui.say('to_draw'), className: 'quiet', press: () => this.toDraw() });
    this.acts = make('div', 'compare-acts');
    this.acts.append(this.png, this.recipe, this.draws);
    this.node.append(this.picture.node, this.name, this.words, this.facts, this.notes, this.acts);
    this.dialog = this.makeDialog();
    app.root.append(this.dialog);
  }

  makeDialog() {
    const { ui } = this.app;
    const dialog = make('dialog', 'ui-dialog compare-dialog');
    const head = make('header');
    this.title = make('h2');
    head.append(this.title, ui.button({ icon: 'close', label: ui.say('close'), className: 'bare', press: () => dialog.close() }));
    this.whole = make('img');
    const turn = (by, key) => ui.button({ icon: 'send', label: ui.say(key), className: `bare ${key}`, press: () => this.turn(by) });
    const line = make('div', 'compare-turns');
    line.append(turn(-1, 'previous'), this.whole, turn(1, 'next'));
    dialog.append(head, line);
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    dialog.addEventListener('keydown', (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (by) this.turn(by);
    });
    return dialog;
  }

  open() {
    if (!canOpen(this.app.result?.shown)) return;
    this.drawDialog();
    this.dialog.showModal();
  }

  // The next one that is there, round and round.
  turn(by) {
    const { result } = this.app;
    const { length } = result.cells;
    for (let step = 1; step <= length; step += 1) {
      const index = (((result.chosen + by * step) % length) + length) % length;
      if (!canOpen(result.cells[index])) continue;
      this.app.choose(index);
      this.drawDialog();
      return;
    }
  }

  drawDialog() {
    const { result } = this.app;
    const cell = result.shown;
    this.title.textContent = nameOf(this.app, result, cell);
    this.whole.src = cell.src;
    this.whole.alt = altOf(this.app, result, cell);
  }

  update() {
    const { app } = this;
    const { result } = app;
    this.node.hidden = !result;
    if (!result) return;
    const cell = result.shown;
    this.node.style.setProperty('--aspect', `${result.plan.size[1]} / ${result.plan.size[0]}`);
    this.picture.node.hidden = result.plan.mode !== 'grid';
    this.picture.update(result, cell);
    this.picture.node.setAttribute('aria-label', app.ui.say('enlarge', { name: nameOf(app, result, cell) }));
    this.picture.node.removeAttribute('aria-pressed');
    this.picture.node.disabled = !canOpen(cell);
    this.name.textContent = nameOf(app, result, cell);
    this.words.textContent = cell.about?.words ?? '';
    this.words.hidden = !this.words.textContent || this.words.textContent === this.name.textContent;
    this.facts.replaceChildren(...(cell.about?.facts ?? []).map(([name, value]) => fact(name, value)));
    this.notes.textContent = (cell.notes ?? []).join(' ');
    this.png.disabled = this.recipe.disabled = !cell.id || cell.state !== 'done' || isWithheld(cell);
    this.draws.hidden = !cell.about?.fields || !drawing();
  }

  async take(format) {
    const { app } = this;
    const { id } = app.result.shown;
    const answer = await call(app, 'compare_take', { id, format });
    if (answer.error) {
      app.refuse(answer.error);
      app.update();
      return;
    }
    save(fileOf(answer), answer.name);
  }

  // The same words and settings in the mode "Draw".
  toDraw() {
    const { fields } = this.app.result.shown.about;
    drawing().apply(fields);
    const modes = this.app.root.closest('.modes');
    modes?.querySelector('[role=tab]')?.click();
  }
}

// A grey card need not be seen large.
function canOpen(cell) {
  return Boolean(cell?.src) && !isWithheld(cell);
}

// The stage of the mode "Draw", where it stands on the page.
function drawing() {
  return document.querySelector('.draw')?.app ?? null;
}

function altOf(app, result, cell) {
  return app.ui.say('alt', { words: cell.about?.words ?? '', name: nameOf(app, result, cell) });
}

function fileOf({ data, text, kind }) {
  if (text !== undefined) return new Blob([text], { type: kind });
  return new Blob([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], { type: kind });
}

function fact(name, value) {
  const row = make('div');
  row.append(make('dt', '', name), make('dd', '', value));
  return row;
}
