// A view as a link or a small file: what was set, so that it can be shown again.

const MOST_BYTES = 200_000;

/**
 * A link that shows a view again.
 * @param {{href: string}} place The address of the page.
 * @param {string} tab Which tab.
 * @param {string} mode Element id of the mode inside it.
 * @param {object} recipe What is set.
 * @returns {string}
 */
export function linkOf({ href }, tab, mode, recipe) {
  const address = new URL(href);
  const bytes = new TextEncoder().encode(JSON.stringify(recipe));
  const text = btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  address.hash = `${tab}/${mode}?recipe=${text}`;
  return address.href;
}

/**
 * The recipe in an address.
 * @param {string} hash What stands after the page's address, with its sign.
 * @param {string} mode Which mode it must be for.
 * @returns {object|string|null} What was in it, not checked; a text where it cannot be read; null
 *   where there is none for this mode.
 */
export function recipeIn(hash, mode) {
  const found = /^#[\w-]+\/([\w-]+)\?recipe=([\w-]*)$/.exec(hash);
  if (!found || found[1] !== mode) return null;
  try {
    const text = atob(found[2].replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  } catch {
    return '';
  }
}

/**
 * The recipe in a file that was saved here.
 * @param {Blob} file
 * @param {string} mode Which mode it must be for.
 * @returns {Promise<object|string>} What was in it, not checked; a text where there is none.
 */
export async function readFile(file, mode) {
  if (file.size > MOST_BYTES) return '';
  try {
    const told = JSON.parse(await file.text());
    return told?.mode === mode ? (told.recipe ?? '') : '';
  } catch {
    return '';
  }
}
