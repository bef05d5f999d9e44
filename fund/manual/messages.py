"""What rooms above learn about the manual."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.platform.house import Message


@dataclass(frozen=True)
class EditionPublished(Message):
    """An edition was published; ``sha256`` (hex) is that of its canonical content."""

    code: str
    effective_on: dt.date
    sha256: str
