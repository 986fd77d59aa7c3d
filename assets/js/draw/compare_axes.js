// What a grid runs over: the values of its rows and columns, read from what a person typed.

/** What is drawn at most in one comparison. */
export const MOST_CELLS = 36;

/** Which two things each kind of grid runs over: rows, then columns. */
export const KINDS = {
  seed_guidance: ['seed', 'guidance'],
  steps_scheduler: ['steps', 'scheduler'],
  words_words: ['row_words', 'column_words'],
};

/**
 * Numbers that stand in a line, each once.
 * @param {string} text Apart by commas or spaces, Western or Chinese.
 * @returns {?number[]} None where something else than a number stands there.
 */
export function numbersIn(text) {
  const pieces = text.normalize('NFKC').split(/[\s,、;]+/).filter(Boolean);
  const numbers = pieces.map(Number);
  return numbers.every(Number.isFinite) ? [...new Set(numbers)] : null;
}

/**
 * Words that stand in a field, one in each line, each once.
 * @param {string} text
 * @returns {string[]}
 */
export function linesIn(text) {
  return [...new Set(text.split('\n').map((line) => line.trim()).filter(Boolean))];
}

/**
 * A pattern with the words of a cell in its places; where a place is missing they stand at the end.
 * @param {string} pattern With {A} for the words of the row and {B} for those of the column.
 * @param {string} row
 * @param {string} column
 * @returns {string}
 */
export function filled(pattern, row, column) {
  const words = { A: row, B: column };
  const missing = Object.keys(words).filter((name) => !pattern.includes(`{${name}}`));
  const whole = [pattern, ...missing.map((name) => `{${name}}`)].filter(Boolean).join(' ');
  return whole.replace(/\{([AB])\}/g, (_, name) => words[name]);
}

/**
 * How many pictures a comparison takes.
 * @param {{mode: string, count: number, rows: ?Array, columns: ?Array}} asked
 * @returns {number} 0 where rows or columns are missing or cannot be read.
 */
export function cellsOf({ mode, count, rows, columns }) {
  if (mode === 'blend') return count;
  if (mode === 'change') return 2;
  return (rows?.length ?? 0) * (columns?.length ?? 0);
}
