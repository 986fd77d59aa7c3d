// One text written into several templates: a thin bar for each, a thick one for their mean.
import { make } from '../shared/dom.js';

export class TemplateBars {
  constructor(app) {
    this.app = app;
    this.node = make('section', 'understand-bars');
  }

  update(matrix) {
    const { app } = this;
    const { ui, state } = app;
    const column = matrix.texts.indexOf(state.text);
    const row = matrix.pictures.indexOf(state.row);
    this.node.hidden = column < 0 || row < 0;
    if (this.node.hidden) return;
    const lines = matrix.templates.map((template, place) => {
      const cosines = matrix.by_template[place][row];
      return { name: filled(template, state.text), cosine: cosines[column], best: matrix.texts[largest(cosines)] };
    });
    const all = matrix.cosines[row];
    lines.push({ name: ui.say('mean'), cosine: all[column], best: matrix.texts[largest(all)], isMean: true });
    const numbers = lines.map(({ cosine }) => cosine);
    const high = Math.max(0.05, ...numbers.map(Math.abs));
    const table = make('table');
    const head = make('tr');
    head.append(...['template', 'bar', 'cosine', 'best'].map((key) => {
      const cell = make('th', key === 'bar' ? 'bar-cell' : '', key === 'bar' ? '' : ui.say(`bars_${key}`));
      cell.scope = 'col';
      return cell;
    }));
    const top = make('thead');
    top.append(head);
    const body = make('tbody');
    body.append(...lines.map((line) => this.line(line, high)));
    table.append(top, body);
    this.node.replaceChildren(make('h3', '', ui.say('bars')), make('p', 'ui-hint', ui.say('bars_help')), table);
  }

  line({ name, cosine, best, isMean }, high) {
    const row = make('tr', isMean ? 'mean' : '');
    const head = make('th', '', name);
    head.scope = 'row';
    const cell = make('td', 'bar-cell');
    const bar = make('span', 'bar');
    bar.style.setProperty('--part', Math.abs(cosine) / high);
    bar.dataset.below = String(cosine < 0);
    cell.append(bar);
    row.append(head, cell, make('td', 'cosine', cosine.toFixed(3)), make('td', '', best));
    return row;
  }
}

const largest = (numbers) => numbers.indexOf(Math.max(...numbers));
const filled = (template, text) => (template.includes('{}') ? template.replace('{}', text) : `${template} ${text}`);
