// The answer as it was and as it is after a change, side by side; and the first word's likeliest.
import { make, percent } from '../shared/dom.js';

const MOST_WORDS = 6;

export const share = (part) => `${percent(part)} %`;

/**
 * Draws two answers.
 * @param {import('./inside_drawer.js').Inside} inside
 * @param {{before: object, after: object, chance: number[]}} found `chance` is how likely the model
 *   holds the old answer, before and after.
 * @param {string} name What was changed.
 * @returns {HTMLElement[]}
 */
export function sideBySide(inside, { before, after, chance }, name) {
  const isSame = before.text === after.text;
  const cards = make('div', 'inside-pair');
  cards.append(card(inside, inside.say('as_it_was'), before), card(inside, name, after, isSame));
  const told = inside.say(isSame ? 'answer_same' : 'answer_other');
  const chances = inside.say('chance', { word: before.text, before: percent(chance[0]), after: percent(chance[1]) });
  const line = make('p', 'inside-verdict');
  line.dataset.same = String(isSame);
  line.append(make('b', '', told), ' ', chances);
  inside.region.textContent = `${told} ${chances}`;
  const found = [cards, line, firstWords(inside, before, after)];
  // The talk may show an answer that was drawn by chance or continued by hand.
  if (before.text !== inside.answer?.text.trim()) found.splice(1, 0, make('p', 'inside-hint', inside.say('anew')));
  return found;
}

function card(inside, title, answer, isSame) {
  const node = make('div', 'inside-card');
  if (isSame !== undefined) node.dataset.same = String(isSame);
  node.append(make('span', '', title), make('b', '', answer.text || inside.say('nothing')));
  return node;
}

// The first word decides most of the rest, so its likeliest candidates are shown before and after.
function firstWords(inside, before, after) {
  const [was, is] = [chancesOf(before), chancesOf(after)];
  const words = [...new Set([...was.keys(), ...is.keys()])];
  words.sort((a, b) => Math.max(was.get(b) ?? 0, is.get(b) ?? 0) - Math.max(was.get(a) ?? 0, is.get(a) ?? 0));
  const table = make('table', 'inside-words');
  const head = make('tr');
  head.append(...['first_word', 'before', 'after'].map((key) => {
    const cell = make('th', '', inside.say(key));
    cell.scope = 'col';
    return cell;
  }));
  table.append(head, ...words.slice(0, MOST_WORDS).map((word) => {
    const row = make('tr');
    const name = make('th', '', word.trim() || '␣');
    name.scope = 'row';
    row.append(name, barCell(was.get(word), 'was'), barCell(is.get(word), 'is'));
    return row;
  }));
  return table;
}

function chancesOf(answer) {
  return new Map((answer.words[0]?.o ?? []).map(([text, chance]) => [text, chance]));
}

// A word that is not among the ten likeliest has no number here.
function barCell(chance, name) {
  const cell = make('td', `inside-bar ${name}`);
  const bar = make('span', 'inside-fill');
  bar.style.setProperty('--part', chance ?? 0);
  cell.append(bar, make('span', 'inside-number', chance === undefined ? '–' : share(chance)));
  return cell;
}
