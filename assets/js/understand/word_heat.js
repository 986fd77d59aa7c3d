// Which words of the sentence the picture is in, by one method: words with bars, and the verdict.
import { make } from '../shared/dom.js';
import { verdictOf } from './verdict.js';

export class WordHeat {
  constructor(app, where, heat) {
    const { ui } = app;
    this.node = make('section', 'understand-card understand-word-heat');
    const table = make('table');
    table.setAttribute('aria-label', ui.say(`words_${heat.method}`));
    const body = make('tbody');
    const isHot = new Set(heat.hot);
    body.append(
      ...where.words.map((word, place) => {
        const row = make('tr', isHot.has(place) ? 'hot' : '');
        const name = make('th', '', word);
        name.scope = 'row';
        const cell = make('td', 'bar-cell');
        const bar = make('span', 'bar');
        bar.style.setProperty('--part', heat.heat[place]);
        cell.append(bar);
        row.append(name, cell, make('td', '', Math.round(100 * heat.heat[place])));
        return row;
      }),
    );
    table.append(body);
    this.node.append(make('h4', '', ui.say(`words_${heat.method}`)), table, verdictOf(app, heat.verdict, 'words', where.words.length));
  }
}
