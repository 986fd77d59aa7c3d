// One map over its picture: grey where it is, heat in colours whose lightness alone tells the amount.
import { make } from '../shared/dom.js';
import { colourOf } from '../shared/scale.js';
import { verdictOf } from './verdict.js';

const SIDE = 336;

export class HeatCard {
  constructor(app, image, where, heat) {
    Object.assign(this, { app, image, where, heat });
    const { ui } = app;
    this.node = make('section', 'understand-card');
    this.canvas = make('canvas');
    const [rows, columns] = where.grid;
    this.canvas.width = SIDE;
    this.canvas.height = Math.round((SIDE * rows) / columns);
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', this.alt());
    this.isHidden = false;
    const hide = ui.button({ text: ui.say('hide_hot'), className: 'quiet', pressed: false });
    hide.addEventListener('click', () => {
      this.isHidden = !this.isHidden;
      hide.setAttribute('aria-pressed', String(this.isHidden));
      this.paint();
    });
    this.node.append(
      this.title(), this.canvas, make('p', 'ui-hint', ui.say(`method_${heat.method}_help`)),
      verdictOf(app, heat.verdict, 'parts'), hide, this.table(),
    );
    this.paint();
  }

  title() {
    const { ui } = this.app;
    const title = make('h3', '', ui.say(`method_${this.heat.method}`));
    if (this.heat === this.where.places[0]) title.append(' ', make('span', 'understand-tag', ui.say('recommended')));
    return title;
  }

  // Where the hottest patch lies, in words.
  alt() {
    const { app, heat, where } = this;
    const columns = where.grid[1];
    const at = heat.heat.indexOf(Math.max(...heat.heat));
    const places = { row: Math.floor(at / columns) + 1, column: (at % columns) + 1 };
    const third = (number, of) => Math.min(2, Math.floor((3 * (number - 0.5)) / of));
    const place = app.ui.say(`place_${third(places.row, where.grid[0])}${third(places.column, columns)}`);
    return app.ui.say('heat_alt', { name: app.ui.say(`method_${heat.method}`), text: where.sentence, place });
  }

  paint() {
    const { canvas, heat, where } = this;
    const context = canvas.getContext('2d');
    const [rows, columns] = where.grid;
    const [across, down] = [canvas.width / columns, canvas.height / rows];
    const isHot = new Set(heat.hot);
    context.filter = this.isHidden ? 'none' : 'grayscale(1)';
    context.imageSmoothingEnabled = true;
    context.drawImage(this.image, 0, 0, canvas.width, canvas.height);
    context.filter = 'none';
    heat.heat.forEach((amount, place) => {
      const [x, y] = [(place % columns) * across, Math.floor(place / columns) * down];
      if (this.isHidden && isHot.has(place)) {
        context.fillStyle = '#8a8f98';
        context.fillRect(x, y, across + 0.5, down + 0.5);
      } else if (!this.isHidden) {
        const [red, green, blue] = colourOf(amount);
        context.fillStyle = `rgb(${red} ${green} ${blue} / ${0.3 + 0.45 * amount})`;
        context.fillRect(x, y, across + 0.5, down + 0.5);
      }
    });
    if (!this.isHidden) this.outline(context, isHot, rows, columns, across, down);
  }

  // The border of the hottest fifth, white on black, seen on every ground.
  outline(context, isHot, rows, columns, across, down) {
    const path = new Path2D();
    for (const place of isHot) {
      const [row, column] = [Math.floor(place / columns), place % columns];
      const [x, y] = [column * across, row * down];
      const sides = [
        [row === 0 || !isHot.has(place - columns), x, y, x + across, y],
        [row === rows - 1 || !isHot.has(place + columns), x, y + down, x + across, y + down],
        [column === 0 || !isHot.has(place - 1), x, y, x, y + down],
        [column === columns - 1 || !isHot.has(place + 1), x + across, y, x + across, y + down],
      ];
      for (const [isEdge, fromX, fromY, toX, toY] of sides) {
        if (!isEdge) continue;
        path.moveTo(fromX, fromY);
        path.lineTo(toX, toY);
      }
    }
    context.lineCap = 'square';
    for (const [width, colour] of [[5, 'rgb(0 0 0 / 75%)'], [2, '#ffffff']]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke(path);
    }
  }

  table() {
    const { app, heat, where } = this;
    const details = make('details', 'understand-table');
    const summary = make('summary', '', app.ui.say('as_table'));
    details.append(summary);
    details.addEventListener('toggle', () => {
      if (!details.open || details.querySelector('table')) return;
      const table = make('table');
      const [rows, columns] = where.grid;
      for (let row = 0; row < rows; row += 1) {
        const line = make('tr');
        for (let column = 0; column < columns; column += 1) {
          line.append(make('td', '', Math.round(100 * heat.heat[row * columns + column])));
        }
        table.append(line);
      }
      const scroll = make('div', 'understand-scroll');
      scroll.append(table);
      details.append(make('p', 'ui-hint', app.ui.say('heat_table')), scroll);
    });
    return details;
  }
}
