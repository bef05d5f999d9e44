"""Who stands behind gifts, only to count people: nothing here says who they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import Connection, text

from fund.manual.queries import rules_if_any

SMALLEST_CELL = "disclosure.smallest_cell"

# Each gift by the web brings a donor row of its own; the same mail address is the same person.
_PEOPLE = text("""
SELECT gift.no, CASE WHEN donor.email = '' THEN donor.id::text
                     ELSE md5(lower(donor.email)) END AS person
FROM gift JOIN donor ON donor.id = gift.donor_id WHERE gift.no = ANY(:gifts)
""")


def people_behind(connection: Connection, gift_nos: Collection[str]) -> dict[str, str]:
    """Gift number → a mark that is equal for gifts of the same person; unknown ones are left out.

    For counting only: the marks are neither shown nor kept.
    """
    rows = connection.execute(_PEOPLE, {"gifts": sorted(set(gift_nos))})
    return {row.no: row.person for row in rows}


def smallest_cell(connection: Connection, day: dt.date) -> int:
    """How many people a published sum is about at least, by the manual in force on ``day``.

    Zero before the first edition, when there is no gift to speak of.
    """
    rules = rules_if_any(connection, day)
    if rules is None or SMALLEST_CELL not in rules.values:
        return 0
    return rules.integer(SMALLEST_CELL)
