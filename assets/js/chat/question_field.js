// A field for a question: grows with it, Enter sends, Shift and Enter begins a line.
import { make } from '../shared/dom.js';

const MOST_HEIGHT = 160;
// Far longer than what is answered, which the server tells; and what a request can hold.
const MOST_CHARACTERS = 300_000;

// Enter that takes a word of an input method sends nothing.
const isSend = (event) => event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229;

export function growing(field, send) {
  const grow = () => {
    field.style.height = 'auto';
    field.style.height = `${Math.min(MOST_HEIGHT, field.scrollHeight + 2)}px`;
  };
  field.maxLength = MOST_CHARACTERS;
  field.addEventListener('input', grow);
  field.addEventListener('keydown', (event) => {
    if (!isSend(event)) return;
    event.preventDefault();
    send();
  });
  return grow;
}

// An earlier question that is being changed.
export class QuestionField {
  constructor(app, turn, { done, giveUp }) {
    const { ui } = app;
    this.node = make('form', 'chat-editing');
    this.field = make('textarea');
    this.field.rows = 1;
    this.field.value = turn.question;
    this.field.setAttribute('aria-label', ui.say('edit'));
    const send = () => {
      if (this.field.value.trim()) done(this.field.value);
      else app.tell(ui.say('no_words'));
    };
    this.grow = growing(this.field, send);
    const isLast = app.turns.at(-1)?.id === turn.id;
    const hint = make('p', 'ui-hint', isLast ? '' : ui.say('edit_cuts'));
    hint.hidden = isLast;
    const acts = make('div', 'chat-editing-acts');
    acts.append(ui.button({ text: ui.say('give_up'), className: 'quiet', press: giveUp }), ui.button({ text: ui.say('ask_again'), className: 'main', press: send }));
    this.node.append(this.field, hint, acts);
    this.node.addEventListener('submit', (event) => event.preventDefault());
    this.node.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      event.preventDefault();
      giveUp();
    });
  }

  focus() {
    this.grow();
    this.field.focus();
    this.field.select();
  }
}
