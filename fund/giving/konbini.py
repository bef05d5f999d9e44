"""Convenience stores that take vouchers: names, and what to do there, in both languages.

The provider's own voucher page shows the same steps with pictures; these are the ones a person
needs with nothing but a piece of paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fund.kernel.canonical import Json


@dataclass(frozen=True)
class Store:
    """A chain: its name, the machine or counter to go to, and what to choose there."""

    code: str
    name_ja: str
    name_en: str
    steps_ja: tuple[str, ...]
    steps_en: tuple[str, ...]

    def name(self, locale: str) -> str:
        """Its name in a language."""
        return self.name_en if locale == "en" else self.name_ja

    def steps(self, locale: str) -> tuple[str, ...]:
        """What to do there, in a language."""
        return self.steps_en if locale == "en" else self.steps_ja


_PAY_JA = "印刷された申込券を、30分以内にレジへ持って行き、現金で支払います。"
_PAY_EN = "Take the printed slip to the till within 30 minutes and pay in cash."
_LOPPI_JA = (
    "店内の端末Loppiで「各種番号をお持ちの方」を選びます。",
    "払込番号と確認番号を、画面の案内にそって入力します。",
    _PAY_JA,
)
_LOPPI_EN = (
    "At the Loppi terminal choose 各種番号をお持ちの方 (“I have a number”).",
    "Enter the payment code and the confirmation number as the screen asks.",
    _PAY_EN,
)

STORES: tuple[Store, ...] = (
    Store(
        "familymart",
        "ファミリーマート",
        "FamilyMart",
        (
            "店内のマルチコピー機で「代金支払い」を選びます。",
            "払込番号（企業コード）と確認番号（注文番号）を、画面の案内にそって入力します。",
            _PAY_JA,
        ),
        (
            "At the multi-copy machine choose 代金支払い (“pay a bill”).",
            "Enter the payment code (企業コード) and the confirmation number (注文番号).",
            _PAY_EN,
        ),
    ),
    Store("lawson", "ローソン", "Lawson", _LOPPI_JA, _LOPPI_EN),
    Store("ministop", "ミニストップ", "Ministop", _LOPPI_JA, _LOPPI_EN),
    Store(
        "seicomart",
        "セイコーマート",
        "Seicomart",
        (
            "レジで「インターネットの支払い」と伝えます。",
            "レジの画面に、払込番号と確認番号を入力します。",
            "金額を確かめて、現金で支払います。",
        ),
        (
            "At the till say インターネットの支払い (“internet payment”).",
            "Enter the payment code and the confirmation number on the screen at the till.",
            "Check the amount and pay in cash.",
        ),
    ),
)


@dataclass(frozen=True)
class StoreCodes:
    """The numbers of a voucher for one chain."""

    store: Store
    payment_code: str
    confirmation_number: str


def codes_of(voucher: Mapping[str, Json]) -> list[StoreCodes]:
    """The numbers of a konbini voucher for every chain we know, in their order here."""
    stores = voucher.get("stores")
    found: Mapping[str, Json] = stores if isinstance(stores, Mapping) else {}
    listed = []
    for store in STORES:
        codes = found.get(store.code)
        if isinstance(codes, Mapping):
            numbers = (
                str(codes.get(name) or "") for name in ("payment_code", "confirmation_number")
            )
            listed.append(StoreCodes(store, *numbers))
    return listed
