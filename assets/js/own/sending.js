// Sends files one by one, a few at a time; can be stopped, and goes on where it was.

const AT_ONCE = 4;
const MOST_FILE_BYTES = 12e6;
const PART_BYTES = 8e6;

export class Sending {
  // `told` is called after every file; `tooLarge(name)` for a file that is not sent at all.
  constructor(root, { told, tooLarge }) {
    Object.assign(this, { root, told, tooLarge, queue: [], token: '', sent: 0, total: 0 });
    this.isRunning = false;
    this.mistake = '';
  }

  add(files) {
    for (const item of files) {
      if (item.file.size > MOST_FILE_BYTES) this.tooLarge(item.name);
      else this.queue.push(item);
    }
    this.total = this.sent + this.queue.length;
  }

  async run(token) {
    if (this.isRunning) return;
    Object.assign(this, { token, isRunning: true, isStopped: false, mistake: '', ending: new AbortController() });
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.work()));
    this.isRunning = false;
  }

  // Files on their way arrive: sent again later, they would count as there already.
  stop() {
    this.isStopped = true;
    if (!this.isRunning) this.ending?.abort();
  }

  forget() {
    this.stop();
    this.ending?.abort();
    Object.assign(this, { queue: [], sent: 0, total: 0, mistake: '' });
  }

  async work() {
    const { signal } = this.ending;
    while (this.queue.length && !this.isStopped && !signal.aborted) {
      const item = this.queue.shift();
      const headers = { 'x-own-token': this.token, 'x-own-name': encodeURIComponent(wellFormed(item.name).slice(-300)) };
      const answer = await this.post('picture', headers, item.file);
      if (answer.taken) {
        this.sent += 1;
      } else if (answer.unreadable) {
        // The file itself cannot be read any more: moved or changed since it was chosen.
        this.tooLarge(item.name, 'gone');
      } else {
        if (!signal.aborted) this.queue.unshift(item);
        if (!answer.again) this.isStopped = true;
        if (answer.error) this.mistake = answer.error;
      }
      this.told();
    }
  }

  // A saved file goes in parts, one after the other; the last answer says what was in it.
  async open(token, file) {
    this.token = token;
    // Files may be on their way at the same time: one Stop ends both.
    if (!this.isRunning) this.ending = new AbortController();
    const parts = Math.max(1, Math.ceil(file.size / PART_BYTES));
    let answer = {};
    for (let part = 0; part < parts; part += 1) {
      const headers = { 'x-own-token': token, 'x-own-part': `${part}/${parts}` };
      answer = await this.post('part', headers, file.slice(part * PART_BYTES, (part + 1) * PART_BYTES));
      if (answer.next !== part + 1) return answer;
      this.told({ done: part + 1, total: parts });
    }
    return answer;
  }

  async post(what, headers, blob) {
    try {
      const body = await blob.arrayBuffer();
      const options = { method: 'POST', headers, body, signal: this.ending.signal };
      const response = await fetch(`${this.root}/own/${what}`, options);
      const text = await response.text();
      return response.ok ? JSON.parse(text) : { error: text };
    } catch (error) {
      if (error.name === 'NotFoundError' || error.name === 'NotReadableError') return { unreadable: true };
      return error.name === 'AbortError' ? {} : { lost: true };
    }
  }
}

// Half a character would make encodeURIComponent throw.
const wellFormed = (name) => name.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
