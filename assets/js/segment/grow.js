// Growing and shrinking a mask by a round distance, exactly.
import { cut, paste, tilesAtEdges } from './tiles.js';

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
  const out = mask.slice();
  for (const tile of tilesAtEdges(mask, size, Math.abs(distance))) {
    const [x0, y0, x1, y1] = tile.outer;
    const part = cut(mask, size, tile.outer);
    const wide = spread(part, { width: x1 - x0, height: y1 - y0 }, Math.abs(distance), value);
    paste(out, size, wide, tile);
  }
  return out;
}

// Sets to `value` all that is within a distance of it. A pixel whose nearest one in its column is
// `far` away covers, in its row, what the circle leaves: sqrt(distance^2 - far^2) to both sides.
function spread(mask, { width, height }, distance, value) {
  const far = inColumns(mask, { width, height }, value, Math.floor(distance) + 1);
  const half = Int32Array.from({ length: Math.floor(distance) + 2 }, (_, y) => {
    const square = distance * distance - y * y;
    return square < 0 ? -1 : Math.floor(Math.sqrt(square));
  });
  const out = mask.slice();
  for (let y = 0; y < height; y += 1) {
    const start = y * width;
    let reach = -1;
    for (let x = 0; x < width; x += 1) {
      const side = half[far[start + x]];
      if (side >= 0 && x + side > reach) reach = x + side;
      if (x <= reach) out[start + x] = value;
    }
    reach = width;
    for (let x = width - 1; x >= 0; x -= 1) {
      const side = half[far[start + x]];
      if (side >= 0 && x - side < reach) reach = x - side;
      if (x >= reach) out[start + x] = value;
    }
  }
  return out;
}

// Rows to the nearest pixel with a value in the same column, at most `most`.
function inColumns(mask, { width, height }, value, most) {
  const far = new Uint16Array(mask.length);
  for (let i = 0; i < mask.length; i += 1) {
    const before = i < width ? most : far[i - width] + 1;
    far[i] = mask[i] === value ? 0 : Math.min(most, before);
  }
  for (let i = (height - 1) * width - 1; i >= 0; i -= 1) {
    far[i] = Math.min(far[i], far[i + width] + 1);
  }
  return far;
}
