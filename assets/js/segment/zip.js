// ZIP files. Names are UTF-8; PNG files, packed already, are stored as they are.
// Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
import { compress, crc32, decompress } from './checksum.js';
import { join } from './png.js';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const UTF8 = 0x0800;
const VERSION = 20;
const STORED = 0;
const DEFLATED = 8;

/**
 * Writes a ZIP file.
 * @param {{name: string, bytes: Uint8Array}[]} files Fewer than 65,536, less than 4 GiB in all.
 * @param {Date} date Told for every file, to two seconds.
 * @returns {Promise<Uint8Array>}
 */
export async function makeZip(files, date) {
  const bodies = [];
  const directory = [];
  let at = 0;
  for (const { name, bytes } of files) {
    const isPacked = name.endsWith('.png');
    const method = isPacked ? STORED : DEFLATED;
    const data = isPacked ? bytes : await compress(bytes, 'deflate-raw');
    const told = [UTF8, method, ...when(date), crc32(bytes), data.length, bytes.length];
    const label = new TextEncoder().encode(name);
    const local = fields([LOCAL, VERSION, ...told, label.length, 0], '42222244422');
    bodies.push(local, label, data);
    // Version of the writer, and after the name's length: extra, comment, disk, attributes, place.
    const entry = [CENTRAL, VERSION, VERSION, ...told, label.length, 0, 0, 0, 0, 0, at];
    directory.push(fields(entry, '42222224442222244'), label);
    at += local.length + label.length + data.length;
  }
  const index = join(directory);
  const count = files.length;
  const end = fields([END, 0, 0, count, count, index.length, at, 0], '42222442');
  return join([...bodies, index, end]);
}

/**
 * Reads a ZIP file that `makeZip` wrote.
 * @param {Uint8Array} file
 * @returns {Promise<{name: string, bytes: Uint8Array}[]>} Rejects broken files.
 */
export async function readZip(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = file.length - 22;
  if (view.getUint32(end, true) !== END) throw new Error('no ZIP');
  const files = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left; left -= 1) {
    const label = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(file.subarray(at + 46, at + 46 + label));
    const from = view.getUint32(at + 42, true) + 30 + label;
    const data = file.subarray(from, from + view.getUint32(at + 20, true));
    const isSmall = view.getUint16(at + 10, true) === DEFLATED;
    const bytes = isSmall ? await decompress(data, 'deflate-raw') : data;
    if (crc32(bytes) !== view.getUint32(at + 16, true)) throw new Error(`broken ${name}`);
    files.push({ name, bytes });
    at += 46 + label;
  }
  return files;
}

// Time and date as MS-DOS told them: local, from 1980 on.
function when(date) {
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  const year = Math.max(0, date.getFullYear() - 1980);
  return [time, (year << 9) | ((date.getMonth() + 1) << 5) | date.getDate()];
}

function fields(values, sizes) {
  const lengths = [...sizes].map(Number);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length));
  const view = new DataView(bytes.buffer);
  let at = 0;
  values.forEach((value, place) => {
    if (lengths[place] === 4) view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += lengths[place];
  });
  return bytes;
}
