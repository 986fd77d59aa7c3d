// How it is drawn: the model and what it can be told, with defaults that it was made for.
import { make } from '../shared/dom.js';
import { asRadios, markRadio } from '../shared/radios.js';

const COUNTS = [1, 2, 3, 4];
const MOST_SEED = 2 ** 32 - 1;

export class Settings {
  constructor(app) {
    this.app = app;
    this.model = null;
    this.count = 1;
    this.node = make('div', 'ui-card draw-settings');
    this.build();
    this.node.addEventListener('input', () => app.edited());
    app.tools.append(this.node);
  }

  build() {
    const { ui } = this.app;
    this.models = make('select');
    this.models.addEventListener('change', () => {
      this.choose(this.models.value);
      this.app.prompt.count();
    });
    this.about = make('p', 'ui-hint');
    this.reason = make('p', 'draw-reason');
    this.fetch = ui.button({ icon: 'download', text: ui.say('open_models'), className: 'quiet wide' });
    this.fetch.dataset.openTab = 'models';
    this.counts = make('div', 'ui-switch draw-counts');
    asRadios(this.counts, ui.say('count'));
    this.counts.append(...COUNTS.map((count) => this.countButton(count)));
    this.steps = ui.slider({ key: 'steps', low: 1, high: 50, step: 1, value: 20, input: () => this.app.changed() });
    this.guidance = ui.slider({ key: 'guidance', low: 1, high: 12, step: 0.5, value: 4, input: () => this.app.changed() });
    this.without = make('input');
    Object.assign(this.without, { type: 'text', maxLength: 1000, placeholder: ui.say('without_here') });
    this.sizes = make('select');
    this.sizes.addEventListener('change', () => this.app.changed());
    this.samplers = make('select');
    this.more = ui.section('more', 'draw-more');
    this.withoutField = this.field('without', this.without);
    this.sizeField = this.field('size', this.sizes);
    this.more.body.append(this.withoutField, this.sizeField, this.field('sampler', this.samplers));
    this.node.append(
      this.field('model', this.models, this.about), this.reason, this.fetch,
      this.group('count', this.counts), this.seedField(),
      this.sliderField('steps', this.steps), this.sliderField('guidance', this.guidance), this.more,
    );
  }

  countButton(count) {
    const button = this.app.ui.button({ text: String(count), press: () => this.setCount(count) });
    button.setAttribute('role', 'radio');
    return button;
  }

  setCount(count) {
    this.count = count;
    this.app.changed();
  }

  // A field with its name over it and one line under it that says what it does.
  field(key, input, hint = make('p', 'ui-hint', this.app.ui.say(`${key}_help`))) {
    const label = make('label', 'draw-field');
    label.append(make('span', 'draw-label', this.app.ui.say(key)), input, hint);
    return label;
  }

  group(key, node) {
    const group = make('div', 'draw-field');
    group.append(make('span', 'draw-label', this.app.ui.say(key)), node);
    group.classList.toggle('inline', node === this.counts);
    return group;
  }

  sliderField(key, slider) {
    const group = make('div', 'draw-field');
    group.append(slider, make('p', 'ui-hint', this.app.ui.say(`${key}_help`)));
    return group;
  }

  seedField() {
    const { ui } = this.app;
    this.seedInput = make('input');
    Object.assign(this.seedInput, { type: 'number', min: 0, max: MOST_SEED, step: 1, placeholder: ui.say('seed_new'), inputMode: 'numeric' });
    this.seedInput.setAttribute('aria-label', ui.say('seed'));
    this.seedInput.addEventListener('input', () => this.app.changed());
    this.dice = ui.button({ icon: 'dice', label: ui.say('seed_dice'), className: 'bare', press: () => { this.setSeed(null); this.app.edited(); } });
    const line = make('div', 'draw-seed-line');
    line.append(this.seedInput, this.dice);
    const group = this.group('seed', line);
    group.append(make('p', 'ui-hint', ui.say('seed_help')));
    return group;
  }

  // ---- what the server says ----
  setModels(models) {
    this.app.models = models;
    this.models.replaceChildren(...models.map(({ key, title }) => option(key, title)));
    if (!this.model && models.length) this.choose(models[0].key);
  }

  choose(key) {
    const model = this.app.models.find((one) => one.key === key);
    if (!model) return;
    this.model = model;
    this.models.value = key;
    this.about.textContent = model.note;
    this.reason.textContent = model.reason;
    const [steps, mostSteps] = model.steps;
    const [guidance, mostGuidance] = model.guidance;
    limit(this.steps, mostSteps, steps);
    limit(this.guidance, mostGuidance, guidance);
    this.sizes.replaceChildren(...model.sizes.map(([height, width]) => option(`${height}x${width}`, `${width} × ${height}`)));
    this.samplers.replaceChildren(...model.schedulers.map(([name, title]) => option(name, title)));
    this.sizes.disabled = model.sizes.length < 2;
    this.samplers.disabled = model.schedulers.length < 2;
    this.app.changed();
  }

  // ---- what is asked ----
  get seed() {
    const text = this.seedInput.value.trim();
    return text === '' ? null : Number(text);
  }

  setSeed(seed) {
    this.seedInput.value = seed ?? '';
    this.app.changed();
  }

  get canDraw() {
    return Boolean(this.model) && !this.model.reason;
  }

  size() {
    const [height, width] = (this.sizes.value || '1x1').split('x').map(Number);
    return { width, height };
  }

  value(slider) {
    return Number(slider.querySelector('input').value);
  }

  fields() {
    const { width, height } = this.size();
    return {
      model: this.model?.key ?? '', count: this.count, seed: this.seed, steps: this.value(this.steps), guidance: this.value(this.guidance),
      without: this.readsNegative ? this.without.value : '', width, height, scheduler: this.samplers.value,
    };
  }

  // Only what is named is changed.
  apply(fields) {
    if (fields.model) this.choose(fields.model);
    if ('seed' in fields) this.setSeed(fields.seed);
    if (fields.steps) this.steps.set(fields.steps);
    if (fields.guidance) this.guidance.set(fields.guidance);
    if ('without' in fields) this.without.value = fields.without;
    if (fields.width) this.sizes.value = `${fields.height}x${fields.width}`;
    if (!this.sizes.value) this.sizes.selectedIndex = 0;
    if (fields.scheduler) this.samplers.value = fields.scheduler;
    if (!this.samplers.value) this.samplers.selectedIndex = 0;
  }

  // Without guidance the model hears nothing but the prompt.
  get readsNegative() {
    return Boolean(this.model?.reads_negative) && this.value(this.guidance) > 1;
  }

  // Said where the model does not read the language of the page, or of the words.
  languageHint() {
    const isChinese = document.documentElement.lang.startsWith('zh') || /\p{Script=Han}/u.test(this.app.prompt.words);
    const reads = this.model?.languages ?? [];
    return isChinese && this.model && !reads.some((one) => one.startsWith('zh')) ? this.app.ui.say('english_only') : '';
  }

  update() {
    const { ui } = this.app;
    [...this.counts.children].forEach((button, place) => markRadio(button, place + 1 === this.count));
    this.without.disabled = !this.readsNegative;
    const hint = this.withoutField.querySelector('.ui-hint');
    hint.textContent = ui.say(!this.model || this.readsNegative ? 'without_help' : this.model.reads_negative ? 'without_no_guidance' : 'without_ignored');
    this.dice.disabled = this.seed === null;
    const isDeaf = this.model?.guidance[1] === 1;
    this.guidance.querySelector('input').disabled = isDeaf;
    this.guidance.nextElementSibling.textContent = ui.say(isDeaf ? 'guidance_none' : 'guidance_help');
    this.reason.hidden = !this.model?.reason;
    this.fetch.hidden = !this.model || this.model.is_here;
  }
}

function option(value, text) {
  const node = make('option', '', text);
  node.value = value;
  return node;
}

function limit(slider, most, usual) {
  slider.querySelector('input').max = most;
  slider.set(usual);
}
