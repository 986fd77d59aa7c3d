// Blurring planes of numbers: twice by a moving mean, which together weigh like a tent.

/**
 * Blurs a plane in place. What lies outside is like the nearest pixel of the edge.
 * @param {Float32Array} plane width * height; changed.
 * @param {{width: number, height: number}} size In pixels.
 * @param {number} radius How far a pixel is felt, in pixels; fractions count, 0 does nothing.
 * @param {Float32Array} spare Of the same length; what it holds is lost.
 */
export function soften(plane, size, radius, spare = new Float32Array(plane.length)) {
  if (!(radius > 0)) return;
  for (let i = 0; i < 2; i += 1) {
    meanAcross(plane, spare, size, radius / 2);
    meanDown(spare, plane, size, radius / 2);
  }
}

// The mean over `reach` pixels to both sides; of the outermost ones on each side only a part counts.
function meanAcross(plane, out, { width, height }, reach) {
  const whole = Math.floor(reach);
  const part = reach - whole;
  const share = 1 / (2 * reach + 1);
  // With a margin, so that the loop asks nothing about edges.
  const row = new Float64Array(width + 2 * whole + 2);
  for (let y = 0; y < height; y += 1) {
    const start = y * width;
    row.fill(plane[start], 0, whole + 1);
    row.set(plane.subarray(start, start + width), whole + 1);
    row.fill(plane[start + width - 1], width + whole + 1);
    let sum = 0;
    for (let x = 1; x <= 2 * whole + 1; x += 1) sum += row[x];
    for (let x = 0; x < width; x += 1) {
      const after = row[x + 2 * whole + 2];
      out[start + x] = (sum + part * (row[x] + after)) * share;
      sum += after - row[x + 1];
    }
  }
}

function meanDown(plane, out, { width, height }, reach) {
  const whole = Math.floor(reach);
  const part = reach - whole;
  const share = 1 / (2 * reach + 1);
  const sums = new Float64Array(width);
  const rowOf = (y) => Math.min(height - 1, Math.max(0, y)) * width;
  for (let y = -whole; y <= whole; y += 1) {
    const from = rowOf(y);
    for (let x = 0; x < width; x += 1) sums[x] += plane[from + x];
  }
  for (let y = 0; y < height; y += 1) {
    const before = rowOf(y - whole - 1);
    const leaving = rowOf(y - whole);
    const after = rowOf(y + whole + 1);
    const start = y * width;
    for (let x = 0; x < width; x += 1) {
      const next = plane[after + x];
      out[start + x] = (sums[x] + part * (plane[before + x] + next)) * share;
      sums[x] += next - plane[leaving + x];
    }
  }
}
