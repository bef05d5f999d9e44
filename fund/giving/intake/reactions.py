"""What donors chose while their gifts waited is followed with the acceptance, in one commit."""

from __future__ import annotations

from collections.abc import Mapping

from fund.giving.intake.choosing import follow_choices
from fund.giving.messages import GiftsAccepted
from fund.platform.house import Message, Reaction, Transaction


def follow(tx: Transaction, message: GiftsAccepted) -> None:
    """Redirect the accepted gifts whose donors chose a use."""
    follow_choices(tx, message.gift_nos)


REACTIONS: Mapping[type[Message], tuple[Reaction, ...]] = {GiftsAccepted: (follow,)}
