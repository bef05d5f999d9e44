"""Mails to donors whose money is on its way: how to pay, and that the time is nearly over."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.giving.domain import Offer
from fund.giving.domain.donor import addressee
from fund.giving.konbini import codes_of
from fund.giving.queries import donor_of
from fund.giving.store import derive_secret
from fund.giving.store_donors import link_secret
from fund.kernel.calendar import ZONE, format_short_day
from fund.payments.queries import PaymentView, payment_by_no
from fund.platform.house import Transaction
from fund.platform.letters import write_letter
from fund.platform.outbox import queue_mail

ON_PAPER = ("bank", "slip", "counter")
"""Ways to give that a donor chooses on our page and carries out elsewhere."""
ACCOUNT_TYPES = {
    "futsu": ("普通", "Ordinary (futsu)"),
    "toza": ("当座", "Current (toza)"),
}
"""The provider's words for kinds of accounts, as banks in Japan call them."""


def deadline(until: dt.datetime, locale: str) -> str:
    """A deadline with its weekday in Japan's time: 「8月7日（金）23:59まで」."""
    local = until.astimezone(ZONE)
    clock = f"{local.hour}:{local.minute:02d}"
    if locale == "en":
        day = f"{local:%A}, {local.day} {local:%B %Y}"
        return f"{day}, {clock} (Japan time)"
    return f"{format_short_day(local.date())}{clock}まで"


def tell_offered(tx: Transaction, offer: Offer, gift_no: str) -> None:
    """Say how to bring or send money that no payment page takes; the donor keeps number and link.

    Whoever closes the page without it would have to ask for the account or the number again.
    """
    if not offer.donor.email or offer.method not in ON_PAPER:
        return
    settings, locale = tx.house.settings, offer.locale
    ours, donor = settings.municipality, offer.donor
    prefix = "" if locale == "ja" else f"/{locale}"
    letter = write_letter(
        settings,
        occasion="gift.offered",
        subject_no=gift_no,
        recipient=donor.email,
        locale=locale,
        facts={
            "addressee": addressee(donor.name, donor.kind, locale),
            "gift_no": gift_no,
            "yen": int(offer.yen),
            "method": offer.method,
            "account": ours.bank_account_en if locale == "en" else ours.bank_account,
            "link": f"{settings.base_url}{prefix}/d/{derive_secret(settings.secret_key, gift_no)}",
        },
    )
    queue_mail(tx, letter)


def queue(tx: Transaction, occasion: str, gift_no: str, payment_no: str) -> None:
    """Put a mail of this occasion about a waiting payment into the outbox, once a payment."""
    donor = donor_of(tx.connection, gift_no)
    payment = payment_by_no(tx.connection, payment_no)
    if donor is None or not donor.email or payment is None or payment.voucher is None:
        return
    settings, locale = tx.house.settings, donor.locale
    secret = link_secret(tx.connection, settings.secret_key, gift_no)
    prefix = "" if locale == "ja" else f"/{locale}"
    facts: dict[str, Any] = {
        "addressee": donor.addressee,
        "gift_no": gift_no,
        "yen": int(payment.yen),
        "link": f"{settings.base_url}{prefix}/d/{secret}",
        "deadline": deadline(payment.pay_by, locale) if payment.pay_by else "",
        **_how(payment, locale),
    }
    letter = write_letter(
        settings,
        occasion=occasion,
        # A gift may wait more than once (another voucher): each attempt is an occasion.
        subject_no=f"{gift_no}#{payment.attempt}",
        recipient=donor.email,
        locale=locale,
        facts=facts,
    )
    queue_mail(tx, letter)


def _how(payment: PaymentView, locale: str) -> dict[str, Any]:
    voucher = dict(payment.voucher or {})
    if voucher.get("kind") == "konbini":
        stores = [
            {
                "name": codes.store.name(locale),
                "payment_code": codes.payment_code,
                "confirmation_number": codes.confirmation_number,
            }
            for codes in codes_of(voucher)
        ]
        return {"kind": "konbini", "stores": stores, "url": voucher.get("url", ""), "account": {}}
    kind = str(voucher.get("account_type") or "")
    words = ACCOUNT_TYPES.get(kind, (kind, kind))
    account = {**voucher, "account_type": words[1 if locale == "en" else 0]}
    return {"kind": "transfer", "stores": [], "url": voucher.get("url", ""), "account": account}
