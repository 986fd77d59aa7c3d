// An SVG of the objects' outlines; as large as the picture, which it does not hold.
import { toPathText } from '../shared/outline.js';
import { fill } from './rings.js';

/**
 * Makes the file.
 * @param {{picture, objects}} content With `rings` and `colour`.
 * @returns {string}
 */
export function svgOf({ picture: { width, height }, objects }) {
  const shapes = objects.map(({ name, colour, rings }) => {
    const path = `<path fill="${escaped(colour)}" fill-rule="evenodd" d="${toPathText(rings)}"/>`;
    return `<g><title>${escaped(name)}</title>${path}</g>\n`;
  });
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n${shapes.join('')}</svg>\n`
  );
}

/** Reads the masks of such a file. */
export function masksOfSvg(text, size) {
  return [...text.matchAll(/ d="([^"]*)"/g)].map(([, path]) => {
    const rings = path.split('Z').filter(Boolean);
    return fill(rings.map((ring) => ring.match(/-?[\d.]+/g).map(Number)), size);
  });
}

// What XML 1.0 cannot hold is left out.
function escaped(text) {
  const signs = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  const bare = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
  return bare.replace(/[&<>"]/g, (sign) => signs[sign]);
}
