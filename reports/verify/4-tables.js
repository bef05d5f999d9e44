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
    let wanted = csvCell(cells[0]);
    for (let i = 1; i < cells.length; i++) wanted += `,${csvCell(cells[i])}`;
    wanted += "\n";
    if (this.broken) return;
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

  end(balances) {
    if (this.broken) return;
    const [begin, end] = this.at < 0 ? [this.text.length, this.text.length] : [this.begin, this.at];
    const asserted = readFrame(this.text.slice(0, begin) + this.text.slice(end));
    const due = new Map([...balances].map(([account, yen]) => [journalAccount(account), yen]));
    const equal = due.size === asserted.size && [...due].every(([key, yen]) => asserted.get(key) === yen);
    if (!equal) this.check.fail(`${this.name}: the asserted balances are not the log's`);
  }
}

class Tables {
  static async open(source, check) {
    const tables = new Tables();
    tables.source = source; tables.check = check; tables.rows = {}; tables.journals = [];
    for (const name of ["entries", "postings", "gifts", "allocations", "awards", "balances"]) {
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
      try { journal.end(ledger.balances); } catch (error) { this.check.fail(`${journal.name}: ${error.message}`); }
    }
    await this.grants(ledger);
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

const BALANCE_LINE = /^(?:\d{4}-\d\d-\d\d balance (\S+)  (-?\d+) JPY| +(\S+)  0 JPY = (-?\d+) JPY)$/;
const OTHER_LINE = /^(?:|;.*|decimal-mark \.|commodity 1000\. JPY|account \S+|option "[^"]+" "[^"]*"|\d{4}-\d\d-\d\d open \S+ JPY|\d{4}-\d\d-\d\d \* balances)$/;

// The balances that a journal's head and tail assert; any other line is a lie.
function readFrame(text) {
  const asserted = new Map();
  for (const line of text.split("\n")) {
    const found = BALANCE_LINE.exec(line);
    if (found) asserted.set(found[1] || found[3], Number(found[2] || found[4]));
    else if (!OTHER_LINE.test(line)) throw new Error(`unexpected line ${line.slice(0, 80)}`);
  }
  return asserted;
}
