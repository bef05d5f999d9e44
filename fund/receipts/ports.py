"""Drawing documents as the house sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fund.kernel.canonical import Json


class DocumentPress(Protocol):
    """Turns frozen content into a PDF by a layout of ``reports/``."""

    def draw(self, layout: str, content: Mapping[str, Json]) -> bytes:
        """The PDF's bytes; nothing outside ``reports/`` is fetched while drawing."""

    def draw_together(self, layout: str, contents: Sequence[Mapping[str, Json]]) -> bytes:
        """One PDF of several documents of a layout, one after the other, to be printed at once."""
