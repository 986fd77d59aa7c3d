// Objects differ in colour and in pattern, so that nobody needs to tell colours apart.
export const WORKING = '#2f6bf2';
export const COLOURS = ['#e8590c', '#0ca678', '#ae3ec9', '#f2b600', '#e03177', '#1098ad', '#74a800', '#8a5a44'];
export const PATTERNS = ['stripes', 'dots', 'grid', 'rising', 'level', 'upright', 'waves', 'plain'];
const TILE = 12;
const LINES = {
  stripes: 'M-3 3L3 -3M-3 15L15 -3M9 15L15 9',
  rising: 'M-3 9L3 15M-3 -3L15 15M9 -3L15 3',
  level: 'M0 3H12M0 9H12',
  upright: 'M3 0V12M9 0V12',
  grid: 'M6 0V12M0 6H12',
  waves: 'M0 6Q3 1 6 6T12 6',
  dots: 'M6 4.2A1.8 1.8 0 1 1 5.99 4.2',
  plain: '',
};
const tiles = new Map();

export function tint(colour, alpha) {
  const value = Number.parseInt(colour.slice(1), 16);
  return `rgb(${value >> 16} ${(value >> 8) & 255} ${value & 255} / ${alpha})`;
}

export const lookOf = (number) => ({
  colour: COLOURS[number % COLOURS.length], pattern: PATTERNS[number % PATTERNS.length],
});

// A fill for a canvas: the colour, thin, with the pattern over it; the same size at every zoom.
export function patternOf(context, colour, pattern, dots = 1) {
  const key = `${colour}${pattern}${dots}`;
  if (!tiles.has(key)) {
    const tile = new OffscreenCanvas(TILE * dots, TILE * dots);
    const pen = tile.getContext('2d');
    pen.scale(dots, dots);
    pen.fillStyle = tint(colour, 0.42);
    pen.fillRect(0, 0, TILE, TILE);
    pen.strokeStyle = tint(colour, 0.95);
    pen.lineWidth = 1.6;
    pen.stroke(new Path2D(LINES[pattern]));
    tiles.set(key, tile);
  }
  return context.createPattern(tiles.get(key), 'repeat');
}

// A swatch for the tray: the same fill, small.
export function swatch(colour, pattern) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 32;
  canvas.className = 'segment-swatch';
  const pen = canvas.getContext('2d');
  pen.fillStyle = patternOf(pen, colour, pattern, 2);
  pen.fillRect(0, 0, 32, 32);
  return canvas;
}
