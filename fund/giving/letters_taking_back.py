"""Mails to donors whose money goes back, is disputed, comes back, or is not accepted."""

from __future__ import annotations

from typing import Any

from fund.giving.queries.readers import Reader, readers
from fund.giving.store import derive_secret
from fund.kernel.money import Yen
from fund.payments.messages import DisputeClosed, MoneyDisputed, MoneyReturned, ReturnFailed
from fund.payments.refunds_domain import asks_for_account, by_provider
from fund.platform.house import Transaction
from fund.platform.letters import write_letter
from fund.platform.outbox import Letter, queue_mails


def tell_refunded(tx: Transaction, message: MoneyReturned) -> None:
    """Money has left on its way to the donor."""
    facts = {
        "asks_for_account": asks_for_account(message.method),
        "by_provider": by_provider(message.method),
        "refund_no": message.refund_no,
    }
    queue_about_money(tx, "gift.refunded", message.gift_no, message.refund_no, message.yen, **facts)


def tell_failed(tx: Transaction, message: ReturnFailed) -> None:
    """The donor's bank did not take the money; it is here again."""
    queue_about_money(tx, "gift.refund-failed", message.gift_no, message.refund_no, message.yen)


def tell_disputed(tx: Transaction, message: MoneyDisputed) -> None:
    """The card company took the money back until it has decided."""
    queue_about_money(tx, "gift.disputed", message.gift_no, message.dispute_id, message.yen)


def tell_closed(tx: Transaction, message: DisputeClosed) -> None:
    """The card company has decided."""
    occasion = "gift.dispute-won" if message.won else "gift.dispute-lost"
    queue_about_money(tx, occasion, message.gift_no, message.dispute_id, message.yen)


def tell_declined(tx: Transaction, gift_no: str, refusal_no: str, yen: Yen, **words: str) -> None:
    """The ward does not accept the gift: on which ground, why, and how it came to this."""
    queue_about_money(tx, "gift.declined", gift_no, refusal_no, yen, **words)


def tell_filled_in(tx: Transaction, gift_no: str, run_no: str, yen: Yen) -> None:
    """Yen of this gift took the place of another gift's that had gone back."""
    queue_about_money(tx, "gift.filled-in", gift_no, f"{gift_no}#{run_no}", yen)


def queue_about_money(
    tx: Transaction, occasion: str, gift_no: str, subject_no: str, yen: Yen, **facts: Any
) -> None:
    """A mail of this occasion to the gift's donor, with its number, the yen and the link."""
    for reader in readers(tx.connection, [gift_no]):
        queue_mails(tx, [letter_about_money(tx, reader, occasion, subject_no, yen, **facts)])


def letter_about_money(
    tx: Transaction, reader: Reader, occasion: str, subject_no: str, yen: Yen, **facts: Any
) -> Letter:
    """The mail itself, ready for the outbox."""
    settings, locale, gift_no = tx.house.settings, reader.locale, reader.gift_no
    prefix = "" if locale == "ja" else f"/{locale}"
    secret = derive_secret(settings.secret_key, gift_no, reader.link_version)
    return write_letter(
        settings,
        occasion=occasion,
        subject_no=subject_no,
        recipient=reader.email,
        locale=locale,
        facts={
            "addressee": reader.addressee,
            "gift_no": gift_no,
            "yen": int(yen),
            "link": f"{settings.base_url}{prefix}/d/{secret}",
            **facts,
        },
    )
