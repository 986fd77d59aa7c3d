// One answer: every word is a button, with a line under it as long as the model was sure of it.
import { make, percent } from '../shared/dom.js';
import { apart, ownText, stepOf } from './sureness.js';

export class AnswerView {
  constructor(app, index) {
    Object.assign(this, { app, index });
    this.node = make('section', 'chat-answer');
    this.title = make('h4', 'chat-model');
    this.words = make('div', 'chat-words');
    this.words.setAttribute('role', 'group');
    this.words.setAttribute('aria-label', app.ui.say('words'));
    // The sentence as one, for those who hear it; the words after it are there to be chosen.
    this.whole = make('p', 'sr');
    this.plain = make('p', 'chat-plain');
    this.state = make('p', 'chat-state');
    this.node.append(this.title, this.whole, this.plain, this.words, this.state);
    this.buttons = [];
    this.words.addEventListener('keydown', (event) => this.walk(event));
  }

  update(turn, answer, isNamed) {
    const { app } = this;
    this.turn = turn;
    this.answer = answer;
    const model = answer?.model ?? app.models[this.index]?.key;
    this.title.hidden = !isNamed;
    this.title.textContent = isNamed ? app.talk.titleOf(model) : '';
    const state = answer?.state ?? 'waiting';
    this.node.dataset.state = state;
    const words = answer?.words ?? [];
    const isPlain = !words.length && Boolean(answer?.text);
    this.plain.textContent = isPlain ? answer.text : '';
    this.plain.hidden = !isPlain;
    this.words.hidden = !words.length;
    const isOver = !['waiting', 'writing'].includes(state);
    this.whole.textContent = isOver && words.length ? answer.text : '';
    this.updateWords(words);
    const told = this.toldOf(state, answer);
    if (this.state.textContent !== told) this.state.textContent = told;
    this.state.hidden = !told;
  }

  toldOf(state, answer) {
    const { ui } = this.app;
    if (state === 'waiting') return ui.say('waiting');
    if (state === 'failed') return answer.error || ui.say('failed');
    if (state === 'stopped') return ui.say('stopped');
    if (answer.ended === 'end' && !answer.text) return [ui.say('says_nothing'), answer.note].filter(Boolean).join(' ');
    return [answer.ended === 'length' ? ui.say('cut') : '', answer.note ?? ''].filter(Boolean).join(' ');
  }

  // What stands there already is kept: whoever is on a word stays on it while others come.
  updateWords(words) {
    const keyOf = ({ t, p, id }) => `${id} ${p} ${t}`;
    let same = 0;
    while (same < words.length && this.buttons[same]?.key === keyOf(words[same])) same += 1;
    for (const { nodes } of this.buttons.splice(same)) for (const node of nodes) node.remove();
    for (const word of words.slice(same)) {
      const made = { ...this.makeWord(word, this.buttons.length), key: keyOf(word) };
      this.buttons.push(made);
      this.words.append(...made.nodes);
    }
    const chosen = this.isChosenHere() ? this.app.chosen.word : -1;
    this.buttons.forEach(({ button }, place) => {
      button.setAttribute('aria-pressed', String(place === chosen));
      button.tabIndex = place === Math.max(0, chosen) ? 0 : -1;
    });
  }

  isChosenHere() {
    const { chosen } = this.app;
    return Boolean(chosen) && chosen.turn === this.turn.id && chosen.index === this.index;
  }

  makeWord(entry, place) {
    const { app } = this;
    const { t, p } = entry;
    const [before, seen, after] = apart(t);
    const isSpace = !ownText(entry).trim();
    const shown = seen || (t.includes('\n') ? '↵' : isSpace ? '␣' : '·');
    const button = make('button', 'chat-word', shown);
    button.type = 'button';
    button.style.setProperty('--sure', p.toFixed(3));
    button.dataset.step = stepOf(p);
    const word = seen || app.ui.say(isSpace ? 'space' : 'piece');
    const label = app.ui.say('word_sure', { word, percent: percent(p) });
    button.setAttribute('aria-label', label);
    button.title = label;
    button.addEventListener('click', () => {
      app.choose({ turn: this.turn.id, index: this.index, word: place, isByHand: true });
      app.wordPanel.open(button);
    });
    return { button, nodes: [document.createTextNode(seen && place ? before : ''), button, document.createTextNode(seen ? after : t)] };
  }

  // One stop of the Tab key for each answer; the arrows walk over its words.
  walk(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const here = this.buttons.findIndex(({ button }) => button === document.activeElement);
    if (!by || here < 0) return;
    event.preventDefault();
    const next = this.buttons[Math.max(0, Math.min(this.buttons.length - 1, here + by))].button;
    for (const { button } of this.buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  }
}
