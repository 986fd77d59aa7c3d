// Where the queries look: a large map of the chosen ones, a small map of each, and what was found
// by switching each off right beside its map.
import { make, percent } from '../shared/dom.js';
import { colourOf, lookersAt, meanMap, ninths, readLooks } from './inside_maps.js';
import { share } from './inside_answers.js';

const LARGE = 640;
const SMALL = 132;
const MOST_REGIONS = 5;
// Opacity of the colour over the picture, of 255: what is not looked at stays easy to recognise.
const FAINTEST = 118;
const STRONGEST = 215;

export class Look {
  constructor(inside) {
    Object.assign(this, { inside, looks: null, picture: null, shownFor: '', layer: null, head: null, place: null });
    this.told = make('p', 'inside-told');
    this.none = make('p', 'inside-none');
    this.canvas = make('canvas', 'inside-large');
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'application');
    this.canvas.addEventListener('click', (event) => this.pressAt(event));
    this.canvas.addEventListener('keydown', (event) => this.moveBy(event));
    this.named = make('p', 'inside-named');
    this.sliders = make('div', 'inside-sliders');
    this.elsewhere = make('p', 'inside-numbers');
    this.regions = make('ol', 'inside-regions');
    this.tiles = make('div', 'inside-tiles');
    this.body = make('div', 'inside-look-body');
    const large = make('div', 'inside-look-large');
    large.append(this.canvas, this.scale(), this.named, this.sliders);
    large.append(make('p', 'inside-hint', inside.say('regions')), this.regions, this.elsewhere);
    const small = make('div', 'inside-look-small');
    this.every = inside.button('all_queries', () => this.chooseAll(), 'quiet');
    small.append(make('p', 'inside-hint', inside.say('tiles_help')), this.tiles, this.every);
    this.body.append(large, small);
    this.cautions = inside.caution('look_caution_why', 'look_caution_mixed', 'look_caution_scaled', 'look_caution_test');
    // What is known of this model's maps in particular.
    this.about = make('li');
    this.about.hidden = true;
    this.cautions.querySelector('ul').prepend(this.about);
    this.section = inside.section('look', this.told, this.none, this.body, this.cautions);
  }

  show() {
    const { inside } = this;
    const { model } = inside;
    const hasMaps = model.queries > 0;
    this.none.hidden = hasMaps;
    this.none.textContent = hasMaps ? '' : inside.say('look_none', { model: model.title });
    this.cautions.hidden = !hasMaps;
    const shownFor = [inside.app.picture.id, model.key, inside.subject?.id].join('|');
    if (!hasMaps) this.body.hidden = true;
    else if (shownFor !== this.shownFor) this.fetch();
    this.shownFor = shownFor;
    this.drawMarks(null);
  }

  async fetch() {
    const { inside } = this;
    this.body.hidden = true;
    this.looks = this.place = null;
    const asked = { picture_id: inside.app.picture.id, model: inside.model.key, turn: inside.subject?.id ?? 'caption' };
    const answer = await inside.ask('looks', asked, this.told);
    if (!answer) {
      // Asked once more when something changes.
      this.shownFor = '';
      return;
    }
    this.looks = readLooks(answer);
    this.picture = answer.part ? await load(answer.part) : inside.app.picture.image;
    this.layer = this.head = null;
    this.body.hidden = false;
    this.about.textContent = answer.about ?? '';
    this.about.hidden = !answer.about;
    this.buildSliders();
    this.buildTiles();
    inside.choose([]);
  }

  // ---- layers and heads ----
  buildSliders() {
    const { layers, heads } = this.looks;
    this.sliders.replaceChildren(this.slider('layer', layers), this.slider('head', heads));
  }

  slider(key, count) {
    const { inside } = this;
    const label = make('label', 'inside-slider');
    const now = make('output', '', inside.say('mean_of', { count }));
    const head = make('span', 'inside-slider-head');
    head.append(make('span', '', inside.say(key)), now);
    const range = make('input');
    Object.assign(range, { type: 'range', min: 0, max: count, step: 1, value: 0, name: `inside-${key}` });
    const tell = () => {
      const value = Number(range.value);
      this[key] = value ? value - 1 : null;
      now.textContent = value ? inside.say('number_of', { number: value, count }) : inside.say('mean_of', { count });
      range.setAttribute('aria-valuetext', now.textContent);
    };
    range.addEventListener('input', () => {
      tell();
      this.drawTiles();
      this.drawChosen();
    });
    tell();
    label.append(head, range);
    return label;
  }

  scale() {
    const scale = make('div', 'inside-scale');
    const stops = Array.from({ length: 10 }, (_, place) => `rgb(${colourOf(place / 9).join(' ')})`);
    const bar = make('span', 'inside-scale-bar');
    bar.style.background = `linear-gradient(90deg, ${stops.join(', ')})`;
    scale.append(make('span', '', this.inside.say('least')), bar, make('span', '', this.inside.say('most')));
    return scale;
  }

  // ---- the small maps ----
  buildTiles() {
    const { inside } = this;
    this.each = Array.from({ length: this.looks.queries }, (_, query) =>
      this.tile(inside.say('query', { number: query + 1 }), () => {
        const chosen = new Set(inside.chosen);
        if (!chosen.delete(query)) chosen.add(query);
        inside.choose(chosen);
      }));
    this.tiles.replaceChildren(...this.each.map(({ node }) => node));
    this.drawTiles();
  }

  tile(name, press) {
    const node = make('button', 'inside-tile');
    node.type = 'button';
    const canvas = make('canvas');
    const mark = make('span', 'inside-mark');
    mark.hidden = true;
    node.append(canvas, make('span', 'inside-tile-name', name), mark);
    node.addEventListener('click', press);
    return { node, canvas, mark, name };
  }

  drawTiles() {
    if (!this.looks) return;
    this.each.forEach(({ canvas }, query) => this.paint(canvas, [query], SMALL));
  }

  drawChosen() {
    const { inside, looks } = this;
    if (!looks) return;
    const chosen = [...inside.chosen];
    const { map, elsewhere } = this.paint(this.canvas, chosen, LARGE);
    const name = chosen.length ? inside.say('chosen', { words: inside.named(chosen) }) : inside.say('all_together', { count: looks.queries });
    this.named.textContent = name;
    this.elsewhere.textContent = inside.say('elsewhere', { percent: percent(elsewhere) });
    const places = ninths(map, looks.grid).map((part, at) => ({ part, name: inside.say(PLACES[at]) }));
    places.sort((a, b) => b.part - a.part);
    this.regions.replaceChildren(...places.slice(0, MOST_REGIONS).map((place) => {
      const row = make('li');
      row.style.setProperty('--part', place.part);
      row.append(make('span', '', place.name), make('b', '', share(place.part)));
      return row;
    }));
    const told = places.slice(0, 3).map((place) => `${place.name} ${share(place.part)}`).join(', ');
    this.canvas.setAttribute('aria-label', `${name}: ${told}. ${inside.say('look_keys')}`);
    this.every.disabled = !chosen.length;
    this.each.forEach(({ node }, query) => node.setAttribute('aria-pressed', String(inside.chosen.has(query))));
  }

  // The picture in grey, and each patch in the colour of its weight; patches stay square-edged, for
  // finer than these the model does not see.
  paint(canvas, queries, wide) {
    const { looks, picture } = this;
    const found = meanMap(looks, queries, this.layer, this.head);
    const ratio = picture.naturalHeight / picture.naturalWidth || 1;
    canvas.width = Math.round(ratio > 1 ? wide / ratio : wide);
    canvas.height = Math.round(ratio > 1 ? wide : wide * ratio);
    const pen = canvas.getContext('2d');
    pen.filter = 'grayscale(1)';
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    pen.filter = 'none';
    pen.imageSmoothingEnabled = false;
    pen.drawImage(coloured(found.map, looks.grid), 0, 0, canvas.width, canvas.height);
    if (wide === LARGE && this.place) mark(pen, this.place, canvas);
    return found;
  }

  // ---- a place in the picture ----
  pressAt(event) {
    const rect = this.canvas.getBoundingClientRect();
    this.lookAt((event.clientX - rect.left) / rect.width, (event.clientY - rect.top) / rect.height);
  }

  moveBy(event) {
    const step = STEPS[event.key];
    if (!step || !this.looks) return;
    event.preventDefault();
    const [height, width] = this.looks.grid;
    const [x, y] = this.place ?? [0.5, 0.5];
    this.lookAt(clamp(x + step[0] / width), clamp(y + step[1] / height));
  }

  chooseAll() {
    this.place = null;
    this.inside.choose([]);
  }

  // Chooses the quarter of the queries that look at this place most.
  lookAt(x, y) {
    if (!this.looks) return;
    this.place = [x, y];
    const count = Math.max(1, Math.round(this.looks.queries / 4));
    const order = lookersAt(this.looks, this.layer, this.head, x, y);
    this.inside.choose(order.slice(0, count).map(({ query }) => query));
    this.inside.region.textContent = this.named.textContent;
  }

  // ---- what switching each off did, beside its map ----
  drawMarks(found) {
    if (!this.looks) return;
    this.each.forEach(({ mark, node, name }, query) => {
      const one = found?.get(query);
      mark.hidden = !one;
      delete mark.dataset.same;
      node.setAttribute('aria-label', name);
      if (!one) return;
      const changed = changeOf(one);
      mark.dataset.same = String(one.is_same);
      mark.style.setProperty('--part', Math.min(1, Math.abs(changed)));
      mark.textContent = signed(changed);
      node.setAttribute('aria-label', `${name}. ${this.inside.say('off_told', { percent: signed(changed), word: one.text })}`);
    });
  }
}

// By what part of itself the chance of the old answer grew or fell.
export const changeOf = ({ before, chance }) => (before > 0 ? (chance - before) / before : 0);

export function signed(part) {
  const number = (100 * Math.abs(part)).toFixed(0);
  return number === '0' ? '0 %' : `${part < 0 ? '−' : '+'}${number} %`;
}

const PLACES = [
  'top_left', 'top', 'top_right', 'left', 'middle', 'right', 'bottom_left', 'bottom', 'bottom_right',
].map((name) => `place_${name}`);

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const clamp = (part) => Math.min(0.999, Math.max(0, part));

function coloured(map, [height, width]) {
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d');
  const image = pen.createImageData(width, height);
  const largest = Math.max(...map, 1e-9);
  map.forEach((weight, at) => {
    const part = weight / largest;
    image.data.set([...colourOf(part), FAINTEST + part * (STRONGEST - FAINTEST)], 4 * at);
  });
  pen.putImageData(image, 0, 0);
  return canvas;
}

function mark(pen, [x, y], { width, height }) {
  for (const [wide, colour] of [[5, '#000000'], [2, '#ffffff']]) {
    pen.lineWidth = wide;
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.arc(x * width, y * height, 12, 0, 7);
    pen.stroke();
  }
}

async function load({ src }) {
  const image = new Image();
  image.src = src;
  await image.decode();
  return image;
}
