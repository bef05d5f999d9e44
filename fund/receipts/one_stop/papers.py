"""What the papers of the exception say: the application form and the change form, as plain values.

Both are drawn without the My Number: its boxes are empty, and the donor fills them in by hand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from fund.giving.queries import DonorView, GiftView
from fund.kernel.calendar import format_era, format_short_day, tax_year
from fund.kernel.canonical import Json
from fund.platform.settings import Municipality

APPLICATION, CHANGE = "application", "change"
FACTS = ("name", "kana", "postal_code", "address", "phone")


def facts_of(donor: DonorView) -> dict[str, Json]:
    """The facts of a donor as the paper bears them."""
    return {
        "name": donor.name_on_receipt,
        "kana": donor.kana,
        "postal_code": donor.postal_code,
        "address": list(donor.address_lines),
        "phone": donor.phone,
    }


def changed_facts(facts: Mapping[str, Any] | None, donor: DonorView) -> tuple[str, ...]:
    """Which facts that the notice names differ from the paper; the telephone is not among them."""
    if facts is None:
        return ()
    now = facts_of(donor)
    return tuple(name for name in FACTS if name != "phone" and facts[name] != now[name])


def paper(
    gift: GiftView,
    donor: DonorView,
    *,
    born_on: dt.date | None,
    until: dt.date,
    issuer: Municipality,
    before: Mapping[str, Any] | None = None,
) -> Mapping[str, Json]:
    """The content of an application; of a change where ``before`` says what it said first.

    Raises:
        ValueError: for a gift that no money has come for.
    """
    if gift.received_on is None:
        raise ValueError(f"{gift.no} was not received")
    year = tax_year(gift.received_on)
    now = facts_of(donor)
    return {
        "v": 1,
        "kind": CHANGE if before is not None else APPLICATION,
        "gift": gift.no,
        "sample": gift.sample,
        "year": year,
        "year_ja": format_era(dt.date(year, 12, 31)).partition("年")[0] + "年",
        "received_on_ja": format_era(gift.received_on),
        "yen": int(gift.net_yen),
        "until_ja": f"{format_era(until)}{format_short_day(until)[-3:]}",
        "born_on_ja": format_era(born_on) if born_on else "",
        **now,
        "changes": _changes(before, now) if before is not None else [],
        "issuer": {
            "municipality": issuer.name,
            "head": issuer.head,
            "department": issuer.department,
            "address": issuer.address,
            "phone": issuer.phone,
            "mail": issuer.mail,
        },
    }


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Json]:
    """Rows (label, as it was, as it is) of everything that is another now."""
    labels = {"name": "氏名", "kana": "フリガナ", "postal_code": "郵便番号", "address": "住所"}

    def said(facts: Mapping[str, Any], name: str) -> str:
        value = facts[name]
        if name == "postal_code" and len(value) == 7:
            return f"{value[:3]}-{value[3:]}"
        return (
            "　".join(value)
            if isinstance(value, Sequence) and not isinstance(value, str)
            else value
        )

    return [
        [label, said(before, name), said(now, name)]
        for name, label in labels.items()
        if before[name] != now[name]
    ]
