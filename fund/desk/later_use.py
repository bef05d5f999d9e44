"""What the donor's page says of a use chosen later: the way there, the choice, every change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from fund.giving.domain import Wish
from fund.giving.intake import choosing
from fund.giving.intake.queries import choice_of
from fund.giving.queries import GiftView
from fund.ledger.reasons import reason_words
from fund.ledger.redirections import redirections_of
from fund.platform.web.context import current_house, locale


def later_use(connection: Connection, gift: GiftView) -> dict[str, Any]:
    """Whether the donor may choose a use now, what was chosen or redirected; where to transfer."""
    choice = choice_of(connection, gift.no)
    moved = redirections_of(connection, gift.no)
    ours = current_house().settings.municipality
    return {
        "may_choose_use": choosing.may_choose(gift, choice, redirected=bool(moved)),
        "chosen_use": Wish(*choice.chosen) if choice and choice.chosen else None,
        "redirections": moved,
        "reason_words": reason_words,
        "bank_account": ours.bank_account_en if locale() == "en" else ours.bank_account,
    }
