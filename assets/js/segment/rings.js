// Closed rings as files want them: grouped into polygons with holes, joined where a format knows no
// holes, and filled again to see what was lost. A ring is flat, [x, y, x, y, ...], in pixels of the
// picture with pixel centres at .5; the last corner is not repeated.

/** Signed area of a ring in square pixels. */
export function ringArea(ring) {
  let sum = 0;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    sum += ring[j] * ring[i + 1] - ring[i] * ring[j + 1];
  }
  return sum / 2;
}

/** Whether a point lies inside a ring. */
export function isInside(ring, x, y) {
  let inside = false;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [x0, y0, x1, y1] = [ring[j], ring[j + 1], ring[i], ring[i + 1]];
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
  }
  return inside;
}

/**
 * Groups rings that do not cross: a ring inside an even number of others is an outer one, else it
 * is a hole of the smallest outer one around it.
 * @param {number[][]} rings
 * @returns {{outer: number[], holes: number[][]}[]} Largest first; rings without area are left out.
 */
export function polygonsOf(rings) {
  const bySize = rings
    .filter((ring) => ring.length >= 6 && ringArea(ring) !== 0)
    .map((ring) => ({ ring, size: Math.abs(ringArea(ring)), box: boxOf(ring), holes: [] }))
    .sort((a, b) => b.size - a.size);
  const outer = [];
  bySize.forEach((item, place) => {
    const around = bySize.slice(0, place).filter((other) => holds(other, item));
    if (around.length % 2) around.findLast((other) => outer.includes(other)).holes.push(item.ring);
    else outer.push(item);
  });
  return outer.map(({ ring, holes }) => ({ outer: ring, holes }));
}

/**
 * Joins rings to one: a cut of no width leads from corner to corner, there and back again, so that
 * the fill stays as it was under both rules (non-zero and even-odd).
 * @param {{outer: number[], holes: number[][]}[]} polygons
 * @returns {number[]} One ring; [] of none.
 */
export function oneRing(polygons) {
  const parts = polygons.flatMap(({ outer, holes }) => [
    turned(outer, true),
    ...holes.map((hole) => turned(hole, false)),
  ]);
  return parts.length ? parts.slice(1).reduce(joined, parts[0]) : [];
}

/**
 * Fills rings by the even-odd rule: a pixel belongs to them when its centre does.
 * @param {number[][]} rings
 * @param {{width: number, height: number}} size
 * @returns {Uint8Array} width * height, 0 or 1.
 */
export function fill(rings, { width, height }) {
  const crossings = Array.from({ length: height }, () => []);
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [x0, y0, x1, y1] = [ring[j], ring[j + 1], ring[i], ring[i + 1]];
      const first = Math.max(0, Math.ceil(Math.min(y0, y1) - 0.5));
      const last = Math.min(height, Math.ceil(Math.max(y0, y1) - 0.5));
      for (let y = first; y < last; y += 1) {
        crossings[y].push(x0 + ((y + 0.5 - y0) / (y1 - y0)) * (x1 - x0));
      }
    }
  }
  const mask = new Uint8Array(width * height);
  crossings.forEach((xs, y) => {
    xs.sort((a, b) => a - b);
    for (let i = 0; i + 1 < xs.length; i += 2) {
      const from = Math.max(0, Math.ceil(xs[i] - 0.5));
      const to = Math.min(width, Math.ceil(xs[i + 1] - 0.5));
      if (from < to) mask.fill(1, y * width + from, y * width + to);
    }
  });
  return mask;
}

/** Corners of a ring as pairs. */
export function pairs(ring) {
  return Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i], ring[2 * i + 1]]);
}

function boxOf(ring) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < ring.length; i += 2) {
    box[0] = Math.min(box[0], ring[i]);
    box[1] = Math.min(box[1], ring[i + 1]);
    box[2] = Math.max(box[2], ring[i]);
    box[3] = Math.max(box[3], ring[i + 1]);
  }
  return box;
}

// Simplified rings may touch in a corner, so most of the corners decide.
function holds(other, { ring, box }) {
  const isApart = box.some((edge, i) => (i < 2 ? edge < other.box[i] : edge > other.box[i]));
  if (isApart) return false;
  const corners = pairs(ring);
  return corners.filter(([x, y]) => isInside(other.ring, x, y)).length * 2 > corners.length;
}

function turned(ring, isPositive) {
  return ringArea(ring) > 0 === isPositive ? ring : pairs(ring).reverse().flat();
}

// The cut joins the corners that are nearest to each other.
function joined(ring, other) {
  let best = [0, 0, Infinity];
  for (let i = 0; i < ring.length; i += 2) {
    for (let j = 0; j < other.length; j += 2) {
      const far = (ring[i] - other[j]) ** 2 + (ring[i + 1] - other[j + 1]) ** 2;
      if (far < best[2]) best = [i, j, far];
    }
  }
  const [i, j] = best;
  const round = [...other.slice(j), ...other.slice(0, j), other[j], other[j + 1]];
  return [...ring.slice(0, i + 2), ...round, ...ring.slice(i)];
}
