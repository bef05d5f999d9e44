"""Sentences with places: a translated template, and what stands in it, as HTML or plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import flask_babel
from babel.support import Translations
from flask import g
from markupsafe import Markup, escape


def gettext(message: str, **values: object) -> str:
    """The message in the page's language, typed; import it as ``_``."""
    words = str(_catalogue().ugettext(message))
    return words % values if values else words


def _catalogue() -> Translations:
    """The page's catalogue; a page of the ledger asks for words hundreds of times."""
    spoken = flask_babel.get_locale()
    kept: tuple[object, Translations] | None = g.get("fund_catalogue")
    if kept is None or kept[0] is not spoken:
        kept = (spoken, flask_babel.get_translations())
        g.fund_catalogue = kept
    return kept[1]


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere."""

    text: str
    href: str


Piece: TypeAlias = "str | Link | Phrase"


@dataclass(frozen=True)
class Phrase:
    """A template with ``%(name)s`` places and what stands in them."""

    template: str
    values: Mapping[str, Piece] = field(default_factory=dict)

    def html(self) -> Markup:
        """The sentence with its links; every value is escaped."""
        # Plain strings, for everything is escaped by now: Markup would look at each value again.
        values = {name: str(_html(piece)) for name, piece in self.values.items()}
        return Markup(str(escape(self.template)) % values)  # noqa: S704

    def plain(self) -> str:
        """The sentence without links, for files."""
        return self.template % {name: _plain(piece) for name, piece in self.values.items()}


def joined(pieces: Sequence[Piece], comma: str) -> Phrase:
    """Several pieces with the language's list comma between them."""
    places = {f"p{number}": piece for number, piece in enumerate(pieces)}
    return Phrase(escape_percent(comma).join(f"%({name})s" for name in places), places)


def escape_percent(words: str) -> str:
    """Words that are a template without places."""
    return words.replace("%", "%%")


def _html(piece: Piece) -> Markup:
    if isinstance(piece, Phrase):
        return piece.html()
    if isinstance(piece, Link):
        return Markup(f'<a href="{escape(piece.href)}">{escape(piece.text)}</a>')  # noqa: S704
    return escape(piece)


def _plain(piece: Piece) -> str:
    if isinstance(piece, Phrase):
        return piece.plain()
    return piece.text if isinstance(piece, Link) else piece
