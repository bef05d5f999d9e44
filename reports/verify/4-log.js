"use strict";
// Checks 1 to 3 ask for hashes: files are read, fingerprinted and hashed here, beside the page, in a
// worker made of this same script. Where none may run, the page does it itself.

class Check {
  constructor(number) { this.number = number; this.counted = 0; this.wrong = 0; this.notes = []; this.said = ""; this.beyond = 0; }
  // What the visitor brings along knows of entries that are not here: older data, or cut.
  fallShort(note) { this.beyond++; this.fail(note); }
  fail(note) { this.wrong++; if (this.notes.length < 20) this.notes.push(note); }
}

class Missing extends Error {}

// A folder the visitor chose; nothing of it leaves the computer.
class FolderSource {
  constructor(files) { this.files = files; }
  names() { return [...this.files.keys()]; }
  async bytes(path) {
    const file = this.files.get(path);
    if (!file) throw new Missing("missing");
    return new Uint8Array(await file.arrayBuffer());
  }
}

// The release this page lies in, on the fund's own site.
class SiteSource {
  constructor(base) { this.base = base; }
  names() { return null; }
  async bytes(path) {
    const answer = await fetch(new URL(path, this.base), { cache: "no-store" });
    if (!answer.ok) throw new Missing(`missing (${answer.status})`);
    return new Uint8Array(await answer.arrayBuffer());
  }
}

const folderSource = (files) => new FolderSource(new Map(Array.from(files, (file) =>
  [file.webkitRelativePath.split("/").slice(1).join("/") || file.name, file])));
const sourceOf = ({ files, base }) => (files ? new FolderSource(files) : new SiteSource(base));

// Every file is read once; its fingerprint is taken as it passes, and the next ones are asked for.
class Reader {
  constructor(source) {
    this.source = source; this.coming = new Map(); this.digests = new Map(); this.described = new Set();
  }

  ask(path) {
    if (!this.coming.has(path)) {
      const read = this.source.bytes(path);
      read.catch(() => {});
      this.coming.set(path, read);
    }
    return this.coming.get(path);
  }

  async bytes(path) {
    const read = this.ask(path);
    this.coming.delete(path);
    const data = await read;
    if (!this.digests.has(path)) this.digests.set(path, crypto.subtle.digest("SHA-256", data));
    return data;
  }

  async text(path) { return strictText.decode(await this.bytes(path)); }
}

const AHEAD = 8;

// The entries bundle by bundle, as texts (null for what is none), and what their hashes lead to.
class Log {
  constructor(source, size, wanted) {
    this.source = new Reader(source); this.size = size; this.wanted = wanted;
    this.at = 0; this.tree = new Tree(); this.roots = new Map(); this.check = new Check(2);
  }

  async next() {
    if (this.at >= this.size) return [];
    for (let next = this.at; next < Math.min(this.size, this.at + AHEAD * WIDTH); next += WIDTH) {
      const width = Math.min(WIDTH, this.size - next);
      this.source.ask(tilePath("entries", next / WIDTH, width));
      this.source.ask(tilePath(0, next / WIDTH, width));
    }
    const width = Math.min(WIDTH, this.size - this.at), path = tilePath("entries", this.at / WIDTH, width);
    this.at += WIDTH;
    const texts = [];
    try {
      const bodies = [...splitBundle(await this.source.bytes(path))];
      if (bodies.length !== width) this.check.fail(`${path}: ${bodies.length} entries instead of ${width}`);
      for (const body of bodies) {
        for (const tile of this.tree.add(leafHash(body))) await this.compare(tile);
        if (this.wanted.has(this.tree.size)) this.roots.set(this.tree.size, this.tree.root());
        texts.push(textOf(body));
      }
    } catch (error) {
      this.check.fail(`${path}: ${error.message}`);
      this.at = this.size;
    }
    return texts;
  }

  async compare([path, data]) {
    this.check.counted++;
    try {
      if (!same(await this.source.bytes(path), data)) this.check.fail(`${path}: other hashes than the entries have`);
    } catch (error) {
      this.check.fail(`${path}: ${error.message}`);
    }
  }

  async end() {
    for (const tile of this.tree.edge()) await this.compare(tile);
    const { counted, notes, wrong } = this.check, digests = new Map();
    for (const [path, digest] of this.source.digests) digests.set(path, await digest);
    return { roots: this.roots, root: this.tree.root(), counted, notes, wrong, digests };
  }
}

function textOf(body) {
  try { return strictText.decode(body); } catch { return null; }
}

// The same in a worker: bundles come as fast as they are read, a few before they are asked for.
class DistantLog {
  constructor(worker, source, size, wanted) {
    this.worker = worker; this.come = []; this.waiting = null; this.broken = null;
    worker.onmessage = ({ data }) => {
      this.come.push(data);
      if (this.waiting) this.waiting();
    };
    worker.onerror = (error) => {
      this.broken = new Error(error.message || "the worker ended");
      if (this.waiting) this.waiting();
    };
    worker.postMessage({ source: { ...source }, size, wanted });
  }

  async message() {
    if (!this.come.length && !this.broken) await new Promise((resume) => { this.waiting = resume; });
    if (!this.come.length) throw this.broken;
    return this.come.shift();
  }

  async next() {
    const texts = await this.message();
    this.worker.postMessage("more");
    return texts;
  }

  async end() {
    const found = await this.message();
    this.worker.terminate();
    return found;
  }
}

const BEFORE = 64;

async function serve({ source, size, wanted }) {
  const log = new Log(sourceOf(source), size, wanted);
  let room = BEFORE, wake = null;
  self.onmessage = () => { room++; if (wake) { wake(); wake = null; } };
  for (let texts = [null]; texts.length;) {
    if (!room) await new Promise((resume) => { wake = resume; });
    room--;
    texts = await log.next();
    self.postMessage(texts);
  }
  self.postMessage(await log.end());
}

const OWN = typeof document === "undefined" ? null : document.currentScript.textContent;
if (!OWN) {
  self.onmessage = ({ data }) => serve(data);
  self.postMessage("here");
}

// A worker that may not begin (another policy, an old browser) says so before it is given anything.
async function logOf(source, size, wanted) {
  try {
    const worker = new Worker(URL.createObjectURL(new Blob([OWN], { type: "text/javascript" })));
    await new Promise((begun, refused) => { worker.onmessage = begun; worker.onerror = refused; });
    return new DistantLog(worker, source, size, wanted);
  } catch {
    return new Log(source, size, wanted);
  }
}
