// The film, large: what a step is given, and the picture that the model foresees from it.
import { make, percent } from '../shared/dom.js';
import { figure, fitCanvas } from './inside_painting.js';

const LARGE = 512;

export class Film {
  constructor(inside) {
    this.inside = inside;
    this.given = figure('lid-cells');
    this.foreseen = figure();
    const pair = make('div', 'lid-pair');
    pair.append(this.given.node, make('span', 'lid-arrow', '→'), this.foreseen.node);
    this.small = make('p', 'lid-small');
    this.node = inside.panel('film', pair, this.small);
  }

  show() {
    const { inside } = this;
    const { grid: [height, width], channels } = inside.drawing;
    this.small.textContent = inside.say('cells', { height, width, channels });
  }

  update() {
    const { inside } = this;
    const { drawing, step } = inside;
    const places = { step, steps: drawing.steps, percent: percent(drawing.noise[step - 1]) };
    for (const { canvas } of [this.given, this.foreseen]) fitCanvas(canvas, drawing.size, LARGE);
    drawing.paintNoisy(this.given.canvas, step);
    drawing.paintPredicted(this.foreseen.canvas, step);
    this.given.caption.textContent = inside.say('given', places);
    this.foreseen.caption.textContent = inside.say(step === drawing.steps ? 'foreseen_last' : 'foreseen', places);
    this.given.canvas.setAttribute('aria-label', inside.say('given_alt', places));
    this.foreseen.canvas.setAttribute('aria-label', inside.say('foreseen_alt', { ...places, words: drawing.words }));
  }
}
