"""The first act of this room: appending to the public log."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection

from fund.giving import queries as giving
from fund.kernel.actor import Actor
from fund.platform.house import House, Transaction
from fund.publication import queries, store
from fund.publication.domain.entries import Booked, Draft, body, commitment, draft, payment_sum
from fund.publication.domain.kinds import PAYMENT_SUMS
from fund.publication.domain.measures import (
    Naming,
    Tags,
    award_tags,
    measures,
    programmes_of,
    search_text,
    tags,
)
from fund.publication.domain.order import order_batch
from fund.registry import queries as registry

MOST_AT_ONCE = 20_000


def append_pending(house: House, *, by: Actor, now: dt.datetime) -> int:
    """Append what was booked since the last time to the public log; returns how many entries.

    Only one process appends at a time; numbers have no gaps. Payments of gifts that are not
    accepted yet stay private and block nothing. Repeating it with nothing new changes nothing.
    """
    with house.transaction(by=by, now=now) as tx:
        store.hold_log(tx.connection)
        return append_waiting(tx)


def append_waiting(tx: Transaction) -> int:
    """Append up to ``MOST_AT_ONCE`` in the caller's transaction, which holds the log."""
    found = store.waiting(tx.connection, MOST_AT_ONCE)
    if not found:
        return 0
    drafts = _drafts(tx.connection, found)
    reversed_ids = {entry.reverses for entry in drafts if entry.reverses is not None}
    earlier = store.published(tx.connection, reversed_ids)
    # The seed is drawn here and kept nowhere: nobody can undo the shuffle.
    ordered, _ = order_batch(
        drafts,
        store.guarded_balances(tx.connection, drafts),
        earlier,
        secrets.SystemRandom().shuffle,
    )
    last = queries.last_no(tx.connection)
    numbered = _Numbering(tx.connection, last, earlier, ordered).entries
    store.append(tx.connection, numbered, tx.now)
    return len(numbered)


def _drafts(connection: Connection, found: Sequence[store.Waiting]) -> list[Draft]:
    """Public forms without numbers: one for each entry, one sum for each batch of payments."""
    alone = [waiting.booked for waiting in found if waiting.booked.kind not in PAYMENT_SUMS]
    gifts = [booked.fact_id for booked in alone if booked.kind == "donation.received"]
    committed = {
        gift_no: commitment(gift_no, salt, received_on, name)
        for gift_no, (salt, received_on, name) in giving.commitments(connection, gifts).items()
    }
    sums: dict[tuple[str, str | None, dt.date], list[Booked]] = defaultdict(list)
    for waiting in found:
        booked = waiting.booked
        if booked.kind in PAYMENT_SUMS:
            # Never earlier than the acceptance: the month of a payment would tell the gift's.
            on = max(waiting.accepted_on or booked.on, booked.on).replace(day=1)
            sums[booked.kind, waiting.batch, on].append(booked)
    return [
        *(payment_sum(booked, on, batch) for (_, batch, on), booked in sums.items()),
        *(draft(booked, committed.get(booked.fact_id)) for booked in alone),
    ]


class _Numbering:
    """Gives an ordered batch its numbers, meanings and final bytes, one after the other."""

    def __init__(
        self,
        connection: Connection,
        last: int,
        earlier: dict[int, store.Published],
        ordered: Sequence[Draft],
    ) -> None:
        self._names = registry.names(connection)
        self._known = dict(earlier)
        named = {award for entry in ordered if (award := entry.text("award"))}
        named |= {award for entry in ordered for award in entry.awards_undone}
        self._awards = store.tags_of_awards(connection, named)
        self.entries = [self._number(entry, no) for no, entry in enumerate(ordered, last + 1)]

    def _number(self, entry: Draft, no: int) -> store.NewEntry:
        undone = None if entry.reverses is None else self._known[entry.reverses]
        found = tags(entry, self._awards, undone.tags if undone else None)
        if entry.kind == "award.decided" and (award := entry.text("award")):
            self._awards[award] = award_tags(entry)
        means = measures(entry, undone.measures if undone else None)
        for source in entry.sources:
            self._known[source] = store.Published(no, means, found)
        reverses_no = undone.no if undone else None
        return store.NewEntry(
            no=no,
            entry=entry,
            reverses_no=reverses_no,
            body=body(entry, no, reverses_no),
            measures=means,
            tags=found,
            search_text=search_text(entry, found, self._naming(found, entry)),
        )

    def _naming(self, found: Tags, entry: Draft) -> Naming:
        groups = {no: self._both("group", no) for no in found.groups}
        uses = {f"field:{code}": self._both("field", code) for code in found.fields}
        for code in programmes_of(entry):
            uses[f"programme:{code}"] = self._both("programme", code)
        return Naming(groups, uses)

    def _both(self, kind: str, code: str) -> str:
        return " ".join(self._names.use(kind, code, locale) for locale in ("ja", "en"))
