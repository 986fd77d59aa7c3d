// Effects on the object or on all around it. Every effect gives a new picture; lengths go by the
// picture's longer side, so that it looks the same at every size.
import { blur, pixelate } from './effect_blocks.js';
import { colour, grey, replace, spotlight, transparent } from './effect_colours.js';
import { outline } from './effect_outline.js';

const PAINTERS = { blur, grey, pixelate, spotlight, outline, colour, replace, transparent };
const USUAL_COLOUR = '#2f6bf2';

/** What there is, in the order to offer it: {id, variants (how many)}. */
export const EFFECTS = Object.freeze(
  Object.entries(PAINTERS).map(([id, { variants }]) => Object.freeze({ id, variants: variants.length })),
);

/**
 * Applies an effect.
 * @param {string} id Of `EFFECTS`.
 * @param {number} variant 0 ... variants - 1.
 * @param {ImageData} image Stays as it is.
 * @param {Uint8Array} alpha 0..255 for each pixel: how far it belongs to the object.
 * @param {'object'|'background'} target What changes; the rest stays.
 * @param {{colour: string}} options "#rrggbb", for effects that take one.
 * @returns {ImageData} A new picture of the same size, alpha not multiplied in.
 */
export function apply(id, variant, image, alpha, target, options = {}) {
  const { variants, paint } = PAINTERS[id];
  const { width, height } = image;
  const data = new Uint8ClampedArray(image.data);
  // A pixel changes by alpha ^ flip: 255 - alpha for the background, without another plane.
  const flip = target === 'object' ? 0 : 255;
  const canvas = { data, alpha, flip, width, height, longer: Math.max(width, height) };
  paint(canvas, variants[variant], { colour: options.colour ?? USUAL_COLOUR });
  return new ImageData(data, width, height);
}
