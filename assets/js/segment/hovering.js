// Proposals: what the model found by itself. Moving the pointer looks them up here; nobody is asked.
import { call } from '../shared/calling.js';
import { cropAndResize } from './logits.js';
import { contours, toPath2D } from '../shared/outline.js';
import { filter, hoverMap, unpack } from './proposals.js';
import { SLIDERS } from './state.js';

const FEW = 3;
const UNSURE = Object.freeze({ ...SLIDERS, iou: 0.3, stability: 0.5 });

export class Hovering {
  constructor(app) {
    this.app = app;
    this.forget();
  }

  forget() {
    this.items = [];
    this.of = 0;
    this.lowSize = null;
    this.paths = new Map();
    this.kept = [];
    this.map = null;
    this.index = -1;
    this.ranking = null;
    this.isFetching = false;
  }

  // Fetch what the server has by now; it tells with each value how many there are.
  async fetch(done, of) {
    this.of = of ?? this.of;
    this.wanted = Math.max(done ?? 0, this.wanted ?? 0);
    const id = this.app.picture?.id;
    if (this.isFetching || !id || this.items.length >= (done ?? 0)) return;
    this.isFetching = true;
    let answer = { done: 1, items: [] };
    while (this.app.picture?.id === id && this.items.length < answer.done) {
      answer = await call(this.app, 'proposals', { id, start: this.items.length });
      if (this.app.picture?.id !== id) break;
      if (answer.error || !answer.items?.length) break;
      this.lowSize = answer.low_size;
      this.items.push(...answer.items);
      this.refilter();
    }
    this.isFetching = false;
  }

  refilter(sliders = this.app.history.present.sliders) {
    if (!this.lowSize) return;
    this.kept = this.ranked(filter(this.items, this.inPixels(sliders)));
    this.map = hoverMap(this.items, this.app.isEverything ? this.kept : this.usual(), this.lowSize);
    this.index = -1;
    this.app.changed();
  }

  // What the pointer finds: good proposals; where the model is sure of hardly any, the better ones.
  usual() {
    const good = filter(this.items, this.inPixels(SLIDERS));
    return good.length >= FEW ? good : filter(this.items, this.inPixels(UNSURE));
  }

  // The slider is about the share of the picture, the items about its pixels.
  inPixels(sliders) {
    const { width, height } = this.app.picture;
    return { ...sliders, area: sliders.area * width * height };
  }

  // With words, the proposals that CLIP finds nearest come first, and the far ones go.
  ranked(kept) {
    if (!this.ranking) return kept;
    const { scores, most } = this.ranking;
    const known = kept.filter((index) => Number.isFinite(scores[index]));
    return known.sort((a, b) => scores[b] - scores[a]).slice(0, most);
  }

  // Returns whether another proposal lies under the pointer than before.
  at([x, y]) {
    const { picture } = this.app;
    let index = -1;
    if (this.map && this.app.view.isInside([x, y])) {
      const [rows, columns] = this.lowSize;
      const row = Math.min(rows - 1, Math.floor((y * rows) / picture.height));
      const column = Math.min(columns - 1, Math.floor((x * columns) / picture.width));
      index = this.map[row * columns + column] - 1;
    }
    const isNew = index !== this.index;
    this.index = index;
    return isNew;
  }

  leave() {
    const was = this.index;
    this.index = -1;
    return was !== -1;
  }

  // The outline of a proposal, smoothed between the coarse cells it came in.
  path(index) {
    if (!this.paths.has(index)) {
      const [rows, columns] = this.lowSize;
      const low = Float32Array.from(unpack(this.items[index], this.lowSize), (inside) => inside - 0.5);
      const times = Math.max(1, Math.min(6, Math.round(320 / Math.max(rows, columns))));
      const size = { width: columns * times, height: rows * times };
      const fine = times > 1 ? resize(low, [rows, columns], [size.height, size.width]) : low;
      this.paths.set(index, { path: toPath2D(contours(fine, size, 0)), size });
    }
    return this.paths.get(index);
  }
}

// `cropAndResize` takes squares; the rows that are missing are cropped away again.
function resize(low, [rows, columns], out) {
  const side = Math.max(rows, columns);
  const square = new Float32Array(side * side).fill(-0.5);
  for (let row = 0; row < rows; row += 1) {
    square.set(low.subarray(row * columns, (row + 1) * columns), row * side);
  }
  return cropAndResize(square, side, [rows, columns], out);
}
