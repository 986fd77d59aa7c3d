// Connected regions of a mask, and the small ones among them. Pixels touch also by their corners.

/**
 * Fills background regions that are smaller than an area, as `remove_small_regions(mode="holes")` of
 * the segment-anything package does; also those at the picture's edge.
 * @param {Uint8Array} mask width * height, 0 or 1.
 * @param {{width: number, height: number}} size In pixels.
 * @param {number} least Area from which on a hole stays, in pixels.
 * @returns {Uint8Array} A new mask.
 */
export function fillHoles(mask, size, least) {
  const { runs, areas } = regionsOf(mask, size, 0);
  const filled = mask.slice();
  for (const { from, to, label } of runs) if (areas[label] < least) filled.fill(1, from, to);
  return filled;
}

/**
 * Drops regions of the object that are smaller than an area, as `remove_small_regions(mode="islands")`
 * does; if all are, the largest one stays.
 * @param {Uint8Array} mask width * height, 0 or 1.
 * @param {{width: number, height: number}} size In pixels.
 * @param {number} least Area from which on an island stays, in pixels.
 * @returns {Uint8Array} A new mask.
 */
export function dropIslands(mask, size, least) {
  const { runs, areas } = regionsOf(mask, size, 1);
  const largest = areas.indexOf(areas.reduce((most, area) => Math.max(most, area), 0));
  const isAnyLarge = areas[largest] >= least;
  const kept = mask.slice();
  for (const { from, to, label } of runs) {
    const isSmall = isAnyLarge ? areas[label] < least : label !== largest;
    if (isSmall) kept.fill(0, from, to);
  }
  return kept;
}

// Runs of one value, row by row, with the label of their region; `areas` by label, in pixels.
function regionsOf(mask, { width, height }, value) {
  const runs = runsOf(mask, width, value);
  const parents = Int32Array.from(runs, (_, i) => i);
  let above = 0;
  let start = 0;
  let end = 0;
  for (let y = 0; y < height; y += 1) {
    while (end < runs.length && runs[end].from < (y + 1) * width) end += 1;
    join({ runs, parents, width }, above, start, end);
    [above, start] = [start, end];
  }
  const areas = new Array(runs.length).fill(0);
  runs.forEach((run, i) => {
    run.label = rootOf(parents, i);
    areas[run.label] += run.to - run.from;
  });
  return { runs, areas };
}

// Found in the whole mask at once, which is far faster than row by row, and cut where a row ends.
function runsOf(mask, width, value) {
  const runs = [];
  let from = mask.indexOf(value);
  while (from >= 0) {
    const found = mask.indexOf(1 - value, from);
    const end = found < 0 ? mask.length : found;
    while (from < end) {
      const to = Math.min(end, from - (from % width) + width);
      runs.push({ from, to, label: 0 });
      from = to;
    }
    from = found < 0 ? -1 : mask.indexOf(value, end);
  }
  return runs;
}

// Joins the runs of a row, from `start` to `end`, with those of the row above, from `above` on.
function join({ runs, parents, width }, above, start, end) {
  let i = above;
  let j = start;
  while (i < start && j < end) {
    const upper = runs[i];
    const lower = runs[j];
    const isTouching = upper.from + width <= lower.to && lower.from <= upper.to + width;
    if (isTouching) parents[rootOf(parents, j)] = rootOf(parents, i);
    if (upper.to + width < lower.to) i += 1;
    else j += 1;
  }
}

function rootOf(parents, place) {
  let root = place;
  while (parents[root] !== root) {
    parents[root] = parents[parents[root]];
    root = parents[root];
  }
  return root;
}
