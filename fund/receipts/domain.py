"""What a receipt says: plain values, frozen when its number is taken, redrawn the same for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from fund.kernel.calendar import format_era, tax_year
from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.platform.settings import Municipality


@dataclass(frozen=True)
class ReceiptFacts:
    """The facts of one accepted gift that its receipt proves."""

    no: str
    gift_no: str
    yen: Yen
    received_on: dt.date
    issued_on: dt.date
    name: str
    address: tuple[str, ...]
    postal_code: str
    organisation: bool
    sample: bool
    replaces: str = ""
    """The number of the voided receipt that this one corrects."""
    check_url: str = ""
    """Where anybody who holds the receipt can check it: printed, and in its QR code."""


def payload(facts: ReceiptFacts, issuer: Municipality) -> Mapping[str, Json]:
    """The content of a receipt as plain values; the layout gets nothing else.

    The tax year follows the day the money was received, not the day of issue. The gift to a
    local government rests on the Income Tax Act (所得税法) art. 78 for persons and the
    Corporation Tax Act (法人税法) art. 37 for corporations. No date of birth, no My Number.
    """
    basis = (
        "法人税法第37条第3項第1号に規定する地方公共団体に対する寄附金"
        if facts.organisation
        else "所得税法第78条第2項第1号に規定する地方公共団体に対する寄附金"
    )
    corrects: Mapping[str, Json] = {"replaces": facts.replaces} if facts.replaces else {}
    checked: Mapping[str, Json] = {"check_url": facts.check_url} if facts.check_url else {}
    return {
        **corrects,
        **checked,
        "v": 1,
        "no": facts.no,
        "gift": facts.gift_no,
        "yen": int(facts.yen),
        "received_on": facts.received_on.isoformat(),
        "received_on_ja": format_era(facts.received_on),
        "tax_year": tax_year(facts.received_on),
        "issued_on": facts.issued_on.isoformat(),
        "issued_on_ja": format_era(facts.issued_on),
        "name": facts.name,
        "postal_code": facts.postal_code,
        "address": list(facts.address),
        "organisation": facts.organisation,
        "basis": basis,
        "sample": facts.sample,
        "issuer": {
            "municipality": issuer.name,
            "head": issuer.head,
            "fund": issuer.fund_name,
            "department": issuer.department,
            "address": issuer.address,
            "phone": issuer.phone,
            "corporate_no": issuer.corporate_no,
        },
    }
