"""Housekeeping of the bank room that nobody waits for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.kernel.actor import system
from fund.payments.bank import commands
from fund.platform.house import Delivery, House


def forget_files(house: House, *, now: dt.datetime, **payload: Any) -> None:
    """Forget files that were looked at yesterday and not taken in: they hold payers' names."""
    del payload
    commands.forget_files(house, by=system("bank"), now=now)


DELIVERIES: dict[str, Delivery] = {"payments.forget_bank_files": forget_files}
PERIODIC = {"payments.forget_bank_files": "23 * * * *"}
