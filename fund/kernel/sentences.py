"""Sentences with values in them that can still be said in another language."""

from __future__ import annotations

from collections.abc import Mapping


class Filled(str):
    """A Japanese sentence with its values filled in, which remembers how it was made.

    ``template`` has ``%(name)s`` places; a page in another language translates it and fills in
    the ``values`` again.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]


def filled(template: str, **values: object) -> Filled:
    """The template with its values."""
    made = Filled(template % values)
    made.template, made.values = template, values
    return made
