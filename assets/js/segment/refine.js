// A mask made neater: holes filled, islands dropped, grown or shrunk, its edge softened; in this order.
import { feathered } from './feather.js';
import { grow as grown } from './grow.js';
import { dropIslands, fillHoles } from './regions.js';

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
  return { mask: neat === mask ? mask.slice() : neat, alpha: feathered(neat, size, feather) };
}
