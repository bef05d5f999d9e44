"""Tolerant reading of what people type in Japanese; names are never normalised here."""

from __future__ import annotations

import re
import unicodedata

import jaconv

from fund.kernel.money import Yen

_DASHES = "‐‑‒–—―−ー－ｰ"
_NOISE = re.compile(r"[\s,、，￥¥円〒\u200b\u200c\u200d\ufeff]")
_UNITS = {"億": 10**8, "万": 10**4, "千": 10**3, "百": 10**2}
_AMOUNT = re.compile(r"(?:(\d+)億)?(?:(\d+)万)?(?:(\d*)千)?(?:(\d*)百)?(\d+)?", re.ASCII)
MAX_TYPED_AMOUNT = 10**12


def narrow(text: str) -> str:
    """Fold digits and letters to half width (NFKC) and every dash to ``-``.

    For numbers, codes and e-mail only: a name that went through here could come out changed.
    """
    folded = unicodedata.normalize("NFKC", text)
    return "".join("-" if char in _DASHES else char for char in folded)


def keep_name(text: str) -> str:
    """Trim a name or address and squeeze its inner space; no character is exchanged.

    NFC and NFKC would turn U+FA19 神 into U+795E and ① into 1, and the receipt
    must carry the name as the donor writes it (variation selectors included).
    """
    lines_out = re.sub(r"[\r\n\t]+", " ", text)
    return re.sub(r"[ \u3000]+", " ", lines_out).strip(" \u3000\u200b\ufeff")


def to_katakana(text: str) -> str:
    """Hiragana, half-width and full-width katakana to full-width katakana; spaces squeezed."""
    wide = jaconv.h2z(keep_name(text), kana=True, ascii=False, digit=False)
    return str(jaconv.hira2kata(wide))


def is_katakana(text: str) -> bool:
    """Whether the text is katakana with ー, ・ and spaces only."""
    return re.fullmatch(r"[ァ-ヺー・ ]+", text) is not None


def digits(text: str) -> str:
    """Only the digits of a postcode, telephone or account number, in half width."""
    return "".join(char for char in narrow(text) if char in "0123456789")


def parse_amount(text: str) -> Yen:
    """Read an amount as people write it: 10,000 · １００００ · 1万 · 1万5千円 · ¥3,000.

    Raises:
        ValueError: if it is empty, fractional, negative, unreadable or beyond 10^12 yen.
    """
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text))
    plain = _NOISE.sub("", plain)
    match = _AMOUNT.fullmatch(plain)
    if not plain or match is None:
        raise ValueError(f"金額として読めません: {text}")
    hundred_million, ten_thousand, thousand, hundred, rest = match.groups()
    amount = (
        int(hundred_million or 0) * _UNITS["億"]
        + int(ten_thousand or 0) * _UNITS["万"]
        + _counted(thousand) * _UNITS["千"]
        + _counted(hundred) * _UNITS["百"]
        + int(rest or 0)
    )
    if amount > MAX_TYPED_AMOUNT:
        raise ValueError(f"金額が大きすぎます: {text}")
    return Yen(amount)


def _counted(part: str | None) -> int:
    """``None`` means the unit is absent, the empty string means one of it (千 is 1千)."""
    if part is None:
        return 0
    return int(part) if part else 1
