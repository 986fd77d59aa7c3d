// The talk beside the picture: who answers, the caption, the questions with their answers.
import { make } from '../shared/dom.js';
import { Menu } from './menu.js';
import { TurnView } from './turn_view.js';

const NEAR_END = 80;

export class Talk {
  constructor(app) {
    this.app = app;
    this.views = new Map();
    this.count = 0;
    this.node = app.root.querySelector('.chat-talk');
    const head = make('header', 'chat-head');
    this.who = make('div', 'chat-who');
    head.append(this.who, new Menu(app).node);
    this.list = make('div', 'chat-turns');
    this.list.setAttribute('role', 'group');
    this.list.setAttribute('aria-label', app.ui.say('talk'));
    this.list.tabIndex = 0;
    // Scrolls away with the first answers.
    this.about = make('div', 'chat-about-model');
    this.list.append(this.about);
    this.node.replaceChildren(head, this.list);
    this.list.addEventListener('scroll', () => {
      const { scrollTop, clientHeight, scrollHeight } = this.list;
      this.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
    });
    this.isAtEnd = true;
    // Also where the tab is shown, or the questions to try beside it take another line.
    new ResizeObserver(() => this.follow(this.count)).observe(this.list);
  }

  titleOf(key) {
    return this.app.models.find((model) => model.key === key)?.title ?? key ?? '';
  }

  // The caption stands first, as what is said before anybody asks.
  rows() {
    const { app } = this;
    const { caption, turns, asking } = app;
    const rows = [];
    if (caption.length) rows.push({ key: 'caption', turn: { id: 'caption', question: '', answers: caption } });
    for (const turn of turns) rows.push({ key: turn.id, turn });
    asking.pending.forEach((one, place) => {
      const { question, part, turn } = one.data;
      // An edited question takes the place of the turn, and of all after it.
      const at = turn ? rows.findIndex(({ key }) => key === turn) : -1;
      if (at >= 0 && one.isOnTheWay) rows.length = at;
      const state = one.isOnTheWay ? 'waiting' : 'queued';
      rows.push({ key: `pending-${place}`, turn: { id: null, question, part, answers: [], state, one } });
    });
    return rows;
  }

  update() {
    const rows = this.rows();
    const keys = new Set(rows.map(({ key }) => key));
    for (const [key, view] of this.views) {
      if (keys.has(key)) continue;
      view.node.remove();
      this.views.delete(key);
    }
    rows.forEach(({ key, turn }, place) => {
      if (!this.views.has(key)) this.views.set(key, new TurnView(this.app, key));
      const view = this.views.get(key);
      view.update(turn, place === rows.length - 1);
      const there = this.list.children[place + 1] ?? null;
      if (there !== view.node) this.list.insertBefore(view.node, there);
    });
    this.updateWho();
    this.follow(rows.length);
  }

  updateWho() {
    const { models, ui } = this.app;
    const key = JSON.stringify(models.map(({ title, note }) => [title, note]));
    if (key === this.whoKey) return;
    this.whoKey = key;
    this.who.replaceChildren(...models.map(({ title, languages, remembers }) => {
      const one = make('p');
      one.append(make('b', '', title));
      const reads = (languages ?? []).map((language) => ui.say(`reads_${language.startsWith('zh') ? 'zh' : 'en'}`));
      if (remembers === false) reads.push(ui.say('reads_alone'));
      one.append(make('span', '', reads.join(' · ')));
      return one;
    }));
    const isTwo = models.length > 1;
    const notes = models.filter(({ note }) => note);
    this.about.replaceChildren(...notes.map(({ title, note }) => make('div', '', isTwo ? `${title}: ${note}` : note)));
  }

  // New words stay in sight, unless somebody reads further up.
  follow(count) {
    const isMore = count > this.count;
    this.count = count;
    if (!isMore && !this.isAtEnd) return;
    this.isAtEnd = true;
    this.list.scrollTop = this.list.scrollHeight;
    // On a phone the page scrolls, and only for whoever has just asked.
    if (isMore && this.app.asking.isAnswering) this.list.lastElementChild.scrollIntoView({ block: 'nearest' });
  }
}
