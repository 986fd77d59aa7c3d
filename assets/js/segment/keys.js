// The whole stage by keyboard. Keys count only while the stage itself has the focus, but for undo
// and redo, which count anywhere in the tools where nobody is typing.
const STEP = 1;
const BIG_STEP = 10;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export const SHEET = [
  ['sheet_arrows', '← → ↑ ↓'], ['sheet_place', 'Space'], ['sheet_exclude', 'Shift Space'],
  ['sheet_corner', 'R'], ['sheet_candidate', '1 2 3  [ ]'], ['sheet_sign', 'X'], ['sheet_keep', 'Enter'],
  ['sheet_clear', 'Esc'], ['sheet_back', 'Backspace'], ['sheet_undo', 'Ctrl Z'], ['sheet_redo', 'Ctrl Shift Z'],
  ['sheet_brush', 'B  E'], ['sheet_everything', 'A'], ['sheet_objects', 'O'], ['sheet_delete', 'Delete'],
  ['sheet_hide', 'H'], ['sheet_zoom', '+  −  0'], ['sheet_pan', 'Alt ← → ↑ ↓'], ['sheet_save', 'S'], ['sheet_help', '?'],
];

export function listenToKeys(app) {
  const { stage } = app;
  const isTyping = (node) => node.matches?.('input[type=text], textarea, select, [contenteditable=true]');

  const undoKeys = (event) => {
    if (!(event.ctrlKey || event.metaKey) || isTyping(event.target)) return;
    const key = event.key.toLowerCase();
    if (key !== 'z' && key !== 'y') return;
    event.preventDefault();
    app.step(key === 'y' || event.shiftKey ? 'redo' : 'undo');
  };
  app.root.addEventListener('keydown', undoKeys);
  app.tools.addEventListener('keydown', undoKeys);

  stage.addEventListener('keydown', (event) => {
    delete stage.dataset.mouse;
    if (event.ctrlKey || event.metaKey || event.target !== stage) return;
    const did = ARROWS[event.key] ? arrow(app, event) : press(app, event);
    if (did !== false) event.preventDefault();
  });
  stage.addEventListener('keyup', (event) => {
    if (event.key === ' ') app.isPanning = false;
    if (event.key.toLowerCase() === 'h') app.hide(false);
  });
  stage.addEventListener('blur', () => {
    delete stage.dataset.mouse;
    app.isPanning = false;
    app.hide(false);
  });
}

// Arrows move a cursor by pixels of the screen's picture; with Alt the picture itself.
function arrow(app, event) {
  if (!app.picture) return false;
  const [dx, dy] = ARROWS[event.key];
  if (event.altKey) {
    app.view.panBy(-40 * dx, -40 * dy);
    return true;
  }
  const { width, height } = app.picture;
  const length = Math.max(1, Math.max(width, height) / 400) * (event.shiftKey ? BIG_STEP : STEP);
  const from = app.cursor ?? [width / 2, height / 2];
  app.cursor = app.cursor ? app.inside([from[0] + dx * length, from[1] + dy * length]) : from;
  app.hoverAt(app.cursor);
  app.followCorner();
  app.repaint();
  return true;
}

const ACTIONS = {
  Enter: (app) => app.keep(),
  Escape: (app) => app.clear(),
  Backspace: (app) => app.takeBack(),
  Delete: (app) => app.deleteSelected(),
  '[': (app) => app.stepCandidate(-1),
  ']': (app) => app.stepCandidate(1),
  '+': (app) => app.view.zoomAt(1.5),
  '=': (app) => app.view.zoomAt(1.5),
  '-': (app) => app.view.zoomAt(1 / 1.5),
  0: (app) => app.view.fit(),
  1: (app) => app.choose(0),
  2: (app) => app.choose(1),
  3: (app) => app.choose(2),
  '?': (app) => app.help(),
  a: (app) => app.setEverything(!app.isEverything),
  b: (app) => app.setTool('brush'),
  e: (app) => app.setTool('eraser'),
  h: (app) => app.hide(true),
  n: (app) => app.keep(),
  o: (app) => app.focusTray(),
  r: (app) => app.corner(),
  s: (app) => app.save(),
  x: (app) => app.setTool(app.tool === 'include' ? 'exclude' : 'include'),
};

function press(app, event) {
  if (event.key === ' ') {
    if (event.repeat) return true;
    if (app.cursor) app.place(event.shiftKey ? 0 : 1);
    else app.isPanning = true;
    return true;
  }
  const action = ACTIONS[event.key] ?? ACTIONS[event.key.toLowerCase()];
  if (!action) return false;
  action(app);
  return true;
}
