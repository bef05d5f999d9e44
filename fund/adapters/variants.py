"""Which font draws a kanji variant: a name written 葛 with a variation selector is not 葛 without.

A font that lacks a sequence of a kanji and its selector draws the plain kanji and says nothing.
IPAexGothic knows common variants, IPAmjMincho those of the family registers; a sequence goes to
the one that has it. Where neither has it, the plain kanji stands, as Unicode wants.
"""

from __future__ import annotations

import functools
import re
import subprocess

import structlog
from markupsafe import Markup, escape

log = structlog.get_logger("fund.press")

FIRST, REGISTER = "IPAexGothic", "IPAmjMincho"
_SEQUENCE = re.compile("(.)([\ufe00-\ufe0f\U000e0100-\U000e01ef])")


def written(text: str) -> Markup:
    """A name or an address for a page, each variant marked with the font that has it."""
    parts, end = [], 0
    for found in _SEQUENCE.finditer(text):
        if not _needs_register(found[1], found[2]):
            continue
        parts += [escape(text[end : found.start()]), _MARKED.format(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


_MARKED = Markup('<span class="variant">{}</span>')


def _needs_register(kanji: str, selector: str) -> bool:
    wanted = (ord(selector), ord(kanji))
    return wanted not in _sequences(FIRST) and wanted in _sequences(REGISTER)


@functools.cache
def _sequences(family: str) -> frozenset[tuple[int, int]]:
    """(selector, kanji) of every sequence that an installed font draws; empty without the font."""
    file = _file_of(family)
    if file is None:
        return frozenset()
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - only who draws documents needs it

    with TTFont(file, lazy=True) as font:
        return frozenset(
            (selector, kanji)
            for table in font["cmap"].tables
            if table.format == 14
            for selector, pairs in table.uvsDict.items()
            for kanji, _glyph in pairs
        )


def _file_of(family: str) -> str | None:
    """Where a family is installed; none without it (fontconfig then names another one)."""
    answer = _fontconfig("fc-match", "--format=%{family}\n%{file}", family)
    if answer is None:
        return None
    names, _, file = answer.partition("\n")
    if family not in names:
        log.warning("a font is missing", family=family)
        return None
    return file


def _fontconfig(*words: str) -> str | None:
    try:
        return subprocess.run(  # noqa: S603 - names of our own
            words, capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("fontconfig does not answer", error=type(error).__name__)
        return None
