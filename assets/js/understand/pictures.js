// Which pictures there are: the playground's, and a visitor's own, which come by file, drop or paste.
import { make } from '../shared/dom.js';

const MOST = 12;

export class Pictures {
  constructor(app) {
    this.app = app;
    this.known = new Map();
    this.offered = [];
    this.sending = [];
    this.faults = [];
    this.left = make('p', 'understand-left');
    this.left.setAttribute('role', 'status');
    this.input = document.createElement('input');
    Object.assign(this.input, { type: 'file', accept: 'image/*', multiple: true, hidden: true });
    this.input.addEventListener('change', () => {
      this.bring(this.input.files);
      this.input.value = '';
    });
    app.root.append(this.input);
  }

  offer(list) {
    const root = (window.gradio_config && window.gradio_config.root) || '';
    this.offered = list.map(([id, file, alt]) => {
      const src = `${root}/pictures/${file.split('/').map(encodeURIComponent).join('/')}`;
      return { id, src, alt };
    });
    for (const picture of this.offered) this.known.set(picture.id, picture);
  }

  // Pictures of a place that is searched: id, address (or the small copy itself), and what it shows.
  know(list) {
    const root = (window.gradio_config && window.gradio_config.root) || '';
    for (const [id, address, alt] of list) {
      const src = address.startsWith('data:') ? address : `${root}/${address}`;
      this.known.set(id, { id, src, alt });
    }
  }

  of(id) {
    return this.known.get(id) ?? { id, src: '', alt: '' };
  }

  get isFull() {
    return this.app.state.pictures.length >= MOST;
  }

  // An own picture has been read and joins the others.
  added(picture) {
    this.isSending = false;
    this.known.set(picture.id, picture);
    this.choose(picture.id, true);
    this.sendNext();
  }

  choose(id, isIn) {
    const { app } = this;
    const others = app.state.pictures.filter((one) => one !== id);
    if (isIn && others.length >= MOST) return;
    app.state.pictures = isIn ? [...others, id] : others;
    if (isIn) app.state.row = id;
    if (app.state.pictures.length) app.look();
    app.update();
  }

  ask() {
    this.input.click();
  }

  bring(files) {
    const { app } = this;
    const brought = [...(files ?? [])];
    if (!brought.length) return;
    if (app.isOverdue) app.giveUp();
    if (!this.isSending && !this.sending.length) this.faults = [];
    const room = Math.max(0, MOST - app.state.pictures.length - this.sending.length);
    // What is no picture is sent too: the server says what is wrong with it.
    this.sending.push(...brought.slice(0, room));
    const count = brought.length - room;
    this.blame(count > 0 ? app.ui.say('too_many', { count }) : '');
    this.sendNext();
  }

  // What was not added, and why; it stays while the others come.
  blame(fault) {
    if (fault) this.faults.push(fault);
    this.left.textContent = this.faults.join(' ');
  }

  // The file that was sent last is no picture that can be used; the next one may be.
  refused(text) {
    this.isSending = false;
    this.blame(this.app.ui.say('fault', { name: this.file.name, text }));
    this.sendNext();
  }

  async sendNext() {
    if (this.isSending || !this.sending.length) return;
    this.isSending = true;
    const { app } = this;
    const file = (this.file = this.sending.shift());
    const refusal = window.playground.refusalOf([file]);
    if (refusal) {
      this.refused(refusal);
      return;
    }
    try {
      const { path } = await app.upload(file);
      app.ask('bring', { file: { path, meta: { _type: 'gradio.FileData' } } });
    } catch {
      this.refused(app.ui.say('upload_failed'));
    }
  }

  listen() {
    const { root } = this.app;
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
    root.addEventListener('dragover', (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      root.dataset.over = 'true';
    });
    for (const name of ['dragleave', 'drop']) root.addEventListener(name, () => delete root.dataset.over);
    root.addEventListener('drop', (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.bring(event.dataTransfer.files);
    });
    document.addEventListener('paste', (event) => {
      const isTyping = event.target.closest?.('input, textarea');
      // A hidden tab has no size; in a field words are meant.
      if (!root.offsetParent || isTyping) return;
      this.bring(event.clipboardData?.files);
    });
  }
}
