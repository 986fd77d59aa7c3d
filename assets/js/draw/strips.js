// Under the stage: drawings to try, and what was drawn in this visit; a press shows one again.
import { make } from '../shared/dom.js';
import { Visit } from './visit.js';

export class Strips {
  constructor(app) {
    this.app = app;
    this.place = document.querySelector(`[data-strips-of="${app.name}"]`) ?? make('div');
    this.gallery = this.strip('gallery');
    this.examples = this.strip('examples');
    this.visit = new Visit(app);
    this.place.replaceChildren(this.gallery.node, this.examples.node, this.visit.node);
  }

  strip(name) {
    const node = make('section', `draw-strip draw-${name}`);
    const list = make('ul');
    list.addEventListener('keydown', (event) => walk(event, list));
    node.append(make('h3', '', this.app.ui.say(name)), list);
    return { node, list };
  }

  update() {
    const { app } = this;
    this.fill(this.gallery, app.gallery);
    this.fill(this.examples, app.examples);
    this.visit.update();
  }

  fill(strip, drawings) {
    strip.node.hidden = !drawings.length;
    const key = drawings.map(({ id }) => id).join();
    if (strip.key !== key) {
      strip.key = key;
      strip.list.replaceChildren(...drawings.map((drawing) => this.item(drawing)));
    }
    const isBusy = this.app.asking.isDrawing;
    drawings.forEach((drawing, place) => {
      const button = strip.list.children[place].firstChild;
      button.setAttribute('aria-pressed', String(!isBusy && this.app.shown.includes(drawing)));
      button.disabled = isBusy;
    });
  }

  item(drawing) {
    const button = make('button', 'draw-thumb');
    button.type = 'button';
    const image = make('img');
    Object.assign(image, { src: drawing.src, alt: '', loading: 'lazy', decoding: 'async' });
    button.append(image, make('span', '', drawing.words));
    button.setAttribute('aria-label', drawing.alt);
    button.addEventListener('click', () => this.open(drawing));
    const entry = make('li');
    entry.append(button);
    return entry;
  }

  // Its words and settings are in the fields, ready to be drawn anew or changed.
  open(drawing) {
    const { app } = this;
    app.note = '';
    app.apply({ ...drawing.fields, seed: app.settings.seed }, drawing.tokens);
    app.show([drawing]);
    this.look();
  }

  // On a phone the stage stands far above.
  look() {
    const stage = this.app.root.querySelector('.draw-look');
    if (stage.getBoundingClientRect().top < 0) stage.scrollIntoView({ block: 'center' });
  }
}

// Arrow keys walk along the strip.
function walk(event, list) {
  const buttons = [...list.querySelectorAll('button')];
  const here = buttons.indexOf(document.activeElement);
  const by = { ArrowRight: 1, ArrowLeft: -1, Home: -here, End: buttons.length - 1 - here }[event.key];
  if (here < 0 || by === undefined || !buttons[here + by]) return;
  event.preventDefault();
  buttons[here + by].focus();
}
