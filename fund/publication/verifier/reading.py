"""Reading one entry: canonical JSON (RFC 8785) or nothing.

Nearly all entries of a large ledger are gifts and allocation lines in one plain shape. Two
patterns that only canonical text can fit read those without a JSON parser; what does not fit is
read by the parser and spelled again. ``tests/publication`` holds both readers to the same answer.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

GUARDED = ("held:", "fund:", "committed:")
LIMIT = 2**53
ACCOUNT = re.compile(r"(assets|held|fund|committed)(:[A-Za-z0-9][A-Za-z0-9-]*)+")

_SPELL = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode


def spelled(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of objects with ASCII keys, texts and integers."""
    return _SPELL(value).encode("utf-8")


def _no_float(text: str) -> Any:
    raise ValueError(f"a number that is no integer: {text}")


_READ = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).decode


def read_json(body: bytes) -> Any:
    """What an entry says; raises ValueError for what is no JSON or has a fraction."""
    try:
        return _READ(body.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


class Moves(NamedTuple):
    """The postings of an entry: (account, yen) with debits positive, and what follows from them."""

    pairs: tuple[tuple[str, int], ...]
    off: int
    guarded: int
    debited: tuple[str, ...]
    roots: frozenset[str]


class Wish(NamedTuple):
    """What a share was given for, and the pot its yen stand in."""

    pot: str
    kind: str = "anywhere"
    target: str | None = None
    fallback: str | None = None


class Gift(NamedTuple):
    """An accepted gift; ``shares`` are (share, wish, yen).

    ``posted`` are its postings and ``told`` its own facts, both as they are spelled.
    """

    no: str
    fy: str
    on: str
    gift: str
    commitment: str
    clauses: str
    posted: str
    moves: Moves
    shares: list[tuple[str, Wish, int]]
    told: str


class Line(NamedTuple):
    """An allocation line."""

    no: str
    fy: str
    on: str
    run: str
    gift: str
    share: str
    award: str
    yen: int
    rank: int
    use: str
    clauses: str
    posted: str
    moves: Moves
    told: str


def moves_of(pairs: tuple[tuple[str, int], ...]) -> Moves:
    """Postings with their sum, the guarded accounts they touch and debit, and all roots."""
    return Moves(
        pairs,
        sum(yen for _, yen in pairs),
        sum(account.startswith(GUARDED) for account, _ in pairs),
        tuple({account for account, yen in pairs if yen > 0 and account.startswith(GUARDED)}),
        frozenset(
            [a if a.startswith("held:") else a.partition(":")[0] for a, _ in pairs],
        ),
    )


_NAME = r"[A-Za-z0-9][A-Za-z0-9@.:/_-]*"
_YEN = r"[1-9][0-9]{0,14}"
_CLAUSES = rf'(?:"clauses":\[((?:"{_NAME}")(?:,"{_NAME}")*)\],)?'
_COMMON = r'"kind":"{kind}","no":([1-9][0-9]{{0,11}}),"on":"({on})","postings":\[([^\]]*)\],'
_GIFT = re.compile(
    r"\{"
    + _CLAUSES
    + rf'"commitment":"([0-9a-f]{{64}})","fy":([1-9][0-9]{{3}}),"gift":"({_NAME})",'
    + _COMMON.format(kind=r"donation\.received", on="[0-9]{4}-[0-9]{2}")
    + r'"shares":\[([^\]]*)\],"v":1\}'
)
_SHARE = re.compile(
    rf'\{{"fallback":(?:null|"({_NAME})"),"kind":"({_NAME})","share":"({_NAME})",'
    rf'"target":(?:null|"({_NAME})"),"yen":({_YEN})\}}'
)
_LINE = re.compile(
    rf'\{{"award":"({_NAME})",'
    + _CLAUSES
    + rf'"fy":([1-9][0-9]{{3}}),(?:"gift":"({_NAME})",)?'
    + _COMMON.format(kind=r"allocation\.line", on="[0-9]{4}-[0-9]{2}-[0-9]{2}")
    + rf'"rank":([0-9]|[1-9][0-9]),"run":"({_NAME})","share":"({_NAME})",'
    + rf'"use":"({_NAME})","v":1,"yen":({_YEN})\}}'
)
_POSTING = re.compile(
    rf'\{{"account":"((?:assets|held|fund|committed)(?::[A-Za-z0-9][A-Za-z0-9-]*)+)","yen":(-?{_YEN})\}}(,|$)'
)


def read_gift(body: str) -> Gift | None:
    """A plain gift; None for everything else, and for whatever is not canonical."""
    found = _GIFT.fullmatch(body)
    if found is None:
        return None
    clauses, commitment, fy, gift, no, on, postings, listed = found.groups()
    moves, shares = plain_moves(postings), _shares(listed)
    if moves is None or shares is None:
        return None
    told = f'{{"commitment":"{commitment}","gift":"{gift}","shares":[{listed}]}}'
    return Gift(no, fy, on, gift, commitment, _clauses(clauses), postings, moves, shares, told)


def read_line(body: str) -> Line | None:
    """A plain allocation line; None for everything else, and for whatever is not canonical."""
    found = _LINE.fullmatch(body)
    if found is None:
        return None
    award, clauses, fy, gift, no, on, postings, rank, run, share, use, yen = found.groups()
    moves = plain_moves(postings)
    if moves is None:
        return None
    own = f'"gift":"{gift}",' if gift else ""
    told = (
        f'{{"award":"{award}",{own}"rank":{rank},"run":"{run}","share":"{share}","use":"{use}",'
        f'"yen":{yen}}}'
    )
    return Line(
        no, fy, on, run, gift or "", share, award, int(yen), int(rank), use,
        _clauses(clauses), postings, moves, told,
    )  # fmt: skip


def _clauses(listed: str | None) -> str:
    """The clauses as tables tell them: with spaces between."""
    return "" if listed is None else listed.replace('"', "").replace(",", " ")


@lru_cache(maxsize=1 << 16)
def plain_moves(listed: str) -> Moves | None:
    """Postings in their plain spelling; None for any other."""
    pairs, at = [], 0
    while at < len(listed):
        found = _POSTING.match(listed, at)
        if found is None:
            return None
        pairs.append((found[1], int(found[2])))
        at = found.end()
    if len(pairs) < 2 or listed.endswith(","):
        return None
    return moves_of(tuple(pairs))


def _shares(listed: str) -> list[tuple[str, Wish, int]] | None:
    shares, at = [], 0
    while True:
        found = _SHARE.match(listed, at)
        if found is None:
            return None
        fallback, kind, share, target, yen = found.groups()
        shares.append((share, wish_of(kind, target, fallback), int(yen)))
        at = found.end()
        if at == len(listed):
            return shares
        if listed[at] != ",":
            return None
        at += 1


@lru_cache(maxsize=1 << 16)
def wish_of(kind: str, target: str | None, fallback: str | None) -> Wish:
    """A wish and the pot that follows from it."""
    pot = "fund:general" if kind == "anywhere" else f"fund:{kind}:{target}"
    return Wish(pot, kind, target, fallback)
