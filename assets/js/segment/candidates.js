// What the model offers for the clicks: whole, part, detail, each with its own guess and stability.
import { make, percent } from '../shared/dom.js';
import { maskThumb } from './thumbs.js';

const NAMES = ['whole', 'part', 'detail'];

export class Candidates {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('div', 'segment-found');
    this.list = make('div', 'segment-candidates');
    this.list.setAttribute('role', 'group');
    this.list.setAttribute('aria-label', ui.say('candidates'));
    this.empty = make('p', 'ui-hint', ui.say('nothing_yet'));
    this.numbers = make('p', 'segment-numbers segment-legend');
    this.keep = ui.button({ icon: 'check', text: ui.say('keep'), className: 'main', press: () => app.keep() });
    this.clear = ui.button({ text: ui.say('clear'), className: 'quiet', press: () => app.clear() });
    this.actions = make('div', 'segment-actions');
    this.actions.append(this.keep, this.clear);
    this.node.append(this.empty, this.list, this.numbers, this.actions);
  }

  update() {
    const { app } = this;
    const { working } = app.now;
    const answer = app.decoding.of(working);
    this.empty.hidden = Boolean(working);
    this.actions.hidden = !working;
    this.keep.disabled = !answer;
    this.node.dataset.waiting = String(app.decoding.isWaiting(working));
    if (!working) this.drawn = null;
    if (!answer) {
      if (!working) this.list.replaceChildren();
      this.numbers.textContent = '';
      return;
    }
    const chosen = app.decoding.chosenOf(working);
    const order = app.candidatesBySize();
    this.tellNumbers(order.find(({ index }) => index === chosen));
    const size = app.view.layerSize();
    const key = `${working.key} ${size.width}`;
    if (this.drawn !== key) {
      this.drawn = key;
      this.list.replaceChildren(...(order.length > 1 ? order.map((one, place) => this.chip(one, place, size)) : []));
    }
    [...this.list.children].forEach((chip, place) => {
      chip.setAttribute('aria-pressed', String(order[place]?.index === chosen));
    });
  }

  chip({ candidate, part }, place, size) {
    const { app } = this;
    const name = app.ui.say(NAMES[place] ?? 'part');
    const { iou, stability } = candidate;
    const chip = make('button', 'segment-chip');
    chip.type = 'button';
    const canvas = make('canvas');
    chip.append(canvas, make('b', '', name), make('span', '', `${part >= 0.01 ? (100 * part).toFixed(0) : percent(part)} %`), meter(iou), meter(stability));
    chip.setAttribute('aria-label', app.ui.say('candidate', {
      name, percent: percent(part), iou: iou.toFixed(2), stability: stability.toFixed(2),
    }));
    chip.title = chip.getAttribute('aria-label');
    chip.addEventListener('click', () => app.choose(place));
    const plain = { ...app.now.working, threshold: 0, refine: { holes: 0, islands: 0, grow: 0, feather: 0 }, strokes: NO_STROKES };
    requestAnimationFrame(() => maskThumb(canvas, app, app.rendering.pathOf(plain, candidate, size)));
    return chip;
  }

  tellNumbers(found) {
    if (!found) return;
    const { iou, stability } = found.candidate;
    const places = { percent: percent(found.part), iou: iou.toFixed(2), stability: stability.toFixed(2) };
    const told = ['share', 'own_guess', 'stability'].map((key) => make('span', '', this.app.ui.say(key, places)));
    this.numbers.replaceChildren(...told);
  }
}

const NO_STROKES = Object.freeze([]);

function meter(value) {
  const bar = make('span', 'segment-meter');
  bar.style.setProperty('--part', Math.max(0, Math.min(1, value)));
  return bar;
}
