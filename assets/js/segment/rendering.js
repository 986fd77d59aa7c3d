// From the model's logits to masks and outlines of the size that is asked for.
import { readFloat16, toSquare, cropAndResize, maskOf } from './logits.js';
import { contours, toPath2D } from '../shared/outline.js';
import { fromRuns, toRuns } from '../shared/runs.js';
import { refine } from './refine.js';
import { stamp } from './brush.js';

const MOST_KEPT = 24;

// The last few results by their name; the oldest goes.
class Kept {
  constructor(most = MOST_KEPT) {
    this.most = most;
    this.map = new Map();
  }

  get(key, make) {
    const found = this.map.has(key) ? this.map.get(key) : make();
    this.map.delete(key);
    this.map.set(key, found);
    if (this.map.size > this.most) this.map.delete(this.map.keys().next().value);
    return found;
  }
}

const named = ({ width, height }) => `${width}x${height}`;

export const isNeutral = ({ refine: r, strokes }) => !r.holes && !r.islands && !r.grow && !strokes.length;

export class Rendering {
  constructor() {
    this.forget();
  }

  forget() {
    this.squares = new Kept(6);
    this.logits = new Kept(8);
    this.masks = new Kept();
    this.paths = new Kept(96);
    this.names = new WeakMap();
    this.named = 0;
  }

  show(picture, model) {
    this.picture = picture;
    this.model = model;
    this.forget();
  }

  // Results are kept by the thing they were made of, which has no name of its own.
  nameOf(thing) {
    if (!this.names.has(thing)) this.names.set(thing, `#${(this.named += 1)}`);
    return this.names.get(thing);
  }

  logitsOf(candidate, size) {
    const name = this.nameOf(candidate);
    const { low, input_side: side, resized } = this.model;
    return this.logits.get(name + named(size), () => {
      const square = this.squares.get(name, () => toSquare(readFloat16(candidate.logits), low, side));
      return cropAndResize(square, side, resized, [size.height, size.width]);
    });
  }

  // Radii and areas are in pixels of the picture, whatever size the mask is drawn at.
  refinedAt(mask, size, wanted) {
    const share = size.width / this.picture.width;
    return refine(mask, size, {
      holes: wanted.holes * share * share, islands: wanted.islands * share * share,
      grow: wanted.grow * share, feather: wanted.feather * share,
    });
  }

  maskOf(working, candidate, size) {
    const { threshold, refine: wanted, strokes } = working;
    const key = [this.nameOf(candidate), named(size), threshold, JSON.stringify(wanted), this.nameOf(strokes)];
    return this.masks.get(key.join(), () => {
      let mask = maskOf(this.logitsOf(candidate, size), threshold);
      if (wanted.holes || wanted.islands || wanted.grow) {
        mask = this.refinedAt(mask, size, { ...wanted, feather: 0 }).mask;
      }
      return strokes.length ? this.painted(mask.slice(), size, strokes) : mask;
    });
  }

  painted(mask, size, strokes) {
    const share = size.width / this.picture.width;
    const at = ([x, y]) => [x * share, y * share];
    for (const { points, radius, value } of strokes) {
      points.forEach((point, index) => {
        stamp(mask, size, at(points[Math.max(0, index - 1)]), at(point), radius * share, value);
      });
    }
    return mask;
  }

  alphaOf(mask, size, feather) {
    if (!feather) return mask.map((inside) => 255 * inside);
    return this.refinedAt(mask, size, { holes: 0, islands: 0, grow: 0, feather }).alpha;
  }

  pathOf(working, candidate, size) {
    const key = [this.nameOf(candidate), named(size), working.threshold, JSON.stringify(working.refine)];
    return this.paths.get([...key, this.nameOf(working.strokes)].join(), () => {
      const rings = isNeutral(working)
        ? contours(this.logitsOf(candidate, size), size, working.threshold)
        : contours(this.maskOf(working, candidate, size), size, 0.5);
      return { path: toPath2D(rings), size };
    });
  }

  // A kept object at any size; each pixel is the one of the picture under its centre.
  objectMask(object, size = this.picture) {
    return this.masks.get(`${this.nameOf(object.shape)}${named(size)}`, () => {
      const { width, height } = this.picture;
      const whole = fromRuns(object.shape.runs, width * height);
      if (size.width === width && size.height === height) return whole;
      const mask = new Uint8Array(size.width * size.height);
      for (let y = 0; y < size.height; y += 1) {
        const row = Math.floor(((y + 0.5) * height) / size.height) * width;
        for (let x = 0; x < size.width; x += 1) {
          mask[y * size.width + x] = whole[row + Math.floor(((x + 0.5) * width) / size.width)];
        }
      }
      return mask;
    });
  }

  objectPath(object, size) {
    return this.paths.get(`object${this.nameOf(object.shape)}${named(size)}`, () => ({
      path: toPath2D(contours(this.objectMask(object, size), size, 0.5)), size,
    }));
  }

  shapeOf(mask) {
    return Object.freeze({ runs: toRuns(mask) });
  }
}
