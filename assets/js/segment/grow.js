// Growing and shrinking a mask by a round distance, exactly.
import { cut, largest, paste, sizeOf, tilesAtEdges } from './tiles.js';

/**
 * Grows a mask to all pixels whose centre is at most so far from one of its own, or shrinks it by all
 * pixels that are at most so far from the background. The picture's edge is no background.
 * @param {Uint8Array} mask width * height, 0 or 1.
 * @param {{width: number, height: number}} size In pixels.
 * @param {number} distance In pixels; negative shrinks.
 * @returns {Uint8Array} A new mask.
 */
export function grow(mask, size, distance) {
  const value = distance > 0 ? 1 : 0;
  const reach = Math.abs(distance);
  const out = mask.slice();
  const tiles = tilesAtEdges(mask, size, reach);
  const most = largest(tiles);
  const [bytes, rows] = [new Uint8Array(most), new Uint16Array(most)];
  const half = halvesOf(reach);
  for (const tile of tiles) {
    const part = cut(mask, size, tile.outer, bytes);
    const { width, height } = sizeOf(tile);
    // It is at least one row more than the circle is high.
    inColumns(part, rows, width, value, half.length - 1);
    for (let y = 0; y < height; y += 1) spread(part, rows, half, value, y * width, width);
    paste(out, size, part, tile);
  }
  return out;
}

// By rows away from a circle's middle: how many pixels it leaves to each side, -1 beyond it.
function halvesOf(radius) {
  return Int32Array.from({ length: Math.floor(radius) + 2 }, (_, y) => {
    const square = radius * radius - y * y;
    return square < 0 ? -1 : Math.floor(Math.sqrt(square));
  });
}

// Rows to the nearest pixel with a value in the same column, at most `most`.
function inColumns(mask, rows, width, value, most) {
  for (let i = 0; i < mask.length; i += 1) {
    const before = i < width ? most : rows[i - width] + 1;
    rows[i] = mask[i] === value ? 0 : Math.min(most, before);
  }
  for (let i = mask.length - width - 1; i >= 0; i -= 1) {
    rows[i] = Math.min(rows[i], rows[i + width] + 1);
  }
}

// Sets in a row what a circle around any pixel with the value covers: to the right, then to the left.
function spread(mask, rows, half, value, start, width) {
  let reach = -1;
  for (let x = 0; x < width; x += 1) {
    const side = half[rows[start + x]];
    if (side >= 0 && x + side > reach) reach = x + side;
    if (x <= reach) mask[start + x] = value;
  }
  reach = width;
  for (let x = width - 1; x >= 0; x -= 1) {
    const side = half[rows[start + x]];
    if (side >= 0 && x - side < reach) reach = x - side;
    if (x >= reach) mask[start + x] = value;
  }
}
