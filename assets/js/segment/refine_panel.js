// Refining in the browser: threshold of the logits, holes, islands, grow or shrink, feather, brush.
import { make } from '../shared/dom.js';
import { NEUTRAL } from './state.js';

export class RefinePanel {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = ui.section('refine');
    const pixels = (value) => `${value} px`;
    const of = (key, high, low = 0) =>
      ui.slider({
        key, low, high, step: 1, value: 0, format: pixels,
        input: (value) => app.refineWith({ [key]: key === 'holes' || key === 'islands' ? value * value : value }, key),
        done: () => app.endMove(),
      });
    this.threshold = ui.slider({
      key: 'threshold', low: -6, high: 6, step: 0.1, value: 0, format: (value) => value.toFixed(1),
      input: (value) => app.setThreshold(value), done: () => app.endMove(),
    });
    this.sliders = { holes: of('holes', 60), islands: of('islands', 60), grow: of('grow', 20, -20), feather: of('feather', 24) };
    this.radius = ui.slider({
      key: 'radius', low: 2, high: 80, step: 1, value: app.brushRadius, format: pixels,
      input: (value) => { app.brushRadius = value; },
    });
    this.reset = ui.button({
      text: ui.say('reset'), className: 'quiet',
      press: () => app.setWorking(Object.freeze({ ...app.now.working, threshold: 0, refine: NEUTRAL, strokes: [] })),
    });
    this.hint = make('p', 'ui-hint', ui.say('refine_none'));
    this.node.body.append(this.hint, this.threshold, ...Object.values(this.sliders), this.radius, this.reset);
  }

  update() {
    const { working } = this.app.now;
    this.hint.hidden = Boolean(working);
    for (const slider of [this.threshold, ...Object.values(this.sliders)]) {
      slider.querySelector('input').disabled = !working;
    }
    this.reset.disabled = !working;
    this.threshold.set(working?.threshold ?? 0);
    const { holes, islands, grow, feather } = working?.refine ?? NEUTRAL;
    const shown = { holes: Math.sqrt(holes), islands: Math.sqrt(islands), grow, feather };
    for (const [key, value] of Object.entries(shown)) this.sliders[key].set(Math.round(value));
  }
}
