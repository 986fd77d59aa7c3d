// The picture, and the part of it that a question is about: a box, or a thing that is pointed at.
import { boxOf, moved, stretched } from '../shared/boxes.js';
import { make } from '../shared/dom.js';
import { pathOf, svg } from './part.js';

const LEAST_DRAG = 6;
const LEAST_SHARE = 0.02;
const STEP_SHARE = 0.02;
const TOUCH = matchMedia('(pointer: coarse)');
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Look {
  constructor(app) {
    this.app = app;
    this.mode = null;
    this.drawn = this.peeked = this.cursor = null;
    this.build();
    this.listen();
  }

  build() {
    const { app } = this;
    const { ui } = app;
    const bar = make('div', 'chat-bar');
    const open = ui.button({ icon: 'picture', text: ui.say('open'), className: 'open', press: () => app.pictures.ask() });
    const modes = ['box', 'point'].map((mode) => {
      const button = ui.button({
        icon: mode, text: ui.say(`${mode}_mode`), label: ui.say(`${mode}_help`), className: 'mode', pressed: false,
        press: (event) => this.setMode(this.mode === mode ? null : mode, !event.detail),
      });
      button.dataset.mode = mode;
      return button;
    });
    this.modes = modes;
    bar.append(open, make('span', 'chat-gap'), ...modes);
    this.stage = make('div', 'chat-stage');
    this.stage.tabIndex = 0;
    this.stage.setAttribute('role', 'group');
    this.stage.setAttribute('aria-label', ui.say('stage'));
    this.image = make('img');
    this.image.draggable = false;
    this.image.hidden = true;
    this.over = svg('svg', { 'aria-hidden': 'true' });
    this.stage.append(this.image, this.over);
    this.tip = make('p', 'chat-tip');
    app.root.querySelector('.chat-look').replaceChildren(bar, this.stage, this.tip);
  }

  show({ src, alt, name, width, height }) {
    this.image.hidden = false;
    this.image.src = src;
    this.image.alt = alt || name || '';
    this.over.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.stage.style.aspectRatio = `${width} / ${height}`;
    this.drawn = this.cursor = this.peeked = null;
    this.mode = null;
  }

  clear() {
    this.image.hidden = true;
    this.image.removeAttribute('src');
    this.drawn = this.cursor = this.peeked = this.mode = null;
  }

  get size() {
    return this.app.picture;
  }

  get least() {
    return Math.max(2, LEAST_SHARE * Math.max(this.size.width, this.size.height));
  }

  // By the keyboard there is something to move at once.
  setMode(mode, isByKeys = false) {
    const { app } = this;
    if (!app.picture?.id) return;
    this.mode = mode;
    this.isByKeys = isByKeys;
    this.cursor = null;
    const { width, height } = this.size;
    if (mode === 'box' && isByKeys && !app.part?.box) app.setPart({ box: [width / 4, height / 4, (3 * width) / 4, (3 * height) / 4].map(Math.round) });
    if (mode === 'point' && isByKeys) this.cursor = [width / 2, height / 2];
    if (mode) this.stage.focus({ preventScroll: true });
    app.changed();
  }

  toPicture({ clientX, clientY }) {
    const matrix = this.over.getScreenCTM();
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse());
    return [x, y];
  }

  isInside([x, y]) {
    return x >= 0 && y >= 0 && x < this.size.width && y < this.size.height;
  }

  listen() {
    const { stage, app } = this;
    let held = null;
    const letGo = () => {
      held = null;
      this.drawn = null;
      app.changed();
    };
    stage.addEventListener('pointerdown', (event) => {
      if (!app.picture?.id || event.button !== 0) return;
      stage.dataset.mouse = 'true';
      const isDrag = event.pointerType !== 'touch' || this.mode === 'box';
      held = { at: [event.clientX, event.clientY], point: this.toPicture(event), isDrag };
      if (isDrag) stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener('pointermove', (event) => {
      if (!held?.isDrag) return;
      const far = Math.hypot(event.clientX - held.at[0], event.clientY - held.at[1]);
      if (!this.drawn && far < LEAST_DRAG) return;
      this.drawn = boxOf(held.point, this.toPicture(event), this.size);
      app.changed();
    });
    stage.addEventListener('pointerup', () => {
      if (!held) return;
      const [box, { point }] = [this.drawn, held];
      letGo();
      if (box) this.finish(box);
      else if (this.mode === 'point' && this.isInside(point)) this.takeThing(point);
    });
    stage.addEventListener('pointercancel', letGo);
    stage.addEventListener('keydown', (event) => this.press(event));
    stage.addEventListener('blur', () => delete stage.dataset.mouse);
  }

  finish([left, top, right, bottom]) {
    if (right - left < this.least || bottom - top < this.least) return;
    this.mode = null;
    this.app.setPart({ box: [left, top, right, bottom].map(Math.round) });
    this.app.composer.focus();
  }

  async takeThing(point) {
    this.cursor = point;
    this.isTaking = true;
    this.app.note = '';
    this.app.changed();
    await this.app.takeThing(point);
    this.isTaking = false;
    this.mode = this.cursor = null;
    if (this.app.part) this.app.composer.focus();
    this.app.changed();
  }

  press(event) {
    const { app } = this;
    const { box } = app.part ?? {};
    if (event.target !== this.stage || !app.picture?.id || event.ctrlKey || event.metaKey || event.altKey) return;
    delete this.stage.dataset.mouse;
    const by = ARROWS[event.key]?.map((way) => way * STEP_SHARE * Math.max(this.size.width, this.size.height));
    if (by && this.mode === 'point') this.moveCursor(by);
    else if (by && box) app.setPart({ box: (event.shiftKey ? stretched(box, by, this.size, this.least) : moved(box, by, this.size)).map(Math.round) });
    else if (event.key === 'Escape' && (this.mode || app.part)) this.giveUp();
    else if ((event.key === 'Enter' || event.key === ' ') && this.mode === 'point' && this.cursor) this.takeThing(this.cursor);
    else if (event.key === 'Enter' && box) this.finish(box);
    else return;
    event.preventDefault();
  }

  moveCursor(by) {
    const { width, height } = this.size;
    const [x, y] = this.cursor ?? [width / 2, height / 2];
    this.cursor = [Math.max(0, Math.min(width - 1, x + by[0])), Math.max(0, Math.min(height - 1, y + by[1]))];
    this.app.changed();
  }

  giveUp() {
    this.mode = this.cursor = null;
    this.app.setPart(null);
  }

  // The part of an earlier question, while that is looked at.
  peek(part) {
    this.peeked = part;
    this.app.changed();
  }

  update() {
    const { app, over } = this;
    for (const button of this.modes) {
      button.setAttribute('aria-pressed', String(this.mode === button.dataset.mode));
      button.disabled = !app.picture?.id;
    }
    this.stage.dataset.mode = this.mode ?? '';
    const shown = this.drawn ? { box: this.drawn } : (this.peeked ?? app.part);
    over.replaceChildren(...this.drawing(shown));
    const tip = app.ui.say(this.tipKey());
    if (this.tip.textContent !== tip) this.tip.textContent = tip;
  }

  tipKey() {
    const { app } = this;
    if (app.isReading) return 'reading';
    if (!app.picture) return 'tip_empty';
    if (this.isTaking) return 'tip_taking';
    if (this.mode) return `tip_${this.mode}${this.isByKeys ? '_keys' : ''}`;
    if (app.part) return 'tip_part';
    return TOUCH.matches ? 'tip_start_touch' : 'tip_start';
  }

  drawing(part) {
    if (!this.size) return [];
    const { width, height } = this.size;
    const nodes = [];
    if (part) {
      const path = pathOf(part);
      nodes.push(
        svg('path', { d: `M0 0H${width}V${height}H0Z${path}`, class: 'chat-outside' }),
        svg('path', { d: path, class: 'chat-outline under' }), svg('path', { d: path, class: 'chat-outline' }),
      );
    }
    if (this.cursor) {
      const [x, y] = this.cursor;
      const long = Math.max(width, height) / 24;
      nodes.push(svg('path', { d: `M${x - long} ${y}H${x + long}M${x} ${y - long}V${y + long}`, class: 'chat-cross under' }));
      nodes.push(svg('path', { d: `M${x - long} ${y}H${x + long}M${x} ${y - long}V${y + long}`, class: `chat-cross${this.isTaking ? ' busy' : ''}` }));
    }
    return nodes;
  }
}
