// How well each label fits, at any temperature. The model gave the cosines once; the softmax (or,
// where each label is judged by itself, the sigmoid) is computed here, so the slider asks nobody.
// In scope: element, props, watch. Labels are set as text, never as HTML.
const slider = element.querySelector('input[type=range]');
const own = element.querySelector('.own-scale');
const mark = element.querySelector('.own-mark');
const body = element.querySelector('tbody');
const STEPS = 1000;
let scale = 1;

const value = () => props.value || {};
const say = (key) => (value().words || {})[key] || '';
const toStep = (s) => Math.round((STEPS * Math.log(s / value().low)) / Math.log(value().high / value().low));
const toScale = (step) => value().low * Math.pow(value().high / value().low, step / STEPS);

// Source: Radford 2021, figure 3; the largest logit is subtracted so that nothing overflows.
function softmax(cosines, times) {
  const largest = Math.max(...cosines);
  const powers = cosines.map((cosine) => Math.exp(times * (cosine - largest)));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

// A temperature divides the whole logit, bias included: the cosine that means one half stays.
// Source: Zhai 2023, algorithm 1; Guo 2017, section 4.2.
const toLogit = (cosine) => scale * (cosine + (value().bias || 0) / value().own);
const sigmoid = (logit) => 0.5 * (1 + Math.tanh(0.5 * logit));

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function draw() {
  const { labels = [], cosines = [] } = value();
  element.querySelector('.label-bars').hidden = labels.length === 0;
  if (!labels.length) return;
  const isEach = typeof value().bias === 'number';
  const shares = isEach ? cosines.map((cosine) => sigmoid(toLogit(cosine))) : softmax(cosines, scale);
  const order = labels.map((_, place) => place).sort((a, b) => cosines[b] - cosines[a] || a - b);
  body.replaceChildren(
    ...order.map((place, rank) => {
      const row = make('tr', rank ? '' : 'best');
      const name = make('th', '', labels[place]);
      name.scope = 'row';
      const bar = make('td', 'bar-cell');
      const fill = make('span', 'bar');
      fill.style.setProperty('--part', shares[place]);
      bar.append(fill);
      row.append(
        name,
        bar,
        make('td', 'share', `${(100 * shares[place]).toFixed(1)} %`),
        make('td', 'cosine', cosines[place].toFixed(3)),
        make('td', 'logit', toLogit(cosines[place]).toFixed(2)),
      );
      return row;
    }),
  );
  const text = `× ${scale < 10 ? scale.toFixed(1) : scale.toFixed(0)}`;
  const temperature = `${say('temperature')} ${(1 / scale).toFixed(3)}`;
  element.querySelector('.scale-now').textContent = `${text} (${temperature})`;
  slider.setAttribute('aria-valuetext', `${text}, ${temperature}`);
}

function set(to) {
  scale = to;
  slider.value = toStep(to);
  draw();
}

function sync() {
  const now = value();
  if (!now.own) return draw();
  for (const node of element.querySelectorAll('[data-word]')) {
    node.textContent = say(node.dataset.word);
    node.title = (now.english || {})[node.dataset.word] || '';
  }
  slider.setAttribute('aria-label', say('scale'));
  own.textContent = `${say('own')} × ${now.own.toFixed(1)}`;
  mark.style.setProperty('--at', toStep(now.own) / STEPS);
  // Somebody who is comparing temperatures keeps the one they chose.
  return set(element.dataset.touched ? scale : now.own);
}

slider.addEventListener('input', () => {
  element.dataset.touched = 'true';
  scale = toScale(Number(slider.value));
  draw();
});
own.addEventListener('click', () => {
  delete element.dataset.touched;
  set(value().own);
});
watch('value', sync);
sync();
