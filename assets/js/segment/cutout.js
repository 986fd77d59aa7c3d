// Objects as pictures: cut out of the picture with soft edges, or as a black and white mask.
import { decodePng, encodePng } from './png.js';

const HALF = 128;

/**
 * Cuts out what the alpha covers. Colours stay as they are in the picture, not multiplied by alpha;
 * where alpha is 0 they are black, so that nothing of the rest goes along unseen.
 * @param {{width: number, height: number, pixels: ImageData}} picture
 * @param {Uint8Array} alpha 0..255, row by row.
 * @param {number[]|null} box What of it, whole pixels [x0, y0, x1, y1]; null: all.
 * @returns {Promise<Uint8Array>} A PNG file.
 */
export function cutOut({ width, height, pixels }, alpha, box = null) {
  const [x0, y0, x1, y1] = box ?? [0, 0, width, height];
  const size = { width: x1 - x0, height: y1 - y0 };
  const data = new Uint8Array(size.width * size.height * 4);
  for (let y = y0, to = 0; y < y1; y += 1) {
    for (let x = x0; x < x1; x += 1, to += 4) {
      const at = y * width + x;
      if (!alpha[at]) continue;
      for (let channel = 0; channel < 3; channel += 1) {
        data[to + channel] = pixels.data[at * 4 + channel];
      }
      data[to + 3] = alpha[at];
    }
  }
  return encodePng({ ...size, kind: 'rgba', data });
}

/** Makes a black and white PNG of a mask. */
export function maskPng({ width, height }, mask) {
  const data = mask.map((value) => (value ? 255 : 0));
  return encodePng({ width, height, kind: 'grey8', data });
}

/**
 * Reads the mask of a file of `cutOut` or `maskPng`: what is at least half there.
 * @param {Uint8Array} file
 * @param {{width: number, height: number}} size Of the picture.
 * @param {number[]|null} box What of the picture the file shows.
 */
export async function maskOfPng(file, { width, height }, box = null) {
  const [x0, y0] = box ?? [0, 0];
  const image = await decodePng(file);
  const step = image.kind === 'rgba' ? 4 : 1;
  const mask = new Uint8Array(width * height);
  for (let y = 0, at = step - 1; y < image.height; y += 1) {
    for (let x = 0; x < image.width; x += 1, at += step) {
      if (image.data[at] >= HALF) mask[(y0 + y) * width + x0 + x] = 1;
    }
  }
  return mask;
}
