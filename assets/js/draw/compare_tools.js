// The column of tools: what changes from picture to picture, and what stays the same.
import { make } from '../shared/dom.js';
import { asRadios, markRadio } from '../shared/radios.js';
import { KINDS } from './compare_axes.js';

const COUNTS = [3, 5, 7];
const MOST_SEED = 2 ** 32 - 1;
// A dice that people can say aloud and type again.
const MOST_DICE = 10_000;

export class Tools {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.changes = this.card('changes');
    this.kinds = this.choice('kind', Object.keys(KINDS).map((kind) => [kind, ui.say(`kind_${kind}`)]));
    this.kinds.classList.add('compare-kinds');
    this.counts = this.choice('count', COUNTS.map((count) => [count, String(count)]));
    this.axes = Object.fromEntries(Object.values(KINDS).flat().map((axis) => [axis, this.axis(axis)]));
    this.countField = this.group('count', this.counts, true);
    this.changes.append(this.kinds, this.countField, ...Object.values(this.axes).map(({ node }) => node));
    this.stays = this.card('stays');
    this.asDrawn = ui.button({ icon: 'picture', text: ui.say('from_draw'), className: 'quiet', press: () => this.takeDrawn() });
    this.stays.append(this.modelField(), this.seedField(), this.asDrawn, this.moreFields());
    app.toolbox.replaceChildren(this.changes, this.stays);
  }

  card(key) {
    const card = make('section', 'ui-card');
    card.append(make('h3', '', this.app.ui.say(key)));
    return card;
  }

  group(key, input, hasHint = false) {
    const { ui } = this.app;
    const group = make(input.tagName === 'DIV' ? 'div' : 'label', 'compare-field');
    const hint = make('p', 'ui-hint', hasHint ? ui.say(`${key}_help`) : '');
    hint.hidden = !hasHint;
    group.append(make('span', '', ui.say(key)), input, hint);
    group.hint = hint;
    return group;
  }

  // One of a few, as a row of buttons that arrow keys walk over.
  choice(name, entries) {
    const { app } = this;
    const node = make('div', 'ui-switch compare-choice');
    asRadios(node, app.ui.say(name));
    node.append(...entries.map(([value, text]) => {
      const button = app.ui.button({ text, press: () => app.form.change({ [name]: value }) });
      button.setAttribute('role', 'radio');
      button.value = value;
      return button;
    }));
    return node;
  }

  // ---- what changes ----
  axis(axis) {
    const { app } = this;
    const name = `${axis}_axis`;
    if (axis === 'scheduler') {
      const chips = make('div', 'compare-chips');
      return { node: this.group('axis_scheduler', chips, true), chips };
    }
    const isWords = axis.endsWith('words');
    const input = make(isWords ? 'textarea' : 'input');
    Object.assign(input, isWords ? { rows: 3, spellcheck: false } : { type: 'text', autocomplete: 'off' });
    input.name = name;
    input.addEventListener('input', () => app.form.change({ [name]: input.value }));
    return { node: this.group(`axis_${axis}`, input, true), input };
  }

  drawChips({ chips }) {
    const { app } = this;
    const { form, model } = app;
    const chosen = form.values.scheduler_axis;
    const key = `${model.key}|${chosen.join()}`;
    if (chips.drawn === key) return;
    const had = [...chips.children].indexOf(document.activeElement);
    chips.drawn = key;
    chips.replaceChildren(...model.schedulers.map(([name, title]) => {
      const isIn = chosen.includes(name);
      const press = () => form.change({ scheduler_axis: isIn ? chosen.filter((one) => one !== name) : [...chosen, name] });
      return app.ui.button({ text: title, className: 'quiet', pressed: isIn, press });
    }));
    chips.children[had]?.focus();
  }

  // ---- what stays ----
  modelField() {
    const { app } = this;
    this.models = make('select');
    this.models.name = 'model';
    this.models.addEventListener('change', () => app.form.setModel(this.models.value));
    this.modelGroup = this.group('model', this.models);
    this.modelGroup.hint.hidden = false;
    return this.modelGroup;
  }

  seedField() {
    const { app } = this;
    const { ui, form } = app;
    this.seed = make('input');
    Object.assign(this.seed, { type: 'number', name: 'seed', min: 0, max: MOST_SEED, step: 1, inputMode: 'numeric' });
    this.seed.setAttribute('aria-label', ui.say('seed'));
    this.seed.addEventListener('input', () => form.change({ seed: this.seed.value === '' ? null : Number(this.seed.value) }));
    const dice = ui.button({ icon: 'dice', label: ui.say('dice'), className: 'bare', press: () => form.change({ seed: Math.floor(Math.random() * MOST_DICE) }) });
    const line = make('div', 'compare-line');
    line.append(this.seed, dice);
    this.seedGroup = this.group('seed', line, true);
    return this.seedGroup;
  }

  moreFields() {
    const { app } = this;
    const { ui, form } = app;
    const section = ui.section('more', 'compare-more');
    const slider = (name, low, step) => ui.slider({
      key: name, low, high: 50, step, value: form.values[name], input: (now) => form.change({ [name]: now }),
    });
    this.steps = slider('steps', 1, 1);
    this.guidance = slider('guidance', 1, 0.5);
    this.samplers = this.select('scheduler');
    this.sizes = this.select('size');
    this.without = make('input');
    Object.assign(this.without, { type: 'text', name: 'without', maxLength: 1000, autocomplete: 'off' });
    this.without.addEventListener('input', () => form.change({ without: this.without.value }));
    this.more = {
      steps: this.steps, guidance: this.guidance, scheduler: this.group('scheduler', this.samplers),
      size: this.group('size', this.sizes), without: this.group('without', this.without),
    };
    section.body.append(...Object.values(this.more));
    return section;
  }

  select(name) {
    const select = make('select');
    select.name = name;
    select.addEventListener('change', () => this.app.form.change({ [name]: select.value }));
    return select;
  }

  // The words and settings of the picture that stands in the mode "Draw".
  takeDrawn() {
    const { form, models } = this.app;
    const { model, width, height, ...fields } = drawnInDraw();
    if (models.has(model)) form.setModel(model);
    form.set({ ...fields, size: `${height}x${width}`, changed: fields.words });
  }

  // ---- how it looks ----
  update() {
    const { app } = this;
    const { form, mode, model } = app;
    if (!model) return;
    const varied = mode === 'grid' ? form.axes : [];
    this.changes.hidden = mode === 'change';
    this.kinds.hidden = mode !== 'grid';
    this.countField.hidden = mode !== 'blend';
    this.mark(this.kinds, form.values.kind);
    this.mark(this.counts, form.values.count);
    for (const [axis, field] of Object.entries(this.axes)) {
      field.node.hidden = !varied.includes(axis);
      if (field.chips) this.drawChips(field);
      else put(field.input, form.values[`${axis}_axis`]);
      const isBad = !field.node.hidden && !form.valuesOf(axis)?.length;
      (field.input ?? field.chips).setAttribute('aria-invalid', String(isBad));
    }
    this.updateModel(model);
    this.updateStays(varied, model);
  }

  mark(node, value) {
    for (const button of node.children) markRadio(button, button.value === String(value));
  }

  updateModel(model) {
    const { app } = this;
    const key = [...app.models.keys()].join();
    if (this.drawnModels !== key) {
      this.drawnModels = key;
      this.models.replaceChildren(...[...app.models.values()].map((one) => option(one.key, one.title)));
    }
    this.models.value = model.key;
    this.modelGroup.hint.textContent = model.reason || model.note || '';
    if (this.drawnModel === model.key) return;
    this.drawnModel = model.key;
    this.steps.querySelector('input').max = model.steps[1];
    this.guidance.querySelector('input').max = model.guidance[1];
    this.samplers.replaceChildren(...model.schedulers.map(([name, title]) => option(name, title)));
    this.sizes.replaceChildren(...model.sizes.map(([height, width]) => option(`${height}x${width}`, `${width} × ${height}`)));
  }

  updateStays(varied, model) {
    const { form } = this.app;
    const { seed, steps, guidance, scheduler, size, without } = form.values;
    this.seedGroup.hidden = varied.includes('seed');
    this.asDrawn.hidden = !drawnInDraw();
    put(this.seed, seed ?? '');
    this.steps.set(steps);
    this.guidance.set(guidance);
    this.samplers.value = scheduler;
    this.sizes.value = size;
    put(this.without, without);
    this.more.steps.hidden = varied.includes('steps');
    this.more.guidance.hidden = varied.includes('guidance') || model.guidance[1] === 1;
    this.more.scheduler.hidden = varied.includes('scheduler') || model.schedulers.length < 2;
    this.more.size.hidden = model.sizes.length < 2;
    this.more.without.hidden = !model.reads_negative;
  }
}

// The fields of the picture that is looked at in the mode "Draw", where there is one.
function drawnInDraw() {
  return document.querySelector('.draw')?.app?.chosen?.fields ?? null;
}

// What somebody is writing is not taken from under the hand.
function put(field, value) {
  if (document.activeElement !== field && field.value !== String(value)) field.value = value;
}

function option(value, text) {
  const node = make('option', '', text);
  node.value = value;
  return node;
}
