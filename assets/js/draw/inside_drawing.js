// One drawing with the lid off: what the server told of it, its films as they can be painted.
import { readMaps } from './inside_maps.js';
import { load, paintCell } from './inside_painting.js';

export class Drawing {
  constructor(told) {
    Object.assign(this, told);
    this.sharp = null;
    this.parts = (told.parts ?? []).map((part) => ({ ...part, read: readMaps(part.maps) }));
    this.guides = told.guided ? readMaps(told.guided) : null;
  }

  // Waits for the pictures, so that everything after can be painted at once.
  static async opened(told) {
    const drawing = new Drawing(told);
    drawing.image = await load(told.picture);
    if (drawing.done) {
      drawing.noisyFilm = { film: told.noisy, sheet: await load(told.noisy.src) };
      drawing.roughFilm = { film: told.predicted, sheet: await load(told.predicted.src) };
      if (told.is_sharp) drawing.sharp = drawing.roughFilm;
    }
    return drawing;
  }

  async sharpen(told) {
    this.sharp = { film: told, sheet: await load(told.src) };
  }

  // Steps are counted from 1, as people do.
  paintNoisy(canvas, step) {
    paintCell(canvas, this.noisyFilm, step - 1, false);
  }

  // What the last step foresaw is the picture itself, which is here already.
  paintPredicted(canvas, step) {
    if (!this.sharp && step === this.done) this.paintPicture(canvas);
    else paintCell(canvas, this.sharp ?? this.roughFilm, step - 1, true);
  }

  paintPicture(canvas) {
    const pen = canvas.getContext('2d');
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(this.image, 0, 0, canvas.width, canvas.height);
  }

  // The maps of one word in a stretch of steps, one for each step.
  mapsOf(part, word) {
    const count = part.names.length;
    return part.read.filter((_, place) => place % count === word);
  }

  // What was asked for in the end of some steps: from a change on, what it says.
  wordsAt(step) {
    return this.changedAt('words', step) ?? this.words;
  }

  guidanceAt(step) {
    return this.changedAt('guidance', step) ?? this.guidance;
  }

  changedAt(name, step) {
    return this.changes.filter((change) => change.step < step && change[name] !== null).at(-1)?.[name];
  }

  get pixels() {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    const pen = new OffscreenCanvas(width, height).getContext('2d');
    pen.drawImage(this.image, 0, 0);
    return pen.getImageData(0, 0, width, height);
  }
}
