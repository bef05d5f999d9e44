"""Reading gifts, their shares and their donors as frozen values."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, func, select

from fund.giving.domain import Donor
from fund.giving.domain.donor import addressee, written_name
from fund.giving.models import consent, donor, donor_correction, gift, gift_share
from fund.kernel.ids import secret_hash
from fund.kernel.money import Yen
from fund.platform.audit import audit_trail


@dataclass(frozen=True)
class ShareView:
    """One share of a gift: its wish and whether it follows it (``wish``) or is ``kept``."""

    id: str
    kind: str
    target: str | None
    fallback: str | None
    part: str
    yen: Yen


@dataclass(frozen=True)
class GiftView:
    """A gift without its donor's name or address.

    ``offered_at`` and ``paid_at`` are UTC moments, ``received_on`` (the tax date) and
    ``accepted_on`` days in Japan. ``display_name`` is empty unless the donor publishes it.
    """

    id: int
    no: str
    yen: Yen
    state: str
    method: str
    offered_at: dt.datetime
    paid_at: dt.datetime | None
    received_on: dt.date | None
    accepted_on: dt.date | None
    edition_code: str
    locale: str
    sample: bool
    publish_name: bool
    display_name: str
    tell_group: bool
    report_mail: bool
    returned_yen: Yen
    accepted_yen: Yen | None
    taken_yen: Yen
    receipt_way: str
    shares: tuple[ShareView, ...]

    @property
    def to_accept(self) -> Yen:
        """What the ward accepted, or would accept now: less what went back before."""
        return self.yen - self.returned_yen if self.accepted_yen is None else self.accepted_yen

    @property
    def net_yen(self) -> Yen:
        """What is left of the gift after all that went back to the donor."""
        return self.to_accept - self.taken_yen

    @property
    def wish(self) -> ShareView:
        """The share that carries the (first) wish (the kept one where nothing was passed on)."""
        return self.shares[0]

    @property
    def wishes(self) -> tuple[ShareView, ...]:
        """The shares that carry the wishes, each with the yen that were named for its wish.

        What the pass-on share keeps stands behind its wish and is counted with it here, so
        these yen sum to the gift.
        """
        named: list[ShareView] = []
        for share in self.shares:
            if share.part == "kept" and named:
                named[-1] = replace(named[-1], yen=named[-1].yen + share.yen)
            else:
                named.append(share)
        return tuple(named)


@dataclass(frozen=True)
class DonorView:
    """Who gave: personal data, for receipts, mails and staff only."""

    kind: str
    name_on_receipt: str
    family_name: str
    given_name: str
    single_name: str
    kana: str
    contact_person: str
    country: str
    postal_code: str
    address_lines: tuple[str, ...]
    phone: str
    email: str
    locale: str

    @property
    def addressee(self) -> str:
        """The name as a letter in the donor's language begins."""
        return addressee(self.name_on_receipt, self.kind, self.locale)


@dataclass(frozen=True)
class ConsentView:
    """One consent that was asked: given or not, in which words, when (UTC)."""

    purpose: str
    given: bool
    text_version: str
    text_shown: str
    at: dt.datetime
    name: str = ""


@dataclass(frozen=True)
class Viewing:
    """One look at the personal data of a gift: when (UTC) and by whom."""

    at: dt.datetime
    label: str


_NAMES = ("kind", "family_name", "given_name", "single_name")
_GIFTS = select(gift, donor.c.locale).join(donor, donor.c.id == gift.c.donor_id)


def gift_views(connection: Connection, rows: Sequence[Row[Any]]) -> list[GiftView]:
    """Rows of gifts (with their donor's locale) as views with their shares."""
    shares: dict[int, list[ShareView]] = defaultdict(list)
    found = connection.execute(
        select(gift_share)
        .where(gift_share.c.gift_id.in_([row.id for row in rows]))
        .order_by(gift_share.c.gift_id, gift_share.c.position)
    )
    for row in found:
        shares[row.gift_id].append(
            ShareView(row.id, row.kind, row.target, row.fallback, row.part, Yen(row.yen))
        )
    return [_view(row, tuple(shares[row.id])) for row in rows]


def _view(row: Row[Any], shares: tuple[ShareView, ...]) -> GiftView:
    return GiftView(
        id=row.id,
        no=row.no,
        yen=Yen(row.yen),
        state=row.state,
        method=row.method,
        offered_at=row.offered_at,
        paid_at=row.paid_at,
        received_on=row.received_on,
        accepted_on=row.accepted_on,
        edition_code=row.edition_code,
        locale=row.locale,
        sample=row.sample,
        publish_name=row.publish_name,
        display_name=row.display_name,
        tell_group=row.tell_group,
        report_mail=row.report_mail,
        returned_yen=Yen(row.returned_yen),
        accepted_yen=None if row.accepted_yen is None else Yen(row.accepted_yen),
        taken_yen=Yen(row.taken_yen),
        receipt_way=row.receipt_way,
        shares=shares,
    )


def shares_of(
    connection: Connection, gift_nos: Collection[str]
) -> dict[str, tuple[ShareView, ...]]:
    """The shares of these gifts in their order, by the number of the gift."""
    found: dict[str, list[ShareView]] = defaultdict(list)
    rows = connection.execute(
        select(gift_share, gift.c.no)
        .join(gift, gift.c.id == gift_share.c.gift_id)
        .where(gift.c.no == func.any(sorted(set(gift_nos))))
        .order_by(gift.c.no, gift_share.c.position)
    )
    for row in rows:
        found[row.no].append(
            ShareView(row.id, row.kind, row.target, row.fallback, row.part, Yen(row.yen))
        )
    return {no: tuple(shares) for no, shares in found.items()}


def gift_by_no(connection: Connection, no: str) -> GiftView | None:
    """One gift by its public number."""
    rows = connection.execute(_GIFTS.where(gift.c.no == no)).all()
    return gift_views(connection, rows)[0] if rows else None


def gift_by_secret(connection: Connection, secret: str) -> GiftView | None:
    """The gift whose secret link this is."""
    rows = connection.execute(_GIFTS.where(gift.c.secret_hash == secret_hash(secret))).all()
    return gift_views(connection, rows)[0] if rows else None


def gifts_by_no(connection: Connection, nos: Collection[str]) -> dict[str, GiftView]:
    """Several gifts by their numbers."""
    rows = connection.execute(_GIFTS.where(gift.c.no.in_(set(nos)))).all()
    return {view.no: view for view in gift_views(connection, rows)}


def gifts(
    connection: Connection, *, state: str | None = None, after: int | None = None, limit: int = 50
) -> list[GiftView]:
    """Gifts of a state (or all), the newest first, from below the internal id ``after``."""
    query = _GIFTS.order_by(gift.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(gift.c.state == state)
    if after is not None:
        query = query.where(gift.c.id < after)
    return gift_views(connection, connection.execute(query).all())


def counts_by_state(connection: Connection) -> dict[str, int]:
    """How many gifts stand in each state."""
    rows = connection.execute(select(gift.c.state, func.count()).group_by(gift.c.state))
    return {state: int(count) for state, count in rows}


def donor_of(connection: Connection, gift_no: str) -> DonorView | None:
    """The donor of a gift."""
    return donors_of(connection, [gift_no]).get(gift_no)


def donors_of(connection: Connection, gift_nos: Collection[str]) -> dict[str, DonorView]:
    """The donors of several gifts by the gifts' numbers."""
    rows = connection.execute(
        select(gift.c.no, donor)
        .join(donor, donor.c.id == gift.c.donor_id)
        .where(gift.c.no.in_(set(gift_nos)))
    )
    return {row.no: _donor(row) for row in rows}


def _donor(row: Row[Any]) -> DonorView:
    facts = Donor(
        kind=row.kind,
        family_name=row.family_name,
        given_name=row.given_name,
        single_name=row.single_name,
        country=row.country,
        postal_code=row.postal_code,
        address1=row.address1,
    )
    abroad = (row.country,) if row.country != "JP" else ()
    lines = tuple(line for line in (row.address1, row.address2, *abroad) if line)
    return DonorView(
        kind=row.kind,
        name_on_receipt=facts.name,
        family_name=row.family_name,
        given_name=row.given_name,
        single_name=row.single_name,
        kana=row.kana,
        contact_person=row.contact_person,
        country=row.country,
        postal_code=row.postal_code,
        address_lines=lines,
        phone=row.phone,
        email=row.email,
        locale=row.locale,
    )


def commitments(
    connection: Connection, gift_nos: Collection[str]
) -> dict[str, tuple[bytes, dt.date, str]]:
    """Salt, day of receipt and name as typed of received gifts, for the salted commitment."""
    rows = connection.execute(
        select(gift.c.no, gift.c.salt, gift.c.received_on).where(
            gift.c.no.in_(set(gift_nos)), gift.c.received_on.is_not(None)
        )
    ).all()
    names = names_at_acceptance(connection, [row.no for row in rows])
    return {row.no: (bytes(row.salt), row.received_on, names[row.no]) for row in rows}


def names_at_acceptance(connection: Connection, gift_nos: Collection[str]) -> dict[str, str]:
    """Names as they were when the gifts were accepted, whatever was corrected afterwards.

    Receipts and the salted commitments of the public log say these names; a correction must
    not make a published commitment false.
    """
    facts = {
        row.no: {name: getattr(row, name) for name in _NAMES}
        for row in connection.execute(
            select(gift.c.no, *(donor.c[name] for name in _NAMES))
            .join(donor, donor.c.id == gift.c.donor_id)
            .where(gift.c.no == func.any(sorted(set(gift_nos))))
        )
    }
    # From the latest correction back to the first: what stood before is put back.
    later = connection.execute(
        select(gift.c.no, donor_correction.c.before)
        .join(gift, gift.c.donor_id == donor_correction.c.donor_id)
        .where(gift.c.no == func.any(list(facts)), donor_correction.c.after_acceptance)
        .order_by(donor_correction.c.id.desc())
    )
    for row in later:
        facts[row.no] |= {name: row.before[name] for name in _NAMES if name in row.before}
    return {no: written_name(**found) for no, found in facts.items()}


def published_names(connection: Connection, gift_nos: Collection[str]) -> dict[str, str]:
    """Display names of those gifts whose donors publish one, by number."""
    rows = connection.execute(
        select(gift.c.no, gift.c.display_name).where(
            gift.c.no.in_(set(gift_nos)), gift.c.publish_name
        )
    )
    return {row.no: row.display_name for row in rows}


def consents_of(connection: Connection, gift_no: str) -> list[ConsentView]:
    """Every consent of a gift in the order asked."""
    rows = connection.execute(
        select(
            consent.c.purpose,
            consent.c.given,
            consent.c.text_version,
            consent.c.text_shown,
            consent.c.at,
            consent.c.name,
        )
        .join(gift, gift.c.id == consent.c.gift_id)
        .where(gift.c.no == gift_no)
        .order_by(consent.c.id)
    )
    return [ConsentView(*row) for row in rows]


def viewings(connection: Connection, gift_no: str, limit: int = 20) -> list[Viewing]:
    """Who looked at a gift's personal data, the latest first."""
    rows = connection.execute(
        select(audit_trail.c.at, audit_trail.c.label)
        .where(audit_trail.c.subject == gift_no, audit_trail.c.act == "donor.viewed")
        .order_by(audit_trail.c.id.desc())
        .limit(limit)
    )
    return [Viewing(row.at, row.label) for row in rows]
