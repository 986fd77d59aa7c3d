// One question with its answers; the caption is one without a question.
import { make } from '../shared/dom.js';
import { copyText } from '../shared/saving.js';
import { AnswerView } from './answer_view.js';
import { QuestionField } from './question_field.js';
import { smallPicture } from './part.js';

export class TurnView {
  constructor(app, key) {
    this.app = app;
    this.node = make('article', 'chat-turn');
    this.node.dataset.turn = key;
    this.asked = make('div', 'chat-asked');
    this.grid = make('div', 'chat-answers');
    this.foot = make('div', 'chat-foot');
    this.answers = [];
    if (key === 'caption') this.node.append(make('h3', 'chat-kicker', app.ui.say('caption')));
    else this.node.append(this.asked);
    this.node.append(this.grid, this.foot);
    this.makeFoot(key);
  }

  makeFoot(key) {
    const { app } = this;
    const { ui } = app;
    this.again = ui.button({
      icon: 'retry', label: ui.say('retry'), className: 'bare',
      press: () => (key === 'caption' ? app.asking.send('caption', { turn: 'caption' }) : app.asking.send('retry', { turn: key })),
    });
    this.copy = ui.button({ icon: 'copy', label: ui.say('copy'), className: 'bare', press: () => this.copyAll() });
    this.times = make('span', 'chat-times');
    this.foot.append(this.again, this.copy, this.times);
  }

  update(turn, isLast) {
    const { app } = this;
    this.turn = turn;
    this.node.dataset.last = String(isLast);
    this.node.dataset.state = turn.state ?? '';
    this.updateQuestion(turn);
    const count = Math.max(turn.answers.length, turn.state === 'waiting' ? app.models.length || 1 : 0);
    while (this.answers.length > count) this.answers.pop().node.remove();
    while (this.answers.length < count) {
      this.answers.push(new AnswerView(app, this.answers.length));
      this.grid.append(this.answers.at(-1).node);
    }
    this.grid.dataset.count = count;
    this.answers.forEach((view, index) => view.update(turn, turn.answers[index] ?? null, count > 1));
    this.updateFoot(turn);
  }

  updateQuestion(turn) {
    if (turn.id === 'caption') return;
    const key = JSON.stringify([turn.question, turn.part?.box, turn.part?.runs?.length, turn.state, this.app.picture?.small?.length]);
    if (key === this.questionKey) return;
    this.questionKey = key;
    const { app } = this;
    const { ui } = app;
    const bubble = make('div', 'chat-bubble');
    if (turn.part) bubble.append(this.partButton(turn.part));
    // As it was typed: signs of HTML or markdown are letters like others.
    const words = make('p', 'chat-question', turn.question);
    words.lang = turn.language ?? '';
    bubble.append(words);
    const press = turn.id ? () => this.edit() : () => app.asking.cancel(turn.one);
    const act = turn.id
      ? ui.button({ icon: 'edit', label: ui.say('edit'), className: 'bare edit', press })
      : ui.button({ icon: 'close', label: ui.say('cancel'), className: 'bare', press });
    act.hidden = turn.state === 'waiting';
    this.asked.replaceChildren(act, bubble);
    if (turn.state === 'queued') this.asked.append(make('span', 'chat-times', ui.say('queued')));
  }

  partButton(part) {
    const { app } = this;
    const button = app.ui.button({ label: app.ui.say('part_again'), className: 'chat-part', press: () => app.setPart(part) });
    button.append(smallPicture(app.picture, part));
    for (const name of ['pointerenter', 'focus']) button.addEventListener(name, () => app.look.peek(part));
    for (const name of ['pointerleave', 'blur']) button.addEventListener(name, () => app.look.peek(null));
    return button;
  }

  // What comes after an edited question was said of the old one, and goes.
  edit() {
    const { app, turn } = this;
    const field = new QuestionField(app, turn, {
      done: (question) => {
        this.endEdit();
        if (app.asking.isAnswering) app.asking.stop();
        app.asking.question(question, { turn: turn.id, part: turn.part ?? null });
      },
      giveUp: () => this.endEdit(),
    });
    this.asked.replaceChildren(field.node);
    field.focus();
  }

  endEdit() {
    this.questionKey = null;
    this.updateQuestion(this.turn);
    this.asked.querySelector('.edit')?.focus();
  }

  updateFoot(turn) {
    const { ui } = this.app;
    const isDone = turn.answers.length > 0 && turn.answers.every((one) => one && !['waiting', 'writing'].includes(one.state));
    this.foot.hidden = !isDone;
    if (!isDone) return;
    const places = ({ first, all }) => ({ number: first.toFixed(2), seconds: all.toFixed(2) });
    const timed = turn.answers.filter(({ seconds }) => typeof seconds?.all === 'number' && typeof seconds.first === 'number');
    const told = timed.map(({ seconds }) => ui.say('times', places(seconds))).join(' / ');
    if (this.times.textContent !== told) this.times.textContent = told;
  }

  async copyAll() {
    const { app, turn } = this;
    const isTwo = turn.answers.length > 1;
    const lines = turn.answers.map(({ model, text }) => (isTwo ? `${app.talk.titleOf(model)}: ${text}` : text));
    const isCopied = await copyText(lines.join('\n'));
    app.say(isCopied ? 'copied' : 'copy_failed');
    this.copy.replaceChildren(app.ui.icon(isCopied ? 'check' : 'warning'));
    setTimeout(() => this.copy.replaceChildren(app.ui.icon('copy')), 1600);
  }
}
