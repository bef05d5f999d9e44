"""What must be zero about the manual: nobody has touched what was published."""

from __future__ import annotations

import json

from sqlalchemy import Connection

from fund.kernel.errors import Invalid
from fund.manual import queries
from fund.manual.domain import Edition, read_edition
from fund.platform.invariants import Invariant, by_sql


def _read_otherwise(connection: Connection) -> list[str]:
    """Editions whose clauses, parameters or days differ from the document that was hashed."""
    return [
        f"edition={head.code}"
        for head in queries.editions(connection)
        if _decided(queries.body(connection, head.code)) != queries.edition(connection, head.code)
    ]


def _decided(body: bytes | None) -> Edition | None:
    """The edition that stored bytes hold; None if they hold none.

    An edition of the past may lack what the house has come to need since.
    """
    try:
        document = json.loads(body or b"")
        return read_edition(document, complete=False) if isinstance(document, dict) else None
    except (ValueError, Invalid):
        return None


INVARIANTS: tuple[Invariant, ...] = (
    by_sql(
        "editions-unaltered",
        "手引きの版のデータは、公表したときの指紋と合う",
        "The data of every edition has the fingerprint under which it was published",
        "SELECT code AS edition FROM edition WHERE sha256(body) <> sha256 ORDER BY effective_on",
    ),
    Invariant(
        "editions-read-as-published",
        "手引きの条と数は、公表した版のデータのとおり",
        "The clauses and parameters of every edition are those of its published data",
        _read_otherwise,
    ),
)
