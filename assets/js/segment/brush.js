// Brush and eraser: strokes of a round tip into a mask.

/**
 * Paints one straight piece of a stroke into a mask, in place: all pixels whose centre lies within
 * the radius of the way, and at least those under its ends.
 * @param {Uint8Array} mask width * height, 0 or 1.
 * @param {{width: number, height: number}} size In pixels.
 * @param {number[]} fromXY In pixels, centres at .5; may lie outside.
 * @param {number[]} toXY
 * @param {number} radius In pixels.
 * @param {number} value 1 paints, 0 erases.
 */
export function stamp(mask, { width, height }, fromXY, toXY, radius, value) {
  const first = Math.max(0, Math.ceil(Math.min(fromXY[1], toXY[1]) - radius - 0.5));
  const last = Math.min(height - 1, Math.floor(Math.max(fromXY[1], toXY[1]) + radius - 0.5));
  for (let y = first; y <= last; y += 1) {
    const [left, right] = span(fromXY, toXY, radius, y + 0.5);
    const from = Math.max(0, Math.ceil(left - 0.5));
    const to = Math.min(width - 1, Math.floor(right - 0.5));
    if (from <= to) mask.fill(value, y * width + from, y * width + to + 1);
  }
  for (const [x, y] of [fromXY, toXY]) {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const isInside = column >= 0 && row >= 0 && column < width && row < height;
    if (isInside) mask[row * width + column] = value;
  }
}

// Where a level line at y crosses the two discs and the band between them. All of it is convex, so
// that the outermost two crossings are enough.
function span([ax, ay], [bx, by], radius, y) {
  let [left, right] = [Infinity, -Infinity];
  for (const [x, centre] of [[ax, ay], [bx, by]]) {
    const square = radius * radius - (y - centre) ** 2;
    if (square < 0) continue;
    left = Math.min(left, x - Math.sqrt(square));
    right = Math.max(right, x + Math.sqrt(square));
  }
  const [dx, dy] = [bx - ax, by - ay];
  const long = Math.hypot(dx, dy);
  if (!long) return [left, right];
  // Along the way between its ends, and across it within the radius.
  const along = within(dx, (y - ay) * dy, 0, long * long);
  const across = within(dy, -(y - ay) * dx, -radius * long, radius * long);
  const [from, to] = [Math.max(along[0], across[0]), Math.min(along[1], across[1])];
  return from <= to ? [Math.min(left, ax + from), Math.max(right, ax + to)] : [left, right];
}

// All x for which low <= slope * x + start <= high.
function within(slope, start, low, high) {
  if (!slope) return start >= low && start <= high ? [-Infinity, Infinity] : [Infinity, -Infinity];
  const [one, other] = [(low - start) / slope, (high - start) / slope];
  return [Math.min(one, other), Math.max(one, other)];
}
