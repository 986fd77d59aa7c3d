// COCO JSON. Masks run down the columns there, and their run lengths are packed into letters.
// Source: cocoapi, common/maskApi.c, rleEncode, rleToString, rleFrString.
import { area, boundingBox } from './set_operations.js';
import { fill, oneRing, polygonsOf } from './rings.js';

const FIRST_LETTER = 48;
const BITS = 5;
const MORE = 32;
const SIGN = 16;

/**
 * Packs a mask.
 * @param {Uint8Array} mask Row by row, 0 or 1.
 * @param {{width: number, height: number}} size
 * @returns {{size: number[], counts: string}} `size`: height, width.
 */
export function toCocoRle(mask, { width, height }) {
  const counts = [];
  let value = 0;
  let run = 0;
  for (let x = 0; x < width; x += 1) {
    for (let y = 0, at = x; y < height; y += 1, at += width) {
      if (mask[at] !== value) {
        counts.push(run);
        run = 0;
        value = mask[at];
      }
      run += 1;
    }
  }
  counts.push(run);
  return { size: [height, width], counts: toLetters(counts) };
}

/** Unpacks what `toCocoRle` packed: Uint8Array, row by row. */
export function fromCocoRle({ size: [height, width], counts }) {
  const mask = new Uint8Array(width * height);
  let at = 0;
  fromLetters(counts).forEach((run, place) => {
    for (const end = at + run; at < end; at += 1) {
      if (place % 2) mask[(at % height) * width + Math.floor(at / height)] = 1;
    }
  });
  return mask;
}

/**
 * Makes the whole file.
 * @param {{picture, objects, model, date}} content As `makeFile` is given it; with `rings`.
 * @param {"rle"|"polygons"} form Polygons: holes are joined to the ring around them.
 * @returns {object} For JSON.
 */
export function cocoOf({ picture, objects, model, date }, form) {
  const names = [...new Set(objects.map(({ name }) => name))];
  return {
    info: { description: model?.title ?? '', date_created: date.toISOString() },
    images: [{ id: 1, file_name: picture.name, width: picture.width, height: picture.height }],
    categories: names.map((name, place) => ({ id: place + 1, name, supercategory: '' })),
    annotations: objects.map((object, place) => {
      const [x0, y0, x1, y1] = boundingBox(object.mask, picture);
      return {
        id: place + 1,
        image_id: 1,
        category_id: names.indexOf(object.name) + 1,
        segmentation: form === 'rle' ? toCocoRle(object.mask, picture) : toSegmentation(object.rings),
        area: area(object.mask),
        bbox: [x0, y0, x1 - x0, y1 - y0],
        iscrowd: 0,
      };
    }),
  };
}

/** Reads the masks of such a file. */
export function masksOfCoco(file) {
  const [{ width, height }] = file.images;
  return file.annotations.map(({ segmentation }) =>
    Array.isArray(segmentation) ? fill(segmentation, { width, height }) : fromCocoRle(segmentation)
  );
}

function toSegmentation(rings) {
  return polygonsOf(rings).map((polygon) => oneRing([polygon]).map(round));
}

const round = (value) => Math.round(value * 100) / 100;

// From the fourth on, a count is told as the difference to the one two before it.
function toLetters(counts) {
  const letters = [];
  counts.forEach((count, place) => {
    let left = place > 2 ? count - counts[place - 2] : count;
    for (let more = true; more; ) {
      const bits = left & (MORE - 1);
      left >>= BITS;
      more = bits & SIGN ? left !== -1 : left !== 0;
      letters.push(String.fromCharCode(FIRST_LETTER + (more ? bits | MORE : bits)));
    }
  });
  return letters.join('');
}

function fromLetters(text) {
  const counts = [];
  for (let at = 0; at < text.length; ) {
    let count = 0;
    let shift = 0;
    for (let more = true; more; shift += BITS, at += 1) {
      const bits = text.charCodeAt(at) - FIRST_LETTER;
      count |= (bits & (MORE - 1)) << shift;
      more = (bits & MORE) !== 0;
      if (!more && bits & SIGN) count |= -1 << (shift + BITS);
    }
    counts.push(counts.length > 2 ? count + counts[counts.length - 2] : count);
  }
  return counts;
}
