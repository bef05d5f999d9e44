"""Tolerant reading of what people type in Japanese; names are never normalised here."""

from __future__ import annotations

import re
import unicodedata

import jaconv

from fund.kernel.money import Yen

_DASHES = "‐‑‒–—―−ー－ｰ"
_NOISE = re.compile(r"[\s,、，￥¥円圓〒\u200b\u200c\u200d\ufeff]")
# Figures as they stand on cheques and in letters, with their formal shapes (大字).
_NUMERALS = str.maketrans(
    "〇零○一壱壹二弐貳三参參四肆五伍六陸七漆八捌九玖拾佰仟阡萬",
    "000111222333445566778899十百千千万",
)
_SECTION = r"(?:\d*千)?(?:\d*百)?(?:\d*十)?\d*"
_AMOUNT = re.compile(rf"(?:({_SECTION})億)?(?:({_SECTION})万)?({_SECTION})", re.ASCII)
_COUNTED = re.compile(r"(\d*)([千百十])", re.ASCII)
_UNITS = {"千": 1000, "百": 100, "十": 10}
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
    """Read an amount as people write it: 10,000 · １００００ · 1万5千円 · 一万五千円 · 金壱万円也.

    Raises:
        ValueError: if it is empty, fractional, negative, unreadable or beyond 10^12 yen.
    """
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text))
    plain = _NOISE.sub("", plain).removeprefix("金").removesuffix("也").translate(_NUMERALS)
    match = _AMOUNT.fullmatch(plain)
    if not plain or match is None or "" in match.groups()[:2]:
        raise ValueError(f"金額として読めません: {text}")
    hundred_million, ten_thousand, rest = match.groups()
    amount = _section(hundred_million) * 10**8 + _section(ten_thousand) * 10**4 + _section(rest)
    if amount > MAX_TYPED_AMOUNT:
        raise ValueError(f"金額が大きすぎます: {text}")
    return Yen(amount)


def _section(part: str | None) -> int:
    """Figures up to the next 万 or 億: a unit without a figure counts once (千 is 1千)."""
    counted = sum(
        (int(count) if count else 1) * _UNITS[unit] for count, unit in _COUNTED.findall(part or "")
    )
    return counted + int(_COUNTED.sub("", part or "") or 0)


def spoken_yen(amount: int) -> str:
    """An amount as it is said: 1万円, 1万5千円, 1億2,345円; empty below ten thousand yen."""
    if amount < 10**4:
        return ""
    hundred_millions, below = divmod(amount, 10**8)
    ten_thousands, rest = divmod(below, 10**4)
    words = f"{hundred_millions:,}億" if hundred_millions else ""
    words += f"{ten_thousands:,}万" if ten_thousands else ""
    if rest:
        words += f"{rest // 1000}千" if rest % 1000 == 0 else f"{rest:,}"
    return f"{words}円"
