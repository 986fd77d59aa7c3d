// Draws the stage: picture, kept objects, proposals, the mask that is being made, clicks and box.
import { COLOURS, patternOf, tint, WORKING } from './colours.js';

const PIN = 8;

export class Painter {
  constructor(app) {
    this.app = app;
    this.pen = app.canvas.getContext('2d');
    this.isAsked = false;
  }

  ask() {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      this.draw();
    });
  }

  draw() {
    const { app, pen } = this;
    const { view, picture } = app;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, app.canvas.width, app.canvas.height);
    if (!picture || !view.fitScale) return;
    this.onPicture(() => {
      pen.imageSmoothingEnabled = view.scale * view.dots < 4;
      pen.imageSmoothingQuality = 'high';
      pen.drawImage(app.effects.shown() ?? picture.image, 0, 0, picture.width, picture.height);
    });
    if (!app.isHidden) this.overlays();
    if (app.cursor) this.cross(app.cursor);
    app.painted();
  }

  onPicture(action) {
    const { pen } = this;
    const { view } = this.app;
    pen.save();
    pen.setTransform(
      view.dots * view.scale, 0, 0, view.dots * view.scale, view.dots * view.x, view.dots * view.y,
    );
    action();
    pen.restore();
  }

  overlays() {
    const { app } = this;
    const { working, objects, selected } = app.history.present;
    // Colours over an effect would hide it.
    const isPlain = !app.effects.shown();
    for (const object of objects) {
      if (isPlain && object.isVisible && object.id !== working?.of) this.object(object, selected.includes(object.id));
    }
    if (app.isEverything) this.everything();
    if (app.hovering.index >= 0 && !app.brush) this.proposal(app.hovering.index);
    if (app.isEverything) return;
    const candidate = app.decoding.candidateOf(working) ?? app.heldCandidate();
    if (candidate) this.working(working, candidate);
    else if (working && app.heldProposal?.key === working.key && app.heldProposal.index >= 0) {
      this.proposal(app.heldProposal.index);
    }
    if (app.stroke) this.strokePath(app.stroke);
    const box = app.dragBox ?? working?.box;
    if (box) this.box(box);
    const isOpen = !app.decoding.of(working);
    working?.points.forEach((point) => this.pin(point, isOpen));
  }

  // A shape that was worked out at some size, drawn on the picture; lines keep their width.
  shape({ path, size }, { fill, line, width = 2, halo = true }) {
    const { pen } = this;
    const { view, picture } = this.app;
    const scale = view.dots * view.scale;
    const across = (picture.width / size.width) * scale;
    const down = (picture.height / size.height) * scale;
    const placed = new Path2D();
    placed.addPath(path, new DOMMatrix([across, 0, 0, down, view.dots * view.x, view.dots * view.y]));
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    if (fill) {
      pen.fillStyle = fill;
      pen.fill(placed, 'evenodd');
    }
    pen.lineJoin = 'round';
    if (line && halo) {
      pen.strokeStyle = 'rgb(255 255 255 / 0.85)';
      pen.lineWidth = (width + 2) * view.dots;
      pen.stroke(placed);
    }
    if (line) {
      pen.strokeStyle = line;
      pen.lineWidth = width * view.dots;
      pen.stroke(placed);
    }
    pen.restore();
  }

  object(object, isSelected) {
    const { app } = this;
    const outline = app.rendering.objectPath(object, app.view.layerSize());
    const isPulsing = app.pulsing === object.id;
    this.shape(outline, {
      fill: patternOf(this.pen, object.colour, object.pattern, app.view.dots),
      line: object.colour, width: isSelected || isPulsing ? 4 : 2, halo: isSelected || isPulsing,
    });
  }

  everything() {
    const { items, kept } = this.app.hovering;
    const order = [...kept].sort((a, b) => items[b].area - items[a].area);
    for (const index of order) {
      const colour = COLOURS[index % COLOURS.length];
      const outline = this.app.hovering.path(index);
      this.shape(outline, { fill: tint(colour, 0.42), line: colour, width: 1.5, halo: false });
    }
  }

  proposal(index) {
    this.shape(this.app.hovering.path(index), { fill: tint('#ffffff', 0.34), line: WORKING, width: 2 });
  }

  working(working, candidate) {
    const { app } = this;
    const outline = app.rendering.pathOf(working, candidate, app.view.layerSize());
    const fill = app.effects.shown() ? null : tint(WORKING, 0.45);
    if (fill || app.now.effect.id !== 'outline') this.shape(outline, { fill, line: WORKING, width: 2.5 });
  }

  strokePath({ points, radius, value }) {
    this.onPicture(() => {
      const { pen } = this;
      pen.lineCap = pen.lineJoin = 'round';
      pen.lineWidth = 2 * radius;
      pen.strokeStyle = value ? tint(WORKING, 0.55) : 'rgb(255 255 255 / 0.6)';
      pen.beginPath();
      pen.moveTo(...points[0]);
      for (const point of points) pen.lineTo(...point);
      if (points.length === 1) pen.lineTo(points[0][0] + 0.01, points[0][1]);
      pen.stroke();
    });
  }

  screen(action) {
    const { pen } = this;
    pen.save();
    pen.setTransform(this.app.view.dots, 0, 0, this.app.view.dots, 0, 0);
    action();
    pen.restore();
  }

  box([left, top, right, bottom]) {
    const [x0, y0] = this.app.view.toStage([left, top]);
    const [x1, y1] = this.app.view.toStage([right, bottom]);
    this.screen(() => {
      const { pen } = this;
      pen.lineWidth = 4;
      pen.strokeStyle = 'rgb(255 255 255 / 0.9)';
      pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
      pen.lineWidth = 2;
      pen.strokeStyle = WORKING;
      pen.setLineDash([7, 4]);
      pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
    });
  }

  // A plus in a full circle includes, a minus in a square leaves out: form as well as colour.
  pin({ x, y, label }, isOpen) {
    const [atX, atY] = this.app.view.toStage([x, y]);
    this.screen(() => {
      const { pen } = this;
      pen.translate(atX, atY);
      pen.beginPath();
      if (label) pen.arc(0, 0, PIN, 0, 7);
      else pen.roundRect(-PIN, -PIN, 2 * PIN, 2 * PIN, 4);
      pen.fillStyle = isOpen ? 'rgb(255 255 255 / 0.55)' : label ? WORKING : '#14181f';
      pen.fill();
      pen.lineWidth = 2.5;
      pen.strokeStyle = isOpen ? (label ? WORKING : '#14181f') : '#ffffff';
      pen.stroke();
      pen.strokeStyle = isOpen ? '#14181f' : '#ffffff';
      pen.lineWidth = 2;
      pen.beginPath();
      pen.moveTo(-4, 0);
      pen.lineTo(4, 0);
      if (label) {
        pen.moveTo(0, -4);
        pen.lineTo(0, 4);
      }
      pen.stroke();
    });
  }

  cross(point) {
    const [x, y] = this.app.view.toStage(point);
    this.screen(() => {
      const { pen } = this;
      for (const [width, colour] of [[5, '#ffffff'], [2, '#14181f']]) {
        pen.lineWidth = width;
        pen.strokeStyle = colour;
        pen.beginPath();
        for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
          pen.moveTo(x + 4 * dx, y + 4 * dy);
          pen.lineTo(x + 16 * dx, y + 16 * dy);
        }
        pen.stroke();
      }
    });
  }
}
