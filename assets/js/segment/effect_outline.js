// A line around the object: outside its edge where the background changes, else inside.
import { rgbOf } from './effect_colours.js';
import { grow } from './grow.js';
import { soften } from './soften.js';

const HALF = 128;
// Its edges fade over so many pixels.
const FADE = 1;

/** `width`: in parts of the longer side; `shadow`: how dark; `colour`: null is the chosen one. */
export const outline = {
  variants: [
    { width: 0.008, colour: '#ffffff', shadow: 0.45 },
    { width: 0.006, colour: null },
    { width: 0.02, colour: '#ffffff', isGlow: true },
  ],
  paint(canvas, { width: share, colour, shadow, isGlow }, options) {
    const { data, weights, width, height, longer } = canvas;
    const size = { width, height };
    const reach = Math.max(1, share * longer);
    // What does not change, and the band around it.
    const stays = weights.map((weight) => (255 - weight >= HALF ? 1 : 0));
    const wide = Float32Array.from(grow(stays, size, isGlow ? reach / 2 : reach));
    const line = soften(wide, size, isGlow ? reach : FADE);
    const dark = shadow && options.target === 'background' && soften(wide, size, 2 * reach);
    const rgb = rgbOf(colour ?? options.colour);
    const down = Math.round(reach / 2) * width;
    for (let i = 0; i < weights.length; i += 1) {
      if (!weights[i]) continue;
      const part = (line[i] * weights[i]) / 255;
      const above = i - down;
      const light = dark && above >= 0 ? 1 - (shadow * dark[above] * weights[i]) / 255 : 1;
      if (part === 0 && light === 1) continue;
      for (let channel = 0; channel < 3; channel += 1) {
        const at = 4 * i + channel;
        data[at] = light * data[at] * (1 - part) + part * rgb[channel];
      }
    }
  },
};
