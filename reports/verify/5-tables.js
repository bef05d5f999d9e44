"use strict";
// Check 10: the tables, the journals and the 360Giving file say what the log says.

const COMMON = new Set(["v", "no", "kind", "fy", "on", "postings", "reverses", "reason", "clauses"]);
const ROOTS = { assets: "Assets", fund: "Equity:Fund", committed: "Liabilities:Committed", held: "Liabilities:Held" };

const HEADS = {
  entries: "no,kind,fy,on,reverses,reason,clauses,facts",
  postings: "no,line,account,yen",
  gifts: "share,gift,no,fy,month,kind,target,fallback,yen",
  allocations: "no,run,on,gift,share,award,yen,rank,use",
  balances: "account,yen",
  awards: "award,no,on,group,programme,theme,fields,title,ceiling,allocated,disbursed,spent,returned",
};
const ACCOUNTS = new Map();

function journalAccount(account) {
  let name = ACCOUNTS.get(account);
  if (name === undefined) {
    const [root, ...parts] = account.split(":");
    name = [ROOTS[root], ...parts.map((part) => part[0].toUpperCase() + part.slice(1))].join(":");
    ACCOUNTS.set(account, name);
  }
  return name;
}

function csvCell(value) {
  if (typeof value === "number") return String(value);
  if (value === null || value === undefined) return "";
  let text = String(value);
  // A text that a spreadsheet would take for a formula stands behind an apostrophe.
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// A CSV file read beside the log: each row must be, letter by letter, the one that is due.
class Rows {
  constructor(name, text, check) {
    this.name = name; this.text = text; this.check = check;
    this.at = text.indexOf("\n") + 1;
    if (text.slice(0, this.at) !== `${HEADS[name]}\n`) check.fail(`${name}.csv: other columns`);
  }

  expect(cells) {
    this.check.counted++;
    if (this.broken) return;
    let wanted = csvCell(cells[0]);
    for (let i = 1; i < cells.length; i++) wanted += `,${csvCell(cells[i])}`;
    wanted += "\n";
    if (this.text.startsWith(wanted, this.at)) { this.at += wanted.length; return; }
    this.broken = true;
    this.check.fail(`${this.name}.csv: ${this.text.slice(this.at, this.at + 80)} instead of ${wanted.slice(0, 80)}`);
  }

  end() {
    if (!this.broken && this.at !== this.text.length) this.check.fail(`${this.name}.csv: a row too many`);
  }
}

// A journal read beside the log: its head, each transaction letter by letter, its assertions.
class Journal {
  constructor(name, text, check) {
    this.name = name; this.text = text; this.check = check;
    this.begin = this.at = -1;
  }

  expect(no, wanted) {
    this.check.counted++;
    if (this.broken) return;
    if (this.at < 0) this.begin = this.at = this.text.indexOf(`\n${wanted}`) + 1;
    if (this.at > 0 && this.text.startsWith(wanted, this.at)) { this.at += wanted.length; return; }
    this.broken = true;
    this.check.fail(`${this.name}: entry ${no} is not the log's`);
  }

  // Head and tail, letter by letter: no comment, option or include can be slipped in.
  end(ledger) {
    if (this.broken) return;
    const [begin, end] = this.at < 0 ? [this.text.length, this.text.length] : [this.begin, this.at];
    if (ledger.first === null) return;
    const [head, tail] = frameOf(this.name, ledger);
    if (this.text.slice(0, begin) !== head || this.text.slice(end) !== tail) {
      this.check.fail(`${this.name}: other lines before or behind its entries than the log's`);
    }
  }
}

function frameOf(name, ledger) {
  const day = new Date(`${ledger.last}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + 1);
  const next = day.toISOString().slice(0, 10);
  const accounts = [...ledger.balances.keys()].sort().map(journalAccount);
  const each = (line) => accounts.map((account) => `${line(account)}\n`).join("");
  const told = (sums, line) => [...sums.keys()].sort()
    .map((account) => `${line(journalAccount(account), sums.get(account))}\n`).join("");
  // What was there on 31 March of each closed year is asserted before what is there in the end.
  const years = ledger.yearEnds.filter(([, sums]) => sums.size);
  if (name === "ledger.journal") {
    const asserted = (day, sums) => `${day} * balances\n${told(sums, (a, yen) => `    ${a}  0 JPY = ${yen} JPY`)}`;
    return [`; 公開台帳 (public ledger)\ndecimal-mark .\ncommodity 1000. JPY\n${each((a) => `account ${a}`)}\n`,
      years.map(([fy, sums]) => asserted(`${fy + 1}-03-31`, sums)).join("") + asserted(next, ledger.balances)];
  }
  const balanced = (day, sums) => told(sums, (a, yen) => `${day} balance ${a}  ${yen} JPY`);
  return [`option "title" "みえる基金 公開台帳"\noption "operating_currency" "JPY"\n\n${each((a) => `${ledger.first} open ${a} JPY`)}\n`,
    years.map(([fy, sums]) => balanced(`${fy + 1}-04-01`, sums)).join("") + balanced(next, ledger.balances)];
}

class Tables {
  static async open(source, check) {
    const tables = new Tables();
    tables.source = source; tables.check = check; tables.rows = {}; tables.journals = [];
    const sheets = ["entries", "postings", "gifts", "allocations", "awards", "balances"];
    for (const name of [...sheets.map((one) => `${one}.csv`), "ledger.journal", "ledger.beancount"]) source.ask(`data/${name}`);
    for (const name of sheets) {
      try {
        tables.rows[name] = new Rows(name, await source.text(`data/${name}.csv`), check);
      } catch (error) {
        check.fail(`${name}.csv: ${error.message}`);
        tables.rows[name] = new Rows(name, "", { counted: 0, fail() {} });
      }
    }
    for (const name of ["ledger.journal", "ledger.beancount"]) {
      let text = "";
      try { text = await source.text(`data/${name}`); } catch (error) { check.fail(`${name}: ${error.message}`); }
      tables.journals.push(new Journal(name, text, check));
    }
    return tables;
  }

  take(entry) {
    try { this.rowsOf(entry); } catch (error) { this.check.fail(`entry ${entry.no}: no rows, ${error.message}`); }
  }

  rowsOf(entry) {
    const { entries, postings, gifts, allocations } = this.rows;
    const facts = {};
    for (const key in entry) if (!COMMON.has(key)) facts[key] = entry[key];
    entries.expect([entry.no, entry.kind, entry.fy, entry.on, entry.reverses, entry.reason,
      (entry.clauses || []).join(" "), JSON.stringify(facts)]);
    entry.postings.forEach((p, i) => postings.expect([entry.no, i + 1, p.account, p.yen]));
    if (entry.kind === "donation.received") {
      for (const s of entry.shares) {
        gifts.expect([s.share, entry.gift, entry.no, entry.fy, entry.on, s.kind, s.target, s.fallback, s.yen]);
      }
    } else if (entry.kind === "allocation.line") {
      allocations.expect([entry.no, entry.run, entry.on, entry.gift, entry.share, entry.award,
        entry.yen, entry.rank, entry.use]);
    }
    if (entry.postings.length) {
      const day = entry.on.length === 10 ? entry.on : `${entry.on}-01`;
      let ledger = `${day} * (${entry.no}) ${entry.kind}\n`;
      let beancount = `${day} * "${entry.kind}" "${entry.no}"\n`;
      for (const p of entry.postings) {
        const line = `  ${journalAccount(p.account)}  ${p.yen} JPY\n`;
        ledger += `  ${line}`;
        beancount += line;
      }
      this.journals[0].expect(entry.no, `${ledger}\n`);
      this.journals[1].expect(entry.no, `${beancount}\n`);
    }
  }

  async close(ledger) {
    const { awards, balances } = this.rows;
    for (const account of [...ledger.balances.keys()].sort()) {
      balances.expect([account, ledger.balances.get(account)]);
    }
    for (const number of [...ledger.awards.keys()].sort()) {
      const a = ledger.awards.get(number), f = a.facts;
      awards.expect([number, f.no, f.on, f.group, f.programme, f.theme, (f.fields || []).join(" "),
        f.title || "", f.ceiling || 0, a.allocated, a.disbursed, a.spent || 0, a.returned]);
    }
    for (const rows of Object.values(this.rows)) rows.end();
    for (const journal of this.journals) {
      try { journal.end(ledger); } catch (error) { this.check.fail(`${journal.name}: ${error.message}`); }
    }
    for (const [name, act] of [["360giving", this.grants], ["datapackage", this.resources]]) {
      try { await act.call(this, ledger); } catch (error) { this.check.fail(`${name}.json: ${error.message}`); }
    }
    try { await this.disclosed(ledger); } catch (error) { this.check.fail(`disclosures.json: ${error.message}`); }
  }

  // Each award once, for its money, its day, its title and the group that gets it.
  async grants(ledger) {
    const groups = new Map(), due = new Map(), told = new Set();
    const [head, ...rows] = readCsv(await this.source.text("data/groups.csv"));
    for (const row of rows) groups.set(row[head.indexOf("no")], row[head.indexOf("name")]);
    for (const [number, { facts, disbursed }] of ledger.awards) {
      if (!facts.group) continue;
      if (!groups.has(facts.group)) { this.check.fail(`360giving.json: group ${facts.group} is not in groups.csv`); continue; }
      const title = facts.title || number;
      due.set(number, [facts.ceiling || 0, disbursed, facts.on, "JPY", title, title,
        `-group-${facts.group}`, groups.get(facts.group)]);
    }
    for (const grant of JSON.parse(await this.source.text("data/360giving.json")).grants) {
      const number = grant.id.split("-").slice(-2).join("-"), [receiver, more] = grant.recipientOrganization;
      const said = [grant.amountAwarded, grant.amountDisbursed, grant.awardDate, grant.currency, grant.title,
        grant.description, receiver.id.slice(receiver.id.lastIndexOf("-group-")), receiver.name];
      this.check.counted++;
      if (more || told.has(number) || JSON.stringify(said) !== JSON.stringify(due.get(number))) {
        this.check.fail(`360giving.json: ${number} is not the log's`);
      }
      told.add(number);
    }
    for (const number of due.keys()) if (!told.has(number)) this.check.fail(`360giving.json: ${number} is missing`);
  }

  // The package describes the files that are there: their bytes and their columns.
  async resources() {
    for (const one of JSON.parse(await this.source.text("data/datapackage.json")).resources) {
      this.check.counted++;
      if (!isSafe(one.path)) { this.check.fail(`datapackage.json: ${one.path} leads elsewhere`); continue; }
      this.source.described.add(`data/${one.path}`);
      const data = await this.source.bytes(`data/${one.path}`);
      const digest = new Uint8Array(await this.source.digests.get(`data/${one.path}`));
      if ("hash" in one && one.hash !== `sha256:${hex(digest)}`) this.check.fail(`datapackage.json: ${one.path} has another fingerprint`);
      if ("bytes" in one && one.bytes !== data.length) this.check.fail(`datapackage.json: ${one.path} has another length`);
      if (!one.path.endsWith(".csv")) continue;
      const end = data.indexOf(10), [columns] = readCsv(strictText.decode(data.subarray(0, Math.max(end, 0))));
      if (JSON.stringify(columns) !== JSON.stringify(one.schema.fields.map((field) => field.name))) {
        this.check.fail(`datapackage.json: ${one.path} has other columns`);
      }
    }
  }

  // Names shown by consent stand beside gifts of the log, each once, in one spelling.
  async disclosed(ledger) {
    const text = await this.source.text("disclosures.json"), content = JSON.parse(text);
    if (`${spell(content)}\n` !== text || content.v !== 1) this.check.fail("disclosures.json: in another spelling");
    let before = "";
    for (const { gift, name } of content.names) {
      this.check.counted++;
      const known = ledger.shares.has(`${gift}/1`) && typeof name === "string" && gift > before;
      if (!known) this.check.fail(`disclosures.json: ${gift} is no gift of the log, or out of order`);
      before = gift;
    }
  }
}

// A CSV text as rows of cells.
function readCsv(text) {
  const rows = [];
  let row = [""];
  for (const [part] of text.matchAll(/"(?:[^"]|"")*"|,|\r?\n|[^,"\r\n]+/g)) {
    if (part === ",") row.push("");
    else if (part.endsWith("\n")) { rows.push(row); row = [""]; }
    else row[row.length - 1] += part[0] === '"' ? part.slice(1, -1).replaceAll('""', '"') : part;
  }
  if (row.length > 1 || row[0]) rows.push(row);
  return rows;
}
