// From prompts to masks: one question on the way at a time, always about what stands there now.
// No click is lost: each question holds every click so far.
import { call } from '../shared/calling.js';

const MOST_ANSWERS = 200;
const SLOW_MS = 900;

export class Decoding {
  constructor(app) {
    this.app = app;
    this.answers = new Map();
    this.failed = new Set();
    this.isBusy = false;
    this.seq = 0;
  }

  forget() {
    this.answers.clear();
    this.failed.clear();
  }

  of(working) {
    return working ? this.answers.get(working.key) : undefined;
  }

  // The index of the mask that is shown: what the person chose, else the model's best.
  chosenOf(working) {
    const answer = this.of(working);
    if (!answer) return -1;
    return Math.min(answer.candidates.length - 1, working.chosen ?? answer.best);
  }

  candidateOf(working) {
    return this.of(working)?.candidates[this.chosenOf(working)];
  }

  isWaiting(working) {
    return Boolean(working) && !this.answers.has(working.key) && !this.failed.has(working.key);
  }

  question(working) {
    let before = working.parent;
    while (before && !this.answers.has(before.key)) before = before.parent;
    const mask = before ? this.candidateOf(before).logits : null;
    const points = working.points.map(({ x, y, label }) => [x, y, label]);
    const isAlone = points.length === 1 && !working.box && !mask;
    const step = { points, box: working.box, multimask: isAlone, uses_previous: Boolean(mask) };
    const done = before ? this.answers.get(before.key).steps : [];
    const steps = before ? [...done.slice(0, -1), { ...done.at(-1), chosen: this.chosenOf(before) }, step] : [step];
    return { steps, ask: { points, box: working.box, mask, multimask: isAlone } };
  }

  async pump() {
    const { app } = this;
    const { working } = app.history.present;
    const id = app.picture?.id;
    if (this.isBusy || !id || !this.isWaiting(working)) return;
    const { steps, ask } = this.question(working);
    this.isBusy = true;
    this.isSlow = false;
    const slow = setTimeout(() => this.tellSlow(), SLOW_MS);
    this.seq += 1;
    const seq = this.seq;
    const started = performance.now();
    const answer = await call(app, 'decode', { id, seq, ...ask });
    clearTimeout(slow);
    this.isBusy = this.isSlow = false;
    if (app.picture?.id === id) this.take(working, steps, answer, performance.now() - started);
    this.pump();
  }

  // The first click of a day loads the model.
  tellSlow() {
    this.isSlow = true;
    this.app.announcer.say(this.app.ui.say('waiting'));
    this.app.changed();
  }

  take(working, steps, answer, milliseconds) {
    const { app } = this;
    if (answer.error) {
      if (answer.expired) return app.openAgain();
      this.failed.add(working.key);
      app.tell(answer.error);
    } else {
      const { candidates, best, seconds } = answer;
      const kept = { candidates, best, steps, seq: answer.seq, seconds, milliseconds };
      this.keep(working.key, { ...kept, model: app.model.key });
    }
    return app.answered(working);
  }

  keep(key, answer) {
    this.answers.set(key, answer);
    if (this.answers.size > MOST_ANSWERS) this.answers.delete(this.answers.keys().next().value);
  }
}
