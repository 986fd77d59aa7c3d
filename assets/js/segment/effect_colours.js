// Effects that look at each pixel alone. `canvas`: {data: RGBA bytes, changed in place; alpha ^ flip:
// 0..255, how far a pixel changes (flip is 0 or 255); width, height, longer: pixels}.
import { rowReader, shrink } from './coarse.js';
import { soften } from './soften.js';

const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];
// How far the spotlight's dusk reaches, in parts of the longer side; it is worked out in blocks.
const FALL = 0.12;
const BLOCKS_PER_FALL = 24;

/** @param {string} text "#rrggbb" @returns {number[]} 0..255 each. */
export function rgbOf(text) {
  return [1, 3, 5].map((from) => Number.parseInt(text.slice(from, from + 2), 16));
}

/** Shades of grey: as they are, pale, or brown as old photographs. */
export const grey = {
  variants: [[BLACK, WHITE], [[140, 140, 140], WHITE], [[30, 15, 5], [255, 240, 205]]],
  paint(canvas, [dark, light]) {
    byLuma(canvas, (luma, i) => dark[i] + (luma / 255) * (light[i] - dark[i]));
  },
};

/** One colour in all its shades, from black through it to white; light and dark stay. */
export const colour = {
  variants: [null, '#e5484d', '#f2b705', '#30a46c', '#8e4ec6'],
  paint(canvas, given, options) {
    const middle = rgbOf(given ?? options.colour);
    byLuma(canvas, (luma, i) => {
      const share = luma / 127.5;
      return share < 1 ? share * middle[i] : middle[i] + (share - 1) * (255 - middle[i]);
    });
  },
};

/** Another ground: plain, or from one colour at the top to another at the bottom. */
export const replace = {
  variants: [
    ['#ffffff', '#ffffff'], ['#101318', '#101318'], ['#00b140', '#00b140'], ['#4aa3ff', '#eaf6ff'], ['#3b1d6e', '#ff9d5c'],
  ],
  paint({ data, alpha, flip, width, height }, ends) {
    const [top, bottom] = ends.map(rgbOf);
    for (let y = 0, i = 0; y < height; y += 1) {
      const share = (y + 0.5) / height;
      const [red, green, blue] = top.map((from, channel) => Math.round(from + share * (bottom[channel] - from)));
      for (let x = 0; x < width; x += 1, i += 1) {
        const own = alpha[i] ^ flip;
        if (own) mixIn(data, 4 * i, own, red, green, blue);
      }
    }
  },
};

/** Dark, so that the rest stands out: a little, much, or more with the way from the edge. */
export const spotlight = {
  variants: [{ left: 0.45 }, { left: 0.15 }, { left: 0.1, isFalling: true }],
  paint(canvas, { left, isFalling }) {
    const { data, alpha, flip, width, height } = canvas;
    const nearness = isFalling ? nearnessReader(canvas) : null;
    for (let y = 0, i = 0; y < height; y += 1) {
      const near = nearness?.(y);
      for (let x = 0; x < width; x += 1, i += 1) {
        const own = alpha[i] ^ flip;
        if (!own) continue;
        // On an edge half of what is around stays.
        const dark = near ? (1 - left) * (1 - Math.min(1, 2 * near[x])) : 1 - left;
        const kept = 1 - (dark * own) / 255;
        data[4 * i] *= kept;
        data[4 * i + 1] *= kept;
        data[4 * i + 2] *= kept;
      }
    }
  },
};

/** Nothing, or half of it. */
export const transparent = {
  variants: [0, 0.5],
  paint({ data, alpha, flip }, left) {
    for (let i = 0; i < alpha.length; i += 1) {
      const own = alpha[i] ^ flip;
      if (own) data[4 * i + 3] *= 1 - (own / 255) * (1 - left);
    }
  },
};

// By row: 1 amid what stays, less and less away from it.
function nearnessReader(canvas) {
  const block = Math.max(1, Math.floor((FALL * canvas.longer) / BLOCKS_PER_FALL));
  const { planes, ...blocks } = shrink(canvas, block);
  const stays = planes[3].map((sum, i) => {
    const [x, y] = [i % blocks.width, Math.floor(i / blocks.width)];
    const across = Math.min(block, canvas.width - x * block);
    return 1 - sum / (255 * across * Math.min(block, canvas.height - y * block));
  });
  soften(stays, blocks, (FALL * canvas.longer) / block);
  const read = rowReader([stays], blocks, canvas, block);
  return (y) => read(y)[0];
}

// Changes each pixel to what `write(luma, channel)` says. Luma of ITU-R BT.709, section 3, in whole
// numbers, so that all there is to say fits into a table.
function byLuma({ data, alpha, flip }, write) {
  const table = Uint8ClampedArray.from({ length: 768 }, (_, i) => write(Math.floor(i / 3), i % 3));
  for (let i = 0, at = 0; i < alpha.length; i += 1, at += 4) {
    const own = alpha[i] ^ flip;
    if (!own) continue;
    const luma = 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
    const from = 3 * Math.floor(luma + 0.5);
    mixIn(data, at, own, table[from], table[from + 1], table[from + 2]);
  }
}

function mixIn(data, at, weight, red, green, blue) {
  if (weight === 255) {
    data[at] = red;
    data[at + 1] = green;
    data[at + 2] = blue;
    return;
  }
  const share = weight / 255;
  data[at] += share * (red - data[at]);
  data[at + 1] += share * (green - data[at + 1]);
  data[at + 2] += share * (blue - data[at + 2]);
}
