// Mouse, pen and touch on the stage.
// click: include · Shift, Alt, right click, long press, or the switch: leave out · drag: box
// on a click's mark: drag moves it, click takes it away · two fingers or the middle button: move and zoom
import { boxOf } from '../shared/boxes.js';

const LONG_PRESS_MS = 450;
const LEAST_DRAG = 6;
const NEAR_MOUSE = 11;
const NEAR_TOUCH = 20;

export function listenToPointers(app) {
  const { stage, view } = app;
  const fingers = new Map();
  let held = null;
  let pinch = null;

  const near = (at, isTouch) => {
    const points = app.history.present.working?.points ?? [];
    let best = -1;
    let least = isTouch ? NEAR_TOUCH : NEAR_MOUSE;
    points.forEach(({ x, y }, index) => {
      const [px, py] = view.toStage([x, y]);
      const distance = Math.hypot(px - at[0], py - at[1]);
      if (distance <= least) [best, least] = [index, distance];
    });
    return best;
  };

  const letGo = () => {
    clearTimeout(held?.timer);
    held = null;
    app.dragBox = null;
    app.stroke = null;
  };

  const labelOf = (event) => {
    const usual = app.tool === 'exclude' ? 0 : 1;
    const isOther = event.button === 2 || event.shiftKey || event.altKey || (event.ctrlKey && event.button === 0);
    return isOther ? 1 - usual : usual;
  };

  stage.addEventListener('pointerdown', (event) => {
    if (event.target !== app.canvas && event.target !== stage) return;
    stage.dataset.mouse = 'true';
    stage.focus({ preventScroll: true });
    const at = view.onStage(event);
    fingers.set(event.pointerId, at);
    if (fingers.size === 2) {
      letGo();
      pinch = pinchOf(fingers);
      return;
    }
    if (fingers.size > 2 || !app.picture) return;
    const isTouch = event.pointerType === 'touch';
    const point = view.toPicture(at);
    held = { at, last: at, point, isTouch, label: labelOf(event), pin: near(at, isTouch), isDrag: false };
    held.isPan = event.button === 1 || app.isPanning;
    if (!isTouch || app.takesDrags()) stage.setPointerCapture(event.pointerId);
    if (event.button === 1) event.preventDefault();
    app.cursor = null;
    if (held.isPan) return;
    if (app.brush) {
      held.isDrag = true;
      app.stroke = { points: [point], radius: app.brushRadius, value: app.tool === 'brush' ? 1 : 0 };
      app.repaint();
    } else if (isTouch && held.pin < 0) {
      held.timer = setTimeout(() => longPress(event), LONG_PRESS_MS);
    }
  });

  function longPress() {
    if (!held || held.isDrag) return;
    const { point } = held;
    letGo();
    fingers.clear();
    navigator.vibrate?.(15);
    app.click(point, app.tool === 'exclude' ? 1 : 0);
  }

  stage.addEventListener('pointermove', (event) => {
    const at = view.onStage(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, at);
    if (pinch && fingers.size === 2) return movePinch();
    if (!held) {
      if (event.pointerType !== 'touch') app.hoverAt(view.toPicture(at));
      return undefined;
    }
    const [dx, dy] = [at[0] - held.last[0], at[1] - held.last[1]];
    const far = Math.hypot(at[0] - held.at[0], at[1] - held.at[1]);
    held.last = at;
    if (held.isPan) return view.panBy(dx, dy);
    if (!held.isDrag && far < LEAST_DRAG) return undefined;
    clearTimeout(held.timer);
    held.isDrag = true;
    return drag(view.toPicture(at), event);
  });

  function drag(point, event) {
    if (app.stroke) {
      for (const step of event.getCoalescedEvents?.() ?? []) {
        app.stroke.points.push(view.toPicture(view.onStage(step)));
      }
      app.stroke.points.push(point);
    } else if (held.pin >= 0) {
      app.movePoint(held.pin, app.inside(point));
    } else if (!held.isTouch || app.takesDrags()) {
      app.hovering.leave();
      app.dragBox = boxOf(held.point, point, app.picture);
    } else if (view.zoom > 1) {
      view.panBy(event.movementX, event.movementY);
    }
    app.repaint();
  }

  stage.addEventListener('pointerup', (event) => {
    fingers.delete(event.pointerId);
    if (pinch) {
      if (fingers.size < 2) pinch = null;
      return;
    }
    if (!held) return;
    const { isDrag, isPan, pin, point, label } = held;
    const [box, stroke] = [app.dragBox, app.stroke];
    letGo();
    if (isPan) return;
    if (stroke) app.paintStroke(stroke);
    else if (box) app.drawBox(box);
    else if (pin >= 0 && !isDrag) app.removePoint(pin);
    else if (pin >= 0) app.endMove();
    else if (!isDrag) app.click(point, label);
    app.repaint();
  });

  const cancel = (event) => {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pinch = null;
    letGo();
    app.repaint();
  };
  stage.addEventListener('pointercancel', cancel);
  stage.addEventListener('pointerleave', (event) => {
    if (event.pointerType === 'touch' || held) return;
    if (app.hovering.leave()) app.repaint();
  });
  stage.addEventListener('contextmenu', (event) => event.preventDefault());
  stage.addEventListener('wheel', (event) => turn(app, event), { passive: false });

  function movePinch() {
    const now = pinchOf(fingers);
    view.zoomAt(now.distance / pinch.distance, now.middle);
    view.panBy(now.middle[0] - pinch.middle[0], now.middle[1] - pinch.middle[1]);
    pinch = now;
  }
}

// The plain wheel belongs to the page.
function turn(app, event) {
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    app.view.zoomAt(Math.exp(-event.deltaY / 300), app.view.onStage(event));
  } else if (event.altKey) {
    event.preventDefault();
    app.stepCandidate(event.deltaY > 0 ? 1 : -1);
  }
}

function pinchOf(fingers) {
  const [a, b] = [...fingers.values()];
  return {
    distance: Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1])), middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2],
  };
}
