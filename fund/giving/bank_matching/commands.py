"""Taking a file in and matching its lines: certain ones at once, likely ones after a tap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from fund.giving.bank_matching import acts, queries
from fund.kernel.actor import Actor
from fund.kernel.errors import Conflict, DomainError, NotFound
from fund.payments.bank import commands as bank_commands
from fund.payments.bank import queries as bank
from fund.payments.bank import store as bank_store
from fund.payments.bank.commands import TakenIn
from fund.payments.bank.matching import Proposal, certain
from fund.payments.bank.store import NewMatch
from fund.platform.house import House, Transaction

AT_ONCE = 200
"""Pairs of one transaction: enough to be quick, few enough to show progress and to hold no lock
for long."""

Progress = Callable[[int, int, int], None]
"""Called with (looked at, all, matched) after each transaction."""


@dataclass(frozen=True)
class Matched:
    """What level A did: how many lines it looked at and how many it matched."""

    looked_at: int
    matched: int


def no_progress(done: int, total: int, matched: int) -> None:
    """Nobody watches."""


def match_certain(
    house: House, *, by: Actor, now: dt.datetime, progress: Progress = no_progress
) -> Matched:
    """Match every open line that can only be one thing (level A), in small transactions.

    May be repeated and may run twice at the same time: what the other one took is left alone.
    """
    with house.database.reading() as connection:
        lines = [queries.as_open(line) for line in bank.open_lines(connection)]
        if not lines:
            return Matched(0, 0)
        days = [line.day for line in lines]
        facts = [item.fact for item in queries.expected(connection, min(days), max(days))]
    pairs = certain(lines, facts)
    left_over, matched = len(lines) - len(pairs), 0
    for start in range(0, len(pairs), AT_ONCE):
        chunk = pairs[start : start + AT_ONCE]
        matched += _match_chunk(house, by, now, chunk)
        progress(left_over + start + len(chunk), len(lines), matched)
    return Matched(len(lines), matched)


def _match_chunk(house: House, by: Actor, now: dt.datetime, chunk: Sequence[Proposal]) -> int:
    """All pairs in one transaction; if one of them was taken meanwhile, each in its own."""
    try:
        with house.transaction(by=by, now=now) as tx:
            _match_all(tx, chunk)
    except (IntegrityError, Conflict, NotFound):
        if len(chunk) == 1:
            return 0
        return sum(_match_chunk(house, by, now, [pair]) for pair in chunk)
    return len(chunk)


def _match_all(tx: Transaction, chunk: Sequence[Proposal]) -> None:
    waiting = {str(pair.fact.id[1]): [pair.line] for pair in chunk if pair.fact.waits}
    booked = [
        NewMatch(pair.line, int(pair.fact.id[1]), pair.fact.yen, pair.fact.what, "A")
        for pair in chunk
        if not pair.fact.waits
    ]
    if waiting:
        acts.match_gifts(tx, waiting, "A")
    bank_store.add_matches(tx, booked)
    tx.audit("bank.matched-certain", "bank", lines=len(chunk), already_booked=len(booked))


def take_in_file(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    number: str,
    good_rows_only: bool = False,
    progress: Progress = no_progress,
) -> tuple[TakenIn, Matched]:
    """Write a kept file's lines and match what is certain, noting progress for its page.

    Raises:
        Invalid, Conflict, NotFound: see ``payments.bank.commands.take_in``; nothing is written
            then.
    """
    taken = bank_commands.take_in(
        house, by=by, now=now, number=number, good_rows_only=good_rows_only
    )
    return taken, finish_file(
        house, by=by, now=now, number=number, total=taken.new, progress=progress
    )


def finish_file(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    number: str,
    total: int,
    progress: Progress = no_progress,
) -> Matched:
    """Match after a file is in; also the rest of a file whose worker was killed in between."""

    def note(done: int, of: int, matched: int) -> None:
        shown = min(done, total)
        bank_commands.note_progress(
            house, by=by, now=now, number=number, done=shown, matched=matched
        )
        progress(done, of, matched)

    found = match_certain(house, by=by, now=now, progress=note)
    bank_commands.close_import(house, by=by, now=now, number=number, matched=found.matched)
    return found


@dataclass(frozen=True)
class Choice:
    """One tick on the desk: this line is this fact (``("entry", id)`` or ``("gift", no)``)."""

    line_id: int
    fact: tuple[str, int | str]


def confirm(
    house: House, *, by: Actor, now: dt.datetime, choices: Sequence[Choice]
) -> dict[int, str]:
    """Match what was ticked, each in its own transaction; returns line id → why it was refused."""
    refused = {}
    for choice in choices:
        try:
            match_by_hand(
                house, by=by, now=now, line_ids=[choice.line_id], fact=choice.fact, level="B"
            )
        except DomainError as error:
            refused[choice.line_id] = str(error)
    return refused


def match_by_hand(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    line_ids: Sequence[int],
    fact: tuple[str, int | str],
    yen: int | None = None,
    level: str = "C",
) -> None:
    """Match a line (or, for a waiting gift, several) with one fact; ``yen`` splits the line.

    Raises:
        NotFound, Conflict, Invalid: see ``acts.match_entry`` and ``acts.match_gifts``.
    """
    kind, key = fact
    with _refusing_doubles(), house.transaction(by=by, now=now) as tx:
        if kind == "gift":
            acts.match_gifts(tx, {str(key): line_ids}, level)
        else:
            for line_id in line_ids:
                acts.match_entry(tx, line_id, int(key), level, yen)
        for line_id in line_ids:
            tx.audit("bank.matched", _address(tx, line_id), level=level, fact=f"{kind}:{key}")


def book_line(
    house: House, *, by: Actor, now: dt.datetime, line_id: int, what: str, yen: int | None = None
) -> None:
    """Book a line as the till's cash, a fee, the ward's reimbursement or interest.

    Raises:
        NotFound, Conflict, Invalid: see ``acts.book_as``.
    """
    with _refusing_doubles(), house.transaction(by=by, now=now) as tx:
        acts.book_as(tx, line_id, what, yen)
        tx.audit("bank.booked", _address(tx, line_id), what=what)


def ignore_line(house: House, *, by: Actor, now: dt.datetime, line_id: int, reason: str) -> None:
    """Set a line aside with a reason; it stays listed among what explains the difference.

    Raises:
        Conflict, Invalid: see ``payments.bank.commands.ignore``.
    """
    with _refusing_doubles(), house.transaction(by=by, now=now) as tx:
        bank_commands.ignore(tx, line_id, reason)
        tx.audit("bank.ignored", _address(tx, line_id))


def unmatch(house: House, *, by: Actor, now: dt.datetime, match_id: int, reason: str) -> None:
    """Take a match back with a reason; what it had booked is reversed.

    Raises:
        NotFound, Conflict, Invalid: see ``acts.take_back``.
    """
    with _refusing_doubles(), house.transaction(by=by, now=now) as tx:
        line = bank_store.live_match(tx, match_id).line_id
        acts.take_back(tx, match_id, reason)
        tx.audit("bank.unmatched", _address(tx, line), match=match_id)


def _address(tx: Transaction, line_id: int) -> str:
    line = bank.line_by_id(tx.connection, line_id)
    return f"{line.statement_no}/{line.row}" if line else str(line_id)


class _refusing_doubles:  # noqa: N801 - a context manager reads as a verb
    """Two people took the same yen at the same moment: the later one is told, not the log."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError):
            raise Conflict(
                "この行は、ほかの人が同時に照合しました。画面を読み直してください"
            ) from error
