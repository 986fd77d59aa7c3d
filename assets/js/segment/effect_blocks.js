// Effects that mix pixels with their neighbours. Only pixels that change are mixed, by how far they
// do: what stays leaves no shine around its edge. `canvas` as in effect_colours.js.
import { rowReader, shrink } from './coarse.js';
import { soften } from './soften.js';

// How much finer the blocks of a blur are than its radius.
const BLOCKS_PER_RADIUS = 4;

/** Blocks of one colour; a variant is their side, in parts of the longer side of the picture. */
export const pixelate = {
  variants: [1 / 64, 1 / 32, 1 / 16],
  paint(canvas, share) {
    const block = Math.max(2, Math.round(share * canvas.longer));
    const { planes, ...blocks } = shrink(canvas, block);
    const [red, green, blue, weight] = planes;
    const { data, alpha, flip, width, height } = canvas;
    for (let y = 0, i = 0; y < height; y += 1) {
      const start = Math.floor(y / block) * blocks.width;
      for (let x = 0; x < width; x += 1, i += 1) {
        const own = alpha[i] ^ flip;
        if (!own) continue;
        const from = start + Math.floor(x / block);
        mixIn(data, i, own, red[from], green[from], blue[from], weight[from]);
      }
    }
  },
};

/** A blur; a variant is its radius, in parts of the longer side. */
export const blur = {
  variants: [0.012, 0.025, 0.05],
  paint(canvas, share) {
    const { data, alpha, flip, width, height } = canvas;
    const radius = share * canvas.longer;
    const block = Math.max(1, Math.floor(radius / BLOCKS_PER_RADIUS));
    const { planes, ...blocks } = shrink(canvas, block);
    for (const plane of planes) soften(plane, blocks, radius / block);
    const read = rowReader(planes, blocks, canvas, block);
    for (let y = 0, i = 0; y < height; y += 1) {
      const [red, green, blue, weight] = read(y);
      for (let x = 0; x < width; x += 1, i += 1) {
        const own = alpha[i] ^ flip;
        if (own) mixIn(data, i, own, red[x], green[x], blue[x], weight[x]);
      }
    }
  },
};

// Sums of colour times weight, divided by the sum of weight, into a pixel as far as it changes.
function mixIn(data, i, own, red, green, blue, weight) {
  if (!(weight > 0)) return;
  const at = 4 * i;
  const share = own / 255;
  data[at] += share * (red / weight - data[at]);
  data[at + 1] += share * (green / weight - data[at + 1]);
  data[at + 2] += share * (blue / weight - data[at + 2]);
}
