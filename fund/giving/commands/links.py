"""The donor's way back: the lost link, the link by mail, a new link, a draft taken along."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

from fund.giving import pledges_store, queries, store, store_donors
from fund.giving.domain.donor import read_email
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Invalid, NotFound, TooMany
from fund.kernel.ids import CROCKFORD, new_secret, read_gift_no
from fund.kernel.japanese import digits
from fund.platform import attempts
from fund.platform.house import House, Transaction
from fund.platform.letters import write_letter
from fund.platform.outbox import queue_mail

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
FINDS_PER_ADDRESS, FINDS_PER_NUMBER = 10, 5
"""Lookups of a lost link in an hour, of one visitor's address and for one gift number."""
LINKS_PER_HOUR = 3
DRAFT_MAILS = 3
"""Mails with the link of a draft in a day: for one draft, and to one mail address."""
DRAFT_MAILS_PER_ADDRESS = 10
REMINDER_BEFORE = dt.timedelta(days=2)


def base32(digest: bytes) -> str:
    """160 bits of a digest in 32 lower-case characters."""
    number = int.from_bytes(digest[:20], "big")
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(155, -1, -5)).lower()


def stop_key(secret_key: str, gift_no: str) -> str:
    """The key of the address that stops a gift's report mails, and opens nothing else."""
    text = b"mieru-fund/stop-mail/v1\x00" + gift_no.encode()
    return base32(hmac.digest(secret_key.encode(), text, hashlib.sha256))


def stop_url(house: House, gift_no: str, locale: str) -> str:
    """The absolute address that stops a gift's report mails with one tap."""
    prefix = "" if locale == "ja" else f"/{locale}"
    key = stop_key(house.settings.secret_key, gift_no)
    return f"{house.settings.base_url}{prefix}/stop/{gift_no}/{key}"


def ask_link(
    house: House, *, by: Actor, now: dt.datetime, number: str, contact: str, origin: str
) -> None:
    """Ask for a lost link; what becomes of it is decided after the answer, found or not.

    The answer takes the same work whether a gift has this number and contact or not: two
    counts, two rows and one task. The task mails the link to the address on record.

    Raises:
        TooMany: when the visitor, or anybody for this number, asked too often in an hour.
    """
    wanted = read_gift_no(number[:40]) or number[:40]
    with house.transaction(by=by, now=now) as tx:
        per_origin = attempts.standing(tx, "find-from", origin, HOUR)
        per_number = attempts.standing(tx, "find-for", wanted, HOUR)
        if per_origin >= FINDS_PER_ADDRESS or per_number >= FINDS_PER_NUMBER:
            raise TooMany("短い間に何度も調べられています。1時間ほどたってからお試しください", 3600)
        attempts.note(tx, "find-from", origin)
        attempts.note(tx, "find-for", wanted)
        # The queue is read by more people than the donors' table: what was typed stays out of it.
        tx.enqueue(
            "giving.find_link",
            number=read_gift_no(number[:40]) or "",
            proof=contact_proof(house, contact),
        )


def contact_proof(house: House, contact: str) -> str:
    """A keyed hash of a mail address or a postcode: it is compared, and says nothing else."""
    if "@" in contact or "＠" in contact:
        try:
            plain = f"mail {read_email(contact[:300]).lower()}"
        except ValueError:
            plain = "nothing"
    else:
        plain = f"postcode {digits(contact[:300])}"
    text = b"mieru-fund/find-link/v1\x00" + plain.encode()
    return hmac.digest(house.settings.secret_key.encode(), text, hashlib.sha256).hex()


def find_link(house: House, *, by: Actor, now: dt.datetime, number: str, proof: str) -> bool:
    """Mail the link of a gift to the address on record, if the proof is of its donor's contact."""
    with house.transaction(by=by, now=now) as tx:
        who = queries.donor_of(tx.connection, number)
        if who is None or not who.email or not _is_contact(house, who, proof):
            return False
        _mail_link(tx, number, who, "gift.link")
        tx.audit("gift.link-found", number)
        return True


def _is_contact(house: House, who: queries.DonorView, proof: str) -> bool:
    known = [contact for contact in (who.email, digits(who.postal_code)) if contact]
    return any(hmac.compare_digest(contact_proof(house, each), proof) for each in known)


def _mail_link(tx: Transaction, gift_no: str, who: queries.DonorView, occasion: str) -> None:
    settings = tx.house.settings
    prefix = "" if who.locale == "ja" else f"/{who.locale}"
    secret = store_donors.link_secret(tx.connection, settings.secret_key, gift_no)
    queue_mail(
        tx,
        write_letter(
            settings,
            occasion=occasion,
            # Each request is an occasion of its own.
            subject_no=f"{gift_no}#{tx.now:%Y%m%d%H%M%S}",
            recipient=who.email,
            locale=who.locale,
            facts={
                "addressee": who.addressee,
                "gift_no": gift_no,
                "link": f"{settings.base_url}{prefix}/d/{secret}",
            },
        ),
    )


def mail_own_link(house: House, *, by: Actor, now: dt.datetime, gift_no: str) -> None:
    """Mail the address of the donor's page to the donor, at most three times an hour.

    Raises:
        NotFound: for an unknown gift.
        Conflict: when no mail address is on record.
        TooMany: when it was asked too often.
    """
    with house.transaction(by=by, now=now) as tx:
        who = queries.donor_of(tx.connection, gift_no)
        if who is None:
            raise NotFound("寄附が見つかりません")
        if not who.email:
            raise Conflict("メールアドレスが登録されていません")
        if attempts.standing(tx, "own-link", gift_no, HOUR) >= LINKS_PER_HOUR:
            raise TooMany("すでにお送りしています。届かないときは、1時間後にお試しください", 3600)
        attempts.note(tx, "own-link", gift_no)
        _mail_link(tx, gift_no, who, "gift.link")
        tx.audit("gift.link-mailed", gift_no)


def renew_link(house: House, *, by: Actor, now: dt.datetime, gift_no: str) -> str:
    """Make a new address for the donor's page and mail it; the old one opens nothing any more.

    Of a monthly gift all pages get new addresses, that of the monthly gift itself too: they
    lead to each other. Looking for a lost link never does this: whoever knows a number and a
    postcode could otherwise close the donor's own bookmark.

    Raises:
        NotFound: for an unknown gift.
        TooMany: when it was asked too often.
    """
    with house.transaction(by=by, now=now) as tx:
        pledge = pledges_store.pledge_of(tx, gift_no)
        row = store.lock_gift(tx, gift_no)
        who = queries.donor_of(tx.connection, gift_no)
        if row is None or who is None:
            raise NotFound("寄附が見つかりません")
        if attempts.standing(tx, "renew", gift_no, DAY) >= LINKS_PER_HOUR:
            raise TooMany("アドレスを作り直せるのは、1日に3回までです", 86400)
        attempts.note(tx, "renew", gift_no)
        secret = store_donors.renew_link(tx, row)
        for month in pledges_store.renew_address(tx, pledge) if pledge is not None else ():
            if month.id != row.id:
                store_donors.renew_link(tx, month)
        if who.email:
            _mail_link(tx, gift_no, who, "gift.link")
        tx.audit("gift.link-renewed", gift_no, version=int(row.link_version) + 1)
    return secret


def mail_draft(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    token: str,
    email: str,
    locale: str,
    remind: bool,
    life: dt.timedelta,
) -> None:
    """Mail a link with which the form is taken up on any device; one reminder, if ticked.

    Raises:
        Conflict: when the draft was sent meanwhile, or forgotten.
        TooMany: when this draft or this mail address had enough mails today.
    """
    last_day = day_in_japan(now + life)
    with house.transaction(by=by, now=now) as tx:
        per_draft = attempts.standing(tx, "draft-mail", token, DAY)
        per_mail = attempts.standing(tx, "draft-to", email.lower(), DAY)
        if per_draft >= DRAFT_MAILS or per_mail >= DRAFT_MAILS_PER_ADDRESS:
            raise TooMany("今日はこれ以上お送りできません。明日もう一度お試しください", 86400)
        attempts.note(tx, "draft-mail", token)
        attempts.note(tx, "draft-to", email.lower())
        resume = new_secret()
        remind_on = day_in_japan(now + life - REMINDER_BEFORE) if remind else None
        kept = store_donors.keep_resume(
            tx, token, resume, (email, locale) if remind else (None, None), remind_on
        )
        if not kept:
            raise Conflict("この申し込みは、すでに送信されたか、保存の期限を過ぎています")
        write_draft_mail(tx, "draft.resume", resume, email, locale, last_day)


def write_draft_mail(
    tx: Transaction, occasion: str, resume: str, email: str, locale: str, last_day: dt.date
) -> None:
    """Queue a mail with the link of a draft."""
    settings = tx.house.settings
    prefix = "" if locale == "ja" else f"/{locale}"
    queue_mail(
        tx,
        write_letter(
            settings,
            occasion=occasion,
            subject_no=base32(hashlib.sha256(resume.encode()).digest())[:12],
            recipient=email,
            locale=locale,
            facts={
                "link": f"{settings.base_url}{prefix}/give/resume/{resume}",
                "last_day": last_day,
            },
        ),
    )


def remind_drafts(house: House, *, by: Actor, now: dt.datetime, life: dt.timedelta) -> int:
    """Mail the one reminder of each draft whose owner ticked it; returns how many."""
    today = day_in_japan(now)
    with house.transaction(by=by, now=now) as tx:
        due = store_donors.due_reminders(tx, today)
        for row in due:
            resume = new_secret()
            store_donors.renew_resume(tx, bytes(row.token_hash), resume)
            last_day = day_in_japan(row.updated_at + life)
            write_draft_mail(tx, "draft.reminder", resume, row.mail_to, row.mail_locale, last_day)
    return len(due)


def take_up_draft(
    house: House, *, by: Actor, now: dt.datetime, resume: str, life: dt.timedelta
) -> str:
    """Take a draft up on another device; returns the new secret for its cookie.

    The secret changes: whoever sent somebody a link to a draft of his own cannot read what is
    typed into it afterwards.

    Raises:
        NotFound: for a link that is spent, too old or was never made.
    """
    token = new_secret()
    with house.transaction(by=by, now=now) as tx:
        if not store_donors.take_up_draft(tx, resume, token, now - life):
            raise NotFound("このリンクは、すでに使われたか、保存の期限を過ぎています")
    return token


def check_stop_key(house: House, gift_no: str, key: str) -> None:
    """Pass if this is the key of a gift's stop address.

    Raises:
        NotFound: when it is not.
    """
    wanted = stop_key(house.settings.secret_key, gift_no)
    if not hmac.compare_digest(wanted.encode(), key[:64].encode()):
        raise NotFound("このアドレスは見つかりません")


def read_contact(text: str) -> str:
    """What somebody types to be found by: a mail address or a postcode.

    Raises:
        Invalid: when it is neither.
    """
    plain = text.strip()[:300]
    message = "お届けいただいたメールアドレスか、7けたの郵便番号を入力してください"
    if "@" in plain or "＠" in plain:
        try:
            if read_email(plain):
                return plain
        except ValueError as error:
            raise Invalid(message, {"contact": message}) from error
    if len(digits(plain)) != 7:
        raise Invalid(message, {"contact": message})
    return plain
