// Makes files off the page's thread, so that painting and clicks go on meanwhile.
import { makeFile } from './exports.js';

self.addEventListener('message', async ({ data: { format, content } }) => {
  try {
    const made = await makeFile(format, content);
    self.postMessage({ made }, [made.bytes.buffer]);
  } catch (error) {
    self.postMessage({ message: error.message, code: error.code });
  }
});
