"""What a donor (or an officer for the donor) corrects after the gift: facts, mail address, receipt.

Old values are kept in an append-only history. Receipts that were issued are never rewritten: a
corrected one is asked for, and officers see the wish.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from fund.giving import queries, store, store_donors
from fund.giving.domain import Donor
from fund.giving.domain.donor import refuse_my_number
from fund.kernel.actor import Actor
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.ids import new_secret
from fund.platform import attempts
from fund.platform.house import House, Transaction
from fund.platform.letters import write_letter
from fund.platform.outbox import queue_mail, readdress

EMAIL_CHANGE_LIFE = dt.timedelta(days=3)
EMAIL_CHANGES_PER_DAY = 5
MAX_REASON = 500


def read_note(text: str, field: str) -> str:
    """A note as typed, trimmed and cut.

    Raises:
        Invalid: naming the field, when a My Number may stand in it.
    """
    note = text.strip()[:MAX_REASON]
    try:
        refuse_my_number(note)
    except ValueError as error:
        raise Invalid(str(error), {field: str(error)}) from error
    return note


def correct_donor(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, facts: Donor, reason: str = ""
) -> list[str]:
    """Write corrected facts of a gift's donor; returns the names of the facts that changed.

    A donor's own correction leaves the mail address alone (see ``ask_email_change``); an
    officer may change it too, and gives a reason. Mails that have not gone out follow.

    Raises:
        NotFound: for an unknown gift.
        Invalid: when an officer gives no reason, or the kind of donor would change.
    """
    written = read_note(reason, "reason")
    if by.is_person() and not written:
        message = "直す理由を入力してください"
        raise Invalid(message, {"reason": message})
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_gift(tx, gift_no)
        if row is None:
            raise NotFound("寄附が見つかりません")
        before = store_donors.lock_donor(tx, row.donor_id)
        if facts.kind != before.kind:
            raise Invalid("個人と法人・団体は、ここでは変えられません。窓口へご相談ください")
        after = facts if by.is_person() else replace(facts, email=before.email)
        changed = store_donors.correct_donor(
            tx,
            row.donor_id,
            before,
            after,
            accepted=row.accepted_on is not None,
            reason=written,
        )
        if changed:
            if "email" in changed and before.email:
                readdress(tx, gift_no, before.email, after.email)
            tx.audit("donor.corrected", gift_no, facts=list(changed))
    return changed


def ask_email_change(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, email: str
) -> None:
    """Mail a link to a new address; it counts once somebody opened the link there.

    Raises:
        NotFound: for an unknown gift.
        Conflict: when it was asked too often today.
    """
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_gift(tx, gift_no)
        who = queries.donor_of(tx.connection, gift_no)
        if row is None or who is None:
            raise NotFound("寄附が見つかりません")
        day = dt.timedelta(days=1)
        asked = attempts.standing(tx, "email-change", gift_no, day)
        if asked >= EMAIL_CHANGES_PER_DAY:
            raise Conflict("メールアドレスの変更は、1日に5回までです。明日もう一度お試しください")
        attempts.note(tx, "email-change", gift_no)
        token = new_secret()
        number = store_donors.add_email_change(tx, row.id, email, token)
        _mail_confirmation(tx, gift_no, who.locale, email, token, number)
        tx.audit("donor.email-change-asked", gift_no)


def _mail_confirmation(
    tx: Transaction, gift_no: str, locale: str, email: str, token: str, number: int
) -> None:
    settings = tx.house.settings
    prefix = "" if locale == "ja" else f"/{locale}"
    link = f"{settings.base_url}{prefix}/email/{token}"
    queue_mail(
        tx,
        write_letter(
            settings,
            occasion="gift.email",
            subject_no=f"{gift_no}#{number}",
            recipient=email,
            locale=locale,
            facts={"link": link, "gift_no": gift_no, "days": EMAIL_CHANGE_LIFE.days},
        ),
    )


def confirm_email_change(house: House, *, by: Actor, now: dt.datetime, token: str) -> str:
    """Let the new address count; returns the gift's number. Its old value stays in the history.

    Raises:
        NotFound: for a link that is spent, too old or was never made.
    """
    with house.transaction(by=by, now=now) as tx:
        asked = store_donors.take_email_change(tx, token, now - EMAIL_CHANGE_LIFE)
        if asked is None:
            raise NotFound("このリンクは、すでに使われたか、期限が過ぎています")
        row = store_donors.lock_gift_by_id(tx, asked.gift_id)
        before = store_donors.lock_donor(tx, row.donor_id)
        after = replace(before, email=asked.email)
        store_donors.correct_donor(
            tx, row.donor_id, before, after, accepted=row.accepted_on is not None, reason=""
        )
        readdress(tx, row.no, before.email, after.email)
        tx.audit("donor.corrected", row.no, facts=["email"])
        return str(row.no)


def ask_corrected_receipt(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, note: str
) -> bool:
    """Note that a receipt in the corrected words is wanted; False when it is noted already.

    Raises:
        NotFound: for an unknown gift.
        Invalid: for a note that may hold a My Number.
        Conflict: before the gift is accepted: its receipt will have the corrected words anyway.
    """
    written = read_note(note, "note")
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_gift(tx, gift_no)
        if row is None:
            raise NotFound("寄附が見つかりません")
        if row.accepted_on is None:
            raise Conflict("受領証明書は、これから直した内容で発行します。手続きはいりません")
        added = store_donors.ask_receipt(tx, row.id, written)
        if added:
            tx.audit("receipt.correction-asked", gift_no)
        return added


def close_receipt_request(house: House, *, by: Actor, now: dt.datetime, request_id: int) -> str:
    """Note that an officer dealt with the wish for a corrected receipt; returns the gift's number.

    Raises:
        Forbidden: when no person stands behind the act.
        NotFound: when there is no such open wish.
    """
    if not by.is_person():
        raise Forbidden("この操作は、サインインした職員だけが行えます")
    with house.transaction(by=by, now=now) as tx:
        gift_no = store_donors.close_receipt_request(tx, request_id)
        if gift_no is None:
            raise NotFound("この依頼は、すでに終わっています")
        tx.audit("receipt.correction-closed", gift_no)
        return gift_no
