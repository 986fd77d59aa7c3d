// What differs between two sentences.

// Words with what stands between them; of Chinese and its neighbours each character is one.
const PIECES = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]|\s+|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]+/gu;

const piecesOf = (text) => text.match(PIECES) ?? [];

/**
 * Where two sentences differ: what both begin with, what each has in the middle, what both end with.
 * @param {string} before
 * @param {string} after
 * @returns {{start: string, before: string, after: string, end: string}} Start, middle and end joined
 *   give each sentence again.
 */
export function changeIn(before, after) {
  const [old, now] = [piecesOf(before), piecesOf(after)];
  const most = Math.min(old.length, now.length);
  let start = 0;
  while (start < most && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < most - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const middle = (pieces) => pieces.slice(start, pieces.length - end).join('');
  return {
    start: old.slice(0, start).join(''),
    before: middle(old),
    after: middle(now),
    end: old.slice(old.length - end).join(''),
  };
}
