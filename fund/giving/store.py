"""Writing gifts, wishes, consents, drafts and acceptance in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Row,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    update,
)

from fund.giving.domain import GIFT, TEXTS, Donor, Offer, Share, batch_no
from fund.giving.models import (
    acceptance_batch,
    acceptance_item,
    consent,
    donor,
    gift,
    gift_draft,
    gift_share,
)
from fund.kernel.canonical import Json
from fund.kernel.ids import CROCKFORD, secret_hash
from fund.platform.house import Transaction

# Locked in the order of their ids, as every other act does.
_RECEIVE = text("""
WITH told AS (
  SELECT * FROM unnest(CAST(:no_ AS text[]), CAST(:method_ AS text[]),
                       CAST(:paid_at_ AS timestamptz[]), CAST(:paid_by_ AS text[]),
                       CAST(:received_on_ AS date[]))
    AS told(no, method, paid_at, paid_by, received_on)
), before AS (
  SELECT id, no, state FROM gift WHERE no = ANY (CAST(:no_ AS text[])) ORDER BY id FOR UPDATE
)
UPDATE gift SET state = 'received', method = told.method, paid_at = told.paid_at,
  paid_by = told.paid_by, received_on = told.received_on
FROM told JOIN before USING (no)
WHERE gift.id = before.id AND gift.paid_at IS NULL AND before.state = ANY (CAST(:from AS text[]))
RETURNING before.no, before.state
""")
_BEFORE_RECEIVED = [state for state in GIFT.states if GIFT.allows(state, "received")]


def derive_secret(secret_key: str, gift_no: str, version: int = 1) -> str:
    """The secret of a gift's link: 160 bits of HMAC-SHA256 in 32 lower-case characters.

    Derived, so that every mail can repeat the link; the table only holds its hash. A donor
    whose link was seen by others gets the next version; ``store_donors.link_secret`` knows it.
    """
    about = gift_no if version == 1 else f"{gift_no}\x00{version}"
    digest = hmac.digest(
        secret_key.encode(), b"mieru-fund/gift-link/v1\x00" + about.encode(), "sha256"
    )
    number = int.from_bytes(digest[:20], "big")
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(155, -1, -5)).lower()


def hold_form(tx: Transaction, form_key: str) -> Row[str, bytes] | None:
    """The gift that a form key already made, if any; a second submit waits here for the first."""
    tx.connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 71))"), {"key": form_key}
    )
    return tx.connection.execute(
        select(gift.c.no, gift.c.form_sha256).where(gift.c.form_key == form_key)
    ).one_or_none()


def add_donor(tx: Transaction, facts: Donor, locale: str) -> int:
    """Insert a donor as typed; returns the id."""
    return int(
        tx.connection.execute(
            insert(donor)
            .values(**asdict(facts), locale=locale, created_at=tx.now)
            .returning(donor.c.id)
        ).scalar_one()
    )


def add_gift(tx: Transaction, gift_no: str, donor_id: int, offer: Offer, edition: str) -> int:
    """Insert a gift that waits for its payment; returns the id."""
    said = offer.consents
    link = derive_secret(tx.house.settings.secret_key, gift_no)
    return int(
        tx.connection.execute(
            insert(gift)
            .values(
                no=gift_no,
                donor_id=donor_id,
                yen=int(offer.yen),
                state="awaiting_payment",
                method=offer.method,
                form_key=offer.form_key,
                form_sha256=offer.sha256(),
                secret_hash=secret_hash(link),
                edition_code=edition,
                offered_at=tx.now,
                salt=secrets.token_bytes(32),
                publish_name=said.publish_name,
                display_name=said.display_name,
                tell_group=said.tell_group,
                report_mail=said.report_mail,
                sample=offer.sample,
                receipt_way=offer.receipt_way,
            )
            .returning(gift.c.id)
        ).scalar_one()
    )


def add_shares(tx: Transaction, gift_id: int, shares: Sequence[Share]) -> None:
    """Insert the shares of a gift; they never change again."""
    tx.connection.execute(
        insert(gift_share),
        [{**asdict(share), "yen": int(share.yen), "gift_id": gift_id} for share in shares],
    )


def add_consents(tx: Transaction, gift_id: int, offer: Offer) -> None:
    """Insert every consent that was asked, given or not, with the text that was shown."""
    asked = [t for t in TEXTS if t.purpose != "tell_group" or offer.names_group]
    tx.connection.execute(
        insert(consent),
        [
            {
                "gift_id": gift_id,
                "purpose": wording.purpose,
                "given": offer.consents.given(wording.purpose),
                "text_version": wording.version,
                "text_shown": wording.shown(offer.locale),
                "at": tx.now,
                "name": offer.consents.display_name if wording.purpose == "publish_name" else "",
            }
            for wording in asked
        ],
    )


def lock_gift(tx: Transaction, gift_no: str) -> Row[Any] | None:
    """The gift's row, locked until the transaction ends."""
    return tx.connection.execute(
        select(gift).where(gift.c.no == gift_no).with_for_update()
    ).one_or_none()


def lock_gifts(tx: Transaction, gift_nos: Collection[str]) -> list[Row[Any]]:
    """Several gifts' rows, locked in one order so that two batches cannot block each other."""
    return list(
        tx.connection.execute(
            select(gift).where(gift.c.no.in_(set(gift_nos))).order_by(gift.c.id).with_for_update()
        )
    )


def receive_gifts(tx: Transaction, received: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Note that gifts' money arrived, in one statement; returns the states they were in.

    Each gift once. Left out, and not changed, is a gift that is unknown, was paid before, or has
    no drawn edge to ``received``.
    """
    names = ("no", "method", "paid_at", "paid_by", "received_on")
    values = {f"{name}_": [one[name] for one in received] for name in names}
    found = tx.connection.execute(_RECEIVE, {"from": _BEFORE_RECEIVED, **values})
    return {row.no: row.state for row in found}


def move_gift(tx: Transaction, gift_no: str, before: str, after: str, **values: Any) -> None:
    """Move a locked gift along a drawn edge.

    Raises:
        Conflict: when there is no such edge.
    """
    GIFT.check(before, after)
    tx.connection.execute(update(gift).where(gift.c.no == gift_no).values(state=after, **values))


def note_method(tx: Transaction, gift_no: str, method: str) -> None:
    """Note how a locked, unpaid gift is to be paid now."""
    tx.connection.execute(update(gift).where(gift.c.no == gift_no).values(method=method))


def move_money(tx: Transaction, row: Row[Any], after: str, **values: Any) -> None:
    """Note of a locked gift that its money moved; the state follows a drawn edge if it changes.

    Raises:
        Conflict: when there is no such edge.
    """
    if after != row.state:
        GIFT.check(row.state, after)
    tx.connection.execute(update(gift).where(gift.c.id == row.id).values(state=after, **values))


def own_payment(tx: Transaction, gift_no: str, payment_no: str, method: str) -> None:
    """Note that another payment is now the money of a locked gift; its days stay as accepted."""
    values = {"paid_by": payment_no, "method": method}
    tx.connection.execute(update(gift).where(gift.c.no == gift_no).values(**values))


def hold_gifts(tx: Transaction, gift_nos: Collection[str]) -> None:
    """Lock many gifts until the end, in the order every other act keeps."""
    tx.connection.execute(
        select(gift.c.id)
        .where(gift.c.no == func.any(sorted(set(gift_nos))))
        .order_by(gift.c.id)
        .with_for_update()
    ).all()


def mark_allocated(tx: Transaction, gift_nos: Collection[str]) -> None:
    """Note that yen of these gifts were allocated; those already past that stay as they are."""
    GIFT.check("accepted", "allocated")
    # One statement and one array: a run may name more gifts than a statement has parameters.
    tx.connection.execute(
        update(gift)
        .where(gift.c.no == func.any(sorted(set(gift_nos))), gift.c.state == "accepted")
        .values(state="allocated")
    )


def mark_reported(tx: Transaction, gift_nos: Collection[str]) -> None:
    """Note that the use of these gifts was reported to the public."""
    for row in lock_gifts(tx, gift_nos):
        if row.state == "allocated":
            move_gift(tx, row.no, "allocated", "reported")


def in_open_batch(tx: Transaction, gift_ids: Collection[int]) -> list[int]:
    """Which of these (locked) gifts already stand in a batch that waits for its decision."""
    rows = tx.connection.execute(
        select(acceptance_item.c.gift_id)
        .join(acceptance_batch, acceptance_batch.c.id == acceptance_item.c.batch_id)
        .where(acceptance_item.c.gift_id.in_(set(gift_ids)), acceptance_batch.c.state == "proposed")
    )
    return [int(row.gift_id) for row in rows]


def add_batch(
    tx: Transaction,
    year: int,
    gift_ids: Sequence[int],
    checklist: Mapping[str, Json],
    note: str,
) -> str:
    """Insert a proposed batch with its gifts; returns its number, the next of the year."""
    tx.connection.execute(text("SELECT pg_advisory_xact_lock(7102, :year)"), {"year": year})
    made = tx.connection.execute(
        select(func.count())
        .select_from(acceptance_batch)
        .where(acceptance_batch.c.no.startswith(f"B{year}-"))
    ).scalar_one()
    number = batch_no(year, int(made) + 1)
    batch_id = tx.connection.execute(
        insert(acceptance_batch)
        .values(
            no=number,
            state="proposed",
            checklist=dict(checklist),
            note=note,
            proposed_by=tx.by.person_id,
            proposed_at=tx.now,
        )
        .returning(acceptance_batch.c.id)
    ).scalar_one()
    tx.connection.execute(
        insert(acceptance_item),
        [{"batch_id": batch_id, "gift_id": gift_id} for gift_id in gift_ids],
    )
    return number


def lock_batch(tx: Transaction, number: str) -> Row[Any] | None:
    """The batch's row, locked until the transaction ends."""
    return tx.connection.execute(
        select(acceptance_batch).where(acceptance_batch.c.no == number).with_for_update()
    ).one_or_none()


def close_batch(tx: Transaction, batch_id: int, state: str, note: str) -> None:
    """Write the decision of a locked batch: ``accepted`` or ``sent_back``."""
    tx.connection.execute(
        update(acceptance_batch)
        .where(acceptance_batch.c.id == batch_id)
        .values(state=state, decided_by=tx.by.person_id, decided_at=tx.now, decision_note=note)
    )


def gift_nos_of_batch(tx: Transaction, batch_id: int) -> list[str]:
    """The numbers of a batch's gifts."""
    rows = tx.connection.execute(
        select(gift.c.no)
        .join(acceptance_item, acceptance_item.c.gift_id == gift.c.id)
        .where(acceptance_item.c.batch_id == batch_id)
        .order_by(gift.c.id)
    )
    return [row.no for row in rows]


def add_draft(tx: Transaction, token: str, form_key: str, data: Mapping[str, Json]) -> None:
    """Begin a draft; only the hash of its cookie is kept."""
    tx.connection.execute(
        insert(gift_draft).values(
            token_hash=secret_hash(token),
            form_key=form_key,
            data=dict(data),
            created_at=tx.now,
            updated_at=tx.now,
        )
    )


def put_draft(tx: Transaction, token: str, data: Mapping[str, Json]) -> bool:
    """Write what was typed; False when the draft is gone or was submitted meanwhile."""
    found = tx.connection.execute(
        update(gift_draft)
        .where(
            gift_draft.c.token_hash == secret_hash(token),
            ~gift_draft.c.data.has_key("gift_no"),
        )
        .values(data=dict(data), updated_at=tx.now)
        .returning(gift_draft.c.form_key)
    ).one_or_none()
    return found is not None


def close_draft(tx: Transaction, token: str, gift_no: str, origin: str) -> None:
    """Forget what was typed, now that the gift holds it; only the gift's number stays."""
    tx.connection.execute(
        update(gift_draft)
        .where(gift_draft.c.token_hash == secret_hash(token))
        .values(data={"gift_no": gift_no, "from": origin}, updated_at=tx.now)
    )


def forget_drafts(tx: Transaction, before: dt.datetime) -> int:
    """Delete drafts untouched since a moment; returns how many."""
    return tx.connection.execute(
        delete(gift_draft).where(gift_draft.c.updated_at < before)
    ).rowcount


def gift_exists(tx: Transaction, gift_no: str) -> bool:
    """Whether a number is taken."""
    return bool(tx.connection.execute(select(exists().where(gift.c.no == gift_no))).scalar_one())
