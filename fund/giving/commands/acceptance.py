"""Acceptance (採納): proposed by one person, decided by another, booked in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row

from fund.giving import queries, store
from fund.giving.domain import Share, wish_levels
from fund.giving.domain.acceptance import (
    CHECKLIST_VERSION,
    check_complete,
    check_note,
    check_other_person,
)
from fund.giving.domain.taking_back import cut
from fund.giving.messages import GiftsAccepted
from fund.giving.queries import GiftView
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen, total
from fund.kernel.sentences import filled
from fund.ledger import facts, journal
from fund.ledger.domain import Entry
from fund.manual.queries import Rules, rules_on
from fund.platform.house import House, Transaction
from fund.registry import queries as registry


def propose_acceptance(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    gift_nos: Sequence[str],
    checklist: Collection[str],
    note: str = "",
) -> str:
    """Propose that received gifts be accepted; returns the batch's number.

    Raises:
        Forbidden: when no person stands behind the act.
        Invalid: without gifts, or with an item of the legal checklist not ticked.
        NotFound: for an unknown gift.
        Conflict: for a gift that is not received or already waits in another batch.
    """
    if not by.is_person():
        raise Forbidden("採納の起案は、サインインした職員だけが行えます")
    if not gift_nos:
        message = "採納する寄附を選んでください"
        raise Invalid(message, {"gifts": message})
    ticked = check_complete(checklist)
    written = check_note(note)
    with house.transaction(by=by, now=now) as tx:
        rows = store.lock_gifts(tx, gift_nos)
        _check_proposable(tx, rows, gift_nos)
        number = store.add_batch(
            tx,
            fiscal_year(day_in_japan(now)),
            [row.id for row in rows],
            {"version": CHECKLIST_VERSION, "items": ticked},
            written,
        )
        tx.audit("acceptance.proposed", number, gifts=[row.no for row in rows])
    return number


def _check_proposable(tx: Transaction, rows: Sequence[Row[Any]], gift_nos: Collection[str]) -> None:
    if missing := sorted(set(gift_nos) - {row.no for row in rows}):
        raise NotFound(filled("寄附が見つかりません: %(nos)s", nos=", ".join(missing)))
    if wrong := [row.no for row in rows if row.state != "received"]:
        raise Conflict(
            filled("入金済みで採納前の寄附ではありません: %(nos)s", nos=", ".join(wrong))
        )
    taken = set(store.in_open_batch(tx, [row.id for row in rows]))
    if twice := [row.no for row in rows if row.id in taken]:
        raise Conflict(filled("すでに起案されています: %(nos)s", nos=", ".join(twice)))


def decide_acceptance(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    batch_no: str,
    accept: bool,
    note: str = "",
    seen: Yen | None = None,
) -> None:
    """Accept every gift of a batch and book it into the fund, or send the batch back.

    ``seen`` is the sum that whoever decides had before their eyes: part of a gift may go back
    between the proposal and the decision.

    Raises:
        NotFound: for an unknown batch.
        Forbidden: for the person who proposed it.
        Conflict: when it was decided before, a gift of it can no longer be accepted, or its sum
            is not the one that was seen.
        Invalid: when it is sent back without a reason.
    """
    written = check_note(note)
    if not accept and not written:
        message = "差し戻す理由を入力してください"
        raise Invalid(message, {"note": message})
    with house.transaction(by=by, now=now) as tx:
        batch = store.lock_batch(tx, batch_no)
        if batch is None:
            raise NotFound("起案が見つかりません")
        if batch.state != "proposed":
            raise Conflict("この起案はすでに決定されています")
        check_other_person(batch.proposed_by, by.person_id)
        gift_nos = store.gift_nos_of_batch(tx, batch.id)
        store.close_batch(tx, batch.id, "accepted" if accept else "sent_back", written)
        if accept:
            _accept(tx, batch_no, gift_nos, seen)
        else:
            tx.audit("acceptance.sent-back", batch_no)


def _accept(tx: Transaction, batch_no: str, gift_nos: Sequence[str], seen: Yen | None) -> None:
    accepted_on = day_in_japan(tx.now)
    rows = store.lock_gifts(tx, gift_nos)
    if wrong := [row.no for row in rows if row.state != "received"]:
        raise Conflict(
            filled("採納できない寄附があります。差し戻してください: %(nos)s", nos=", ".join(wrong))
        )
    if seen is not None and seen != total(Yen(row.yen - row.returned_yen) for row in rows):
        raise Conflict(
            "起案のあとに一部が返金され、金額が変わりました。いまの金額を確かめてください"
        )
    views = queries.gifts_by_no(tx.connection, gift_nos)
    books = _Books(tx.connection)
    for row in rows:
        entry = _entry(books, views[row.no], accepted_on, batch_no)
        if journal.record(tx, entry) is None:
            raise Conflict(filled("すでに採納が記帳されています: %(no)s", no=row.no))
        accepted_yen = int(row.yen - row.returned_yen)
        store.move_gift(
            tx,
            row.no,
            row.state,
            "accepted",
            accepted_on=accepted_on,
            accepted_yen=accepted_yen,
        )
        tx.audit("gift.accepted", row.no, batch=batch_no)
    tx.audit("acceptance.decided", batch_no, gifts=len(rows))
    tx.announce(GiftsAccepted(batch_no, tuple(row.no for row in rows), accepted_on))


class _Books:
    """The rules of a day and the fields of a group, asked once for a whole batch."""

    def __init__(self, connection: Connection) -> None:
        self.rules = cache(lambda day: rules_on(connection, day))
        self.fields = cache(lambda no: _fields(connection, no))


def _fields(connection: Connection, group_no: str) -> tuple[str, ...]:
    group = registry.group(connection, group_no)
    return tuple(group.fields) if group else ()


def _entry(books: _Books, gift: GiftView, accepted_on: dt.date, batch_no: str) -> Entry:
    """The journal entry of one gift: its wish under the edition it was offered under."""
    if gift.received_on is None:
        raise LookupError(f"{gift.no} is received without a day")
    offered = books.rules(day_in_japan(gift.offered_at))
    shares = tuple(
        facts.Share(
            share_id=share.id,
            kind=share.kind,
            target=share.target,
            fallback=share.fallback,
            part=share.part,
            yen=share.yen,
            wish=wish_levels(
                share,
                received_on=gift.received_on,
                term_years=offered.integer("wish.term_years"),
                group_fields=books.fields(share.target or "") if share.kind == "group" else (),
            ),
        )
        for share in _accepted_shares(gift)
    )
    return facts.donation_received(
        facts.Gift(gift.no, gift.net_yen, gift.received_on, shares),
        accepted_on,
        batch_no,
        _clauses(gift, offered, books.rules(accepted_on)),
    )


def _accepted_shares(gift: GiftView) -> tuple[Share, ...]:
    """The shares as they are accepted: what went back before left the last of them first."""
    shares = tuple(
        Share(one.id, at, one.kind, one.target, one.fallback, one.part, one.yen)
        for at, one in enumerate(gift.shares, start=1)
    )
    return cut(shares, gift.returned_yen) if gift.returned_yen else shares


def _clauses(gift: GiftView, offered: Rules, today: Rules) -> list[str]:
    """Why the gift is booked like this: acceptance, and the rules of its wish."""
    cited = [today.cite("acceptance")]
    wished = [share for share in gift.shares if share.part == "wish" and share.target]
    if wished:
        cited += [offered.cite("wish-respected"), offered.clause("wish.term_years")]
    # What is kept stands right behind the wish whose pass-on share keeps it.
    pairs = zip((None, *gift.shares), gift.shares, strict=False)
    kinds = [before.kind if before else "group" for before, share in pairs if share.part == "kept"]
    kept = dict.fromkeys(offered.clause(f"pass_on.{kind}_percent") for kind in kinds)
    return cited + [clause for clause in kept if clause not in cited]
