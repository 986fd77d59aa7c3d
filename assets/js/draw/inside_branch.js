// Branches: as before up to some step, then one thing is different; both futures side by side.
import { call } from '../shared/calling.js';
import { make, percent } from '../shared/dom.js';
import { swapFocus } from './focus.js';
import { ChangeForm } from './inside_change.js';
import { partThatDiffers } from './inside_maps.js';
import { bringUp, figure, fitCanvas, load } from './inside_painting.js';

const LARGE = 512;
const THUMB = 96;

export class Branch {
  constructor(inside) {
    Object.assign(this, { inside, run: 0, isDrawing: false, branches: [], chosen: null });
    const { ui } = inside;
    this.form = new ChangeForm(inside, () => this.updateForm());
    this.go = ui.button({ text: inside.say('branch_go'), className: 'main', press: () => this.draw() });
    this.stop = ui.button({ icon: 'stop', text: inside.say('stop'), className: 'quiet', press: () => this.end(inside.say('stopped'), true) });
    this.told = make('p', 'lid-told');
    this.told.setAttribute('role', 'status');
    const actions = make('div', 'lid-actions');
    actions.append(this.go, this.stop, this.told);
    this.form.node.append(actions);
    this.list = make('div', 'lid-branches');
    this.list.setAttribute('role', 'group');
    this.list.setAttribute('aria-label', inside.say('branches'));
    this.before = figure();
    this.after = figure();
    this.pair = make('div', 'lid-pair lid-futures');
    this.pair.append(this.before.node, this.after.node);
    this.verdict = make('p', 'lid-verdict');
    this.films = make('div', 'lid-films');
    this.open = ui.button({ text: inside.say('look_inside'), className: 'quiet', press: () => inside.open(this.chosen.drawing.id) });
    this.found = make('div', 'lid-found');
    this.put = ui.button({ text: inside.say('put_on_stage'), className: 'quiet', press: () => this.putOnStage() });
    this.further = make('div', 'lid-actions');
    this.further.append(this.open, this.put);
    this.found.append(this.list, this.verdict, this.pair, this.films, this.further);
    this.none = make('p', 'lid-none', inside.say('branch_none'));
    this.body = make('div', 'lid-branching');
    this.body.append(this.form.node, this.found);
    this.node = inside.panel('branch', this.none, this.body);
  }

  // ---- what it is about ----
  show() {
    const { drawing } = this.inside;
    const can = drawing.steps > 1;
    this.none.hidden = can;
    this.body.hidden = !can;
    if (this.isDrawing) this.end('', true);
    this.told.textContent = '';
    this.branches = [];
    this.chosen = null;
    this.fillList();
    if (can) this.form.show();
  }

  updateForm() {
    const { isDrawing } = this;
    const held = document.activeElement;
    this.go.hidden = isDrawing;
    this.stop.hidden = !isDrawing;
    this.go.disabled = !this.form.asked;
    swapFocus(held, this.go, this.stop);
  }

  // ---- drawing ----
  draw() {
    const { inside, form } = this;
    const { asked } = form;
    if (!asked || this.isDrawing) return;
    this.run += 1;
    this.asked = asked;
    this.preview = null;
    this.setDrawing(true);
    this.tell(inside.say('asking'), true);
    inside.trigger('branch', { ...asked, id: inside.drawing.id, run: String(this.run) });
    this.chosen = null;
    this.fillList();
    inside.update();
  }

  // News of the branch that is drawn now; those of one that was left are not heard.
  async hear(told) {
    if (told.run !== String(this.run) || !this.isDrawing) return;
    if (told.error) {
      this.end(told.error);
      return;
    }
    if (told.told && !this.preview) this.tell(told.told, true);
    if (told.step) await this.hearPreview(told);
    if (told.id) await this.hearEnd(told);
  }

  async hearPreview({ step, steps, together, src }) {
    const { inside } = this;
    this.tell(inside.say(together > 1 ? 'drawing_together' : 'drawing', { step, steps, count: together - 1 }), true);
    if (!src) return;
    const { run } = this;
    const image = await load(src);
    if (run !== this.run || !this.isDrawing || step < (this.preview?.step ?? 0)) return;
    this.preview = { step, steps, image };
    this.update();
  }

  async hearEnd({ id, drawn }) {
    const { inside, asked, run } = this;
    const about = inside.drawing;
    const drawing = await inside.fetch(id);
    if (run !== this.run || about !== inside.drawing) return;
    if (drawing.error) {
      this.end(drawing.error);
      return;
    }
    this.branches.push({ asked, drawing, drawn, differs: differenceOf(about, drawing) });
    this.end('');
    this.choose(this.branches.at(-1));
    inside.goTo(inside.drawing.done);
    inside.tell(this.verdict.textContent);
    this.sharpen(this.chosen);
  }

  // The film in the decoder's colours comes after; until then the rough one stands.
  async sharpen({ drawing }) {
    await this.inside.sharpen(drawing);
    if (this.chosen?.drawing === drawing) {
      this.fillFilms();
      this.update();
    }
  }

  // There it can be taken away and sent on, as every other drawing.
  putOnStage() {
    const { stage } = this.inside;
    stage.receiveDrawn({ drawn: [this.chosen.drawn] });
    stage.root.scrollIntoView({ block: 'start' });
  }

  end(sentence, isStopped = false) {
    if (isStopped && this.isDrawing) call(this.inside, 'stop_branch', { run: String(this.run) });
    this.run += isStopped ? 1 : 0;
    this.preview = null;
    this.setDrawing(false);
    this.tell(sentence);
    if (sentence) this.inside.tell(sentence);
    this.update();
  }

  tell(sentence, isBusy = false) {
    this.told.textContent = sentence;
    this.told.dataset.busy = String(isBusy);
  }

  setDrawing(isDrawing) {
    this.isDrawing = isDrawing;
    this.node.dataset.drawing = String(isDrawing);
    this.updateForm();
  }

  // ---- both futures ----
  choose(branch) {
    this.chosen = branch;
    this.fillList();
    this.fillFilms();
    this.inside.update();
  }

  fillList() {
    this.list.hidden = this.branches.length < 2;
    this.list.replaceChildren(...this.branches.map((branch) => {
      const button = this.inside.ui.button({ text: this.form.nameOf(branch.asked), className: 'quiet lid-chip', press: () => this.choose(branch), pressed: branch === this.chosen });
      return button;
    }));
    const has = Boolean(this.chosen);
    for (const node of [this.verdict, this.films, this.further]) node.hidden = !has;
    this.found.hidden = !has && !this.isDrawing;
  }

  // From the step on at which they part: above as it was, below the branch.
  fillFilms() {
    const { inside, chosen } = this;
    const rows = [[inside.drawing, 'as_it_was'], [chosen.drawing, 'the_branch']].map(([drawing, key]) => {
      const row = make('div', 'lid-row');
      const strip = make('div', 'lid-thumbs');
      strip.style.setProperty('--count', inside.drawing.steps);
      for (let step = 1; step <= drawing.done; step += 1) strip.append(this.thumb(drawing, step));
      row.append(make('span', 'lid-row-name', inside.say(key)), strip);
      return row;
    });
    this.films.replaceChildren(...rows);
  }

  thumb(drawing, step) {
    const { inside, chosen } = this;
    const node = make('button', 'lid-thumb');
    node.type = 'button';
    node.tabIndex = -1;
    node.dataset.step = step;
    node.dataset.parted = String(step > chosen.asked.step);
    node.setAttribute('aria-label', inside.say('step_of', { step, steps: drawing.steps }));
    const canvas = make('canvas');
    fitCanvas(canvas, drawing.size, THUMB);
    drawing.paintPredicted(canvas, step);
    node.append(canvas);
    node.addEventListener('click', () => inside.goTo(Math.min(step, inside.drawing.done)));
    return node;
  }

  update() {
    const { inside, chosen, preview } = this;
    this.updateForm();
    this.found.hidden = !chosen && !this.isDrawing;
    if (this.found.hidden) return;
    const { drawing, step } = inside;
    for (const { canvas } of [this.before, this.after]) fitCanvas(canvas, drawing.size, LARGE);
    const at = chosen ? step : Math.max(1, Math.min(drawing.done, preview?.step ?? 1));
    drawing.paintPredicted(this.before.canvas, at);
    this.name(this.before, inside.say('as_it_was'), at);
    if (chosen) {
      chosen.drawing.paintPredicted(this.after.canvas, Math.min(step, chosen.drawing.done));
      this.name(this.after, this.form.nameOf(chosen.asked), at);
      this.tellVerdict(chosen, step);
    } else this.paintPreview(at);
  }

  name({ canvas, caption }, text, step) {
    caption.textContent = text;
    canvas.setAttribute('aria-label', this.inside.say('future_alt', { words: text, step, steps: this.inside.drawing.steps }));
  }

  paintPreview(at) {
    const { canvas } = this.after;
    const pen = canvas.getContext('2d');
    pen.imageSmoothingQuality = 'high';
    if (this.preview) pen.drawImage(this.preview.image, 0, 0, canvas.width, canvas.height);
    else pen.clearRect(0, 0, canvas.width, canvas.height);
    this.name(this.after, this.form.nameOf(this.asked), at);
  }

  tellVerdict({ asked, differs, drawing }, step) {
    const { inside } = this;
    const isParted = step > asked.step;
    this.verdict.textContent = drawing.is_withheld ? inside.say('withheld') : inside.say(isParted ? 'parted' : 'not_parted', { step: asked.step, steps: drawing.steps, percent: percent(differs) });
    for (const node of this.films.querySelectorAll('.lid-thumb')) {
      if (Number(node.dataset.step) === step) {
        node.setAttribute('aria-current', 'step');
        bringUp(node.parentElement, node);
      } else node.removeAttribute('aria-current');
    }
  }
}

function differenceOf(one, other) {
  const [before, after] = [one.pixels, other.pixels];
  return before.data.length === after.data.length ? partThatDiffers(before.data, after.data) : 1;
}
