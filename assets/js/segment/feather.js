// Soft edges for masks.
import { soften } from './soften.js';
import { cut, largest, paste, sizeOf, tilesAtEdges } from './tiles.js';

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
  const tiles = tilesAtEdges(mask, size, radius);
  // One set of memory for all tiles: asking for more each time takes longer than the blur itself.
  const most = largest(tiles);
  const [bytes, planes, spares] = [new Uint8Array(most), new Float32Array(most), new Float32Array(most)];
  for (const tile of tiles) {
    const part = cut(mask, size, tile.outer, bytes);
    const plane = planes.subarray(0, part.length);
    plane.set(part);
    soften(plane, sizeOf(tile), radius, spares.subarray(0, part.length));
    for (let i = 0; i < part.length; i += 1) part[i] = 255 * plane[i] + 0.5;
    paste(alpha, size, part, tile);
  }
  return alpha;
}
