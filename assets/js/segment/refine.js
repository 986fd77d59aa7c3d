// A mask made neater: holes filled, islands dropped, grown or shrunk, its edge softened; in this order.
import { grow as grown } from './grow.js';
import { dropIslands, fillHoles } from './regions.js';
import { boundingBox } from './set_operations.js';
import { soften } from './soften.js';

/**
 * @param {Uint8Array} mask width * height, 0 or 1; stays as it is.
 * @param {{width: number, height: number}} size In pixels.
 * @param {{holes: number, islands: number, grow: number, feather: number}} wanted `holes` and
 *   `islands`: smaller ones go, in square pixels; `grow`: pixels outwards, negative inwards;
 *   `feather`: pixels the edge fades over to both sides. 0 leaves things alone.
 * @returns {{mask: Uint8Array, alpha: Uint8Array}} The mask, 0 or 1, without feather; 0..255 with it.
 */
export function refine(mask, size, { holes = 0, islands = 0, grow = 0, feather = 0 }) {
  let neat = mask;
  if (holes > 0) neat = fillHoles(neat, size, holes);
  if (islands > 0) neat = dropIslands(neat, size, islands);
  if (grow) neat = grown(neat, size, grow);
  return { mask: neat === mask ? mask.slice() : neat, alpha: alphaOf(neat, size, feather) };
}

// Only the part of the picture that the object's soft edge reaches is worked on.
function alphaOf(mask, size, feather) {
  const alpha = new Uint8Array(mask.length);
  if (!(feather > 0)) {
    for (let i = 0; i < alpha.length; i += 1) alpha[i] = 255 * mask[i];
    return alpha;
  }
  const [x0, y0, x1, y1] = boundingBox(mask, size);
  if (x1 === 0) return alpha;
  const margin = Math.ceil(feather) + 2;
  const [left, top] = [Math.max(0, x0 - margin), Math.max(0, y0 - margin)];
  const part = {
    width: Math.min(size.width, x1 + margin) - left, height: Math.min(size.height, y1 + margin) - top,
  };
  const plane = new Float32Array(part.width * part.height);
  for (let y = 0; y < part.height; y += 1) {
    const start = (top + y) * size.width + left;
    plane.set(mask.subarray(start, start + part.width), y * part.width);
  }
  const soft = soften(plane, part, feather);
  for (let y = 0, at = 0; y < part.height; y += 1) {
    const start = (top + y) * size.width + left;
    for (let x = 0; x < part.width; x += 1, at += 1) alpha[start + x] = Math.round(255 * soft[at]);
  }
  return alpha;
}
