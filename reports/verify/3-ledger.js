"use strict";
// Checks 4 to 8 and 11: one pass over the entries, in the order of the log.

const GOVERNANCE = new Set(["award.decided", "allocation.approved", "settlement.confirmed",
  "manual.edition", "period.closed", "log.key"]);
const KINDS = new Set([...GOVERNANCE, "donation.received", "payments.received",
  "payments.returned", "opening.balance", "clearing.settled", "fee.charged", "fee.reimbursed",
  "donation.refunded", "donation.disputed", "dispute.won", "dispute.lost",
  "designation.redirected", "allocation.line", "disbursement.paid", "grant.returned",
  "award.reduced", "award.cancelled", "fund.deposited", "fund.withdrawn", "interest.earned",
  "payout.arrived", "entry.reversed"]);
// Kinds an award counts: only these must be known again when they are reversed.
const COUNTED = new Set(["disbursement.paid", "settlement.confirmed", "grant.returned"]);
const USES = { group: "group", field: "field", theme: "programme" };
const guarded = (account) =>
  account.startsWith("fund:") || account.startsWith("held:") || account.startsWith("committed:");

// What each kind must say, and which accounts it may move. A capital letter is a list of those.
const MONTH_ONLY = new Set(["donation.received", "payments.received", "payments.returned",
  "donation.refunded", "donation.disputed", "dispute.won", "dispute.lost"]);
const whole = (value) => Number.isSafeInteger(value);
const named = (value) => typeof value === "string" && value !== "";
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const maybe = (form) => (value) => value === undefined || value === null || form(value);
const listOf = (form) => (value) => Array.isArray(value) && value.every(form);
const fields = (forms) => (value) => isObject(value)
  && Object.entries(forms).every(([name, form]) => form(value[name]));
const WISH = { kind: named, target: maybe(named), fallback: maybe(named) };
const PARTS = listOf(fields({ share: named, yen: whole }));
const natural = (value) => whole(value) && value >= 0;
const positive = (value) => whole(value) && value > 0;
const digest = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const runName = (value) => typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(value);
const SUM = { count: positive, yen: natural, batch: maybe(named) };
const REFUND = { gift: named, yen: positive, lots: maybe(PARTS) };
const DISPUTE = { gift: named, yen: positive };
const BACK = { award: named, yen: natural, back: PARTS };
const FACTS = {
  "donation.received": { gift: named, commitment: digest, shares: listOf(fields({ share: named, yen: whole, ...WISH })) },
  "payments.received": SUM, "payments.returned": SUM,
  "opening.balance": { share: named }, "interest.earned": { share: named },
  "donation.refunded": REFUND, "dispute.lost": REFUND, "donation.disputed": DISPUTE, "dispute.won": DISPUTE,
  "entry.reversed": { reverses: positive, lots: maybe(PARTS) },
  "designation.redirected": { gift: named, share: named, into: named, yen: positive, wish: fields(WISH), reason: named },
  "award.decided": { award: named, ceiling: maybe(natural), group: maybe(named), programme: maybe(named),
    theme: maybe(named), fields: maybe(listOf(named)), title: maybe((value) => typeof value === "string") },
  "allocation.approved": { run: runName, problem_sha256: digest, plan_sha256: digest, total: natural },
  "allocation.line": { run: named, gift: maybe(named), share: named, award: named, yen: whole, rank: natural, use: named },
  "disbursement.paid": { award: named, yen: positive },
  "settlement.confirmed": { award: named, spent: natural, returned: natural },
  "grant.returned": BACK, "award.reduced": BACK, "award.cancelled": BACK,
  "manual.edition": { edition: named }, "period.closed": { sha256: digest, closed_on: (value) => typeof value === "string" && value.length === 10 && !Number.isNaN(yearOf(value)) }, "log.key": { vkey: named },
};
const COMMON_FORMS = { reverses: maybe(positive), reason: maybe(named), clauses: maybe(listOf(named)) };
const TO_DONORS = ["fund:", "committed:", "assets:due-from-ward", "assets:clearing:", "assets:bank"];
const TO_POTS = ["fund:", "committed:", "assets:due-from-ward", "assets:bank"];
const TO_BANK = ["assets:bank", "assets:clearing:"], SAVINGS = ["assets:bank", "assets:fund-deposit"];
const FEES = ["assets:due-from-ward", ...TO_BANK];
const ACCOUNTS_OF = {
  "donation.received": ["held:unaccepted", "fund:"], "payments.received": ["assets:", "held:unaccepted"],
  "payments.returned": ["assets:", "held:unaccepted"], "opening.balance": ["assets:", "fund:general"],
  "interest.earned": [...SAVINGS, "fund:general"], "clearing.settled": TO_BANK, "payout.arrived": TO_BANK,
  "fee.charged": FEES, "fee.reimbursed": FEES, "fund.deposited": SAVINGS, "fund.withdrawn": SAVINGS,
  "donation.refunded": TO_DONORS, "dispute.lost": TO_DONORS,
  "donation.disputed": ["assets:clearing:"], "dispute.won": ["assets:clearing:"],
  "designation.redirected": ["fund:"], "allocation.line": ["fund:", "committed:", "assets:due-from-ward"],
  "disbursement.paid": ["committed:", "assets:bank"], "grant.returned": TO_POTS,
  "award.reduced": TO_POTS, "award.cancelled": TO_POTS,
};
// Kinds whose yen are what their postings move.
const SAYS_ITS_YEN = new Set(["payments.received", "donation.refunded", "dispute.lost",
  "donation.disputed", "dispute.won", "designation.redirected", "disbursement.paid",
  "grant.returned", "award.reduced", "award.cancelled"]);

const PERIODS = new Map();

// The fiscal year (April to March) of a day or month of the calendar; NaN for what is neither.
function yearOf(on) {
  let year = PERIODS.get(on);
  if (year === undefined) {
    const found = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(on), day = new Date(`${found && !found[3] ? `${on}-01` : on}T00:00:00Z`);
    const real = found && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(on);
    year = real ? Number(found[1]) - (Number(found[2]) < 4 ? 1 : 0) : NaN;
    PERIODS.set(on, year);
  }
  return year;
}

const NAMED_ACCOUNTS = new Map();

function isAccount(account) {
  let fine = NAMED_ACCOUNTS.get(account);
  if (fine === undefined) {
    fine = typeof account === "string" && /^(assets|held|fund|committed)(:[A-Za-z0-9][A-Za-z0-9-]*)+$/.test(account);
    NAMED_ACCOUNTS.set(account, fine);
  }
  return fine;
}

function formFault(entry, no) {
  if (!isObject(entry) || entry.v !== 1 || entry.no !== no) return "version or number";
  const kind = entry.kind;
  if (!KINDS.has(kind)) return `unknown kind ${kind}`;
  if (!Number.isInteger(entry.fy) || typeof entry.on !== "string") return "fiscal year or day";
  if (yearOf(entry.on) !== entry.fy) return `${entry.on} does not lie in fiscal year ${entry.fy}`;
  if (kind !== "entry.reversed" && MONTH_ONLY.has(kind) !== (entry.on.length === 7)) {
    return `${entry.on} is not what ${kind} may tell of its day`;
  }
  const postings = entry.postings, permitted = ACCOUNTS_OF[kind];
  if (!Array.isArray(postings)) return "postings";
  for (const one of postings) {
    if (!isObject(one) || Object.keys(one).length !== 2 || !whole(one.yen) || one.yen === 0 || !isAccount(one.account)) {
      return "postings";
    }
    if (permitted && !permitted.some((begin) => one.account.startsWith(begin))) return `${kind} does not move ${one.account}`;
  }
  for (const forms of [COMMON_FORMS, FACTS[kind] || {}]) {
    for (const name in forms) if (!forms[name](entry[name])) return `${kind} lacks ${name} in its form`;
  }
  return null;
}

class Ledger {
  constructor(findings) {
    this.findings = findings;
    this.balances = new Map();
    this.shares = new Map();
    this.awards = new Map();
    this.runs = new Set();
    this.keys = [];
    this.acts = new Map();
    this.undone = new Set();
    this.commitments = new Set();
    this.moved = new Map();
    this.years = new Map();
    this.yearEnds = [];
    this.closedYear = 0;
    this.first = this.last = null;
  }

  take(no, text) {
    const check = this.findings[4];
    check.counted++;
    let entry;
    try {
      if (text === null) throw new Error("not UTF-8");
      entry = JSON.parse(text);
      if (!isCanonical(entry, text)) check.fail(`${no}: not canonical`);
    } catch (error) {
      check.fail(`${no}: ${error.message}`);
      return null;
    }
    const fault = formFault(entry, no);
    if (fault) { check.fail(`${no}: ${fault}`); return null; }
    this.move(entry);
    try { this.follow(entry); } catch (error) { check.fail(`${no}: ${error.message}`); }
    this.settle(entry);
    return entry;
  }

  // The postings of an entry moved every pot as its shares say.
  settle(entry) {
    for (const { account, yen } of entry.postings) if (account.startsWith("fund:")) this.shift(account, -yen);
    for (const [pot, yen] of this.moved) {
      if (yen) this.findings[7].fail(`${entry.no}: ${pot} moved by ${yen} less than its shares`);
    }
    this.moved.clear();
    if (!entry.postings.length) return;
    const day = entry.on.length === 10 ? entry.on : `${entry.on}-01`;
    if (this.first === null || day < this.first) this.first = day;
    if (this.last === null || day > this.last) this.last = day;
  }

  shift(pot, yen) { this.moved.set(pot, (this.moved.get(pot) || 0) + yen); }

  move(entry) {
    const check = this.findings[5];
    if (entry.fy <= this.closedYear) this.findings[11].fail(`${entry.no}: fiscal year ${entry.fy} was closed before`);
    let year = this.years.get(entry.fy);
    if (!year) this.years.set(entry.fy, year = new Map());
    let off = 0;
    const touched = new Set();
    for (const { account, yen } of entry.postings) {
      check.counted++;
      off += yen;
      this.balances.set(account, (this.balances.get(account) || 0) + yen);
      year.set(account, (year.get(account) || 0) + yen);
      if (guarded(account)) { touched.add(account); this.findings[6].counted++; }
    }
    if (off) check.fail(`${entry.no}: off by ${off}`);
    const nothing = entry.kind.startsWith("payments.") && !entry.postings.length;
    if (!GOVERNANCE.has(entry.kind) && entry.postings.length < 2 && !nothing) {
      check.fail(`${entry.no}: ${entry.postings.length} posting(s)`);
    }
    if (GOVERNANCE.has(entry.kind) && entry.postings.length) check.fail(`${entry.no}: ${entry.kind} moves no money`);
    if (SAYS_ITS_YEN.has(entry.kind)) {
      const gains = entry.postings.reduce((sum, p) => sum + Math.max(p.yen, 0), 0);
      if (gains !== entry.yen) check.fail(`${entry.no}: ${entry.kind} of ${entry.yen} moves another sum`);
    }
    for (const account of touched) {
      const balance = this.balances.get(account);
      if (balance > 0) this.findings[6].fail(`${entry.no}: ${account} at ${-balance}`);
    }
  }

  follow(entry) {
    const act = entry.kind === "entry.reversed" ? this.undo(entry) : null;
    this.onAwards(act || entry, act ? -1 : 1, entry);
    if (entry.kind === "donation.received") this.received(entry);
    else if (entry.kind === "opening.balance" || entry.kind === "interest.earned") {
      const gain = entry.postings.reduce((sum, p) => sum + (p.account === "fund:general" ? -p.yen : 0), 0);
      this.newShare(entry, entry.share, { pot: "fund:general", open: gain, kind: "anywhere" });
    } else if (entry.kind === "allocation.line") this.line(entry);
    else if (entry.kind === "designation.redirected") this.redirected(entry);
    else if (entry.kind === "allocation.approved") this.approved(entry);
    else if (entry.kind === "log.key") this.keys.push(entry.vkey);
    else if (entry.kind === "period.closed") this.closed(entry);
    this.giveBack(entry);
    if (COUNTED.has(entry.kind)) this.acts.set(entry.no, entry);
  }

  approved(entry) {
    if (this.runs.has(entry.run)) this.findings[8].fail(`${entry.no}: ${entry.run} is approved a second time`);
    this.runs.add(entry.run);
  }

  undo(entry) {
    const before = Number.isInteger(entry.reverses) && entry.reverses > 0 && entry.reverses < entry.no;
    if (!before) this.findings[4].fail(`${entry.no}: reverses ${entry.reverses}, which is not before it`);
    else if (this.undone.has(entry.reverses)) {
      this.findings[4].fail(`${entry.no}: reverses ${entry.reverses} a second time`);
    }
    this.undone.add(entry.reverses);
    return before ? this.acts.get(entry.reverses) || { kind: "" } : null;
  }

  received(entry) {
    let held = 0, given = 0;
    for (const p of entry.postings) if (p.account === "held:unaccepted") held += p.yen;
    for (const share of entry.shares) {
      given += share.yen;
      const pot = share.kind === "anywhere" ? "fund:general" : `fund:${share.kind}:${share.target}`;
      this.newShare(entry, share.share, { pot, open: share.yen, ...share });
      if (!share.share.startsWith(`${entry.gift}/`)) {
        this.findings[7].fail(`${entry.no}: ${share.share} is no share of its gift`);
      }
    }
    if (given !== held) this.findings[7].fail(`${entry.no}: shares of ${given} for a gift of ${held}`);
    if (!entry.shares.length || entry.shares[0].share !== `${entry.gift}/1`) {
      this.findings[7].fail(`${entry.no}: the shares of ${entry.gift} do not begin with 1`);
    }
    if (this.commitments.has(entry.commitment)) this.findings[7].fail(`${entry.no}: another gift has the same commitment`);
    this.commitments.add(entry.commitment);
  }

  newShare(entry, name, share) {
    this.findings[7].counted++;
    if (this.shares.has(name) || !(share.open > 0)) {
      this.findings[7].fail(`${entry.no}: ${name} cannot enter the fund`);
    }
    this.shares.set(name, share);
    this.shift(share.pot, -share.open);
  }

  takeFrom(entry, name, yen) {
    const share = this.shares.get(name);
    if (!share) { this.findings[7].fail(`${entry.no}: ${name} is unknown`); return null; }
    share.open -= yen;
    this.shift(share.pot, yen);
    if (!(share.open >= 0)) this.findings[7].fail(`${entry.no}: ${name} gives more than it has`);
    return share;
  }

  line(entry) {
    const share = this.takeFrom(entry, entry.share, entry.yen), award = this.awards.get(entry.award);
    if (!this.runs.has(entry.run)) this.findings[8].fail(`${entry.no}: ${entry.run} was not approved before`);
    if (!(entry.yen > 0)) this.findings[7].fail(`${entry.no}: a line of ${entry.yen}`);
    if (entry.gift && !entry.share.startsWith(`${entry.gift}/`)) {
      this.findings[7].fail(`${entry.no}: ${entry.share} is no share of ${entry.gift}`);
    }
    const reached = (account) => entry.postings.some((p) => p.account === account && p.yen === -entry.yen);
    if (!reached(`committed:${entry.award}`) && !reached("assets:due-from-ward")) {
      this.findings[8].fail(`${entry.no}: the yen of the line do not reach ${entry.award}`);
    }
    if (!award) this.findings[8].fail(`${entry.no}: ${entry.award} was not decided before`);
    else if (share && !(permits(share, entry) && names(entry.use, entry.award, award.facts))) {
      this.findings[7].fail(`${entry.no}: the wish of ${entry.share} does not permit ${entry.award}`);
    }
  }

  redirected(entry) {
    for (const name of [entry.share, entry.into]) {
      if (!name.startsWith(`${entry.gift}/`)) this.findings[7].fail(`${entry.no}: ${name} is no share of its gift`);
    }
    this.takeFrom(entry, entry.share, entry.yen);
    const wish = entry.wish, pot = wish.kind === "anywhere" ? "fund:general" : `fund:${wish.kind}:${wish.target}`;
    this.newShare(entry, entry.into, { ...wish, pot, open: entry.yen });
  }

  giveBack(entry) {
    if (["donation.refunded", "dispute.lost", "entry.reversed"].includes(entry.kind)) {
      for (const part of entry.lots || []) this.takeFrom(entry, part.share, part.yen);
    } else if (["grant.returned", "award.reduced", "award.cancelled"].includes(entry.kind)) {
      for (const part of entry.back) this.takeFrom(entry, part.share, -part.yen);
    }
  }

  onAwards(act, sign, entry) {
    if (entry.kind === "award.decided") {
      this.findings[8].counted++;
      if (this.awards.has(entry.award)) this.findings[8].fail(`${entry.no}: ${entry.award} is decided a second time`);
      else this.awards.set(entry.award, { facts: entry, allocated: 0, disbursed: 0, spent: null, returned: 0 });
    }
    for (const { account, yen } of entry.postings) {
      if (!account.startsWith("committed:")) continue;
      const award = this.awards.get(account.slice(10));
      if (!award) this.findings[8].fail(`${entry.no}: ${account} was never decided`);
      else if (act.kind === "disbursement.paid") award.disbursed += yen;
      else award.allocated -= yen;
    }
    const named = this.awards.get(act.award);
    if (named && act.kind === "settlement.confirmed") named.spent = (named.spent || 0) + sign * act.spent;
    else if (named && act.kind === "grant.returned") named.returned += sign * act.yen;
  }

  closed(entry) {
    this.findings[11].counted++;
    const trial = Object.fromEntries([...this.balances].filter(([, yen]) => yen));
    if (hex(sha256(utf8.encode(spell(trial)))) !== entry.sha256) {
      this.findings[11].fail(`${entry.no}: the trial balance is another one`);
    }
    if (entry.on !== `${entry.fy + 1}-03-31`) {
      this.findings[11].fail(`${entry.no}: ${entry.on} is not the end of fiscal year ${entry.fy}`);
    }
    this.closedYear = Math.max(this.closedYear, entry.fy);
    const sums = new Map();
    for (const [fy, moved] of this.years) {
      if (fy <= entry.fy) for (const [account, yen] of moved) sums.set(account, (sums.get(account) || 0) + yen);
    }
    this.yearEnds.push([entry.fy, sums]);
  }

  close() {
    let total = 0;
    const pots = new Map();
    for (const [account, yen] of this.balances) {
      total += yen;
      if (account.startsWith("fund:")) pots.set(account, 0);
    }
    if (total) this.findings[5].fail(`all accounts together are off by ${total}`);
    for (const share of this.shares.values()) pots.set(share.pot, (pots.get(share.pot) || 0) + share.open);
    for (const [account, yen] of pots) {
      const holds = -(this.balances.get(account) || 0);
      if (yen !== holds) this.findings[7].fail(`${account} holds ${holds}, its shares ${yen}`);
    }
    for (const [number, award] of this.awards) this.checkAward(number, award);
  }

  checkAward(number, { facts, allocated, disbursed, spent, returned }) {
    const check = this.findings[8];
    if (allocated > (facts.ceiling || 0)) check.fail(`${number}: ${allocated} allocated, ${facts.ceiling} decided`);
    if (disbursed > allocated) check.fail(`${number}: ${disbursed} paid, ${allocated} allocated`);
    if (spent !== null && disbursed !== spent + returned) {
      check.fail(`${number}: ${disbursed} paid, ${spent} spent, ${returned} returned`);
    }
  }
}

function permits(share, line) {
  if (share.kind === "anywhere" || !share.target) return line.use === "any";
  if (line.rank === 1) return line.use === `${USES[share.kind]}:${share.target}`;
  if (share.fallback === "anywhere") return line.use === "any";
  return share.fallback === "field" && line.use.startsWith("field:");
}

function names(use, number, facts) {
  const [kind, code] = use.split(":", 2);
  return use === "any" || (kind === "award" && code === number)
    || (kind === "group" && code === facts.group)
    || (kind === "field" && (facts.fields || []).includes(code))
    || (kind === "programme" && (code === facts.programme || code === facts.theme));
}
