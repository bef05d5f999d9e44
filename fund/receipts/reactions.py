"""When gifts are accepted: receipts, at once; the drawing and the mail, after the commit."""

from __future__ import annotations

from collections.abc import Mapping

from fund.giving import queries as giving
from fund.giving.messages import GiftMoneyBack, GiftMoneyCameBack, GiftsAccepted
from fund.giving.store_donors import link_secret
from fund.platform.house import Message, Reaction, Transaction
from fund.platform.letters import write_letter
from fund.platform.outbox import queue_mail
from fund.receipts import commands, queries


def issue_receipts(tx: Transaction, message: GiftsAccepted) -> None:
    """One receipt for every accepted gift, and the mail that says so."""
    gifts = giving.gifts_by_no(tx.connection, message.gift_nos)
    for gift_no in message.gift_nos:
        commands.issue(tx, gift_no=gift_no, issued_on=message.accepted_on)
        if queries.receipt_of(tx.connection, gift_no) is None:
            continue  # an anonymous gift has none
        tx.enqueue("receipts.draw", gift_no=gift_no)
        _write_mail(tx, gift_no, gifts[gift_no].receipt_way)


def _write_mail(tx: Transaction, gift_no: str, receipt_way: str) -> None:
    donor = giving.donor_of(tx.connection, gift_no)
    found = queries.receipt_of(tx.connection, gift_no)
    if donor is None or not donor.email or found is None:
        return
    settings = tx.house.settings
    prefix = "" if donor.locale == "ja" else f"/{donor.locale}"
    secret = link_secret(tx.connection, settings.secret_key, gift_no)
    link = f"{settings.base_url}{prefix}/d/{secret}"
    facts = {
        "addressee": donor.addressee,
        "gift_no": gift_no,
        "receipt_no": found.no,
        "yen": found.content["yen"],
        "link": link,
        "receipt_way": receipt_way,
    }
    queue_mail(
        tx,
        write_letter(
            settings,
            occasion="gift.accepted",
            subject_no=gift_no,
            recipient=donor.email,
            locale=donor.locale,
            facts=facts,
        ),
    )


def correct_after_return(tx: Transaction, message: GiftMoneyBack) -> None:
    """Money went back: the receipt is void at once, a new one says what is left."""
    reason = "dispute" if message.kind == "dispute.lost" else "refund"
    commands.correct(tx, gift_no=message.gift_no, reason=reason)


def correct_after_failure(tx: Transaction, message: GiftMoneyCameBack) -> None:
    """The money came back to us: the gift is proven in full again, under a new number."""
    commands.correct(tx, gift_no=message.gift_no, reason="refund-failed")


REACTIONS: Mapping[type[Message], tuple[Reaction, ...]] = {
    GiftsAccepted: (issue_receipts,),
    GiftMoneyBack: (correct_after_return,),
    GiftMoneyCameBack: (correct_after_failure,),
}
