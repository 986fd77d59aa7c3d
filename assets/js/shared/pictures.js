// How a picture comes to the stage: a file that is chosen, dropped or pasted; or the server sends it.

export class Pictures {
  constructor(app) {
    this.app = app;
    this.input = document.createElement('input');
    this.input.type = 'file';
    this.input.accept = 'image/*';
    this.input.hidden = true;
    this.input.addEventListener('change', () => {
      this.open(this.input.files[0]);
      this.input.value = '';
    });
    app.root.append(this.input);
    this.listen();
  }

  ask() {
    this.input.click();
  }

  listen() {
    const { stage, root } = this.app;
    const pictureIn = (list) => [...(list ?? [])].find((file) => file.type.startsWith('image/'));
    stage.addEventListener('dragover', (event) => {
      event.preventDefault();
      stage.dataset.over = 'true';
    });
    for (const name of ['dragleave', 'drop']) stage.addEventListener(name, () => delete stage.dataset.over);
    stage.addEventListener('drop', (event) => {
      event.preventDefault();
      this.open(pictureIn(event.dataTransfer.files));
    });
    document.addEventListener('paste', (event) => {
      // A hidden tab has no size; in a field words are meant where there are any.
      const isTyping = event.target.closest?.('input, textarea') && event.clipboardData?.types.includes('text/plain');
      if (!root.offsetParent || isTyping) return;
      this.open(pictureIn(event.clipboardData?.files));
    });
  }

  // The person's own file is on the stage before the server has seen it; clicks are kept meanwhile.
  async open(file) {
    if (!file) return;
    const { app } = this;
    const refusal = window.playground.refusalOf([file]);
    if (refusal) {
      app.tell(refusal);
      return;
    }
    const image = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null);
    if (image) app.showPending({ image, width: image.width, height: image.height, name: file.name, file });
    await this.send(file);
  }

  async send(file) {
    const { app } = this;
    app.setBusy(true);
    try {
      const { path } = await app.upload(file);
      app.ask('open', { file: { path, meta: { _type: 'gradio.FileData' } } });
    } catch {
      app.setBusy(false);
      app.openFailed(app.ui.say('upload_failed'));
    }
  }

  // What came from another tab is no file of the person's: the browser's own copy is sent.
  async sendCopy(src) {
    const copy = await (await fetch(src)).blob();
    await this.send(new File([copy], 'picture.png', { type: copy.type }));
  }

  static async load(src) {
    const image = new Image();
    image.src = src;
    await image.decode();
    return image;
  }
}
