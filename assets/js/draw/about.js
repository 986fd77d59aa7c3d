// Beside the picture: how far it is while it is drawn; then what was asked for and what can be done with it.
import { make } from '../shared/dom.js';
import { Judges } from './judges.js';
import { Menu } from './menu.js';

export class About {
  constructor(app) {
    this.app = app;
    this.node = app.root.querySelector('.draw-about');
    this.going = this.buildGoing();
    this.done = this.buildDone();
    this.node.replaceChildren(this.going, this.done);
  }

  buildGoing() {
    const { ui } = this.app;
    const node = make('div', 'draw-going');
    this.step = make('p', 'draw-step');
    this.noise = make('div', 'draw-noise');
    this.together = make('p', 'ui-hint');
    node.append(this.step, this.noise, make('p', 'draw-how', ui.say('how_it_goes')), this.together);
    return node;
  }

  buildDone() {
    const { app } = this;
    const { ui } = app;
    const node = make('div', 'draw-done');
    this.words = make('p', 'draw-words');
    this.told = make('p', 'draw-told');
    this.facts = make('dl', 'draw-facts');
    const acts = make('div', 'draw-acts');
    this.again = ui.button({ icon: 'dice', text: ui.say('another'), label: ui.say('another_help'), className: 'quiet', press: () => this.drawAnother() });
    this.keep = ui.button({ icon: 'pin', text: ui.say('keep_seed'), label: ui.say('keep_seed_help'), className: 'quiet', pressed: false, press: () => this.keepSeed() });
    this.from = ui.button({ icon: 'picture', text: ui.say('start_from_this'), label: ui.say('start_from_this_help'), className: 'quiet', press: () => app.startCard.useDrawing(app.chosen) });
    this.menu = new Menu(ui, { icon: 'download', text: ui.say('take_away') });
    const take = (format) => app.ask('take', { format });
    this.takes = [
      this.menu.add('picture', 'take_png', () => take('png')),
      this.menu.add('paper', 'take_recipe', () => take('recipe')),
      this.menu.add('code', 'take_python', () => take('python')),
    ];
    acts.append(this.again, this.keep, this.from);
    const top = make('div', 'draw-top');
    top.append(this.words, this.menu.node);
    this.judges = new Judges(app);
    node.append(top, this.told, acts, this.facts, this.judges.node);
    return node;
  }

  // The same order with another seed.
  drawAnother() {
    const { app } = this;
    app.apply({ ...app.chosen.fields, seed: null }, app.chosen.tokens);
    app.asking.draw();
  }

  keepSeed() {
    const { settings, chosen } = this.app;
    settings.setSeed(settings.seed === chosen.seed ? null : chosen.seed);
  }

  update() {
    const { app } = this;
    const { isDrawing } = app.asking;
    this.going.hidden = !isDrawing;
    this.done.hidden = isDrawing || !app.chosen;
    if (isDrawing) this.updateGoing();
    else if (app.chosen) this.updateDone();
  }

  updateGoing() {
    const { ui, asking } = this.app;
    const [first] = asking.going;
    const { step, steps, together } = asking.going.reduce((least, one) => (one.step < least.step ? one : least), first);
    const told = step ? ui.say('step', { step, steps }) : ui.say('preparing');
    if (this.step.textContent !== told) this.step.textContent = told;
    this.noise.style.setProperty('--part', String(steps ? 1 - step / steps : 1));
    const others = Math.max(0, (together ?? 1) - asking.going.length);
    this.together.textContent = others ? ui.say('together', { count: others }) : '';
  }

  updateDone() {
    const { app } = this;
    const { chosen, settings } = app;
    this.keep.setAttribute('aria-pressed', String(settings.seed === chosen.seed));
    this.from.hidden = !settings.model?.can_edit || chosen.is_withheld;
    this.again.disabled = !settings.canDraw;
    this.judges.update();
    for (const button of this.takes) button.disabled = chosen.is_withheld;
    if (this.drawn === chosen) return;
    this.drawn = chosen;
    this.words.textContent = chosen.words;
    this.told.replaceChildren(...chosen.notes.map((note) => make('span', '', note)));
    this.facts.replaceChildren(...chosen.facts.map(([name, value]) => fact(name, value)));
  }
}

function fact(name, value) {
  const row = make('div');
  row.append(make('dt', '', name), make('dd', '', value));
  return row;
}
