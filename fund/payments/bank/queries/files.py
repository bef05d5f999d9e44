"""Saved readings, files on their way in, statements; and what a file would bring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from fund.kernel.money import Yen
from fund.payments.bank.domain import fingerprints
from fund.payments.bank.formats import Line, Statement
from fund.payments.bank.models import bank_import, bank_line, bank_profile, bank_statement


@dataclass(frozen=True)
class ProfileView:
    """A saved reading: ``settings`` are texts, see ``formats.generic_csv.Columns``."""

    code: str
    title: str
    format: str
    account: str
    file_account: str
    settings: Mapping[str, str]


@dataclass(frozen=True)
class KeptFile:
    """A file with its bytes (None once they are forgotten)."""

    profile_code: str
    filename: str
    state: str
    good_rows_only: bool
    body: bytes | None


@dataclass(frozen=True)
class ImportView:
    """How far a file is on its way in; ``done`` of ``total`` new lines have been looked at."""

    no: str
    profile_code: str
    filename: str
    state: str
    total: int
    done: int
    matched: int
    outcome: str
    statement_no: str | None
    created_at: dt.datetime
    created_by: str


@dataclass(frozen=True)
class StatementView:
    """A file that is in: yen are sums over its rows, balances around them (None: not said)."""

    id: int
    no: str
    account: str
    profile_code: str
    format: str
    filename: str
    encoding: str
    rows: int
    new_rows: int
    problems: int
    yen: Yen
    first_day: dt.date
    last_day: dt.date
    opening: int | None
    closing: int | None
    imported_at: dt.datetime
    imported_by: str


@dataclass(frozen=True)
class Report:
    """What taking a file in would do; nothing is written.

    ``gap`` is by how many yen the file's first balance differs from what the lines before it add
    up to (None where there is nothing to compare): a file is missing in between.
    """

    statement: Statement
    new: int
    earlier_no: str | None
    gap: int | None

    @property
    def known(self) -> int:
        """Rows that are in the books already."""
        return len(self.statement.lines) - self.new

    @property
    def first_rows(self) -> tuple[Line, ...]:
        """The beginning of the file, for a look."""
        return self.statement.lines[:20]


def profiles(connection: Connection) -> list[ProfileView]:
    """Every saved reading, by code."""
    return [
        ProfileView(row.code, row.title, row.format, row.account, row.file_account, row.settings)
        for row in connection.execute(select(bank_profile).order_by(bank_profile.c.code))
    ]


def profile(connection: Connection, code: str) -> ProfileView | None:
    """One saved reading."""
    return next((found for found in profiles(connection) if found.code == code), None)


def kept_file(connection: Connection, number: str) -> KeptFile | None:
    """A file on its way in, with its bytes."""
    row = connection.execute(select(bank_import).where(bank_import.c.no == number)).one_or_none()
    if row is None:
        return None
    body = None if row.body is None else bytes(row.body)
    return KeptFile(row.profile_code, row.filename, row.state, row.good_rows_only, body)


def import_of(connection: Connection, number: str) -> ImportView | None:
    """How far a file is."""
    row = connection.execute(
        select(bank_import, bank_statement.c.no.label("statement_no"))
        .outerjoin(bank_statement, bank_statement.c.id == bank_import.c.statement_id)
        .where(bank_import.c.no == number)
    ).one_or_none()
    if row is None:
        return None
    return ImportView(
        no=row.no,
        profile_code=row.profile_code,
        filename=row.filename,
        state=row.state,
        total=row.total,
        done=row.done,
        matched=row.matched,
        outcome=row.outcome,
        statement_no=row.statement_no,
        created_at=row.created_at,
        created_by=row.created_by,
    )


_STATEMENTS = select(
    *(bank_statement.c[name] for name in StatementView.__dataclass_fields__)
).order_by(bank_statement.c.last_day.desc(), bank_statement.c.id.desc())


def statements(connection: Connection, limit: int | None = None) -> list[StatementView]:
    """Every statement, the latest days first."""
    query = _STATEMENTS if limit is None else _STATEMENTS.limit(limit)
    return [_statement(row._asdict()) for row in connection.execute(query)]


def statement(connection: Connection, number: str) -> StatementView | None:
    """One statement by its number."""
    row = connection.execute(_STATEMENTS.where(bank_statement.c.no == number)).one_or_none()
    return _statement(row._asdict()) if row else None


def statement_of_file(
    connection: Connection, account: str, sha256: bytes, reading: str
) -> StatementView | None:
    """The statement that this very file, read in this very way, became before."""
    row = connection.execute(
        _STATEMENTS.where(
            bank_statement.c.account == account,
            bank_statement.c.sha256 == sha256,
            bank_statement.c.reading == reading,
        )
    ).one_or_none()
    return _statement(row._asdict()) if row else None


def _statement(values: dict[str, object]) -> StatementView:
    return StatementView(**{**values, "yen": Yen(int(str(values["yen"])))})  # type: ignore[arg-type]


def kinds_of_statements(connection: Connection, account: str) -> tuple[bool, bool]:
    """Whether the account has full statements, and whether it has notices."""
    found = set(
        connection.scalars(
            select(bank_statement.c.notices).where(bank_statement.c.account == account).distinct()
        )
    )
    return False in found, True in found


def report(
    connection: Connection, found: ProfileView, statement: Statement, earlier: StatementView | None
) -> Report:
    """Which rows of a file are new, and whether it joins what is in the books."""
    marks = list(fingerprints(found.account, statement.lines, counted=statement.counted))
    known = {
        bytes(mark)
        for mark in connection.scalars(
            select(bank_line.c.fingerprint).where(bank_line.c.fingerprint == func.any(marks))
        )
    }
    return Report(
        statement=statement,
        new=sum(mark not in known for mark in marks),
        earlier_no=earlier.no if earlier else None,
        gap=_gap(connection, found.account, statement, marks),
    )


def _gap(
    connection: Connection, account: str, statement: Statement, marks: Sequence[bytes]
) -> int | None:
    """What is missing between the lines in the books and the file's first balance, in yen.

    A file joins the end of the day before, or any line of its first day that it does not hold.
    """
    first = statement.first_day
    base = connection.execute(
        select(bank_statement.c.first_day, bank_statement.c.opening)
        .where(bank_statement.c.account == account, bank_statement.c.opening.is_not(None))
        .order_by(bank_statement.c.first_day, bank_statement.c.id)
        .limit(1)
    ).one_or_none()
    if base is None or first is None or statement.opening is None or first <= base.first_day:
        return None
    before = connection.execute(
        select(func.coalesce(func.sum(bank_line.c.yen), 0)).where(
            bank_line.c.account == account,
            bank_line.c.day >= base.first_day,
            bank_line.c.day < first,
        )
    ).scalar_one()
    balances = [base.opening + before]
    balances += connection.scalars(
        select(bank_line.c.balance)
        .where(
            bank_line.c.account == account,
            bank_line.c.day == first,
            bank_line.c.balance.is_not(None),
            bank_line.c.fingerprint != func.all(list(marks)),
        )
        .order_by(bank_line.c.id)
    )
    return 0 if statement.opening in balances else int(statement.opening - balances[-1])
