// Work on a mask only where something can change: near its edges, tile by tile. Boxes are whole
// pixels, [x0, y0, x1, y1], x1 and y1 exclusive.
const BLOCK = 32;
const LEAST_TILE = 64;

/**
 * Tiles of a picture that have an edge of the mask within a reach.
 * @param {Uint8Array} mask width * height, 0 or 1.
 * @param {{width: number, height: number}} size In pixels.
 * @param {number} reach In pixels.
 * @returns {{inner: number[], outer: number[]}[]} Boxes: the tile, and what can have a say in it.
 */
export function tilesAtEdges(mask, size, reach) {
  const margin = Math.ceil(reach) + 1;
  // Wider than its margin, or the margins would be most of the work.
  const side = Math.max(LEAST_TILE, Math.ceil((2 * margin) / BLOCK) * BLOCK);
  const isUniform = uniformBoxes(mask, size);
  const tiles = [];
  for (let y = 0; y < size.height; y += side) {
    for (let x = 0; x < size.width; x += side) {
      const inner = within([x, y, x + side, y + side], size);
      const outer = within([x - margin, y - margin, x + side + margin, y + side + margin], size);
      if (!isUniform(outer)) tiles.push({ inner, outer });
    }
  }
  return tiles;
}

/**
 * Copies a box out of a plane.
 * @param {Uint8Array} plane width * height.
 * @param {{width: number}} size
 * @param {number[]} box
 * @param {Uint8Array} memory Long enough; the copy lies at its start.
 * @returns {Uint8Array}
 */
export function cut(plane, { width }, [x0, y0, x1, y1], memory) {
  const across = x1 - x0;
  const part = memory.subarray(0, across * (y1 - y0));
  for (let y = y0; y < y1; y += 1) {
    part.set(plane.subarray(y * width + x0, y * width + x1), (y - y0) * across);
  }
  return part;
}

/**
 * Copies a tile back into a plane, without its margin.
 * @param {Uint8Array} plane width * height; changed.
 * @param {{width: number}} size
 * @param {Uint8Array} part What was made of `cut(..., outer)`.
 * @param {{inner: number[], outer: number[]}} tile
 */
export function paste(plane, { width }, part, { inner: [x0, y0, x1, y1], outer }) {
  const across = outer[2] - outer[0];
  for (let y = y0; y < y1; y += 1) {
    const start = (y - outer[1]) * across - outer[0];
    plane.set(part.subarray(start + x0, start + x1), y * width + x0);
  }
}

/** @param {{outer: number[]}} tile @returns {{width: number, height: number}} With its margin. */
export function sizeOf({ outer: [x0, y0, x1, y1] }) {
  return { width: x1 - x0, height: y1 - y0 };
}

/** @param {{outer: number[]}[]} tiles @returns {number} Pixels of the largest one, with its margin. */
export function largest(tiles) {
  return tiles.reduce((most, tile) => Math.max(most, sizeOf(tile).width * sizeOf(tile).height), 0);
}

function within([x0, y0, x1, y1], { width, height }) {
  return [Math.max(0, x0), Math.max(0, y0), Math.min(width, x1), Math.min(height, y1)];
}

// Counts once what lies in each block; a box is judged by all blocks it touches.
function uniformBoxes(mask, { width, height }) {
  const columns = Math.ceil(width / BLOCK);
  const sums = new Int32Array(columns * Math.ceil(height / BLOCK));
  for (let y = 0; y < height; y += 1) {
    const start = Math.floor(y / BLOCK) * columns;
    for (let x = 0, block = start; x < width; x += BLOCK, block += 1) {
      const end = y * width + Math.min(width, x + BLOCK);
      let sum = 0;
      for (let i = y * width + x; i < end; i += 1) sum += mask[i];
      sums[block] += sum;
    }
  }
  const areaOf = (column, row) =>
    Math.min(BLOCK, width - column * BLOCK) * Math.min(BLOCK, height - row * BLOCK);
  return ([x0, y0, x1, y1]) => {
    let hasObject = false;
    let hasBackground = false;
    for (let row = Math.floor(y0 / BLOCK); row * BLOCK < y1; row += 1) {
      for (let column = Math.floor(x0 / BLOCK); column * BLOCK < x1; column += 1) {
        const sum = sums[row * columns + column];
        hasObject ||= sum > 0;
        hasBackground ||= sum < areaOf(column, row);
        if (hasObject && hasBackground) return false;
      }
    }
    return true;
  };
}
