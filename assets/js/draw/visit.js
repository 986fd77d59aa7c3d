// Under the drawings of a visit: a recipe from elsewhere is opened, and everything is forgotten.
import { make } from '../shared/dom.js';
import { reopenFrom } from '../shared/reopening.js';
import { Menu } from './menu.js';

export class Visit {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('div', 'draw-visit');
    this.input = make('input');
    Object.assign(this.input, { type: 'file', accept: 'image/png,application/json,.json', hidden: true });
    this.input.addEventListener('change', () => reopenFrom(app, this.input, app.startCard.asked()));
    this.open = ui.button({ icon: 'folder', text: ui.say('reopen'), label: ui.say('reopen_help'), className: 'quiet', press: () => this.input.click() });
    // What cannot be undone takes a second press, on what says how far it goes.
    this.forget = new Menu(ui, { icon: 'trash', text: ui.say('forget') });
    this.forget.add('trash', 'forget', () => app.ask('forget'));
    this.node.append(this.open, this.forget.node, this.input);
  }

  update() {
    this.open.disabled = this.forget.button.disabled = this.app.asking.isDrawing;
  }
}
