// What stands in the tab that segments, on the same page: its picture, and the mask of what was chosen there.

/**
 * The picture of the other tab as a file, with a mask.
 * @returns {Promise<{file: File, mask: {runs: string, width: number, height: number}|null}|null>}
 *   null where there is none.
 */
export async function pictureOfSegment() {
  const segment = document.querySelector('.segment')?.app;
  const { src, name } = segment?.picture ?? {};
  if (!src) return null;
  const copy = await (await fetch(src)).blob();
  const { runs, width, height } = segment.chosenUp ?? {};
  return { file: new File([copy], name || 'picture.png', { type: copy.type }), mask: runs ? { runs, width, height } : null };
}
