// Where the picture stands on the stage: fit, zoom, pan; and from the screen to its pixels.
const MOST_ZOOM = 16;

export class View {
  constructor(box, canvas, changed) {
    Object.assign(this, { box, canvas, changed });
    this.picture = { width: 1, height: 1 };
    this.zoom = 1;
    this.x = this.y = 0;
    new ResizeObserver(() => this.measure()).observe(box);
    addEventListener('resize', () => this.shape());
  }

  show(picture) {
    this.picture = picture;
    this.zoom = 1;
    this.shape();
    this.measure();
  }

  // The stage takes the picture's form, as large as the window lets it be.
  shape() {
    const width = this.box.clientWidth;
    if (!width) return;
    const most = Math.max(300, innerHeight - (innerWidth > 1000 ? 262 : 330));
    const least = Math.min(most, width > 600 ? 300 : 200);
    const height = Math.round(Math.min(most, Math.max(least, (width * this.picture.height) / this.picture.width)));
    this.box.style.height = `${height}px`;
  }

  measure() {
    const { clientWidth: width, clientHeight: height } = this.box;
    if (!width || !height) return;
    this.dots = Math.min(3, devicePixelRatio || 1);
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * this.dots);
    this.canvas.height = Math.round(height * this.dots);
    this.fitScale = Math.min(width / this.picture.width, height / this.picture.height);
    this.keepInside();
    this.changed();
  }

  get scale() {
    return this.fitScale * this.zoom;
  }

  keepInside() {
    const inside = (at, room, size) =>
      size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, at));
    this.x = inside(this.x, this.width, this.picture.width * this.scale);
    this.y = inside(this.y, this.height, this.picture.height * this.scale);
  }

  fit() {
    this.zoom = 1;
    this.keepInside();
    this.changed();
  }

  zoomAt(factor, at = [this.width / 2, this.height / 2]) {
    const before = this.scale;
    this.zoom = Math.min(MOST_ZOOM, Math.max(1, this.zoom * factor));
    const ratio = this.scale / before;
    this.x = at[0] - (at[0] - this.x) * ratio;
    this.y = at[1] - (at[1] - this.y) * ratio;
    this.keepInside();
    this.changed();
  }

  panBy(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.keepInside();
    this.changed();
  }

  onStage(event) {
    const rect = this.box.getBoundingClientRect();
    // The border is part of the rect but not of the room inside; browser zoom changes both alike.
    const ratio = this.box.offsetWidth ? rect.width / this.box.offsetWidth : 1;
    return [
      (event.clientX - rect.left) / ratio - this.box.clientLeft,
      (event.clientY - rect.top) / ratio - this.box.clientTop,
    ];
  }

  toPicture([x, y]) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  toStage([x, y]) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  isInside([x, y]) {
    return x >= 0 && y >= 0 && x < this.picture.width && y < this.picture.height;
  }

  // Where the mask's outline is worked out: as fine as the screen shows, never finer than the picture.
  layerSize() {
    const { width, height } = this.picture;
    const wanted = Math.max(width, height) * this.fitScale * this.dots * (this.zoom > 1.5 ? 2 : 1);
    const share = Math.min(1, Math.min(1600, wanted) / Math.max(width, height));
    return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
  }
}
