// The grid: rows and columns with their values, a cell for each pair; arrow keys walk over it.
import { make } from '../shared/dom.js';
import { Cell, markOf } from './compare_cell.js';

// In the corner words stand under the name that they have in the pattern.
const PLACES = { row_words: '{A}', column_words: '{B}' };

export class GridPanel {
  constructor(app) {
    this.app = app;
    this.node = make('div', 'compare-panel');
    this.scroll = make('div', 'compare-scroll');
    this.hint = make('p', 'ui-hint compare-reading');
    this.node.append(this.scroll, this.hint);
    this.cells = [];
    this.scroll.addEventListener('keydown', (event) => this.walk(event));
  }

  update() {
    const result = this.app.results.grid;
    this.hint.textContent = result ? this.app.ui.say(`reading_${result.plan.kind}`) : this.app.ui.say('empty_grid');
    if (!result) {
      this.scroll.replaceChildren();
      this.drawn = null;
      return;
    }
    if (this.drawn !== result) this.build(result);
    this.cells.forEach((cell, index) => {
      const isChosen = index === result.chosen;
      cell.update(result, result.cells[index], isChosen);
      cell.node.tabIndex = isChosen ? 0 : -1;
    });
  }

  build(result) {
    this.drawn = result;
    const { app } = this;
    const { axes, rows, columns, size } = result.plan;
    const isNarrow = rows.every((value) => String(value).length < 5);
    const table = make('table', `compare-grid${isNarrow ? ' narrow' : ''}`);
    table.style.setProperty('--columns', columns.length);
    table.style.setProperty('--rows', rows.length);
    table.style.setProperty('--aspect', `${size[1]} / ${size[0]}`);
    const head = make('tr');
    const corner = make('td', 'compare-corner');
    corner.append(...[axes[1], axes[0]].map((axis) => make('span', '', PLACES[axis] ?? app.ui.say(`axis_${axis}`))));
    head.append(corner, ...columns.map((value) => header(app, 'col', axes[1], value)));
    this.cells = result.cells.map(({ index }) => new Cell(app, () => app.choose(index)));
    const body = make('tbody');
    rows.forEach((value, row) => {
      const line = make('tr');
      line.append(header(app, 'row', axes[0], value));
      for (const cell of this.cells.slice(row * columns.length, (row + 1) * columns.length)) {
        const place = make('td');
        place.append(cell.node);
        line.append(place);
      }
      body.append(line);
    });
    const top = make('thead');
    top.append(head);
    table.append(top, body);
    this.scroll.replaceChildren(table);
  }

  walk(event) {
    const result = this.app.results.grid;
    const here = this.cells.findIndex(({ node }) => node === document.activeElement);
    if (!result || here < 0) return;
    const { columns } = result;
    const column = here % columns;
    const steps = {
      ArrowRight: column + 1 < columns ? 1 : 0, ArrowLeft: column ? -1 : 0, ArrowDown: columns, ArrowUp: -columns,
      Home: -column, End: columns - 1 - column,
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const to = here + steps[event.key];
    if (!this.cells[to] || to === here) return;
    this.app.choose(to);
    this.cells[to].node.focus();
  }
}

function header(app, scope, axis, value) {
  const name = axis.endsWith('words') || axis === 'scheduler' ? markOf(app, axis, value) : String(value);
  const head = make('th', '', name);
  head.scope = scope;
  return head;
}
