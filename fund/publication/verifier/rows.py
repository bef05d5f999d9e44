"""The rows of an entry in tables and journals, letter by letter as releases write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from fund.publication.verifier.reading import (
    Gift,
    Line,
    Moves,
    moves_of,
    plain_moves,
    read_gift,
    read_json,
    read_line,
    spelled,
)

FILES = (
    "data/entries.csv",
    "data/postings.csv",
    "data/gifts.csv",
    "data/allocations.csv",
    "data/ledger.journal",
    "data/ledger.beancount",
)
"""The files with rows for each entry, in the order in which ``rows_of`` gives them."""

COMMON = frozenset({"v", "no", "kind", "fy", "on", "postings", "reverses", "reason", "clauses"})
_ROOTS = {
    "assets": "Assets",
    "fund": "Equity:Fund",
    "committed": "Liabilities:Committed",
    "held": "Liabilities:Held",
}

Texts = tuple[str, str, str, str, str, str]


def rows_of(body: bytes) -> tuple[Texts, int]:
    """An entry's text in each of ``FILES``, and how many rows these are.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: for an entry that lacks what a row needs.
    """
    text = body.decode("utf-8")
    if (gift := read_gift(text)) is not None:
        return _of_gift(gift)
    if (line := read_line(text)) is not None:
        return _of_line(line)
    entry = read_json(body)
    spelled(entry)  # half a character (a lone surrogate) stands in no file
    moves = moves_of(tuple((one["account"], one["yen"]) for one in entry["postings"]))
    posted = _posted_of(moves)
    texts = (
        csv_of([entry_cells(entry)]),
        "".join([f"{entry['no']}{one}" for one in posted.rows]),
        csv_of(gift_cells(entry)),
        csv_of(line_cells(entry)),
        *_journals(entry["no"], entry["kind"], entry["on"], posted),
    )
    return texts, 1 + 3 * len(moves.pairs) + texts[2].count("\n") + texts[3].count("\n")


def _of_gift(gift: Gift) -> tuple[Texts, int]:
    no, on = gift.no, gift.on
    told = gift.told.replace('"', '""')
    posted = _posted(gift.posted)
    own = [
        f"{share},{gift.gift},{no},{gift.fy},{on},{wish.kind},{wish.target or ''},"
        f"{wish.fallback or ''},{yen}\n"
        for share, wish, yen in gift.shares
    ]
    texts = (
        f'{no},donation.received,{gift.fy},{on},,,{gift.clauses},"{told}"\n',
        "".join([f"{no}{one}" for one in posted.rows]),
        "".join(own),
        "",
        f"{on}-01 * ({no}) donation.received\n{posted.hledger}",
        f'{on}-01 * "donation.received" "{no}"\n{posted.beancount}',
    )
    return texts, 1 + 3 * len(posted.rows) + len(own)


def _of_line(line: Line) -> tuple[Texts, int]:
    no, on = line.no, line.on
    told = line.told.replace('"', '""')
    posted = _posted(line.posted)
    facts = [no, line.run, on, line.gift, line.share, line.award]
    texts = (
        f'{no},allocation.line,{line.fy},{on},,,{line.clauses},"{told}"\n',
        "".join([f"{no}{one}" for one in posted.rows]),
        "",
        f"{','.join(facts)},{line.yen},{line.rank},{line.use}\n",
        f"{on} * ({no}) allocation.line\n{posted.hledger}",
        f'{on} * "allocation.line" "{no}"\n{posted.beancount}',
    )
    return texts, 2 + 3 * len(posted.rows)


def _journals(no: int, kind: str, on: str, posted: _Posted) -> tuple[str, str]:
    if not posted.rows:
        return "", ""
    day = on if len(on) == 10 else f"{on}-01"
    return (
        f"{day} * ({no}) {kind}\n{posted.hledger}",
        f'{day} * "{kind}" "{no}"\n{posted.beancount}',
    )


class _Posted(NamedTuple):
    """Postings as the files tell them, behind the entry's number or below its first line."""

    rows: tuple[str, ...]
    hledger: str
    beancount: str


@lru_cache(maxsize=1 << 16)
def _posted(listed: str) -> _Posted:
    moves = plain_moves(listed)
    if moves is None:
        raise ValueError("postings")
    return _posted_of(moves)


def _posted_of(moves: Moves) -> _Posted:
    lines = [f"{account_of(account)}  {yen} JPY\n" for account, yen in moves.pairs]
    return _Posted(
        tuple(f",{i},{account},{yen}\n" for i, (account, yen) in enumerate(moves.pairs, 1)),
        "".join(f"    {line}" for line in lines) + "\n",
        "".join(f"  {line}" for line in lines) + "\n",
    )


@lru_cache(maxsize=1 << 16)
def account_of(name: str) -> str:
    """``fund:field:children`` as journals name it: ``Equity:Fund:Field:Children``."""
    root, *parts = name.split(":")
    return ":".join([_ROOTS[root], *(part[0].upper() + part[1:] for part in parts)])


def entry_cells(entry: dict[str, Any]) -> list[Any]:
    """The row of ``entries.csv``."""
    facts = {key: value for key, value in entry.items() if key not in COMMON}
    return [
        entry["no"],
        entry["kind"],
        entry["fy"],
        entry["on"],
        entry.get("reverses"),
        entry.get("reason"),
        " ".join(entry.get("clauses") or ()),
        spelled(facts).decode(),
    ]


def gift_cells(entry: dict[str, Any]) -> list[list[Any]]:
    """The rows of ``gifts.csv``; none for other kinds."""
    if entry["kind"] != "donation.received":
        return []
    first = [entry["gift"], entry["no"], entry["fy"], entry["on"]]
    return [
        [share["share"], *first, share["kind"], share["target"], share["fallback"], share["yen"]]
        for share in entry["shares"]
    ]


def line_cells(entry: dict[str, Any]) -> list[list[Any]]:
    """The row of ``allocations.csv``; none for other kinds."""
    if entry["kind"] != "allocation.line":
        return []
    names = ("no", "run", "on", "gift", "share", "award", "yen", "rank", "use")
    return [[entry.get(name) for name in names]]


def cell(value: Any) -> str:
    """A cell's text; one that a spreadsheet would take for a formula stands behind a mark."""
    text = "" if value is None else str(value)
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + text
    return text


def csv_of(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a table writes them."""
    if not rows:
        return ""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([cell(one) for one in row] for row in rows)
    return out.getvalue()
