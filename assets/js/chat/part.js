// What a question is about: null for the whole picture, { box }, or { runs, width, height, name }.
import { contours, simplify, toPathText } from '../shared/outline.js';
import { fromRuns } from '../shared/runs.js';

const SVG = 'http://www.w3.org/2000/svg';
const kept = new WeakMap();

export function svg(tag, attributes = {}) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

export const boxPath = ([left, top, right, bottom]) => `M${left} ${top}H${right}V${bottom}H${left}Z`;

// The `d` of its outline in pixels of the picture; masks are followed once.
export function pathOf(part) {
  if (part.box) return boxPath(part.box);
  if (!kept.has(part)) {
    const { runs, width, height } = part;
    const size = { width, height };
    const rings = contours(fromRuns(runs, width * height), size, 0.5);
    kept.set(part, toPathText(simplify(rings, Math.max(width, height) / 500)));
  }
  return kept.get(part);
}

// The picture, small, with the part outlined.
export function smallPicture(picture, part) {
  const { width, height, small } = picture;
  const node = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'chat-small', 'aria-hidden': 'true' });
  node.append(svg('image', { href: small, width, height }));
  const path = pathOf(part);
  node.append(svg('path', { d: `M0 0H${width}V${height}H0Z${path}`, class: 'chat-outside' }));
  node.append(svg('path', { d: path, class: 'chat-outline' }));
  return node;
}

const SMALL_SIDE = 160;

// A copy for small drawings, so that the large one is not unpacked for each.
export function smallOf(image) {
  const { width, height } = image;
  const share = Math.min(1, SMALL_SIDE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * share));
  canvas.height = Math.max(1, Math.round(height * share));
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/webp', 0.8);
}
