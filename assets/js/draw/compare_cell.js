// One picture of a comparison, as it comes: a place that waits, a preview that clears, the picture.
import { make } from '../shared/dom.js';

export class Cell {
  /**
   * @param {object} app
   * @param {function(): void} press What a press does; without one it is no button.
   */
  constructor(app, press) {
    this.app = app;
    this.node = make(press ? 'button' : 'div', 'compare-cell');
    if (press) {
      this.node.type = 'button';
      this.node.addEventListener('click', press);
    }
    this.image = make('img');
    Object.assign(this.image, { alt: '', decoding: 'async', draggable: false });
    this.bar = make('span', 'compare-bar');
    this.word = make('span', 'compare-word');
    this.node.append(this.image, this.bar, this.word);
  }

  update(result, cell, isChosen = false) {
    const { app, node, image } = this;
    const { state, step, steps } = cell;
    const src = cell.src ?? cell.preview ?? '';
    if (image.getAttribute('src') !== src) {
      if (src) image.src = src;
      else image.removeAttribute('src');
    }
    image.hidden = !src;
    node.dataset.state = state;
    node.dataset.preview = String(!cell.src && Boolean(src));
    node.dataset.withheld = String(isWithheld(cell));
    this.bar.style.setProperty('--part', steps ? (step / steps).toFixed(3) : '0');
    this.word.textContent = wordOf(app, cell);
    if (node.tagName !== 'BUTTON') return;
    node.setAttribute('aria-pressed', String(isChosen));
    node.setAttribute('aria-label', `${nameOf(app, result, cell)}: ${stateOf(app, cell)}`);
  }
}

/**
 * What a cell differs in from the others, in words.
 * @returns {string}
 */
export function nameOf(app, result, cell) {
  const { mode, kind } = result.plan;
  if (kind === 'words_words' && cell.about) return cell.about.words;
  if (mode === 'change') return cell.about?.words ?? app.ui.say(`side_${cell.index}`);
  return result.marksOf(cell).map(([axis, value]) => markOf(app, axis, value)).join(' · ');
}

/**
 * One value of an axis, in words.
 * @returns {string}
 */
export function markOf(app, axis, value) {
  if (axis === 'share') return app.ui.say('share', { percent: Math.round(100 * value) });
  if (axis === 'scheduler') return app.samplerName(value);
  if (axis.endsWith('words')) return value;
  return app.ui.say(`mark_${axis}`, { number: value });
}

/**
 * Whether the safety check keeps the picture back: a grey card stands in its place.
 * @returns {boolean}
 */
export function isWithheld({ state, withheld }) {
  return state === 'done' && Boolean(withheld);
}

function stateOf(app, cell) {
  if (isWithheld(cell)) return app.ui.say('state_withheld');
  if (cell.state === 'drawing') return app.ui.say('state_step', { step: cell.step, all: cell.steps });
  return cell.mistake || app.ui.say(`state_${cell.state}`);
}

// Written on a cell that shows no picture and is not on its way.
function wordOf(app, cell) {
  if (isWithheld(cell)) return app.ui.say('state_withheld');
  if (cell.state === 'failed') return cell.mistake || app.ui.say('state_failed');
  return cell.state === 'stopped' && !cell.src ? app.ui.say('state_stopped') : '';
}
