// Maps and films of a drawing as numbers: read from what the server told, averaged, put into words.

/**
 * Reads maps.
 * @param {{grid: number[], values: string, low: number[], high: number[]}} told `values` is base64 of
 *   a byte for each cell, map after map; 0 stands for the map's `low`, 255 for its `high`.
 * @returns {Float32Array[]} Each of height times width, row by row.
 */
export function readMaps({ grid: [height, width], values, low, high }) {
  const text = atob(values);
  const size = height * width;
  return low.map((least, place) => {
    const spread = high[place] - least;
    return Float32Array.from({ length: size }, (_, at) => least + (spread * text.charCodeAt(place * size + at)) / 255);
  });
}

/**
 * The mean of maps of one size.
 * @param {Float32Array[]} maps At least one.
 * @returns {Float32Array}
 */
export function meanOf(maps) {
  const mean = new Float32Array(maps[0].length);
  for (const map of maps) map.forEach((value, at) => (mean[at] += value / maps.length));
  return mean;
}

/**
 * The smallest and the largest number of a map.
 * @param {ArrayLike<number>} map
 * @returns {number[]}
 */
export function rangeOf(map) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of Array.from(map)) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/**
 * How far the strongest cell of a map stands out from the mean of all.
 * @param {ArrayLike<number>} map
 * @returns {number} 0 or more.
 */
export function peakOf(map) {
  const values = Array.from(map);
  return rangeOf(values)[1] - values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * In which ninth of the picture a map is strongest on the mean.
 * @param {ArrayLike<number>} map
 * @param {number[]} grid Height and width.
 * @returns {number} 0 (top left) to 8 (bottom right), row by row.
 */
export function strongestNinth(map, [height, width]) {
  const sums = new Array(9).fill(0);
  const counts = new Array(9).fill(0);
  Array.from(map).forEach((value, at) => {
    const row = Math.floor((3 * (Math.floor(at / width) + 0.5)) / height);
    const ninth = 3 * row + Math.floor((3 * ((at % width) + 0.5)) / width);
    sums[ninth] += value;
    counts[ninth] += 1;
  });
  const means = sums.map((sum, ninth) => (counts[ninth] ? sum / counts[ninth] : -Infinity));
  return means.indexOf(Math.max(...means));
}

/**
 * Where one picture of a film lies in the sheet that holds them all.
 * @param {{columns: number, cell: number[]}} film `cell` is height and width in pixels.
 * @param {number} place From 0.
 * @returns {{x: number, y: number, width: number, height: number}}
 */
export function cellOf({ columns, cell: [height, width] }, place) {
  return { x: (place % columns) * width, y: Math.floor(place / columns) * height, width, height };
}

/**
 * What part of two pictures of one size differs clearly.
 * @param {Uint8ClampedArray} before Four bytes a pixel.
 * @param {Uint8ClampedArray} after
 * @returns {number} 0 to 1: pixels of which a colour differs by more than a tenth of the scale.
 */
export function partThatDiffers(before, after) {
  const pixels = before.length / 4;
  let count = 0;
  for (let at = 0; at < before.length; at += 4) {
    const most = Math.max(...[0, 1, 2].map((place) => Math.abs(before[at + place] - after[at + place])));
    if (most > 25) count += 1;
  }
  return pixels ? count / pixels : 0;
}

/**
 * The stretch of steps with the same words that a step belongs to.
 * @param {{first: number, last: number}[]} parts In order.
 * @param {number} step From 1.
 * @returns {object|null} The last one where it is beyond all.
 */
export function partAt(parts, step) {
  return parts.find(({ first, last }) => step >= first && step <= last) ?? parts.at(-1) ?? null;
}
