// Under the drawings of a visit: a recipe from elsewhere is opened, and everything is forgotten.
import { make } from '../shared/dom.js';
import { Menu } from './menu.js';

export class Visit {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('div', 'draw-visit');
    this.input = make('input');
    Object.assign(this.input, { type: 'file', accept: 'image/png,application/json,.json', hidden: true });
    this.input.addEventListener('change', () => this.reopen());
    this.open = ui.button({ icon: 'folder', text: ui.say('reopen'), label: ui.say('reopen_help'), className: 'quiet', press: () => this.input.click() });
    // What cannot be undone takes a second press, on what says how far it goes.
    this.forget = new Menu(ui, { icon: 'trash', text: ui.say('forget') });
    this.forget.add('trash', 'forget', () => app.ask('forget'));
    this.node.append(this.open, this.forget.node, this.input);
  }

  update() {
    this.open.disabled = this.forget.button.disabled = this.app.asking.isDrawing;
  }

  async reopen() {
    const { app } = this;
    const [file] = this.input.files;
    this.input.value = '';
    if (!file) return;
    try {
      const { path } = await app.upload(file);
      app.asking.send('reopen', { ...app.startCard.asked(), file: { path, meta: { _type: 'gradio.FileData' } } });
    } catch {
      app.tell(app.ui.say('upload_failed'));
    }
  }
}
