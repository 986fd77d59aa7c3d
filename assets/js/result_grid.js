// The results of a search: a grid of buttons, and a dialog that shows one picture large.
// Events: ['more', 'why', 'choose']
// In scope: element, props, trigger, watch. Everything a person wrote is set as text, never as HTML.
const list = element.querySelector('.results');
const dialog = element.querySelector('dialog');
const opens = element.querySelector('.result-grid').dataset.opens === 'true';
const root = (window.gradio_config && window.gradio_config.root) || '';
let shown = 0;

const value = () => props.value || {};
const items = () => value().items || [];
const say = (key) => (value().words || {})[key] || '';
const address = (item) => `${root}/${item.address || `pictures/${item.file.split('/').map(encodeURIComponent).join('/')}`}`;
const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
const number = (cosine) => cosine.toFixed(3);

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function card(item, place) {
  const button = make('button', 'result');
  button.type = 'button';
  button.dataset.id = item.id;
  const has_score = typeof item.cosine === 'number';
  const score = has_score ? `, ${say('similarity')} ${number(item.cosine)}` : '';
  const note = item.note ? `, ${item.note}` : '';
  button.setAttribute('aria-label', `${place + 1}: ${item.alt}${score}${note}`);
  const image = make('img');
  image.alt = '';
  image.loading = 'lazy';
  image.decoding = 'async';
  image.src = address(item);
  button.append(image);
  if (item.note) {
    button.append(make('span', 'result-note', item.note));
  } else if (has_score) {
    const line = make('span', 'score');
    const bar = make('span', 'score-bar');
    bar.style.setProperty('--part', item.part);
    line.append(bar, make('span', 'score-number', number(item.cosine)));
    button.append(line);
  }
  button.addEventListener('click', () => (opens ? open(place) : choose('choose', item.id)));
  const entry = make('li');
  entry.append(button);
  return entry;
}

function draw() {
  list.replaceChildren(...items().map(card));
  list.setAttribute('aria-label', say('list'));
  element.querySelector('.result-grid').dataset.count = items().length;
  // Its pictures are other ones now.
  if (dialog.open) dialog.close();
}

// Arrow keys walk over the grid, as they would over any set of pictures.
list.addEventListener('keydown', (event) => {
  const buttons = [...list.querySelectorAll('button')];
  const here = buttons.indexOf(document.activeElement);
  if (here < 0) return;
  const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -here, End: buttons.length - 1 - here };
  let next = here + (steps[event.key] || 0);
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    next = below(buttons, here, event.key === 'ArrowDown' ? 1 : -1);
  }
  if (next === here || !buttons[next]) return;
  event.preventDefault();
  buttons[next].focus();
});

function below(buttons, here, direction) {
  const from = buttons[here].getBoundingClientRect();
  const centre = from.left + from.width / 2;
  let best = here;
  let least = Infinity;
  buttons.forEach((button, place) => {
    const to = button.getBoundingClientRect();
    const down = (to.top - from.top) * direction;
    if (down < from.height / 3) return;
    const distance = down * 4 + Math.abs(to.left + to.width / 2 - centre);
    if (distance < least) [best, least] = [place, distance];
  });
  return best;
}

function choose(event, id) {
  props.value = { ...value(), chosen: id };
  trigger(event);
}

function open(place) {
  shown = place;
  const item = items()[place];
  part('picture').src = address(item);
  part('picture').alt = item.alt;
  part('alt').textContent = item.alt;
  part('place').textContent = `${place + 1} / ${items().length}`;
  const has_score = typeof item.cosine === 'number';
  part('score').hidden = !has_score;
  if (has_score) {
    part('score-name').textContent = say('similarity');
    part('score-number').textContent = number(item.cosine);
    part('score-bar').style.setProperty('--part', item.part);
  }
  part('licence').textContent = item.licence ? `${say('licence')}${item.licence}` : '';
  source(item.source);
  part('more').textContent = say('more');
  if (part('why')) part('why').textContent = say('why');
  part('download').textContent = say('download');
  part('download').href = address(item);
  part('download').download = item.file.split('/').pop();
  for (const name of ['close', 'previous', 'next']) part(name).setAttribute('aria-label', say(name));
  props.value = { ...value(), chosen: item.id };
  mirror_sends();
  if (!dialog.open) dialog.showModal();
}

function source(text) {
  const node = part('source');
  node.replaceChildren(text ? say('source') : '');
  if (!/^https:\/\//.test(text)) return node.append(text);
  const link = make('a', '', text.replace(/^https:\/\//, ''));
  link.href = text;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return node.append(link);
}

// "Send to ..." belongs to the page, which draws its own bar of buttons beside the grid. A modal
// dialog covers that bar, so the dialog shows the same buttons and presses the real ones.
function mirror_sends() {
  const bar = document.querySelector(`#${element.querySelector('.result-grid').dataset.sends}`);
  const buttons = bar ? [...bar.querySelectorAll('button')] : [];
  part('sends').replaceChildren(
    ...buttons.map((real) => {
      const button = make('button', 'result-action', real.textContent.trim());
      button.type = 'button';
      button.addEventListener('click', () => {
        dialog.close();
        real.click();
      });
      return button;
    }),
  );
}

const turn = (by) => items().length && open((shown + by + items().length) % items().length);
part('close').addEventListener('click', () => dialog.close());
part('previous').addEventListener('click', () => turn(-1));
part('next').addEventListener('click', () => turn(1));
for (const name of ['more', 'why']) {
  part(name)?.addEventListener('click', () => {
    dialog.close();
    choose(name, items()[shown].id);
  });
}
dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
dialog.addEventListener('keydown', (event) => {
  if (event.key === 'ArrowLeft') turn(-1);
  if (event.key === 'ArrowRight') turn(1);
});
dialog.addEventListener('close', () => {
  const button = list.querySelectorAll('button')[shown];
  if (button) button.focus();
});

watch('value', () => {
  // Choosing changes the value too; only other results are drawn anew.
  const drawn = [...list.querySelectorAll('button')].map((button) => button.dataset.id);
  const stamp = String(value().stamp || '');
  if (stamp === list.dataset.stamp && drawn.length === items().length) return;
  list.dataset.stamp = stamp;
  draw();
});
list.dataset.stamp = String(value().stamp || '');
draw();
