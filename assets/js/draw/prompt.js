// Where one says what is to be drawn: the words, how many tokens of them are read, Draw and Stop.
import { call } from '../shared/calling.js';
import { make } from '../shared/dom.js';

const COUNT_AFTER_MS = 250;
const MOST_HEIGHT = 132;

export class Prompt {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('form', 'draw-ask');
    this.field = make('textarea');
    Object.assign(this.field, { rows: 1, placeholder: ui.say('prompt_here'), maxLength: 2000, spellcheck: false });
    this.field.setAttribute('aria-label', ui.say('prompt'));
    this.field.addEventListener('input', () => this.typed());
    this.field.addEventListener('keydown', (event) => this.press(event));
    this.go = ui.button({ icon: 'brush', text: ui.say('draw'), className: 'main draw-go', press: () => app.asking.draw() });
    this.stop = ui.button({ icon: 'stop', text: ui.say('stop'), className: 'main draw-go', press: () => app.asking.stop() });
    const line = make('div', 'draw-line');
    line.append(this.field, this.go, this.stop);
    this.tokens = make('p', 'draw-tokens');
    this.note = make('p', 'draw-note');
    this.node.append(line, this.tokens, this.note);
    this.node.addEventListener('submit', (event) => event.preventDefault());
    app.root.querySelector('.draw-prompt').replaceChildren(this.node);
  }

  get words() {
    return this.field.value;
  }

  // The tokens of a drawing's words are known with it: no model is asked.
  set(words, counted = null) {
    this.field.value = words;
    this.grow();
    this.asked = '';
    this.counted = counted;
    clearTimeout(this.timer);
    this.app.changed();
  }

  // Enter that takes a word of an input method draws nothing.
  press(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.app.asking.draw();
  }

  typed() {
    this.grow();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.count(), COUNT_AFTER_MS);
    this.app.edited();
  }

  grow() {
    this.field.style.height = 'auto';
    this.field.style.height = `${Math.min(MOST_HEIGHT, this.field.scrollHeight)}px`;
  }

  // How many tokens there are, told by the model's own tokenizer.
  async count() {
    const { app, words } = this;
    const model = app.settings?.model?.key;
    const asked = `${model}\n${words}`;
    this.asked = asked;
    if (!model || !words.trim()) {
      this.counted = null;
      app.changed();
      return;
    }
    const counted = await call(app, 'tokens', { model, words });
    if (this.asked !== asked) return;
    this.counted = counted.error ? null : counted;
    app.changed();
  }

  update() {
    const { app } = this;
    const { isDrawing, isStopping } = app.asking;
    this.go.hidden = isDrawing;
    this.stop.hidden = !isDrawing;
    this.stop.disabled = isStopping;
    this.go.disabled = !this.words.trim() || !app.settings.canDraw;
    if (this.note.textContent !== app.note) this.note.textContent = app.note;
    this.updateTokens();
  }

  updateTokens() {
    const { ui } = this.app;
    const { counted, tokens } = this;
    const key = JSON.stringify([counted, this.app.settings.languageHint()]);
    if (key === this.tokensKey) return;
    this.tokensKey = key;
    const hint = this.app.settings.languageHint();
    const nodes = hint ? [make('span', '', hint)] : [];
    if (counted?.most) nodes.unshift(make('span', 'draw-count', ui.say('tokens', { count: counted.count, most: counted.most })));
    tokens.dataset.over = String(Boolean(counted?.unread));
    if (counted?.unread) {
      const cut = make('span', 'draw-cut', ui.say('unread'));
      cut.append(' ', make('mark', '', counted.unread));
      nodes.push(cut);
    }
    tokens.replaceChildren(...nodes);
  }
}
