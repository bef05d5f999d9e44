"""The figures at a glance for machines: the page's twin and the API say the same."""

from __future__ import annotations

import datetime as dt

from fund.kernel.calendar import fiscal_year_bounds
from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.publication.figures import Figures
from fund.publication.queries import Period
from fund.publication.wording import ledger_url


def glance_content(shown: Figures, as_of: dt.datetime) -> dict[str, Json]:
    """Amounts in yen, each word with its part of the ledger."""
    drawn = shown.flow
    return {
        "as_of": as_of.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "fy": shown.fy,
        "before": int(shown.words.before),
        "words": {word.name: int(word.yen) for word in shown.words.words()},
        "ledger": {word.name: ledger_url(word.arguments) for word in shown.words.words()},
        "periods": [
            {
                "from": period.first_day.isoformat(),
                "to": _last_day(shown, period).isoformat(),
                "in": int(period.came_in),
                "out": int(period.out),
            }
            for period in shown.periods
        ],
        "fields": [{"field": use.code, "allocated": int(use.yen)} for use in shown.uses],
        "fidelity": {
            "designated": _known(shown.fidelity.designated),
            "first_wish": _known(shown.fidelity.first_wish),
            "undesignated": _known(shown.fidelity.undesignated),
            "allocated": [{"fit": fit, "yen": int(yen)} for fit, yen in shown.fidelity.fits],
            "redirected": [
                {"reason": reason, "count": many, "yen": int(yen)}
                for reason, many, yen in shown.fidelity.redirected
            ],
        },
        "unspent_by_year": [
            {"fy": years[0], "last_fy": years[-1], "yen": int(yen)} for years, yen in shown.ages
        ],
        "months_to_allocation": {
            "median": shown.waits.middle,
            "longest": shown.waits.longest,
            "quarter": shown.waits.quarter,
            "three_quarters": shown.waits.three_quarters,
        },
        "fees": {
            "charged": int(shown.fees.charged),
            "reimbursed": int(shown.fees.reimbursed),
            "taken_from_gifts": 0,
        },
        "flows": [
            {"step": step, "from": source, "to": target, "yen": yen}
            for step, flows in enumerate(
                (drawn.sources, drawn.wishes, drawn.ends) if drawn else (), 1
            )
            for (source, target), yen in sorted(flows.items())
        ],
        "smallest_cell": shown.smallest,
        "withheld": sorted(shown.withheld),
    }


def _known(yen: Yen | None) -> int | None:
    return None if yen is None else int(yen)


def _last_day(shown: Figures, period: Period) -> dt.date:
    if shown.fy is None:
        return fiscal_year_bounds(period.first_day.year)[1]
    first = period.last or period.first_day
    return (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
