// From the decoder's low-resolution logits to a mask, by the two bilinear steps of `Sam.postprocess_masks`
// of the segment-anything package (align_corners=False): to the model's square, then to the picture.
// Sizes are [height, width]; planes are row by row.

/**
 * Reads base64 of little-endian IEEE 754 half-precision numbers.
 * @param {string} base64
 * @returns {Float32Array}
 */
export function readFloat16(base64) {
  const text = atob(base64);
  const values = new Float32Array(text.length >> 1);
  for (let i = 0, at = 0; i < values.length; i += 1, at += 2) {
    const high = text.charCodeAt(at + 1);
    const exponent = (high >> 2) & 31;
    const fraction = ((high & 3) << 8) | text.charCodeAt(at);
    values[i] = (high & 128 ? -1 : 1) * magnitude(exponent, fraction);
  }
  return values;
}

function magnitude(exponent, fraction) {
  if (exponent === 0) return fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : Infinity;
  return (1024 + fraction) * POWERS[exponent];
}

const POWERS = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 25));

/**
 * First step: logits of the whole square that the model was given.
 * @param {Float32Array} low lowHW[0] * lowHW[1] logits.
 * @param {number[]} lowHW
 * @param {number} side Of the square, in pixels.
 * @returns {Float32Array} side * side.
 */
export function toSquare(low, lowHW, side) {
  return resize(low, lowHW[1], lowHW, [side, side]);
}

/**
 * Second step: what of the square holds the picture, at the size that is asked for.
 * @param {Float32Array} square side * side logits.
 * @param {number} side
 * @param {number[]} resizedHW Part of the square that holds the picture, from its top left corner.
 * @param {number[]} outHW
 * @returns {Float32Array} outHW[0] * outHW[1].
 */
export function cropAndResize(square, side, resizedHW, outHW) {
  return resize(square, side, resizedHW, outHW);
}

/**
 * Where logits lie above a threshold; NaN lies nowhere.
 * @param {Float32Array} logits
 * @param {number} threshold
 * @returns {Uint8Array} 0 or 1.
 */
export function maskOf(logits, threshold) {
  const mask = new Uint8Array(logits.length);
  for (let i = 0; i < mask.length; i += 1) mask[i] = logits[i] > threshold ? 1 : 0;
  return mask;
}

// Bilinear as torch.nn.functional.interpolate(align_corners=False) does it. Each row that is needed is
// stretched once; two stretched rows are held, and mixed for all rows of the outcome between them.
function resize(plane, stride, [height, width], [outHeight, outWidth]) {
  const out = new Float32Array(outHeight * outWidth);
  const across = samples(width, outWidth);
  const down = samples(height, outHeight);
  let upper = { row: -1, values: new Float32Array(outWidth) };
  let lower = { row: -1, values: new Float32Array(outWidth) };
  for (let y = 0; y < outHeight; y += 1) {
    if (upper.row !== down.first[y]) [upper, lower] = [lower, upper];
    stretch(upper, down.first[y], plane, stride, across);
    stretch(lower, down.second[y], plane, stride, across);
    mix(upper.values, lower.values, down.share[y], out, y * outWidth);
  }
  return out;
}

function stretch(held, row, plane, stride, { first, second, share }) {
  if (held.row === row) return;
  held.row = row;
  const { values } = held;
  const start = row * stride;
  for (let x = 0; x < values.length; x += 1) {
    const left = plane[start + first[x]];
    const right = plane[start + second[x]];
    const part = share[x];
    values[x] = (1 - part) * left + part * right;
  }
}

function mix(upper, lower, part, out, start) {
  const rest = 1 - part;
  for (let x = 0; x < upper.length; x += 1) out[start + x] = rest * upper[x] + part * lower[x];
}

// Which two samples each of the outcome lies between, and how near the second one; counted in single
// precision, as torch counts, or the shares differ in the last digits.
function samples(length, outLength) {
  const first = new Int32Array(outLength);
  const second = new Int32Array(outLength);
  const share = new Float32Array(outLength);
  const step = Math.fround(length / outLength);
  for (let i = 0; i < outLength; i += 1) {
    const at = Math.max(0, Math.fround(Math.fround(step * (i + 0.5)) - 0.5));
    first[i] = Math.min(length - 1, Math.floor(at));
    second[i] = Math.min(length - 1, first[i] + 1);
    share[i] = at - first[i];
  }
  return { first, second, share };
}
