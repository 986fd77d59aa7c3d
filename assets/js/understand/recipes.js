// The view as a link and as a small file, both of which show it again.
import { make } from '../shared/dom.js';
import { copyText, save } from '../shared/saving.js';
import { linkOf, readFile, recipeIn } from '../shared/recipe.js';

const TAB = 'clip_search';
const MODE = 'clip-understand-mode';
const MARK_SECONDS = 3;

export class Recipes {
  constructor(app) {
    this.app = app;
    const { ui } = app;
    this.node = make('div', 'understand-recipes');
    this.link = ui.button({ icon: 'copy', text: ui.say('copy_link'), className: 'quiet', press: () => this.copy() });
    this.file = ui.button({ icon: 'download', label: ui.say('save_recipe'), className: 'bare', press: () => this.keep() });
    this.open = ui.button({ icon: 'send', label: ui.say('open_recipe'), className: 'bare', press: () => this.input.click() });
    this.input = make('input');
    Object.assign(this.input, { type: 'file', accept: '.json,application/json', hidden: true });
    this.input.addEventListener('change', () => this.read());
    this.node.append(this.link, this.file, this.open, this.input);
    this.follow();
    window.addEventListener('hashchange', () => this.follow());
  }

  follow() {
    const told = recipeIn(window.location.hash, MODE);
    if (told !== null) this.reopen(told);
  }

  // What is set, and nothing of what was answered; own pictures stay where they are.
  get recipe() {
    const { state, model } = this.app;
    const { pictures, texts, templates, none, panel, show, scale, view, ends, picture, sentence } = state;
    return { model, pictures, texts, templates, none, panel, show, scale, view, ends, picture, sentence };
  }

  async copy() {
    const { ui } = this.app;
    const isCopied = await copyText(linkOf(window.location, TAB, MODE, this.recipe));
    const words = ui.say(isCopied ? 'copied' : 'not_copied');
    this.link.querySelector('span').textContent = words;
    this.app.announce(words);
    setTimeout(() => {
      this.link.querySelector('span').textContent = ui.say('copy_link');
    }, 1000 * MARK_SECONDS);
  }

  keep() {
    const text = JSON.stringify({ tab: TAB, mode: MODE, recipe: this.recipe }, null, 2);
    save(new Blob([text], { type: 'application/json' }), 'understand.recipe.json');
  }

  async read() {
    const [file] = this.input.files;
    this.input.value = '';
    if (file) this.reopen(await readFile(file, MODE));
  }

  // The server checks it: anyone may have written it.
  reopen(recipe) {
    this.app.ask('reopen', { recipe });
  }

  update() {
    const isEmpty = !this.app.results.matrix;
    this.link.disabled = isEmpty;
    this.file.disabled = isEmpty;
  }
}
