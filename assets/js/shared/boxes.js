// Boxes that a hand draws, moves and changes: [left, top, right, bottom] in pixels of the picture.

/**
 * Corners in order, and inside the picture.
 * @param {number[]} from [x, y] of one corner.
 * @param {number[]} to Of the corner across.
 * @param {{width: number, height: number}} size Of the picture.
 * @returns {number[]}
 */
export function boxOf(from, to, { width, height }) {
  const [x0, x1] = [from[0], to[0]].sort((a, b) => a - b);
  const [y0, y1] = [from[1], to[1]].sort((a, b) => a - b);
  return [Math.max(0, x0), Math.max(0, y0), Math.min(width, x1), Math.min(height, y1)];
}

/**
 * Moves a box as far as the picture lets it; its size stays.
 * @param {number[]} box
 * @param {number[]} by [x, y]
 * @param {{width: number, height: number}} size Of the picture.
 * @returns {number[]}
 */
export function moved([left, top, right, bottom], [dx, dy], { width, height }) {
  const x = Math.max(-left, Math.min(width - right, dx));
  const y = Math.max(-top, Math.min(height - bottom, dy));
  return [left + x, top + y, right + x, bottom + y];
}

/**
 * Moves the lower right corner; the box stays inside the picture and keeps a least size.
 * @param {number[]} box
 * @param {number[]} by [x, y]
 * @param {{width: number, height: number}} size Of the picture.
 * @param {number} least Width and height that stay, in pixels.
 * @returns {number[]}
 */
export function stretched([left, top, right, bottom], [dx, dy], { width, height }, least) {
  return [
    left, top, Math.min(width, Math.max(left + least, right + dx)), Math.min(height, Math.max(top + least, bottom + dy)),
  ];
}
