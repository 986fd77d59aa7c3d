// The ten likeliest words at one place of an answer; another one can be chosen, and the answer goes
// on from there. Beside the talk where there is room, else right under the answer.
import { make, percent } from '../shared/dom.js';
import { apart, leastSure, ownText, restOf, stepOf } from './sureness.js';

// The server rounds: what is on the list is never quite nothing.
const shareOf = (part) => `${percent(Math.max(part, 1e-6))} %`;
const ROOM = matchMedia('(min-width: 1001px)');

export class WordPanel {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('section', 'ui-card chat-word-panel');
    this.node.setAttribute('aria-label', ui.say('likeliest'));
    const head = make('header');
    this.title = make('h3');
    this.close = ui.button({ icon: 'close', label: ui.say('close'), className: 'bare', press: () => this.shut() });
    head.append(this.title, this.close);
    this.where = make('p', 'chat-where');
    this.list = make('ol', 'chat-bars');
    this.hint = make('p', 'ui-hint', ui.say('choose_help'));
    this.prompt = make('pre');
    this.prompt.tabIndex = 0;
    this.read = ui.section('prompt');
    this.read.body.append(make('p', 'ui-hint', ui.say('prompt_help')), this.prompt);
    this.node.append(head, this.where, this.list, this.hint, this.read);
    this.node.addEventListener('keydown', (event) => event.key === 'Escape' && this.shut());
    ROOM.addEventListener('change', () => app.changed());
  }

  // Nobody has chosen a word: the one that the last answer was least sure of. If that was sure of
  // all its words, there is more to see in the one before.
  usual() {
    const { app } = this;
    const rows = [{ id: 'caption', answers: app.caption }, ...app.turns].reverse();
    const found = rows.flatMap(({ id, answers }) => {
      const words = answers[0]?.words ?? [];
      const word = leastSure(words);
      return word < 0 ? [] : [{ turn: id, index: 0, word, step: stepOf(words[word].p) }];
    });
    const { step, ...chosen } = found.find((one) => one.step !== 'sure') ?? found[0] ?? {};
    return step ? chosen : null;
  }

  wordAt(chosen) {
    const answer = chosen ? this.app.talkOf.answersOf(chosen.turn)[chosen.index] : null;
    return { answer, word: answer?.words?.[chosen.word] };
  }

  update() {
    const { app } = this;
    let { chosen } = app;
    if (chosen?.isByHand && !this.wordAt(chosen).word) chosen = null;
    if (!chosen?.isByHand) chosen = ROOM.matches ? this.usual() : null;
    const isOther = JSON.stringify(chosen) !== JSON.stringify(app.chosen);
    app.chosen = chosen;
    if (isOther) app.changed();
    const { answer, word } = this.wordAt(chosen);
    this.place(word ? chosen : null);
    if (word) this.fill(answer, word, chosen);
  }

  place(chosen) {
    const { app, node } = this;
    const view = chosen && !ROOM.matches ? app.talk.views.get(chosen.turn) : null;
    const home = ROOM.matches ? app.tools : view?.answers[chosen.index]?.node;
    if (!chosen || !home) {
      node.remove();
      return;
    }
    this.close.hidden = ROOM.matches;
    if (node.parentNode !== home) home.append(node);
  }

  fill(answer, word, { turn, index, word: place }) {
    const { app } = this;
    const key = JSON.stringify([turn, index, place, word, answer.prompt]);
    if (key === this.key) return;
    this.key = key;
    const { ui } = app;
    this.title.textContent = ui.say('instead', { word: this.shownWord(word) });
    this.where.replaceChildren(...this.sentence(answer, place));
    this.list.replaceChildren(...word.o.map((one) => this.row(one, word, { turn, index, place })), this.rest(word.o));
    this.prompt.textContent = answer.prompt ?? '';
    this.read.hidden = !answer.prompt;
  }

  // The answer up to the word, which stands out.
  sentence(answer, place) {
    const before = answer.words.slice(0, place).map(({ t }) => t).join('');
    const word = answer.words[place];
    const [space, seen] = apart(word.t);
    return [document.createTextNode((before + space).trimStart()), make('mark', '', seen || this.shownWord(word))];
  }

  // A word of the answer never ends it.
  shownWord(word) {
    return this.shown(ownText(word) || ' ');
  }

  // One of the ten; without a text it ends the answer.
  shown(text) {
    const { ui } = this.app;
    // A letter that the model writes in several pieces.
    if (text.includes('\ufffd')) return ui.say('piece');
    if (text.trim()) return text.trim();
    return ui.say(text ? 'space' : 'ends');
  }

  row([text, probability, token], word, { turn, index, place }) {
    const { app } = this;
    const entry = make('li');
    const isThis = token === word.id;
    const button = app.ui.button({
      className: 'chat-bar-row', press: () => {
        if (isThis) return;
        app.asking.send('go_on', { turn, index, word: place, token });
        app.choose({ turn, index, word: place, isByHand: true });
      },
    });
    button.append(make('span', 'chat-bar-text', this.shown(text)), this.track(probability), make('span', 'chat-bar-number', shareOf(probability)));
    if (isThis) button.setAttribute('aria-current', 'true');
    entry.append(button);
    return entry;
  }

  track(probability) {
    const track = make('span', 'chat-track');
    track.style.setProperty('--part', probability.toFixed(4));
    return track;
  }

  rest(others) {
    const entry = make('li', 'chat-rest');
    const part = restOf(others);
    entry.append(make('span', 'chat-bar-text', this.app.ui.say('all_others')), this.track(part), make('span', 'chat-bar-number', shareOf(part)));
    return entry;
  }

  open(from) {
    this.from = from;
    this.update();
    if (!ROOM.matches) this.node.scrollIntoView({ block: 'nearest' });
    // By the keyboard one goes to the words; by the mouse nothing moves.
    if (from.matches(':focus-visible')) (this.list.querySelector('[aria-current]') ?? this.list.querySelector('button'))?.focus();
  }

  shut() {
    const back = this.from;
    if (!ROOM.matches) this.app.choose(null);
    if (back?.isConnected) back.focus();
  }
}
