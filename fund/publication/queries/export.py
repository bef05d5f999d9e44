"""The rows of a filter as CSV, written by the database itself: memory stays flat at any size."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, String, cast, func, literal, or_, select

from fund.publication.models import public_entry
from fund.publication.queries.filters import LedgerFilter, tag_sets
from fund.publication.queries.pages import above, below
from fund.publication.queries.sums import ends, matching, part_of, tail_condition
from fund.publication.queries.tags import TAGGED

ROWS = 512
"""So many rows make a block worth writing: some 100 kB, whatever the ledger's size."""
_COUNTED = ("in", "committed", "out", "spent", "returned", "left")
_SUMS = (
    *(public_entry.c[f"{word}_yen"].label(word) for word in _COUNTED),
    public_entry.c.size_yen.label("moved"),
)
_CONTRACT = ("no", "on", "kind", "postings", "reverses", "reason")
_NAMES = ", ".join(f'found."{name}"' for name in (*_CONTRACT, *_COUNTED))
_TAGGED_ONE = TAGGED.format(where="e.no = found.no").replace("%", "%%")
_PARTS = (
    f"SELECT {_NAMES}, (SELECT coalesce(sum(yen), 0) FROM ({_TAGGED_ONE}) AS one"
    " WHERE tag = ANY(%(part)s)) AS moved FROM ({rows}) AS found ORDER BY no DESC"
)
"""What a filter asks a part of (an account, a group's money) is summed by that part."""


def csv_blocks(
    connection: Connection,
    wanted: LedgerFilter,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int | None = None,
    sums: bool = False,
) -> Iterator[bytes]:
    """RFC 4180 text with LF line ends and a header, newest entry first, in blocks of bytes.

    The columns are those of ``lines.COLUMNS`` and, with ``sums``, the yen each entry adds to every
    money word and to ``moved``: columns whose sums are those of ``sums.totals``. Nothing in them
    can begin like a formula: they are numbers, days, codes and JSON.
    """
    entry = public_entry.c
    where = ends(connection)
    over, upto = where.counted, where.last
    sets = tag_sets(wanted)
    found = entry.no <= upto
    if limit is not None:
        nos = above(connection, wanted, before, limit, where) if before is not None else None
        if nos is None:
            nos = below(connection, wanted, after, limit, where)
        found = entry.no.in_(nos)
    elif wanted != LedgerFilter():
        counted = entry.no <= over, matching(connection, wanted, sets)
        tail = tail_condition(wanted, sets, over, upto)
        found = or_(counted[0] & counted[1], tail) if upto > over else counted[0] & counted[1]
    body = func.convert_from(entry.body, "UTF8")
    # The canonical body spells its postings once, as a list of flat objects.
    postings = func.split_part(func.split_part(body, '"postings":', 2), "]", 1) + literal("]")
    asked = select(
        entry.no,
        entry.on_text.label("on"),
        entry.kind,
        cast(postings, String).label("postings"),
        entry.reverses,
        entry.reason,
        *(_SUMS if sums else ()),
    ).where(found)
    if after is not None:
        asked = asked.where(entry.no < after)
    if before is not None:
        asked = asked.where(entry.no > before)
    copy, values = _copied(connection, asked.order_by(entry.no.desc()))
    part = part_of(sets) if sums else None
    if part is not None:
        copy, values["part"] = _PARTS.format(rows=copy), list(part.tags)
    yield from _blocks(connection, f"COPY ({copy}) TO STDOUT (FORMAT csv, HEADER true)", values)


def _copied(connection: Connection, asked: Select[Any]) -> tuple[str, dict[str, Any]]:
    """A query as the driver spells it, and its values."""
    compiled = asked.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    return compiled.string, dict(compiled.params)


def _blocks(connection: Connection, copy: str, values: dict[str, Any]) -> Iterator[bytes]:
    """One row after the other is many small writes: joined until they are worth one."""
    raw = connection.connection.driver_connection
    if raw is None:
        raise RuntimeError("the connection was closed")
    with raw.cursor() as cursor, cursor.copy(copy, values) as rows:
        stream = iter(rows)
        while block := b"".join(islice(stream, ROWS)):
            yield block
