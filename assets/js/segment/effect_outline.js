// A line around the object: outside its edge where the background changes, else inside.
import { rgbOf } from './effect_colours.js';
import { feathered } from './feather.js';
import { grow } from './grow.js';

const HALF = 128;
// Its edges fade over so many pixels.
const FADE = 1;

/** `width`: in parts of the longer side; `shadow`: how dark; `colour`: null is the chosen one. */
export const outline = {
  variants: [
    { width: 0.012, colour: '#ffffff', shadow: 0.45 },
    { width: 0.009, colour: null, shadow: 0 },
    { width: 0.02, colour: '#ffffff', shadow: 0, isGlow: true },
  ],
  paint(canvas, { width: share, colour, shadow, isGlow }, options) {
    const { data, alpha, flip, width, height, longer } = canvas;
    const size = { width, height };
    const reach = Math.max(1, share * longer);
    // What does not change, and the band around it.
    const stays = new Uint8Array(alpha.length);
    for (let i = 0; i < stays.length; i += 1) stays[i] = (alpha[i] ^ flip) < HALF ? 1 : 0;
    const wide = grow(stays, size, isGlow ? reach / 2 : reach);
    const line = feathered(wide, size, isGlow ? reach : FADE);
    if (shadow && flip) {
      const below = Math.round(reach / 2) * width;
      darken(canvas, feathered(wide, size, 2 * reach), below, shadow);
    }
    const rgb = rgbOf(colour ?? options.colour);
    for (let i = 0; i < line.length; i += 1) {
      const own = alpha[i] ^ flip;
      if (!own || !line[i]) continue;
      const part = (line[i] * own) / (255 * 255);
      for (let at = 4 * i, channel = 0; channel < 3; at += 1, channel += 1) {
        data[at] += part * (rgb[channel] - data[at]);
      }
    }
  },
};

// The shadow falls down by so many places of the plane.
function darken({ data, alpha, flip }, soft, below, shadow) {
  for (let i = below; i < alpha.length; i += 1) {
    const own = alpha[i] ^ flip;
    if (!own || !soft[i - below]) continue;
    const kept = 1 - (shadow * soft[i - below] * own) / (255 * 255);
    data[4 * i] *= kept;
    data[4 * i + 1] *= kept;
    data[4 * i + 2] *= kept;
  }
}
