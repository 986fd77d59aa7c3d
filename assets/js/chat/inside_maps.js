// Where the queries look, as numbers: from what the server told to maps of the chosen queries.
// A map has a weight for each patch, row by row; what went to no place of the picture is told apart.

/**
 * Reads the weights of all layers, heads and queries.
 * @param {{layers: number, heads: number, queries: number, grid: number[], values: string,
 *   scale: number[], elsewhere: number[]}} told `values` is base64 of a byte for each patch of
 *   (layers, heads, queries, height, width); a byte of 255 stands for the `scale` of its map, half
 *   of that for a quarter.
 * @returns {{layers: number, heads: number, queries: number, grid: number[], weights: Float32Array,
 *   elsewhere: number[]}}
 */
export function readLooks(told) {
  const [height, width] = told.grid;
  const text = atob(told.values);
  const weights = new Float32Array(text.length);
  for (let at = 0; at < weights.length; at += 1) {
    const map = Math.floor(at / (height * width));
    weights[at] = (text.charCodeAt(at) / 255) ** 2 * told.scale[map];
  }
  const { layers, heads, queries, grid, elsewhere } = told;
  return { layers, heads, queries, grid, weights, elsewhere };
}

/**
 * The mean map of some queries.
 * @param {ReturnType<typeof readLooks>} looks
 * @param {number[]} queries Counted from 0; none stands for all.
 * @param {number|null} layer Counted from 0; null for the mean of all.
 * @param {number|null} head The same.
 * @returns {{map: Float32Array, elsewhere: number}} Their sum is 1, but for rounding.
 */
export function meanMap(looks, queries, layer, head) {
  const size = looks.grid[0] * looks.grid[1];
  const map = new Float32Array(size);
  const layers = layer === null ? range(looks.layers) : [layer];
  const heads = head === null ? range(looks.heads) : [head];
  const some = queries.length ? queries : range(looks.queries);
  const part = 1 / (layers.length * heads.length * some.length);
  let elsewhere = 0;
  for (const one of layers) {
    for (const other of heads) {
      for (const query of some) {
        const place = (one * looks.heads + other) * looks.queries + query;
        elsewhere += part * looks.elsewhere[place];
        for (let at = 0; at < size; at += 1) map[at] += part * looks.weights[place * size + at];
      }
    }
  }
  return { map, elsewhere };
}

/**
 * What share of a map's looking lies in each ninth of the picture.
 * @param {Float32Array} map
 * @param {number[]} grid Height and width.
 * @returns {number[]} Nine, row by row; 1 together. A patch on a border counts for both sides.
 */
export function ninths(map, [height, width]) {
  const shares = new Array(9).fill(0);
  const down = overlaps(height);
  const across = overlaps(width);
  let sum = 0;
  map.forEach((weight, at) => {
    sum += weight;
    const [rows, columns] = [down[Math.floor(at / width)], across[at % width]];
    for (let ninth = 0; ninth < 9; ninth += 1) {
      shares[ninth] += weight * rows[Math.floor(ninth / 3)] * columns[ninth % 3];
    }
  });
  return shares.map((share) => (sum > 0 ? share / sum : 0));
}

/**
 * The queries by how much they look at one place, most first.
 * @param {ReturnType<typeof readLooks>} looks
 * @param {number|null} layer
 * @param {number|null} head
 * @param {number} x Share of the picture's width, 0 to 1.
 * @param {number} y Share of its height.
 * @returns {{query: number, weight: number}[]}
 */
export function lookersAt(looks, layer, head, x, y) {
  const [height, width] = looks.grid;
  const column = Math.min(width - 1, Math.max(0, Math.floor(x * width)));
  const row = Math.min(height - 1, Math.max(0, Math.floor(y * height)));
  return range(looks.queries)
    .map((query) => {
      const { map } = meanMap(looks, [query], layer, head);
      let weight = 0;
      // The patch and its neighbours: a thing is larger than one patch.
      for (let down = Math.max(0, row - 1); down <= Math.min(height - 1, row + 1); down += 1) {
        for (let across = Math.max(0, column - 1); across <= Math.min(width - 1, column + 1); across += 1) {
          weight += map[down * width + across];
        }
      }
      return { query, weight };
    })
    .sort((a, b) => b.weight - a.weight || a.query - b.query);
}

/**
 * Sets of queries drawn by chance, each of `size`, none of them the set that is tested.
 * @param {number} queries How many there are.
 * @param {number[]} tested
 * @param {number} count How many sets.
 * @param {() => number} random From 0 to below 1.
 * @returns {number[][]} Sorted; as many as there are if `count` is more.
 */
export function drawSets(queries, tested, count, random) {
  const seen = new Set([key(tested)]);
  const sets = [];
  for (let tries = 0; sets.length < count && tries < 100 * count; tries += 1) {
    const left = range(queries);
    const drawn = tested.map(() => left.splice(Math.floor(random() * left.length), 1)[0]);
    drawn.sort((a, b) => a - b);
    if (seen.has(key(drawn))) continue;
    seen.add(key(drawn));
    sets.push(drawn);
  }
  return sets;
}

/**
 * A colour from dark to light whose lightness alone tells the amount (the scale "cividis").
 * @param {number} share 0 to 1.
 * @returns {number[]} Red, green, blue from 0 to 255.
 */
export function colourOf(share) {
  const place = Math.min(1, Math.max(0, share)) * (COLOURS.length - 1);
  const low = Math.min(COLOURS.length - 2, Math.floor(place));
  const part = place - low;
  return COLOURS[low].map((value, at) => Math.round(value + part * (COLOURS[low + 1][at] - value)));
}

// Source: Nunez, Anderton and Renslow 2018, "Optimizing colormaps with consideration for color
// vision deficiency", the map "cividis" at ten places.
const COLOURS = [
  [0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115],
  [138, 134, 120], [165, 156, 116], [195, 179, 105], [225, 204, 85],
  [254, 232, 56],
];

const range = (count) => Array.from({ length: count }, (_, place) => place);

const key = (set) => [...set].sort((a, b) => a - b).join();

// For each of `count` rows, what part of it lies in each third.
function overlaps(count) {
  return range(count).map((row) =>
    [0, 1, 2].map((third) => {
      const low = Math.max(row, (third * count) / 3);
      const high = Math.min(row + 1, ((third + 1) * count) / 3);
      return Math.max(0, high - low);
    }),
  );
}
