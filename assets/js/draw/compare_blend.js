// From one prompt to another: one picture large, a slider from the first words to the second. The
// slider stops at pictures that were drawn; nothing between them is made up.
import { make } from '../shared/dom.js';
import { Cell, nameOf } from './compare_cell.js';

export class BlendPanel {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('div', 'compare-panel');
    this.hint = make('p', 'ui-hint compare-reading');
    this.large = new Cell(app);
    this.large.node.classList.add('large');
    this.ends = [make('span'), make('span')];
    this.range = make('input');
    Object.assign(this.range, { type: 'range', min: 0, step: 1, name: 'blend' });
    this.range.setAttribute('aria-label', ui.say('blend_slider'));
    this.range.addEventListener('input', () => this.app.choose(Number(this.range.value)));
    this.line = make('div', 'compare-ends');
    this.line.append(this.ends[0], this.range, this.ends[1]);
    this.strip = make('div', 'compare-strip');
    this.strip.addEventListener('keydown', (event) => this.walk(event));
    this.node.append(this.large.node, this.line, this.strip, this.hint);
    this.cells = [];
  }

  update() {
    const { app } = this;
    const result = app.results.blend;
    this.hint.textContent = app.ui.say(result ? 'reading_blend' : 'empty_blend');
    for (const node of [this.large.node, this.line, this.strip]) node.hidden = !result;
    if (!result) return;
    if (this.drawn !== result) this.build(result);
    const { chosen } = result;
    this.large.update(result, result.cells[chosen]);
    this.range.value = chosen;
    this.range.setAttribute('aria-valuetext', nameOf(app, result, result.cells[chosen]));
    this.cells.forEach((cell, index) => {
      cell.update(result, result.cells[index], index === chosen);
      cell.node.tabIndex = index === chosen ? 0 : -1;
    });
  }

  build(result) {
    this.drawn = result;
    const { words, size, count } = result.plan;
    this.node.style.setProperty('--aspect', `${size[1]} / ${size[0]}`);
    this.node.style.setProperty('--count', count);
    this.range.max = count - 1;
    this.ends.forEach((node, place) => {
      node.textContent = words[place];
    });
    this.cells = result.cells.map(({ index }) => new Cell(this.app, () => this.app.choose(index)));
    this.strip.replaceChildren(...this.cells.map(({ node }) => node));
  }

  walk(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const here = this.cells.findIndex(({ node }) => node === document.activeElement);
    if (!by || !this.cells[here + by]) return;
    event.preventDefault();
    this.app.choose(here + by);
    this.cells[here + by].node.focus();
  }
}
