"""From checked rows to gifts: donors, gifts, shares, consents, payments and entries by the set.

A row is booked once: it is locked, and its gift's form key names it. Whoever is killed half-way
leaves whole chunks behind, and whoever comes next goes on with the rows that are left.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

from sqlalchemy import Row, func, select, text

from fund.giving import store as giving
from fund.giving.commands.offers import pass_on_percent
from fund.giving.domain import TEXTS, Donor, Share, split
from fund.giving.domain.consents import PUBLISH_NAME, PURPOSE_OF_USE
from fund.giving.domain.donor import ANONYMOUS
from fund.giving.intake.domain import PAPER_VERSION, PORTAL_VERSION, RowFacts, row_facts
from fund.giving.intake.models import intake_row
from fund.giving.messages import OneStopAsked
from fund.giving.models import gift
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict
from fund.kernel.ids import new_gift_no, secret_hash
from fund.kernel.money import Yen
from fund.ledger.journal import copy_rows
from fund.manual.queries import Rules, rules_on
from fund.payments import store as payment_store
from fund.payments.commands import book_offline
from fund.payments.domain import OFFLINE_METHODS
from fund.payments.queries import payments_of
from fund.payments.received import Received, book_received
from fund.platform.house import Transaction

CHUNK = 1_000
_IDS = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
_BOOKED = text("""
UPDATE intake_row SET state = 'booked', gift_no = made.gift_no
FROM unnest(CAST(:rows AS bigint[]), CAST(:gifts AS text[])) AS made(row_id, gift_no)
WHERE intake_row.id = made.row_id
""")
_DONOR = tuple(one.name for one in fields(Donor))


@dataclass(frozen=True)
class _New:
    """One gift about to be written: its row, numbers and shares."""

    row_id: int
    facts: RowFacts
    no: str
    donor_id: int
    gift_id: int
    shares: tuple[Share, ...]


def book_rows(tx: Transaction, rows: Sequence[Row[Any, Any, Any]], *, sample: bool) -> list[str]:
    """Book locked rows of one batch; returns the gifts' numbers in the rows' order.

    Raises:
        Conflict: when a row pays a gift that no longer waits for exactly this money.
    """
    facts = {row.id: row_facts(row.facts) for row in rows}
    booked: dict[int, str] = {
        row_id: _pay_waiting(tx, one) for row_id, one in facts.items() if one.pays
    }
    fresh = {row_id: one for row_id, one in facts.items() if not one.pays}
    if fresh:
        rules = rules_on(tx.connection, day_in_japan(tx.now))
        for new in _write(tx, fresh, rules, sample=sample):
            booked[new.row_id] = new.no
    ordered = [booked[row.id] for row in rows]
    tx.connection.execute(_BOOKED, {"rows": [row.id for row in rows], "gifts": ordered})
    return ordered


def waiting_rows(tx: Transaction, batch_id: int, limit: int) -> Sequence[Row[Any, Any, Any]]:
    """The next rows of a batch that are entered and not booked, locked."""
    return tx.connection.execute(
        select(intake_row.c.id, intake_row.c.facts, intake_row.c.position)
        .where(intake_row.c.batch_id == batch_id, intake_row.c.state == "entered")
        .order_by(intake_row.c.position)
        .limit(limit)
        .with_for_update()
    ).all()


def _pay_waiting(tx: Transaction, facts: RowFacts) -> str:
    """Book money for a gift that was offered before (a slip comes back from the bank)."""
    row = giving.lock_gift(tx, facts.pays)
    problem = why_not_paid(row, facts.yen)
    if row is None or problem:
        raise Conflict(f"{facts.pays}: {problem}")
    if all(one.method != facts.method for one in payments_of(tx.connection, row.no)):
        # asked for a slip, came to the counter: the money is what counts
        payment_store.add_payment(tx, gift_no=row.no, yen=facts.yen, method=facts.method)
    book_offline(tx, gift_no=row.no, method=facts.method, received_on=facts.received_on)
    return str(row.no)


def why_not_paid(row: Row[Any] | None, yen: Yen) -> str:
    """Why money of a row cannot be this gift's; empty when it can."""
    if row is None:
        return "この番号の寄附はありません"
    if row.paid_at is not None:
        return "この寄附は、すでに入金されています"
    if row.method not in OFFLINE_METHODS:
        return "この寄附は、画面でのお支払いを待っています"
    if row.yen != yen:
        return "金額が、申し込みの金額とちがいます"
    return ""


def _write(tx: Transaction, rows: dict[int, RowFacts], rules: Rules, *, sample: bool) -> list[_New]:
    donor_ids, gift_ids = (
        [int(one) for one in tx.connection.scalars(_IDS, {"table": table, "count": len(rows)})]
        for table in ("donor", "gift")
    )
    numbers = _free_numbers(tx, len(rows))
    news = [
        _New(row_id, one, no, donor_id, gift_id, _shares(no, one, rules))
        for (row_id, one), no, donor_id, gift_id in zip(
            rows.items(), numbers, donor_ids, gift_ids, strict=True
        )
    ]
    payments = book_received(
        tx, [Received(n.no, n.facts.yen, n.facts.method, n.facts.received_on) for n in news]
    )
    _copy_donors(tx, news)
    _copy_gifts(tx, news, payments, rules.edition, sample=sample)
    _copy_shares(tx, news)
    _copy_consents(tx, news)
    _copy_invitations(tx, news)
    _copy_audit(tx, news, payments)
    if asked := {new.no: None for new in news if new.facts.one_stop}:
        tx.announce(OneStopAsked(asked))
    return news


def _shares(no: str, facts: RowFacts, rules: Rules) -> tuple[Share, ...]:
    return split(no, facts.yen, facts.wish, pass_on_percent(rules, facts.wish))


def _free_numbers(tx: Transaction, count: int) -> list[str]:
    numbers: dict[str, None] = {}
    while len(numbers) < count:
        drawn = {new_gift_no() for _ in range(count - len(numbers))} - numbers.keys()
        taken = set(
            tx.connection.scalars(select(gift.c.no).where(gift.c.no == func.any(list(drawn))))
        )
        numbers |= dict.fromkeys(drawn - taken)
    return list(numbers)


def _copy_donors(tx: Transaction, news: Sequence[_New]) -> None:
    copy_rows(
        tx,
        f"donor (id, {', '.join(_DONOR)}, locale, created_at)",
        ((n.donor_id, *astuple(n.facts.donor), n.facts.locale, tx.now) for n in news),
    )


def _copy_gifts(
    tx: Transaction, news: Sequence[_New], payments: Sequence[str], edition: str, *, sample: bool
) -> None:
    key = tx.house.settings.secret_key
    columns = (
        "id, no, donor_id, yen, state, method, form_key, form_sha256, secret_hash, edition_code,"
        " offered_at, paid_at, received_on, paid_by, salt, publish_name, display_name, sample,"
        " receipt_way"
    )

    def row(new: _New, payment: str) -> tuple[Any, ...]:
        facts = new.facts
        link = secret_hash(giving.derive_secret(key, new.no))
        return (
            new.gift_id,
            new.no,
            new.donor_id,
            int(facts.yen),
            "received",
            facts.method,
            f"intake-row/{new.row_id:012d}",
            facts.sha256(),
            link,
            edition,
            tx.now,
            tx.now,
            facts.received_on,
            payment,
            secrets.token_bytes(32),
            bool(facts.display_name),
            facts.display_name,
            sample,
            facts.receipt_way,
        )

    rows = (row(new, payment) for new, payment in zip(news, payments, strict=True))
    copy_rows(tx, f"gift ({columns})", rows)


def _copy_shares(tx: Transaction, news: Sequence[_New]) -> None:
    copy_rows(
        tx,
        "gift_share (id, gift_id, position, kind, target, fallback, part, yen)",
        (
            (s.id, n.gift_id, s.position, s.kind, s.target, s.fallback, s.part, int(s.yen))
            for n in news
            for s in n.shares
        ),
    )


def _copy_consents(tx: Transaction, news: Sequence[_New]) -> None:
    """What the paper or the portal had the donor agree to; an anonymous gift has no person."""
    shown = {text.purpose: text.ja for text in TEXTS}

    def rows(new: _New) -> list[tuple[Any, ...]]:
        facts = new.facts
        if facts.donor.kind == ANONYMOUS:
            return []
        if facts.method == "portal":
            words = f"寄附サイト（{facts.source or '名称の記載なし'}）の申し込みでの同意"
            version = PORTAL_VERSION
        else:
            words, version = shown[PURPOSE_OF_USE], PAPER_VERSION
        given = [(new.gift_id, PURPOSE_OF_USE, True, version, words, tx.now)]
        published = bool(facts.display_name)
        given.append((new.gift_id, PUBLISH_NAME, published, version, shown[PUBLISH_NAME], tx.now))
        return given

    columns = "gift_id, purpose, given, text_version, text_shown, at"
    copy_rows(tx, f"consent ({columns})", (row for new in news for row in rows(new)))


def _copy_invitations(tx: Transaction, news: Sequence[_New]) -> None:
    copy_rows(
        tx,
        "use_invitation (gift_id, invited_at)",
        ((n.gift_id, tx.now) for n in news if not n.facts.wish_stated),
    )


def _copy_audit(tx: Transaction, news: Sequence[_New], payments: Sequence[str]) -> None:
    def detail(new: _New, payment: str) -> str:
        return json.dumps({"payment": payment, "yen": int(new.facts.yen), "row": new.row_id})

    copy_rows(
        tx,
        "audit_trail (at, actor_kind, person_id, label, act, subject, detail)",
        (
            (tx.now, tx.by.kind, tx.by.person_id, tx.by.label, "gift.entered", n.no, detail(n, p))
            for n, p in zip(news, payments, strict=True)
        ),
    )
