// What the model found by itself: filtered as SamAutomaticMaskGenerator of the segment-anything
// package does it, and laid out so that the one under the pointer is found without any work.
import { fromRuns, spansOf } from '../shared/runs.js';

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
  return withoutRepeats(good, items, overlap);
}

// Non-maximum suppression, best first. The boxes lie side by side in one array: all pairs are looked at.
function withoutRepeats(order, items, overlap) {
  const boxes = Float64Array.from(order.flatMap((index) => items[index].box));
  const kept = [];
  for (let i = 0; i < order.length; i += 1) {
    if (!kept.some((better) => overlapOf(boxes, 4 * better, 4 * i) > overlap)) kept.push(i);
  }
  return kept.map((i) => order[i]);
}

function overlapOf(boxes, one, other) {
  const width = Math.min(boxes[one + 2], boxes[other + 2]) - Math.max(boxes[one], boxes[other]);
  if (!(width > 0)) return 0;
  const height = Math.min(boxes[one + 3], boxes[other + 3]) - Math.max(boxes[one + 1], boxes[other + 1]);
  if (!(height > 0)) return 0;
  const shared = width * height;
  return shared / (boxArea(boxes, one) + boxArea(boxes, other) - shared);
}

function boxArea(boxes, at) {
  return (boxes[at + 2] - boxes[at]) * (boxes[at + 3] - boxes[at + 1]);
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
