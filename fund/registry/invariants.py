"""What must be zero about the register."""

from __future__ import annotations

from fund.platform.invariants import by_sql

INVARIANTS = (
    by_sql(
        "group-fields-known",
        "団体の分野は、すべて分野の一覧にある",
        "Every field of a group stands in the list of fields",
        """
        SELECT civic_group.no AS group, named.code AS field
        FROM civic_group CROSS JOIN LATERAL unnest(civic_group.fields) AS named (code)
        WHERE NOT EXISTS (SELECT FROM field WHERE field.code = named.code)
        ORDER BY 1, 2
        """,
    ),
)
