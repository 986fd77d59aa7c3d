// What a person has made, and every state it went through: undo and redo without limit.
// States are never changed, only followed by others, so keeping them costs little.

export const NEUTRAL = Object.freeze({ holes: 0, islands: 0, grow: 0, feather: 0 });
export const SLIDERS = Object.freeze({ iou: 0.5, stability: 0.7, overlap: 0.7, area: 0 });
let lastKey = 0;

export const emptyState = () =>
  Object.freeze({ working: null, objects: [], selected: [], sliders: SLIDERS, effect: null, made: 0 });

export class History {
  constructor(listener) {
    this.listener = listener;
    this.reset(emptyState());
  }

  reset(state) {
    this.past = [];
    this.future = [];
    this.present = state;
    this.lastJoin = null;
    this.listener('reset');
  }

  // Commits with the same `join` follow each other as one step: a dragged pin is one step.
  commit(changes, join = null) {
    if (!join || join !== this.lastJoin) this.past.push(this.present);
    this.lastJoin = join;
    this.future = [];
    this.present = Object.freeze({ ...this.present, ...changes });
    this.listener('commit');
  }

  undo() {
    if (!this.past.length) return false;
    this.future.push(this.present);
    this.present = this.past.pop();
    this.lastJoin = null;
    this.listener('undo');
    return true;
  }

  redo() {
    if (!this.future.length) return false;
    this.past.push(this.present);
    this.present = this.future.pop();
    this.lastJoin = null;
    this.listener('redo');
    return true;
  }

  // Every state there is, as when the picture under them turns out to have another size.
  mapAll(change) {
    this.past = this.past.map(change);
    this.future = this.future.map(change);
    this.present = change(this.present);
    this.listener('map');
  }
}

// The object that is being made. `key` names the prompts: the model's answer is kept under it.
// `parent` is what it came from, whose mask is fed back; null where that would mislead.
function working(parts) {
  lastKey += 1;
  return Object.freeze({
    points: [], box: null, parent: null, chosen: null, threshold: 0, refine: NEUTRAL, strokes: [], of: null,
    ...parts, key: lastKey,
  });
}

const carried = (now) => (now ? { threshold: now.threshold, refine: now.refine, of: now.of } : {});

export const withPoint = (now, point) =>
  working({ ...carried(now), points: [...(now?.points ?? []), point], box: now?.box ?? null, parent: now });

export const withBox = (now, box) =>
  working({ ...carried(now), points: now?.points ?? [], box, parent: now?.points.length ? now : null });

// A prompt that goes or moves makes the mask before it misleading, so the model starts afresh.
// What is only told what it is not is nothing.
export function withoutPoint(now, place) {
  const points = now.points.filter((_, index) => index !== place);
  return isSomething(points, now.box) ? working({ ...carried(now), points, box: now.box }) : null;
}

const isSomething = (points, box) => Boolean(box) || points.some(({ label }) => label);

export const withPointAt = (now, place, [x, y]) =>
  working({
    ...carried(now), box: now.box, points: now.points.map((p, index) => (index === place ? { ...p, x, y } : p)),
  });

export function withoutBox(now) {
  return isSomething(now.points, null) ? working({ ...carried(now), points: now.points }) : null;
}

// Changes in the browser alone keep the key: the answer still stands.
export const changed = (now, changes) => Object.freeze({ ...now, ...changes });

export function scaledBy(state, factor) {
  const scale = (now) =>
    now &&
    working({
      ...carried(now),
      points: now.points.map((p) => ({ ...p, x: p.x * factor, y: p.y * factor })),
      box: now.box && now.box.map((edge) => edge * factor),
    });
  return Object.freeze({ ...state, working: scale(state.working) });
}

export const prompts = (now) => (now ? now.points.length + (now.box ? 1 : 0) : 0);
