// The column of tools: which pictures, which texts, which templates.
import { make } from '../shared/dom.js';

const lines = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean);

export class Tools {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.list = make('ul', 'understand-chosen');
    const buttons = make('div', 'understand-buttons');
    this.collection = ui.button({ icon: 'picture', text: ui.say('from_collection'), className: 'quiet', press: () => this.openCollection() });
    this.own = ui.button({ icon: 'plus', text: ui.say('own'), className: 'quiet', press: () => app.pictures.ask() });
    buttons.append(this.collection, this.own);
    this.texts = this.field('texts', 6);
    this.templates = this.field('templates', 4);
    this.none = make('input');
    Object.assign(this.none, { type: 'checkbox', name: 'none' });
    this.none.addEventListener('change', () => this.changed());
    const none = make('label', 'understand-check');
    none.append(this.none, make('span', '', ui.say('none_take_part')));
    this.go = ui.button({ text: ui.say('compare'), className: 'main wide', press: () => this.changed() });
    this.go.id = `${app.name}-go`;
    const templates = make('details', 'ui-card folded');
    templates.classList.add('ui-section');
    const body = make('div', 'ui-section-body');
    body.append(this.templates.label);
    templates.append(make('summary', '', ui.say('templates')), body);
    app.tools.replaceChildren(
      this.card('pictures', this.list, buttons, app.pictures.left),
      this.card('texts', this.texts.label, none, this.go),
      templates,
    );
    this.dialog = this.makeDialog();
    app.root.append(this.dialog);
  }

  card(key, ...content) {
    const card = make('section', 'ui-card');
    card.append(make('h3', '', this.app.ui.say(key)), ...content);
    return card;
  }

  field(key, rows) {
    const label = make('label', 'understand-field');
    const area = make('textarea');
    Object.assign(area, { rows, name: key, spellcheck: false });
    area.setAttribute('aria-label', this.app.ui.say(key));
    area.addEventListener('change', () => this.changed());
    area.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.changed();
    });
    label.append(area, make('span', 'ui-hint', this.app.ui.say(`${key}_help`)));
    return { label, area };
  }

  // Leaving a field and pressing the button right after it are one question.
  changed() {
    const { app } = this;
    const texts = lines(this.texts.area.value);
    const templates = lines(this.templates.area.value);
    const none = this.none.checked;
    const key = JSON.stringify([texts, templates, none, app.state.pictures]);
    const { state } = app;
    const before = JSON.stringify([state.texts, state.templates, state.none, state.pictures]);
    if (key === before && app.results.matrix && !app.mistake && !app.isOverdue) return;
    Object.assign(state, { texts, templates, none });
    app.look();
  }

  makeDialog() {
    const { ui } = this.app;
    const dialog = make('dialog', 'ui-dialog understand-dialog');
    const head = make('header');
    head.append(make('h2', '', ui.say('choose_pictures')), ui.button({ icon: 'close', label: ui.say('close'), className: 'bare', press: () => dialog.close() }));
    this.find = make('input');
    Object.assign(this.find, { type: 'search', placeholder: ui.say('find_picture') });
    this.find.setAttribute('aria-label', ui.say('find_picture'));
    this.find.addEventListener('input', () => this.drawOffered());
    this.grid = make('div', 'understand-offered');
    dialog.append(head, this.find, this.grid);
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    return dialog;
  }

  openCollection() {
    this.find.value = '';
    this.drawOffered();
    this.dialog.showModal();
  }

  drawOffered() {
    const { app } = this;
    const wanted = this.find.value.trim().toLowerCase();
    const some = app.pictures.offered.filter(({ alt }) => alt.toLowerCase().includes(wanted));
    this.grid.replaceChildren(...some.map((picture) => this.offer(picture)));
  }

  offer({ id, src, alt }) {
    const { app } = this;
    const isIn = app.state.pictures.includes(id);
    const button = app.ui.button({ label: alt, pressed: isIn });
    button.disabled = !isIn && app.pictures.isFull;
    const image = make('img');
    Object.assign(image, { src, alt: '', loading: 'lazy', decoding: 'async' });
    button.append(image);
    button.addEventListener('click', () => {
      const is = button.getAttribute('aria-pressed') === 'true';
      if (is && app.state.pictures.length === 1) return;
      app.pictures.choose(id, !is);
      button.setAttribute('aria-pressed', String(!is));
      for (const other of this.grid.children) {
        other.disabled = app.pictures.isFull && other.getAttribute('aria-pressed') === 'false';
      }
    });
    return button;
  }

  update() {
    const { app } = this;
    const { pictures, texts, templates, none } = app.state;
    const drawn = pictures.join();
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.list.replaceChildren(...pictures.map((id) => this.chosen(app.pictures.of(id))));
    }
    this.own.disabled = app.pictures.isFull;
    // What somebody is writing is not taken from under the hand.
    for (const [{ area }, now] of [[this.texts, texts], [this.templates, templates]]) {
      if (document.activeElement !== area) area.value = now.join('\n');
    }
    this.none.checked = none;
  }

  chosen({ id, src, alt }) {
    const { app } = this;
    const entry = make('li');
    const image = make('img');
    Object.assign(image, { src, alt });
    const button = app.ui.button({ icon: 'close', label: app.ui.say('take_out', { picture: alt }), className: 'bare' });
    button.addEventListener('click', () => app.state.pictures.length > 1 && app.pictures.choose(id, false));
    entry.append(image, button);
    return entry;
  }
}
