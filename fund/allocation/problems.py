"""The problem of a run, frozen from the books in its public form (``alloc-case/1``).

Lots are named by their public share ids, the day of receipt is cut to what the rule looks at
(the fiscal year, as the manual stands), and nothing of a person is in it: anyone can compute
the run again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from fund.allocation import store_reversals as reversals
from fund.allocation.domain import Problem, problem_from
from fund.allocation.domain.wishes import preference_of
from fund.allocation.models import allocation_line
from fund.giving import queries as giving
from fund.grants import queries as grants
from fund.grants.queries import OpenAward
from fund.kernel.calendar import fiscal_year, fiscal_year_bounds
from fund.kernel.canonical import Json
from fund.ledger import queries as ledger
from fund.ledger.queries import Lot
from fund.manual.queries import Rules

Document = dict[str, Any]
_ANYWHERE: Mapping[str, Json] = {"levels": [{"uses": ["any"]}]}
SHOWN = 3


def freeze_problem(connection: Connection, day: dt.date, rules: Rules) -> Problem:
    """Everything the rule may look at on ``day``: open lots, open awards, earlier lines, policy.

    Lots of a gift whose payment is disputed wait until the card company has decided.

    Earlier lines of awards that are still open stand in ``previous``, so that fill ratios go
    on where they were; the donation's amount counts them in, as the format defines. What a lot
    gave to awards that are closed by now is history and left out: it decides nothing any more.
    """
    awards = grants.open_for_allocation(connection)
    before = _earlier_lines(connection, [award.no for award in awards])
    money: dict[str, int] = defaultdict(int)
    for (share, _), yen in before.items():
        money[share] += yen
    disputed = giving.disputed_gifts(connection)
    for lot in ledger.open_lots(connection):
        if lot.gift_no not in disputed:
            money[lot.share_id] += int(lot.open_yen)
    lots = ledger.lots_by_share(connection, money)
    vintage = rules.text("allocation.vintage")
    return problem_from(
        {
            "format": "alloc-case/1",
            "run_date": day.isoformat(),
            "policy": _policy(rules),
            "donations": [_donation(lots[share], yen, vintage) for share, yen in money.items()],
            "grants": [_grant(award) for award in awards],
            "previous": [
                {"donation": share, "grant": award, "amount": yen}
                for (share, award), yen in before.items()
            ],
        }
    )


def freeze_holes(connection: Connection, day: dt.date, rules: Rules) -> Problem:
    """The problem of a reinstatement run: all free money, and the holes the ward stands in for.

    A hole is an award of its own, with the same group, fields and programme, as large as the
    yen that went back to donors after the group had been paid, and without a minimum: the
    pre-run of ``chargeback.reinstate``.
    """
    holes = reversals.holes(connection)
    disputed = giving.disputed_gifts(connection)
    money: dict[str, int] = defaultdict(int)
    for lot in ledger.open_lots(connection):
        if lot.gift_no not in disputed:
            money[lot.share_id] += int(lot.open_yen)
    lots = ledger.lots_by_share(connection, money)
    vintage = rules.text("allocation.vintage")
    return problem_from(
        {
            "format": "alloc-case/1",
            "run_date": day.isoformat(),
            "policy": _policy(rules),
            "donations": [_donation(lots[share], yen, vintage) for share, yen in money.items()],
            "grants": [
                {**_grant(award), "approved_max": holes[award.no], "min_viable": 0}
                for award in grants.awards_named(connection, holes)
            ],
        }
    )


def _policy(rules: Rules) -> Document:
    return {
        "order": rules.text("allocation.order"),
        "spend_order": rules.text("allocation.spend_order").split(","),
        "vintage": rules.text("allocation.vintage"),
        "within": rules.text("allocation.within"),
    }


def _donation(lot: Lot, yen: int, vintage: str) -> Document:
    # Only a gift carries a wish; interest and the opening balance may go anywhere.
    wish = lot.wish if lot.origin == "gift" else _ANYWHERE
    levels: Any = wish["levels"]
    return {
        "id": lot.share_id,
        "amount": yen,
        "received": _coarse(lot.received_on, vintage).isoformat(),
        "levels": [
            {key: value for key, value in level.items() if value is not None} for level in levels
        ],
        "on_exhausted": wish.get("on_exhausted") or "carry",
    }


def _coarse(day: dt.date, vintage: str) -> dt.date:
    """The first day of the period that counts as one age: nobody learns when a gift came."""
    if vintage == "day":
        return day
    if vintage == "month":
        return day.replace(day=1)
    return fiscal_year_bounds(fiscal_year(day))[0]


def _grant(award: OpenAward) -> Document:
    return {
        "id": award.no,
        "group": award.group_no,
        "fields": sorted(award.fields),
        "programme": award.programme,
        "approved_max": int(award.yen),
        "min_viable": int(award.min_yen),
        "tier": award.tier,
        "score": award.score,
        "weight": 1,
    }


def _earlier_lines(connection: Connection, award_nos: list[str]) -> dict[tuple[str, str], int]:
    """Yen given before, by (share, award); an award that is open has returned nothing yet.

    What was taken back of an award that was not paid is gone. Where the group keeps the money
    of a donor who got it back, the line stands in the name of that gift until other money has
    filled the hole: the award has its yen, whoever bears them.
    """
    given: dict[tuple[str, str], int] = defaultdict(int)
    lines = connection.execute(
        select(
            allocation_line.c.share_id,
            allocation_line.c.award_no,
            func.sum(allocation_line.c.yen),
        )
        .where(allocation_line.c.award_no == func.any(award_nos))
        .group_by(allocation_line.c.share_id, allocation_line.c.award_no)
    )
    for share, award, yen in lines:
        given[share, award] += int(yen)
    for share, award, yen in reversals.gone(connection, award_nos):
        given[share, award] -= yen
    return {key: yen for key, yen in given.items() if yen}


def what_changed(frozen: bytes, problem: Problem, today: dt.date) -> list[str]:
    """In words, how the books of ``today`` differ from those a run was drafted on; empty if not.

    ``problem`` is today's problem with the run's own date: a level that opened or expired since
    is found by comparing what each wish permits on both days.
    """
    said = []
    if problem.canonical != frozen:
        before, after = json.loads(frozen), json.loads(problem.canonical)
        for key, noun in (("donations", "寄附"), ("grants", "助成")):
            said += _differences(noun, before[key], after[key])
        if before.get("previous") != after.get("previous"):
            said.append("ほかの配分が先に承認されました")
        if before["policy"] != after["policy"]:
            said.append("手引きの配分のきまりが変わりました")
    moved = [
        gift.id
        for gift in problem.donations
        if preference_of(gift, problem.run_date) != preference_of(gift, today)
    ]
    if moved:
        said.append(f"希望の期限が変わった寄附：{_named(moved)}")
    return said


def _differences(noun: str, before: list[Document], after: list[Document]) -> list[str]:
    old, new = ({item["id"]: item for item in items} for items in (before, after))
    found = (
        (f"加わった{noun}", sorted(new.keys() - old.keys())),
        (f"なくなった{noun}", sorted(old.keys() - new.keys())),
        (f"内容が変わった{noun}", [key for key in old.keys() & new.keys() if old[key] != new[key]]),
    )
    return [f"{words}：{_named(ids)}" for words, ids in found if ids]


def _named(ids: list[str]) -> str:
    shown = "、".join(sorted(ids)[:SHOWN])
    return f"{len(ids)}件（{shown}{' ほか' if len(ids) > SHOWN else ''}）"
