"""Who reads the mails about a gift: all a letter needs of its donor, in one query for many."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ARRAY, Connection, Text, bindparam, exists, func, select

from fund.giving.domain.donor import addressee, written_name
from fund.giving.models import donor, gift
from fund.giving.pledge_models import pledge_gift

_NAMES = ("kind", "family_name", "given_name", "single_name")
_READERS = (
    select(
        gift.c.no,
        gift.c.link_version,
        donor.c.email,
        donor.c.locale,
        exists().where(pledge_gift.c.gift_id == gift.c.id).label("monthly"),
        *(donor.c[name] for name in _NAMES),
    )
    .join(donor, donor.c.id == gift.c.donor_id)
    .where(gift.c.no == func.any(bindparam("nos", type_=ARRAY(Text))), donor.c.email != "")
    .order_by(gift.c.id)
)


@dataclass(frozen=True)
class Reader:
    """A donor who can be written to about a gift: personal data, for mails only.

    ``addressee`` is the name as a letter in the donor's language begins; ``link_version`` is that
    of the gift's own page; ``monthly`` marks a month of a pledge.
    """

    gift_no: str
    addressee: str
    email: str
    locale: str
    link_version: int
    monthly: bool


def readers(connection: Connection, gift_nos: Collection[str]) -> list[Reader]:
    """The donors of these gifts who gave a mail address, in the order of the gifts."""
    found = connection.execute(_READERS, {"nos": sorted(set(gift_nos))})
    return [
        Reader(
            row.no,
            addressee(written_name(*(getattr(row, name) for name in _NAMES)), row.kind, row.locale),
            row.email,
            row.locale,
            int(row.link_version),
            bool(row.monthly),
        )
        for row in found
    ]
