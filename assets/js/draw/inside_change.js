// What is to be different from some step on: one thing, so that one sees what it does.
import { make } from '../shared/dom.js';
import { asRadios, markRadio } from '../shared/radios.js';

const KINDS = ['words', 'guidance', 'noise'];
const MOST_SEED = 2 ** 32;
const MOST_CHARACTERS = 2000;

export class ChangeForm {
  constructor(inside, changed) {
    Object.assign(this, { inside, changed, kind: 'words', step: 1 });
    const { ui } = inside;
    this.switch = make('div', 'ui-switch lid-kinds');
    asRadios(this.switch, inside.say('what_changes'));
    this.choices = KINDS.map((kind) => {
      const button = ui.button({ text: inside.say(`kind_${kind}`), press: () => this.choose(kind) });
      button.setAttribute('role', 'radio');
      button.dataset.kind = kind;
      return button;
    });
    this.switch.append(...this.choices);
    this.field = Object.assign(make('textarea', 'lid-field'), { rows: 2, name: 'lid-words', maxLength: MOST_CHARACTERS, spellcheck: false });
    this.field.setAttribute('aria-label', inside.say('other_words'));
    this.field.addEventListener('input', changed);
    this.seed = Object.assign(make('input', 'lid-field'), { type: 'number', min: 0, max: MOST_SEED - 1, step: 1, name: 'lid-seed' });
    this.seed.addEventListener('input', changed);
    const seedLabel = make('label', 'lid-label');
    seedLabel.append(make('span', '', inside.say('noise_seed')), this.seed);
    this.guidancePlace = make('div');
    this.stepPlace = make('div');
    this.places = { words: this.field, guidance: this.guidancePlace, noise: seedLabel };
    this.help = make('p', 'lid-small');
    this.node = make('div', 'lid-form');
    this.node.append(this.stepPlace, this.switch, this.help, ...Object.values(this.places));
  }

  show() {
    const { inside } = this;
    const { drawing } = inside;
    const last = drawing.steps - 1;
    this.step = Math.min(last, Math.max(1, Math.round(drawing.steps / 4)));
    this.stepPlace.replaceChildren(inside.ui.slider({
      key: 'branch_step',
      low: 1, high: Math.max(1, last), step: 1, value: this.step,
      format: (step) => inside.say('branch_after', { step, steps: drawing.steps }),
      input: (step) => {
        this.step = step;
        inside.goTo(Math.min(step, drawing.done));
        this.changed();
      },
    }));
    this.field.value = this.wordsNow = drawing.wordsAt(drawing.steps);
    this.guidanceNow = drawing.guidanceAt(drawing.steps);
    // Far enough from what it was to be seen.
    this.guidance = Math.min(drawing.most_guidance, 2 * this.guidanceNow);
    this.guidancePlace.replaceChildren(inside.ui.slider({
      key: 'other_guidance',
      low: 1, high: drawing.most_guidance, step: 0.5, value: this.guidance,
      format: (value) => inside.say('guidance_was', { number: value, guidance: this.guidanceNow }),
      input: (value) => {
        this.guidance = value;
        this.changed();
      },
    }));
    this.seed.value = Math.floor(Math.random() * 100_000);
    this.choices.find(({ dataset }) => dataset.kind === 'guidance').hidden = drawing.most_guidance <= 1;
    this.switch.style.setProperty('--kinds', drawing.most_guidance <= 1 ? 2 : 3);
    this.choose(drawing.most_guidance <= 1 && this.kind === 'guidance' ? 'words' : this.kind);
  }

  choose(kind) {
    this.kind = kind;
    for (const button of this.choices) markRadio(button, button.dataset.kind === kind);
    for (const [name, node] of Object.entries(this.places)) node.hidden = name !== kind;
    this.help.textContent = this.inside.say(`kind_${kind}_help`);
    this.changed();
  }

  // Null where nothing would be different.
  get asked() {
    const { kind, step } = this;
    const words = this.field.value.trim();
    if (kind === 'words') return !words || words === this.wordsNow ? null : { kind, step, words };
    if (kind === 'guidance') return this.guidance === this.guidanceNow ? null : { kind, step, guidance: this.guidance };
    const seed = this.seed.valueAsNumber;
    return Number.isInteger(seed) && seed >= 0 && seed < MOST_SEED ? { kind, step, noise_seed: seed } : null;
  }

  // What a branch is called: what is different in it, and from where on.
  nameOf({ kind, step, words, guidance, noise_seed: seed }) {
    return this.inside.say(`branch_${kind}`, { step, words, guidance, seed });
  }
}
