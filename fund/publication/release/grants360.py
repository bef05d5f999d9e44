"""The awards in the 360Giving data standard (schema 1.4), readable by its tools as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fund.publication.release.rows import Award

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


@dataclass(frozen=True)
class Publisher:
    """Who publishes: id prefix, names, and the address of the grants' pages."""

    prefix: str
    name: str
    fund_name: str
    base_url: str


def grants(awards: Mapping[str, Award], names: Mapping[str, str], by: Publisher) -> dict[str, Any]:
    """The file's content; amounts are whole yen, awards without a known group are left out."""
    listed = [
        _grant(no, award, names[award.decided["group"]], by)
        for no, award in sorted(awards.items())
        if award.decided.get("group") in names
    ]
    return {"license": LICENCE, "publisher": {"name": by.name}, "grants": listed}


def _grant(no: str, award: Award, group_name: str, by: Publisher) -> dict[str, Any]:
    decided = award.decided
    return {
        "id": f"360G-{by.prefix}-{no}",
        "title": decided.get("title") or no,
        "description": decided.get("title") or no,
        "currency": "JPY",
        "amountAwarded": decided.get("ceiling", 0),
        "amountDisbursed": award.disbursed,
        "awardDate": decided["on"],
        "recipientOrganization": [
            {"id": f"360G-{by.prefix}-group-{decided['group']}", "name": group_name}
        ],
        "fundingOrganization": [{"id": f"360G-{by.prefix}", "name": f"{by.name} {by.fund_name}"}],
        "grantProgramme": [
            {"code": code, "title": code}
            for code in (decided.get("programme"), decided.get("theme"))
            if code
        ],
        "dataSource": f"{by.base_url}/grants/{no}",
        "dateModified": f"{decided['on']}T00:00:00Z",
    }
