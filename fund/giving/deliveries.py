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


def find_link(house: House, *, now: dt.datetime, number: str, proof: str, **payload: Any) -> None:
    """Look a lost link up after the answer was given, and mail it if it is the donor's."""
    del payload
    commands.find_link(house, by=system("giving"), now=now, number=number, proof=proof)


def remind_drafts(house: House, *, now: dt.datetime, **payload: Any) -> None:
    """Send the one reminder of each half-filled form whose owner ticked it."""
    del payload
    commands.remind_drafts(house, by=system("giving"), now=now, life=commands.DRAFT_LIFE)


DELIVERIES: dict[str, Delivery] = {
    "giving.find_link": find_link,
    "giving.remind_drafts": remind_drafts,
    "giving.forget_drafts": forget_drafts,
}
PERIODIC = {"giving.remind_drafts": "7 1 * * *", "giving.forget_drafts": "17 18 * * *"}
