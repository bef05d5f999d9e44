"""Reading the ledger for the API: entries with proofs, totals, gifts, allocations, balances."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from fund.giving import queries as giving
from fund.kernel.canonical import Json
from fund.kernel.errors import NotFound
from fund.kernel.money import Yen
from fund.platform.house import House
from fund.platform.web.query import Query
from fund.publication import queries
from fund.publication.api.answers import Found, Rows, of_ledger
from fund.publication.api.parameters import Asked
from fund.publication.dictionary.columns import ALLOCATIONS
from fund.publication.dictionary.fields import Record
from fund.publication.domain.entries import shares_of
from fund.publication.forms import MAX_NO, read_ledger
from fund.publication.lines import postings_json
from fund.publication.log.merkle import leaf_hash
from fund.publication.proofs import path_of
from fund.publication.queries import LedgerFilter, LedgerRow, heads
from fund.publication.release.rows import allocation_rows

FOLLOWING = 1_000
"""So many entries of one gift or grant are named."""
_FIRST_YEAR = dt.date(1000, 1, 1)
_PLACE = frozenset({"after", "limit", "order"})


def wanted_of(asked: Asked) -> LedgerFilter:
    """The filter of the ledger's page that the arguments ask for.

    Raises:
        Invalid: when bounds stand in the wrong order.
    """
    args = {name: value for name, value in asked.values.items() if name not in _PLACE}
    days = {name: max(day, _FIRST_YEAR) for name in ("from", "to") if (day := asked.day(name))}
    # Entries begin long after; years of three digits are nothing people write.
    args.update({name: day.isoformat() for name, day in days.items()})
    return read_ledger(Query(MultiDict(args))).wanted


def entry_record(row: LedgerRow) -> dict[str, Json]:
    """An entry as the API shows it."""
    return {
        "no": row.no,
        "kind": row.kind,
        "fy": row.fy,
        "on": row.on,
        "postings": postings_json(row),
        "reverses": row.reverses,
        "reversed_by": row.reversed_by,
        "reason": row.reason,
        "clauses": list(row.clauses),
        "facts": dict(row.facts),
        "in": int(row.came_in),
        "committed": int(row.committed),
        "out": int(row.out),
        "spent": int(row.spent),
        "returned": int(row.returned),
        "left": int(row.left),
        "sha256": row.sha256,
    }


@of_ledger
def entries(connection: Connection, asked: Asked) -> Rows:
    """A page of entries, newest or oldest first."""
    wanted, after = wanted_of(asked), asked.integer("after")
    if asked.text("order") == "oldest":
        rows, more = queries.page_before(connection, wanted, after or 0, asked.limit)
        rows = rows[::-1]
        following = rows[-1].no if rows and more is not None else None
    else:
        rows, following = queries.page(connection, wanted, after, asked.limit)
    return [entry_record(row) for row in rows], following


def entry(house: House, asked: Asked) -> Found:
    """One entry with its place under the last signed head."""
    no = int(asked["no"])
    with house.database.reading() as connection:
        row = queries.entry(connection, no) if no <= MAX_NO else None
        head = heads.last_head(connection)
        moment = queries.as_of(connection)
    if row is None:
        raise NotFound("この番号の記帳はありません")
    proof = _proof(house, row, head) if head is not None and row.no <= head.size else None
    record = {**entry_record(row), "body": row.body.decode(), "proof": proof}
    return Found([record], as_of=moment)


def _proof(house: House, row: LedgerRow, head: heads.Head) -> Record | None:
    """The proof; None while the log's files are being laid out again."""
    try:
        hashes = path_of(house, row.no, head.size)
    except FileNotFoundError:
        return None
    return {
        "index": row.no - 1,
        "size": head.size,
        "leaf": leaf_hash(row.body).hex(),
        "hashes": hashes,
        "root": head.root.hex(),
        "checkpoint": head.note,
    }


@of_ledger
def totals(connection: Connection, asked: Asked) -> Rows:
    """Sums of exactly what the filter finds."""
    sums = queries.totals(connection, wanted_of(asked))
    record: Record = {
        "in": int(sums.came_in),
        "committed": int(sums.committed),
        "out": int(sums.out),
        "spent": int(sums.spent),
        "returned": int(sums.returned),
        "left": int(sums.left),
        "kept": int(sums.kept),
        "moved": int(sums.moved),
        "entries": sums.entries,
    }
    return [record], None


@of_ledger
def gifts(connection: Connection, asked: Asked) -> Rows:
    """A page of accepted gifts, newest first."""
    wanted = replace(wanted_of(asked), kinds=("donation.received",))
    rows, following = queries.page(connection, wanted, asked.integer("after"), asked.limit)
    return _gift_records(connection, rows), following


@of_ledger
def gift(connection: Connection, asked: Asked) -> Rows:
    """One accepted gift with the entries that follow it."""
    found, _more = queries.related(
        connection, column="gift_no", value=asked["gift"], limit=FOLLOWING
    )
    accepted = [row for row in found if row.kind == "donation.received"]
    if not accepted:
        raise NotFound("この番号の寄附は、公開の台帳にありません")
    record = dict(_gift_records(connection, accepted[:1])[0])
    return [{**record, "entries": entry_numbers(found)}], None


def entry_numbers(rows: list[LedgerRow]) -> list[Json]:
    """Numbers of entries as a list of small objects, open for more columns."""
    return [{"no": row.no} for row in rows]


def _gift_records(connection: Connection, rows: list[LedgerRow]) -> list[Record]:
    numbers = [no for row in rows if (no := row.text("gift"))]
    names = giving.published_names(connection, numbers) if numbers else {}
    return [
        {
            "gift": row.text("gift"),
            "no": row.no,
            "fy": row.fy,
            "month": row.on,
            "yen": int(row.came_in),
            "shares": [dict(share) for share in shares_of(row.facts)],
            "name": names.get(row.text("gift") or ""),
        }
        for row in rows
    ]


@of_ledger
def allocations(connection: Connection, asked: Asked) -> Rows:
    """A page of allocation lines, newest first."""
    wanted = replace(wanted_of(asked), kinds=("allocation.line",))
    rows, following = queries.page(connection, wanted, asked.integer("after"), asked.limit)
    return line_records(rows), following


def line_records(rows: list[LedgerRow]) -> list[Record]:
    """Allocation lines as the release lists them."""
    names = ALLOCATIONS.header
    return [
        dict(zip(names, cells, strict=True))
        for row in rows
        for cells in allocation_rows(json.loads(row.body))
    ]


@of_ledger
def balances(connection: Connection, asked: Asked) -> Rows:
    """Balances by account, zero ones left out; at the end of the day ``to`` if asked."""
    day, after = asked.day("to"), asked.text("after") or ""
    found = queries.balances(connection) if day is None else queries.balances(connection, day)
    rest = [(account, yen) for account, yen in found.items() if account > after]
    shown: list[tuple[str, Yen]] = rest[: asked.limit]
    following = shown[-1][0] if len(rest) > asked.limit else None
    return [{"account": account, "yen": int(yen)} for account, yen in shown], following
