// Says in words what was found: in the live region, for those who do not see the stage.
import { percent } from '../shared/dom.js';

export class Announcer {
  constructor(app) {
    this.app = app;
    this.region = app.root.querySelector('[role=status]');
  }

  say(sentence) {
    this.region.textContent = sentence ?? '';
  }

  picture() {
    const { alt } = this.app.picture;
    this.say(this.app.ui.say('shown', { name: alt || this.app.picture.name }));
  }

  working() {
    const { app } = this;
    const { working, objects, made } = app.now;
    const candidate = app.decoding.candidateOf(working);
    if (!candidate) return;
    const found = app.candidatesBySize().find((one) => one.candidate === candidate);
    const old = objects.find(({ id }) => id === working.of);
    const name = old ? old.name : app.ui.say('object', { number: made + 1 });
    this.say(app.ui.say('found', { name, percent: percent(found.part), iou: candidate.iou.toFixed(2) }));
  }

  kept(object) {
    this.say(this.app.ui.say('kept', { name: object.name, percent: percent(object.part) }));
  }

  selected() {
    const names = this.app.chosenObjects().map(({ name }) => name).join(', ');
    this.say(names ? this.app.ui.say('selected', { name: names }) : '');
  }

  proposal(index) {
    const { hovering, picture } = this.app;
    if (index < 0) return;
    const { area, iou } = hovering.items[index];
    const part = area / (picture.width * picture.height);
    this.say(this.app.ui.say('under', { percent: percent(part), iou: iou.toFixed(2) }));
  }
}
