// A picture in blocks: sums over them, and what lies between their centres.

/**
 * Sums over square blocks of red, green and blue times weight, and of weight.
 * @param {{data: Uint8ClampedArray, alpha: Uint8Array, flip: number, width: number, height: number}} canvas
 *   A pixel's weight is alpha ^ flip.
 * @param {number} block Side, in pixels.
 * @returns {{planes: Float32Array[], width: number, height: number}} Four planes, in blocks.
 */
export function shrink({ data, alpha, flip, width, height }, block) {
  const size = { width: Math.ceil(width / block), height: Math.ceil(height / block) };
  const planes = Array.from({ length: 4 }, () => new Float32Array(size.width * size.height));
  const [red, green, blue, weight] = planes;
  for (let y = 0, i = 0; y < height; y += 1) {
    let to = Math.floor(y / block) * size.width;
    for (let x = 0; x < width; x += block, to += 1) {
      const end = i + Math.min(block, width - x);
      let [r, g, b, sum] = [0, 0, 0, 0];
      for (; i < end; i += 1) {
        const own = alpha[i] ^ flip;
        if (!own) continue;
        r += own * data[4 * i];
        g += own * data[4 * i + 1];
        b += own * data[4 * i + 2];
        sum += own;
      }
      red[to] += r;
      green[to] += g;
      blue[to] += b;
      weight[to] += sum;
    }
  }
  return { planes, ...size };
}

/**
 * Reads planes of blocks at the pixels of a picture, bilinearly between the blocks' centres.
 * @param {Float32Array[]} planes
 * @param {{width: number, height: number}} blocks Size of the planes.
 * @param {{width: number, height: number}} size Of the picture, in pixels.
 * @param {number} block Side of a block, in pixels.
 * @returns {(y: number) => Float32Array[]} The values of one row, by plane; they last to the next call.
 */
export function rowReader(planes, blocks, size, block) {
  const across = between(size.width, blocks.width, block);
  const down = between(size.height, blocks.height, block);
  const coarse = new Float32Array(blocks.width);
  const rows = planes.map(() => new Float32Array(size.width));
  return (y) => {
    const [upper, lower, part] = [down.first[y] * blocks.width, down.second[y] * blocks.width, down.share[y]];
    planes.forEach((plane, index) => {
      for (let x = 0; x < coarse.length; x += 1) {
        coarse[x] = plane[upper + x] * (1 - part) + plane[lower + x] * part;
      }
      stretch(coarse, across, rows[index]);
    });
    return rows;
  };
}

function stretch(coarse, { first, second, share }, row) {
  for (let x = 0; x < row.length; x += 1) {
    const left = coarse[first[x]];
    row[x] = left + share[x] * (coarse[second[x]] - left);
  }
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
