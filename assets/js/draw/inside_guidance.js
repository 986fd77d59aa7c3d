// What guidance does: where, and how much at each step, the words change what the model foresees.
import { make } from '../shared/dom.js';
import { rangeOf, strongestNinth } from './inside_maps.js';
import { Scale, figure, fitCanvas, paintHeat } from './inside_painting.js';

const LARGE = 512;

export class Guidance {
  constructor(inside) {
    this.inside = inside;
    this.large = figure();
    this.scale = new Scale();
    this.bars = make('div', 'lid-bars');
    this.bars.setAttribute('role', 'group');
    this.chart = make('p', 'lid-small');
    const left = make('div', 'lid-column');
    left.append(this.large.node, this.scale.node);
    const right = make('div', 'lid-column');
    right.append(make('h4', '', inside.say('pull')), this.bars, this.chart);
    this.body = make('div', 'lid-halves');
    this.body.append(left, right);
    this.none = make('p', 'lid-none', inside.say('guidance_none'));
    this.table = inside.table(() => this.rows());
    this.node = inside.panel('guidance', this.none, this.body, this.table);
  }

  show() {
    const { inside } = this;
    const { guides, guided, steps, done } = inside.drawing;
    this.none.hidden = Boolean(guides);
    for (const node of [this.body, this.table]) node.hidden = !guides;
    if (!guides) return;
    const most = Math.max(...guided.means, 1e-9);
    const strongest = guided.means.indexOf(Math.max(...guided.means)) + 1;
    this.bars.setAttribute('aria-label', inside.say('pull_alt', { step: strongest, steps }));
    this.bars.style.setProperty('--count', done);
    this.bars.replaceChildren(...guided.means.map((mean, place) => {
      const bar = make('button', 'lid-bar');
      bar.type = 'button';
      bar.tabIndex = -1;
      bar.style.setProperty('--part', mean / most);
      bar.title = inside.say('pull_at', { step: place + 1, number: short(mean) });
      bar.setAttribute('aria-label', bar.title);
      bar.append(make('span', 'lid-bar-fill'));
      bar.addEventListener('click', () => inside.goTo(place + 1));
      return bar;
    }));
  }

  update() {
    const { inside } = this;
    const { drawing, step } = inside;
    if (!drawing.guides) return;
    const { canvas, caption } = this.large;
    const map = drawing.guides[step - 1];
    const { grid, means } = drawing.guided;
    fitCanvas(canvas, drawing.size, LARGE);
    drawing.paintPredicted(canvas, step);
    paintHeat(canvas, map, grid);
    const [low, high] = rangeOf(map);
    const places = { step, steps: drawing.steps, guidance: drawing.guidanceAt(step), place: inside.placeName(strongestNinth(map, grid)) };
    caption.textContent = inside.say('guided', places);
    canvas.setAttribute('aria-label', inside.say('guided_alt', places));
    this.scale.tell(inside.say('guided_least', { number: short(low) }), inside.say('guided_most', { number: short(high) }));
    [...this.bars.children].forEach((bar, place) => {
      if (place + 1 === step) bar.setAttribute('aria-current', 'step');
      else bar.removeAttribute('aria-current');
    });
    this.chart.textContent = inside.say('pull_now', { step, number: short(means[step - 1]) });
  }

  rows() {
    const { inside } = this;
    const { guides, guided } = inside.drawing;
    if (!guides) return [];
    const head = ['column_step', 'column_noise', 'column_pull', 'column_place'].map((key) => inside.say(key));
    return [head, ...guides.map((map, place) => [
      String(place + 1), `${Math.round(100 * inside.drawing.noise[place])} %`, short(guided.means[place]), inside.placeName(strongestNinth(map, guided.grid)),
    ])];
  }
}

const short = (number) => (number >= 10 ? number.toFixed(1) : number.toPrecision(2));
