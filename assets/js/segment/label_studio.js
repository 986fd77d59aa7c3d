// Tasks for Label Studio, with brush or polygon labels.
// Source: label-studio-sdk, converter/brush.py (run lengths); thi.ng/umbrella, packages/rle-pack.
import { fill, oneRing, pairs, polygonsOf } from './rings.js';

const WORD_BITS = 8;
// A chunk says in two bits which of these many bits its length takes.
const LENGTH_BITS = [3, 4, 8, 16];
const CHANNELS = 4;

/**
 * Makes the file: one task with one annotation.
 * @param {{picture, objects}} content With `rings` for polygons.
 * @param {"brush"|"polygon"} form
 * @returns {object[]} For JSON.
 */
export function labelStudioOf({ picture, objects }, form) {
  const result = objects.flatMap((object, place) =>
    valuesOf(object, picture, form).map((value, part) => ({
      id: `${place + 1}-${part + 1}`,
      type: `${form}labels`,
      from_name: 'label',
      to_name: 'image',
      original_width: picture.width,
      original_height: picture.height,
      image_rotation: 0,
      value: { ...value, [`${form}labels`]: [object.name] },
    }))
  );
  return [{ data: { image: picture.name }, annotations: [{ result }] }];
}

/** Reads the masks of such a file, by object. */
export function masksOfLabelStudio([{ annotations: [{ result }] }]) {
  const objects = [...new Set(result.map(({ id }) => id.split('-')[0]))];
  return objects.map((object) => {
    const parts = result.filter(({ id }) => id.split('-')[0] === object);
    const [{ original_width: width, original_height: height, value }] = parts;
    if (value.rle) return fromBrush(value.rle);
    const inPixels = ([x, y]) => [(x * width) / 100, (y * height) / 100];
    return fill(parts.map((part) => part.value.points.flatMap(inPixels)), { width, height });
  });
}

function valuesOf({ mask, rings }, { width, height }, form) {
  if (form === 'brush') return [{ format: 'rle', rle: [...toBrush(mask)] }];
  const percent = (value, side) => Math.round((value / side) * 1e6) / 1e4;
  return polygonsOf(rings).map((polygon) => ({
    points: pairs(oneRing([polygon])).map(([x, y]) => [percent(x, width), percent(y, height)]),
    closed: true,
  }));
}

/**
 * Packs a mask: four channels a pixel, 0 or 255, as runs in a stream of bits.
 * @param {Uint8Array} mask 0 or 1, row by row.
 * @returns {Uint8Array}
 */
export function toBrush(mask) {
  const bits = new BitWriter();
  bits.write(mask.length * CHANNELS, 32);
  bits.write(WORD_BITS - 1, 5);
  LENGTH_BITS.forEach((size) => bits.write(size - 1, 4));
  const longest = 2 ** LENGTH_BITS.at(-1);
  for (let at = 0, end = 0; at < mask.length; at = end) {
    while (end < mask.length && mask[end] === mask[at]) end += 1;
    for (let left = (end - at) * CHANNELS; left > 0; left -= longest) {
      const run = Math.min(left, longest);
      const kind = LENGTH_BITS.findIndex((size) => run <= 2 ** size);
      bits.write(1, 1);
      bits.write(kind, 2);
      bits.write(run - 1, LENGTH_BITS[kind]);
      bits.write(mask[at] ? 255 : 0, WORD_BITS);
    }
  }
  return bits.bytes();
}

/** Unpacks what `toBrush` packed. */
export function fromBrush(bytes) {
  const bits = new BitReader(bytes);
  const length = bits.read(32);
  const word = bits.read(5) + 1;
  const sizes = LENGTH_BITS.map(() => bits.read(4) + 1);
  const mask = new Uint8Array(length / CHANNELS);
  for (let at = 0; at < length; ) {
    if (!bits.read(1)) throw new Error('runs only');
    const run = bits.read(sizes[bits.read(2)]) + 1;
    if (bits.read(word)) mask.fill(1, at / CHANNELS, (at + run) / CHANNELS);
    at += run;
  }
  return mask;
}

class BitWriter {
  #bytes = [];
  #last = 0;
  #used = 0;

  write(value, size) {
    for (let bit = size - 1; bit >= 0; bit -= 1) {
      this.#last = (this.#last << 1) | (Math.floor(value / 2 ** bit) & 1);
      this.#used += 1;
      if (this.#used === 8) {
        this.#bytes.push(this.#last);
        this.#last = 0;
        this.#used = 0;
      }
    }
  }

  bytes() {
    const rest = this.#used ? [this.#last << (8 - this.#used)] : [];
    return Uint8Array.from([...this.#bytes, ...rest]);
  }
}

class BitReader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  read(size) {
    let value = 0;
    for (let bit = 0; bit < size; bit += 1, this.#at += 1) {
      value = value * 2 + ((this.#bytes[this.#at >> 3] >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }
}
