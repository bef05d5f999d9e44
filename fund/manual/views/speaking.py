"""What the pages of the manual say of editions, in the language and with the names of here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from fund.kernel.calendar import day_in_japan
from fund.manual.domain import Edition, Parameter
from fund.manual.queries import EditionHead
from fund.manual.words import ClauseWords, Speaker, names_of
from fund.platform.web.context import current_house, locale, now


@dataclass(frozen=True)
class ChapterView:
    """A chapter with its clauses in words; ``number`` counts from 1."""

    number: int
    title: str
    clauses: tuple[ClauseWords, ...]


@dataclass(frozen=True)
class Standing:
    """Whether an edition is in force today, as a word and the tone of its chip."""

    word: str
    tone: str
    mark: str


def today() -> dt.date:
    """The day of the request in Japan."""
    return day_in_japan(now())


def speaker(parameters: Mapping[str, Parameter]) -> Speaker:
    """Speaks this page's language with the installation's names."""
    ours = current_house().settings.municipality
    return Speaker(locale(), names_of(ours, locale()), parameters)


def chapters(edition: Edition) -> list[ChapterView]:
    """An edition in words, chapter by chapter."""
    says = speaker(edition.parameters)
    return [
        ChapterView(
            number=number,
            title=says.pick(chapter.title_ja, chapter.title_en),
            clauses=tuple(says.clause(clause) for clause in chapter.clauses),
        )
        for number, chapter in enumerate(edition.chapters, start=1)
    ]


def clauses(edition: Edition) -> list[ClauseWords]:
    """Every clause of an edition in words."""
    return [clause for chapter in chapters(edition) for clause in chapter.clauses]


def standing(edition: EditionHead, editions: list[EditionHead]) -> Standing:
    """How an edition stands today among all editions (the newest first)."""
    begun = [one for one in editions if one.effective_on <= today()]
    if begun and begun[0].code == edition.code:
        return Standing(_("いま使っている版"), "success", "●")
    if edition.effective_on > today():
        return Standing(_("これから使う版"), "info", "◇")
    return Standing(_("前に使っていた版"), "neutral", "○")
