"""The problem of a run, frozen from the books in its public form (``alloc-case/1``).

Lots are named by their public share ids, the day of receipt is cut to what the rule looks at
(the fiscal year, as the manual stands), and nothing of a person is in it: anyone can compute
the run again.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from fund.allocation import store_reversals as reversals
from fund.allocation.domain import Problem, problem_from
from fund.allocation.domain.whatif import Split
from fund.allocation.models import allocation_line
from fund.giving import queries as giving
from fund.grants import queries as grants
from fund.grants.queries import OpenAward
from fund.kernel.calendar import fiscal_year, fiscal_year_bounds
from fund.kernel.canonical import Json
from fund.ledger import queries as ledger
from fund.ledger.queries import Lot, OpenLot
from fund.manual.queries import Rules

Document = dict[str, Any]
PASSED_ON = ("group", "field", "theme")
_ANYWHERE: Mapping[str, Json] = {"levels": [{"uses": ["any"]}]}


ORDINARY, REINSTATEMENT = "ordinary", "reinstatement"


def freeze(connection: Connection, kind: str, day: dt.date, rules: Rules) -> Problem:
    """The problem of a run of this kind on ``day``, without manual payments."""
    return (freeze_holes if kind == REINSTATEMENT else freeze_problem)(connection, day, rules)


def freeze_problem(connection: Connection, day: dt.date, rules: Rules) -> Problem:
    """Everything the rule may look at on ``day``: open lots, open awards, earlier lines, policy.

    Lots of a gift whose payment is disputed wait until the card company has decided.

    Earlier lines of awards that are still open stand in ``previous``, so that fill ratios go
    on where they were; the donation's amount counts them in, as the format defines. What a lot
    gave to awards that are closed by now is history and left out: it decides nothing any more.
    """
    awards = grants.open_for_allocation(connection)
    before = _earlier_lines(connection, [award.no for award in awards])
    money: defaultdict[str, int] = defaultdict(int)
    for (share, _), yen in before.items():
        money[share] += yen
    lots = _free_lots(connection, money)
    vintage = rules.text("allocation.vintage")
    return problem_from(
        {
            "format": "alloc-case/1",
            "run_date": day.isoformat(),
            "policy": _policy(rules),
            "donations": _donations(lots, money, vintage),
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
    money: defaultdict[str, int] = defaultdict(int)
    lots = _free_lots(connection, money)
    vintage = rules.text("allocation.vintage")
    return problem_from(
        {
            "format": "alloc-case/1",
            "run_date": day.isoformat(),
            "policy": _policy(rules),
            "donations": _donations(lots, money, vintage),
            "grants": [
                {**_grant(award), "approved_max": holes[award.no], "min_viable": 0}
                for award in grants.awards_named(connection, holes)
            ],
        }
    )


def with_fixed(problem: Problem, rows: Sequence[Document]) -> Problem:
    """The problem with these manual payments and no others (``fixed[]`` rows of the format).

    Raises:
        Invalid: for a payment outside the wish, the gift or the award, with its place.
    """
    document = json.loads(problem.canonical)
    document.pop("fixed", None)
    return problem_from({**document, "fixed": list(rows)} if rows else document)


def splits_of(connection: Connection, problem: Problem) -> list[Split]:
    """Which shares of a problem are the two halves of one part of a gift (wish and kept)."""
    present = {gift.id for gift in problem.donations}
    gifts = {share.partition("/")[0] for share in present if share.startswith("G-")}
    found: list[Split] = []
    for shares in giving.shares_of(connection, gifts).values():
        for share, following in zip(shares, [*shares[1:], None], strict=True):
            if share.part == "wish" and share.kind in PASSED_ON and share.id in present:
                kept = following if following is not None and following.part == "kept" else None
                found.append(Split(share.kind, share.id, kept.id if kept else None))
    return found


def received_days(connection: Connection, problem: Problem, vintage: str) -> dict[str, str]:
    """For every lot the day of receipt as a problem of this vintage would state it."""
    lots = ledger.lots_by_share(connection, [gift.id for gift in problem.donations])
    return {share: _coarse(lot.received_on, vintage).isoformat() for share, lot in lots.items()}


def _free_lots(connection: Connection, money: defaultdict[str, int]) -> dict[str, Lot | OpenLot]:
    """Add every lot's free yen to ``money``; all lots that stand in ``money`` then."""
    disputed = giving.disputed_gifts(connection)
    lots: dict[str, Lot | OpenLot] = {}
    for lot in ledger.open_lots(connection):
        if lot.gift_no not in disputed:
            money[lot.share_id] += int(lot.open_yen)
            lots[lot.share_id] = lot
    return lots | ledger.lots_by_share(connection, money.keys() - lots.keys())


def _policy(rules: Rules) -> Document:
    return {
        "order": rules.text("allocation.order"),
        "spend_order": rules.text("allocation.spend_order").split(","),
        "vintage": rules.text("allocation.vintage"),
        "within": rules.text("allocation.within"),
    }


def _donations(
    lots: Mapping[str, Lot | OpenLot], money: Mapping[str, int], vintage: str
) -> list[Document]:
    """The lots as the format says; gifts of one wish share its levels."""
    levels: dict[int, list[Document]] = {}
    received = functools.cache(lambda day: _coarse(day, vintage).isoformat())
    found = []
    for share, yen in money.items():
        lot = lots[share]
        # Only a gift carries a wish; interest and the opening balance may go anywhere.
        wish: Any = lot.wish if lot.origin == "gift" else _ANYWHERE
        if id(wish) not in levels:
            levels[id(wish)] = [
                {key: value for key, value in level.items() if value is not None}
                for level in wish["levels"]
            ]
        found.append(
            {
                "id": share,
                "amount": yen,
                "received": received(lot.received_on),
                "levels": levels[id(wish)],
                "on_exhausted": wish.get("on_exhausted") or "carry",
            }
        )
    return found


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
