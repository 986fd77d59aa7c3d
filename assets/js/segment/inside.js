// See inside: the masks behind the choice, the logits, what each click changed, and what the model
// holds alike. Drawn only while the drawer is open.
import { call } from '../shared/calling.js';
import { make, percent } from '../shared/dom.js';
import { WORKING } from './colours.js';
import { placedOn } from './thumbs.js';

const LEAST_LOGIT = 8;

export class Inside {
  constructor(app) {
    this.app = app;
    this.place = `[data-inside-of="${app.name}"]`;
    this.drawn = '';
    this.similarOf = '';
    new IntersectionObserver(() => this.update()).observe(app.root);
    document.addEventListener('click', () => requestAnimationFrame(() => this.update()));
  }

  get node() {
    const node = document.querySelector(this.place);
    return node?.offsetParent ? node : null;
  }

  update() {
    const { node, app } = this;
    if (!node || !app.picture) return;
    if (!node.firstChild) this.build(node);
    const { working } = app.now;
    const answer = app.decoding.of(working);
    const key = [app.picture.id, working?.key, Boolean(answer), answer && app.decoding.chosenOf(working), working?.threshold].join();
    if (key === this.drawn) return;
    this.drawn = key;
    if (app.picture.id !== this.similarOf) this.drawSimilar();
    this.masks.replaceChildren(...(answer ? this.masksOf(working, answer) : [this.hint('inside_none')]));
    this.drawLogits(working, answer);
    this.changes.replaceChildren(...this.changesOf(working));
    this.times.textContent = this.timesOf(answer);
  }

  hint(key) {
    return make('p', 'ui-hint', this.app.ui.say(key));
  }

  build(node) {
    const { ui } = this.app;
    const part = (key, ...content) => {
      const section = make('section');
      section.append(make('h3', '', ui.say(key)), make('p', 'ui-hint', ui.say(`${key}_help`)), ...content);
      return section;
    };
    this.masks = make('div', 'segment-figures');
    this.logits = make('canvas', 'segment-map');
    this.logitsTold = make('p', 'segment-numbers');
    this.scale = make('div', 'segment-scale');
    this.changes = make('div', 'segment-figures');
    this.similar = make('canvas', 'segment-map live');
    this.similar.tabIndex = 0;
    this.similar.setAttribute('role', 'img');
    this.similar.setAttribute('aria-label', ui.say('inside_similar'));
    this.times = make('p', 'segment-numbers');
    node.replaceChildren(
      part('inside_masks', this.masks), part('inside_logits', this.logits, this.scale, this.logitsTold),
      part('inside_similar', this.similar), part('inside_changes', this.changes), part('inside_times', this.times),
    );
    this.similar.addEventListener('click', (event) => this.askSimilar(event));
  }

  // A canvas of the picture's form, about as wide as its figure.
  canvasFor(canvas = make('canvas'), wide = 360) {
    const { width, height } = this.app.picture;
    const scale = Math.min(wide / width, (wide * 0.75) / height);
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const pen = canvas.getContext('2d');
    pen.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    return { canvas, pen, scale };
  }

  figure(canvas, ...lines) {
    const figure = make('figure');
    const caption = make('figcaption');
    caption.append(...lines.map(([tag, text]) => make(tag, '', text)));
    figure.append(canvas, caption);
    return figure;
  }

  masksOf(working, answer) {
    const { app } = this;
    const chosen = app.decoding.chosenOf(working);
    return app.candidatesBySize().map(({ candidate, index, part }) => {
      const { canvas, pen, scale } = this.canvasFor();
      pen.globalAlpha = 0.35;
      pen.drawImage(app.picture.image, 0, 0, app.picture.width, app.picture.height);
      pen.globalAlpha = 1;
      const plain = { ...working, refine: { holes: 0, islands: 0, grow: 0, feather: 0 }, strokes: NO_STROKES };
      const placed = placedOn(app.picture, app.rendering.pathOf(plain, candidate, app.view.layerSize()));
      pen.fillStyle = 'rgb(47 107 242 / 0.5)';
      pen.fill(placed, 'evenodd');
      pen.strokeStyle = WORKING;
      pen.lineWidth = 2 / scale;
      pen.stroke(placed);
      const places = { percent: percent(part), iou: candidate.iou.toFixed(2), stability: candidate.stability.toFixed(2) };
      const figure = this.figure(canvas, ['b', index === chosen ? app.ui.say('shown_one') : `${percent(part)} %`], ['span', app.ui.say('numbers', places)]);
      figure.dataset.chosen = String(index === chosen);
      return figure;
    });
  }

  drawLogits(working, answer) {
    const { app } = this;
    this.logits.hidden = this.scale.hidden = !answer;
    this.logitsTold.textContent = '';
    if (!answer) return;
    const { canvas } = this.canvasFor(this.logits, 720);
    const size = { width: canvas.width, height: canvas.height };
    const logits = app.rendering.logitsOf(app.decoding.candidateOf(working), size);
    let most = LEAST_LOGIT;
    let least = 0;
    for (const value of logits) {
      if (value > most) most = value;
      if (value < least) least = value;
    }
    const pen = canvas.getContext('2d');
    pen.setTransform(1, 0, 0, 1, 0, 0);
    const image = pen.createImageData(size.width, size.height);
    for (let at = 0; at < logits.length; at += 1) {
      const share = Math.max(-1, Math.min(1, (logits[at] - working.threshold) / most));
      const near = Math.abs(logits[at] - working.threshold) < most / 60;
      image.data.set(near ? [20, 24, 31, 255] : colourOf(share), 4 * at);
    }
    pen.putImageData(image, 0, 0);
    this.logitsTold.textContent = app.ui.say('logit_range', { number: least.toFixed(1), all: most.toFixed(1) });
  }

  // One figure for each step: what came (bright) and what went (dark).
  changesOf(working) {
    const { app } = this;
    const chain = [];
    for (let one = working; one; one = one.parent) if (app.decoding.of(one)) chain.unshift(one);
    if (chain.length < 2) return [this.hint('inside_changes_none')];
    const { width, height } = this.canvasFor().canvas;
    const size = { width, height };
    const maskOf = (one) => app.rendering.maskOf({ ...one, strokes: NO_STROKES }, app.decoding.candidateOf(one), size);
    return chain.slice(1).map((one, place) => {
      const [before, after] = [maskOf(chain[place]), maskOf(one)];
      const { canvas } = this.canvasFor();
      const pen = canvas.getContext('2d');
      const image = pen.createImageData(width, height);
      let [came, went] = [0, 0];
      for (let at = 0; at < after.length; at += 1) {
        const [was, is] = [before[at], after[at]];
        if (is && !was) came += 1;
        if (was && !is) went += 1;
        image.data.set(is && was ? [143, 181, 255, 255] : is ? [31, 87, 219, 255] : was ? [232, 89, 12, 255] : [223, 226, 232, 255], 4 * at);
      }
      pen.putImageData(image, 0, 0);
      const places = { number: place + 2 };
      const told = app.ui.say('changed', { percent: percent(came / after.length), all: percent(went / after.length) });
      return this.figure(canvas, ['b', app.ui.say('click_number', places)], ['span', told]);
    });
  }

  drawSimilar(answer = null, at = null) {
    const { app } = this;
    this.similarOf = app.picture.id;
    this.similar.dataset.asked = String(Boolean(answer));
    const { pen, scale } = this.canvasFor(this.similar, 720);
    pen.drawImage(app.picture.image, 0, 0, app.picture.width, app.picture.height);
    if (!answer) return;
    const values = Uint8Array.from(atob(answer.values), (sign) => sign.charCodeAt(0));
    const map = new OffscreenCanvas(answer.width, answer.height);
    const small = map.getContext('2d');
    const image = small.createImageData(answer.width, answer.height);
    values.forEach((value, place) => image.data.set([255, 140 + value / 3, 0, value], 4 * place));
    small.putImageData(image, 0, 0);
    pen.fillStyle = 'rgb(10 14 24 / 0.55)';
    pen.fillRect(0, 0, app.picture.width, app.picture.height);
    pen.drawImage(map, 0, 0, app.picture.width, app.picture.height);
    pen.lineWidth = 3 / scale;
    pen.strokeStyle = '#ffffff';
    pen.beginPath();
    pen.arc(at[0], at[1], 8 / scale, 0, 7);
    pen.stroke();
  }

  async askSimilar(event) {
    const { app } = this;
    if (!app.picture?.id) return;
    const rect = this.similar.getBoundingClientRect();
    const x = ((event.clientX - rect.left) * app.picture.width) / rect.width;
    const y = ((event.clientY - rect.top) * app.picture.height) / rect.height;
    const { id } = app.picture;
    const answer = await call(app, 'similarity', { id, x, y });
    // Of a picture that has gone meanwhile nothing is shown.
    if (app.picture?.id !== id) return;
    if (answer.error) app.tell(answer.error);
    else this.drawSimilar(answer, [x, y]);
  }

  timesOf(answer) {
    const { app } = this;
    const encode = app.seconds?.encode;
    const told = encode === undefined || encode === null ? '' : app.ui.say('time_encode', { number: encode.toFixed(2) });
    if (!answer) return told;
    const decode = (1000 * (answer.seconds ?? 0)).toFixed(0);
    return `${told} ${app.ui.say('time_click', { number: answer.milliseconds?.toFixed(0) ?? '', all: decode })}`.trim();
  }
}

const NO_STROKES = Object.freeze([]);

// Below the threshold orange, above it blue, white between.
function colourOf(share) {
  const strength = Math.sqrt(Math.abs(share));
  const [r, g, b] = share > 0 ? [31, 87, 219] : [232, 89, 12];
  return [255 + (r - 255) * strength, 255 + (g - 255) * strength, 255 + (b - 255) * strength, 255];
}
