// A button and the list that it opens, which lies over all else, whatever scrolls.
import { make } from '../shared/dom.js';

const GAP = 6;

export class Menu {
  /**
   * @param {object} ui
   * @param {object} about What the button looks like: { icon, text }.
   */
  constructor(ui, { icon, text }) {
    this.ui = ui;
    this.node = make('div', 'draw-menu');
    this.list = make('div', 'draw-menu-list');
    this.list.popover = 'auto';
    this.button = ui.button({ icon, text, className: 'quiet' });
    this.button.popoverTargetElement = this.list;
    this.button.setAttribute('aria-haspopup', 'true');
    this.list.addEventListener('toggle', ({ newState }) => newState === 'open' && this.place());
    this.node.append(this.button, this.list);
    addEventListener('scroll', () => this.list.matches(':popover-open') && this.place(), { passive: true, capture: true });
  }

  // One more thing to choose: its name, and a line that says what it does.
  add(icon, key, press) {
    const { ui } = this;
    const shut = () => {
      this.list.hidePopover();
      press();
    };
    const button = ui.button({ icon, className: 'draw-menu-entry', press: shut });
    const words = make('span', 'draw-menu-words');
    words.append(make('b', '', ui.say(key)), make('small', '', ui.say(`${key}_help`)));
    button.append(words);
    this.list.append(button);
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
}
