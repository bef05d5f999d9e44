"use strict";
// SHA-256 (FIPS 180-4) for many small messages: WebCrypto answers only asynchronously, which
// costs more than the hashing of one entry. Large files go to WebCrypto.

const ROUND = new Uint32Array(64);
const START = new Uint32Array(8);
{
  let at = 0;
  for (let n = 2; at < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (at < 8) START[at] = (Math.sqrt(n) % 1) * 2 ** 32;
    ROUND[at++] = (Math.cbrt(n) % 1) * 2 ** 32;
  }
}
const SCHEDULE = new Uint32Array(64);

function block(state, bytes, offset) {
  const w = SCHEDULE;
  for (let i = 0; i < 16; i++, offset += 4) {
    w[i] = (bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3];
  }
  for (let i = 16; i < 64; i++) {
    const a = w[i - 15], b = w[i - 2];
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

// SHA-256 of the parts one after the other, as 32 bytes.
function sha256(...parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const padded = new Uint8Array(((length + 72) >> 6) << 6);
  let at = 0;
  for (const part of parts) { padded.set(part, at); at += part.length; }
  padded[at] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(padded.length - 4, (length << 3) >>> 0);
  const state = Uint32Array.from(START);
  for (let offset = 0; offset < padded.length; offset += 64) block(state, padded, offset);
  const digest = new Uint8Array(32), out = new DataView(digest.buffer);
  for (let i = 0; i < 8; i++) out.setUint32(4 * i, state[i]);
  return digest;
}

const LEAF = Uint8Array.of(0), NODE = Uint8Array.of(1), WIDTH = 256;
const leafHash = (entry) => sha256(LEAF, entry);
const nodeHash = (left, right) => sha256(NODE, left, right);
const utf8 = new TextEncoder();
const strictText = new TextDecoder("utf-8", { fatal: true });
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

function fromBase64(text) {
  const raw = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  if (btoa(String.fromCharCode(...raw)) !== text) throw new Error("base64 in another spelling");
  return raw;
}

function tilePath(level, number, width) {
  let name = String(number % 1000).padStart(3, "0");
  while (number >= 1000) {
    number = Math.floor(number / 1000);
    name = `x${String(number % 1000).padStart(3, "0")}/${name}`;
  }
  return `log/tile/${level}/${name}${width === WIDTH ? "" : `.p/${width}`}`;
}

function* splitBundle(data) {
  for (let at = 0; at < data.length;) {
    const end = at + 2 + (data[at] << 8) + data[at + 1];
    if (!(end <= data.length)) throw new Error("torn bundle");
    yield data.subarray(at + 2, end);
    at = end;
  }
}

function wholeHash(row) {
  let hashes = row.slice();
  while (hashes.length > 1) {
    const above = [];
    for (let i = 0; i < hashes.length; i += 2) above.push(nodeHash(hashes[i], hashes[i + 1]));
    hashes = above;
  }
  return hashes[0];
}

function joined(row) {
  const data = new Uint8Array(row.length * 32);
  row.forEach((hash, i) => data.set(hash, 32 * i));
  return data;
}

// A Merkle tree (RFC 6962) that grows leaf by leaf and hands out its tiles as they fill.
class Tree {
  constructor() { this.size = 0; this.rows = [[]]; this.counts = [0]; }

  add(leaf) {
    this.size++;
    const filled = [];
    for (let level = 0, value = leaf; ; level++) {
      if (level === this.rows.length) { this.rows.push([]); this.counts.push(0); }
      const row = this.rows[level];
      row.push(value);
      if (row.length < WIDTH) return filled;
      filled.push([tilePath(level, this.counts[level], WIDTH), joined(row)]);
      value = wholeHash(row);
      this.counts[level]++;
      this.rows[level] = [];
    }
  }

  edge() {
    return this.rows.flatMap((row, level) =>
      row.length ? [[tilePath(level, this.counts[level], row.length), joined(row)]] : []);
  }

  root() {
    const parts = [];
    for (const row of [...this.rows].reverse()) {
      for (let start = 0, left = row.length; left;) {
        const width = 1 << (31 - Math.clz32(left));
        parts.push(wholeHash(row.slice(start, start + width)));
        start += width; left -= width;
      }
    }
    if (!parts.length) return sha256(new Uint8Array(0));
    return parts.reduceRight((result, part) => nodeHash(part, result));
  }
}
