"""Sentences with places: a translated template, and what stands in it, as HTML or plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, TypeAlias

import flask_babel
from markupsafe import Markup, escape


class Say(Protocol):
    """A message in one language, its places filled."""

    def __call__(self, message: str, **values: object) -> str:
        """The words."""


def gettext(message: str, **values: object) -> str:
    """The message in the page's language, typed; import it as ``_``."""
    return spoken()(message, **values)


def spoken() -> Say:
    """``gettext`` in the language of the page as it is now.

    Which language that is takes longer to find out than the words: whoever says hundreds of them
    asks once and calls what comes back ``_``.
    """
    look_up = flask_babel.get_translations().ugettext

    def say(message: str, **values: object) -> str:
        words = str(look_up(message))
        return words % values if values else words

    return say


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
        return Markup(_html(self))  # noqa: S704 - every piece of it is escaped

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


def _html(piece: Piece) -> str:
    """Escaped text, as a plain string: Markup would look at each value again."""
    if isinstance(piece, Phrase):
        values = {name: _html(value) for name, value in piece.values.items()}
        return _escaped(piece.template) % values
    if isinstance(piece, Link):
        return f'<a href="{escape(piece.href)}">{escape(piece.text)}</a>'
    return str(escape(piece))


@lru_cache(maxsize=1024)
def _escaped(template: str) -> str:
    """There are few templates; what stands in them is not kept."""
    return str(escape(template))


def _plain(piece: Piece) -> str:
    if isinstance(piece, Phrase):
        return piece.plain()
    return piece.text if isinstance(piece, Link) else piece
