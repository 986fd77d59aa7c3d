// What the model found by itself: filtered as SamAutomaticMaskGenerator of the segment-anything
// package does it, and laid out so that the one under the pointer is found without any work.
import { fromRuns, spansOf } from './runs.js';

/**
 * Which proposals stay: those that are good enough, without those that a better one repeats.
 * @param {{iou: number, stability: number, area: number, box: number[]}[]} items Area and box
 *   [x0, y0, x1, y1] in pixels of the picture.
 * @param {{iou: number, stability: number, overlap: number, area: number}} least The model's own guess
 *   (must be above), stability and area (at least), IoU of boxes from which on the worse one goes (above).
 * @returns {number[]} Indices into `items`, best guess first.
 */
export function filter(items, { iou, stability, overlap, area }) {
  const good = [];
  items.forEach((item, index) => {
    const isLarge = item.area > 0 && item.area >= area;
    if (item.iou > iou && item.stability >= stability && isLarge) good.push(index);
  });
  good.sort((a, b) => items[b].iou - items[a].iou || a - b);
  const kept = [];
  for (const index of good) {
    const { box } = items[index];
    if (!kept.some((better) => overlapOf(items[better].box, box) > overlap)) kept.push(index);
  }
  return kept;
}

function overlapOf(one, other) {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (boxArea(one) + boxArea(other) - shared);
}

function boxArea([x0, y0, x1, y1]) {
  return (x1 - x0) * (y1 - y0);
}

/**
 * The smallest kept proposal at each cell.
 * @param {{area: number, runs: string}[]} items
 * @param {number[]} kept Indices into `items`.
 * @param {number[]} lowSize [height, width] of the masks, in cells.
 * @returns {Int32Array} height * width: index into `items` plus 1, 0 where there is none.
 */
export function hoverMap(items, kept, [height, width]) {
  const map = new Int32Array(height * width);
  const largestFirst = [...kept].sort((a, b) => items[b].area - items[a].area || b - a);
  for (const index of largestFirst) {
    const spans = spansOf(items[index].runs, map.length);
    for (let i = 0; i < spans.length; i += 2) map.fill(index + 1, spans[i], spans[i + 1]);
  }
  return map;
}

/**
 * The mask of a proposal.
 * @param {{runs: string}} item
 * @param {number[]} lowSize [height, width], in cells.
 * @returns {Uint8Array} height * width, 0 or 1.
 */
export function unpack(item, [height, width]) {
  return fromRuns(item.runs, height * width);
}
