"use strict";
// Signed heads and the chain of keys that may sign them (C2SP signed-note, tlog-checkpoint).

function readHead(text) {
  const cut = text.lastIndexOf("\n\n");
  const below = text.slice(cut + 2), lines = text.slice(0, cut).split("\n");
  if (cut < 0 || lines.length < 3 || !below.endsWith("\n")) throw new Error("no signed head");
  const signatures = below.slice(0, -1).split("\n").map((line) => {
    const [dash, name, blob, more] = line.split(" ");
    if (dash !== "—" || more !== undefined) throw new Error("no signature line");
    return [name, fromBase64(blob)];
  });
  const size = Number(lines[1]), root = fromBase64(lines[2]);
  if (root.length !== 32 || String(size) !== lines[1] || !Number.isInteger(size) || size < 0) {
    throw new Error("no signed head");
  }
  return { origin: lines[0], size, root, text: text.slice(0, cut) + "\n", signatures };
}

function readKey(vkey) {
  const [name, identifier] = vkey.trim().split("+", 2);
  const raw = fromBase64(vkey.trim().slice(name.length + identifier.length + 2));
  const id = sha256(utf8.encode(name + "\n"), raw).slice(0, 4);
  if (raw.length !== 33 || raw[0] !== 1 || hex(id) !== identifier) throw new Error("no verifier key");
  return { name, id, bytes: raw.slice(1) };
}

async function isSigned(key, head, blob) {
  if (!same(blob.slice(0, 4), key.id)) return false;
  const made = await crypto.subtle.importKey("raw", key.bytes, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", made, blob.slice(4), utf8.encode(head.text));
}

async function signedBy(head, vkey) {
  const key = readKey(vkey);
  if (key.name !== head.origin) return false;
  for (const [name, blob] of head.signatures) {
    if (name === key.name && await isSigned(key, head, blob)) return true;
  }
  return false;
}

function readKeys(text) {
  const content = JSON.parse(text);
  if (spell(content) + "\n" !== text) throw new Error("keys.json in another spelling");
  const keys = content.keys, told = keys.slice(1).map((key) => readHead(key.announced).size + 1);
  const begins = keys.map((key) => key.from), ends = keys.map((key) => key.until);
  const wanted = [...told.map((begin) => begin - 1), null];
  if (spell(begins) !== spell([1, ...told]) || spell(ends) !== spell(wanted)) {
    throw new Error("the periods of the keys do not follow each other");
  }
  return keys;
}

// The heads both keys signed, one for each change of keys.
const successions = (keys) => keys.slice(1).map((key, i) =>
  ({ old: keys[i].vkey, new: key.vkey, head: readHead(key.announced) }));

async function trustedKeys(first, chain) {
  const trusted = [first];
  for (const step of chain) {
    const both = await signedBy(step.head, step.old) && await signedBy(step.head, step.new);
    if (step.old === trusted.at(-1) && both) trusted.push(step.new);
  }
  return trusted;
}

// Canonical JSON (RFC 8785): JavaScript's own spelling of values, keys in order.
function spell(value) {
  if (Array.isArray(value)) return `[${value.map(spell).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const parts = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${spell(value[key])}`);
  return `{${parts.join(",")}}`;
}

// Whether a text is the canonical spelling of its value: JSON.parse keeps the order of keys.
function isCanonical(value, text) {
  return JSON.stringify(value) === text && isOrdered(value);
}

function isOrdered(value) {
  if (value === null || typeof value !== "object") return true;
  if (Array.isArray(value)) return value.every(isOrdered);
  let before = "";
  for (const key in value) {
    if (key < before || !isOrdered(value[key])) return false;
    before = key;
  }
  return true;
}

async function checkHead(source, head, asked, findings) {
  const check = findings[1];
  let chain = [];
  try {
    const keys = readKeys(await source.text("log/keys.json"));
    chain = successions(keys);
    const shown = (await source.text("log/vkey")).trim();
    if (keys.at(-1).vkey !== shown) check.fail("vkey and keys.json name different keys");
    const trusted = await trustedKeys(asked.vkey || keys[0].vkey, chain);
    let known = 0;
    for (const [name, blob] of head.signatures) {
      check.counted++;
      let fine = name !== head.origin && blob.length === 76;
      for (const vkey of name === head.origin ? trusted : []) {
        if (await isSigned(readKey(vkey), head, blob)) { fine = true; known++; }
      }
      if (!fine) check.fail(`a signature of ${name} that is not the key's`);
    }
    if (!known) check.fail("no signature of a key that is known or was announced");
    if (asked.since && !await anySigned(asked.since, trusted)) {
      findings[1].fail("the older checkpoint is not signed by a key of this log");
    }
  } catch (error) {
    check.fail(`keys: ${error.message}`);
  }
  return chain;
}

async function anySigned(text, trusted) {
  const older = readHead(text);
  for (const vkey of trusted) if (await signedBy(older, vkey)) return true;
  return false;
}
