// The card "Search in": whose pictures are searched, and how one's own get there.
import { Interface, make } from '../shared/dom.js';
import { chosen, dropped, isSaved } from './files.js';
import { Sending } from './sending.js';

const OWN = 'own';
const MOST_LOCAL_FAULTS = 200;

class Card {
  constructor(gradio) {
    Object.assign(this, gradio, { address: gradio.root });
    this.root = gradio.element.querySelector('.own');
    this.ui = new Interface(gradio.element.querySelector('.own-card'));
    this.where = 'playground';
    this.isIndexing = this.isStopped = this.isOpening = this.isSure = false;
    this.said = '';
    this.localFaults = [];
    this.shown = 0;
    this.total = 0;
    this.sending = new Sending(gradio.root, {
      told: (parts) => this.told(parts),
      tooLarge: (name, why = 'too_large') => this.localFaults.push([name, this.say(why)]),
    });
    this.watch('value', () => this.news());
    this.news();
  }

  say(key, places) {
    return this.ui.say(key, places);
  }

  get value() {
    return this.props.value || {};
  }

  // The answer of an event: progress, and on the first one the words.
  news() {
    const value = this.value;
    if (value.words) {
      this.ui.words = value.words;
      this.places = value.places;
      this.build();
    }
    if (!this.parts) return;
    if (value.moved) this.where = value.where;
    else if (value.where !== this.where) this.props.value = { ...value, where: this.where };
    if (value.pictures !== undefined) {
      this.progress = value;
      const wasIndexing = this.isIndexing;
      this.isIndexing = value.is_running === true;
      if (value.mistake) this.stop();
      if (wasIndexing && !this.isIndexing) this.ended();
      // Something can be searched now, or all of it.
      if (this.where === OWN && value.pictures && (!this.shown || !this.isIndexing) && value.pictures !== this.shown) {
        this.shown = value.pictures;
        this.chosen();
      }
    }
    this.draw();
  }

  build() {
    const { ui } = this;
    const picked = (input) => {
      this.take(chosen(input.files));
      input.value = '';
    };
    const files = Object.assign(make('input'), { type: 'file', multiple: true, hidden: true });
    const folder = Object.assign(make('input'), { type: 'file', webkitdirectory: true, hidden: true });
    const saved = Object.assign(make('input'), { type: 'file', accept: '.safetensors', hidden: true });
    files.className = 'own-files';
    folder.className = 'own-folder';
    saved.className = 'own-saved';
    for (const input of [files, folder, saved]) input.addEventListener('change', () => picked(input));
    const p = (this.parts = { files, folder, saved });
    p.places = make('div', 'own-places');
    p.places.setAttribute('role', 'radiogroup');
    p.places.setAttribute('aria-label', ui.say('where'));
    p.own = make('div', 'own-own');
    p.drop = make('div', 'own-drop');
    const choose = make('div', 'own-buttons');
    choose.append(
      ui.button({ icon: 'plus', text: ui.say('files'), className: 'quiet', press: () => files.click() }),
      ui.button({ icon: 'picture', text: ui.say('folder'), className: 'quiet', press: () => folder.click() }),
    );
    p.drop.append(make('p', 'own-drop-words', ui.say('drop')), choose);
    p.bar = make('progress', 'own-bar');
    p.bar.setAttribute('aria-label', ui.say('progress'));
    p.line = make('p', 'own-line');
    p.line.setAttribute('role', 'status');
    p.mistake = make('p', 'own-mistake');
    p.mistake.setAttribute('role', 'alert');
    p.stop = ui.button({ text: ui.say('stop'), className: 'quiet', press: () => this.stop(true) });
    p.go = ui.button({ text: ui.say('go_on'), className: 'main', press: () => this.go() });
    p.faults = make('details', 'own-faults');
    p.faultHead = make('summary');
    p.faultList = make('ul', 'own-fault-list');
    // A list that scrolls must be reachable without a mouse.
    p.faultList.tabIndex = 0;
    p.faults.append(p.faultHead, p.faultList);
    p.kept = make('div', 'own-buttons');
    p.save = ui.button({ icon: 'download', text: ui.say('save'), className: 'quiet', press: () => this.save() });
    p.open = ui.button({ icon: 'picture', text: ui.say('open'), className: 'quiet', press: () => saved.click() });
    p.forget = ui.button({ icon: 'trash', text: ui.say('forget'), className: 'quiet', press: (event) => this.wantToForget(event) });
    p.forget.addEventListener('blur', () => this.beSure(false));
    p.kept.append(p.save, p.open, p.forget);
    p.control = make('div', 'own-buttons');
    p.control.append(p.stop, p.go);
    p.own.append(files, folder, saved, p.drop, p.bar, p.line, p.mistake, p.control, p.faults, p.kept, make('p', 'ui-hint', ui.say('about')));
    this.root.replaceChildren(p.places, p.own);
    this.listen();
    this.drawPlaces();
    // A page that closes, or changes its language, takes the pictures with it.
    addEventListener('beforeunload', (event) => {
      if (this.isBusy || (this.progress && this.progress.pictures && !this.isSaved)) event.preventDefault();
    });
  }

  listen() {
    const { drop } = this.parts;
    const over = (isOver) => (event) => {
      event.preventDefault();
      drop.classList.toggle('over', isOver);
    };
    // Dropped anywhere on the card: who has another place open means one's own as well.
    this.root.addEventListener('dragover', over(true));
    this.root.addEventListener('dragleave', over(false));
    this.root.addEventListener('drop', async (event) => {
      over(false)(event);
      if (this.where !== OWN) this.choose(OWN);
      this.take(await dropped(event.dataTransfer));
    });
  }

  drawPlaces() {
    const buttons = this.places.map(({ id, title }) => {
      const button = this.ui.button({ text: title, className: 'own-place', press: () => this.choose(id) });
      button.setAttribute('role', 'radio');
      button.dataset.place = id;
      return button;
    });
    this.parts.places.replaceChildren(...buttons);
    this.parts.places.addEventListener('keydown', (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const here = this.places.findIndex(({ id }) => id === this.where);
      this.choose(this.places[(here + by + this.places.length) % this.places.length].id);
      this.parts.places.querySelector('[aria-checked="true"]').focus();
    });
  }

  choose(id) {
    if (id === this.where) return;
    this.where = id;
    this.props.value = { ...this.value, where: id, moved: false };
    this.draw();
    this.chosen();
  }

  // Other results are wanted, and other parts of the page show other pictures.
  chosen() {
    this.trigger('choose');
    document.dispatchEvent(new CustomEvent('own-pictures'));
  }

  async token() {
    const answer = await this.server.begin({}).catch(() => undefined);
    if (answer && answer.token) return answer.token;
    this.said = '';
    this.sending.mistake = (answer && answer.error) || this.say('no_answer');
    this.draw();
    return '';
  }

  async take(items) {
    const saved = items.filter(({ file }) => isSaved(file));
    for (const { file } of saved) await this.open(file);
    const rest = items.filter(({ file }) => !isSaved(file));
    if (!rest.length) return;
    this.isSaved = false;
    this.sending.add(rest);
    this.go();
  }

  async go() {
    this.isStopped = false;
    const token = await this.token();
    if (!token) return;
    this.index();
    await this.sending.run(token);
    if (!this.sending.queue.length || this.sending.mistake) await this.server.done({}).catch(() => {});
    this.draw();
  }

  index() {
    if (this.isIndexing) return;
    this.isIndexing = true;
    this.draw();
    this.trigger('index');
  }

  // The indexing found nothing to do any more; something may have come in the meantime.
  ended() {
    const left = this.progress.waiting || this.sending.queue.length || this.sending.isRunning;
    if (left && !this.isStopped && !this.progress.mistake) this.go();
  }

  told(parts) {
    if (parts) this.said = this.say('opening', parts);
    if (this.sending.mistake) this.isStopped = true;
    this.draw();
  }

  stop(byHand = false) {
    this.isStopped = true;
    this.sending.stop();
    this.server.done({}).catch(() => {});
    if (byHand) this.trigger('halt');
    this.draw();
  }

  async open(file) {
    const token = await this.token();
    if (!token) return;
    this.isOpening = true;
    this.said = this.say('opening', { done: 0, total: 1 });
    this.draw();
    const answer = await this.sending.open(token, file);
    this.isOpening = false;
    const opened = typeof answer.opened === 'number';
    this.said = opened ? this.say('opened', { count: answer.opened }) : '';
    this.sending.mistake = opened ? '' : answer.error || this.say('no_answer');
    // Asks how far it is now: an indexing that finds nothing to do says so.
    if (opened) this.index();
    await this.server.done({}).catch(() => {});
    this.draw();
  }

  async save() {
    const model = document.querySelector('#clip-search-model input');
    const answer = await this.server.save({ model: this.value.model || (model && model.value) }).catch(() => undefined);
    this.sending.mistake = answer && answer.address ? '' : (answer && answer.error) || this.say('no_answer');
    if (answer && answer.address) {
      const link = Object.assign(make('a'), { href: `${this.address}/${answer.address}`, download: answer.file });
      document.body.append(link);
      link.click();
      link.remove();
      this.isSaved = true;
    }
    this.draw();
  }

  // What cannot be undone takes a second press, which is no double one.
  wantToForget({ detail: presses }) {
    if (presses > 1) return undefined;
    if (!this.isSure) return this.beSure(true);
    this.beSure(false);
    return this.forget();
  }

  beSure(isSure) {
    this.isSure = isSure;
    this.parts.forget.querySelector('span').textContent = this.say(isSure ? 'forget_sure' : 'forget');
  }

  async forget() {
    this.stop(this.isIndexing);
    this.sending.forget();
    await this.server.forget({}).catch(() => {});
    this.localFaults = [];
    this.said = '';
    this.shown = this.total = 0;
    this.progress = undefined;
    this.draw();
    this.chosen();
  }

  get isBusy() {
    return this.isIndexing || this.sending.isRunning;
  }

  draw() {
    if (!this.parts) return;
    const { parts: p, sending } = this;
    const now = this.progress || { pictures: 0, indexed: 0, waiting: 0, duplicates: 0, faults: [], faults_total: 0 };
    for (const button of p.places.children) {
      const isHere = button.dataset.place === this.where;
      button.setAttribute('aria-checked', String(isHere));
      button.tabIndex = isHere ? 0 : -1;
    }
    p.own.hidden = this.where !== OWN;
    const { isBusy } = this;
    const left = sending.queue.length + now.waiting;
    const dealt = now.pictures + now.duplicates + now.faults_total;
    // Files on their way, or in the hands of the server, are in no queue for a moment.
    this.total = isBusy || left ? Math.max(this.total, dealt + left) : dealt;
    p.bar.hidden = !isBusy && !(this.isStopped && left);
    p.bar.max = Math.max(1, this.total);
    p.bar.value = dealt;
    // Heard are the beginning and the end; how far it is stands in the bar for who asks.
    p.line.setAttribute('aria-live', isBusy && dealt ? 'off' : 'polite');
    p.line.textContent = this.line(now, left, dealt);
    p.mistake.textContent = sending.mistake || now.mistake || '';
    p.stop.hidden = !isBusy;
    p.go.hidden = isBusy || !left;
    p.control.hidden = p.stop.hidden && p.go.hidden;
    p.save.hidden = p.forget.hidden = !now.pictures;
    p.save.disabled = isBusy;
    p.drop.classList.toggle('small', now.pictures > 0 || isBusy);
    this.drawFaults(now);
  }

  line(now, left, dealt) {
    const { isBusy, total } = this;
    if (this.isOpening) return this.said;
    if (isBusy && !dealt) return now.said || this.say('starting');
    if (isBusy) return this.say('busy', { done: dealt, total });
    if (left) return this.say('stopped', { done: dealt, total });
    if (!now.pictures) return '';
    return this.say(now.pictures === 1 ? 'ready_one' : 'ready', { count: now.pictures });
  }

  drawFaults(now) {
    const { faults, faultHead, faultList } = this.parts;
    const count = now.faults_total + this.localFaults.length;
    faults.hidden = !count && !now.duplicates;
    const summary = [count && this.say('faults', { count }), now.duplicates && this.say('duplicates', { count: now.duplicates })];
    faultHead.textContent = summary.filter(Boolean).join(' · ');
    const told = [...this.localFaults.slice(-MOST_LOCAL_FAULTS), ...now.faults];
    // Drawn anew only where it says something new: whoever reads in it keeps the place.
    const state = `${count} ${told.length}`;
    if (faultList.dataset.state === state) return;
    faultList.dataset.state = state;
    faultList.hidden = !told.length;
    const rows = told.map(([name, reason]) => {
      const row = make('li');
      row.append(make('strong', '', name), make('span', '', reason));
      return row;
    });
    if (told.length < count) rows.push(make('li', 'ui-hint', this.say('faults_left', { count: count - told.length })));
    faultList.replaceChildren(...rows);
    faultList.setAttribute('aria-label', faultHead.textContent);
  }
}

export const start = (gradio) => new Card(gradio);
