// The text files of YOLO-seg: one line per object, its class and one ring, from 0 to 1.
// Source: Ultralytics, "Instance Segmentation Datasets Overview".
import { fill, oneRing, polygonsOf } from './rings.js';

const DIGITS = 6;

/**
 * Makes the file. Parts and holes of an object are joined to one ring, for there is room for one.
 * @param {{picture, objects}} content With `rings`.
 * @returns {string} Objects without any ring are left out.
 */
export function yoloOf({ picture, objects }) {
  const names = classesOf(objects);
  const lines = objects.flatMap(({ name, rings }) => {
    const ring = oneRing(polygonsOf(rings));
    if (!ring.length) return [];
    const parts = ring.map((value, i) => portion(value, i % 2 ? picture.height : picture.width));
    return [[names.indexOf(name), ...parts].join(' ')];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** Names of the classes, in the order of their numbers. */
export const classesOf = (objects) => [...new Set(objects.map(({ name }) => name))];

/** Reads the masks of such a file. */
export function masksOfYolo(text, size) {
  return text.trim().split('\n').map((line) => {
    const [, ...parts] = line.split(' ').map(Number);
    return fill([parts.map((part, i) => part * (i % 2 ? size.height : size.width))], size);
  });
}

const portion = (value, side) => Math.min(1, Math.max(0, value / side)).toFixed(DIGITS);
