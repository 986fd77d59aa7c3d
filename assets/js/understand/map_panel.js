// The drawing of the space: points, axes, the gap, and who is truly near. A table says the same.
import { make, percent } from '../shared/dom.js';
import { GapBars } from './gap_bars.js';
import { Scatter } from './scatter.js';

const VIEWS = ['apart', 'together', 'own'];

export class MapPanel {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('div', 'understand-panel');
    this.views = make('div', 'ui-switch understand-views');
    this.views.style.setProperty('--count', VIEWS.length);
    this.views.setAttribute('role', 'radiogroup');
    this.views.setAttribute('aria-label', ui.say('view'));
    this.buttons = VIEWS.map((view, place) => this.button(view, place));
    this.views.append(...this.buttons);
    this.ends = this.makeEnds();
    this.hint = make('p', 'ui-hint understand-hint');
    this.scatter = new Scatter(app, (point) => this.choose(point));
    this.shown = make('p', 'ui-hint');
    this.near = make('section', 'understand-near');
    const side = make('div', 'understand-map');
    side.append(this.scatter.node, this.near);
    this.gap = new GapBars(app);
    this.table = make('details', 'understand-table');
    this.table.addEventListener('toggle', () => this.drawTable());
    this.node.append(this.views, this.ends.node, this.hint, side, this.shown, this.gap.node, this.table);
  }

  button(view, place) {
    const { ui } = this.app;
    const button = ui.button({ text: ui.say(`view_${view}`), press: () => this.change(view) });
    button.setAttribute('role', 'radio');
    button.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const to = (place + step + VIEWS.length) % VIEWS.length;
      this.change(VIEWS[to]);
      this.buttons[to].focus();
    });
    return button;
  }

  makeEnds() {
    const { ui } = this.app;
    const node = make('form', 'understand-ends');
    const fields = ['left', 'right'].map((key) => {
      const field = make('input');
      Object.assign(field, { type: 'text', name: key, maxLength: 80, autocomplete: 'off' });
      field.setAttribute('aria-label', ui.say(`end_${key}`));
      field.placeholder = ui.say(`end_${key}`);
      return field;
    });
    const go = ui.button({ text: ui.say('draw'), className: 'main' });
    go.type = 'submit';
    node.addEventListener('submit', (event) => {
      event.preventDefault();
      this.app.state.ends = fields.map((field) => field.value.trim());
      this.app.results.map = null;
      this.app.ask('chart');
    });
    node.append(fields[0], make('span', 'understand-arrow', '→'), fields[1], go);
    return { node, fields };
  }

  get isAskable() {
    const { view, ends } = this.app.state;
    return view !== 'own' || ends.every(Boolean);
  }

  change(view) {
    const { app } = this;
    if (view === app.state.view) return;
    app.state.view = view;
    app.mistake = '';
    if (view === 'own' && !app.state.ends.some(Boolean)) app.state.ends = [app.state.texts[1] ?? '', app.state.texts[0] ?? ''];
    app.results.map = null;
    app.update();
  }

  choose(point) {
    this.chosen = point;
    this.drawNear();
  }

  update() {
    const { app } = this;
    const { view, ends } = app.state;
    VIEWS.forEach((name, place) => {
      this.buttons[place].setAttribute('aria-checked', String(name === view));
      this.buttons[place].tabIndex = name === view ? 0 : -1;
    });
    this.ends.node.hidden = view !== 'own';
    this.ends.fields.forEach((field, place) => {
      // Only what is news: what somebody has typed and not sent yet is theirs.
      if (field.dataset.told === ends[place]) return;
      field.dataset.told = ends[place];
      field.value = ends[place];
    });
    this.hint.textContent = app.ui.say(`view_${view}_help`);
    const { map } = app.results;
    this.node.dataset.empty = String(!map);
    if (!map || map === this.drawn) return;
    this.drawn = map;
    this.points = pointsOf(app, map);
    this.scatter.draw(map, this.points);
    this.choose(this.points.find(({ id }) => id && id === app.state.row) ?? this.points[0]);
    const [first, second] = map.shares.map(percent);
    const shows = app.ui.say('map_shows', { left: first, right: second });
    this.shown.textContent = map.of ? `${app.ui.say('map_of', { name: map.of })} ${shows}` : shows;
    this.gap.update(map.gap);
    this.drawTable();
  }

  // ---- the truth beside the drawing ----
  drawNear() {
    const { app, points, drawn } = this;
    const { ui } = app;
    const point = this.chosen;
    const list = make('ol');
    list.append(
      ...drawn.near[point.place].map((place, rank) => {
        const other = points[place];
        const entry = make('li');
        const button = make('button', 'understand-neighbour');
        button.type = 'button';
        button.append(pictureOf(other), make('span', '', other.name), make('b', '', drawn.near_cosines[point.place][rank].toFixed(2)));
        const flat = flatRank(points, point, other);
        button.setAttribute('aria-label', ui.say('neighbour', { name: other.name, cosine: drawn.near_cosines[point.place][rank].toFixed(2), number: flat }));
        button.append(make('small', '', ui.say('flat_rank', { number: flat })));
        button.addEventListener('click', () => {
          this.scatter.choose(other);
          this.choose(other);
        });
        entry.append(button);
        return entry;
      }),
    );
    const head = make('div', 'understand-point');
    head.append(pictureOf(point), make('b', '', point.name));
    this.near.replaceChildren(head, make('h3', '', ui.say('near')), make('p', 'ui-hint', ui.say('near_help')), list);
  }

  drawTable() {
    const { app, table, points, drawn } = this;
    const { ui } = app;
    const summary = table.querySelector('summary') ?? make('summary', '', ui.say('as_table'));
    if (!table.open || !drawn) {
      table.replaceChildren(summary);
      return;
    }
    const heads = ['point', 'kind', 'x', 'y', 'nearest'].map((key) => {
      const head = make('th', '', ui.say(`column_${key}`));
      head.scope = 'col';
      return head;
    });
    const row = make('tr');
    row.append(...heads);
    const top = make('thead');
    top.append(row);
    const body = make('tbody');
    body.append(
      ...points.map((point) => {
        const line = make('tr');
        const name = make('th', '', point.name);
        name.scope = 'row';
        const near = points[drawn.near[point.place][0]];
        const cells = [ui.say(point.id ? 'kind_picture' : 'kind_text'), point.x.toFixed(3), point.y.toFixed(3), near?.name ?? ''];
        line.append(name, ...cells.map((cell) => make('td', '', cell)));
        return line;
      }),
    );
    const whole = make('table');
    whole.append(top, body);
    const scroll = make('div', 'understand-scroll');
    scroll.append(whole);
    table.replaceChildren(summary, scroll);
  }
}

function pointsOf(app, map) {
  const pictures = map.ids.map((id) => ({ id, name: app.pictures.of(id).alt, src: app.pictures.of(id).src }));
  return [...pictures, ...map.texts.map((text) => ({ id: '', name: text, src: '' }))].map((point, place) => ({
    ...point, place, x: map.points[place][0], y: map.points[place][1],
  }));
}

// Which neighbour it seems to be on the drawing.
function flatRank(points, from, to) {
  const distance = (other) => Math.hypot(other.x - from.x, other.y - from.y);
  const mine = distance(to);
  return 1 + points.filter((other) => other !== from && other !== to && distance(other) < mine).length;
}

function pictureOf({ src, name }) {
  if (!src) return make('span', 'understand-text-mark');
  const image = make('img');
  Object.assign(image, { src, alt: '', title: name, loading: 'lazy' });
  return image;
}
