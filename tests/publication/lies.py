"""Chosen lies about the log, told by somebody who holds the fund's own key."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from forging import Files, Forger, spell

from fund.publication.ports import Signer


class Liar:
    """Entries as objects; ``release`` writes every file so that it fits them."""

    def __init__(self, files: Files, signer: Signer) -> None:
        self.forger = Forger(files)
        self.entries = [json.loads(entry) for entry in self.forger.entries]
        self.files = self.forger.files
        self.signer = signer

    def first(self, kind: str, *, at: int = 0) -> dict[str, Any]:
        return [entry for entry in self.entries if entry["kind"] == kind][at]

    def release(self) -> Files:
        self.forger.entries = [spell(entry)[:-1] for entry in self.entries]
        return self.forger.rebuild(self.signer)


Lie = Callable[[Liar], None]


def _swap_pots(liar: Liar) -> None:
    """Two lines take each other's pots: every final balance stays."""
    lines = [entry for entry in liar.entries if entry["kind"] == "allocation.line"]
    pots = [next(p for p in line["postings"] if p["account"].startswith("fund:")) for line in lines]
    a = pots[0]
    b = next(pot for pot in pots if pot["account"] != a["account"])
    yen = min(a["yen"], b["yen"])
    for one, other, line in ((a, b, lines[pots.index(a)]), (b, a, lines[pots.index(b)])):
        line["postings"].append({"account": other["account"], "yen": yen})
        one["yen"] -= yen
    for line in lines:
        line["postings"] = [p for p in line["postings"] if p["yen"]]


def _other_wish(liar: Liar) -> None:
    for entry in liar.entries:
        for share in entry.get("shares", ()):
            if share["kind"] == "group":
                share["target"] = "0001" if share["target"] != "0001" else "0002"
                return


def _line_against_wish(liar: Liar) -> None:
    """The line names a use its award offers, but not the one the donor wished."""
    for line in liar.entries:
        if line["kind"] == "allocation.line" and line["use"].startswith("group:"):
            line["use"] = "any"
            return


def _pay_another_award(liar: Liar) -> None:
    line = liar.first("allocation.line")
    other = next(
        entry["award"]
        for entry in liar.entries
        if entry["kind"] == "award.decided" and entry["award"] != line["award"]
    )
    for posting in line["postings"]:
        if posting["account"].startswith("committed:"):
            posting["account"] = f"committed:{other}"


def _steal_into_another_pot(liar: Liar) -> None:
    """A gift's yen enter the general pot and leave it again for another's line."""
    gifts = (entry for entry in liar.entries if entry["kind"] == "donation.received")
    moved = next(  # accepted gifts stand in any order, and one may be the general pot's already
        posting
        for gift in gifts
        for posting in gift["postings"]
        if posting["account"].startswith("fund:") and posting["account"] != "fund:general"
    )
    moved["account"] = "fund:general"


def _decide_twice(liar: Liar) -> None:
    decided = copy.deepcopy(liar.first("award.decided")) | {"ceiling": 9_999_999}
    liar.entries.append(decided | {"no": len(liar.entries) + 1})


def _approve_twice(liar: Liar) -> None:
    approved = copy.deepcopy(liar.first("allocation.approved"))
    liar.entries.append(approved | {"no": len(liar.entries) + 1})


def _same_gift_again(liar: Liar) -> None:
    again = copy.deepcopy(liar.first("donation.received"))
    for share in again["shares"]:
        share["share"] = share["share"].replace("/", "/9")
    liar.entries.append(again | {"no": len(liar.entries) + 1, "commitment": "1" * 64})


def _same_commitment(liar: Liar) -> None:
    liar.first("donation.received", at=1)["commitment"] = liar.first("donation.received")[
        "commitment"
    ]


def _gap(liar: Liar) -> None:
    for entry in liar.entries[5:]:
        entry["no"] += 1


def _day_of_a_gift(liar: Liar) -> None:
    liar.first("donation.received")["on"] += "-12"


def _month_of_a_decision(liar: Liar) -> None:
    entry = liar.first("award.decided")
    entry["on"] = entry["on"][:7]


def _no_such_day(liar: Liar) -> None:
    liar.first("award.decided")["on"] = "2024-02-31"


def _other_year(liar: Liar) -> None:
    liar.first("disbursement.paid")["fy"] += 1


def _huge(liar: Liar) -> None:
    for posting in liar.first("disbursement.paid")["postings"]:
        posting["yen"] *= 2**53


def _pay_less_than_told(liar: Liar) -> None:
    liar.first("disbursement.paid")["yen"] -= 1


def _provider_pays_a_group(liar: Liar) -> None:
    for posting in liar.first("disbursement.paid")["postings"]:
        if posting["account"] == "assets:bank":
            posting["account"] = "assets:fund-deposit"


def _money_in_governance(liar: Liar) -> None:
    liar.first("award.decided")["postings"] = [
        {"account": "assets:bank", "yen": 5},
        {"account": "assets:fund-deposit", "yen": -5},
    ]


def _line_of_another_gift(liar: Liar) -> None:
    line = liar.first("allocation.line")
    line["gift"] = next(
        e["gift"]
        for e in liar.entries
        if e["kind"] == "donation.received" and e["gift"] != line["gift"]
    )


def _ceiling_no_number(liar: Liar) -> None:
    liar.first("award.decided")["ceiling"] = "many"


def _fields_no_list(liar: Liar) -> None:
    liar.first("award.decided")["fields"] = 5


def _award_no_text(liar: Liar) -> None:
    liar.first("award.decided")["award"] = ["A2026-0001"]


def _run_leads_elsewhere(liar: Liar) -> None:
    liar.first("allocation.approved")["run"] = "../../etc"


def _total_of_a_run(liar: Liar) -> None:
    liar.first("allocation.approved")["total"] += 1


def _closed_over_other_balances(liar: Liar) -> None:
    liar.first("period.closed")["sha256"] = "0" * 64


def _dated_into_a_closed_year(liar: Liar) -> None:
    """The closing still fits every entry before it; what comes after is dated back."""
    closed = liar.first("period.closed")
    later = liar.entries[closed["no"] :]
    late = next(entry for entry in later if entry["kind"] == "award.decided")
    late.update(fy=closed["fy"], on=closed["on"])


def _closed_on_another_day(liar: Liar) -> None:
    closed = liar.first("period.closed")
    closed["on"] = f"{closed['fy'] + 1}-03-30"


def _closed_twice(liar: Liar) -> None:
    liar.entries.append({**liar.first("period.closed", at=-1), "no": len(liar.entries) + 1})


def _closed_nobody_knows_when(liar: Liar) -> None:
    del liar.first("period.closed")["closed_on"]


CLOSINGS: list[tuple[Lie, set[int]]] = [
    (_closed_over_other_balances, {11}),
    (_dated_into_a_closed_year, {11}),
    (_closed_on_another_day, {11}),
    (_closed_twice, {11}),
    (_closed_nobody_knows_when, {4}),
]
"""Lies that need books with a closed year."""
LIES: list[tuple[Lie, set[int]]] = [
    (_swap_pots, {7}),
    (_other_wish, {7, 9}),
    (_line_against_wish, {7, 9}),
    (_pay_another_award, {8}),
    (_steal_into_another_pot, {7}),
    (_decide_twice, {8}),
    (_approve_twice, {9}),
    (_same_gift_again, {7}),
    (_same_commitment, {7}),
    (_gap, {4}),
    (_day_of_a_gift, {4}),
    (_month_of_a_decision, {4}),
    (_no_such_day, {4}),
    (_other_year, {4}),
    (_huge, {4}),
    (_pay_less_than_told, {5}),
    (_provider_pays_a_group, {4}),
    (_money_in_governance, {5}),
    (_line_of_another_gift, {7}),
    (_ceiling_no_number, {4}),
    (_fields_no_list, {4}),
    (_award_no_text, {4}),
    (_run_leads_elsewhere, {4}),
    (_total_of_a_run, {9}),
]
