"use strict";
// Check 10: the tables, the journals and the 360Giving file say what the log says.

const COMMON = new Set(["v", "no", "kind", "fy", "on", "postings", "reverses", "reason", "clauses"]);
const ROOTS = { assets: "Assets", fund: "Equity:Fund", committed: "Liabilities:Committed", held: "Liabilities:Held" };

function journalAccount(account) {
  const [root, ...parts] = account.split(":");
  return [ROOTS[root], ...parts.map((part) => part[0].toUpperCase() + part.slice(1))].join(":");
}

function csvCell(value) {
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
  }

  expect(cells) {
    this.check.counted++;
    const wanted = cells.map(csvCell).join(",") + "\n";
    if (this.broken) return;
    if (this.text.startsWith(wanted, this.at)) { this.at += wanted.length; return; }
    this.broken = true;
    this.check.fail(`${this.name}.csv: ${this.text.slice(this.at, this.at + 80)} instead of ${wanted.slice(0, 80)}`);
  }

  end() {
    if (!this.broken && this.at !== this.text.length) this.check.fail(`${this.name}.csv: a row too many`);
  }
}

class Tables {
  static async open(source, check) {
    const tables = new Tables();
    tables.source = source; tables.check = check; tables.rows = {}; tables.told = new Map();
    for (const name of ["entries", "postings", "gifts", "allocations", "awards", "balances"]) {
      try {
        tables.rows[name] = new Rows(name, await source.text(`data/${name}.csv`), check);
      } catch (error) {
        check.fail(`${name}.csv: ${error.message}`);
        tables.rows[name] = new Rows(name, "", { counted: 0, fail() {} });
      }
    }
    return tables;
  }

  take(entry) {
    try { this.rowsOf(entry); } catch (error) { this.check.fail(`entry ${entry.no}: no rows, ${error.message}`); }
  }

  rowsOf(entry) {
    const { entries, postings, gifts, allocations } = this.rows;
    const facts = Object.fromEntries(Object.entries(entry).filter(([key]) => !COMMON.has(key)));
    entries.expect([entry.no, entry.kind, entry.fy, entry.on, entry.reverses, entry.reason,
      (entry.clauses || []).join(" "), spell(facts)]);
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
      const lines = entry.postings.map((p) => `${journalAccount(p.account)}  ${p.yen} JPY`);
      this.told.set(String(entry.no), [day, entry.kind, ...lines].join("\n"));
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
    for (const name of ["ledger.journal", "ledger.beancount"]) await this.journal(name, ledger);
    await this.grants(ledger);
  }

  async journal(name, ledger) {
    try {
      const { told, asserted } = readJournal(await this.source.text(`data/${name}`));
      this.check.counted += told.size;
      for (const number of new Set([...told.keys(), ...this.told.keys()])) {
        if (told.get(number) !== this.told.get(number)) this.check.fail(`${name}: entry ${number} is not the log's`);
      }
      const due = new Map([...ledger.balances].map(([account, yen]) => [journalAccount(account), yen]));
      const equal = due.size === asserted.size && [...due].every(([key, yen]) => asserted.get(key) === yen);
      if (!equal) this.check.fail(`${name}: the asserted balances are not the log's`);
    } catch (error) {
      this.check.fail(`${name}: ${error.message}`);
    }
  }

  async grants(ledger) {
    try {
      const { grants } = JSON.parse(await this.source.text("data/360giving.json"));
      const told = new Map(grants.map((grant) => [grant.id.split("-").slice(-2).join("-"),
        [grant.amountAwarded, grant.amountDisbursed, grant.awardDate, grant.currency].join()]));
      const due = new Map([...ledger.awards].filter(([, a]) => a.facts.group).map(([number, a]) =>
        [number, [a.facts.ceiling || 0, a.disbursed, a.facts.on, "JPY"].join()]));
      this.check.counted += told.size;
      for (const number of new Set([...told.keys(), ...due.keys()])) {
        if (told.get(number) !== due.get(number)) this.check.fail(`360giving.json: ${number} is not the log's`);
      }
    } catch (error) {
      this.check.fail(`360giving.json: ${error.message}`);
    }
  }
}

const HEAD_LINE = /^(\d{4}-\d\d-\d\d) \* (?:\((\d+)\) (\S+)|"([^"]+)" "(\d+)")$/;
const POSTING_LINE = /^ +(\S+  -?\d+ JPY)$/;
const BALANCE_LINE = /^(?:\d{4}-\d\d-\d\d balance (\S+)  (-?\d+) JPY| +(\S+)  0 JPY = (-?\d+) JPY)$/;
const OTHER_LINE = /^(?:|;.*|decimal-mark \.|commodity 1000\. JPY|account \S+|option "[^"]+" "[^"]*"|\d{4}-\d\d-\d\d open \S+ JPY|\d{4}-\d\d-\d\d \* balances)$/;

function readJournal(text) {
  const told = new Map(), asserted = new Map();
  let number = null;
  for (const line of text.split("\n")) {
    let found;
    if ((found = HEAD_LINE.exec(line))) {
      number = found[2] || found[5];
      if (told.has(number)) throw new Error(`entry ${number} twice`);
      told.set(number, `${found[1]}\n${found[3] || found[4]}`);
    } else if ((found = POSTING_LINE.exec(line))) told.set(number, `${told.get(number)}\n${found[1]}`);
    else if ((found = BALANCE_LINE.exec(line))) asserted.set(found[1] || found[3], Number(found[2] || found[4]));
    else if (!OTHER_LINE.test(line)) throw new Error(`unexpected line ${line.slice(0, 80)}`);
  }
  return { told, asserted };
}
