// The pictures on the stage: in the making, filling from noise; or drawn.
import { make } from '../shared/dom.js';

// A preview with fewer pixels a side is one colour a cell of the latent: it is softened.
const COARSE_SIDE = 64;
// So long, as a share of all steps, a sharp preview stays.
const SHARP_SHARE = 0.3;

export class Look {
  constructor(app) {
    this.app = app;
    this.cells = [];
    this.isLarge = false;
    this.build();
  }

  build() {
    const { app } = this;
    const place = app.root.querySelector('.draw-look');
    this.progress = make('div', 'draw-progress');
    this.progress.setAttribute('role', 'progressbar');
    this.progress.setAttribute('aria-label', app.ui.say('progress'));
    this.grid = make('div', 'draw-grid');
    this.empty = make('p', 'draw-empty', app.ui.say('empty'));
    this.all = app.ui.button({ icon: 'fit', text: '', className: 'quiet draw-all', press: () => this.setLarge(false) });
    place.replaceChildren(this.progress, this.grid, this.empty, this.all);
    this.grid.addEventListener('keydown', (event) => this.press(event));
  }

  setLarge(isLarge) {
    this.isLarge = isLarge;
    this.app.changed();
  }

  cellAt(place) {
    if (this.cells[place]) return this.cells[place];
    const button = make('button', 'draw-cell');
    button.type = 'button';
    const image = make('img');
    image.decoding = 'async';
    image.draggable = false;
    const label = make('span', 'draw-seed');
    const told = make('span', 'draw-withheld');
    button.append(image, label, told);
    button.addEventListener('click', () => this.pick(place));
    this.cells[place] = { button, image, label, told };
    return this.cells[place];
  }

  // The first press says which one is meant, the next shows it large.
  pick(place) {
    const { app } = this;
    const drawing = app.shown[place];
    if (!drawing || app.asking.isDrawing || app.shown.length < 2) return;
    if (app.chosen === drawing) this.isLarge = !this.isLarge;
    app.choose(drawing);
  }

  press(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    const { shown, chosen, asking } = this.app;
    if (!(event.key in steps) || shown.length < 2 || asking.isDrawing) return;
    event.preventDefault();
    const next = (shown.indexOf(chosen) + steps[event.key] + shown.length) % shown.length;
    this.app.choose(shown[next]);
    requestAnimationFrame(() => this.cells[next]?.button.focus());
  }

  update() {
    const { app } = this;
    const { isDrawing, going } = app.asking;
    const shown = isDrawing ? going : app.shown;
    if (shown.length < 2) this.isLarge = false;
    const isOne = this.isLarge && !isDrawing;
    const places = shown.map((_, place) => place).filter((place) => !isOne || shown[place] === app.chosen);
    const cells = places.map((place) => this.fillCell(place, shown[place], isDrawing));
    const nodes = cells.map(({ button }) => button);
    if (nodes.length !== this.grid.children.length || nodes.some((node, at) => node !== this.grid.children[at])) this.grid.replaceChildren(...nodes);
    this.grid.dataset.count = String(nodes.length);
    this.empty.hidden = shown.length > 0;
    this.all.hidden = !isOne;
    if (isOne) this.all.lastChild.textContent = app.ui.say('show_all', { count: shown.length });
    this.updateProgress(isDrawing, going);
  }

  fillCell(place, one, isDrawing) {
    const { app } = this;
    const cell = this.cellAt(place);
    const { button, image, label, told } = cell;
    const src = one.src ?? '';
    if (cell.src !== src) this.swap(cell, src, isDrawing ? one : null);
    button.dataset.state = isDrawing ? 'going' : 'done';
    const isMany = (isDrawing ? app.asking.going : app.shown).length > 1;
    button.tabIndex = isMany && !isDrawing ? 0 : -1;
    const isChosen = !isDrawing && isMany && !this.isLarge && one === app.chosen;
    // One picture alone is no choice.
    if (isMany && !isDrawing) button.setAttribute('aria-pressed', String(isChosen));
    else button.removeAttribute('aria-pressed');
    image.alt = isDrawing ? app.ui.say('going_alt', { step: one.step, steps: one.steps }) : one.alt;
    const { width, height } = isDrawing ? app.settings.size() : one;
    button.style.setProperty('--shape', `${width} / ${height}`);
    button.style.setProperty('--ratio', String(width / height));
    label.textContent = isMany && one.seed !== undefined ? app.ui.say('seed_of', { seed: one.seed }) : '';
    told.textContent = !isDrawing && one.is_withheld ? one.note : '';
    return cell;
  }

  // A picture takes the place of the one before it only when it can be painted.
  async swap(cell, src, going) {
    cell.src = src;
    const { image } = cell;
    if (!src) {
      image.removeAttribute('src');
      return;
    }
    const next = new Image();
    next.src = src;
    try {
      await next.decode();
    } catch {
      return;
    }
    if (cell.src !== src) return;
    const isCoarse = next.naturalWidth < COARSE_SIDE;
    // After a sharp one a soft one would look like a step back.
    if (isCoarse && going && going.step - cell.sharpStep < SHARP_SHARE * going.steps) return;
    cell.sharpStep = going && !isCoarse ? going.step : isCoarse && going ? cell.sharpStep : undefined;
    image.src = src;
    image.dataset.coarse = String(isCoarse);
  }

  updateProgress(isDrawing, going) {
    const { progress } = this;
    progress.hidden = !isDrawing;
    if (!isDrawing) return;
    const [done, all] = [sum(going, 'step'), sum(going, 'steps')];
    progress.style.setProperty('--part', String(all ? done / all : 0));
    progress.setAttribute('aria-valuemin', '0');
    progress.setAttribute('aria-valuemax', String(all));
    progress.setAttribute('aria-valuenow', String(done));
  }
}

const sum = (rows, name) => rows.reduce((total, row) => total + (row[name] ?? 0), 0);
