// The matrix of pictures and texts: cosine, logit and shares at any temperature, and how a cell
// comes about. Everything a person wrote is set as text, never as HTML.
import { make, percent } from '../shared/dom.js';
import { colourOf, inkOn } from '../shared/scale.js';
import { logits, shown } from './shares.js';
import { TemplateBars } from './template_bars.js';

const STEPS = 1000;

export class MatrixPanel {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('div', 'understand-panel');
    this.views = make('div', 'ui-switch understand-views');
    this.views.setAttribute('role', 'radiogroup');
    this.views.setAttribute('aria-label', ui.say('views'));
    this.hint = make('p', 'ui-hint understand-hint');
    this.slide = this.makeSlider();
    this.scroll = make('div', 'understand-scroll');
    this.about = make('div', 'understand-cell');
    this.bars = new TemplateBars(app);
    this.others = make('p', 'ui-hint');
    this.node.append(this.views, this.hint, this.slide, this.scroll, this.others, this.about, this.bars.node);
    this.scroll.addEventListener('keydown', (event) => this.walk(event));
  }

  // ---- the temperature ----
  makeSlider() {
    const { ui } = this.app;
    const box = make('div', 'scale-row understand-scale');
    const head = make('div', 'scale-head');
    this.scaleNow = make('output', 'scale-now');
    head.append(make('span', '', ui.say('temperature')), this.scaleNow);
    const slide = make('div', 'scale-slide');
    this.mark = make('span', 'own-mark');
    this.range = make('input');
    Object.assign(this.range, { type: 'range', min: 0, max: STEPS, step: 1, name: 'scale' });
    this.range.setAttribute('aria-label', ui.say('temperature'));
    this.range.addEventListener('input', () => {
      const { low, high } = this.app.results.matrix;
      this.app.state.scale = low * (high / low) ** (Number(this.range.value) / STEPS);
      this.update();
    });
    slide.append(this.mark, this.range);
    const foot = make('div', 'scale-foot');
    this.own = make('button', 'own-scale');
    this.own.type = 'button';
    this.own.addEventListener('click', () => {
      this.app.state.scale = null;
      this.update();
    });
    foot.append(make('p', '', ui.say('temperature_help')), this.own);
    box.append(head, slide, foot);
    return box;
  }

  drawSlider(matrix) {
    const { low, high, own } = matrix;
    const at = (scale) => Math.round((STEPS * Math.log(scale / low)) / Math.log(high / low));
    if (document.activeElement !== this.range) this.range.value = at(this.scale);
    this.mark.style.setProperty('--at', at(own) / STEPS);
    const text = `× ${this.scale < 10 ? this.scale.toFixed(1) : this.scale.toFixed(0)}`;
    this.scaleNow.textContent = text;
    this.range.setAttribute('aria-valuetext', text);
    this.own.textContent = this.app.ui.say('own_scale', { scale: own.toFixed(1) });
  }

  get scale() {
    return this.app.state.scale ?? this.app.results.matrix.own;
  }

  // A model that judges each pair by itself opens on that; the others have no such probability.
  get show() {
    const { show } = this.app.state;
    const hasBias = this.app.results.matrix.bias !== null;
    return show === 'each' && !hasBias ? 'row' : show;
  }

  update() {
    const { results } = this.app;
    const { matrix } = results;
    this.node.dataset.empty = String(!matrix);
    if (!matrix) {
      this.hint.textContent = this.app.ui.say('empty');
      return;
    }
    this.drawViews(matrix);
    this.slide.hidden = this.show === 'cosine';
    this.drawSlider(matrix);
    this.drawTable(matrix);
    this.drawAbout(matrix);
    this.bars.update(matrix);
  }

  drawViews(matrix) {
    const { ui } = this.app;
    const names = ['cosine', 'logit', ...(matrix.bias === null ? [] : ['each']), 'row', 'column'];
    const key = names.join() + this.show;
    this.hint.textContent = ui.say(`show_${this.show}_help`);
    if (key === this.drawnViews) return;
    const isInside = this.views.contains(document.activeElement);
    this.drawnViews = key;
    this.views.style.setProperty('--count', names.length);
    const choose = (name) => {
      this.app.state.show = name;
      this.update();
    };
    this.views.replaceChildren(
      ...names.map((name, place) => {
        const button = ui.button({ text: ui.say(`show_${name}`), press: () => choose(name) });
        button.setAttribute('role', 'radio');
        button.setAttribute('aria-checked', String(name === this.show));
        button.tabIndex = name === this.show ? 0 : -1;
        button.addEventListener('keydown', (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (!step) return;
          event.preventDefault();
          choose(names[(place + step + names.length) % names.length]);
        });
        return button;
      }),
    );
    if (isInside) this.views.querySelector('[aria-checked=true]').focus();
  }

  // ---- the table ----
  format(value) {
    if (this.show === 'cosine') return value.toFixed(2);
    return this.show === 'logit' ? value.toFixed(1) : `${percent(value)} %`;
  }

  drawTable(matrix) {
    const { app } = this;
    const values = shown(matrix, this.show, this.scale);
    const isShare = !['cosine', 'logit'].includes(this.show);
    const flat = values.flat();
    const [low, high] = isShare ? [0, 1] : [Math.min(...flat), Math.max(...flat)];
    const hasNone = values[0].length > matrix.texts.length;
    const hadFocus = this.scroll.contains(document.activeElement);
    const table = make('table', 'understand-matrix');
    table.style.setProperty('--columns', values[0].length);
    table.style.minWidth = `${70 + 66 * values[0].length}px`;
    table.setAttribute('role', 'grid');
    table.setAttribute('aria-label', app.ui.say('matrix_label'));
    const head = make('tr');
    head.append(make('td'), ...matrix.texts.map((text) => this.headOf(text)));
    if (hasNone) head.append(this.headOf(app.ui.say('none'), 'none'));
    const top = make('thead');
    top.append(head);
    const body = make('tbody');
    body.append(
      ...matrix.pictures.map((id, row) => {
        const best = Math.max(...values[row]);
        const line = make('tr');
        line.append(this.nameOf(id), ...values[row].map((value, column) => {
          const share = high > low ? (value - low) / (high - low) : 0.5;
          return this.cell(matrix, row, column, value, share, value === best);
        }));
        return line;
      }),
    );
    table.append(top, body);
    this.scroll.replaceChildren(table);
    if (hadFocus) this.scroll.querySelector('button[tabindex="0"]')?.focus();
    this.others.textContent = hasNone ? app.ui.say('none_help', { texts: matrix.other_texts.join(', ') }) : '';
  }

  headOf(text, className = '') {
    const head = make('th', className);
    head.scope = 'col';
    head.append(make('span', '', text));
    return head;
  }

  nameOf(id) {
    const { src, alt } = this.app.pictures.of(id);
    const head = make('th');
    head.scope = 'row';
    const image = make('img');
    Object.assign(image, { src, alt, title: alt });
    head.append(image);
    return head;
  }

  cell(matrix, row, column, value, share, isBest) {
    const { app } = this;
    const isNone = column >= matrix.texts.length;
    const text = isNone ? app.ui.say('none') : matrix.texts[column];
    const isChosen = app.state.row === matrix.pictures[row] && app.state.text === text;
    const node = make('td');
    const button = make('button', isBest ? 'best' : '', this.format(value));
    button.type = 'button';
    const colour = colourOf(share);
    button.style.background = `rgb(${colour.join(' ')})`;
    button.style.color = inkOn(colour);
    button.dataset.at = `${row},${column}`;
    button.tabIndex = isChosen ? 0 : -1;
    button.setAttribute('aria-pressed', String(isChosen));
    button.setAttribute('aria-label', app.ui.say('cell', { picture: app.pictures.of(matrix.pictures[row]).alt, text, number: this.format(value) }));
    button.addEventListener('click', () => {
      app.state.row = matrix.pictures[row];
      app.state.text = text;
      this.update();
      this.scroll.querySelector('[aria-pressed=true]')?.focus();
    });
    node.append(button);
    return node;
  }

  walk(event) {
    const at = event.target.dataset?.at;
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!at || !step) return;
    const [row, column] = at.split(',').map(Number);
    const next = this.scroll.querySelector(`[data-at="${row + step[0]},${column + step[1]}"]`);
    if (!next) return;
    event.preventDefault();
    for (const button of this.scroll.querySelectorAll('button')) button.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  // ---- how the chosen cell comes about ----
  drawAbout(matrix) {
    const { app } = this;
    const { ui, state } = app;
    const row = Math.max(0, matrix.pictures.indexOf(state.row));
    const column = matrix.texts.indexOf(state.text);
    const picture = app.pictures.of(matrix.pictures[row]);
    const title = make('h3', '', ui.say('pair', { picture: picture.alt, text: state.text }));
    if (column < 0) {
      this.about.replaceChildren(title, make('p', '', ui.say('none_sum')));
      return;
    }
    const cosine = matrix.cosines[row][column];
    const at = { scale: this.scale, own: matrix.own, bias: matrix.bias };
    const logit = logits([[cosine]], at)[0][0];
    const places = {
      cosine: cosine.toFixed(3), scale: this.scale.toFixed(this.scale < 10 ? 1 : 0), logit: logit.toFixed(2), text: state.text,
      bias: ((this.scale * (matrix.bias ?? 0)) / matrix.own).toFixed(2),
    };
    const parts = [ui.say('sum_cosine', places)];
    if (this.show !== 'cosine') parts.push(ui.say(matrix.bias === null ? 'sum_logit' : 'sum_logit_bias', places));
    if (!['cosine', 'logit'].includes(this.show)) {
      const share = shown(matrix, this.show, this.scale)[row][column];
      parts.push(ui.say(`sum_${this.show}`, { ...places, percent: percent(share) }));
    }
    const where = ui.button({ icon: 'point', text: ui.say('to_where'), className: 'quiet', press: () => this.toWhere(picture.id) });
    this.about.replaceChildren(title, ...parts.map((part) => make('p', '', part)), where);
  }

  toWhere(id) {
    const { app } = this;
    Object.assign(app.state, { picture: id, sentence: app.state.text, panel: 'where' });
    app.ask('where');
  }
}
