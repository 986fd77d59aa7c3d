// What objects can be taken away as. Every file is read back before it is handed out, and the IoU
// of what was read with what was put in is told.
import { cutOut, maskOfPng, maskPng } from './cutout.js';
import { cocoOf, masksOfCoco } from './coco.js';
import { csvOf } from './csv.js';
import { labelMapOf, masksOfLabelMap } from './label_map.js';
import { labelStudioOf, masksOfLabelStudio } from './label_studio.js';
import { labelmeOf, masksOfLabelme } from './labelme.js';
import { contours, simplify } from '../shared/outline.js';
import { polygonsOf } from './rings.js';
import { area, boundingBox, iou } from './set_operations.js';
import { masksOfSvg, svgOf } from './svg.js';
import { classesOf, masksOfYolo, yoloOf } from './yolo.js';
import { makeZip, readZip } from './zip.js';

// How far a simplified outline may run beside the true one: in pixels, and of the side of a square
// with the object's area, for a small one would lose its shape.
const MOST_PIXELS_BESIDE = 0.7;
const MOST_SIDE_BESIDE = 1 / 20;
const MASK_EDGE = 0.5;
// Of a name that a file is called after.
const MOST_LETTERS = 40;

const json = (value, indent) => new TextEncoder().encode(JSON.stringify(value, null, indent));
const text = (value) => new TextEncoder().encode(value);
const parsed = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
const read = (bytes) => new TextDecoder().decode(bytes);

const PNG = { extension: 'png', type: 'image/png', isText: false };
const JSONS = { extension: 'json', type: 'application/json', isText: true };

// `write` makes the file of {picture, objects, model, date}; `masks` reads it back. `many`: objects
// stay apart in one file; else those given become one shape.
const KINDS = {
  cutout: {
    ...PNG,
    needsPixels: true,
    write: ({ picture, objects: [one] }) => cutOut(picture, one.alpha, alphaBox(one.alpha, picture)),
    masks: async (file, { picture, objects: [one] }) => [
      await maskOfPng(file, picture, alphaBox(one.alpha, picture)),
    ],
  },
  'cutout-full': {
    ...PNG,
    needsPixels: true,
    write: ({ picture, objects: [one] }) => cutOut(picture, one.alpha),
    masks: async (file, { picture }) => [await maskOfPng(file, picture)],
  },
  mask: {
    ...PNG,
    write: ({ picture, objects: [one] }) => maskPng(picture, one.mask),
    masks: async (file, { picture }) => [await maskOfPng(file, picture)],
  },
  'label-map': {
    ...PNG,
    many: true,
    write: labelMapOf,
    masks: (file, { objects }) => masksOfLabelMap(file, objects.length),
  },
  'coco-rle': {
    ...JSONS,
    many: true,
    write: (content) => json(cocoOf(content, 'rle')),
    masks: (file) => masksOfCoco(parsed(file)),
  },
  'coco-polygons': {
    ...JSONS,
    many: true,
    isOutline: true,
    write: (content) => json(cocoOf(content, 'polygons')),
    masks: (file) => masksOfCoco(parsed(file)),
  },
  yolo: {
    extension: 'txt',
    type: 'text/plain',
    many: true,
    isOutline: true,
    write: (content) => text(yoloOf(content)),
    masks: (file, { picture }) => masksOfYolo(read(file), picture),
  },
  'label-studio-brush': {
    ...JSONS,
    many: true,
    write: (content) => json(labelStudioOf(content, 'brush')),
    masks: (file) => masksOfLabelStudio(parsed(file)),
  },
  'label-studio-polygon': {
    ...JSONS,
    many: true,
    isOutline: true,
    write: (content) => json(labelStudioOf(content, 'polygon')),
    masks: (file) => masksOfLabelStudio(parsed(file)),
  },
  labelme: {
    ...JSONS,
    many: true,
    isOutline: true,
    write: (content) => json(labelmeOf(content), 2),
    masks: (file) => masksOfLabelme(parsed(file)),
  },
  svg: {
    extension: 'svg',
    type: 'image/svg+xml',
    many: true,
    isOutline: true,
    write: (content) => text(svgOf(content)),
    masks: (file, { picture }) => masksOfSvg(read(file), picture),
  },
  csv: { extension: 'csv', type: 'text/csv', many: true, write: (content) => text(csvOf(content)) },
  zip: { extension: 'zip', type: 'application/zip', many: true },
};

/** {id, extension, many, needsPixels} of each format, in the order of the menu. */
export const FORMATS = Object.entries(KINDS).map(([id, kind]) => ({
  id,
  extension: kind.extension,
  many: !!kind.many,
  needsPixels: !!kind.needsPixels,
}));

/**
 * Makes one file.
 * @param {string} format An id of `FORMATS`.
 * @param {object} content
 * @param {{width, height, name: string, pixels: ImageData|null}} content.picture
 * @param {{name: string, mask: Uint8Array, alpha?: Uint8Array, colour?: string,
 *   rings?: number[][]}[]} content.objects Masks row by row, 0 or 1; rings in pixels of the picture;
 *   alpha and rings are made of the mask where they are not given. Empty objects are left out.
 * @param {{title: string}|null} content.model
 * @param {Date|string} content.date
 * @returns {Promise<{name: string, bytes: Uint8Array, type: string,
 *   check: {iou: number, points: number|null}|null}>} `iou`: of the object that suffered most.
 * @throws {Error} With `code` "export.none" (no object) or "export.pixels" (no colours to cut out).
 */
export async function makeFile(format, content) {
  const whole = prepared(content, KINDS[format]);
  return format === 'zip' ? zipOf(whole) : oneFile(format, whole);
}

async function oneFile(format, content) {
  const kind = KINDS[format];
  const own = kind.many ? content : { ...content, objects: [united(content.objects)] };
  const made = kind.isOutline ? { ...own, objects: own.objects.map((o) => outlined(o, own.picture)) } : own;
  const bytes = await kind.write(made);
  return {
    name: fileName(format, content),
    bytes,
    type: kind.type,
    check: kind.masks ? await checked(await kind.masks(bytes, made), made.objects, kind) : null,
  };
}

async function zipOf(given) {
  const content = { ...given, objects: given.objects.map((object) => outlined(object, given.picture)) };
  const files = [];
  const checks = [];
  const hasPixels = Boolean(content.picture.pixels);
  const formats = FORMATS.filter(({ id, needsPixels }) => id !== 'zip' && (hasPixels || !needsPixels));
  for (const { id, many } of formats) {
    const parts = many ? [content.objects] : content.objects.map((object) => [object]);
    for (const [place, objects] of parts.entries()) {
      const { name, bytes, check } = await oneFile(id, { ...content, objects });
      const number = parts.length > 1 ? `${String(place + 1).padStart(2, '0')}_` : '';
      files.push({ name: `${id}/${number}${name}`, bytes });
      if (check) checks.push(check.iou);
    }
  }
  // Numbers of classes are all that the text holds.
  const classes = classesOf(content.objects).map((name) => `${name}\n`);
  files.push({ name: 'yolo/classes.txt', bytes: text(classes.join('')) });
  const bytes = await makeZip(files, content.date);
  const again = await readZip(bytes);
  const isSame = (file, i) => file.name === files[i].name && isEqual(file.bytes, files[i].bytes);
  if (again.length !== files.length || !again.every(isSame)) throw new Error('the ZIP is broken');
  const name = `${stemOf(content.picture.name)}.zip`;
  return { name, bytes, type: KINDS.zip.type, check: { iou: Math.min(...checks), points: null } };
}

async function checked(masks, objects, { isOutline }) {
  const ious = objects.map(({ mask }, place) => (masks[place] ? iou(mask, masks[place]) : 0));
  const corners = objects.map(({ rings }) => (rings ?? []).reduce((sum, ring) => sum + ring.length / 2, 0));
  const points = isOutline ? corners.reduce((sum, count) => sum + count, 0) : null;
  return { iou: Math.min(...ious), points };
}

// A line break would end a line of the text formats.
function prepared({ picture, objects, model, date }, kind) {
  const filled = objects.filter(({ mask }) => area(mask) > 0);
  if (!filled.length) throw coded('export.none');
  if (kind.needsPixels && !picture.pixels) throw coded('export.pixels');
  const complete = filled.map((object, place) => ({
    ...object,
    name: (object.name ?? '').replace(/\s+/g, ' ').trim() || String(place + 1),
    colour: object.colour || '#000000',
    alpha: object.alpha ?? object.mask.map((value) => value * 255),
  }));
  return { picture, objects: complete, model, date: new Date(date) };
}

// Several objects as one shape; the softest edge that covers a pixel most wins.
function united(objects) {
  if (objects.length === 1) return objects[0];
  const mask = objects[0].mask.slice();
  const alpha = objects[0].alpha.slice();
  for (const other of objects.slice(1)) {
    for (let i = 0; i < mask.length; i += 1) {
      mask[i] |= other.mask[i];
      if (other.alpha[i] > alpha[i]) alpha[i] = other.alpha[i];
    }
  }
  return { ...objects[0], mask, alpha, rings: null, isSimple: false };
}

function outlined(object, { width, height }) {
  if (object.isSimple) return object;
  const exact = () => contours(object.mask, { width, height }, MASK_EDGE);
  const tolerance = Math.min(MOST_PIXELS_BESIDE, Math.sqrt(area(object.mask)) * MOST_SIDE_BESIDE);
  const rings = simplify(object.rings ?? exact(), tolerance);
  return { ...object, isSimple: true, rings: polygonsOf(rings).length ? rings : exact() };
}

// A feathered edge reaches beyond the mask.
function alphaBox(alpha, size) {
  return boundingBox(alpha.map((value) => +(value > 0)), size);
}

function fileName(format, { picture, objects }) {
  const kind = KINDS[format];
  const shown = kind.many ? [] : [objects.map(({ name }) => name).join('-')];
  const words = [stemOf(picture.name), ...shown.map(plain), format].filter(Boolean);
  return `${words.join('_')}.${kind.extension}`;
}

const stemOf = (name) => plain((name ?? '').replace(/\.[^.]*$/, '')) || 'picture';

// Letters and numbers of any script; nothing that a file system or a shell could take for its own.
function plain(name) {
  const words = name.normalize('NFC').split(/[^\p{L}\p{M}\p{N}]+/u).filter(Boolean);
  return [...words.join('-')].slice(0, MOST_LETTERS).join('');
}

const isEqual = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

const coded = (code) => Object.assign(new Error(code), { code });
