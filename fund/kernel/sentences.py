"""Sentences with values in them that can still be said in another language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from fund.kernel.calendar import format_day
from fund.kernel.canonical import Json
from fund.kernel.money import Yen, format_yen


class Filled(str):
    """A Japanese sentence with its values filled in, which remembers how it was made.

    ``template`` has ``%(name)s`` places; a page in another language translates it and fills in
    the ``values`` again: yen and days as that language writes them, sentences translated.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        """Itself: a refusal's text, ``str(error)``, still remembers how it was made."""
        return self


def filled(template: str, **values: object) -> Filled:
    """The template with its values: text, whole numbers, ``Yen``, days or other sentences."""
    made = Filled(template % {name: _in_japanese(value) for name, value in values.items()})
    made.template, made.values = template, values
    return made


def said_in(text: Filled, template: str, value: Callable[[object], object]) -> str:
    """The sentence by the ``template`` of another language, each value through ``value``."""
    return template % {name: value(one) for name, one in text.values.items()}


def packed(text: str) -> Json:
    """A sentence as JSON that can be kept; a plain one stays plain text."""
    if not isinstance(text, Filled):
        return text
    return {"template": text.template, "values": {k: _packed(v) for k, v in text.values.items()}}


def unpacked(kept: Json) -> str:
    """The sentence that ``packed`` kept."""
    if not isinstance(kept, dict) or not isinstance(kept["values"], dict):
        return str(kept)
    return filled(str(kept["template"]), **{k: _unpacked(v) for k, v in kept["values"].items()})


def _in_japanese(value: object) -> object:
    if isinstance(value, Yen):
        return format_yen(value)
    return format_day(value) if isinstance(value, dt.date) else value


def _packed(value: object) -> Json:
    if isinstance(value, Yen):
        return {"yen": int(value)}
    if isinstance(value, dt.date):
        return {"day": value.isoformat()}
    return value if isinstance(value, int) else packed(str(value))


def _unpacked(kept: Json) -> object:
    if not isinstance(kept, dict):
        return kept
    if "yen" in kept:
        return Yen(int(str(kept["yen"])))
    return dt.date.fromisoformat(str(kept["day"])) if "day" in kept else unpacked(kept)
