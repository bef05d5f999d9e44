"""Rules about bank lines: when two are the same, whose name it is, and what they may match."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from fund.kernel.canonical import canonical
from fund.kernel.errors import Conflict, Invalid
from fund.kernel.ids import read_gift_no
from fund.payments.bank.formats import Line, Statement

MAX_FILE = 20 * 1024 * 1024
"""Bytes of a file: about 80,000 ANSER lines, more than a year of any fund."""
LARGE = 2_000
"""From this many lines on, a page hands the work to the worker and shows its progress."""
KEEP_FILE = dt.timedelta(hours=24)
"""How long the bytes of a file wait for the decision to take it in."""

WHAT = (
    "gift",
    "counter",
    "payout",
    "disbursement",
    "refund",
    "grant_returned",
    "fee",
    "fee_reimbursed",
    "interest",
    "opening",
    "deposit",
    "other",
    "ignored",
)
"""What a matched part of a line is."""

WHAT_OF_KIND = {
    "payment.received": "gift",
    "clearing.settled": "counter",
    "payout.arrived": "payout",
    "disbursement.paid": "disbursement",
    "payment.returned": "refund",
    "donation.refunded": "refund",
    "grant.returned": "grant_returned",
    "fee.charged": "fee",
    "fee.reimbursed": "fee_reimbursed",
    "interest.earned": "interest",
    "opening.balance": "opening",
    "fund.deposited": "deposit",
    "fund.withdrawn": "deposit",
}

_SMALL = str.maketrans("ァィゥェォッャュョヮヵヶヲ", "アイウエオツヤユヨワカケオ")
_DASH = re.compile(r"[-‐‑‒–—―−ー－ｰ]")
_LEGAL = re.compile(
    r"\((?:カ|ユ|ド|メ|シ|シヤ|ザイ|イ|ガク|フク|シユウ|トクヒ|ドク|チドク)\)?"
    r"|(?:^|\s)(?:カ|ユ|ド|メ|シ|シヤ|ザイ|イ|ガク|フク|シユウ|トクヒ|ドク|チドク)\)"
    r"|カブシキガイシヤ|カブシキカイシヤ|ユウゲンガイシヤ|ゴウドウガイシヤ|イツパンシヤダンホウジン"
    r"|トクテイヒエイリカツドウホウジン"
)
_BEFORE_KANA = re.compile(r"^[A-Z0-9ー ]*(?=[ァ-ヺ])")
_NOT_A_NAME = re.compile(r"[^ァ-ヺーA-Z一-鿿]")
_LATIN = re.compile(r"[0-9A-Z][0-9A-Z \-]*")


def shown_name(raw: str) -> str:
    """A bank's half-width kana in full width, for people: ``ﾐﾎﾝ ﾊﾅｺ`` → ``ミホン ハナコ``."""
    return unicodedata.normalize("NFKC", raw).strip()


def name_key(raw: str) -> str:
    """What is left of a payer's name or of a donor's kana when only the person counts.

    Banks write no small kana, no ヲ, no spaces one could rely on, any dash for ー, and kinds
    of companies in brackets; a gift's number may stand before the name.
    """
    plain = unicodedata.normalize("NFKC", raw).upper()
    # hiragana to katakana: the two blocks lie 0x60 apart
    kana = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in plain)
    without = _LEGAL.sub(" ", _DASH.sub("ー", kana).translate(_SMALL))
    return _NOT_A_NAME.sub("", _BEFORE_KANA.sub("", without))


def references(raw: str) -> tuple[str, ...]:
    """Gift numbers that may stand in a payer's name: ``7K3F92QX ミホン`` → ``("G-7K3F92QX",)``.

    With or without ``G-``, spaces and dashes inside are forgiven.
    """
    plain = _DASH.sub("-", unicodedata.normalize("NFKC", raw).upper())
    found = []
    for piece in _LATIN.findall(plain):
        joined = re.sub(r"[ \-]", "", piece)
        if len(joined) == 9 and joined.startswith("G"):
            joined = joined[1:]
        number = read_gift_no(joined) if len(joined) == 8 else None
        if number is not None:
            found.append(number)
    return tuple(found)


def fingerprints(account: str, lines: Iterable[Line], *, counted: bool) -> Iterator[bytes]:
    """One SHA-256 for each line: what the bank says of it, and the how-manieth of its kind.

    Two lines of one file that agree in everything are two payments and keep two fingerprints;
    the same line in another file gets the same one. That holds for files that cover whole days
    (banks cut nowhere else); where the bank writes balances it holds for any cut.
    """
    seen: Counter[bytes] = Counter()
    for line in lines:
        said = canonical(
            {
                "account": account,
                "day": line.day.isoformat(),
                "yen": line.yen,
                "name": unicodedata.normalize("NFKC", line.name),
                "note": unicodedata.normalize("NFKC", line.note),
                "balance": None if counted else line.balance,
            }
        )
        seen[said] += 1
        yield hashlib.sha256(said + b"#" + str(seen[said]).encode()).digest()


def check_kind_of_file(statement: Statement, *, has_notices: bool, has_full: bool) -> None:
    """An account is kept by full statements or by notices of incoming transfers, never both.

    Raises:
        Conflict: because the same money would stand in the list twice.
    """
    if (statement.notices and has_full) or (not statement.notices and has_notices):
        raise Conflict(
            "この口座には、入出金明細と振込入金通知の一方だけを取り込めます。"
            "もう一方には、別の口座名の読み取り設定を使ってください"
        )


def check_reason(reason: str) -> str:
    """Why a line is set aside or a match undone: one to 400 characters.

    Raises:
        Invalid: when it is missing or too long.
    """
    kept = reason.strip()
    if not 1 <= len(kept) <= 400:
        message = "理由を400文字までで入力してください"
        raise Invalid(message, {"reason": message})
    return kept
