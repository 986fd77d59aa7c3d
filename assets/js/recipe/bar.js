// A view as a link and as a small file, both of which show it again. The server writes the recipe
// and checks the one that comes back: anyone may have written it.
import { Interface, make } from '../shared/dom.js';
import { linkOf, readFile, recipeIn } from '../shared/recipe.js';
import { copyText, save } from '../shared/saving.js';

const MARK_SECONDS = 3;

class RecipeBar {
  constructor({ element, props, trigger }) {
    const root = element.querySelector('.recipe-bar');
    Object.assign(this, { root, props, trigger, ui: new Interface(root), wants: '', seen: '' });
    this.place = root.querySelector('.recipe-buttons');
    this.region = root.querySelector('.recipe-done');
    this.left = root.querySelector('.recipe-left');
    [this.tab, this.mode] = [root.dataset.tab, root.dataset.mode];
  }

  receive(value) {
    if (!value?.stamp || value.stamp === this.seen) return;
    this.seen = value.stamp;
    if (value.words && !this.input) this.build(value.words);
    if (value.recipe && this.wants) this.take(value.recipe, value.has_own);
  }

  build(words) {
    const { ui } = this;
    ui.words = words;
    const ask = (wants) => () => {
      this.wants = wants;
      // A stage that holds its own settings writes its recipe at once; else the server does.
      const detail = { mode: this.mode, recipe: null, hasOwn: false };
      document.dispatchEvent(new CustomEvent('recipe-wanted', { detail }));
      if (detail.recipe) this.take(detail.recipe, detail.hasOwn);
      else this.trigger('make');
    };
    this.link = ui.button({ icon: 'copy', text: ui.say('copy_link'), className: 'quiet', press: ask('link') });
    const file = ui.button({ icon: 'download', text: ui.say('save'), className: 'quiet', press: ask('file') });
    const open = ui.button({ icon: 'folder', text: ui.say('open'), className: 'quiet', press: () => this.input.click() });
    this.input = make('input');
    Object.assign(this.input, { type: 'file', accept: '.json,application/json', hidden: true });
    this.input.addEventListener('change', () => this.read());
    this.place.replaceChildren(this.link, file, open, this.input);
    this.follow();
    window.addEventListener('hashchange', () => this.follow());
  }

  // The address may hold a view that is to be shown.
  follow() {
    const told = recipeIn(window.location.hash, this.mode);
    if (told !== null) this.reopen(told);
  }

  async take(recipe, hasOwn) {
    const { wants, ui, tab, mode } = this;
    this.wants = '';
    // Whoever passes it on must know what the other one will not see.
    this.left.textContent = hasOwn ? ui.say('without_own') : '';
    if (wants === 'file') {
      const text = JSON.stringify({ tab, mode, recipe }, null, 2);
      save(new Blob([text], { type: 'application/json' }), `${mode}.recipe.json`);
      return;
    }
    const link = linkOf(window.location, tab, mode, recipe);
    const isCopied = await copyText(link);
    // Where nothing may be copied, the address of the page holds the link.
    if (!isCopied) window.history.replaceState(window.history.state, '', link);
    const words = ui.say(isCopied ? 'copied' : 'not_copied');
    this.link.querySelector('span').textContent = words;
    this.region.textContent = words;
    setTimeout(() => {
      this.link.querySelector('span').textContent = ui.say('copy_link');
    }, 1000 * MARK_SECONDS);
  }

  async read() {
    const [file] = this.input.files;
    this.input.value = '';
    if (file) this.reopen(await readFile(file, this.mode));
  }

  reopen(recipe) {
    this.props.value = { recipe };
    this.trigger('reopen');
  }
}

export function start(gradio) {
  const bar = new RecipeBar(gradio);
  const receive = () => bar.receive(gradio.props.value);
  gradio.watch('value', receive);
  receive();
}
