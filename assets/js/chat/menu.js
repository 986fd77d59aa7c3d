// What is done with a whole talk: taken away, opened again, begun anew.
import { make } from '../shared/dom.js';
import { reopenFrom } from '../shared/reopening.js';

export class Menu {
  constructor(app) {
    const { ui } = app;
    this.node = make('details', 'chat-menu');
    const summary = make('summary');
    summary.setAttribute('aria-label', ui.say('menu'));
    summary.title = ui.say('menu');
    summary.append(ui.icon('more'));
    const list = make('div', 'chat-menu-list');
    const entry = (icon, key, press) => {
      const button = ui.button({ icon, text: ui.say(key), press: () => this.shut(press) });
      list.append(button);
      return button;
    };
    this.input = make('input');
    Object.assign(this.input, { type: 'file', accept: 'application/json,.json', hidden: true });
    this.input.addEventListener('change', () => reopenFrom(app, this.input));
    const takes = [
      entry('paper', 'take_text', () => app.asking.send('take', { format: 'text' })),
      entry('code', 'take_recipe', () => app.asking.send('take', { format: 'recipe' })),
    ];
    entry('plus', 'reopen', () => this.input.click());
    const clear = entry('retry', 'start_over', () => app.asking.startOver());
    const forget = entry('trash', 'forget', () => app.asking.forgetAll());
    this.node.append(summary, list, this.input);
    this.node.addEventListener('toggle', () => {
      for (const button of takes) button.disabled = !app.picture?.id;
      clear.disabled = !app.turns.length;
      forget.disabled = !app.picture;
    });
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
}
