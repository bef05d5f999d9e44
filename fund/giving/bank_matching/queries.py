"""What a line of the bank may be: booked entries and waiting gifts, with the names they carry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from fund.giving.domain.states import BEFORE_PAYMENT
from fund.giving.models import donor, gift
from fund.kernel.calendar import day_in_japan
from fund.kernel.ids import read_gift_no
from fund.kernel.japanese import parse_amount
from fund.kernel.money import Yen
from fund.payments.bank import queries as bank
from fund.payments.bank.domain import WHAT_OF_KIND, name_key, references
from fund.payments.bank.matching import (
    NAMED_DAYS,
    WAITING_DAYS,
    OpenFact,
    OpenLine,
    Proposal,
    likely,
)
from fund.payments.bank.queries import LineView, OpenEntry

FOUND_AT_MOST = 20


@dataclass(frozen=True)
class Expected:
    """A fact as a page names it: what it is, when, how much is open, whose (kana, if known)."""

    fact: OpenFact
    kana: str
    gift_no: str | None
    award_no: str | None
    fact_no: str

    @property
    def form_value(self) -> str:
        """How a form names it: ``entry:123`` or ``gift:G-7K3F92QX``."""
        return f"{self.fact.id[0]}:{self.fact.id[1]}"


def read_form_value(value: str) -> tuple[str, int | str] | None:
    """The fact a form names, or None for anything else."""
    kind, _, key = value.partition(":")
    if kind == "entry" and key.isascii() and key.isdigit() and len(key) < 19:
        return kind, int(key)
    if kind == "gift" and (number := read_gift_no(key)):
        return kind, number
    return None


def expected(
    connection: Connection, first: dt.date | None = None, last: dt.date | None = None
) -> list[Expected]:
    """Every open fact that lines of these days (inclusive) may be; of all days when left out."""
    apart = dt.timedelta(days=NAMED_DAYS + 1)
    entries = bank.open_entries(
        connection, first - apart if first else None, last + apart if last else None
    )
    kana = _kana_of(connection, _gift_nos(entries))
    return [
        *(_of_entry(entry, kana) for entry in entries),
        *_waiting(connection, first, last),
    ]


def _gift_nos(entries: Sequence[OpenEntry]) -> set[str]:
    return {str(no) for entry in entries if (no := entry.detail.get("gift"))}


def _kana_of(connection: Connection, gift_nos: Collection[str]) -> Mapping[str, str]:
    if not gift_nos:
        return {}
    rows = connection.execute(
        select(gift.c.no, donor.c.kana)
        .join(donor, donor.c.id == gift.c.donor_id)
        .where(gift.c.no == func.any(sorted(gift_nos)))
    )
    return {row.no: row.kana for row in rows}


def _of_entry(entry: OpenEntry, kana: Mapping[str, str]) -> Expected:
    number, award = entry.detail.get("gift"), entry.detail.get("award")
    gift_no = str(number) if number else None
    name = kana.get(gift_no, "") if gift_no else ""
    what = WHAT_OF_KIND.get(entry.kind, "other")
    return Expected(
        OpenFact(
            id=("entry", entry.id),
            what=what,
            day=entry.day,
            yen=int(entry.open),
            key=name_key(name),
            ref=gift_no or "",
        ),
        kana=name,
        gift_no=gift_no,
        award_no=str(award) if award else None,
        fact_no=entry.fact_id,
    )


def _waiting(
    connection: Connection, first: dt.date | None = None, last: dt.date | None = None
) -> list[Expected]:
    """Gifts whose donors said they would transfer the money themselves, and it is not here."""
    query = (
        select(gift.c.no, gift.c.yen, gift.c.offered_at, donor.c.kana)
        .join(donor, donor.c.id == gift.c.donor_id)
        .where(gift.c.method == "bank", gift.c.state.in_(sorted(BEFORE_PAYMENT)))
        .order_by(gift.c.id)
    )
    if first is not None:
        query = query.where(gift.c.offered_at >= first - dt.timedelta(days=WAITING_DAYS + 1))
    if last is not None:
        query = query.where(gift.c.offered_at < last + dt.timedelta(days=3))
    return [
        Expected(
            OpenFact(
                id=("gift", row.no),
                what="gift",
                day=day_in_japan(row.offered_at),
                yen=int(row.yen),
                key=name_key(row.kana),
                ref=row.no,
                waits=True,
            ),
            kana=row.kana,
            gift_no=row.no,
            award_no=None,
            fact_no=row.no,
        )
        for row in connection.execute(query)
    ]


def as_open(line: LineView) -> OpenLine:
    """A line as the matching rules see it."""
    return OpenLine(line.id, line.day, int(line.open), line.key, references(line.name_raw))


@dataclass(frozen=True)
class Offer:
    """A proposal with what a page says of it; ``enough`` is False when the line is too small."""

    proposal: Proposal
    expected: Expected
    enough: bool


def offers(connection: Connection, lines: Sequence[LineView]) -> dict[int, list[Offer]]:
    """Level B for the lines of one page: line id to its likeliest facts."""
    if not lines:
        return {}
    found = expected(connection, min(row.day for row in lines), max(row.day for row in lines))
    return _offers(lines, found)


def _offers(lines: Sequence[LineView], found: Sequence[Expected]) -> dict[int, list[Offer]]:
    known = {item.fact.id: item for item in found}
    proposals = likely([as_open(row) for row in lines], [item.fact for item in found])
    left = {row.id: row.open for row in lines}
    return {
        line_id: [
            Offer(one, known[one.fact.id], _enough(left[line_id], one.fact)) for one in several
        ]
        for line_id, several in proposals.items()
    }


def _enough(left: Yen, fact: OpenFact) -> bool:
    """A waiting gift is booked whole; an entry may be matched in parts."""
    return not fact.waits or left >= fact.yen


def search(connection: Connection, line: LineView, words: str) -> list[Offer]:
    """Level C: open facts of the line's direction by number, kana or amount, any day."""
    found = [item for item in expected(connection) if (item.fact.yen > 0) == (line.open > 0)]
    key, yen = name_key(words), _yen(words)
    chosen = [
        item
        for item in found
        if (key and key in item.fact.key)
        or words.strip().upper() in {item.fact_no, item.gift_no, item.award_no}
        or item.gift_no == (read_gift_no(words) or "-")
        or (yen is not None and abs(item.fact.yen) == yen)
    ]
    chosen.sort(key=lambda item: abs((item.fact.day - line.day).days))
    return [
        Offer(Proposal(line.id, item.fact, "C", ""), item, _enough(line.open, item.fact))
        for item in chosen[:FOUND_AT_MOST]
    ]


def _yen(words: str) -> int | None:
    try:
        return int(parse_amount(words))
    except ValueError:
        return None


def kin(connection: Connection, line: LineView, limit: int = 10) -> list[LineView]:
    """Other open lines that may belong to the same gift: same name, within a month."""
    if not line.key:
        return []
    near = bank.open_lines(connection, incoming=line.yen > 0)
    month = dt.timedelta(days=31)
    return [
        other
        for other in near
        if other.id != line.id and other.key == line.key and abs(other.day - line.day) <= month
    ][:limit]


def waiting_yen(connection: Connection, gift_nos: Collection[str]) -> dict[str, Yen]:
    """The yen each of these gifts waits for; those that wait for no transfer are absent."""
    rows = connection.execute(
        select(gift.c.no, gift.c.yen).where(
            gift.c.no == func.any(sorted(gift_nos)),
            gift.c.method == "bank",
            gift.c.state.in_(sorted(BEFORE_PAYMENT)),
        )
    )
    return {row.no: Yen(row.yen) for row in rows}
