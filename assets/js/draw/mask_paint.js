// The part of the start picture that is drawn anew: painted, erased, or a thing that is pointed at.
import { make } from '../shared/dom.js';
import { fromRuns, toRuns } from '../shared/runs.js';
import { stamp } from '../segment/brush.js';

const INK = [47, 107, 242, 150];
const STEP_SHARE = 0.03;
const MOST_UNDO = 30;
// About what models draw: with all the pixels of a photo, each stroke would lag.
const MOST_SIDE = 1024;
const POINT_SIZE = 14;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class MaskPaint {
  constructor({ label, changed, point }) {
    this.changed = changed;
    // Told in pixels of the picture, not of the mask.
    this.point = ([x, y]) => point([x / this.part, y / this.part]);
    this.tool = 'brush';
    this.share = 0.07;
    this.node = make('div', 'draw-paint');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', label);
    this.image = make('img');
    this.image.draggable = false;
    this.canvas = make('canvas');
    this.ring = make('span', 'draw-ring');
    this.ring.hidden = true;
    this.node.append(this.image, this.canvas, this.ring);
    this.listen();
  }

  show({ src, width: wide, height: high, alt }) {
    this.part = Math.min(1, MOST_SIDE / Math.max(wide, high));
    const [width, height] = [wide, high].map((side) => Math.max(1, Math.round(side * this.part)));
    Object.assign(this, { width, height });
    this.image.src = src;
    this.image.alt = alt ?? '';
    Object.assign(this.canvas, { width, height });
    this.mask = new Uint8Array(width * height);
    this.past = [];
    this.cursor = null;
    this.draw();
  }

  get isEmpty() {
    return !this.mask?.includes(1);
  }

  // { runs, width, height }, or null where nothing is painted.
  told() {
    const { width, height } = this;
    return this.isEmpty ? null : { runs: toRuns(this.mask), width, height };
  }

  // A mask of any size is laid over what is painted.
  take({ runs, width, height }) {
    this.remember();
    const found = scaled(fromRuns(runs, width * height), { width, height }, this);
    for (let i = 0; i < found.length; i += 1) if (found[i]) this.mask[i] = 1;
    this.draw();
  }

  clear() {
    this.remember();
    this.mask.fill(0);
    this.draw();
  }

  invert() {
    this.remember();
    for (let i = 0; i < this.mask.length; i += 1) this.mask[i] = 1 - this.mask[i];
    this.draw();
  }

  remember() {
    this.past.push(this.mask.slice());
    if (this.past.length > MOST_UNDO) this.past.shift();
  }

  undo() {
    const before = this.past.pop();
    if (before) this.mask = before;
    this.draw();
  }

  get radius() {
    return (this.share * Math.max(this.width, this.height)) / 2;
  }

  // The frame has the shape of what is drawn; the picture fills it, and what juts out is cut off.
  frame({ width, height }) {
    this.node.style.aspectRatio = `${width} / ${height}`;
  }

  placing() {
    const box = this.canvas.getBoundingClientRect();
    const scale = Math.max(box.width / this.width, box.height / this.height);
    return { box, scale, left: (box.width - scale * this.width) / 2, top: (box.height - scale * this.height) / 2 };
  }

  toPicture({ clientX, clientY }) {
    const { box, scale, left, top } = this.placing();
    return [(clientX - box.left - left) / scale, (clientY - box.top - top) / scale];
  }

  listen() {
    const { node } = this;
    let last = null;
    node.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || !this.mask) return;
      const at = this.toPicture(event);
      if (this.tool === 'point') {
        this.point(at);
        return;
      }
      event.preventDefault();
      node.focus({ preventScroll: true });
      node.setPointerCapture(event.pointerId);
      this.remember();
      last = at;
      this.stroke(at, at);
    });
    node.addEventListener('pointermove', (event) => {
      this.showRing(this.toPicture(event));
      if (!last) return;
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const move of moves.length ? moves : [event]) {
        const at = this.toPicture(move);
        this.stroke(last, at);
        last = at;
      }
    });
    const letGo = () => {
      if (last) this.changed();
      last = null;
    };
    for (const name of ['pointerup', 'pointercancel']) node.addEventListener(name, letGo);
    node.addEventListener('pointerleave', () => this.showRing(null));
    node.addEventListener('blur', () => this.showRing(null));
    node.addEventListener('keydown', (event) => this.press(event));
  }

  // By the keyboard: the arrows move the tip, space paints or takes the thing under it.
  press(event) {
    if (!this.mask || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ARROWS[event.key];
    const isDab = event.key === ' ' || event.key === 'Enter';
    if (!way && !isDab) return;
    event.preventDefault();
    const long = STEP_SHARE * Math.max(this.width, this.height);
    const [x, y] = this.cursor ?? [this.width / 2, this.height / 2];
    this.cursor = way ? [clamp(x + way[0] * long, this.width), clamp(y + way[1] * long, this.height)] : [x, y];
    this.showRing(this.cursor);
    if (!isDab) return;
    if (this.tool === 'point') {
      this.point(this.cursor);
      return;
    }
    this.remember();
    this.stroke(this.cursor, this.cursor);
    this.changed();
  }

  stroke(from, to) {
    stamp(this.mask, this, from, to, this.radius, this.tool === 'eraser' ? 0 : 1);
    this.paint();
  }

  showRing(at) {
    this.ring.hidden = !at || !this.mask;
    if (this.ring.hidden) return;
    this.cursor = at;
    const { scale, left, top } = this.placing();
    const size = this.tool === 'point' ? POINT_SIZE : 2 * this.radius * scale;
    this.ring.style.cssText = `left:${at[0] * scale + left}px;top:${at[1] * scale + top}px;width:${size}px`;
  }

  draw() {
    this.paint();
    this.changed();
  }

  paint() {
    const picture = new ImageData(this.width, this.height);
    const pixels = new Uint32Array(picture.data.buffer);
    const ink = new Uint32Array(Uint8Array.from(INK).buffer)[0];
    for (let i = 0; i < pixels.length; i += 1) if (this.mask[i]) pixels[i] = ink;
    this.canvas.getContext('2d').putImageData(picture, 0, 0);
  }
}

/**
 * A mask at another size: each pixel as the one under its centre.
 * @param {Uint8Array} mask from.width * from.height
 * @param {{width: number, height: number}} from In pixels.
 * @param {{width: number, height: number}} to In pixels.
 * @returns {Uint8Array} to.width * to.height
 */
export function scaled(mask, from, to) {
  if (from.width === to.width && from.height === to.height) return mask;
  const after = new Uint8Array(to.width * to.height);
  for (let y = 0; y < to.height; y += 1) {
    const row = Math.floor(((y + 0.5) * from.height) / to.height) * from.width;
    for (let x = 0; x < to.width; x += 1) {
      after[y * to.width + x] = mask[row + Math.floor(((x + 0.5) * from.width) / to.width)];
    }
  }
  return after;
}

const clamp = (value, most) => Math.max(0, Math.min(most - 1, value));
