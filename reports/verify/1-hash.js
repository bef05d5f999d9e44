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
const SCHEDULE = new Int32Array(64), K = Int32Array.from(ROUND), BEGIN = Int32Array.from(START);
const STATE = new Int32Array(8);
let padded = new Uint8Array(1024);

function block(bytes, at) {
  const w = SCHEDULE, s = STATE;
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const a = w[i - 15], b = w[i - 2];
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  s[0] += a; s[1] += b; s[2] += c; s[3] += d; s[4] += e; s[5] += f; s[6] += g; s[7] += h;
}

// SHA-256 of the parts one after the other, as 32 bytes; one buffer serves every message.
function sha256(...parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const end = ((length + 72) >> 6) << 6;
  if (end > padded.length) padded = new Uint8Array(2 * end);
  let at = 0;
  for (const part of parts) { padded.set(part, at); at += part.length; }
  padded.fill(0, at, end);
  padded[at] = 0x80;
  const high = Math.floor(length / 2 ** 29), low = length << 3;
  for (let i = 0; i < 4; i++) {
    padded[end - 8 + i] = high >>> (24 - 8 * i);
    padded[end - 4 + i] = low >>> (24 - 8 * i);
  }
  STATE.set(BEGIN);
  for (let offset = 0; offset < end; offset += 64) block(padded, offset);
  const digest = new Uint8Array(32);
  for (let i = 0; i < 32; i++) digest[i] = STATE[i >> 2] >>> (24 - 8 * (i & 3));
  return digest;
}

const LEAF = Uint8Array.of(0), NODE = Uint8Array.of(1), WIDTH = 256;
const leafHash = (entry) => sha256(LEAF, entry);
const nodeHash = (left, right) => sha256(NODE, left, right);
const utf8 = new TextEncoder();
const strictText = new TextDecoder("utf-8", { fatal: true });
function unhex(text) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/.test(text)) throw new Error("not hexadecimal");
  return Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function same(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

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

// The root an inclusion proof leads to (RFC 6962).
function inclusionRoot(leaf, index, size, hashes) {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) throw new Error("no such leaf");
  let at = index, last = size - 1, result = leaf;
  for (const sibling of hashes) {
    if (!last) throw new Error("the proof is too long");
    if (at % 2 || at === last) {
      result = nodeHash(sibling, result);
      while (at && at % 2 === 0) { at /= 2; last = Math.floor(last / 2); }
    } else result = nodeHash(result, sibling);
    at = Math.floor(at / 2); last = Math.floor(last / 2);
  }
  if (last) throw new Error("the proof is too short");
  return result;
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
