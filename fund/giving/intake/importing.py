"""A file of gifts: examined without a trace, then staged as a whole, then booked in chunks.

Staging is one transaction: after it the file is in, whatever happens to the process. Booking
goes on chunk by chunk from where it stands, by whoever comes: the command, the worker, or the
command again with the same file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from fund.giving.intake import doubts, queries, store
from fund.giving.intake.booking import CHUNK, book_rows, waiting_rows
from fund.giving.intake.domain import RowFacts, batch_no
from fund.giving.intake.files import Line, Sheet
from fund.giving.intake.models import intake_batch
from fund.giving.intake.reading import Setting, read_row
from fund.giving.intake.uses import Uses, open_uses
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.money import Yen, total
from fund.kernel.sentences import filled
from fund.manual.queries import rules_on
from fund.platform.house import House, Transaction

Progress = Callable[[str, int, int], None]
"""Told what is being done (``read``, ``stage``, ``book``), how many rows are done, of how many."""

DEFAULT_SOURCE = "spreadsheet"
PORTAL = "portal"
_LOOK_UP = 5_000
_TELL_EVERY = 500


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be taken: its number in the file, the column's field, what to do."""

    row: int
    column: str
    what: str


@dataclass(frozen=True)
class Taken:
    """A row that can be taken: its number in the file and what it says."""

    row: int
    facts: RowFacts


@dataclass(frozen=True)
class Doubtful:
    """A row that may be a gift (or a row of a batch) that is there already, and why."""

    row: int
    other: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Examination:
    """What a file would do: new rows, rows there already (row, gift), bad ones, doubtful ones."""

    encoding: str
    rows: int
    new: tuple[Taken, ...]
    already: tuple[tuple[int, str], ...]
    problems: tuple[Problem, ...]
    unknown_columns: tuple[str, ...]
    repeated_columns: tuple[str, ...]
    doubtful: tuple[Doubtful, ...] = ()

    @property
    def new_yen(self) -> Yen:
        """Yen of the new rows, the doubtful ones among them."""
        return total(one.facts.yen for one in self.new)

    @property
    def bad_rows(self) -> int:
        """How many rows cannot be taken."""
        return len({problem.row for problem in self.problems})


@dataclass(frozen=True)
class Result:
    """What an import did: its batch (none when nothing was new), gifts booked, rows in doubt."""

    batch_no: str | None
    booked: int
    doubtful: int


@dataclass
class _Sorting:
    """Rows on their way to an examination."""

    taken: list[Taken] = field(default_factory=list)
    already: list[tuple[int, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class _NothingStays(Exception):  # noqa: N818 - not an error: it ends a dry run
    """Raised at the end of a dry run, so that its transaction leaves nothing."""


def quiet(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def examine(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    sheet: Sheet,
    source: str = "",
    progress: Progress = quiet,
) -> Examination:
    """What importing a file would do now; it is played through and nothing of it stays."""
    found = _examine(house, now, sheet, source, progress)
    if not found.new:
        return found
    doubtful: list[Doubtful] = []

    def rehearse() -> NoReturn:
        with house.transaction(by=by, now=now) as tx:
            batch_id, number = _stage(tx, found)
            doubtful.extend(
                Doubtful(one.position, one.other_gift_no or one.other_batch_no or "", one.reasons)
                for one in queries.open_doubts(tx.connection, batch_id)
            )
            raise _NothingStays(number)

    try:
        rehearse()
    except _NothingStays:
        return replace(found, doubtful=tuple(doubtful))


def _examine(
    house: House, now: dt.datetime, sheet: Sheet, source: str, progress: Progress
) -> Examination:
    with house.database.reading() as connection:
        today = day_in_japan(now)
        rules = rules_on(connection, today)
        uses = open_uses(connection, today, rules.text("fallback.order"))
        setting = Setting(today, PORTAL, source=source or DEFAULT_SOURCE)
        sorting = _Sorting()
        keyed = list(_keyed(_read(sheet.lines, uses, setting, sorting, progress), sorting))
        _look_up(connection, keyed, sorting)
    return Examination(
        encoding=sheet.encoding,
        rows=len(sheet.lines),
        new=tuple(sorting.taken),
        already=tuple(sorted(sorting.already)),
        problems=tuple(sorted(sorting.problems, key=lambda one: one.row)),
        unknown_columns=sheet.header.unknown,
        repeated_columns=sheet.header.repeated,
    )


def _read(
    lines: Sequence[Line], uses: Uses, setting: Setting, sorting: _Sorting, progress: Progress
) -> Iterator[Taken]:
    for count, line in enumerate(lines, start=1):
        try:
            yield Taken(line.number, read_row(line.cells, uses, setting))
        except Invalid as refused:
            sorting.problems += [
                Problem(line.number, name, what) for name, what in refused.fields.items()
            ]
        if count % _TELL_EVERY == 0 or count == len(lines):
            progress("read", count, len(lines))


def _keyed(rows: Iterator[Taken], sorting: _Sorting) -> Iterator[Taken]:
    """Every row with a number of its source; one that has none is known by what it says.

    Rows that say the same and have no number are told apart by counting them, so that the same
    file again has the same keys and two equal gifts stay two.
    """
    seen: dict[tuple[str, str], tuple[int, bytes]] = {}
    equal: dict[tuple[str, bytes], int] = {}
    for one in rows:
        facts, mark = one.facts, one.facts.sha256()
        if facts.source_key is None:
            equal[facts.source, mark] = nth = equal.get((facts.source, mark), 0) + 1
            yield Taken(one.row, replace(facts, source_key=f"#{mark.hex()[:32]}/{nth}"))
            continue
        before = seen.setdefault((facts.source, facts.source_key), (one.row, mark))
        if before[0] == one.row:
            yield one
        elif before[1] == mark:
            sorting.already.append((one.row, f"#{before[0]}"))
        else:
            message = filled(
                "%(row)s行めと同じ番号で、内容がちがいます。正しいほうを残してください",
                row=before[0],
            )
            sorting.problems.append(Problem(one.row, "order_no", message))


def _look_up(connection: Connection, rows: Sequence[Taken], sorting: _Sorting) -> None:
    """Part what is new from what an earlier import or batch has brought."""
    by_source: dict[str, list[Taken]] = {}
    for one in rows:
        by_source.setdefault(one.facts.source, []).append(one)
    for source, its in by_source.items():
        for start in range(0, len(its), _LOOK_UP):
            part = its[start : start + _LOOK_UP]
            keys = [one.facts.source_key or "" for one in part]
            known = queries.known_keys(connection, source, keys)
            for one in part:
                _place(one, known.get(one.facts.source_key or ""), sorting)
    sorting.taken.sort(key=lambda one: one.row)


def _place(one: Taken, known: tuple[bytes, str | None] | None, sorting: _Sorting) -> None:
    if known is None:
        sorting.taken.append(one)
    elif known[0] == one.facts.sha256():
        sorting.already.append((one.row, known[1] or ""))
    else:
        message = "この番号は、別の内容で取り込んであります。番号と内容を確認してください"
        sorting.problems.append(Problem(one.row, "order_no", message))


def _stage(tx: Transaction, found: Examination) -> tuple[int, str]:
    """Write the new rows of a file as one batch, doubtful ones apart; returns its id and number."""
    store.hold_imports(tx)
    today = day_in_japan(tx.now)
    year = fiscal_year(today)
    number = batch_no(year, store.next_serial(tx, intake_batch, f"N{year}-"))
    batch_id = store.add_batch(
        tx,
        no=number,
        kind=PORTAL,
        origin="file",
        state="open",
        day=today,
        place=found.new[0].facts.source,
        expected_count=len(found.new),
        expected_yen=int(found.new_yen),
    )
    row_ids = store.copy_staged(tx, batch_id, ((one.row, one.facts) for one in found.new))
    doubtful = doubts.find(tx, row_ids, among_themselves=False)
    if doubtful:
        store.move_rows(tx, doubtful, "doubtful")
    tx.audit(
        "intake.file-staged",
        number,
        rows=len(found.new),
        yen=int(found.new_yen),
        doubtful=len(doubtful),
    )
    return batch_id, number


def import_file(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    sheet: Sheet,
    source: str = "",
    good_only: bool = False,
    progress: Progress = quiet,
    upload: str | None = None,
) -> tuple[Examination, Result]:
    """Import a file: all of it, or with ``good_only`` its good rows; rows in doubt wait.

    ``upload`` names the uploaded file that this is, so that its page can follow. A file whose
    staging succeeded before is only booked to its end.

    Raises:
        Conflict: when another import brought some of the rows in the same moment.
    """
    found = _examine(house, now, sheet, source, progress)
    if (found.problems and not good_only) or not found.new:
        return found, Result(None, finish_files(house, by=by, now=now, progress=progress), 0)
    progress("stage", 0, len(found.new))
    try:
        with house.transaction(by=by, now=now) as tx:
            batch_id, number = _stage(tx, found)
            waiting = queries.open_doubts(tx.connection, batch_id)
            if upload is not None:
                store.change_import(tx, upload, batch_id=batch_id, total=len(found.new))
            tx.enqueue("giving.book_file", batch_no=number)
    except IntegrityError as error:
        raise Conflict("ほかの取り込みと同時になりました。もう一度行ってください") from error
    booked = book_file(house, by=by, now=now, number=number, progress=progress)
    shown = tuple(
        Doubtful(one.position, one.other_gift_no or one.other_batch_no or "", one.reasons)
        for one in waiting
    )
    in_doubt = len({one.row for one in shown})
    return replace(found, doubtful=shown), Result(number, booked, in_doubt)


def book_file(
    house: House, *, by: Actor, now: dt.datetime, number: str, progress: Progress = quiet
) -> int:
    """Book what is staged and not booked of a file's batch, chunk by chunk; returns how many.

    Repeatable and safe beside another that does the same: a chunk holds the batch.

    Raises:
        NotFound: for a batch that came from no file.
    """
    booked = 0
    while True:
        with house.transaction(by=by, now=now) as tx:
            batch = store.lock_batch(tx, number)
            if batch is None or batch.origin != "file":
                raise NotFound("取り込みが見つかりません")
            if batch.state != "open":
                return booked
            rows = waiting_rows(tx, batch.id, CHUNK)
            if not rows:
                if not store.has_doubtful(tx, batch.id):
                    store.change_batch(tx, batch.id, state="booked")
                    tx.audit("intake.file-booked", number)
                tx.enqueue("giving.invite_choices", batch_no=number)
                return booked
            book_rows(tx, rows, sample=house.settings.demo)
            booked += len(rows)
        progress("book", booked, batch.expected_count)


def finish_files(house: House, *, by: Actor, now: dt.datetime, progress: Progress = quiet) -> int:
    """Book to the end what an interrupted import has left; returns how many gifts."""
    with house.database.reading() as connection:
        numbers = queries.unfinished_files(connection)
    return sum(
        book_file(house, by=by, now=now, number=number, progress=progress) for number in numbers
    )
