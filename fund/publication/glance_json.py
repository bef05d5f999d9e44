"""The figures at a glance for machines: the page's twin and the API say the same."""

from __future__ import annotations

import datetime as dt

from fund.kernel.canonical import Json
from fund.publication.figures import Figures
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
                "in": int(period.came_in),
                "out": int(period.out),
            }
            for period in shown.periods
        ],
        "fields": [{"field": use.code, "allocated": int(use.yen)} for use in shown.uses],
        "fidelity": {
            "designated": int(shown.fidelity.designated),
            "first_wish": int(shown.fidelity.first_wish),
            "undesignated": int(shown.fidelity.undesignated),
            "redirected": [
                {"reason": reason, "count": many, "yen": int(yen)}
                for reason, many, yen in shown.fidelity.redirected
            ],
        },
        "unspent_by_year": [{"fy": fy, "yen": int(yen)} for fy, yen in shown.ages],
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
    }
