"""Awards, groups and the ledger as schema.org knows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from fund.grants.queries import AwardView
from fund.platform.web.context import current_house, locale
from fund.platform.web.linked import Thing, dataset, municipality, own, page_thing, same, thing, yen
from fund.publication.grant_rows import GrantRow
from fund.publication.phrases import gettext as _
from fund.registry.queries import Group

MEDIA = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "atom": "application/atom+xml",
}


def grant(row: GrantRow) -> Thing:
    """An award: how much, from whom, under which programme, for whom."""
    award = row.award
    return page_thing(
        "MonetaryGrant",
        {
            "@id": same(f"/grants/{award.no}"),
            "identifier": award.no,
            "name": award.title,
            "description": award.summary,
            "url": own(f"/grants/{award.no}"),
            "amount": None if award.yen is None else yen(award.yen),
            "funder": municipality(),
            "sponsor": thing("FundingScheme", {"name": row.programme}),
            "fundedItem": thing(
                "Organization",
                {
                    "@id": same(f"/groups/{award.group_no}"),
                    "name": row.group,
                    "url": own(f"/groups/{award.group_no}"),
                },
            ),
        },
    )


def group(found: Group, awards: Sequence[AwardView]) -> Thing:
    """A group of the register and the awards it received."""
    english = locale() == "en"
    return page_thing(
        "Organization",
        {
            "@id": same(f"/groups/{found.no}"),
            "identifier": found.no,
            "name": found.name,
            "alternateName": [name for name in (found.name_en, found.kana) if name],
            "description": (found.purpose_en if english else "") or found.purpose_ja,
            "taxID": found.corporate_no,
            "url": own(f"/groups/{found.no}"),
            "sameAs": found.website,
            "funding": [
                thing(
                    "MonetaryGrant",
                    {
                        "@id": same(f"/grants/{award.no}"),
                        "identifier": award.no,
                        "name": award.title,
                        "amount": None if award.yen is None else yen(award.yen),
                    },
                )
                for award in awards
            ],
        },
    )


def ledger(page: str, twins: Mapping[str, str], changed: dt.datetime) -> Thing:
    """The ledger, or the part of it that a filter shows, with the files of the same rows."""
    base = current_house().settings.base_url
    return dataset(
        _("%(name)sの公開台帳", name=_fund()),
        _(
            "基金に入ったお金と出たお金のすべての記帳です。寄附は月だけを示し、個人の情報はありません。"
        ),
        base + page,
        [(MEDIA[form], base + path) for form, path in twins.items()],
        **_moment(changed),
    )


def whole_ledger(changed: dt.datetime | None) -> Thing:
    """The release: the whole ledger as a folder of plain files."""
    base = current_house().settings.base_url
    files = (
        ("application/json", "data/datapackage.json"),
        ("text/csv", "data/entries.csv"),
        ("text/csv", "data/postings.csv"),
        ("text/csv", "data/awards.csv"),
        ("application/json", "data/360giving.json"),
        ("text/plain", "data/ledger.journal"),
        ("text/plain", "data/ledger.beancount"),
    )
    told = _moment(changed) if changed else {}
    return dataset(
        _("%(name)sの公開台帳（全部）", name=_fund()),
        _("署名した台帳の全部を、表・仕訳帳・助成の標準形式のファイルにまとめたものです。"),
        own("/data"),
        [(form, f"{base}/release/{path}") for form, path in files],
        **told,
    )


def _moment(changed: dt.datetime) -> dict[str, str]:
    return {"dateModified": changed.astimezone(dt.UTC).isoformat(timespec="seconds")}


def _fund() -> str:
    ours = current_house().settings.municipality
    return ours.fund_name_en if locale() == "en" else ours.fund_name
