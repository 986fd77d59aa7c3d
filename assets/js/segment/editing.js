// What a person does to the picture: every action of pointer, touch, keyboard and tools ends here.
import { call } from '../shared/calling.js';
import { combine, isEmpty, makeObject } from './objects.js';
import { changed, NEUTRAL, prompts, withBox, withoutBox, withoutPoint, withPoint, withPointAt } from './state.js';

const MOST_POINTS = 50;
const LEAST_BOX = 2;
// Fine enough to tell a share of the picture to a tenth of a percent.
const SHARES_SIDE = 400;

export class Editing {
  get now() {
    return this.history.present;
  }

  get brush() {
    return this.tool === 'brush' || this.tool === 'eraser';
  }

  takesDrags() {
    return this.brush || this.tool === 'box';
  }

  inside([x, y]) {
    const { width, height } = this.picture;
    return [Math.min(width - 0.5, Math.max(0.5, x)), Math.min(height - 0.5, Math.max(0.5, y))];
  }

  // ---- prompts ----
  setWorking(working, join = null) {
    this.tip = '';
    this.history.commit({ working }, join);
  }

  click(point, label) {
    if (!this.picture || !this.view.isInside(point)) return undefined;
    if (this.isEverything) return this.takeProposal();
    const { working } = this.now;
    const found = label && !working ? this.objectAt(point) : null;
    if (found) return this.select(found.id, false);
    if (prompts(working) >= MOST_POINTS) return this.tell(this.ui.say('too_many'));
    if (!label && !working) return this.tell(this.ui.say('include_first'));
    const next = withPoint(working, { x: point[0], y: point[1], label });
    // Until the answer comes, what lay under the pointer stays.
    this.heldProposal = working ? null : { key: next.key, index: this.hovering.index };
    this.hovering.leave();
    return this.setWorking(next);
  }

  drawBox(box) {
    if (!this.picture || box[2] - box[0] < LEAST_BOX || box[3] - box[1] < LEAST_BOX) return;
    this.setEverything(false);
    this.setWorking(withBox(this.now.working, box));
  }

  movePoint(place, point) {
    this.setWorking(withPointAt(this.now.working, place, point), 'move');
  }

  endMove() {
    this.history.lastJoin = null;
  }

  removePoint(place) {
    this.setWorking(withoutPoint(this.now.working, place));
  }

  takeBack() {
    const { working } = this.now;
    if (!working) return;
    if (working.points.length) this.removePoint(working.points.length - 1);
    else this.setWorking(withoutBox(working));
  }

  clear() {
    this.dragBox = this.cornerAt = null;
    if (this.isEverything) this.setEverything(false);
    else if (this.now.working) this.setWorking(null);
    else if (this.now.selected.length) this.history.commit({ selected: [] });
    this.setCursor(null);
  }

  // ---- the keyboard's cursor ----
  setCursor(point) {
    this.cursor = point;
    this.cornerAt = null;
    this.repaint();
  }

  place(label) {
    const usual = this.tool === 'exclude' ? 0 : 1;
    if (this.tool === 'box') this.corner();
    else if (this.brush) this.paintStroke({ points: [this.cursor], radius: this.brushRadius, value: this.tool === 'brush' ? 1 : 0 });
    else this.click(this.cursor, label ? usual : 1 - usual);
  }

  // The first press sets one corner, the second the other.
  corner() {
    if (!this.cursor) return;
    if (!this.cornerAt) {
      this.cornerAt = this.cursor;
      this.tell(this.ui.say('corner'));
      return;
    }
    const [from, to] = [this.cornerAt, this.cursor];
    this.cornerAt = this.dragBox = null;
    this.drawBox([Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.max(from[0], to[0]), Math.max(from[1], to[1])]);
  }

  followCorner() {
    if (!this.cornerAt) return;
    const [from, to] = [this.cornerAt, this.cursor];
    this.dragBox = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.max(from[0], to[0]), Math.max(from[1], to[1])];
  }

  hoverAt(point) {
    if (!this.picture || this.brush) return;
    const isQuiet = Boolean(this.now.working) && !this.isEverything;
    if (isQuiet ? this.hovering.leave() : this.hovering.at(point)) {
      this.repaint();
      if (this.cursor) this.announcer.proposal(this.hovering.index);
    }
  }

  // ---- candidates ----
  // By size: the first is the whole, the last the smallest detail.
  candidatesBySize() {
    const answer = this.decoding.of(this.now.working);
    if (!answer) return [];
    const { width, height } = this.picture;
    const share = Math.min(1, SHARES_SIDE / Math.max(width, height));
    const size = { width: Math.ceil(width * share), height: Math.ceil(height * share) };
    return answer.candidates
      .map((candidate, index) => {
        const mask = this.rendering.maskOf({ ...this.now.working, threshold: 0, refine: NEUTRAL, strokes: NO_STROKES }, candidate, size);
        let inside = 0;
        for (const one of mask) inside += one;
        return { candidate, index, part: inside / mask.length };
      })
      .sort((a, b) => b.part - a.part);
  }

  choose(place) {
    const found = this.candidatesBySize()[place];
    if (!found || found.index === this.decoding.chosenOf(this.now.working)) return;
    this.setWorking(changed(this.now.working, { chosen: found.index }));
    this.announcer.working();
  }

  stepCandidate(by) {
    const order = this.candidatesBySize();
    const here = order.findIndex(({ index }) => index === this.decoding.chosenOf(this.now.working));
    if (here >= 0) this.choose(Math.min(order.length - 1, Math.max(0, here + by)));
  }

  answered(working) {
    if (this.now.working?.key === working.key) {
      this.toAnnounce = true;
      if (this.keepKey === working.key && this.decoding.of(working)) this.keep();
    }
    this.noteChosen();
    this.changed();
  }

  // While an answer is on its way the mask before it stays, so that nothing flickers.
  heldCandidate() {
    const { working } = this.now;
    if (!working || this.decoding.of(working)) return null;
    let before = working.parent;
    while (before && !this.decoding.of(before)) before = before.parent;
    return before ? this.decoding.candidateOf(before) : null;
  }

  // ---- refining ----
  refineWith(changes, join) {
    const { working } = this.now;
    if (working) this.setWorking(changed(working, { refine: { ...working.refine, ...changes } }), join);
  }

  setThreshold(threshold) {
    if (this.now.working) this.setWorking(changed(this.now.working, { threshold }), 'threshold');
  }

  paintStroke(stroke) {
    const { working } = this.now;
    if (!working || !this.decoding.of(working)) this.tell(this.ui.say('brush_first'));
    else this.setWorking(changed(working, { strokes: [...working.strokes, stroke] }));
  }

  // ---- keeping ----
  workingMask(size = this.picture) {
    const { working } = this.now;
    const candidate = this.decoding.candidateOf(working);
    return candidate ? this.rendering.maskOf(working, candidate, { width: size.width, height: size.height }) : null;
  }

  keep() {
    const { working, objects, made } = this.now;
    if (!working) return undefined;
    const mask = this.workingMask();
    if (!mask) {
      this.keepKey = working.key;
      return undefined;
    }
    if (isEmpty(mask)) return this.tell(this.ui.say('nothing_left'));
    const candidate = this.decoding.candidateOf(working);
    const old = objects.find(({ id }) => id === working.of);
    const number = old ? old.number : made + 1;
    const object = Object.freeze({
      ...makeObject(mask, this.picture, number, {
        name: old?.name ?? this.ui.say('object', { number }), feather: working.refine.feather, iou: candidate.iou,
        stability: candidate.stability, working, answer: this.decoding.of(working),
      }),
      ...(old && { id: old.id, colour: old.colour, pattern: old.pattern }),
    });
    const next = old ? objects.map((one) => (one.id === old.id ? object : one)) : [...objects, object];
    this.history.commit({ working: null, objects: next, made: Math.max(made, number), selected: [] });
    this.announcer.kept(object);
    return object;
  }

  // In everything mode a click takes the proposal under it, decoded afresh at full quality.
  async takeProposal() {
    const { index } = this.hovering;
    const item = this.hovering.items[index];
    if (!item) return;
    const working = withPoint(null, { x: item.point[0], y: item.point[1], label: 1 });
    const { steps, ask } = this.decoding.question(working);
    const answer = await call(this, 'decode', { id: this.picture.id, seq: 0, ...ask });
    if (answer.error) {
      this.tell(answer.error);
      return;
    }
    const chosen = Math.min(item.level, answer.candidates.length - 1);
    this.decoding.keep(working.key, { ...answer, steps, model: this.model.key });
    const { working: before } = this.now;
    this.setWorking(changed(working, { chosen }));
    this.keep();
    if (before) this.history.present = Object.freeze({ ...this.now, working: before });
    this.changed();
  }

  // ---- the tray ----
  objectAt(point) {
    const [x, y] = point.map(Math.floor);
    const { objects } = this.now;
    return [...objects].reverse().find(
      (object) => object.isVisible && !object.isLocked && this.rendering.objectMask(object)[y * this.picture.width + x],
    );
  }

  select(id, isMore) {
    const { selected } = this.now;
    const without = selected.filter((one) => one !== id);
    const next = isMore ? (without.length < selected.length ? without : [...selected, id]) : [id];
    this.history.commit({ selected: next }, 'select');
    this.announcer.selected();
  }

  changeObject(id, changes, join = null) {
    this.history.commit({ objects: this.now.objects.map((one) => (one.id === id ? Object.freeze({ ...one, ...changes }) : one)) }, join);
  }

  chosenObjects() {
    const { objects, selected } = this.now;
    return objects.filter(({ id }) => selected.includes(id));
  }

  deleteObjects(ids) {
    const gone = this.now.objects.filter(({ id, isLocked }) => ids.includes(id) && !isLocked);
    if (!gone.length) return;
    const left = this.now.objects.filter((object) => !gone.includes(object));
    this.history.commit({ objects: left, selected: this.now.selected.filter((id) => left.some((o) => o.id === id)) });
    this.announcer.say(this.ui.say('deleted', { name: gone.map(({ name }) => name).join(', ') }));
  }

  deleteSelected() {
    this.deleteObjects(this.now.selected);
  }

  edit(object) {
    if (object.isLocked || !object.working) return;
    // Another model is asked anew.
    if (object.answer.model === this.model.key) this.decoding.keep(object.working.key, object.answer);
    this.setWorking(changed(object.working, { of: object.id }));
  }

  operate(operation) {
    const chosen = this.chosenObjects();
    if (chosen.length < 2 || chosen.some(({ isLocked }) => isLocked)) return;
    // The order of choosing counts: the first loses what the others cover.
    const order = this.now.selected.map((id) => chosen.find((object) => object.id === id));
    const mask = combine(operation, order.map((object) => this.rendering.objectMask(object).slice()));
    if (isEmpty(mask)) {
      this.tell(this.ui.say('nothing_left'));
      return;
    }
    const [first, ...others] = order;
    const made = makeObject(mask, this.picture, first.number, { name: first.name, feather: first.feather });
    const object = Object.freeze({ ...made, id: first.id, colour: first.colour, pattern: first.pattern });
    const gone = operation === 'subtract' ? [] : others.map(({ id }) => id);
    const objects = this.now.objects.filter(({ id }) => !gone.includes(id)).map((one) => (one.id === first.id ? object : one));
    this.history.commit({ objects, selected: [first.id] });
    this.announcer.kept(object);
  }

  // ---- the rest ----
  step(direction) {
    if (this.history[direction]()) this.announcer.say(this.ui.say(`did_${direction}`));
  }

  setTool(tool) {
    this.tool = tool;
    this.stage.dataset.tool = tool;
    this.hovering.leave();
    this.announcer.say(this.ui.say(`tool_${tool}`));
    this.changed();
  }

  setEverything(isOn) {
    if (this.isEverything === isOn) return;
    this.isEverything = isOn;
    if (!isOn) this.setRanking(null);
    this.hovering.refilter();
    this.changed();
  }

  setRanking(ranking) {
    const scores = ranking?.scores ?? [];
    this.hovering.ranking = scores.length ? { ...ranking, most: ranking.most ?? 5 } : null;
    if (scores.length) this.isEverything = true;
    this.isRanking = false;
    this.hovering.refilter();
  }

  hide(isHidden) {
    if (this.isHidden === isHidden) return;
    this.isHidden = isHidden;
    this.changed();
  }

  // The object that other tabs get: what is chosen in the tray, else what is being made.
  noteChosen() {
    clearTimeout(this.noting);
    this.noting = setTimeout(() => {
      const object = this.chosenObjects()[0] ?? this.workingObject();
      const key = object ? object.shape.runs : '';
      if (key === this.notedKey) return;
      this.notedKey = key;
      const { width, height } = this.picture ?? {};
      this.chosenUp = object && { name: object.name, box_xyxy: [...object.box], runs: key, width, height };
      this.sendUp();
    }, 250);
  }

  workingObject() {
    if (!this.picture?.id || !this.now.working) return this.now.objects.at(-1);
    const mask = this.workingMask();
    if (!mask || isEmpty(mask)) return this.now.objects.at(-1);
    const { working, made } = this.now;
    const candidate = this.decoding.candidateOf(working);
    const number = made + 1;
    return {
      ...makeObject(mask, this.picture, number, {
        name: this.ui.say('object', { number }), feather: working.refine.feather, working, iou: candidate.iou,
        stability: candidate.stability, answer: this.decoding.of(working),
      }),
    };
  }

  focusTray() {
    this.tools.querySelector('.segment-row button')?.focus();
  }
}

const NO_STROKES = Object.freeze([]);
