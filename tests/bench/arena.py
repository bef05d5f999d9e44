"""Where the measurements run: a durable PostgreSQL of their own, seeded books, threads.

Everything is synthetic (見本). The server is set up as an installation has it: on disk, fsync on,
its defaults otherwise. Nothing here judges; it counts.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import platform
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "giving")]

import giving_books  # noqa: E402 - found through the path above
from houses import ENVIRONMENT  # noqa: E402

from fund.giving.commands import begin_donation  # noqa: E402
from fund.kernel.money import Yen  # noqa: E402
from fund.payments.domain import CheckoutFacts  # noqa: E402
from fund.platform.cluster import (  # noqa: E402
    APP,
    OWNER,
    SUPERUSER,
    Cluster,
    create_database,
    ensure_cluster,
    stop_cluster,
)
from fund.platform.house import House  # noqa: E402
from fund.platform.migrate import upgrade  # noqa: E402
from fund.platform.settings import read_settings  # noqa: E402
from fund.wiring import build_house  # noqa: E402

YEN = 10_000
PAID_AT = giving_books.NOW + dt.timedelta(hours=1)

_CLONE = """
INSERT INTO {table} OVERRIDING SYSTEM VALUE
SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(one) || {own})).*
FROM (SELECT * FROM {table} WHERE {chosen} LIMIT 1) AS one, generate_series(1, %(count)s) AS n
"""
_ID = "(SELECT coalesce(max(id), 0) FROM {table}) + n"
_HASH = "'\\x' || encode(sha256(n::text::bytea), 'hex')"


def gift_no(number: int) -> str:
    """The public number of the seeded gift ``number``."""
    return f"G-{number:08d}"


def payment_no(number: int) -> str:
    """The public number of its payment."""
    return f"P-{number:010d}"


def event_id(number: int) -> str:
    """The provider's event about it."""
    return f"evt_seed{number:010d}"


@dataclass(frozen=True)
class Arena:
    """A running cluster, one migrated database with books, and the house that works on it."""

    cluster: Cluster
    name: str
    house: House
    environment: dict[str, str]

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Rows read as the superuser."""
        with self.superuser() as connection:
            return connection.execute(sql, values).fetchall()

    def superuser(self) -> psycopg.Connection:
        """A connection that may do everything, for seeding."""
        return psycopg.connect(self.cluster.dsn(SUPERUSER, self.name), autocommit=True)

    def seed(self, count: int) -> None:
        """Put ``count`` gifts on the hosted page, numbered from 1; clones of a real one."""
        begun = begin_donation(
            self.house,
            by=giving_books.PUBLIC,
            now=giving_books.NOW,
            offer=giving_books.offer("seed" * 8, YEN),
        )
        own = {
            "gift": "'no', 'G-' || lpad(n::text, 8, '0'), 'form_key', 'seed-form-' || n,"
            f" 'secret_hash', {_HASH}",
            "payment": "'no', 'P-' || lpad(n::text, 10, '0'), 'state', 'open',"
            " 'gift_no', 'G-' || lpad(n::text, 8, '0'), 'session_id', 'cs_seed' || n",
        }
        with self.superuser() as connection:
            for table, values in own.items():
                identity = _ID.format(table=table)
                sql = _CLONE.format(
                    table=table,
                    chosen=f"{'no' if table == 'gift' else 'gift_no'} = %(gift)s",
                    own=f"jsonb_build_object('id', {identity}, {values})",
                )
                connection.execute(sql, {"gift": begun.gift_no, "count": count})
            connection.execute(
                "INSERT INTO provider_event (id, type, object_id, livemode, body, received_at,"
                " state) SELECT 'evt_seed' || lpad(n::text, 10, '0'), 'checkout.session.completed',"
                " 'cs_seed' || n, false, '', now(), 'pending' FROM generate_series(1, %s) AS n",
                [count],
            )
            connection.execute("VACUUM ANALYZE")


def facts(number: int) -> CheckoutFacts:
    """What the provider says of a seeded payment once it is paid."""
    return CheckoutFacts(
        session_id=f"cs_seed{number}",
        payment_no=payment_no(number),
        status="complete",
        paid=True,
        yen=Yen(YEN),
        currency="jpy",
        livemode=False,
        intent_id=f"pi_seed{number:010d}",
        intent_status="succeeded",
        paid_at=PAID_AT,
        failure_code=None,
    )


@contextlib.contextmanager
def opened(place: Path | None = None) -> Iterator[Cluster]:
    """A new durable cluster in a directory of its own, gone afterwards; one at a place stays."""
    directory = place or Path(tempfile.mkdtemp(prefix="fund-bench-"))
    try:
        yield ensure_cluster(directory)
    finally:
        stop_cluster(directory)
        if place is None:
            shutil.rmtree(directory)


def exists(cluster: Cluster, name: str) -> bool:
    """Whether a former run left its database at this place."""
    with psycopg.connect(cluster.dsn(SUPERUSER, "postgres")) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


@contextlib.contextmanager
def arena(cluster: Cluster, name: str) -> Iterator[Arena]:
    """A database with an edition of the manual, made unless it is there; the house over it."""
    if not exists(cluster, name):
        create_database(cluster, name)
        upgrade(cluster.dsn(OWNER, name))
        giving_books.write_books(cluster.dsn(OWNER, name))
    environment = {
        **ENVIRONMENT,
        "DATABASE_URL": cluster.dsn(APP, name),
        "FUND_DATA_DIR": str(cluster.data_dir),
    }
    house = build_house(read_settings(environment))
    try:
        yield Arena(cluster, name, house, environment)
    finally:
        house.database.close()


def per_second(work: Callable[[int], object], numbers: range, threads: int = 1) -> float:
    """How often ``work(number)`` was done in a second, by so many threads of this process."""
    failed: list[BaseException] = []
    start = threading.Barrier(threads + 1)

    def one(mine: range) -> None:
        start.wait()
        try:
            for number in mine:
                work(number)
        except BaseException as error:  # noqa: BLE001 - the measurement fails as a whole
            failed.append(error)

    each = len(numbers) // threads
    parts = [numbers[at * each : (at + 1) * each] for at in range(threads)]
    workers = [threading.Thread(target=one, args=(part,)) for part in parts]
    for worker in workers:
        worker.start()
    start.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    if failed:
        raise failed[0]
    return each * threads / (time.perf_counter() - began)


def machine(cluster: Cluster | None = None) -> dict[str, object]:
    """What a reader must know to judge the figures; of the database where one is measured."""
    server = {} if cluster is None else {"postgresql": _server(cluster)}
    models = {
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    }
    return {
        "date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": os.cpu_count(),
        "cpu": ", ".join(sorted(models)),
        "load_before": round(os.getloadavg()[0], 1),
        **server,
        "python": platform.python_version(),
    }


def _server(cluster: Cluster) -> str:
    with psycopg.connect(cluster.dsn(SUPERUSER, "postgres")) as connection:
        version, fsync = connection.execute(
            "SELECT current_setting('server_version'), current_setting('fsync')"
        ).fetchone() or ("", "")
    return f"{version} (fsync {fsync})"
