// Small pictures of masks for candidates, tray and drawer.
import { WORKING } from './colours.js';

const SMALL_SIDE = 512;
const smalls = new WeakMap();

// A large picture is made small once, not for each of its small pictures.
function smallOf({ image, width, height }) {
  const scale = SMALL_SIDE / Math.max(width, height);
  if (scale >= 1) return image;
  if (!smalls.has(image)) {
    const small = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
    small.getContext('2d').drawImage(image, 0, 0, small.width, small.height);
    smalls.set(image, small);
  }
  return smalls.get(image);
}

// The whole picture, dimmed, with the mask bright.
export function maskThumb(canvas, app, outline, box = null) {
  const { picture } = app;
  const dots = Math.min(2, devicePixelRatio || 1);
  const [left, top, right, bottom] = box ?? [0, 0, picture.width, picture.height];
  const room = { width: canvas.clientWidth || 92, height: canvas.clientHeight || 64 };
  canvas.width = room.width * dots;
  canvas.height = room.height * dots;
  const pen = canvas.getContext('2d');
  const scale = Math.min(canvas.width / (right - left), canvas.height / (bottom - top));
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.scale(scale, scale);
  pen.translate(-(left + right) / 2, -(top + bottom) / 2);
  pen.globalAlpha = 0.28;
  pen.drawImage(smallOf(picture), 0, 0, picture.width, picture.height);
  pen.globalAlpha = 1;
  if (!outline) return;
  const placed = placedOn(picture, outline);
  pen.save();
  pen.clip(placed, 'evenodd');
  pen.drawImage(smallOf(picture), 0, 0, picture.width, picture.height);
  pen.restore();
  pen.strokeStyle = WORKING;
  pen.lineWidth = (1.5 * dots) / scale;
  pen.stroke(placed);
}

// An object alone, in its colour, cut close.
export function objectThumb(canvas, app, object) {
  const { picture } = app;
  const dots = Math.min(2, devicePixelRatio || 1);
  canvas.width = canvas.height = 44 * dots;
  const pen = canvas.getContext('2d');
  const [left, top, right, bottom] = object.box;
  const scale = (40 * dots) / Math.max(right - left, bottom - top, 1);
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.scale(scale, scale);
  pen.translate(-(left + right) / 2, -(top + bottom) / 2);
  const placed = placedOn(picture, app.rendering.objectPath(object, app.view.layerSize()));
  pen.save();
  pen.clip(placed, 'evenodd');
  pen.drawImage(smallOf(picture), 0, 0, picture.width, picture.height);
  pen.restore();
  pen.strokeStyle = object.colour;
  pen.lineWidth = (2 * dots) / scale;
  pen.stroke(placed);
}

export function placedOn(picture, { path, size }) {
  const placed = new Path2D();
  placed.addPath(path, new DOMMatrix([picture.width / size.width, 0, 0, picture.height / size.height, 0, 0]));
  return placed;
}

