// The referee: queries are switched off, or taken from another picture, and the same question is asked
// again. Whether the answer changes says more than any map.
import { make } from '../shared/dom.js';
import { headCell, share, sideBySide } from './inside_answers.js';
import { changeOf, signed } from './inside_look.js';
import { drawSets } from './inside_maps.js';

// Sets in one question to the server: others get their turn between, and Stop needs no long wait.
const FIRST_AT_ONCE = 4;
const MOST_AT_ONCE = 8;
const LONG_MS = 2000;
const DRAWS = 9;

export class Matter {
  constructor(inside) {
    Object.assign(this, { inside, run: 0, other: null, pictures: [] });
    this.who = make('p', 'inside-who');
    this.off = inside.button('off_press', () => this.change({}));
    this.each = inside.button('each_press', () => this.testEach());
    this.map = inside.button('map_press', () => this.testMap());
    this.stop = inside.button('stop', () => this.halt(), 'quiet');
    this.swap = inside.button('swap_press', () => this.change({ swapped: this.other }));
    this.others = make('div', 'inside-others');
    this.others.setAttribute('role', 'group');
    this.others.setAttribute('aria-label', inside.say('swap_which'));
    this.told = make('p', 'inside-told');
    this.found = make('div', 'inside-found');
    const actions = make('div', 'inside-actions');
    actions.append(this.off, this.each, this.map, this.stop);
    const swaps = make('div', 'inside-swap');
    swaps.append(make('p', 'inside-hint', inside.say('swap_which')), this.others, this.swap);
    this.body = make('div', 'inside-body');
    this.body.append(this.who, actions, swaps, this.told, this.found);
    this.body.append(inside.caution('matter_caution_spread', 'matter_caution_strange', 'matter_caution_prior'));
    this.none = make('p', 'inside-none');
    this.section = inside.section('matter', this.none, this.body);
  }

  show() {
    const { inside } = this;
    const hasQueries = inside.model.queries > 0;
    this.none.hidden = hasQueries;
    this.none.textContent = hasQueries ? '' : inside.say('matter_none', { model: inside.model.title });
    this.body.hidden = !hasQueries;
    this.run += 1;
    this.told.textContent = '';
    this.found.replaceChildren();
    this.setBusy(false);
    this.drawChosen();
  }

  drawChosen() {
    const { inside } = this;
    const { chosen } = inside;
    const places = { words: inside.named(chosen), count: chosen.size };
    this.who.textContent = inside.say(chosen.size ? 'who' : 'who_none', places);
    this.off.disabled = this.isBusy || !inside.answer || !chosen.size;
    this.swap.disabled = this.isBusy || !inside.answer || !this.other;
    this.each.disabled = this.isBusy || !inside.answer;
    this.map.disabled = this.off.disabled || chosen.size >= inside.model.queries;
    this.stop.hidden = !this.isBusy;
    this.swap.textContent = inside.say(chosen.size ? 'swap_press' : 'swap_all');
  }

  setBusy(isBusy) {
    this.isBusy = isBusy;
    this.section.dataset.busy = String(isBusy);
    this.drawChosen();
  }

  halt() {
    this.run += 1;
    this.setBusy(false);
    // What still comes is not waited for.
    delete this.told.dataset.busy;
    delete this.told.dataset.run;
    this.told.textContent = this.inside.say('stopped');
  }

  // ---- another picture ----
  offer(pictures) {
    this.pictures = pictures;
    this.others.replaceChildren(...pictures.map(({ hash, src, alt }) => {
      const button = make('button', 'inside-other');
      button.type = 'button';
      button.title = alt;
      button.append(Object.assign(make('img'), { src, alt }));
      button.addEventListener('click', () => this.takeOther(hash));
      return button;
    }));
    this.takeOther(null);
  }

  takeOther(hash) {
    this.other = hash;
    [...this.others.children].forEach((button, place) => {
      button.setAttribute('aria-pressed', String(this.pictures[place].hash === hash));
    });
    this.drawChosen();
  }

  // ---- one change ----
  async change(how) {
    const { inside } = this;
    const chosen = [...inside.chosen];
    const silenced = chosen.length ? chosen : how.swapped ? allOf(inside.model.queries) : [];
    const key = how.swapped ? (chosen.length ? 'swapped_name' : 'swapped_all') : 'off_name';
    const name = inside.say(key, { words: inside.named(chosen) });
    const run = this.begin();
    const found = await inside.ask('changed', { ...inside.target, silenced, ...how }, this.told);
    if (run !== this.run) return;
    this.setBusy(false);
    if (found) this.found.replaceChildren(...sideBySide(inside, found, name));
  }

  begin() {
    this.run += 1;
    this.found.replaceChildren();
    this.setBusy(true);
    return this.run;
  }

  // Some sets at a time, so that bars come as they are found, and others get their turn.
  async askAll(sets, draw) {
    const { inside } = this;
    const run = this.begin();
    const items = [];
    let atOnce = FIRST_AT_ONCE;
    while (items.length < sets.length) {
      const began = performance.now();
      const asked = { ...inside.target, sets: sets.slice(items.length, items.length + atOnce) };
      const found = await inside.ask('each_off', asked, this.told);
      if (run !== this.run) return null;
      if (!found) break;
      items.push(...found.items.map((item) => ({ ...item, before: found.chance })));
      draw(items);
      const isLong = performance.now() - began > LONG_MS;
      atOnce = isLong ? Math.max(1, atOnce >> 1) : Math.min(MOST_AT_ONCE, 2 * atOnce);
    }
    this.setBusy(false);
    return items.length === sets.length ? items : null;
  }

  // ---- each in turn ----
  async testEach() {
    const { inside } = this;
    const sets = allOf(inside.model.queries).map((query) => [query]);
    const draw = (items) => {
      inside.look.drawMarks(new Map(items.map((item) => [item.silenced[0], item])));
      this.found.replaceChildren(make('p', 'inside-hint', inside.say('each_help')), this.bars(items));
    };
    const items = await this.askAll(sets, draw);
    if (!items) return;
    const other = items.filter((item) => !item.is_same);
    const places = { all: items.length, count: other.length, words: inside.named(other.map(({ silenced }) => silenced[0])) };
    this.verdict(inside.say(other.length ? 'each_some' : 'each_none', places), other.length === 0);
  }

  bars(items) {
    return this.table([...items].sort((a, b) => a.chance - b.chance), () => '');
  }

  // The old answer's chance without each set; `kind` says what sort of set it is, "" for none.
  table(items, kind) {
    const { inside } = this;
    const table = make('table', 'inside-each');
    const head = make('tr');
    head.append(...['off', 'chance_now', 'answer_now'].map((key) => headCell('col', inside.say(key))));
    const most = Math.max(items[0]?.before ?? 0, ...items.map(({ chance }) => chance), 1e-9);
    table.append(head, ...items.map((item, place) => {
      const row = make('tr');
      row.dataset.same = String(item.is_same);
      row.dataset.own = String(kind(place) === 'chosen_ones');
      const name = headCell('row', inside.named(item.silenced));
      if (kind(place)) name.append(make('small', '', inside.say(kind(place))));
      row.append(name, chanceCell(item, most), make('td', '', item.is_same ? inside.say('same') : item.text));
      return row;
    }));
    return table;
  }

  // ---- does the map say what matters? ----
  // The chosen queries against sets drawn by chance: the map says something about the answer only if
  // the chosen ones hurt more than those.
  async testMap() {
    const { inside } = this;
    const chosen = [...inside.chosen].sort((a, b) => a - b);
    const drawn = drawSets(inside.model.queries, chosen, DRAWS, Math.random);
    const draw = (items) => this.found.replaceChildren(this.ranks(items));
    const items = await this.askAll([chosen, ...drawn], draw);
    if (!items) return;
    const [own, ...others] = items;
    const number = others.filter(({ chance }) => chance <= own.chance).length;
    const places = { words: inside.named(chosen), number, count: others.length, all: others.length + 1 };
    if (own.chance >= own.before) this.verdict(inside.say('map_none', places), true);
    else this.verdict(inside.say(number ? 'map_no' : 'map_yes', places), number > 0);
  }

  ranks(items) {
    return this.table(items, (place) => (place === 0 ? 'chosen_ones' : 'by_chance'));
  }

  verdict(sentence, isSame) {
    const line = make('p', 'inside-verdict', sentence);
    line.dataset.same = String(isSame);
    this.found.prepend(line);
    this.inside.region.textContent = sentence;
  }
}

const allOf = (count) => Array.from({ length: count }, (_, query) => query);

// The line across the bar marks the chance with everything on.
function chanceCell(item, most) {
  const cell = make('td', 'inside-bar is');
  const track = make('span', 'inside-track');
  track.style.setProperty('--part', item.chance / most);
  track.style.setProperty('--before', item.before / most);
  cell.append(track, make('span', 'inside-number', `${share(item.chance)} (${signed(changeOf(item))})`));
  return cell;
}
