// Outlines by marching squares. Rings are flat, [x, y, x, y, ...], closed without repeating the first
// corner; the object lies to the right of the way, so outer rings run clockwise as seen, holes the other way.
// Coordinates are pixels, (0, 0) the top left corner, pixel centres at .5.

// Corners of a cell: top left 1, top right 2, bottom right 4, bottom left 8. Edges: 0 top, 1 right,
// 2 bottom, 3 left. For each set of corners inside: the edge by which its outline comes, and leaves.
const ENTRY = [-1, 0, 1, 1, 2, -1, 2, 2, 3, 0, -1, 1, 3, 0, 3, -1];
const EXIT = [-1, 3, 0, 3, 1, -1, 0, 3, 2, 2, -1, 2, 1, 1, 0, -1];
const OPPOSITE_CORNERS = [5, 10];
// Two corners inside, across from each other: [first part, second part] of the outline, when the
// middle of the cell is outside and when it is inside.
const PARTS = { 5: [[1, 4], [13, 7]], 10: [[2, 8], [11, 14]] };

/**
 * Closed outlines of where values lie above a threshold. A pixel's centre is inside the rings (even-odd)
 * exactly if the pixel's value is above it. No ring leaves the picture.
 * @param {Float32Array|Uint8Array} values Logits, or a mask with threshold 0.5.
 * @param {{width: number, height: number}} size In pixels.
 * @param {number} threshold
 * @returns {number[][]} Rings of at least 3 corners, holes among them.
 */
export function contours(values, size, threshold) {
  const grid = { values, threshold, ...size };
  const { codes, crossed } = cellsOf(grid);
  const rings = [];
  for (const cell of crossed) {
    while (codes[cell] !== 0 && codes[cell] !== 15) rings.push(follow(grid, codes, cell));
  }
  return rings;
}

// A cell lies between four pixel centres; those around the picture have corners outside of it. With a
// row of background above and below and a column of it, the corners of cell c are at c and c + 1, and a
// row on: cells, and all of one value between them, follow each other without a break.
function cellsOf(grid) {
  const across = grid.width + 1;
  const inside = withBorder(grid);
  const codes = new Uint8Array(across * (grid.height + 1));
  const crossed = [];
  const nextAbove = finder(inside);
  const nextBelow = finder(inside);
  let cell = 0;
  while (cell < codes.length) {
    const [left, below] = [inside[cell], inside[cell + across]];
    const code = left | (inside[cell + 1] << 1) | (inside[cell + across + 1] << 2) | (below << 3);
    if (code === 0 || code === 15) {
      // Nothing happens before a corner on the right is another one.
      const other = 1 - left;
      cell = Math.min(nextAbove(other, cell + 2), nextBelow(other, cell + across + 2) - across) - 1;
      continue;
    }
    codes[cell] = code;
    crossed.push(cell);
    cell += 1;
  }
  return { codes, crossed };
}

function withBorder({ values, width, height, threshold }) {
  const across = width + 1;
  const inside = new Uint8Array(across * (height + 2) + 1);
  for (let y = 0; y < height; y += 1) {
    const from = y * width;
    const to = (y + 1) * across + 1;
    for (let x = 0; x < width; x += 1) inside[to + x] = values[from + x] > threshold ? 1 : 0;
  }
  return inside;
}

// Where a value comes next; asked for places that go up, it looks at none twice.
function finder(inside) {
  const found = [-1, -1];
  return (value, from) => {
    if (found[value] < from) {
      const place = inside.indexOf(value, from);
      found[value] = place < 0 ? inside.length + 1 : place;
    }
    return found[value];
  };
}

// Walks one ring from a cell back to it, and wipes the way out of `codes`.
function follow(grid, codes, start) {
  const across = grid.width + 1;
  const steps = [-across, 1, across, -1];
  const ring = [];
  let cell = start;
  let entry = -1;
  let first = -1;
  do {
    const code = take(grid, codes, cell, entry);
    if (first < 0) first = ENTRY[code];
    const exit = EXIT[code];
    addPoint(grid, ring, cell, exit);
    cell += steps[exit];
    entry = (exit + 2) & 3;
  } while (cell !== start || entry !== first);
  return closed(ring);
}

// The part of the outline in a cell that is entered by an edge (-1: any); it is taken away.
function take(grid, codes, cell, entry) {
  const code = codes[cell];
  if (!OPPOSITE_CORNERS.includes(code)) {
    codes[cell] = 0;
    return code;
  }
  const [one, other] = PARTS[code][isMiddleInside(grid, cell) ? 1 : 0];
  const isOther = entry === ENTRY[other];
  codes[cell] = isOther ? one : other;
  return isOther ? other : one;
}

// All four corners of such a cell are pixels of the picture.
function isMiddleInside({ values, width, threshold }, cell) {
  const x = cell % (width + 1);
  const below = Math.floor(cell / (width + 1)) * width + x;
  const above = below - width;
  const sum = values[above - 1] + values[above] + values[below - 1] + values[below];
  return sum / 4 > threshold;
}

// Where the outline crosses an edge of a cell. Corners on a straight line are left out.
function addPoint(grid, ring, cell, edge) {
  const column = cell % (grid.width + 1);
  const row = Math.floor(cell / (grid.width + 1));
  // The pixel at the edge's top or left end.
  const fromX = edge === 1 ? column : column - 1;
  const fromY = edge === 2 ? row : row - 1;
  const isLevel = edge === 0 || edge === 2;
  const share = crossing(grid, fromX, fromY, isLevel);
  const x = fromX + 0.5 + (isLevel ? share : 0);
  const y = fromY + 0.5 + (isLevel ? 0 : share);
  if (isStraight(ring, x, y)) ring.length -= 2;
  ring.push(x, y);
}

function crossing({ values, width, height, threshold }, x, y, isLevel) {
  const isEdge = x < 0 || y < 0 || (isLevel ? x === width - 1 : y === height - 1);
  if (isEdge) return 0.5;
  const from = y * width + x;
  const one = values[from];
  const other = values[from + (isLevel ? 1 : width)];
  const share = (threshold - one) / (other - one);
  if (!(share >= 0 && share <= 1)) return 0.5;
  // On a pixel's centre a ring would leave it undecided whether the pixel belongs to it.
  return Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, share));
}

const LEAST_SHARE = 1e-3;

function isStraight(ring, x, y) {
  const end = ring.length;
  if (end < 4) return false;
  return onLine(ring[end - 4], ring[end - 3], ring[end - 2], ring[end - 1], x, y);
}

function onLine(x0, y0, x1, y1, x2, y2) {
  return (x1 - x0) * (y2 - y1) === (y1 - y0) * (x2 - x1);
}

// The corner where a walk began is one like all others.
function closed(ring) {
  const end = ring.length;
  const [x0, y0, x1, y1] = ring;
  if (onLine(ring[end - 4], ring[end - 3], ring[end - 2], ring[end - 1], x0, y0)) ring.length -= 2;
  const last = ring.length - 2;
  return onLine(ring[last], ring[last + 1], x0, y0, x1, y1) ? ring.slice(2) : ring;
}

/**
 * @param {number[][]} rings
 * @returns {Path2D} To be filled by the even-odd rule.
 */
export function toPath2D(rings) {
  const path = new Path2D();
  for (const ring of rings) {
    path.moveTo(ring[0], ring[1]);
    for (let i = 2; i < ring.length; i += 2) path.lineTo(ring[i], ring[i + 1]);
    path.closePath();
  }
  return path;
}

/**
 * @param {number[][]} rings
 * @returns {string} The `d` of an SVG path, to hundredths of a pixel; to be filled by the even-odd rule.
 */
export function toPathText(rings) {
  const two = (value) => Math.round(value * 100) / 100;
  return rings.map((ring) => `M${ring.map(two).join(' ')}Z`).join('');
}

/**
 * Leaves out corners; what is left runs within a tolerance of those left out. A ring keeps at least three.
 * Douglas and Peucker 1973, begun from two corners that lie far apart.
 * @param {number[][]} rings
 * @param {number} tolerance In pixels.
 * @returns {number[][]}
 */
export function simplify(rings, tolerance) {
  return rings.map((ring) => (ring.length <= 6 ? ring : simplifyRing(ring, tolerance)));
}

function simplifyRing(ring, tolerance) {
  const count = ring.length / 2;
  const one = farthest(ring, 0);
  const other = farthest(ring, one);
  const [low, high] = one < other ? [one, other] : [other, one];
  const isKept = new Uint8Array(count);
  isKept[low] = isKept[high] = 1;
  const halves = [[low, high], [high, low + count]];
  const farOff = halves.map(([from, to]) => offLine(ring, from, to));
  const outer = farOff[0].square >= farOff[1].square ? farOff[0] : farOff[1];
  if (outer.place >= 0) isKept[outer.place % count] = 1;
  const stack = [...halves];
  while (stack.length) {
    const [from, to] = stack.pop();
    const { place, square } = offLine(ring, from, to);
    if (place < 0 || square <= tolerance * tolerance) continue;
    isKept[place % count] = 1;
    stack.push([from, place], [place, to]);
  }
  return ring.filter((_, i) => isKept[i >> 1]);
}

function farthest(ring, from) {
  let place = 0;
  let most = -1;
  for (let i = 0; i < ring.length; i += 2) {
    const square = (ring[i] - ring[2 * from]) ** 2 + (ring[i + 1] - ring[2 * from + 1]) ** 2;
    if (square > most) [place, most] = [i / 2, square];
  }
  return place;
}

// Which corner between two (counted on past the end) lies farthest from the line between them.
function offLine(ring, from, to) {
  const count = ring.length / 2;
  const start = 2 * (from % count);
  const end = 2 * (to % count);
  const [x0, y0] = [ring[start], ring[start + 1]];
  const [dx, dy] = [ring[end] - x0, ring[end + 1] - y0];
  const long = dx * dx + dy * dy;
  let place = -1;
  let most = -1;
  for (let at = from + 1; at < to; at += 1) {
    const i = 2 * (at % count);
    const [x, y] = [ring[i] - x0, ring[i + 1] - y0];
    const along = long ? Math.min(1, Math.max(0, (x * dx + y * dy) / long)) : 0;
    const square = (x - along * dx) ** 2 + (y - along * dy) ** 2;
    if (square > most) [place, most] = [at, square];
  }
  return { place, square: most };
}
