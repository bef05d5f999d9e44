"use strict";
// The page around the checks: where the release lies, an older checkpoint, and the answer.

const byId = (id) => document.getElementById(id);

function row(check) {
  const item = document.createElement("li");
  item.dataset.check = check.number;
  item.dataset.ok = String(check.wrong === 0);
  const [ja, en] = TITLES[check.number];
  const skipped = check.number === 9;
  const mark = skipped ? "－" : check.wrong ? "✖ 合いません" : "✔ 合います";
  const title = document.createElement("strong");
  title.textContent = `${check.number}. ${mark}　${ja}`;
  const small = document.createElement("span");
  small.textContent = ` ${en}. ${check.said || check.counted.toLocaleString("ja-JP")}`;
  item.append(title, small);
  for (const note of check.notes) {
    const line = document.createElement("p");
    line.textContent = note;
    item.append(line);
  }
  return item;
}

function show(findings) {
  const checks = Object.values(findings), wrong = checks.filter((check) => check.wrong);
  byId("checks").replaceChildren(...checks.map(row));
  const size = findings[4].counted.toLocaleString("ja-JP");
  byId("answer").textContent = wrong.length
    ? `✖ この台帳には合わないところがあります（${wrong.map((check) => check.number).join("、")}）。`
    : `✔ この台帳の${size}件の記帳は、すべて足し算が合い、書きかえられていません。`;
  byId("answer-en").textContent = wrong.length
    ? `✖ Something in this ledger does not agree (check ${wrong.map((check) => check.number).join(", ")}).`
    : `✔ All ${size} entries of this ledger add up, and none of them was rewritten.`;
  byId("answer").dataset.ok = String(!wrong.length);
  byId("answer").focus();
}

async function run(source) {
  const since = byId("since").files[0], vkey = byId("vkey").value.trim();
  const asked = { since: since ? await since.text() : null, vkey: vkey || null };
  byId("checks").replaceChildren();
  byId("answer").textContent = "調べています…";
  byId("answer-en").textContent = "Checking…";
  delete byId("answer").dataset.ok;
  const begun = performance.now();
  const findings = await verify(source, asked, (done, all) => {
    byId("progress").max = all || 1;
    byId("progress").value = done;
    byId("seconds").textContent = `${done.toLocaleString("ja-JP")} / ${all.toLocaleString("ja-JP")}`;
  });
  byId("seconds").textContent = `${((performance.now() - begun) / 1000).toFixed(1)} 秒`;
  show(findings);
}

if (typeof document !== "undefined") {
  byId("folder").addEventListener("change", (event) => {
    if (event.target.files.length) run(folderSource(event.target.files));
  });
  if (location.protocol.startsWith("http")) {
    byId("site").hidden = false;
    byId("check-site").addEventListener("click", () => run(new SiteSource(new URL(".", location.href).href)));
  }
}
