"""Looking at personal data leaves a line that says who looked; consents are given and withdrawn."""

from __future__ import annotations

import datetime as dt

from fund.giving import queries, store, store_donors
from fund.giving.domain import TEXTS, Consents
from fund.giving.domain.consents import FREE, PUBLISH_NAME, TELL_GROUP
from fund.giving.messages import NameWithdrawn
from fund.kernel.actor import Actor
from fund.kernel.errors import Invalid, NotFound
from fund.platform.house import House


def look_at_donor(house: House, *, by: Actor, now: dt.datetime, gift_no: str) -> queries.DonorView:
    """The donor of a gift, with a line in the audit trail that says who looked.

    Raises:
        NotFound: for an unknown gift.
    """
    with house.transaction(by=by, now=now) as tx:
        found = queries.donor_of(tx.connection, gift_no)
        if found is None:
            raise NotFound("寄附が見つかりません")
        tx.audit("donor.viewed", gift_no)
    return found


def note_batch_viewed(house: House, *, by: Actor, now: dt.datetime, batch_no: str) -> None:
    """Write down that somebody saw the donors' names of a batch."""
    with house.transaction(by=by, now=now) as tx:
        tx.audit("acceptance.viewed", batch_no)


def note_export(house: House, *, by: Actor, now: dt.datetime, fy: int | None) -> None:
    """Write down that somebody took the gift register away, and of which fiscal year."""
    with house.transaction(by=by, now=now) as tx:
        tx.audit("register.exported", "gift-register", fy=fy)


def change_consent(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    gift_no: str,
    purpose: str,
    given: bool,
    name: str = "",
) -> bool:
    """Give or withdraw one of the three free consents; False when nothing would change.

    The answer is one more row with the text as it reads today; the gift follows at once, and
    with it every page and mail. ``name`` is what is published with ``publish_name``.

    Raises:
        NotFound: for an unknown gift.
        Invalid: for a consent that cannot be changed, or a name to publish missing or too long.
    """
    text = next((text for text in TEXTS if text.purpose == purpose), None)
    if text is None or purpose not in FREE:
        raise Invalid("この同意は、あとから変えられません")
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_gift(tx, gift_no)
        view = queries.gift(tx.connection, gift_no)
        if row is None or view is None:
            raise NotFound("寄附が見つかりません")
        published = name if given and purpose == PUBLISH_NAME else ""
        if purpose == PUBLISH_NAME:
            Consents(purpose_of_use=True, publish_name=given, display_name=published)
            values: dict[str, object] = {"publish_name": given, "display_name": published}
        else:
            values = {purpose: given}
        if given and purpose == TELL_GROUP and all(s.kind != "group" for s in view.shares):
            raise Invalid("団体を希望した寄附だけ、団体に知らせることができます")
        if all(getattr(row, column) == value for column, value in values.items()):
            return False
        store_donors.set_consents(tx, row.id, values)
        store_donors.add_consent(tx, row.id, text, view.locale, given=given, name=published)
        tx.audit("consent.changed", gift_no, purpose=purpose, given=given)
        if purpose == PUBLISH_NAME and not given:
            tx.announce(NameWithdrawn(gift_no))
    return True
