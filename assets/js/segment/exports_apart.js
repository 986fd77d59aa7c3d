// `makeFile` in a worker of its own, which ends with it.

/** Makes one file as `makeFile` of `exports.js` does, with the same arguments, answer and errors. */
export function makeFileApart(format, content) {
  const worker = new Worker(new URL('./export_worker.js', import.meta.url), { type: 'module' });
  const answer = new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data: { made, message, code } }) => {
      if (made) resolve(made);
      else reject(Object.assign(new Error(message), { code }));
    });
    worker.addEventListener('error', (event) => reject(new Error(event.message ?? 'worker')));
  });
  worker.postMessage({ format, content });
  return answer.finally(() => worker.terminate());
}
