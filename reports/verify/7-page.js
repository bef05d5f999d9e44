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

function sentence(findings, wrong, size) {
  if (!wrong.length) {
    const [mine, yours] = findings.proved
      ? [`あなたの寄附は、台帳の${findings.proved}番にあります。`, ` Your gift is number ${findings.proved} in the ledger.`]
      : ["", ""];
    return [`✔ この台帳の${size}件の記帳は、すべて足し算が合い、書きかえられていません。${mine}`,
      `✔ All ${size} entries of this ledger add up, and none of them was rewritten.${yours}`];
  }
  if (wrong.every((check) => check.wrong === check.beyond)) {
    return [`✖ この${size}件は合っていますが、お持ちのものは、もっと先の記帳を知っています。10分ほどあとの新しい公開データで、もう一度お確かめください。それでもこう出るときは、記帳がなくなっています。`,
      `✖ These ${size} entries agree, but what you brought knows of later ones. Check newer data in ten minutes; if it still says so, entries have gone missing.`];
  }
  return [`✖ この台帳には合わないところがあります（${wrong.map((check) => check.number).join("、")}）。`,
    `✖ Something in this ledger does not agree (check ${wrong.map((check) => check.number).join(", ")}).`];
}

function show(findings) {
  const checks = Object.keys(TITLES).map((number) => findings[number]), wrong = checks.filter((check) => check.wrong);
  byId("checks").replaceChildren(...checks.map(row));
  const size = findings[4].counted.toLocaleString("ja-JP");
  const [ja, en] = sentence(findings, wrong, size);
  byId("answer").textContent = ja;
  byId("answer-en").textContent = en;
  byId("answer").dataset.ok = String(!wrong.length);
  byId("answer").focus();
}

async function run(source) {
  const since = byId("since").files[0], proof = byId("proof").files[0], vkey = byId("vkey").value.trim();
  const asked = { since: since ? await since.text() : null, proof: proof ? await proof.text() : null, vkey: vkey || null };
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
