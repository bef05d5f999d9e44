"""What the two pages of a run show, read from its own frozen files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import Connection

from fund.allocation.queries import RunView
from fund.grants import queries as grants
from fund.kernel.money import Yen, format_yen
from fund.platform.web.charts import Segment, proportion_bar
from fund.platform.web.context import locale
from fund.registry import queries as registry

PAGE = 25


@dataclass(frozen=True)
class AwardRow:
    """An award in a run: what it asked, what it gets, and why no more (a reason's code)."""

    no: str
    title: str
    group_no: str
    asked: Yen
    gets: Yen
    code: str

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


def run_words() -> dict[str, str]:
    """What the states of a run are called."""
    return {"drafted": _("承認待ち"), "approved": _("承認済み"), "discarded": _("取り下げ")}


def award_codes() -> dict[str, str]:
    """Why an award gets what it gets."""
    return {
        "full": _("求めた額まで届きました"),
        "short": _("使えるお金がここまででした"),
        "cancelled_minimum": _("必要な最低額に届かず、今回は見送りました"),
        "closed": _("すでに上限まで決まっています"),
    }


def idle_codes() -> dict[str, str]:
    """Why yen of a lot stay in the fund."""
    return {
        "all_full": _("希望に合う助成は、どれもいっぱいです"),
        "no_grant": _("希望に合う助成が、いまありません"),
        "no_active_level": _("いまの日に有効な希望がありません"),
        "carry": _("希望の期限が過ぎ、次に持ち越します"),
        "return": _("希望の期限が過ぎ、返すことができます"),
    }


def run_page(connection: Connection, run: RunView, after: int) -> dict[str, Any]:
    """The values of a run's page; ``after`` continues its long tables behind that row."""
    plan, problem = run.plan_document, run.problem_document
    lots = _lots(plan, problem)
    ledger = plan["ledger"]
    more = max(len(ledger), len(lots)) > after + PAGE
    return {
        "run": run,
        "plan": plan,
        "awards": _awards(connection, plan, problem),
        "ranks": plan["rank_yen"],
        "undesignated": plan["undesignated_yen"],
        "picture": _picture(plan),
        "ledger_rows": ledger[after : after + PAGE],
        "ledger_count": len(ledger),
        "lots": lots[after : after + PAGE],
        "lots_count": len(lots),
        "rest": sum(lot.rest for lot in lots),
        "after": after,
        "following": after + PAGE if more else None,
        "preceding": max(after - PAGE, 0) if after else None,
        "shortage": shortage_sentence(plan["shortage_set"]),
        "run_words": run_words(),
        "award_codes": award_codes(),
        "idle_codes": idle_codes(),
        "names": registry.names(connection),
        "gifts": len({row["donation"].split("/")[0] for row in ledger}),
    }


def _awards(
    connection: Connection, plan: Mapping[str, Any], problem: Mapping[str, Any]
) -> list[AwardRow]:
    before = _sums(problem.get("previous", []), "grant")
    titles = {award.no: award.title for award in grants.awards(connection, historical=False)}
    return [
        AwardRow(
            no=grant["id"],
            title=titles.get(grant["id"], grant["id"]),
            group_no=grant["group"],
            asked=Yen(grant["approved_max"] - before[grant["id"]]),
            gets=Yen(plan["grants"].get(grant["id"], 0)),
            code=plan["reasons"]["grants"][grant["id"]]["code"],
        )
        for grant in problem["grants"]
    ]


def _lots(plan: Mapping[str, Any], problem: Mapping[str, Any]) -> list[LotRow]:
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
    return proportion_bar(_("希望の順位ごとの金額"), parts, ident="by-rank", words=_yen)


def shortage_sentence(shortage: Mapping[str, Any]) -> str | None:
    """The certificate of a shortage in one plain sentence, if money was short."""
    if not shortage["grants"]:
        return None
    sentence: str = _(
        "%(awards)sは、あわせて%(asked)sを求めていました。そこに使ってよいお金は全部で%(money)sで、"
        "その全額をそこに使いました。",
        awards=("・" if locale() == "ja" else ", ").join(shortage["grants"]),
        asked=_yen(shortage["requested_yen"]),
        money=_yen(shortage["permitted_yen"]),
    )
    return sentence


def _yen(amount: int) -> str:
    return f"¥{amount:,}" if locale() == "en" else format_yen(amount)
