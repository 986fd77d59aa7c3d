// PNG files without the canvas: a canvas multiplies colours by alpha (and so loses them at soft
// edges) and knows no 16 bits. Written without metadata.
// Source: PNG specification, third edition (W3C 2025), sections 9 (filters) and 11 (chunks).
import { compress, crc32, decompress } from './checksum.js';

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
// Colour type, bits a sample, bytes a pixel.
const KINDS = { grey8: [0, 8, 1], grey16: [0, 16, 2], rgb: [2, 8, 3], rgba: [6, 8, 4] };
const UP = 2;

/**
 * Writes a PNG file.
 * @param {{width: number, height: number, kind: string, data: ArrayLike<number>}} image `kind`:
 *   grey8, grey16, rgb, rgba; one number per sample, row by row; alpha is not premultiplied.
 * @returns {Promise<Uint8Array>}
 */
export async function encodePng({ width, height, kind, data }) {
  const [colour, bits, step] = KINDS[kind];
  const rows = filtered(toBytes(data, bits), width * step, height);
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([bits, colour, 0, 0, 0], 8);
  const body = await compress(rows, 'deflate');
  return join([
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', body),
    chunk('IEND', new Uint8Array()),
  ]);
}

/**
 * Reads a PNG file that `encodePng` wrote.
 * @param {Uint8Array} file
 * @returns {Promise<{width, height, kind, data}>} `data`: Uint8Array, or Uint16Array for grey16.
 */
export async function decodePng(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (SIGNATURE.some((byte, place) => file[place] !== byte)) throw new Error('no PNG');
  let header = null;
  const parts = [];
  for (let at = SIGNATURE.length; at < file.length; ) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...file.subarray(at + 4, at + 8));
    const end = at + 8 + length;
    if (crc32(file.subarray(at + 4, end)) !== view.getUint32(end)) throw new Error(`broken ${name}`);
    if (name === 'IHDR') header = file.subarray(at + 8, end);
    if (name === 'IDAT') parts.push(file.subarray(at + 8, end));
    at = end + 4;
  }
  const [width, height] = [0, 4].map((at) => new DataView(header.buffer, header.byteOffset).getUint32(at));
  const [bits, colour] = header.subarray(8);
  const [kind, [, , step]] = Object.entries(KINDS).find(([, k]) => k[0] === colour && k[1] === bits);
  const bytes = unfiltered(await decompress(join(parts), 'deflate'), width * step, height);
  return { width, height, kind, data: bits === 16 ? to16(bytes) : bytes };
}

/** Puts byte arrays after each other. */
export function join(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function chunk(name, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set([...name].map((letter) => letter.charCodeAt(0)), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}

// PNG is big-endian, whatever the machine is.
function toBytes(data, bits) {
  if (bits === 8) return data;
  const bytes = new Uint8Array(data.length * 2);
  for (let i = 0; i < data.length; i += 1) {
    bytes[2 * i] = data[i] >> 8;
    bytes[2 * i + 1] = data[i] & 255;
  }
  return bytes;
}

function to16(bytes) {
  const values = new Uint16Array(bytes.length / 2);
  for (let i = 0; i < values.length; i += 1) values[i] = (bytes[2 * i] << 8) | bytes[2 * i + 1];
  return values;
}

// One filter for all rows: Up packs photographs as well as Paeth does, masks better, and is quick.
function filtered(bytes, stride, height) {
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0, at = 0, to = 0; y < height; y += 1) {
    rows[to] = UP;
    to += 1;
    for (const end = at + stride; at < end; at += 1, to += 1) {
      rows[to] = y ? bytes[at] - bytes[at - stride] : bytes[at];
    }
  }
  return rows;
}

function unfiltered(rows, stride, height) {
  const bytes = new Uint8Array(stride * height);
  for (let y = 0, at = 0, from = 0; y < height; y += 1) {
    if (rows[from] !== UP) throw new Error(`filter ${rows[from]}`);
    from += 1;
    for (const end = at + stride; at < end; at += 1, from += 1) {
      bytes[at] = y ? rows[from] + bytes[at - stride] : rows[from];
    }
  }
  return bytes;
}
