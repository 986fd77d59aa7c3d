// Effects that look at each pixel alone. `canvas`: {data: RGBA bytes, changed in place; weights:
// 0..255, how far a pixel changes; width, height, longer: pixels}.
import { soften } from './soften.js';

const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];
// How far the spotlight's dusk reaches, in parts of the longer side.
const FALL = 0.12;

/** @param {string} text "#rrggbb" @returns {number[]} 0..255 each. */
export function rgbOf(text) {
  return [1, 3, 5].map((from) => Number.parseInt(text.slice(from, from + 2), 16));
}

// Luma of ITU-R BT.709, section 3.
const luma = (data, at) => 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];

/** Shades of grey: as they are, pale, or brown as old photographs. */
export const grey = {
  variants: [[BLACK, WHITE], [[140, 140, 140], WHITE], [[30, 15, 5], [255, 240, 205]]],
  paint(canvas, [dark, light]) {
    change(canvas, (data, at, out) => {
      const share = luma(data, at) / 255;
      for (let i = 0; i < 3; i += 1) out[i] = dark[i] + share * (light[i] - dark[i]);
    });
  },
};

/** One colour in all its shades, from black through it to white; light and dark stay. */
export const colour = {
  variants: [null, '#e5484d', '#f2b705', '#30a46c', '#8e4ec6'],
  paint(canvas, given, options) {
    const middle = rgbOf(given ?? options.colour);
    change(canvas, (data, at, out) => {
      const share = luma(data, at) / 127.5;
      for (let i = 0; i < 3; i += 1) {
        out[i] = share < 1 ? share * middle[i] : middle[i] + (share - 1) * (255 - middle[i]);
      }
    });
  },
};

/** Another ground: plain, or from one colour at the top to another at the bottom. */
export const replace = {
  variants: [['#ffffff', '#ffffff'], ['#101318', '#101318'], ['#00b140', '#00b140'], ['#4aa3ff', '#eaf6ff'], ['#3b1d6e', '#ff9d5c']],
  paint(canvas, ends) {
    const [top, bottom] = ends.map(rgbOf);
    change(canvas, (data, at, out) => {
      const share = (Math.floor(at / 4 / canvas.width) + 0.5) / canvas.height;
      for (let i = 0; i < 3; i += 1) out[i] = top[i] + share * (bottom[i] - top[i]);
    });
  },
};

/** Dark, so that the rest stands out: a little, much, or more with the way from the edge. */
export const spotlight = {
  variants: [{ left: 0.45 }, { left: 0.15 }, { left: 0.1, isFalling: true }],
  paint(canvas, { left, isFalling }) {
    const near = isFalling && nearness(canvas);
    change(canvas, (data, at, out) => {
      const kept = near ? left + (1 - left) * near[at / 4] : left;
      for (let i = 0; i < 3; i += 1) out[i] = kept * data[at + i];
    });
  },
};

/** Nothing, or half of it. */
export const transparent = {
  variants: [0, 0.5],
  paint({ data, weights }, left) {
    for (let i = 0; i < weights.length; i += 1) {
      data[4 * i + 3] *= 1 - (weights[i] / 255) * (1 - left);
    }
  },
};

// 1 at what stays, less and less away from it.
function nearness({ weights, width, height, longer }) {
  const stays = Float32Array.from(weights, (weight) => 1 - weight / 255);
  // On an edge half of what is around stays.
  return soften(stays, { width, height }, FALL * longer).map((part) => Math.min(1, 2 * part));
}

// Mixes in what `write(data, at, out)` gives for a pixel, as far as it changes.
function change({ data, weights }, write) {
  const out = new Float64Array(3);
  for (let i = 0, at = 0; i < weights.length; i += 1, at += 4) {
    if (!weights[i]) continue;
    const share = weights[i] / 255;
    write(data, at, out);
    data[at] += share * (out[0] - data[at]);
    data[at + 1] += share * (out[1] - data[at + 1]);
    data[at + 2] += share * (out[2] - data[at + 2]);
  }
}
