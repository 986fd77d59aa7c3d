// A table of the objects for spreadsheets: area, bounding box, centre of mass.
// Source: RFC 4180; the mark at the start tells spreadsheets that it is UTF-8.
import { area, boundingBox } from './set_operations.js';

const UTF8_MARK = '\ufeff';
const HEAD = 'object,name,area_px,area_percent,left,top,width,height,centre_x,centre_y';

/**
 * Makes the file. All in pixels of the picture; the centre of the first pixel is 0.5.
 * @param {{picture, objects}} content
 * @returns {string}
 */
export function csvOf({ picture, objects }) {
  const lines = objects.map(({ name, mask }, place) => {
    const pixels = area(mask);
    const [x0, y0, x1, y1] = boundingBox(mask, picture);
    const percent = (pixels * 100) / (picture.width * picture.height);
    const sizes = [pixels, percent.toFixed(4)];
    const centre = centreOf(mask, picture, pixels).map((value) => value.toFixed(2));
    return [place + 1, quoted(name), ...sizes, x0, y0, x1 - x0, y1 - y0, ...centre].join(',');
  });
  return UTF8_MARK + [HEAD, ...lines].map((line) => `${line}\r\n`).join('');
}

// A spreadsheet would run a name that starts like a formula.
function quoted(name) {
  const safe = /^[=+\-@\t\r]/.test(name) ? `'${name}` : name;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function centreOf(mask, { width }, pixels) {
  let [x, y] = [0, 0];
  mask.forEach((value, at) => {
    if (!value) return;
    x += (at % width) + 0.5;
    y += Math.floor(at / width) + 0.5;
  });
  return [x / pixels, y / pixels];
}
