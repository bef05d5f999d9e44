"""What giving asks of the outside: where a postcode lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Town:
    """One place that a postcode stands for; ``name`` is empty where the code names a city only."""

    prefecture: str
    city: str
    name: str

    @property
    def line(self) -> str:
        """The place as the first line of an address begins."""
        return self.prefecture + self.city + self.name


class Postcodes(Protocol):
    """The post's directory of postcodes."""

    def towns(self, code: str) -> tuple[Town, ...]:
        """Every place of a seven-digit code, in the directory's order; empty for none."""
