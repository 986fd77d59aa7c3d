// Points on a plane: pictures as dots (the compared ones as small pictures), texts as words.
import { make } from '../shared/dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT, EDGE] = [720, 560, 34];
const THUMB = 38;
// About how wide a letter is, to keep words inside.
const LETTER = 10;

export class Scatter {
  constructor(app, choose) {
    this.app = app;
    this.tell = choose;
    this.node = make('div', 'understand-scatter');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'application');
    this.node.setAttribute('aria-label', app.ui.say('map_label'));
    this.node.addEventListener('keydown', (event) => this.walk(event));
    this.node.addEventListener('click', (event) => {
      const place = event.target.closest('[data-place]')?.dataset.place;
      if (place !== undefined) this.pick(this.points[Number(place)]);
    });
  }

  draw(map, points) {
    this.points = points;
    const svg = element('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' });
    const [toX, toY] = this.scales(points, map.view === 'own');
    this.at = points.map(({ x, y }) => [toX(x), toY(y)]);
    const axes = [element('line', { class: 'axis', x1: 0, x2: WIDTH, y1: toY(0), y2: toY(0) }), element('line', { class: 'axis', x1: toX(0), x2: toX(0), y1: 0, y2: HEIGHT })];
    svg.append(...axes);
    const compared = new Set(this.app.state.pictures);
    const order = (point) => (point.id ? (compared.has(point.id) ? 1 : 0) : 2);
    const drawn = [...points].sort((a, b) => order(a) - order(b));
    svg.append(...drawn.map((point) => this.mark(point, compared.has(point.id))));
    if (map.view === 'own') svg.append(this.end(`← ${map.ends[0]}`, 8, 'start'), this.end(`${map.ends[1]} →`, WIDTH - 8, 'end'));
    this.node.replaceChildren(svg);
  }

  scales(points, isCentred) {
    const range = (values, size) => {
      let [low, high] = [Math.min(...values), Math.max(...values)];
      // The middle of an axis of one's own stays in the middle.
      if (isCentred) [low, high] = [-Math.max(-low, high), Math.max(-low, high)];
      const room = high - low || 1;
      return (value) => EDGE + ((value - low) / room) * (size - 2 * EDGE);
    };
    const x = range(points.map((point) => point.x), WIDTH);
    const y = range(points.map((point) => -point.y), HEIGHT);
    return [x, (value) => y(-value)];
  }

  mark(point, isCompared) {
    const [x, y] = this.at[point.place];
    const group = element('g', { 'data-place': point.place, class: point.id ? 'picture' : 'text' });
    if (!point.id) {
      group.append(element('rect', { x: x - 5, y: y - 5, width: 10, height: 10, transform: `rotate(45 ${x} ${y})` }));
      const isLate = x + 14 + LETTER * point.name.length > WIDTH;
      const words = element('text', { x: isLate ? x - 10 : x + 10, y: y + 5, 'text-anchor': isLate ? 'end' : 'start' });
      words.textContent = point.name;
      group.append(words);
    } else if (isCompared) {
      group.append(element('image', { href: point.src, x: x - THUMB / 2, y: y - THUMB / 2, width: THUMB, height: THUMB, preserveAspectRatio: 'xMidYMid slice' }));
      group.append(element('rect', { class: 'frame', x: x - THUMB / 2, y: y - THUMB / 2, width: THUMB, height: THUMB }));
    } else {
      group.append(element('circle', { cx: x, cy: y, r: 4.5 }));
    }
    const title = element('title', {});
    title.textContent = point.name;
    group.append(title);
    return group;
  }

  end(text, x, anchor) {
    const words = element('text', { class: 'end', x, y: HEIGHT - 10, 'text-anchor': anchor });
    words.textContent = text;
    return words;
  }

  choose(point) {
    this.chosen = point;
    const svg = this.node.querySelector('svg');
    svg.querySelector('.ring')?.remove();
    const [x, y] = this.at[point.place];
    svg.append(element('circle', { class: 'ring', cx: x, cy: y, r: point.id && this.app.state.pictures.includes(point.id) ? 30 : 13 }));
  }

  pick(point) {
    this.choose(point);
    this.tell(point);
  }

  // Arrow keys go to the nearest point on that side.
  walk(event) {
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (!step || !this.points?.length) return;
    event.preventDefault();
    const from = this.at[(this.chosen ?? this.points[0]).place];
    let best = null;
    let least = Infinity;
    this.points.forEach((point) => {
      const [dx, dy] = [this.at[point.place][0] - from[0], this.at[point.place][1] - from[1]];
      const along = dx * step[0] + dy * step[1];
      const across = Math.abs(dx * step[1]) + Math.abs(dy * step[0]);
      const cost = along + 2 * across;
      if (along > 0.5 && across <= 2 * along && cost < least) [best, least] = [point, cost];
    });
    if (!best) return;
    this.pick(best);
    this.app.announce(best.name);
  }
}

function element(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
