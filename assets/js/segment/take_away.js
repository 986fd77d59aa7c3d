// Taking objects away: files made here, read back before they are handed out, and the program that
// makes the mask anew in Python.
import { kilobytes, make } from '../shared/dom.js';
import { FORMATS } from './exports.js';
import { call } from '../shared/calling.js';
import { save } from '../shared/saving.js';
import { makeFileApart } from './exports_apart.js';
import { isNeutral } from './rendering.js';

const FIRST = 'cutout';

export class TakeAway {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = ui.section('take_away');
    this.hint = make('p', 'ui-hint', ui.say('take_none'));
    this.about = make('p', 'ui-hint');
    this.first = ui.button({
      icon: 'download', text: ui.say(`format_${FIRST}`), className: 'main wide', press: () => this.take(FIRST),
    });
    this.list = make('ul', 'segment-formats');
    for (const { id } of FORMATS) if (id !== FIRST) this.list.append(this.entry(id));
    this.program = ui.button({ icon: 'code', text: ui.say('program'), className: 'quiet wide', press: () => this.showProgram() });
    this.copy = ui.button({ icon: 'copy', text: ui.say('copy_picture'), className: 'quiet wide', press: () => this.copyPicture() });
    this.told = make('p', 'segment-told');
    this.told.setAttribute('role', 'status');
    this.node.body.append(this.hint, this.about, this.first, this.told, this.copy, this.program, this.list);
    this.dialog = this.makeDialog();
    app.root.append(this.dialog);
    app.save = (blob, name) => (blob ? save(blob, this.nameOf(name)) : this.take(FIRST));
  }

  entry(id) {
    const { ui } = this.app;
    const entry = make('li');
    const button = ui.button({ press: () => this.take(id) });
    const words = make('span', 'segment-format');
    words.append(make('b', '', ui.say(`format_${id}`)), make('small', '', ui.say(`format_${id}_help`)));
    button.dataset.format = id;
    button.append(words, ui.icon('download'));
    entry.append(button);
    return entry;
  }

  makeDialog() {
    const { ui } = this.app;
    const dialog = make('dialog', 'ui-dialog');
    const head = make('header');
    head.append(
      make('h2', '', ui.say('program')),
      ui.button({ icon: 'close', label: ui.say('close'), className: 'bare', press: () => dialog.close() }),
    );
    this.text = make('pre');
    this.text.tabIndex = 0;
    const copy = ui.button({
      icon: 'copy', text: ui.say('copy'), className: 'main',
      press: async () => {
        await navigator.clipboard.writeText(this.text.textContent);
        copy.lastChild.textContent = ui.say('copied');
      },
    });
    this.programNote = make('p', 'ui-hint', ui.say('program_help'));
    dialog.append(head, this.programNote, this.text, copy);
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    return dialog;
  }

  // Chosen objects, else all kept ones, else what is being made.
  objects() {
    const { app } = this;
    const chosen = app.chosenObjects();
    if (chosen.length) return chosen;
    if (app.now.objects.length) return app.now.objects;
    const made = app.workingObject();
    return made ? [made] : [];
  }

  contents() {
    const { app } = this;
    const { width, height, image, name } = app.picture;
    const canvas = new OffscreenCanvas(width, height);
    const pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0, width, height);
    const size = { width, height };
    const objects = this.objects().map((object) => {
      const mask = app.rendering.objectMask(object);
      return { name: object.name, mask, alpha: app.rendering.alphaOf(mask, size, object.feather), colour: object.colour };
    });
    const picture = { width, height, name: name ?? 'picture', pixels: pen.getImageData(0, 0, width, height) };
    return { picture, objects, model: app.model, date: new Date().toISOString().slice(0, 10) };
  }

  async take(format) {
    const { app } = this;
    if (!app.picture || !this.objects().length) return app.tell(app.ui.say('take_none'));
    this.told.textContent = app.ui.say('making');
    try {
      const { name, bytes, type, check } = await makeFileApart(format, this.contents());
      save(new Blob([bytes], { type }), name);
      const places = { file: name, number: kilobytes(bytes.length), iou: check?.iou?.toFixed(3) };
      this.told.textContent = app.ui.say(check ? 'took_checked' : 'took', places);
    } catch (error) {
      this.told.textContent = app.ui.say('take_failed');
      throw error;
    }
    return undefined;
  }

  nameOf(name) {
    return `${(this.app.picture.name ?? 'picture').replace(/\.\w+$/, '')}_${name}`;
  }

  async copyPicture() {
    const { ui } = this.app;
    // A promise, for the right to write would be gone by the time the file is made.
    const file = makeFileApart(FIRST, this.contents()).then(({ bytes, type }) => new Blob([bytes], { type }));
    try {
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': file })]);
      this.told.textContent = ui.say('copied');
    } catch {
      this.told.textContent = ui.say('copy_failed');
    }
  }

  async showProgram() {
    const { app } = this;
    const [object] = this.objects();
    const { working, answer } = object;
    if (!answer) return app.tell(app.ui.say('program_none'));
    const chosen = Math.min(answer.candidates.length - 1, working.chosen ?? answer.best);
    const steps = [...answer.steps.slice(0, -1), { ...answer.steps.at(-1), chosen }];
    const made = await call(app, 'program', {
      id: app.picture.id, steps, threshold: working.threshold, name: object.name,
    });
    if (made.error) return app.tell(made.error);
    this.text.textContent = made.text;
    this.programNote.textContent = app.ui.say(isNeutral(working) ? 'program_help' : 'program_plain');
    return this.dialog.showModal();
  }

  update() {
    const { app } = this;
    const { objects, selected, working } = app.now;
    const isPossible = objects.length > 0 || Boolean(app.decoding.candidateOf(working));
    this.hint.hidden = isPossible;
    this.about.hidden = !isPossible;
    const key = selected.length ? 'take_chosen' : objects.length ? 'take_all_kept' : 'take_working';
    this.about.textContent = app.ui.say(key, { count: selected.length || objects.length });
    for (const button of this.node.querySelectorAll('button')) button.disabled = !isPossible;
  }
}
