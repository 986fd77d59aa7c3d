// One word changed, everything else the same: a curtain between the two pictures, both side by side,
// or what changed.
import { make, percent } from '../shared/dom.js';
import { asRadios, markRadio } from '../shared/radios.js';
import { colourOf } from '../shared/scale.js';
import { Cell } from './compare_cell.js';
import { differenceOf } from './compare_difference.js';
import { changeIn } from './compare_words.js';

const VIEWS = ['curtain', 'beside', 'changed'];
const HALF = 50;

export class ChangePanel {
  constructor(app) {
    this.app = app;
    this.view = 'curtain';
    this.at = HALF;
    this.node = make('div', 'compare-panel');
    this.views = make('div', 'ui-switch compare-choice compare-views');
    asRadios(this.views, app.ui.say('views'));
    this.views.append(...VIEWS.map((view) => this.viewButton(view)));
    this.place = make('div', 'compare-both');
    this.cells = [0, 1].map((index) => new Cell(app, () => app.choose(index)));
    // In every view one can say which of the two is meant: to be taken away, or sent.
    this.captions = [0, 1].map((index) => app.ui.button({ text: ' ', className: 'compare-caption', pressed: false, press: () => app.choose(index) }));
    this.pages = this.cells.map(({ node }, index) => {
      const page = make('div', 'compare-page');
      page.append(node, this.captions[index]);
      return page;
    });
    this.range = make('input', 'compare-curtain');
    Object.assign(this.range, { type: 'range', min: 0, max: 100, step: 1, value: HALF, name: 'curtain' });
    this.range.setAttribute('aria-label', app.ui.say('curtain'));
    this.range.addEventListener('input', () => this.pull(Number(this.range.value)));
    this.edge = make('span', 'compare-edge');
    this.map = make('canvas', 'compare-map');
    this.map.setAttribute('role', 'img');
    this.place.append(...this.pages, this.edge, this.range, this.map);
    this.hint = make('p', 'ui-hint compare-reading');
    this.node.append(this.views, this.place, this.hint);
  }

  viewButton(view) {
    const button = this.app.ui.button({ text: this.app.ui.say(`view_${view}`), press: () => this.show(view) });
    button.setAttribute('role', 'radio');
    return button;
  }

  show(view) {
    this.view = view;
    this.app.update();
  }

  // Whichever picture is seen more of is the chosen one.
  pull(at) {
    this.draw(at);
    const { result } = this.app;
    const seen = at >= HALF ? 0 : 1;
    if (result && seen !== result.chosen) this.app.choose(seen);
  }

  draw(at) {
    this.at = at;
    this.place.style.setProperty('--at', `${at}%`);
    this.range.setAttribute('aria-valuetext', this.app.ui.say('curtain_at', { percent: at }));
  }

  update() {
    const { app } = this;
    const result = app.results.change;
    for (const node of [this.views, this.place]) node.hidden = !result;
    if (!result) {
      this.hint.textContent = app.ui.say('empty_change');
      return;
    }
    if (this.drawn !== result) this.build(result);
    // Until both are there, one sees both coming.
    const view = result.isWhole ? this.view : 'beside';
    this.place.dataset.view = view;
    this.place.dataset.whole = String(result.isWhole);
    [...this.views.children].forEach((button, place) => {
      markRadio(button, VIEWS[place] === view);
      button.disabled = !result.isWhole;
    });
    this.cells.forEach((cell, index) => cell.update(result, result.cells[index], index === result.chosen));
    this.captions.forEach((caption, index) => caption.setAttribute('aria-pressed', String(index === result.chosen)));
    this.range.hidden = this.edge.hidden = view !== 'curtain';
    this.map.hidden = view !== 'changed';
    this.draw(this.at);
    this.tell(result, view);
  }

  tell(result, view) {
    const { ui } = this.app;
    if (view !== 'changed') {
      this.hint.textContent = ui.say('reading_change');
      return;
    }
    this.drawMap(result);
    this.hint.textContent = this.share === undefined ? '' : ui.say('changed_share', { percent: percent(this.share) });
  }

  build(result) {
    this.drawn = result;
    this.share = this.mapped = undefined;
    const [height, width] = result.plan.size;
    this.place.style.setProperty('--aspect', `${width} / ${height}`);
    const { start, before, after, end } = changeIn(...result.plan.words);
    [before, after].forEach((word, index) => {
      this.captions[index].firstChild.replaceChildren(start, make('b', '', word), end);
    });
  }

  async drawMap(result) {
    if (this.mapped === result) return;
    this.mapped = result;
    const [before, after] = await Promise.all(result.cells.map(({ src }) => pixelsOf(src)));
    if (this.mapped !== result) return;
    const { change, share } = differenceOf(before, after);
    const { width, height } = before;
    Object.assign(this.map, { width, height });
    const drawn = new ImageData(width, height);
    // The strongest change is the lightest; a picture that stays stays dark.
    const most = Math.max(0.25, ...change);
    change.forEach((value, pixel) => drawn.data.set([...colourOf(value / most), 255], 4 * pixel));
    this.map.getContext('2d').putImageData(drawn, 0, 0);
    this.share = share;
    this.map.setAttribute('aria-label', this.app.ui.say('map_alt', { percent: percent(share) }));
    this.app.update();
  }
}

async function pixelsOf(src) {
  const image = new Image();
  image.src = src;
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
