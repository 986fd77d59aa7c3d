// The talk as it stands: what the server told, with what streams in laid over it.

export class Conversation {
  constructor() {
    this.forget();
  }

  forget() {
    this.caption = [];
    this.turns = [];
    this.models = [];
    this.settings = {};
  }

  // Parts of a value that are not there stay as they were.
  take({ models, settings, caption, turns, changed }) {
    if (models) this.models = models;
    if (settings) this.settings = settings;
    if (caption) this.caption = caption;
    if (turns) this.turns = turns;
    if (changed) this.change(changed);
  }

  // Of a turn that has gone meanwhile there is nothing to change.
  change({ turn, index, answer }) {
    if (turn === 'caption') {
      this.caption = put(this.caption, index, answer);
      return;
    }
    this.turns = this.turns.map((one) =>
      one.id === turn ? { ...one, answers: put(one.answers, index, answer) } : one,
    );
  }

  answersOf(turn) {
    return turn === 'caption' ? this.caption : (this.turns.find(({ id }) => id === turn)?.answers ?? []);
  }

  // What has been answered, for a server that forgot it.
  history() {
    return this.turns
      .filter(({ answers }) => answers[0]?.text)
      .map(({ question, answers }) => [question, answers[0].text]);
  }
}

function put(answers, index, answer) {
  const after = [...answers];
  after[index] = answer;
  return after;
}
