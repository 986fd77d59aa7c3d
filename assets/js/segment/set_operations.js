// Masks as sets of pixels. A mask is a Uint8Array of 0 and 1, row by row; two have the same size.

/**
 * What lies in either.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 * @returns {Uint8Array}
 */
export function merge(a, b) {
  const out = new Uint8Array(a.length);
  for (let i = 0; i < out.length; i += 1) out[i] = a[i] | b[i];
  return out;
}

/**
 * What lies in the first but not in the second.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 * @returns {Uint8Array}
 */
export function subtract(a, b) {
  const out = new Uint8Array(a.length);
  for (let i = 0; i < out.length; i += 1) out[i] = a[i] & ~b[i];
  return out;
}

/**
 * What lies in both.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 * @returns {Uint8Array}
 */
export function intersect(a, b) {
  const out = new Uint8Array(a.length);
  for (let i = 0; i < out.length; i += 1) out[i] = a[i] & b[i];
  return out;
}

/**
 * Intersection over union.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 * @returns {number} 0..1; 1 when both are empty.
 */
export function iou(a, b) {
  let both = 0;
  let either = 0;
  for (let i = 0; i < a.length; i += 1) {
    both += a[i] & b[i];
    either += a[i] | b[i];
  }
  return either ? both / either : 1;
}

/**
 * @param {Uint8Array} mask
 * @returns {number} Pixels in it.
 */
export function area(mask) {
  let sum = 0;
  for (let i = 0; i < mask.length; i += 1) sum += mask[i];
  return sum;
}

/**
 * @param {Uint8Array} mask
 * @param {{width: number, height: number}} size Its size, in pixels.
 * @returns {number[]} [x0, y0, x1, y1], x1 and y1 exclusive; all 0 when the mask is empty.
 */
export function boundingBox(mask, { width, height }) {
  const first = mask.indexOf(1);
  if (first < 0) return [0, 0, 0, 0];
  const top = Math.floor(first / width);
  const bottom = Math.floor(mask.lastIndexOf(1) / width) + 1;
  let left = width;
  let right = 0;
  for (let y = top; y < Math.min(bottom, height); y += 1) {
    const row = mask.subarray(y * width, (y + 1) * width);
    const from = row.indexOf(1);
    if (from < 0) continue;
    left = Math.min(left, from);
    right = Math.max(right, row.lastIndexOf(1) + 1);
  }
  return [left, top, right, bottom];
}
