// One PNG for all objects: each pixel holds the number of the last object that covers it, from 1.
import { decodePng, encodePng } from './png.js';

/** Makes the file of up to 65,535 objects; their order decides who covers whom. */
export function labelMapOf({ picture: { width, height }, objects }) {
  const data = new Uint16Array(width * height);
  objects.forEach(({ mask }, place) => {
    for (let i = 0; i < data.length; i += 1) if (mask[i]) data[i] = place + 1;
  });
  return encodePng({ width, height, kind: 'grey16', data });
}

/** Reads the masks of such a file, in the order of their numbers. */
export async function masksOfLabelMap(file, count) {
  const { data } = await decodePng(file);
  const masks = Array.from({ length: count }, () => new Uint8Array(data.length));
  for (let i = 0; i < data.length; i += 1) if (data[i]) masks[data[i] - 1][i] = 1;
  return masks;
}
