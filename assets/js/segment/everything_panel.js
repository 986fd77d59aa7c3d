// Everything the model found by itself, filtered here while the sliders move; and ranked by words.
import { make } from '../shared/dom.js';
import { SLIDERS } from './state.js';

export class EverythingPanel {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = ui.section('everything');
    this.node.addEventListener('toggle', () => app.setEverything(this.node.open));
    this.count = make('p', 'segment-count');
    this.count.setAttribute('aria-live', 'polite');
    const number = (value) => value.toFixed(2);
    const of = (key, low, high, format = number) =>
      ui.slider({
        key: `everything_${key}`, low, high, step: 0.01, value: SLIDERS[key], format,
        input: (value) => this.move(key, value), done: () => app.endMove(),
      });
    this.sliders = {
      iou: of('iou', 0, 1), stability: of('stability', 0, 1), overlap: of('overlap', 0.05, 1),
      area: of('area', 0, 0.2, (value) => `${(100 * value).toFixed(0)} %`),
    };
    this.all = ui.button({ icon: 'plus', text: ui.say('take_all'), className: 'quiet', press: () => this.takeAll() });
    this.node.body.append(this.makeWords(), this.count, ...Object.values(this.sliders), this.all);
  }

  makeWords() {
    const { app } = this;
    const { ui } = app;
    const form = make('form', 'segment-words');
    const field = make('input');
    field.type = 'text';
    field.maxLength = 120;
    field.placeholder = ui.say('words_placeholder');
    field.setAttribute('aria-label', ui.say('words'));
    const go = ui.button({ text: ui.say('find'), className: 'main' });
    go.type = 'submit';
    form.append(field, go);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const words = field.value.trim();
      app.rankWords = words;
      if (!words) return app.setRanking(null);
      app.isRanking = true;
      app.changed();
      return app.ask('rank', { words });
    });
    this.field = field;
    return form;
  }

  move(key, value) {
    const { app } = this;
    app.history.commit({ sliders: Object.freeze({ ...app.now.sliders, [key]: value }) }, `everything ${key}`);
    app.hovering.refilter();
  }

  async takeAll() {
    const { app } = this;
    this.isTaking = true;
    for (const index of app.hovering.kept.slice(0, 60)) {
      app.hovering.index = index;
      await app.takeProposal();
    }
    this.isTaking = false;
    app.setEverything(false);
  }

  update() {
    const { app } = this;
    const { kept, items, of, ranking } = app.hovering;
    if (this.node.open !== app.isEverything) this.node.open = app.isEverything;
    const told = app.isRanking ? app.ui.say('ranking')
      : ranking ? app.ui.say('ranked', { count: kept.length, words: ranking.words })
        : app.ui.say('count', { count: kept.length, all: items.length });
    if (this.count.textContent !== told) this.count.textContent = told;
    this.count.dataset.busy = String(of > 0 && (app.hovering.wanted ?? 0) < of);
    this.all.disabled = this.isTaking || !kept.length;
    for (const [key, value] of Object.entries(app.now.sliders)) this.sliders[key].set(value);
  }
}
