// What CLIP and BLIP-2 see in the picture, beside what was asked for.
import { call } from '../shared/calling.js';
import { make, percent } from '../shared/dom.js';

export class Judges {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('section', 'draw-judges');
    this.go = ui.button({ icon: 'eye', text: ui.say('judge'), className: 'quiet', press: () => this.ask() });
    this.body = make('div', 'draw-judged');
    this.body.setAttribute('aria-live', 'polite');
    this.body.tabIndex = -1;
    this.hint = make('p', 'ui-hint', ui.say('judge_help'));
    this.node.append(this.go, this.hint, this.body);
    // Answers by drawing: looking again at one asks nobody again.
    this.known = new Map();
  }

  async ask() {
    const { app } = this;
    const { id } = app.chosen;
    this.asking = id;
    const hadFocus = document.activeElement === this.go;
    app.changed();
    const judged = await call(app, 'judge', { drawing_id: id });
    this.asking = null;
    if (judged.error) app.tell(judged.error);
    else this.known.set(id, judged);
    app.changed();
    // Whoever looks at another picture by now is not taken away from it.
    if (app.chosen?.id !== id) return;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (hadFocus && document.activeElement === document.body) (judged.error ? this.go : this.body).focus({ preventScroll: true });
      this.node.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
    }));
  }

  update() {
    const { chosen, ui } = this.app;
    const judged = this.known.get(chosen.id);
    this.node.hidden = chosen.is_withheld;
    this.go.hidden = this.hint.hidden = Boolean(judged);
    this.go.disabled = Boolean(this.asking);
    this.go.lastChild.textContent = ui.say(this.asking === chosen.id ? 'judging' : 'judge');
    const key = judged ? chosen.id : '';
    if (this.key === key) return;
    this.key = key;
    this.body.replaceChildren(...(judged ? this.parts(judged) : []));
  }

  parts({ clip, caption }) {
    const { ui } = this.app;
    const nodes = [];
    if (clip) {
      const list = make('ul', 'draw-rivals');
      list.append(...clip.rows.map((row) => this.rival(row)));
      nodes.push(make('h3', '', ui.say('judge_clip', { model: clip.title })), list);
    }
    if (caption) {
      const said = make('p', 'draw-caption', caption.text);
      nodes.push(make('h3', '', ui.say('judge_caption', { model: caption.title })), said);
      if (caption.match !== null) nodes.push(make('p', 'ui-hint', ui.say('judge_match', { percent: percent(caption.match) })));
    }
    return nodes;
  }

  rival({ text, share, is_asked: isAsked }) {
    const row = make('li', isAsked ? 'asked' : '');
    const track = make('span', 'draw-track');
    track.style.setProperty('--part', String(share));
    row.append(make('span', 'draw-rival', text), track, make('span', 'draw-share', `${percent(share)} %`));
    if (isAsked) row.append(make('span', 'sr', this.app.ui.say('judge_asked')));
    return row;
  }
}
