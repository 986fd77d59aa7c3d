// The column of tools beside the stage.
import { Candidates } from './candidates.js';
import { make } from '../shared/dom.js';
import { EverythingPanel } from './everything_panel.js';
import { EffectsPanel } from './effects_panel.js';
import { RefinePanel } from './refine_panel.js';
import { TakeAway } from './take_away.js';
import { Tray } from './tray.js';

const TOOLS = [['include', 'plus'], ['exclude', 'minus'], ['box', 'box'], ['brush', 'brush'], ['eraser', 'eraser']];

export class Tools {
  constructor(app) {
    this.app = app;
    this.parts = [new Candidates(app), new Tray(app)];
    const folded = [new RefinePanel(app), new EverythingPanel(app), new EffectsPanel(app), new TakeAway(app)];
    const card = make('section', 'ui-card');
    card.append(this.makeSwitch(), this.parts[0].node);
    const more = make('section', 'ui-card folded');
    more.append(...folded.map((part) => part.node));
    app.tools.replaceChildren(card, this.parts[1].node, more);
    this.parts.push(...folded);
  }

  // What a click on the picture does. Left and right walk over it, as over any set of choices.
  makeSwitch() {
    const { ui } = this.app;
    const group = make('div', 'ui-switch');
    group.setAttribute('role', 'radiogroup');
    group.setAttribute('aria-label', ui.say('tool'));
    this.choices = TOOLS.map(([tool, icon]) => {
      const choice = ui.button({ icon, text: ui.say(`tool_${tool}`), press: () => this.app.setTool(tool) });
      choice.setAttribute('role', 'radio');
      choice.dataset.tool = tool;
      group.append(choice);
      return choice;
    });
    group.addEventListener('keydown', (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const here = this.choices.indexOf(document.activeElement);
      const next = this.choices[(here + by + this.choices.length) % this.choices.length];
      next.focus();
      next.click();
    });
    return group;
  }

  update() {
    for (const choice of this.choices) {
      const isOn = choice.dataset.tool === this.app.tool;
      choice.setAttribute('aria-checked', String(isOn));
      choice.tabIndex = isOn ? 0 : -1;
    }
    for (const part of this.parts) part.update();
  }
}
