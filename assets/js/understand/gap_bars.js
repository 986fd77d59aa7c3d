// The gap between pictures and words: how many of each lie where along the line between their means.
import { make } from '../shared/dom.js';

const BINS = 24;

export class GapBars {
  constructor(app) {
    this.app = app;
    this.node = make('section', 'understand-gap');
  }

  update(gap) {
    const { ui } = this.app;
    this.node.hidden = !gap;
    if (!gap) return;
    const both = [...gap.pictures, ...gap.texts];
    const [low, high] = [Math.min(...both), Math.max(...both)];
    const counted = ['pictures', 'texts'].map((kind) => ({ kind, bins: count(gap[kind], low, high) }));
    const [pictures, texts, mixed] = gap.cosines.map((cosine) => cosine.toFixed(2));
    const figures = counted.map(({ kind, bins }) => this.histogram(kind, bins, gap[kind].length));
    this.node.replaceChildren(
      make('h3', '', ui.say('gap')),
      make('p', 'ui-hint', ui.say('gap_help', { number: gap.distance.toFixed(2) })),
      ...figures,
      make('p', '', ui.say('gap_cosines', { pictures, texts, mixed })),
      this.table(counted, low, high),
    );
  }

  histogram(kind, bins, all) {
    const figure = make('figure', `understand-histogram ${kind}`);
    const most = Math.max(...bins);
    const bars = make('div', 'bars');
    bars.setAttribute('role', 'img');
    const at = bins.indexOf(most);
    bars.setAttribute('aria-label', this.app.ui.say(`gap_alt_${kind}`, { count: all, place: Math.round((100 * (at + 0.5)) / BINS) }));
    bars.append(...bins.map((number) => {
      const bar = make('span');
      bar.style.setProperty('--part', number / most);
      return bar;
    }));
    figure.append(make('figcaption', '', this.app.ui.say(`gap_${kind}`, { count: all })), bars);
    return figure;
  }

  table(counted, low, high) {
    const { ui } = this.app;
    const details = make('details', 'understand-table');
    const table = make('table');
    const head = make('tr');
    head.append(...['from', 'pictures', 'texts'].map((key) => Object.assign(make('th', '', ui.say(`gap_column_${key}`)), { scope: 'col' })));
    const rows = counted[0].bins.map((number, place) => {
      const row = make('tr');
      row.append(make('td', '', (low + (place / BINS) * (high - low)).toFixed(2)), make('td', '', String(number)), make('td', '', String(counted[1].bins[place])));
      return row;
    });
    table.append(head, ...rows);
    details.append(make('summary', '', ui.say('as_table')), table);
    return details;
  }
}

function count(values, low, high) {
  const bins = new Array(BINS).fill(0);
  for (const value of values) bins[Math.min(BINS - 1, Math.floor(((value - low) / (high - low || 1)) * BINS))] += 1;
  return bins;
}
