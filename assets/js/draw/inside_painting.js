// How the drawer paints: one picture of a film, heat over a picture, the scale of the colours.
import { make } from '../shared/dom.js';
import { colourOf } from '../shared/scale.js';
import { cellOf, rangeOf } from './inside_maps.js';

// Opacity of the colour over the picture, of 255: what is under it stays easy to recognise.
const FAINTEST = 105;
const STRONGEST = 215;

export async function load(src) {
  const image = new Image();
  image.src = src;
  await image.decode();
  return image;
}

// A canvas of the drawing's shape.
export function fitCanvas(canvas, [height, width], longest) {
  const share = longest / Math.max(height, width);
  const [wide, high] = [Math.max(1, Math.round(width * share)), Math.max(1, Math.round(height * share))];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
}

// Cells of a latent keep their edges where they are to be seen as cells; pictures are softened.
export function paintCell(canvas, { film, sheet }, place, isSmooth) {
  const { x, y, width, height } = cellOf(film, place);
  const pen = canvas.getContext('2d');
  pen.imageSmoothingEnabled = isSmooth;
  pen.imageSmoothingQuality = 'high';
  if (!isSmooth) {
    pen.drawImage(sheet, x, y, width, height, 0, 0, canvas.width, canvas.height);
    return;
  }
  // Cut out first: a softened edge would else take in the neighbour on the sheet.
  const cut = new OffscreenCanvas(width, height);
  cut.getContext('2d').drawImage(sheet, x, y, width, height, 0, 0, width, height);
  pen.drawImage(cut, 0, 0, canvas.width, canvas.height);
}

// Over what is painted already: grey, and each cell in the colour of its place between least and most.
export function paintHeat(canvas, map, [height, width], isFaint = false) {
  const pen = canvas.getContext('2d');
  pen.save();
  pen.globalCompositeOperation = 'saturation';
  pen.fillStyle = '#808080';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.restore();
  const cells = new OffscreenCanvas(width, height);
  const cellPen = cells.getContext('2d');
  const image = cellPen.createImageData(width, height);
  const [low, high] = rangeOf(map);
  map.forEach((value, at) => {
    const part = high > low ? (value - low) / (high - low) : 0;
    const alpha = isFaint ? STRONGEST : FAINTEST + part * (STRONGEST - FAINTEST);
    image.data.set([...colourOf(part), alpha], 4 * at);
  });
  cellPen.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(cells, 0, 0, canvas.width, canvas.height);
}

// The colours from least to most, with words at both ends that `tell` changes.
export class Scale {
  constructor() {
    const stops = Array.from({ length: 10 }, (_, place) => `rgb(${colourOf(place / 9).join(' ')})`);
    this.node = make('div', 'lid-scale');
    this.least = make('span');
    this.most = make('span');
    const bar = make('span', 'lid-scale-bar');
    bar.style.background = `linear-gradient(90deg, ${stops.join(', ')})`;
    this.node.append(this.least, bar, this.most);
  }

  tell(least, most) {
    this.least.textContent = least;
    this.most.textContent = most;
  }
}

// Only the strip scrolls, never the page.
export function bringUp(strip, node) {
  const [left, right] = [node.offsetLeft, node.offsetLeft + node.offsetWidth];
  const isSeen = left >= strip.scrollLeft && right <= strip.scrollLeft + strip.clientWidth;
  if (!isSeen) strip.scrollLeft = (left + right - strip.clientWidth) / 2;
}

// A picture with one short line under it.
export function figure(className = '') {
  const node = make('figure', `lid-figure ${className}`);
  const canvas = make('canvas');
  canvas.setAttribute('role', 'img');
  const caption = make('figcaption');
  node.append(canvas, caption);
  return { node, canvas, caption };
}
