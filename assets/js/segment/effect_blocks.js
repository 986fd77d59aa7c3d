// Effects that mix pixels with their neighbours. Only pixels that change are mixed, by how far they
// do: what stays leaves no shine around its edge.
import { soften } from './soften.js';

// How much finer the blocks of a blur are than its radius.
const BLOCKS_PER_RADIUS = 4;

/** Blocks of one colour; a variant is their side, in parts of the longer side of the picture. */
export const pixelate = {
  variants: [1 / 96, 1 / 48, 1 / 24],
  paint(canvas, share) {
    const block = Math.max(2, Math.round(share * canvas.longer));
    const { planes, columns } = shrink(canvas, block);
    mixIn(canvas, (x, y, plane) => planes[plane][Math.floor(y / block) * columns + Math.floor(x / block)]);
  },
};

/** A blur; a variant is its radius, in parts of the longer side. */
export const blur = {
  variants: [0.008, 0.02, 0.045],
  paint(canvas, share) {
    const radius = share * canvas.longer;
    const block = Math.max(1, Math.floor(radius / BLOCKS_PER_RADIUS));
    const { planes, columns, rows } = shrink(canvas, block);
    const size = { width: columns, height: rows };
    const soft = planes.map((plane) => soften(plane, size, radius / block));
    const across = between(canvas.width, columns, block);
    const down = between(canvas.height, rows, block);
    mixIn(canvas, (x, y, plane) => {
      const values = soft[plane];
      const [left, right, part] = [across.first[x], across.second[x], across.share[x]];
      const [upper, lower] = [down.first[y] * columns, down.second[y] * columns];
      const above = values[upper + left] * (1 - part) + values[upper + right] * part;
      const below = values[lower + left] * (1 - part) + values[lower + right] * part;
      return above * (1 - down.share[y]) + below * down.share[y];
    });
  },
};

// Sums over square blocks of red, green and blue times weight, and of weight.
function shrink({ data, weights, width, height }, block) {
  const columns = Math.ceil(width / block);
  const rows = Math.ceil(height / block);
  const planes = Array.from({ length: 4 }, () => new Float32Array(columns * rows));
  const [red, green, blue, weight] = planes;
  const columnOf = Int32Array.from({ length: width }, (_, x) => Math.floor(x / block));
  for (let y = 0, i = 0; y < height; y += 1) {
    const start = Math.floor(y / block) * columns;
    for (let x = 0; x < width; x += 1, i += 1) {
      const own = weights[i];
      if (!own) continue;
      const to = start + columnOf[x];
      red[to] += own * data[4 * i];
      green[to] += own * data[4 * i + 1];
      blue[to] += own * data[4 * i + 2];
      weight[to] += own;
    }
  }
  return { planes, columns, rows };
}

// For each pixel, the blocks whose centres it lies between.
function between(length, blocks, block) {
  const first = new Int32Array(length);
  const second = new Int32Array(length);
  const share = new Float32Array(length);
  for (let i = 0; i < length; i += 1) {
    const at = Math.min(blocks - 1, Math.max(0, (i + 0.5) / block - 0.5));
    first[i] = Math.floor(at);
    second[i] = Math.min(blocks - 1, first[i] + 1);
    share[i] = at - first[i];
  }
  return { first, second, share };
}

function mixIn({ data, weights, width, height }, read) {
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      if (!weights[i]) continue;
      const total = read(x, y, 3);
      if (!(total > 0)) continue;
      const share = weights[i] / 255;
      for (let plane = 0; plane < 3; plane += 1) {
        const at = 4 * i + plane;
        data[at] += share * (read(x, y, plane) / total - data[at]);
      }
    }
  }
}
