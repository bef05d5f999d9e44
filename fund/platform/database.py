"""The one way to the database: every transaction of the house opens and commits here."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from fund.kernel.errors import Unavailable

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_RESTING_SINCE, _IDLE_SECONDS = "fund_resting_since", 2.0

_in_transaction: ContextVar[bool] = ContextVar("fund_in_transaction", default=False)


def assert_outside_transaction(what: str) -> None:
    """Refuse to call the outside (provider, mail, PDF) while a transaction is open.

    Raises:
        RuntimeError: if this thread or task holds an open transaction of the house.
    """
    if _in_transaction.get():
        raise RuntimeError(f"{what} was called inside an open transaction")


def ping_after_idling(engine: Engine) -> None:
    """Ask a pooled connection whether it still lives, but only one that lay idle for a while.

    A server that restarts closes all its connections: whoever is in a statement then sees the
    error, and the pool throws the others away with it. What this finds are connections that
    died while nobody looked; asking busy ones costs a round trip for every transaction.
    """

    @event.listens_for(engine, "checkin")
    def rest(_raw: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[_RESTING_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def look(raw: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        since = record.info.get(_RESTING_SINCE)
        if since is None or time.monotonic() - since < _IDLE_SECONDS:
            return
        try:
            alive = engine.dialect.do_ping(raw)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error
        if not alive:
            raise DisconnectionError


WRITING = "-c enable_seqscan=off"
"""For sessions that write. A session keeps the plans of its foreign keys and laws; one made while
a table had a page reads the whole table for every row, however large it grows, until the table is
analysed anew: an import of thousands into young books would read them all thousands of times."""
_ALWAYS = "-c timezone=UTC -c lock_timeout=10s -c jit=off"
"""Compiling a query takes seconds where all our queries take milliseconds: jit off."""


class Database:
    """Connections as one role; ``transaction`` and ``at_once`` write, ``reading`` only reads.

    Who writes and who reads have pools of their own, because their sessions plan differently.
    """

    def __init__(self, url: str, *, pooled: bool = True) -> None:
        self._reading = _engine(url, _ALWAYS, pooled=pooled)
        self._writing = _engine(url, f"{_ALWAYS} {WRITING}", pooled=pooled)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One writing transaction: commits at the end of the block, rolls back on any error.

        Deferred constraints are checked by the commit itself; their errors leave the block
        like those of a statement in it.

        Raises:
            RuntimeError: if a transaction is already open here; commands do not nest.
        """
        if _in_transaction.get():
            raise RuntimeError("a transaction is already open: commands do not nest")
        with self._writing.connect() as connection, connection.begin():
            token = _in_transaction.set(True)
            try:
                yield connection
            finally:
                _in_transaction.reset(token)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[Connection]:
        """For one statement that is a whole transaction: done and safe in a single round trip.

        Each statement commits by itself, so exactly one writes in the block.

        Raises:
            RuntimeError: if a transaction is already open here; commands do not nest.
        """
        if _in_transaction.get():
            raise RuntimeError("a transaction is already open: commands do not nest")
        with self._writing.connect() as pooled:
            token = _in_transaction.set(True)
            try:
                yield pooled.execution_options(isolation_level="AUTOCOMMIT")
            finally:
                _in_transaction.reset(token)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only transaction with one snapshot for the whole block."""
        with self._reading.connect() as pooled:
            connection = pooled.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with connection.begin():
                yield connection

    def ping(self) -> None:
        """Ask the server for one row.

        Raises:
            Unavailable: when the database cannot be reached.
        """
        try:
            with self._reading.connect() as connection:
                connection.execute(text("SELECT 1"))
        except Exception as error:
            raise Unavailable("データベースに接続できません") from error

    def close(self) -> None:
        """Return every pooled connection to the server."""
        self._reading.dispose()
        self._writing.dispose()


def _engine(url: str, options: str, *, pooled: bool) -> Engine:
    given = {} if pooled else {"poolclass": NullPool}
    made = create_engine(driver_url(url), connect_args={"options": options}, **given)
    if pooled:
        ping_after_idling(made)
    return made


def driver_url(url: str) -> str:
    """Any PostgreSQL URL with the driver of the house (psycopg 3) named in it."""
    for scheme in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    raise ValueError("DATABASE_URL must begin with postgresql://")


def libpq_url(url: str) -> str:
    """The same URL as libpq tools and procrastinate read it."""
    return "postgresql://" + driver_url(url).removeprefix("postgresql+psycopg://")
