"""Reading the pay page's forms: what was typed, what is wrong with it, and paying with it."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from fund.kernel.calendar import day_in_japan
from fund.sandbox import cards, checkout, transfers
from fund.sandbox.checkout import Outcome
from fund.sandbox.intents import Payer
from fund.sandbox.till import Till
from fund.sandbox.wording import Words


@dataclass(frozen=True)
class Filled:
    """A form as typed (never the card's number or code again) and its faults by field."""

    typed: Mapping[str, str]
    faults: Mapping[str, str]
    card: cards.Card | None = None

    @property
    def payer(self) -> Payer:
        """Who pays, as typed."""
        return Payer(
            name=self.typed.get("name", ""),
            email=self.typed.get("email", ""),
            phone=digits(self.typed.get("phone", "")),
        )


def read(method: str, form: Mapping[str, str], now: int, words: Words) -> Filled:
    """Check the fields a method asks for; ``now`` is the sandbox's time in Unix seconds."""
    typed = {name: form.get(name, "").strip() for name in ("email", "name", "phone", "store")}
    faults: dict[str, str] = {}
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", typed["email"]):
        faults["email"] = "bad_email"
    card = None
    if method == "card":
        card = _read_card(form, now, faults)
    if method == "konbini" and typed["store"] not in checkout.STORES:
        faults["store"] = "bad_store"
    if method in ("card", "konbini") and not typed["name"]:
        faults["name"] = "bad_name"
    if typed["phone"] and len(digits(typed["phone"])) not in (10, 11):
        faults["phone"] = "bad_phone"
    return Filled(typed, {field: words[fault] for field, fault in faults.items()}, card)


def pay(till: Till, session_id: str, method: str, filled: Filled) -> Outcome:
    """Pay a session with a faultless form."""
    if filled.card is not None:
        return checkout.pay_by_card(till, session_id, filled.card, filled.payer)
    if method == "konbini":
        return checkout.issue_voucher(till, session_id, filled.payer, filled.typed["store"])
    if method == "customer_balance":
        return transfers.begin(till, session_id, filled.payer)
    return checkout.begin_paypay(till, session_id, filled.payer)


def _read_card(form: Mapping[str, str], now: int, faults: dict[str, str]) -> cards.Card | None:
    number = cards.read_number(form.get("number", ""))
    ends = cards.read_expiry(form.get("expiry", ""))
    if number is None:
        faults["number"] = "bad_number"
    if ends is None:
        faults["expiry"] = "bad_expiry"
    elif _is_past(ends, now):
        faults["expiry"] = "past_expiry"
    if not re.fullmatch(r"[0-9]{3,4}", _narrow(form.get("cvc", "").strip())):
        faults["cvc"] = "bad_cvc"
    return cards.Card(number, *ends) if number and ends else None


def _is_past(ends: tuple[int, int], now: int) -> bool:
    today = day_in_japan(dt.datetime.fromtimestamp(now, dt.UTC))
    month, year = ends
    return (year, month) < (today.year, today.month)


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def digits(text: str) -> str:
    """Only the digits of what was typed, in half width."""
    return re.sub(r"[^0-9]", "", _narrow(text))
