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

function formFault(entry, no) {
  if (entry === null || typeof entry !== "object" || entry.v !== 1 || entry.no !== no) {
    return "version or number";
  }
  if (!KINDS.has(entry.kind)) return `unknown kind ${entry.kind}`;
  if (!Number.isInteger(entry.fy) || !/^\d{4}-\d\d(-\d\d)?$/.test(entry.on)) return "fiscal year or day";
  const fine = (one) => one && Object.keys(one).length === 2 && Number.isSafeInteger(one.yen)
    && one.yen !== 0 && /^(assets|held|fund|committed):[A-Za-z0-9:-]+$/.test(one.account);
  if (!Array.isArray(entry.postings) || !entry.postings.every(fine)) return "postings";
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
  }

  take(no, body) {
    const check = this.findings[4];
    check.counted++;
    let entry;
    try {
      const text = strictText.decode(body);
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
    return entry;
  }

  move(entry) {
    const check = this.findings[5];
    let off = 0;
    const touched = new Set();
    for (const { account, yen } of entry.postings) {
      check.counted++;
      off += yen;
      this.balances.set(account, (this.balances.get(account) || 0) + yen);
      if (guarded(account)) { touched.add(account); this.findings[6].counted++; }
    }
    if (off) check.fail(`${entry.no}: off by ${off}`);
    const nothing = entry.kind.startsWith("payments.") && !entry.postings.length;
    if (!GOVERNANCE.has(entry.kind) && entry.postings.length < 2 && !nothing) {
      check.fail(`${entry.no}: ${entry.postings.length} posting(s)`);
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
    else if (entry.kind === "allocation.approved") this.runs.add(entry.run);
    else if (entry.kind === "log.key") this.keys.push(entry.vkey);
    else if (entry.kind === "period.closed") this.closed(entry);
    this.giveBack(entry);
    if (COUNTED.has(entry.kind)) this.acts.set(entry.no, entry);
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
  }

  newShare(entry, name, share) {
    this.findings[7].counted++;
    if (this.shares.has(name) || !(share.open > 0)) {
      this.findings[7].fail(`${entry.no}: ${name} cannot enter the fund`);
    }
    this.shares.set(name, share);
  }

  takeFrom(entry, name, yen) {
    const share = this.shares.get(name);
    if (!share) { this.findings[7].fail(`${entry.no}: ${name} is unknown`); return null; }
    share.open -= yen;
    if (!(share.open >= 0)) this.findings[7].fail(`${entry.no}: ${name} gives more than it has`);
    return share;
  }

  line(entry) {
    const share = this.takeFrom(entry, entry.share, entry.yen), award = this.awards.get(entry.award);
    if (!this.runs.has(entry.run)) this.findings[8].fail(`${entry.no}: ${entry.run} was not approved before`);
    if (!award) this.findings[8].fail(`${entry.no}: ${entry.award} was not decided before`);
    else if (share && !(permits(share, entry) && names(entry.use, entry.award, award.facts))) {
      this.findings[7].fail(`${entry.no}: the wish of ${entry.share} does not permit ${entry.award}`);
    }
  }

  redirected(entry) {
    const old = this.takeFrom(entry, entry.share, entry.yen);
    const gains = entry.postings.filter((p) => p.yen < 0);
    if (!old || gains.length !== 1 || !entry.reason) {
      this.findings[7].fail(`${entry.no}: a redirection needs a share, a pot and a reason`);
      return;
    }
    this.newShare(entry, entry.into, { pot: gains[0].account, open: entry.yen, ...entry.wish });
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
      this.awards.set(entry.award,
        { facts: entry, allocated: 0, disbursed: 0, spent: null, returned: 0 });
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
