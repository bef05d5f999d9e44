"""Awards as rows for the list, its files and its filter, with the register's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.grants import queries as grants
from fund.grants.queries import AwardView
from fund.kernel.canonical import Json
from fund.platform.web.context import locale
from fund.platform.web.twins import Column
from fund.publication.domain.measures import folded
from fund.publication.forms import GrantsView
from fund.publication.phrases import gettext as _
from fund.registry import queries as registry


@dataclass(frozen=True)
class GrantRow:
    """An award with the names of its group, programme and fields in the page's language."""

    award: AwardView
    group: str
    programme: str
    theme: str | None
    fields: tuple[str, ...]


def grant_rows(connection: Connection, wanted: GrantsView) -> list[GrantRow]:
    """Every award of the filter, newest first (the place in it is not looked at)."""
    naming = _Naming(connection)
    rows = [naming.row(award) for award in grants.awards(connection, fy=wanted.fy)]
    return [row for row in rows if _matches(row, wanted)]


def grant_row(connection: Connection, no: str) -> GrantRow | None:
    """One award by its number."""
    award = grants.award(connection, no)
    return _Naming(connection).row(award) if award else None


def _matches(row: GrantRow, wanted: GrantsView) -> bool:
    award = row.award
    if wanted.programme and wanted.programme not in {award.programme_code, award.theme_code}:
        return False
    if wanted.field and wanted.field not in award.fields:
        return False
    words = folded(" ".join((award.no, award.title, row.group, row.programme, row.theme or "")))
    return all(word in words for word in wanted.words)


class _Naming:
    def __init__(self, connection: Connection) -> None:
        self._names = registry.names(connection)
        self._programmes = dict(programme_choices(connection))

    def row(self, award: AwardView) -> GrantRow:
        """The award with its names."""
        return GrantRow(
            award,
            self._names.use("group", award.group_no, locale()),
            self._programmes.get(award.programme_code, award.programme_code),
            self._programmes.get(award.theme_code, award.theme_code) if award.theme_code else None,
            tuple(self._names.use("field", code, locale()) for code in award.fields),
        )


def programme_choices(connection: Connection) -> list[tuple[str, str]]:
    """Codes and names of every programme and theme."""
    english = locale() == "en"
    return [
        (programme.code, programme.name_en if english else programme.name_ja)
        for programme in registry.programmes(connection)
    ]


def state_word(award: AwardView) -> tuple[str, str]:
    """What stage an award is in: the word and its tone."""
    if award.historical:
        return _("台帳の前の助成"), "neutral"
    if award.state == "cancelled":
        return _("取り消し"), "warning"
    if award.state == "settled":
        return _("精算済み"), "success"
    if award.disbursed:
        return _("交付中") if award.free or award.asked else _("交付済み"), "info"
    return (_("割り当て済み"), "info") if award.allocated else (_("決定"), "warning")


def row_json(row: GrantRow) -> dict[str, Json]:
    """One award for machines; amounts in yen, null where the source names none."""
    award = row.award
    return {
        "no": award.no,
        "fy": award.fy,
        "state": award.state,
        "group": award.group_no,
        "group_name": row.group,
        "programme": award.programme_code,
        "theme": award.theme_code,
        "fields": list(award.fields),
        "title": award.title,
        "ceiling": None if award.yen is None else int(award.yen),
        "allocated": int(award.allocated),
        "disbursed": int(award.disbursed),
        "spent": int(award.spent),
        "returned": int(award.returned),
        "decided_on": award.decided_on.isoformat() if award.decided_on else None,
        "clause": award.clause,
        "historical": award.historical,
        "source_url": award.source_url,
        "sample": award.sample,
    }


def _of(name: str, title: str) -> Column[GrantRow]:
    def value(row: GrantRow) -> str | int | None:
        found = row_json(row)[name]
        if isinstance(found, list | tuple):
            return " ".join(str(part) for part in found)
        if isinstance(found, bool):
            return "true" if found else "false"
        return found if isinstance(found, str | int) else None

    return Column(name, title, value)


COLUMNS: Sequence[Column[GrantRow]] = tuple(
    _of(name, title)
    for name, title in (
        ("no", "番号"),
        ("fy", "年度"),
        ("state", "状態"),
        ("group", "団体番号"),
        ("group_name", "団体"),
        ("programme", "助成の種類"),
        ("theme", "テーマ"),
        ("fields", "分野"),
        ("title", "事業"),
        ("ceiling", "決定額"),
        ("allocated", "あてた額"),
        ("disbursed", "渡した額"),
        ("spent", "使われた額"),
        ("returned", "もどった額"),
        ("decided_on", "決定の日"),
        ("clause", "もとの条"),
        ("historical", "台帳の前"),
        ("source_url", "出典"),
        ("sample", "見本"),
    )
)
