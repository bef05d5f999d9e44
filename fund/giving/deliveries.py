"""Housekeeping of the giving room that nobody waits for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.giving import commands
from fund.kernel.actor import system
from fund.platform.house import Delivery, House


def forget_drafts(house: House, *, now: dt.datetime, **payload: Any) -> None:
    """Delete what was typed into forms that nobody touched for two weeks."""
    del payload
    commands.forget_drafts(house, by=system("giving"), now=now)


DELIVERIES: dict[str, Delivery] = {"giving.forget_drafts": forget_drafts}
PERIODIC = {"giving.forget_drafts": "17 18 * * *"}
