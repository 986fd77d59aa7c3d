// The bar over the stage: open a picture, undo and redo, zoom, the sheet of keys; and the tip below.
import { make } from '../shared/dom.js';
import { SHEET } from './keys.js';
import { prompts } from './state.js';

export class Bar {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    const bar = app.root.querySelector('.segment-bar');
    const plain = (icon, key, press) => ui.button({ icon, label: ui.say(key), className: 'bare', press });
    this.undo = plain('undo', 'undo', () => app.step('undo'));
    this.redo = plain('redo', 'redo', () => app.step('redo'));
    const open = ui.button({ icon: 'picture', text: ui.say('open'), className: 'open', press: () => app.pictures.ask() });
    this.progress = make('span', 'segment-progress');
    bar.replaceChildren(
      open, this.progress, make('span', 'segment-gap'), this.undo, this.redo, make('span', 'segment-line'),
      plain('zoom_out', 'zoom_out', () => app.view.zoomAt(1 / 1.5)), plain('fit', 'fit', () => app.view.fit()),
      plain('zoom_in', 'zoom_in', () => app.view.zoomAt(1.5)), make('span', 'segment-line'),
      plain('keys', 'keys', () => app.help()),
    );
    this.tip = app.root.querySelector('.segment-tip');
    this.sheet = this.makeSheet();
    app.root.append(this.sheet);
    app.help = () => this.sheet.showModal();
  }

  makeSheet() {
    const { ui } = this.app;
    const dialog = make('dialog', 'ui-dialog segment-sheet');
    const close = ui.button({ icon: 'close', label: ui.say('close'), className: 'bare', press: () => dialog.close() });
    const head = make('header');
    head.append(make('h2', '', ui.say('keys')), close);
    const list = make('dl');
    for (const [key, keys] of SHEET) {
      const entry = make('div');
      const names = make('dt');
      names.append(...keys.split(/ +/).map((name) => make('kbd', '', name)));
      entry.append(names, make('dd', '', ui.say(key)));
      list.append(entry);
    }
    dialog.append(head, list);
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    dialog.addEventListener('close', () => this.app.stage.focus({ preventScroll: true }));
    return dialog;
  }

  update() {
    const { app } = this;
    this.undo.disabled = !app.history.past.length;
    this.redo.disabled = !app.history.future.length;
    const tip = app.tip || this.usualTip();
    if (this.tip.textContent !== tip) this.tip.textContent = tip;
    const { items, of } = app.hovering;
    const isLooking = of > 0 && app.hovering.wanted < of;
    const told = app.isBusy ? app.ui.say('encoding')
      : app.decoding.isSlow ? app.ui.say('waiting') : isLooking ? app.ui.say('looking', { count: items.length }) : '';
    if (this.progress.textContent !== told) this.progress.textContent = told;
  }

  usualTip() {
    const { app } = this;
    const { working, objects } = app.now;
    if (!app.picture) return app.ui.say('tip_empty');
    if (app.isEverything) return app.ui.say('tip_everything');
    if (app.brush) return app.ui.say('tip_brush');
    if (app.tool === 'box') return app.ui.say('tip_box');
    if (!working) return app.ui.say(objects.length ? 'tip_more' : 'tip_start');
    return app.ui.say(prompts(working) > 1 ? 'tip_keep' : 'tip_fix');
  }
}
