// What the referee says of a map, in words and in a small drawing.
import { make } from '../shared/dom.js';

const WIDTH = 220;

// A fall of the score as its change, with its sign.
const change = (drop) => {
  const digits = Math.abs(drop).toFixed(3);
  return Number(digits) === 0 ? digits : `${drop > 0 ? '\u2212' : '+'}${digits}`;
};

// `of` says what was taken out: parts of a picture, or words, of which there are `count`.
export function verdictOf(app, verdict, of, count = Infinity) {
  const { ui } = app;
  const box = make('div', 'understand-verdict');
  const say = (kind) => {
    const badge = make('p', `understand-badge ${kind}`);
    badge.append(ui.icon(kind === 'proven' ? 'check' : 'warning'), make('b', '', ui.say(`verdict_${kind}`)));
    box.append(badge);
  };
  if (!verdict) {
    if (count === 1) say('pretty');
    box.append(make('p', 'ui-hint', ui.say(count === 1 ? 'verdict_alone' : 'verdict_none')));
    return box;
  }
  // Few words have few sets to compare with: the best of them can still be chance.
  const isFew = verdict.random.length < 19 && verdict.drop > Math.max(...verdict.random) && verdict.drop > 0;
  const kind = verdict.proven ? 'proven' : isFew && verdict.needs ? 'few' : 'pretty';
  say(kind);
  const random = verdict.random.reduce((a, b) => a + b, 0) / (verdict.random.length || 1);
  const lines = [ui.say(`${of}_${verdict.beats || isFew ? 'more' : 'same'}`, {
    drop: change(verdict.drop), random: change(random), count: verdict.random.length,
  })];
  if (verdict.agreement !== null) {
    lines.push(ui.say(verdict.needs ? 'scrambled_other' : 'scrambled_same', { agreement: verdict.agreement.toFixed(2) }));
  }
  box.append(strip(app, verdict), ...lines.map((line) => make('p', 'ui-hint', line)));
  return box;
}

// Each random draw as a thin mark, the map's own as a thick one.
function strip(app, verdict) {
  const all = [...verdict.random, verdict.drop, 0];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const at = (value) => `${(100 * (value - low)) / (high - low || 1)}%`;
  const node = make('div', 'understand-draws');
  node.style.maxWidth = `${WIDTH}px`;
  node.setAttribute('role', 'img');
  const random = verdict.random.map(change).join(', ');
  node.setAttribute('aria-label', app.ui.say('draws_alt', { drop: change(verdict.drop), random }));
  const mark = (value, className) => {
    const one = make('span', className);
    one.style.left = at(value);
    return one;
  };
  node.append(mark(0, 'zero'), ...verdict.random.map((value) => mark(value, 'draw')), mark(verdict.drop, 'own'));
  return node;
}
