// The pictures of one comparison as they come: what was planned, and how far each cell is.

const OPEN = ['waiting', 'drawing'];

export class Result {
  constructor(plan) {
    this.plan = plan;
    this.cells = Array.from({ length: plan.count }, (_, index) => ({ index, state: 'waiting', step: 0, steps: 0 }));
    this.chosen = 0;
  }

  get columns() {
    return this.plan.mode === 'grid' ? this.plan.columns.length : this.cells.length;
  }

  get doneCount() {
    return this.cells.filter(({ state }) => !OPEN.includes(state)).length;
  }

  get isWhole() {
    return this.cells.every(({ state }) => state === 'done');
  }

  get shown() {
    return this.cells[this.chosen];
  }

  // News of some cells; a picture that was told once is not told again.
  hear(cells) {
    for (const news of cells) {
      const cell = this.cells[news.index];
      // After Stop news may still be on its way; only a whole picture counts then.
      if (!cell || (this.isOver && news.state !== 'done')) continue;
      Object.assign(cell, news);
    }
    if (!this.hasChosen) this.chooseFirst();
  }

  // The first picture that is there is looked at until somebody chooses.
  chooseFirst() {
    const first = this.cells.find(({ state }) => state === 'done');
    this.chosen = first?.index ?? 0;
  }

  choose(index) {
    this.hasChosen = true;
    this.chosen = Math.max(0, Math.min(this.cells.length - 1, index));
  }

  // What is not done when the work ends was stopped.
  end() {
    this.isOver = true;
    for (const cell of this.cells) if (OPEN.includes(cell.state)) cell.state = 'stopped';
  }

  // Pictures that the browser was not told, though they are done.
  get missing() {
    return this.cells.filter(({ state, src, id }) => state === 'done' && id && !src);
  }

  // What a cell differs in from the others, as axis and value.
  marksOf({ index }) {
    const { mode, axes, rows, columns, shares } = this.plan;
    if (mode === 'blend') return [['share', shares[index]]];
    if (mode === 'change') return [];
    const [row, column] = [Math.floor(index / columns.length), index % columns.length];
    return [[axes[0], rows[row]], [axes[1], columns[column]]];
  }
}
