"""Sample gifts: made-up donors, wishes spread like real ones, all through the real commands."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from fund.giving.commands import begin_donation
from fund.giving.domain import Consents, Donor, Offer, Wish
from fund.kernel.actor import Actor
from fund.kernel.money import Yen
from fund.payments.commands import record_offline
from fund.platform.house import House
from fund.sample import cast

AMOUNTS = (1000, 3000, 5000, 10_000, 10_000, 20_000, 30_000, 50_000, 100_000)
WEIGHTS = (8, 22, 20, 20, 10, 8, 7, 3, 2)
NOON = dt.time(3, 0, tzinfo=dt.UTC)
"""Noon in Japan, in UTC."""


@dataclass(frozen=True)
class Targets:
    """What the made-up donors may wish for: numbers and codes that exist in the register."""

    groups: tuple[str, ...]
    fields: tuple[str, ...]
    themes: tuple[str, ...]


def at_noon(day: dt.date) -> dt.datetime:
    """Noon of a day in Japan as an aware UTC moment."""
    return dt.datetime.combine(day, NOON)


def give(house: House, *, by: Actor, day: dt.date, dice: random.Random, targets: Targets) -> str:
    """One gift paid over the counter or by bank on that day; returns its number."""
    now = at_noon(day)
    method = dice.choice(("counter", "bank", "bank"))
    offer = Offer(
        form_key=f"sample-{dice.getrandbits(96):024x}",
        yen=Yen(dice.choices(AMOUNTS, WEIGHTS)[0]),
        donor=_donor(dice),
        consents=Consents(purpose_of_use=True),
        wish=_wish(dice, targets),
        method=method,
        sample=True,
    )
    begun = begin_donation(house, by=by, now=now, offer=offer)
    record_offline(house, by=by, now=now, gift_no=begun.gift_no, method=method, received_on=day)
    return begun.gift_no


def _wish(dice: random.Random, targets: Targets) -> Wish:
    kind = dice.choices(("anywhere", "group", "field", "theme"), (35, 35, 22, 8))[0]
    if kind == "group":
        return Wish("group", dice.choice(targets.groups), dice.choice(("field", "anywhere")))
    if kind == "field":
        return Wish("field", dice.choice(targets.fields), "anywhere")
    if kind == "theme":
        return Wish("theme", dice.choice(targets.themes), "anywhere")
    return Wish()


def _donor(dice: random.Random) -> Donor:
    """A person who does not exist, at an address that says so."""
    family, given = dice.randrange(10), dice.randrange(10)
    return Donor(
        family_name=cast.FAMILY_NAMES[family],
        given_name=cast.GIVEN_NAMES[given],
        kana=f"{cast.FAMILY_KANA[family]} {cast.GIVEN_KANA[given]}",
        postal_code="1440000",
        address1="東京都大田区見本町",
        address2=f"{dice.randrange(1, 30)}番{dice.randrange(1, 20)}号（見本）",
    )
