// What is taken away of a drawing, and how it comes back. The list lies over all else, whatever scrolls.
import { make } from '../shared/dom.js';

const GAP = 6;

export class Menu {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('div', 'draw-menu');
    this.list = make('div', 'draw-menu-list');
    this.list.popover = 'auto';
    this.button = ui.button({ icon: 'download', text: ui.say('take_away'), className: 'quiet' });
    this.button.popoverTargetElement = this.list;
    this.button.setAttribute('aria-haspopup', 'true');
    this.list.addEventListener('toggle', ({ newState }) => newState === 'open' && this.place());
    const take = (format) => app.ask('take', { format });
    this.takes = [
      this.entry('picture', 'take_png', () => take('png')),
      this.entry('paper', 'take_recipe', () => take('recipe')),
      this.entry('code', 'take_python', () => take('python')),
    ];
    this.input = make('input');
    Object.assign(this.input, { type: 'file', accept: 'image/png,application/json,.json', hidden: true });
    this.input.addEventListener('change', () => this.reopen());
    this.open = this.entry('folder', 'reopen', () => this.input.click());
    this.forget = this.entry('trash', 'forget', () => app.ask('forget'));
    this.list.append(...this.takes, this.open, this.forget);
    this.node.append(this.button, this.list, this.input);
    addEventListener('scroll', () => this.list.matches(':popover-open') && this.place(), { passive: true, capture: true });
  }

  entry(icon, key, press) {
    const { ui } = this.app;
    const shut = () => {
      this.list.hidePopover();
      press();
    };
    const button = ui.button({ icon, className: 'draw-menu-entry', press: shut });
    const words = make('span', 'draw-menu-words');
    words.append(make('b', '', ui.say(key)), make('small', '', ui.say(`${key}_help`)));
    button.append(words);
    return button;
  }

  // Under the button, or over it where there is no room.
  place() {
    const { button, list } = this;
    const box = button.getBoundingClientRect();
    const left = Math.max(GAP, Math.min(box.left, innerWidth - list.offsetWidth - GAP));
    const isRoom = box.bottom + GAP + list.offsetHeight <= innerHeight;
    const top = isRoom ? box.bottom + GAP : Math.max(GAP, box.top - GAP - list.offsetHeight);
    list.style.cssText = `left:${left}px;top:${top}px`;
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
      app.asking.send('reopen', { ...app.startCard.asked(), file: { path, meta: { _type: 'gradio.FileData' } } });
    } catch {
      app.tell(app.ui.say('upload_failed'));
    }
  }
}
