"use strict";
// The checks over a release, in one pass; the page stays alive between the steps.

const TITLES = {
  1: ["チェックポイントの署名", "The head is signed by the ledger's key"],
  2: ["すべてのタイルと根", "Every tile and the root follow from the entries"],
  3: ["前のチェックポイントを含むこと", "An older checkpoint is contained"],
  4: ["記帳の書き方・番号・種類", "Entries are canonical, gapless, of known kinds"],
  5: ["記帳ごとの釣り合い", "Postings balance"],
  6: ["残高が足りなくならないこと", "No account of the fund is ever overdrawn"],
  7: ["寄附の行方と希望", "Every gift's yen add up, and every wish is respected"],
  8: ["助成のお金", "Every award's money adds up"],
  9: ["割り当ての再計算", "Every allocation run rechecks"],
  10: ["公開データが台帳と同じこと", "Tables and journals are the same facts"],
  11: ["年度の締め", "Closed periods"],
  12: ["ファイルの指紋", "The files have the fingerprints listed"],
};

const pause = () => new Promise((resume) => setTimeout(resume));

// Whether a name can only be a file inside the release.
const isSafe = (name) => typeof name === "string"
  && /^[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/.test(name);
const ALWAYS = ["README", "verify.html", "disclosures.json", "log/checkpoint", "log/keys.json",
  "log/vkey", "data/datapackage.json", "data/360giving.json", "data/ledger.journal", "data/ledger.beancount"];

// No file that this log, its runs and its data package do not call for.
function checkNames(source, names, size, runs, findings) {
  if (size > WIDTH * names.length) return; // most bundles are missing, and check 2 says so
  const wanted = new Set([...ALWAYS, ...source.described]);
  for (const run of runs) for (const name of ["problem", "plan"]) wanted.add(`runs/${run}/${name}.json`);
  for (let level = -1; level < 8; level++) {
    const count = level < 0 ? size : Math.floor(size / WIDTH ** level);
    for (let number = 0; number * WIDTH < count; number++) {
      wanted.add(tilePath(level < 0 ? "entries" : level, number, Math.min(WIDTH, count - number * WIDTH)));
    }
  }
  for (const name of names) {
    const part = name.startsWith("log/") ? 2 : 12;
    if (!wanted.has(name)) findings[part].fail(`${name}: no part of this release`);
  }
}

async function verify(folder, asked, progress) {
  const source = new Reader(folder);
  const findings = {};
  for (const number of Object.keys(TITLES)) findings[number] = new Check(Number(number));
  findings[9].said = "ここでは調べません。fund verify か、各配分の checker.py で確かめられます。";
  const listed = await readSums(source, findings[12]);
  let head;
  try {
    head = readHead(await source.text("log/checkpoint"));
  } catch (error) {
    findings[1].fail(`log/checkpoint: ${error.message}`);
    await checkSums(source, folder, listed, findings[12]);
    return findings;
  }
  const chain = await checkHead(source, head, asked, findings);
  const older = readOlder(asked, findings[3]);
  const wanted = new Set(chain.map((step) => step.head.size));
  if (older) wanted.add(older.size);
  const ledger = new Ledger(findings), log = await logOf(folder, head.size, wanted);
  const tables = await Tables.open(source, findings[10]);
  const proof = readProof(asked, findings[7]);
  let size = 0, told = 0, proved = null;
  for (let texts; (texts = await log.next()).length;) {
    for (const text of texts) {
      if (proof && size === proof.index) proved = text;
      const entry = ledger.take(++size, text);
      if (entry) tables.take(entry);
    }
    if (size - told >= 16 * WIDTH) { told = size; progress(size, head.size); await pause(); }
  }
  const { roots, root: found, counted, notes, wrong, digests } = await log.end();
  Object.assign(findings[2], { counted, notes, wrong });
  for (const [path, digest] of digests) source.digests.set(path, digest);
  if (size !== head.size || !same(found, head.root)) {
    findings[2].fail(`the entries lead to another root (${size} of ${head.size})`);
  }
  for (const step of chain) {
    const root = roots.get(step.head.size);
    if (!root || !same(root, step.head.root) || !ledger.keys.includes(step.new)) {
      findings[1].fail(`key ${step.new} was not announced in this log`);
    }
  }
  if (older) compareOlder(older, head, roots, findings[3]);
  if (proof) findings.proved = checkProof(proof, proved, head.size, findings[7]);
  ledger.close();
  await tables.close(ledger);
  checkNames(source, [...listed.keys()], head.size, ledger.runs, findings);
  await checkSums(source, folder, listed, findings[12]);
  progress(size, head.size);
  return findings;
}

function readOlder(asked, check) {
  if (!asked.since) { check.said = "前のチェックポイントは渡されていません"; return null; }
  try { return readHead(asked.since); } catch (error) { check.fail(error.message); return null; }
}

function compareOlder(older, head, roots, check) {
  check.counted = older.size;
  const root = roots.get(older.size);
  if (older.origin !== head.origin) check.fail(`another log: ${older.origin}`);
  if (older.size > head.size) {
    check.fallShort(`the older checkpoint has ${older.size} entries, this release ${head.size}`);
  } else if (!root || !same(root, older.root)) check.fail(`the first ${older.size} entries are not those of the older checkpoint`);
}

function readProof(asked, check) {
  if (!asked.proof) return null;
  try {
    const proof = JSON.parse(asked.proof);
    if (!Number.isSafeInteger(proof.index) || typeof proof.entry !== "string") throw new Error("another shape");
    return proof;
  } catch (error) {
    check.fail(`proof file: ${error.message}`);
    return null;
  }
}

// The donor's own entry: under its head, in this log, and about whom the proof file opens.
function checkProof(proof, text, size, check) {
  try {
    const { index, entry, opening } = proof, head = readHead(proof.checkpoint), told = JSON.parse(entry);
    const root = inclusionRoot(leafHash(utf8.encode(entry)), index, head.size, proof.hashes.map(unhex));
    if (!same(root, head.root)) throw new Error("the entry is not under its checkpoint");
    const { gift, received_on, name } = opening, salt = unhex(opening.salt);
    const said = utf8.encode(spell({ gift, received_on, name })), domain = utf8.encode("mieru-fund/gift/v1\0");
    const whole = new Uint8Array([...domain, ...salt, ...said]);
    if (hex(sha256(whole)) !== told.commitment || told.gift !== gift) {
      throw new Error("the entry does not commit to this gift and name");
    }
    if (index >= size) {
      check.fallShort(`proof file: entry ${index + 1} of a release of ${size}`);
      return null;
    }
    if (text !== entry) throw new Error("the log has another entry at this place");
    return index + 1;
  } catch (error) {
    check.fail(`proof file: ${error.message}`);
    return null;
  }
}

async function readSums(source, check) {
  const listed = new Map();
  let lines;
  try {
    const text = await source.text("SHA256SUMS");
    if (!text.endsWith("\n")) throw new Error("torn");
    lines = text.slice(0, -1).split("\n");
  } catch (error) {
    check.fail(`SHA256SUMS: ${error.message}`);
    return listed;
  }
  for (const line of lines) {
    const found = /^([0-9a-f]{64}) {2}(\S.*)$/.exec(line);
    if (!found || listed.has(found[2]) || !isSafe(found[2])) check.fail(`SHA256SUMS: ${line.slice(0, 100)}`);
    else listed.set(found[2], found[1]);
  }
  return listed;
}

async function checkSums(source, folder, listed, check) {
  const names = [...listed.keys()];
  for (const [i, name] of names.entries()) {
    check.counted++;
    for (const next of names.slice(i, i + AHEAD)) if (!source.digests.has(next)) source.ask(next);
    try {
      if (!source.digests.has(name)) await source.bytes(name);
      const digest = await source.digests.get(name);
      if (hex(new Uint8Array(digest)) !== listed.get(name)) check.fail(`${name}: another fingerprint`);
    } catch (error) {
      check.fail(`${name}: ${error.message}`);
    }
  }
  for (const name of folder.names() || source.digests.keys()) {
    if (!listed.has(name) && name !== "SHA256SUMS") check.fail(`${name}: not listed`);
  }
}
