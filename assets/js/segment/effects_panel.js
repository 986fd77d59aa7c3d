// Effects on the object or on all around it, worked out in the browser; pressing again gives the next variant.
import { apply, EFFECTS } from './effects.js';
import { WORKING } from './colours.js';
import { make } from '../shared/dom.js';
import { merge } from './set_operations.js';

const countOf = ({ variants }) => (Array.isArray(variants) ? variants.length : variants || 1);

// The picture with the effect, at the size the stage shows; null where there is none.
export class Effects {
  constructor(app) {
    this.app = app;
    this.forget();
  }

  forget() {
    this.key = '';
    this.image = null;
  }

  // The shape the effect is about: the chosen objects, else what is being made, else all objects.
  shapesAt(size) {
    const { app } = this;
    const { working, objects } = app.now;
    const candidate = app.decoding.candidateOf(working);
    const chosen = app.chosenObjects();
    if (!chosen.length && candidate) {
      return [{ mask: app.rendering.maskOf(working, candidate, size), feather: working.refine.feather }];
    }
    const wanted = chosen.length ? chosen : objects.filter(({ isVisible }) => isVisible);
    return wanted.map((object) => ({ mask: app.rendering.objectMask(object, size), feather: object.feather }));
  }

  alphaAt(size) {
    const shapes = this.shapesAt(size);
    if (!shapes.length) return null;
    const mask = shapes.map((shape) => shape.mask).reduce((whole, one) => merge(whole, one));
    return this.app.rendering.alphaOf(mask, size, Math.max(...shapes.map(({ feather }) => feather)));
  }

  at(size) {
    const { effect } = this.app.now;
    const { image } = this.app.picture;
    const alpha = effect && this.alphaAt(size);
    if (!alpha) return null;
    const canvas = new OffscreenCanvas(size.width, size.height);
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    pen.drawImage(image, 0, 0, size.width, size.height);
    const pixels = pen.getImageData(0, 0, size.width, size.height);
    const made = apply(effect.id, effect.variant, pixels, alpha, effect.target, { colour: WORKING });
    pen.putImageData(made, 0, 0);
    return canvas;
  }

  shown() {
    const { app } = this;
    const { effect, working, objects, selected } = app.now;
    if (!effect || !app.picture) return null;
    const size = app.view.layerSize();
    const chosen = app.decoding.candidateOf(working);
    const parts = [effect, working ?? NOTHING, chosen ?? NOTHING, objects, selected].map((part) => app.rendering.nameOf(part));
    const key = `${parts} ${size.width}`;
    if (key !== this.key) {
      this.image = this.at(size);
      this.key = key;
    }
    return this.image;
  }
}

const NOTHING = Object.freeze({});

export class EffectsPanel {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.target = 'background';
    this.node = ui.section('effects');
    this.hint = make('p', 'ui-hint', ui.say('effects_none'));
    this.targets = make('div', 'ui-switch two');
    this.targets.setAttribute('role', 'radiogroup');
    this.targets.setAttribute('aria-label', ui.say('effect_target'));
    for (const target of ['background', 'object']) {
      const choice = ui.button({ text: ui.say(`target_${target}`), press: () => this.aim(target) });
      choice.setAttribute('role', 'radio');
      choice.dataset.target = target;
      this.targets.append(choice);
    }
    this.grid = make('div', 'segment-effects');
    for (const effect of EFFECTS) {
      const choice = ui.button({ text: ui.say(`effect_${effect.id}`), className: 'quiet', press: () => this.press(effect) });
      choice.dataset.effect = effect.id;
      choice.append(make('small'));
      this.grid.append(choice);
    }
    this.none = ui.button({ text: ui.say('effect_none'), className: 'quiet', press: () => app.history.commit({ effect: null }) });
    this.save = ui.button({ icon: 'download', text: ui.say('effect_save'), className: 'quiet', press: () => this.download() });
    const actions = make('div', 'segment-actions');
    actions.append(this.save, this.none);
    this.node.body.append(this.hint, this.targets, this.grid, actions);
  }

  aim(target) {
    this.target = target;
    const { effect } = this.app.now;
    if (effect) this.app.history.commit({ effect: Object.freeze({ ...effect, target }) });
    else this.update();
  }

  press(effect) {
    const { app } = this;
    const now = app.now.effect;
    // A sticker's edge belongs to the thing, whatever is chosen.
    if (effect.id === 'outline') this.target = 'object';
    const isSame = now?.id === effect.id && now.target === this.target;
    const variant = isSame ? (now.variant + 1) % countOf(effect) : 0;
    app.history.commit({ effect: Object.freeze({ id: effect.id, variant, target: this.target }) });
  }

  async download() {
    const { width, height } = this.app.picture;
    const canvas = this.app.effects.at({ width, height });
    if (canvas) this.app.save?.(await canvas.convertToBlob({ type: 'image/png' }), 'effect.png');
  }

  update() {
    const { app } = this;
    const { effect, working, objects } = app.now;
    const isPossible = Boolean(app.decoding.candidateOf(working)) || objects.length > 0;
    this.hint.hidden = isPossible;
    if (effect) this.target = effect.target;
    for (const choice of this.targets.children) {
      choice.setAttribute('aria-checked', String(choice.dataset.target === this.target));
    }
    for (const choice of this.grid.children) {
      const isOn = effect?.id === choice.dataset.effect;
      const count = countOf(EFFECTS.find(({ id }) => id === choice.dataset.effect));
      choice.setAttribute('aria-pressed', String(isOn));
      choice.disabled = !isPossible;
      choice.lastChild.textContent = isOn && count > 1 ? `${effect.variant + 1}/${count}` : '';
    }
    this.none.disabled = this.save.disabled = !effect || !isPossible;
  }
}
