// How sure the model was, as numbers for the eye.

/**
 * What is left for every other word.
 * @param {[string, number, number][]} others [text, probability, token] of the likeliest.
 * @returns {number} From 0 to 1.
 */
export function restOf(others) {
  const sum = others.reduce((total, [, probability]) => total + probability, 0);
  return Math.min(1, Math.max(0, 1 - sum));
}

/**
 * The place of the word that the model was least sure of.
 * @param {{t: string, p: number}[]} words
 * @returns {number} -1 if there is none with a text.
 */
export function leastSure(words) {
  let least = -1;
  words.forEach(({ t, p }, place) => {
    if (t.trim() && (least < 0 || p < words[least].p)) least = place;
  });
  return least;
}

/**
 * A probability in three steps, for those who do not tell shades apart.
 * @param {number} probability From 0 to 1.
 * @returns {'sure' | 'unsure' | 'guess'}
 */
export function stepOf(probability) {
  if (probability >= 0.8) return 'sure';
  return probability >= 0.4 ? 'unsure' : 'guess';
}

/**
 * What a word of an answer says by itself. The space before the first word, and the first half of a
 * letter, add nothing to the answer: the list of the ten says what they are.
 * @param {{t: string, id: number, o: [string, number, number][]}} word
 * @returns {string}
 */
export function ownText({ t, id, o }) {
  return t || (o.find(([, , token]) => token === id)?.[0] ?? '');
}

/**
 * A text in three: the spaces before it, what is seen, and those after it.
 * @param {string} text
 * @returns {[string, string, string]}
 */
export function apart(text) {
  const seen = text.trim();
  if (!seen) return [text, '', ''];
  const start = text.indexOf(seen);
  return [text.slice(0, start), seen, text.slice(start + seen.length)];
}
