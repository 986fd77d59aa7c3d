// Small pieces of interface. Whatever a person wrote is set as text, never as HTML.

export function make(tag, className = '', text = undefined) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

export function fill(sentence, places = {}) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in places ? String(places[name]) : whole));
}

export const percent = (part) => {
  const value = 100 * part;
  return value >= 10 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(1) : value > 0 ? '< 0.1' : '0';
};

export const kilobytes = (bytes) =>
  bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

export class Interface {
  constructor(root) {
    this.root = root;
    this.words = {};
  }

  say(key, places) {
    return fill(this.words[key] ?? '', places);
  }

  icon(name) {
    const store = this.root.querySelector(`[data-icon="${name}"] svg`);
    return store ? store.cloneNode(true) : make('span');
  }

  // A button with a drawing; `label` names it on hover and, where no words stand in it, for screen
  // readers. Words that are seen are what it is called by voice, so they stay its name.
  button({ icon, text, label, className = '', press, pressed }) {
    const node = make('button', `ui-button ${className}`);
    node.type = 'button';
    if (icon) node.append(this.icon(icon));
    if (text) node.append(make('span', '', text));
    if (label) node.title = label;
    if (label && !text) node.setAttribute('aria-label', label);
    if (pressed !== undefined) node.setAttribute('aria-pressed', String(pressed));
    if (press) node.addEventListener('click', press);
    return node;
  }

  // A slider with its name and its value in words; `done` when the hand lets go.
  slider({ key, low, high, step, value, input, done, format = (now) => String(now) }) {
    const label = make('label', 'ui-slider');
    const head = make('span', 'ui-slider-head');
    const shown = make('output', '', format(value));
    head.append(make('span', '', this.say(key)), shown);
    const range = make('input');
    Object.assign(range, { type: 'range', min: low, max: high, step, value });
    range.name = key;
    const tell = () => {
      shown.textContent = format(Number(range.value));
      range.setAttribute('aria-valuetext', shown.textContent);
    };
    range.addEventListener('input', () => {
      tell();
      if (input) input(Number(range.value));
    });
    range.addEventListener('change', () => done && done(Number(range.value)));
    tell();
    label.append(head, range);
    label.set = (now) => {
      if (document.activeElement === range && Number(range.value) === now) return;
      range.value = now;
      tell();
    };
    return label;
  }

  // A folded part of the tools; one open at a time, as the browser itself does by the name.
  section(key, className = '', isOpen = false) {
    const details = make('details', `ui-section ${className}`);
    details.name = 'ui-section';
    details.open = isOpen;
    details.append(make('summary', '', this.say(key)));
    details.addEventListener('toggle', () => details.open && bringUp(details));
    const body = make('div', 'ui-section-body');
    details.append(body);
    details.body = body;
    return details;
  }
}

// What was unfolded comes to the top of the column it stands in, where that scrolls.
function bringUp(node) {
  const column = node.closest('.tools');
  if (!column || column.scrollHeight <= column.clientHeight + 1) return;
  const from = column.getBoundingClientRect().top;
  column.scrollTo({ top: column.scrollTop + node.getBoundingClientRect().top - from - 8, behavior: 'smooth' });
}
