// From cosines to logits and shares, at any temperature. The model gave the cosines once; what
// follows from them is computed here, so a slider asks nobody.

/**
 * Shares that are positive and sum to 1.
 * @param {number[]} logits
 * @returns {number[]}
 * Source: Radford 2021, section 3.1.2. The largest is subtracted, so that nothing overflows.
 */
export function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/**
 * Logits at a temperature of one's own.
 * @param {number[][]} cosines Pictures by texts.
 * @param {{scale: number, own: number, bias: number|null}} at A temperature divides the whole
 *   logit, bias included: the cosine that means one half stays.
 * @returns {number[][]}
 * Source: Zhai 2023, algorithm 1; Guo 2017, section 4.2.
 */
export function logits(cosines, { scale, own, bias }) {
  return cosines.map((row) => row.map((cosine) => scale * (cosine + (bias ?? 0) / own)));
}

/**
 * Each picture chooses among the texts, and among others where there are any.
 * @param {number[][]} rows Logits, pictures by texts.
 * @param {number[][]} others Logits of the texts that stand for none of these, pictures by others.
 * @returns {number[][]} A last column for none of these is there if there are others.
 * Source: Jiang 2024 (arXiv:2403.20078), equation 5.
 */
export function byRow(rows, others) {
  return rows.map((row, place) => {
    const bank = others[place] ?? [];
    const shares = softmax([...row, ...bank]);
    const kept = shares.slice(0, row.length);
    if (bank.length) kept.push(shares.slice(row.length).reduce((a, b) => a + b, 0));
    return kept;
  });
}

/**
 * Each text chooses among the pictures.
 * @param {number[][]} rows Logits, pictures by texts.
 * @returns {number[][]} The columns sum to 1.
 */
export function byColumn(rows) {
  const columns = rows[0].map((_, text) => softmax(rows.map((row) => row[text])));
  return rows.map((row, picture) => row.map((_, text) => columns[text][picture]));
}

/**
 * Each pair is judged by itself.
 * @param {number[][]} rows Logits.
 * @returns {number[][]} The hyperbolic tangent saturates where the exponential would overflow.
 */
export function byItself(rows) {
  return rows.map((row) => row.map((logit) => 0.5 * (1 + Math.tanh(0.5 * logit))));
}

/**
 * What a matrix shows.
 * @param {{cosines: number[][], others: number[][], own: number, bias: number|null}} matrix
 * @param {string} show One of cosine, logit, row, column, each.
 * @param {number} scale
 * @returns {number[][]}
 */
export function shown(matrix, show, scale) {
  const at = { scale, own: matrix.own, bias: matrix.bias };
  if (show === 'cosine') return matrix.cosines;
  const rows = logits(matrix.cosines, at);
  if (show === 'logit') return rows;
  if (show === 'column') return byColumn(rows);
  if (show === 'each') return byItself(rows);
  const hasOthers = matrix.others.some((row) => row.length > 0);
  return byRow(rows, hasOthers ? logits(matrix.others, at) : []);
}
