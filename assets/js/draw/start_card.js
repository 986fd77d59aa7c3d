// The picture that drawing starts from: where it comes from, how much of it is kept, which part is drawn anew.
import { call } from '../shared/calling.js';
import { make, percent } from '../shared/dom.js';
import { MaskPaint } from './mask_paint.js';
import { pictureOfSegment } from './segment_tab.js';

// As the server has it: a painted part has nothing to keep.
const USUAL_STRENGTH = 0.6;
const TOOLS = [['brush', 'brush'], ['eraser', 'eraser'], ['point', 'point']];

export class StartCard {
  constructor(app) {
    this.app = app;
    this.picture = null;
    this.build();
    app.tools.append(this.node);
  }

  build() {
    const { ui } = this.app;
    this.node = make('div', 'draw-start ui-card folded');
    this.section = ui.section('start');
    this.node.append(this.section);
    this.buildEmpty();
    this.buildFilled();
    this.cannot = make('p', 'ui-hint', ui.say('start_cannot'));
    this.section.body.append(this.cannot, this.empty, this.filled);
    // The button of the segment tab is offered where there is something to take.
    this.section.addEventListener('toggle', () => this.app.changed());
    document.addEventListener('visibilitychange', () => this.app.changed());
    this.section.addEventListener('pointerenter', () => this.app.changed());
  }

  buildEmpty() {
    const { app } = this;
    const { ui } = app;
    this.empty = make('div', 'draw-start-empty');
    const choose = ui.button({ icon: 'picture', text: ui.say('start_choose'), className: 'quiet wide', press: () => app.pictures.ask() });
    this.fromSegment = ui.button({ icon: 'point', text: ui.say('start_segment'), className: 'quiet wide', press: () => this.takeSegment() });
    this.empty.append(make('p', 'ui-hint', ui.say('start_help')), choose, this.fromSegment);
  }

  buildFilled() {
    const { app } = this;
    const { ui } = app;
    this.filled = make('div', 'draw-start-filled');
    this.paint = new MaskPaint({ label: ui.say('mask_label'), changed: () => app.changed(), point: (at) => this.takeThing(at) });
    const bar = make('div', 'draw-paint-bar');
    this.toolButtons = TOOLS.map(([tool, icon]) =>
      ui.button({ icon, label: ui.say(`mask_${tool}`), className: 'bare', pressed: false, press: () => this.setTool(tool) }),
    );
    this.undo = ui.button({ icon: 'undo', label: ui.say('mask_undo'), className: 'bare', press: () => this.paint.undo() });
    this.invert = ui.button({ icon: 'subtract', label: ui.say('mask_invert'), className: 'bare', press: () => this.paint.invert() });
    this.clearMask = ui.button({ icon: 'close', label: ui.say('mask_clear'), className: 'bare', press: () => this.paint.clear() });
    bar.append(...this.toolButtons, this.undo, this.invert, this.clearMask);
    this.tip = make('p', 'ui-hint');
    this.size = ui.slider({ key: 'brush_size', low: 1, high: 40, step: 1, value: 12, format: (now) => `${now} %`, input: (now) => this.setBrush(now) });
    const strength = { key: 'strength', low: 0.05, high: 1, step: 0.05, value: USUAL_STRENGTH, format: (now) => `${percent(now)} %` };
    this.strength = ui.slider({ ...strength, input: () => { this.isStrengthChosen = true; } });
    this.feather = ui.slider({ key: 'feather', low: 0, high: 24, step: 1, value: 6, format: (now) => `${now} px` });
    const away = ui.button({ icon: 'trash', text: ui.say('start_away'), className: 'quiet wide', press: () => this.clear() });
    this.filled.append(
      this.paint.node, bar, this.tip, this.size,
      this.strength, make('p', 'ui-hint', ui.say('strength_help')), this.feather, away,
    );
    this.setTool('brush');
    this.setBrush(12);
  }

  setTool(tool) {
    this.paint.tool = tool;
    this.toolButtons.forEach((button, place) => button.setAttribute('aria-pressed', String(TOOLS[place][0] === tool)));
    this.app.changed();
  }

  setBrush(share) {
    this.paint.share = share / 100;
  }

  // ---- where it comes from ----
  open() {
    this.section.open = true;
  }

  showPending({ file, width, height, name }) {
    this.app.note = '';
    this.pending = { file, name };
    this.take({ id: '', src: URL.createObjectURL(file), width, height, alt: name });
    this.picture.isPending = true;
  }

  // The server's own copy takes its place, so that what is painted lies on the same pixels.
  receive(start) {
    // Another picture than the one that was painted on comes without its paint.
    const mask = this.waitingMask ?? (this.pending && this.picture ? this.paint.told() : null);
    this.app.isReading = false;
    if (!start) {
      this.clear();
      return;
    }
    // Unfolded, the card of a drawing that is to be changed may lie below the window.
    if (this.of) requestAnimationFrame(() => requestAnimationFrame(() => this.node.scrollIntoView({ block: 'nearest' })));
    this.take({ ...start, file: this.pending?.file ?? null, of: this.of ?? '' });
    if (mask) this.paint.take(mask);
    this.pending = this.of = this.waitingMask = null;
    const { after } = this;
    this.after = null;
    after?.();
  }

  take(picture) {
    this.picture = picture;
    this.paint.show(picture);
    this.open();
    this.app.changed();
  }

  openFailed() {
    this.app.isReading = false;
    this.after = this.of = this.pending = this.waitingMask = null;
    if (this.picture?.isPending) this.clear();
  }

  clear() {
    if (this.picture?.isPending) URL.revokeObjectURL(this.picture.src);
    this.picture = this.pending = this.of = this.after = this.waitingMask = null;
    this.app.changed();
  }

  useDrawing(drawing) {
    this.app.note = '';
    this.of = drawing.id;
    this.pending = null;
    this.app.ask('open', { drawing_id: drawing.id });
  }

  // The picture of the segment tab, with the mask of what was chosen there.
  async takeSegment() {
    const found = await pictureOfSegment();
    if (!found) return;
    this.waitingMask = found.mask;
    await this.app.pictures.open(found.file);
  }

  async takeThing([x, y]) {
    const { app, picture } = this;
    if (!picture?.id || this.isTaking) return;
    this.isTaking = true;
    app.changed();
    const answer = await call(app, 'outline', { start_id: picture.id, x, y });
    this.isTaking = false;
    if (this.picture !== picture) return;
    if (answer.error) app.tell(answer.error);
    else this.paint.take(answer);
    app.changed();
  }

  // ---- what is asked ----
  get isUsed() {
    return Boolean(this.picture) && Boolean(this.app.settings.model?.can_edit);
  }

  asked() {
    if (!this.isUsed) return {};
    const value = (slider) => Number(slider.querySelector('input').value);
    const mask = this.paint.told();
    return { start_id: this.picture.id, mask, strength: value(this.strength), feather: value(this.feather) };
  }

  get isOnTheWay() {
    return this.isUsed && !this.picture.id;
  }

  get isRepairable() {
    return Boolean(this.picture && (this.picture.file || this.picture.of));
  }

  sendAgain(after) {
    const { app, picture } = this;
    this.after = after;
    this.pending = { file: picture.file };
    this.of = picture.of;
    if (picture.file) app.pictures.send(picture.file);
    else app.ask('open', { drawing_id: picture.of });
  }

  update() {
    const { app, picture, paint } = this;
    const canEdit = Boolean(app.settings.model?.can_edit);
    this.cannot.hidden = canEdit;
    this.empty.hidden = !canEdit || Boolean(picture);
    this.filled.hidden = !canEdit || !picture;
    this.fromSegment.hidden = !document.querySelector('.segment')?.app?.picture;
    this.node.dataset.used = String(this.isUsed);
    if (!picture) return;
    const isEmpty = paint.isEmpty;
    paint.frame(app.settings.size());
    if (!this.isStrengthChosen) this.strength.set(isEmpty ? USUAL_STRENGTH : 1);
    this.feather.hidden = isEmpty;
    this.undo.disabled = !paint.past.length;
    this.clearMask.disabled = isEmpty;
    const tip = app.ui.say(this.isTaking ? 'mask_taking' : paint.tool === 'point' ? 'mask_tip_point' : isEmpty ? 'mask_tip_empty' : 'mask_tip_painted');
    if (this.tip.textContent !== tip) this.tip.textContent = tip;
  }
}
