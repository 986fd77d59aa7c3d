// Kept objects: made from the mask that stands there, or from others by set operations.
import { lookOf } from './colours.js';
import { area, boundingBox, intersect, merge, subtract } from './set_operations.js';
import { toRuns } from '../shared/runs.js';

const OPERATIONS = { merge, subtract, intersect };

export function makeObject(mask, size, number, parts) {
  const shape = Object.freeze({ runs: toRuns(mask) });
  return Object.freeze({
    id: number, number, ...lookOf(number - 1), isVisible: true, isLocked: false, feather: 0, iou: null, stability: null,
    working: null, candidate: null, ...parts, shape, part: area(mask) / (size.width * size.height),
    box: boundingBox(mask, size),
  });
}

// The first keeps what is asked; the masks are at the picture's size.
export function combine(operation, masks) {
  return masks.slice(1).reduce((whole, mask) => OPERATIONS[operation](whole, mask), masks[0]);
}

export const isEmpty = (mask) => !mask.includes(1);
