"""What must be zero about the signed heads: recomputed from the entries' own bytes."""

from __future__ import annotations

from sqlalchemy import Connection

from fund.platform.invariants import Invariant, by_sql
from fund.publication.log.merkle import Frontier, leaf_hash
from fund.publication.queries import heads


def _head_holds(connection: Connection) -> list[str]:
    """The last signed head, if the entries no longer lead to its root."""
    head = heads.last_head(connection)
    if head is None:
        return []
    tree = Frontier()
    for body in heads.every_body(connection, head.size):
        tree.add(leaf_hash(body))
    if tree.root() == head.root:
        return []
    return [f"size={head.size} signed={head.root.hex()} recomputed={tree.root().hex()}"]


SIGNED = (
    Invariant(
        "log-head-holds",
        "署名した台帳は、いまの台帳から計算し直しても同じ",
        "The entries lead to the root that was signed last",
        _head_holds,
    ),
    by_sql(
        "log-signed-in-time",
        "公開した記帳は、1時間以内に署名されている",
        "No public entry waits longer than an hour for a signed head",
        """
        SELECT count(*) AS unsigned, min(no) AS first FROM public_entry
        WHERE no > (SELECT max(size) FROM log_checkpoint)
          AND appended_at < now() - interval '1 hour'
        HAVING count(*) > 0
        """,
    ),
)
"""While nothing was ever signed (no key yet) there is no head to hold."""
