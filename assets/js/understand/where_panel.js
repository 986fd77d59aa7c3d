// Where in a picture words are, and which words a picture is in; each map with the referee's verdict.
import { make } from '../shared/dom.js';
import { HeatCard } from './heat_card.js';
import { WordHeat } from './word_heat.js';

export class WherePanel {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('div', 'understand-panel');
    this.strip = make('div', 'understand-strip');
    this.strip.setAttribute('role', 'radiogroup');
    this.strip.setAttribute('aria-label', ui.say('where_picture'));
    this.form = make('form', 'understand-ask');
    this.field = make('input');
    Object.assign(this.field, { type: 'text', name: 'sentence', maxLength: 200, autocomplete: 'off' });
    this.field.setAttribute('aria-label', ui.say('sentence'));
    this.field.placeholder = ui.say('sentence');
    this.go = ui.button({ text: ui.say('show_where'), className: 'main' });
    this.go.type = 'submit';
    this.form.append(this.field, this.go);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.ask(this.field.value.trim());
    });
    this.chips = make('div', 'understand-chips');
    this.title = make('h3');
    this.cards = make('div', 'understand-cards');
    this.help = make('p', 'ui-hint');
    this.words = make('section', 'understand-words');
    this.node.append(this.strip, this.form, this.chips, this.title, this.cards, this.help, this.words);
  }

  ask(sentence) {
    const { app } = this;
    app.state.sentence = sentence;
    this.field.value = sentence;
    app.ask('where');
  }

  update() {
    const { app } = this;
    const { state } = app;
    // Only what is news: what somebody has typed and not sent yet is theirs.
    if (this.told !== state.sentence) this.field.value = state.sentence;
    this.told = state.sentence;
    this.drawStrip();
    this.drawChips();
    const { where } = app.results;
    this.node.dataset.empty = String(!where);
    this.title.textContent = where ? '' : app.ui.say('where_empty');
    if (!where) this.forget();
    else if (where !== this.drawn) this.draw(where);
  }

  forget() {
    this.drawn = null;
    this.cards.replaceChildren();
    this.words.replaceChildren();
    this.help.textContent = '';
  }

  drawStrip() {
    const { app } = this;
    const ids = [...new Set([app.state.picture, ...app.state.pictures].filter(Boolean))];
    const key = ids.join() + app.state.picture;
    if (key === this.drawnStrip) return;
    this.drawnStrip = key;
    const isInside = this.strip.contains(document.activeElement);
    this.strip.replaceChildren(
      ...ids.map((id, place) => {
        const { src, alt } = app.pictures.of(id);
        const button = app.ui.button({ label: alt, press: () => this.choose(id) });
        button.setAttribute('role', 'radio');
        button.setAttribute('aria-checked', String(id === app.state.picture));
        button.tabIndex = id === app.state.picture ? 0 : -1;
        button.addEventListener('keydown', (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (!step) return;
          event.preventDefault();
          this.choose(ids[(place + step + ids.length) % ids.length]);
        });
        const image = make('img');
        Object.assign(image, { src, alt: '', loading: 'lazy' });
        button.append(image);
        return button;
      }),
    );
    if (isInside) this.strip.querySelector('[aria-checked=true]')?.focus();
  }

  choose(id) {
    this.app.state.picture = id;
    this.app.update();
  }

  drawChips() {
    const { app } = this;
    const key = app.state.texts.join('\n');
    if (key === this.drawnChips) return;
    this.drawnChips = key;
    this.chips.replaceChildren(
      ...app.state.texts.map((text) => app.ui.button({ text, className: 'quiet', press: () => this.ask(text) })),
    );
  }

  async draw(where) {
    this.drawn = where;
    const { app } = this;
    const { ui } = app;
    const { alt } = app.pictures.of(where.picture);
    const [height, width] = where.size;
    this.title.textContent = ui.say('where_title', { text: where.sentence, picture: alt, cosine: where.cosine.toFixed(3) });
    const image = new Image();
    image.src = where.shown;
    await image.decode();
    if (this.drawn !== where) return;
    this.cards.replaceChildren(...where.places.map((heat) => new HeatCard(app, image, where, heat).node));
    this.help.textContent = ui.say('where_help', { width, height, count: where.grid[0] * where.grid[1] });
    this.words.replaceChildren(
      make('h3', '', ui.say('words')), make('p', 'ui-hint', ui.say('words_help')),
      ...where.weights.map((heat) => new WordHeat(app, where, heat).node),
    );
  }
}
