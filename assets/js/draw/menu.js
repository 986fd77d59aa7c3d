// What is taken away of a drawing, and how it comes back.
import { make } from '../shared/dom.js';

export class Menu {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('details', 'draw-menu');
    const summary = make('summary', 'ui-button quiet');
    summary.append(ui.icon('download'), make('span', '', ui.say('take_away')));
    const list = make('div', 'draw-menu-list');
    const entry = (icon, key, press) => {
      const button = ui.button({ icon, className: 'draw-menu-entry', press: () => this.shut(press) });
      const words = make('span', 'draw-menu-words');
      words.append(make('b', '', ui.say(key)), make('small', '', ui.say(`${key}_help`)));
      button.append(words);
      list.append(button);
      return button;
    };
    const take = (format) => app.ask('take', { format });
    this.takes = [
      entry('picture', 'take_png', () => take('png')),
      entry('paper', 'take_recipe', () => take('recipe')),
      entry('code', 'take_python', () => take('python')),
    ];
    this.input = make('input');
    Object.assign(this.input, { type: 'file', accept: 'image/png,application/json,.json', hidden: true });
    this.input.addEventListener('change', () => this.reopen());
    this.open = entry('folder', 'reopen', () => this.input.click());
    this.forget = entry('trash', 'forget', () => app.ask('forget'));
    this.node.append(summary, list, this.input);
    this.node.addEventListener('keydown', (event) => event.key === 'Escape' && this.shut());
    document.addEventListener('click', (event) => {
      if (!this.node.contains(event.target)) this.node.open = false;
    });
  }

  shut(press) {
    this.node.open = false;
    this.node.querySelector('summary').focus();
    press?.();
  }

  update() {
    const { chosen, asking } = this.app;
    for (const button of this.takes) button.disabled = !chosen || chosen.is_withheld;
    this.open.disabled = this.forget.disabled = asking.isDrawing;
  }

  async reopen() {
    const { app } = this;
    const [file] = this.input.files;
    this.input.value = '';
    if (!file) return;
    try {
      const { path } = await app.upload(file);
      app.asking.send('reopen', { file: { path, meta: { _type: 'gradio.FileData' } } });
    } catch {
      app.tell(app.ui.say('upload_failed'));
    }
  }
}
