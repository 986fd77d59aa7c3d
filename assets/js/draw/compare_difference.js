// Where two pictures of the same size differ, and by how much.

// A step of lightness that the eye surely sees between two pictures shown in turn.
const CLEAR = 0.1;

/**
 * How much each pixel changed.
 * @param {ImageData} before
 * @param {ImageData} after Of the same size.
 * @returns {{change: Float32Array, share: number}} For each pixel the mean difference of red, green
 *   and blue from 0 to 1; the share of pixels that changed by a tenth or more.
 */
export function differenceOf(before, after) {
  const count = before.width * before.height;
  const change = new Float32Array(count);
  let clear = 0;
  for (let pixel = 0; pixel < count; pixel += 1) {
    let sum = 0;
    for (let channel = 0; channel < 3; channel += 1) {
      sum += Math.abs(before.data[4 * pixel + channel] - after.data[4 * pixel + channel]);
    }
    change[pixel] = sum / 765;
    if (change[pixel] >= CLEAR) clear += 1;
  }
  return { change, share: count ? clear / count : 0 };
}
