// The film strip of a drawing, and the slider that scrubs it: all of the drawer stands at its step.
import { make, percent } from '../shared/dom.js';
import { bringUp, fitCanvas } from './inside_painting.js';

const THUMB = 96;
const FRAME_MS = 260;

export class Timeline {
  constructor(inside) {
    this.inside = inside;
    const { ui } = inside;
    this.play = ui.button({ icon: 'play', label: inside.say('play'), className: 'bare lid-play', press: () => this.toggle() });
    this.range = Object.assign(make('input'), { type: 'range', min: 1, step: 1, name: 'lid-step' });
    this.range.setAttribute('aria-label', inside.say('step_slider'));
    this.range.addEventListener('input', () => {
      this.halt();
      inside.goTo(Number(this.range.value));
    });
    this.now = make('output', 'lid-now');
    this.strip = make('div', 'lid-strip');
    this.strip.setAttribute('role', 'group');
    this.strip.setAttribute('aria-label', inside.say('strip'));
    this.told = make('p', 'lid-told');
    const row = make('div', 'lid-scrub');
    row.append(this.play, this.range, this.now);
    this.node = make('div', 'lid-timeline');
    this.node.append(make('p', 'lid-line', inside.say('strip_help')), this.strip, row, this.told);
  }

  show() {
    const { drawing } = this.inside;
    this.halt();
    this.range.max = drawing.done;
    this.frames = Array.from({ length: drawing.done }, (_, place) => this.frame(place + 1));
    this.strip.replaceChildren(...this.frames.map(({ node }) => node));
    this.strip.style.setProperty('--count', drawing.done);
    this.repaint();
  }

  // The slider is what the keyboard uses; the pictures are for the hand.
  frame(step) {
    const node = make('button', 'lid-frame');
    node.type = 'button';
    node.tabIndex = -1;
    node.setAttribute('aria-label', this.inside.say('step_of', { step, steps: this.inside.drawing.steps }));
    const [noisy, predicted] = [make('canvas'), make('canvas')];
    node.append(noisy, predicted, make('span', 'lid-number', String(step)));
    node.addEventListener('click', () => {
      this.halt();
      this.inside.goTo(step);
    });
    return { node, noisy, predicted };
  }

  repaint() {
    const { drawing } = this.inside;
    this.frames.forEach(({ noisy, predicted }, place) => {
      for (const canvas of [noisy, predicted]) fitCanvas(canvas, drawing.size, THUMB);
      drawing.paintNoisy(noisy, place + 1);
      drawing.paintPredicted(predicted, place + 1);
    });
  }

  update() {
    const { drawing, step } = this.inside;
    if (Number(this.range.value) !== step) this.range.value = step;
    const noise = percent(drawing.noise[step - 1]);
    this.now.textContent = this.inside.say('now', { step, steps: drawing.steps, percent: noise });
    this.range.setAttribute('aria-valuetext', this.now.textContent);
    this.frames.forEach(({ node }, place) => {
      if (place + 1 === step) node.setAttribute('aria-current', 'step');
      else node.removeAttribute('aria-current');
    });
    bringUp(this.strip, this.frames[step - 1].node);
  }

  // ---- playing ----
  toggle() {
    if (this.timer) {
      this.halt();
      return;
    }
    const { inside } = this;
    if (inside.step >= inside.drawing.done) inside.goTo(1);
    this.setPlaying(setInterval(() => {
      if (inside.step >= inside.drawing.done || !inside.node.isConnected) this.halt();
      else inside.goTo(inside.step + 1);
    }, FRAME_MS));
  }

  halt() {
    clearInterval(this.timer);
    this.setPlaying(null);
  }

  setPlaying(timer) {
    this.timer = timer;
    const name = this.inside.say(timer ? 'pause' : 'play');
    this.play.replaceChildren(this.inside.ui.icon(timer ? 'stop' : 'play'));
    this.play.setAttribute('aria-label', name);
    this.play.title = name;
  }
}
