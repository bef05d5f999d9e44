"""The test cards: Stripe's published numbers and what each of them does."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from fund.sandbox.store import Thing


@dataclass(frozen=True)
class Decline:
    """Why a charge is refused: the API's code, the issuer's word and a text for the payer."""

    code: str
    decline_code: str | None
    ja: str
    en: str

    def text(self, *, english: bool) -> str:
        """The reason in the payer's language."""
        return self.en if english else self.ja


_REFUSED = Decline(
    "card_declined",
    "generic_decline",
    "カードが拒否されました。別のカードか、別の方法でお支払いください。",
    "Your card was declined. Please use another card or another method.",
)
UNAUTHENTICATED = Decline(
    "payment_intent_authentication_failure",
    None,
    "本人認証ができませんでした。もう一度試すか、別のカードをお使いください。",
    "We could not authenticate the card. Please try again or use another card.",
)
CANCELLED = Decline(
    "payment_intent_payment_attempt_failed",
    None,
    "お支払いは取りやめられました。別の方法でもお支払いできます。",
    "The payment was cancelled. You can pay another way.",
)
OVERDUE = Decline(
    "payment_intent_payment_attempt_expired",
    None,
    "お支払いの期限が過ぎました。",
    "The payment was not made in time.",
)


def _declined(word: str, ja: str, en: str) -> Decline:
    return Decline("card_declined", word, ja, en)


DECLINES = {
    "4000000000000002": _REFUSED,
    "4000000000000341": _REFUSED,
    "4000000000009995": _declined(
        "insufficient_funds",
        "カードの残高または利用枠が足りません。別のカードをお使いください。",
        "Your card has insufficient funds. Please use another card.",
    ),
    "4000000000009987": _declined(
        "lost_card", "このカードは使えません。", "Your card was declined."
    ),
    "4000000000009979": _declined(
        "stolen_card", "このカードは使えません。", "Your card was declined."
    ),
    "4000000000006975": _declined(
        "card_velocity_exceeded",
        "カードの利用限度を超えました。別のカードをお使いください。",
        "The card has exceeded its limit. Please use another card.",
    ),
    "4000000000000069": Decline(
        "expired_card",
        "expired_card",
        "カードの有効期限が切れています。別のカードをお使いください。",
        "Your card has expired. Please use another card.",
    ),
    "4000000000000127": Decline(
        "incorrect_cvc",
        "incorrect_cvc",
        "セキュリティコードが違います。もう一度入力してください。",
        "The security code is incorrect. Please enter it again.",
    ),
    "4000000000000119": Decline(
        "processing_error",
        "processing_error",
        "処理中にエラーが起きました。少し待って、もう一度お試しください。",
        "An error occurred while processing. Please wait a little and try again.",
    ),
}
_NOT_A_TEST_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "見本環境では、テスト用のカード番号だけが使えます。",
    "Only test card numbers work in this sandbox.",
)
GIVEN_ONLY = "4000000000000341"
"""Can be kept for later; every charge of it is declined."""
CHALLENGES = frozenset({"4000002500003155", "4000002760003184", "4000000000003220"})
LATER = {
    "4000000000000259": "dispute:fraudulent",
    "4000000000002685": "dispute:product_not_received",
    "4000000000001976": "inquiry:fraudulent",
    "4000000000005126": "refund:fails",
    "4000000000007726": "refund:pends",
}
_SUCCEEDS = frozenset(
    {
        *LATER,
        *CHALLENGES,
        "4242424242424242",
        "4000003920000003",
        "4000000000000077",
        "5555555555554444",
        "3530111333300000",
        "3566002020360505",
        "378282246310005",
    }
)
_BRANDS = (("34", "amex"), ("37", "amex"), ("35", "jcb"), ("5", "mastercard"), ("4", "visa"))


@dataclass(frozen=True)
class Card:
    """A card as typed: digits only, with the month and four-digit year of its end."""

    number: str
    exp_month: int
    exp_year: int

    @property
    def decline(self) -> Decline | None:
        """Why this card is refused, or None if it is good."""
        if self.number in _SUCCEEDS:
            return None
        return DECLINES.get(self.number, _NOT_A_TEST_CARD)

    @property
    def decline_when_given(self) -> Decline | None:
        """Why this card is refused when it is given for later; None if it can be kept."""
        return None if self.number == GIVEN_ONLY else self.decline

    @property
    def challenges(self) -> bool:
        """Whether its bank asks for 3-D Secure."""
        return self.number in CHALLENGES

    @property
    def later(self) -> str | None:
        """What will happen to a charge on it after it succeeded, if anything."""
        return LATER.get(self.number)

    def facts(self) -> Thing:
        """What the API shows of it; never the number itself."""
        brand = next((name for start, name in _BRANDS if self.number.startswith(start)), "unknown")
        return {
            "brand": brand,
            "country": "JP" if self.number == "4000003920000003" else "US",
            "exp_month": self.exp_month,
            "exp_year": self.exp_year,
            "last4": self.number[-4:],
        }


def read_number(text: str) -> str | None:
    """The digits of a card number typed with spaces, dashes or full width; None if not valid."""
    digits = re.sub(r"[\s\-‐ー－]", "", unicodedata.normalize("NFKC", text))
    return digits if re.fullmatch(r"[0-9]{12,19}", digits) and _luhn(digits) else None


def read_expiry(text: str) -> tuple[int, int] | None:
    """Month and four-digit year from ``12/34``, ``12 / 2034`` or ``1234``; None if no month."""
    plain = unicodedata.normalize("NFKC", text).strip()
    match = re.fullmatch(
        r"([0-9]{1,2})\s*[/\-\s]\s*([0-9]{2}|[0-9]{4})|([0-9]{2})([0-9]{2})", plain
    )
    if match is None:
        return None
    month, year = int(match[1] or match[3]), int(match[2] or match[4])
    return (month, year if year > 99 else 2000 + year) if 1 <= month <= 12 else None


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
