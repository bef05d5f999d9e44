"""Drawing documents as the house sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from fund.kernel.canonical import Json


class DocumentPress(Protocol):
    """Turns frozen content into a PDF by a layout of ``reports/``."""

    def draw(self, layout: str, content: Mapping[str, Json]) -> bytes:
        """The PDF's bytes; nothing outside ``reports/`` is fetched while drawing."""
