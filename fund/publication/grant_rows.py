"""Awards as rows for the list, its files and its filter, with the register's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.grants import queries as grants
from fund.grants.queries import AwardFilter, AwardSums, AwardView, Word
from fund.kernel.canonical import Json
from fund.platform.web.context import locale
from fund.platform.web.twins import Column
from fund.publication.dictionary.fields import Field, cell
from fund.publication.dictionary.pages import GRANTS
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
    """Every award of the filter behind its ``after``, newest first."""
    naming = _Naming(connection)
    found = grants.awards_found(connection, naming.asked(wanted), wanted.after, None)
    return [naming.row(award) for award in found]


def grant_page(
    connection: Connection, wanted: GrantsView, group_no: str | None = None
) -> tuple[list[GrantRow], str | None]:
    """The page of the filter behind its ``after``, and where the next one begins."""
    naming = _Naming(connection)
    asked = naming.asked(wanted, group_no)
    found = grants.awards_found(connection, asked, wanted.after, wanted.limit + 1)
    shown = [naming.row(award) for award in found[: wanted.limit]]
    return shown, shown[-1].award.no if len(found) > wanted.limit else None


def grant_sums(connection: Connection, wanted: GrantsView) -> AwardSums:
    """What all awards of the filter add up to, wherever its page begins."""
    return grants.award_sums(connection, _Naming(connection).asked(wanted))


def grant_row(connection: Connection, no: str) -> GrantRow | None:
    """One award by its number."""
    award = grants.award(connection, no)
    return _Naming(connection).row(award) if award else None


class _Naming:
    def __init__(self, connection: Connection) -> None:
        self._names = registry.names(connection)
        self._programmes = dict(programme_choices(connection))

    def asked(self, wanted: GrantsView, group_no: str | None = None) -> AwardFilter:
        """The filter, each word with the groups and programmes it may be the name of."""
        words = tuple(self._word(word) for word in wanted.words)
        return AwardFilter(wanted.fy, wanted.programme, wanted.field, group_no, words)

    def _word(self, word: str) -> Word:
        groups = (no for no in self._names.groups if word in folded(self._group(no)))
        programmes = (code for code, name in self._programmes.items() if word in folded(name))
        return Word(word, frozenset(groups), frozenset(programmes))

    def _group(self, no: str) -> str:
        return self._names.use("group", no, locale())

    def row(self, award: AwardView) -> GrantRow:
        """The award with its names."""
        return GrantRow(
            award,
            self._group(award.group_no),
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


def _column(field: Field) -> Column[GrantRow]:
    return Column(field.name, field.title, lambda row: cell(row_json(row)[field.name]))


COLUMNS: Sequence[Column[GrantRow]] = tuple(map(_column, GRANTS.fields))
