// Which pictures there are: the playground's, and a visitor's own, which come by file, drop or paste.

const MOST = 12;

export class Pictures {
  constructor(app) {
    this.app = app;
    this.known = new Map();
    this.offered = [];
    this.sending = [];
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
    const room = MOST - this.app.state.pictures.length - this.sending.length;
    this.sending.push(...[...(files ?? [])].filter((file) => file.type.startsWith('image/')).slice(0, room));
    this.sendNext();
  }

  async sendNext() {
    if (this.isSending || !this.sending.length) return;
    this.isSending = true;
    const { app } = this;
    try {
      const { path } = await app.upload(this.sending.shift());
      app.ask('bring', { file: { path, meta: { _type: 'gradio.FileData' } } });
    } catch {
      app.mistake = app.ui.say('upload_failed');
      app.update();
    } finally {
      this.isSending = false;
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
