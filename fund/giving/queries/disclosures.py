"""Names that donors chose to show, as they stand now: withdrawn ones are gone."""

from __future__ import annotations

from sqlalchemy import Connection, select

from fund.giving.models import gift


def every_published_name(connection: Connection) -> dict[str, str]:
    """Gift number to display name of every accepted gift whose donor publishes one."""
    rows = connection.execute(
        select(gift.c.no, gift.c.display_name)
        .where(gift.c.publish_name, gift.c.accepted_on.is_not(None))
        .order_by(gift.c.no)
    )
    return {row.no: row.display_name for row in rows}
