"""Awards that a reader's filter finds: a page of them by key, and what all of them add up to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text, true

from fund.grants import models
from fund.grants.queries.awards import AwardView, read_awards
from fund.kernel.money import Yen
from fund.ledger.queries import paid_out


@dataclass(frozen=True)
class Word:
    """A word to be found in an award's number or title, or in one of these names.

    ``folded`` is NFKC and lower case; ``groups`` and ``programmes`` are those in whose names it
    stands.
    """

    folded: str
    groups: frozenset[str] = frozenset()
    programmes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AwardFilter:
    """What a reader asked for; None or empty means no restriction.

    ``programme`` is a programme or a theme; every word has to be found.
    """

    fy: int | None = None
    programme: str | None = None
    field: str | None = None
    group_no: str | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class AwardSums:
    """Of all awards found: yen decided and paid, and how many there are from before the ledger."""

    decided: Yen
    paid: Yen
    past: int


def awards_found(
    connection: Connection, wanted: AwardFilter, after: str | None, limit: int | None
) -> list[AwardView]:
    """Up to ``limit`` awards behind the number ``after``, newest first."""
    award = models.award.c
    found = _found(wanted)
    if after is not None:
        found = and_(found, award.no < after)
    return read_awards(connection, found, limit)


def award_sums(connection: Connection, wanted: AwardFilter) -> AwardSums:
    """The sums of everything the filter finds, added up by the database."""
    award, found = models.award.c, _found(wanted)
    row = connection.execute(
        select(
            func.coalesce(func.sum(award.yen), 0).label("decided"),
            func.count().filter(award.historical).label("past"),
        ).where(found)
    ).one()
    paid = paid_out(connection, select(award.no).where(found, ~award.historical))
    return AwardSums(Yen(int(row.decided)), paid, int(row.past))


def _found(wanted: AwardFilter) -> ColumnElement[bool]:
    award = models.award.c
    tests: list[ColumnElement[bool]] = [_word(word) for word in wanted.words]
    if wanted.fy is not None:
        tests.append(award.fy == wanted.fy)
    if wanted.programme is not None:
        tests.append(
            or_(award.programme_code == wanted.programme, award.theme_code == wanted.programme)
        )
    if wanted.field is not None:
        tests.append(award.fields.contains([wanted.field]))
    if wanted.group_no is not None:
        tests.append(award.group_no == wanted.group_no)
    return and_(true(), *tests)


def _word(word: Word) -> ColumnElement[bool]:
    award = models.award.c
    spelled = func.lower(func.normalize(award.no + " " + award.title, text("NFKC")))
    return or_(
        spelled.contains(word.folded, autoescape=True),
        award.group_no.in_(word.groups),
        award.programme_code.in_(word.programmes),
        award.theme_code.in_(word.programmes),
    )
