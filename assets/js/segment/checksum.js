// CRC-32 as PNG and ZIP use it, and streams of the browser's own deflate.
// Source: ISO 3309; PNG specification, annex D.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 of some bytes, an unsigned 32-bit number. */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i += 1) crc = TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** Bytes, compressed. `format`: "deflate" (zlib, as in PNG) or "deflate-raw" (as in ZIP). */
export const compress = (bytes, format) => through(bytes, new CompressionStream(format));

/** Bytes, as they were before `compress`; rejects broken ones. */
export const decompress = (bytes, format) => through(bytes, new DecompressionStream(format));

async function through(bytes, stream) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}
