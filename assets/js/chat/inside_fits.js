// How sure the matching head is that a sentence fits the picture, beside the plain comparison.
import { make, percent } from '../shared/dom.js';
import { share } from './inside_answers.js';

const MOST_SENTENCES = 6;

export class Fits {
  constructor(inside) {
    Object.assign(this, { inside, shownFor: '', rows: [] });
    this.list = make('ol', 'inside-sentences');
    this.more = inside.button('fits_more', () => this.add('').input.focus(), 'quiet');
    this.press = inside.button('fits_press', () => this.test());
    this.told = make('p', 'inside-told');
    const actions = make('div', 'inside-actions');
    actions.append(this.press, this.more);
    this.body = make('div', 'inside-body');
    this.who = make('select');
    this.who.name = 'matcher';
    this.who.addEventListener('change', () => this.rows.forEach(({ result }) => result.replaceChildren()));
    this.choice = make('label', 'inside-choice');
    this.choice.append(make('span', '', inside.say('model')), this.who);
    this.body.append(this.choice, this.list, actions, this.told, inside.caution('fits_caution_whole', 'fits_caution', 'fits_caution_scales'));
    this.none = make('p', 'inside-none');
    this.section = inside.section('fits', this.none, this.body);
  }

  show() {
    const { inside } = this;
    const shownFor = inside.app.picture.id;
    // Models that match are not those that answer: what was chosen here stays.
    if (shownFor === this.shownFor) return;
    this.shownFor = shownFor;
    this.told.textContent = '';
    this.list.replaceChildren();
    this.rows = [];
    for (const sentence of this.first()) this.add(sentence);
    while (this.rows.length < 3) this.add('');
    this.none.hidden = this.body.hidden = true;
  }

  // What there is to begin with: what the picture is known to show and what the model says of it.
  first() {
    const { picture, caption } = this.inside.app;
    const said = (caption ?? []).map((answer) => answer?.text ?? '');
    return [...new Set([picture.alt ?? '', ...said].map((text) => text.trim()).filter(Boolean))].slice(0, 2);
  }

  // Who can match, and something that is wrong about this picture, to begin with.
  offer(matchers, sentence) {
    const { inside } = this;
    this.none.hidden = matchers.length > 0;
    this.body.hidden = !matchers.length;
    this.none.textContent = inside.say('fits_none');
    this.choice.hidden = matchers.length < 2;
    const before = this.who.value || inside.model.key;
    this.who.replaceChildren(...matchers.map(({ key, title }) => Object.assign(make('option', '', title), { value: key })));
    if (matchers.some(({ key }) => key === before)) this.who.value = before;
    const empty = this.rows.find(({ input }) => !input.value);
    if (empty && !this.rows.some(({ input }) => input.value === sentence)) empty.input.value = sentence;
  }

  add(sentence) {
    const { inside } = this;
    const row = make('li', 'inside-sentence');
    const label = make('label');
    const input = make('input');
    Object.assign(input, { type: 'text', value: sentence, maxLength: 200, placeholder: inside.say('fits_type') });
    label.append(make('span', 'sr', inside.say('fits_sentence', { number: this.rows.length + 1 })), input);
    input.addEventListener('input', () => result.replaceChildren());
    input.addEventListener('keydown', (event) => {
      // Enter also ends a word that an input method is still writing.
      if (event.key === 'Enter' && !event.isComposing) this.test();
    });
    const result = make('div', 'inside-fit');
    row.append(label, result);
    this.list.append(row);
    const made = { input, result };
    this.rows.push(made);
    this.more.hidden = this.rows.length >= MOST_SENTENCES;
    return made;
  }

  async test() {
    const { inside } = this;
    const rows = this.rows.filter(({ input }) => input.value.trim());
    const matcher = this.who.value;
    if (this.press.disabled) return;
    if (!rows.length) {
      this.told.textContent = inside.say('fits_empty');
      return;
    }
    this.press.disabled = true;
    const sentences = rows.map(({ input }) => input.value);
    const asked = { picture_id: inside.app.picture.id, model: matcher, sentences };
    const found = await inside.ask('match', asked, this.told);
    this.press.disabled = false;
    if (!found || matcher !== this.who.value) return;
    found.items.forEach(({ probability, cosine }, place) => {
      const { input, result } = rows[place];
      // Somebody may have typed on meanwhile.
      if (input.value === sentences[place]) this.drawFit(result, probability, cosine);
    });
    const told = found.items.map(({ probability }, place) => `${sentences[place]}: ${share(probability)}`);
    inside.region.textContent = told.join('; ');
  }

  drawFit(result, probability, cosine) {
    const { inside } = this;
    const line = (key, part, number) => {
      const row = make('div', 'inside-fit-row');
      const bar = make('span', 'inside-bar');
      const fill = make('span', 'inside-fill');
      fill.style.setProperty('--part', Math.max(0, part));
      bar.append(fill);
      row.append(make('span', '', inside.say(key)), bar, make('b', '', number));
      return row;
    };
    result.replaceChildren(
      line('fits_head', probability, `${percent(probability)} %`),
      line('fits_cosine', cosine, cosine.toFixed(2)),
    );
  }
}
