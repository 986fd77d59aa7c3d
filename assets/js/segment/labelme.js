// The JSON of labelme; it lies beside the picture.
// Source: labelme, labelme/_label_file.py.
import { fill, oneRing, pairs, polygonsOf } from './rings.js';

const VERSION = '5.5.0';

/**
 * Makes the file. Parts of one object share a `group_id`; holes are joined to the ring around them.
 * @param {{picture, objects}} content With `rings`.
 * @returns {object} For JSON.
 */
export function labelmeOf({ picture, objects }) {
  return {
    version: VERSION,
    flags: {},
    shapes: objects.flatMap(({ name, rings }, place) =>
      polygonsOf(rings).map((polygon) => ({
        label: name,
        points: pairs(oneRing([polygon]).map((value) => Math.round(value * 100) / 100)),
        group_id: place + 1,
        description: '',
        shape_type: 'polygon',
        flags: {},
        mask: null,
      }))
    ),
    imagePath: picture.name,
    imageData: null,
    imageHeight: picture.height,
    imageWidth: picture.width,
  };
}

/** Reads the masks of such a file, by group. */
export function masksOfLabelme({ shapes, imageWidth: width, imageHeight: height }) {
  const groups = [...new Set(shapes.map((shape) => shape.group_id))];
  return groups.map((group) => {
    const rings = shapes.filter((shape) => shape.group_id === group).map(({ points }) => points.flat());
    return fill(rings, { width, height });
  });
}
