// The same question with a grey picture: what the words alone give away.
import { make } from '../shared/dom.js';
import { sideBySide } from './inside_answers.js';

export class Blank {
  constructor(inside) {
    this.inside = inside;
    this.press = inside.button('blank_press', () => this.test());
    this.told = make('p', 'inside-told');
    this.found = make('div', 'inside-found');
    this.section = inside.section('blank', this.press, this.told, this.found, inside.caution('blank_caution'));
  }

  show() {
    this.press.disabled = !this.inside.answer;
    this.told.textContent = '';
    this.found.replaceChildren();
  }

  async test() {
    const { inside } = this;
    if (!inside.answer) return;
    this.press.disabled = true;
    const found = await inside.ask('changed', { ...inside.target, blank: true }, this.told);
    this.press.disabled = !inside.answer;
    if (!found) return;
    const isSame = found.before.text === found.after.text;
    const meaning = make('p', 'inside-meaning', inside.say(isSame ? 'blank_same' : 'blank_other'));
    this.found.replaceChildren(...sideBySide(inside, found, inside.say('blank_name')), meaning);
  }
}
