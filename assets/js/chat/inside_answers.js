// The answer as it was and as it is after a change, side by side; and the word where they part.
import { make, percent } from '../shared/dom.js';

const MOST_WORDS = 6;
const LEAST_SHOWN = 0.001;

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
  const found = [cards, line, wordTable(inside, before, after)];
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

/**
 * Finds the word that shows a change best: the first one in which two answers differ; where they do
 * not, the one whose chance changed most. Up to there both were given the same words to go on from.
 * @param {object[]} before Words of the one.
 * @param {object[]} after Words of the other.
 * @returns {number}
 */
export function partingPlace(before, after) {
  const length = Math.min(before.length, after.length);
  let best = 0;
  for (let place = 0; place < length; place += 1) {
    if (before[place].id !== after[place].id) return place;
    const moved = (at) => Math.abs(before[at].p - after[at].p);
    if (moved(place) > moved(best)) best = place;
  }
  return before.length === after.length ? best : length;
}

function wordTable(inside, before, after) {
  const place = partingPlace(before.words, after.words);
  const [was, is] = [chancesOf(before.words[place]), chancesOf(after.words[place])];
  const most = (word) => Math.max(was.get(word) ?? 0, is.get(word) ?? 0);
  const all = [...new Set([...was.keys(), ...is.keys()])].sort((a, b) => most(b) - most(a));
  const words = all.filter((word, rank) => rank < 2 || most(word) >= LEAST_SHOWN);
  const table = make('table', 'inside-words');
  const told = before.words.slice(0, place).map(({ t }) => t).join('').trim();
  table.append(make('caption', '', told ? inside.say('word_after', { words: told }) : inside.say('word_first')));
  const head = make('tr');
  head.append(...['word', 'before', 'after'].map((key) => headCell('col', inside.say(key))));
  table.append(head, ...words.slice(0, MOST_WORDS).map((word) => {
    const row = make('tr');
    row.append(headCell('row', word.trim() || inside.say('end')), barCell(was.get(word), 'was'), barCell(is.get(word), 'is'));
    return row;
  }));
  table.hidden = !words.length;
  return table;
}

const chancesOf = (word) => new Map((word?.o ?? []).map(([text, chance]) => [text, chance]));

export function headCell(scope, text) {
  const cell = make('th', '', text);
  cell.scope = scope;
  return cell;
}

// A word that is not among the ten likeliest has no number here.
function barCell(chance, name) {
  const cell = make('td', `inside-bar ${name}`);
  const track = make('span', 'inside-track');
  track.style.setProperty('--part', chance ?? 0);
  cell.append(track, make('span', 'inside-number', chance === undefined ? '–' : share(chance)));
  return cell;
}
