// Masks as text: lengths of runs, row by row, in turn background and object, background first.

/**
 * @param {Uint8Array} mask 0 or 1.
 * @returns {string} "n,n,...": the lengths sum up to that of the mask; the first may be 0.
 */
export function toRuns(mask) {
  const lengths = [];
  let value = 0;
  let from = 0;
  while (from < mask.length) {
    const found = mask.indexOf(1 - value, from);
    const to = found < 0 ? mask.length : found;
    lengths.push(to - from);
    from = to;
    value = 1 - value;
  }
  return lengths.join();
}

/**
 * @param {string} text What `toRuns` wrote.
 * @param {number} length Of the mask, in pixels.
 * @returns {Uint8Array} 0 or 1.
 * @throws {RangeError} The lengths do not sum up to `length`.
 */
export function fromRuns(text, length) {
  const mask = new Uint8Array(length);
  const spans = spansOf(text, length);
  for (let i = 0; i < spans.length; i += 2) mask.fill(1, spans[i], spans[i + 1]);
  return mask;
}

/**
 * Where the object lies in the mask that a text stands for.
 * @param {string} text What `toRuns` wrote.
 * @param {number} length Of the mask, in pixels.
 * @returns {number[]} Start and end (exclusive) of each run of the object, in turn.
 * @throws {RangeError} The lengths do not sum up to `length`.
 */
export function spansOf(text, length) {
  const spans = [];
  let at = 0;
  let count = 0;
  for (let i = 0; i < text.length; count += 1) {
    let run = 0;
    const start = i;
    for (; i < text.length; i += 1) {
      const digit = text.charCodeAt(i) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      run = 10 * run + digit;
    }
    const isNumber = i > start && (i === text.length || (text[i] === ',' && i + 1 < text.length));
    if (!isNumber) throw new RangeError(`runs at ${i}`);
    if (count % 2) spans.push(at, at + run);
    at += run;
    i += 1;
  }
  if (at !== length) throw new RangeError(`runs ${at} length ${length}`);
  return spans;
}

const ZERO = 48;
