// Soft edges for masks.
import { soften } from './soften.js';
import { cut, paste, tilesAtEdges } from './tiles.js';

/**
 * Makes the edge of a mask fade to both sides.
 * @param {Uint8Array} mask width * height, 0 or 1.
 * @param {{width: number, height: number}} size In pixels.
 * @param {number} radius How far to each side, in pixels; 0: not at all.
 * @returns {Uint8Array} Alpha, 0..255.
 */
export function feathered(mask, size, radius) {
  const alpha = new Uint8Array(mask.length);
  for (let i = 0; i < alpha.length; i += 1) alpha[i] = 255 * mask[i];
  if (!(radius > 0)) return alpha;
  for (const tile of tilesAtEdges(mask, size, radius)) {
    const [x0, y0, x1, y1] = tile.outer;
    const plane = Float32Array.from(cut(mask, size, tile.outer));
    const soft = soften(plane, { width: x1 - x0, height: y1 - y0 }, radius);
    const part = new Uint8Array(soft.length);
    for (let i = 0; i < part.length; i += 1) part[i] = 255 * soft[i] + 0.5;
    paste(alpha, size, part, tile);
  }
  return alpha;
}
