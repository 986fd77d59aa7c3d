// The tray of kept objects: name, colour and pattern, show, lock, delete, merge, subtract, intersect.
import { lookOf, swatch } from './colours.js';
import { make, percent } from '../shared/dom.js';
import { objectThumb } from './thumbs.js';

const OPERATIONS = ['merge', 'subtract', 'intersect'];
const MOST_NAME = 60;

export class Tray {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('section', 'ui-card');
    this.heading = make('h3', '', ui.say('tray'));
    this.hint = make('p', 'ui-hint', ui.say('tray_empty'));
    this.list = make('ul', 'segment-tray');
    this.actions = make('div', 'segment-operations');
    this.node.append(this.heading, this.hint, this.list, this.actions);
  }

  update() {
    const { app } = this;
    const { objects, selected } = app.now;
    this.hint.hidden = objects.length > 0;
    this.heading.textContent = objects.length
      ? app.ui.say('tray_count', { count: objects.length }) : app.ui.say('tray');
    if (this.drawn !== objects) {
      this.drawn = objects;
      // Somebody who types a name keeps the field.
      const typed = this.list.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
      this.list.replaceChildren(...objects.map((object) => this.row(object)));
      if (typed) this.list.querySelector(`[data-focus="${typed}"]`)?.focus();
      this.actionsFor = null;
    }
    for (const row of this.list.children) {
      const isChosen = selected.includes(Number(row.dataset.id));
      row.dataset.chosen = String(isChosen);
      row.firstChild.setAttribute('aria-pressed', String(isChosen));
    }
    const key = selected.join();
    if (this.actionsFor !== key) {
      this.actionsFor = key;
      this.actions.replaceChildren(...this.actionButtons());
    }
  }

  row(object) {
    const { app } = this;
    const { ui } = app;
    const row = make('li', 'segment-row');
    row.dataset.id = object.id;
    const thumb = make('button', 'segment-thumb');
    thumb.type = 'button';
    thumb.dataset.focus = `${object.id} thumb`;
    thumb.setAttribute('aria-label', ui.say('choose', { name: object.name, percent: percent(object.part) }));
    thumb.title = thumb.getAttribute('aria-label');
    const canvas = make('canvas');
    thumb.append(canvas, swatch(object.colour, object.pattern));
    thumb.addEventListener('click', (event) => {
      const isMore = event.shiftKey || event.ctrlKey || event.metaKey || app.now.selected.length > 0;
      app.select(object.id, isMore);
    });
    requestAnimationFrame(() => objectThumb(canvas, app, object));
    row.append(
      thumb, this.nameField(object),
      this.toggle(object, 'isVisible', ['eye', 'eye_off'], ['hide', 'show']),
      this.toggle(object, 'isLocked', ['lock', 'unlock'], ['unlock', 'lock']),
    );
    row.addEventListener('pointerenter', () => this.pulse(object.id));
    row.addEventListener('pointerleave', () => this.pulse(null));
    return row;
  }

  pulse(id) {
    this.app.pulsing = id;
    this.app.repaint();
  }

  nameField(object) {
    const { app } = this;
    const field = make('input', 'segment-name');
    field.type = 'text';
    field.value = object.name;
    field.maxLength = MOST_NAME;
    field.dataset.focus = `${object.id} name`;
    field.setAttribute('aria-label', app.ui.say('name_of', { number: object.number }));
    field.addEventListener('change', () => {
      const name = field.value.trim();
      if (name && name !== object.name) app.changeObject(object.id, { name });
      else field.value = object.name;
    });
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') field.blur();
    });
    return field;
  }

  toggle(object, field, icons, keys) {
    const isOn = object[field];
    const button = this.app.ui.button({
      icon: icons[isOn ? 0 : 1], label: this.app.ui.say(keys[isOn ? 0 : 1], { name: object.name }), className: 'bare',
      press: () => this.app.changeObject(object.id, { [field]: !isOn }),
    });
    button.dataset.focus = `${object.id} ${field}`;
    button.dataset.on = String(isOn);
    return button;
  }

  actionButtons() {
    const { app } = this;
    const { ui } = app;
    const chosen = app.chosenObjects();
    if (!chosen.length) return app.now.objects.length ? [make('p', 'ui-hint', ui.say('tray_choose'))] : [];
    const some = (icon, key, press) => ui.button({ icon, text: ui.say(key), className: 'quiet', press });
    const isLocked = chosen.every((object) => object.isLocked);
    const remove = some('trash', 'delete', () => app.deleteSelected());
    remove.disabled = isLocked;
    if (chosen.length > 1) {
      return [...OPERATIONS.map((name) => some(name, name, () => app.operate(name))), remove];
    }
    const [object] = chosen;
    const edit = some('edit', 'edit', () => app.edit(object));
    edit.disabled = isLocked || !object.working;
    const look = some('palette', 'recolour', () => app.changeObject(object.id, lookOf(lookAfter(object))));
    return [edit, look, remove];
  }
}

function lookAfter({ colour }) {
  let number = 0;
  while (lookOf(number).colour !== colour) number += 1;
  return number + 1;
}
