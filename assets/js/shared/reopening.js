// A recipe that somebody brings as a file: it is uploaded, and the server is asked to open it.

/**
 * Sends the file that was chosen, if one was.
 * @param {object} app A stage's app, with `upload`, `asking`, `tell` and `ui`.
 * @param {HTMLInputElement} input Where it was chosen; it is emptied, so that the same file may be
 *   chosen again.
 * @param {object} more What the server is told beside the file.
 */
export async function reopenFrom(app, input, more = {}) {
  const [file] = input.files;
  input.value = '';
  if (!file) return;
  try {
    const { path } = await app.upload(file);
    app.asking.send('reopen', { ...more, file: { path, meta: { _type: 'gradio.FileData' } } });
  } catch {
    app.tell(app.ui.say('upload_failed'));
  }
}
