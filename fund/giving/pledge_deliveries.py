"""What the provider is asked for a pledge, between transactions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.giving.commands import pledges
from fund.platform.house import Delivery, House


def carry_pledge(house: House, *, now: dt.datetime, pledge_no: str, **_: Any) -> None:
    """Pause, resume or stop at the provider as was asked; repeating this changes nothing."""
    pledges.carry(house, now=now, pledge_no=pledge_no)


DELIVERIES: dict[str, Delivery] = {"giving.carry_pledge": carry_pledge}
