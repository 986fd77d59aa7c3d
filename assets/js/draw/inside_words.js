// Where each word acts: heat over the picture, a small map for each word, at one step or all together.
import { make, percent } from '../shared/dom.js';
import { asRadios, markRadio } from '../shared/radios.js';
import { meanOf, partAt, peakOf, rangeOf, strongestNinth } from './inside_maps.js';
import { Scale, figure, fitCanvas, paintHeat } from './inside_painting.js';

const LARGE = 512;
const SMALL = 120;

export class WordMaps {
  constructor(inside) {
    Object.assign(this, { inside, isMean: true, word: '', part: null });
    const { ui } = inside;
    this.large = figure();
    this.scale = new Scale();
    this.switch = make('div', 'ui-switch two');
    asRadios(this.switch, inside.say('which_steps'));
    this.choices = [true, false].map((isMean) => {
      const button = ui.button({ text: inside.say(isMean ? 'all_steps' : 'this_step'), press: () => this.setMean(isMean) });
      button.setAttribute('role', 'radio');
      return button;
    });
    this.switch.append(...this.choices);
    this.tiles = make('div', 'lid-tiles');
    this.mixed = make('p', 'lid-small', inside.say('words_mixed'));
    const left = make('div', 'lid-column');
    left.append(this.large.node, this.scale.node);
    const right = make('div', 'lid-column');
    right.append(this.switch, this.tiles, this.mixed);
    this.body = make('div', 'lid-halves');
    this.body.append(left, right);
    this.none = make('p', 'lid-none', inside.say('words_none'));
    this.table = inside.table(() => this.rows());
    this.caution = make('p', 'lid-caution', inside.say('words_caution'));
    this.node = inside.panel('words', this.none, this.body, this.caution, this.table);
  }

  setMean(isMean) {
    this.isMean = isMean;
    this.inside.update();
  }

  // Whoever moves the slider wants to see what changes from step to step.
  scrubbed() {
    this.isMean = false;
  }

  show() {
    const { drawing } = this.inside;
    const has = drawing.parts.length > 0;
    this.none.hidden = has;
    for (const node of [this.body, this.caution, this.table]) node.hidden = !has;
    this.mixed.hidden = !drawing.is_mixed;
    this.part = null;
    this.word = '';
    this.isMean = true;
  }

  // The words of the stretch that the step is in; a branch may have others later on.
  takePart(part) {
    if (part === this.part) return;
    this.part = part;
    const names = part.names.map((name, place) => ({ ...name, place }));
    const words = names.filter(({ kind }) => kind === 'word');
    // The word whose map says most: one place stands out.
    const peak = ({ place }) => peakOf(meanOf(this.inside.drawing.mapsOf(part, place)));
    const best = [...words].sort((a, b) => peak(b) - peak(a))[0] ?? names[0];
    const same = words.find(({ text }) => text === this.word);
    this.place = (same ?? best).place;
    this.each = names.map((name) => this.tile(name));
    // Words as they stand in the prompt, then the marks around them.
    const marks = this.each.filter(({ kind }) => kind !== 'word');
    this.tiles.replaceChildren(...this.each.filter(({ kind }) => kind === 'word').map(({ node }) => node), ...marks.map(({ node }) => node));
  }

  tile({ text, kind, place }) {
    const node = make('button', 'lid-tile');
    node.type = 'button';
    node.dataset.kind = kind;
    const canvas = make('canvas');
    const share = make('span', 'lid-share');
    node.append(canvas, make('span', 'lid-word', this.nameOf({ text, kind })), share);
    node.addEventListener('click', () => {
      this.place = place;
      this.word = text;
      this.inside.update();
      this.inside.tell(this.large.canvas.getAttribute('aria-label'));
    });
    return { node, canvas, share, kind, place };
  }

  nameOf({ text, kind }) {
    return kind === 'word' ? text : this.inside.say(`mark_${kind}`);
  }

  mapOf(place) {
    const { drawing, step } = this.inside;
    const maps = drawing.mapsOf(this.part, place);
    return this.isMean ? meanOf(maps) : maps[step - this.part.first];
  }

  shareOf(place) {
    const { shares, first } = this.part;
    if (!this.isMean) return shares[this.inside.step - first][place];
    return shares.reduce((sum, row) => sum + row[place] / shares.length, 0);
  }

  update() {
    const { inside } = this;
    const { drawing, step } = inside;
    if (!drawing.parts.length) return;
    this.takePart(partAt(drawing.parts, step));
    this.choices.forEach((button, at) => markRadio(button, this.isMean === (at === 0)));
    for (const { node, canvas, share, place } of this.each) {
      this.paint(canvas, place, SMALL);
      share.textContent = this.percentOf(place);
      node.setAttribute('aria-pressed', String(place === this.place));
    }
    const map = this.paint(this.large.canvas, this.place, LARGE);
    this.tellLarge(map);
  }

  percentOf(place) {
    return `${percent(this.shareOf(place))} %`;
  }

  paint(canvas, place, longest) {
    const { drawing, step } = this.inside;
    fitCanvas(canvas, drawing.size, longest);
    if (this.isMean) drawing.paintPicture(canvas);
    else drawing.paintPredicted(canvas, step);
    const map = this.mapOf(place);
    paintHeat(canvas, map, this.part.maps.grid);
    return map;
  }

  tellLarge(map) {
    const { inside, part } = this;
    const [low, high] = rangeOf(map).map(percent);
    const word = this.nameOf(part.names[this.place]);
    const places = { word, step: inside.step, steps: inside.drawing.steps, low, high, percent: percent(this.shareOf(this.place)) };
    const place = inside.placeName(strongestNinth(map, part.maps.grid));
    this.large.caption.textContent = inside.say(this.isMean ? 'word_all' : 'word_step', places);
    this.large.canvas.setAttribute('aria-label', inside.say('word_alt', { ...places, place }));
    this.scale.tell(`${low} %`, `${high} %`);
  }

  rows() {
    const { inside, part } = this;
    if (!part) return [];
    const { first, last, names, shares, maps: { grid } } = part;
    const middle = Math.floor((first + last) / 2);
    const steps = [...new Set([first, middle, last])];
    const head = [inside.say('column_word'), ...steps.map((step) => inside.say('step_of', { step, steps: inside.drawing.steps })), inside.say('column_place')];
    const rows = names.map((name, place) => [
      this.nameOf(name),
      ...steps.map((step) => `${percent(shares[step - first][place])} %`),
      inside.placeName(strongestNinth(meanOf(inside.drawing.mapsOf(part, place)), grid)),
    ]);
    return [head, ...rows];
  }
}
