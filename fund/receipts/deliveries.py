"""Drawing receipts ahead of the donor's visit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.platform.house import Delivery, House
from fund.receipts import commands


def draw(house: House, *, now: dt.datetime, gift_no: str, **_: Any) -> None:
    """Draw and keep a receipt's PDF; one that exists stays."""
    commands.document(house, now=now, gift_no=gift_no)


DELIVERIES: dict[str, Delivery] = {"receipts.draw": draw}
