// Colours that tell an amount, to every eye: the lightness alone is enough.

// Source: Nunez, Anderton and Renslow 2018, "Optimizing colormaps with consideration for color
// vision deficiency", the map "cividis" at nine places.
const COLOURS = [
  [0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115],
  [138, 134, 120], [165, 156, 116], [195, 179, 105], [254, 232, 56],
];

/**
 * A colour from dark to light.
 * @param {number} share 0 to 1.
 * @returns {number[]} Red, green, blue from 0 to 255.
 */
export function colourOf(share) {
  const place = Math.min(1, Math.max(0, share)) * (COLOURS.length - 1);
  const low = Math.min(COLOURS.length - 2, Math.floor(place));
  return COLOURS[low].map((value, at) => Math.round(value + (place - low) * (COLOURS[low + 1][at] - value)));
}

/**
 * Whether dark or light ink is read better on a colour.
 * @param {number[]} colour Red, green, blue.
 * @returns {string}
 * Source: WCAG 2.2, "relative luminance" and "contrast ratio".
 */
export function inkOn(colour) {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.179 ? '#000000' : '#ffffff';
}
