"""What the pages of a run show, read from its own frozen files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import Connection

from fund.allocation.domain.comparison import fidelity
from fund.allocation.queries import RunView
from fund.allocation.views.certificates import Named, shortage_sentence, surplus_sentence
from fund.allocation.views.flow import flow_picture, streams, without_wish
from fund.allocation.views.wording import (
    award_codes,
    idle_codes,
    percent,
    rank_word,
    role_words,
    run_words,
    yen_words,
)
from fund.grants import queries as grants
from fund.kernel.money import Yen
from fund.platform.web.charts import Segment, proportion_bar
from fund.registry import queries as registry

PAGE = 25


@dataclass(frozen=True)
class AwardRow:
    """An award in a run: what it asked, what it gets, and why no more (a reason's code).

    ``ranks`` is the designated yen it gets, by rank from the first; ``free`` those without a wish.
    """

    no: str
    title: str
    group_no: str
    asked: Yen
    gets: Yen
    code: str
    ranks: tuple[int, ...]
    free: int

    @property
    def short(self) -> Yen:
        """Yen it asked for and does not get in this run."""
        return self.asked - self.gets


@dataclass(frozen=True)
class LotRow:
    """A lot in a run: yen free before it, used by it, and why the rest stays (a code or none)."""

    share_id: str
    free: Yen
    used: Yen
    idle: str | None

    @property
    def rest(self) -> Yen:
        """Yen that stay in the fund."""
        return self.free - self.used


def award_titles(connection: Connection) -> dict[str, str]:
    """The titles of all awards that money can go to, by number."""
    return grants.award_titles(connection)


def run_page(
    connection: Connection, run: RunView, after: int, hrefs: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The values of a run's page; ``after`` continues its long tables behind that row.

    ``hrefs`` are the pages of awards, for the picture.
    """
    plan, problem = run.plan_document, run.problem_document
    lots, ledger = lot_rows(plan, problem), plan["ledger"]
    names, titles = registry.names(connection), award_titles(connection)
    awards = award_rows(plan, problem, titles)
    named = Named(titles, names)
    drawn = flow_picture(streams(problem, plan), titles, names, hrefs or {})
    more = max(len(ledger), len(lots)) > after + PAGE
    return {
        "run": run,
        "plan": plan,
        "awards": awards,
        "ranks": plan["rank_yen"],
        "undesignated": plan["undesignated_yen"],
        "fidelity": None if fidelity(plan) is None else percent(fidelity(plan)),
        "designated": sum(plan["rank_yen"]),
        "picture": _picture(plan),
        "flow": drawn.picture,
        "flow_rows": drawn.rows,
        "ledger_rows": ledger[after : after + PAGE],
        "ledger_count": len(ledger),
        "lots": lots[after : after + PAGE],
        "lots_count": len(lots),
        "rest": sum(lot.rest for lot in lots),
        "idle": _idle(lots),
        "displaced": displaced(awards),
        "overrides": problem.get("fixed", []),
        "roles": role_words(),
        "after": after,
        "following": after + PAGE if more else None,
        "preceding": max(after - PAGE, 0) if after else None,
        "shortage": shortage_sentence(problem, plan, named),
        "surplus": surplus_sentence(run, named),
        "run_words": run_words(),
        "award_codes": award_codes(),
        "idle_codes": idle_codes(),
        "names": names,
        "titles": titles,
        "rank_word": rank_word,
        "gifts": len({row["donation"].split("/")[0] for row in ledger}),
    }


def award_rows(
    plan: Mapping[str, Any], problem: Mapping[str, Any], titles: Mapping[str, str]
) -> list[AwardRow]:
    """Every award of a run by its number."""
    before = _sums(problem.get("previous", []), "grant")
    undesignated = without_wish(problem)
    depth = len(plan["rank_yen"])
    ranks: dict[str, list[int]] = {grant["id"]: [0] * depth for grant in problem["grants"]}
    for row in plan["ledger"]:
        if row["donation"] not in undesignated:
            ranks[row["grant"]][row["rank"] - 1] += row["amount"]
    return [
        AwardRow(
            no=grant["id"],
            title=titles.get(grant["id"], grant["id"]),
            group_no=grant["group"],
            asked=Yen(grant["approved_max"] - before[grant["id"]]),
            gets=Yen(plan["grants"].get(grant["id"], 0)),
            code=plan["reasons"]["grants"][grant["id"]]["code"],
            ranks=tuple(ranks[grant["id"]]),
            free=plan["grants"].get(grant["id"], 0) - sum(ranks[grant["id"]]),
        )
        for grant in problem["grants"]
    ]


def displaced(awards: Sequence[AwardRow]) -> tuple[int, int] | None:
    """How many awards got money both for their wish and without one, and how many yen without.

    Those yen would go elsewhere if more money had been given for these awards (crowding out).
    """
    both = [award for award in awards if award.free and award.ranks and award.ranks[0]]
    return (len(both), sum(award.free for award in both)) if both else None


def lot_rows(plan: Mapping[str, Any], problem: Mapping[str, Any]) -> list[LotRow]:
    """Lots that had yen free, those with yen left over first: they are what people ask about."""
    before = _sums(problem.get("previous", []), "donation")
    reasons = plan["reasons"]["donations"]
    rows = [
        LotRow(
            share_id=gift["id"],
            free=Yen(gift["amount"] - gift.get("refunded", 0) - before[gift["id"]]),
            used=Yen(plan["spent"].get(gift["id"], 0)),
            idle=reasons[gift["id"]].get("idle"),
        )
        for gift in problem["donations"]
    ]
    free = [row for row in rows if row.free]
    return sorted(free, key=lambda row: (row.rest == 0, row.share_id))


def _idle(lots: Sequence[LotRow]) -> list[tuple[str, int, int]]:
    """What waits, by its reason: (code, lots, yen), the largest first."""
    many: Counter[str] = Counter()
    yen: Counter[str] = Counter()
    for lot in lots:
        if lot.rest:
            many[lot.idle or "all_full"] += 1
            yen[lot.idle or "all_full"] += lot.rest
    return [(code, many[code], amount) for code, amount in yen.most_common()]


def _sums(rows: Sequence[Mapping[str, Any]], key: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        found[row[key]] += row["amount"]
    return found


def _picture(plan: Mapping[str, Any]) -> Markup:
    """How far wishes were met, as one bar; ranks beyond the fourth share a tone."""
    parts = [
        Segment(_("第%(n)s希望", n=rank), yen, min(rank, 4))
        for rank, yen in enumerate(plan["rank_yen"], start=1)
        if yen
    ]
    if plan["undesignated_yen"]:
        parts.append(Segment(_("おまかせ"), plan["undesignated_yen"], 0))
    return proportion_bar(_("希望の順位ごとの金額"), parts, ident="by-rank", words=yen_words)


def file_response(body: bytes, kind: str, name: str) -> Response:
    """Bytes as a download."""
    response = Response(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
