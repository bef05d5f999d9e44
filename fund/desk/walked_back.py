"""Telling donors what concerns their own yen: an award shrank, or their wish was redirected.

These are not reports one may switch off: every donor with an address is told, once for each fact.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from fund.allocation.messages import WishRedirected
from fund.allocation.store_reversals import taken_back_by
from fund.giving import queries as giving
from fund.giving.store_donors import link_secret
from fund.grants.changes_store import change
from fund.kernel.actor import system
from fund.kernel.money import Yen
from fund.ledger.reasons import reason_words
from fund.platform.house import House, Transaction
from fund.platform.letters import write_letter
from fund.platform.outbox import queue_mail
from fund.registry import queries as registry


def tell_walked_back(house: House, *, now: dt.datetime, change_no: str, **_: Any) -> None:
    """Tell the donors of the yen that left an award why, and that they wait again."""
    with house.database.reading() as connection:
        found = change(connection, change_no)
        if found is None:
            raise LookupError(change_no)
        yen: dict[str, Yen] = defaultdict(lambda: Yen(0))
        for part in taken_back_by(connection, f"award.{found.kind}", change_no):
            yen[part.gift_no] += part.yen
        names = registry.names(connection)
        group = names.group(found.group_no)
    for gift_no, part_yen in sorted(yen.items()):
        with house.transaction(by=system("followups"), now=now) as tx:
            facts = {
                "title": found.title,
                "group": group,
                "cancelled": found.kind == "cancelled",
                "reason": found.reason,
                "explanation": found.explanation,
            }
            tell(tx, "gift.walked-back", gift_no, change_no, part_yen, facts)


def tell_redirected(tx: Transaction, message: WishRedirected) -> None:
    """Tell a donor that the term of the wish is over, and what the yen wait for now."""
    names = registry.names(tx.connection)
    donor = giving.donor_of(tx.connection, message.gift_no)
    if donor is None:
        return
    facts = {
        "before": names.use(*message.before, donor.locale),
        "after": names.use(*message.after, donor.locale),
        "reason": message.reason,
    }
    tell(tx, "gift.redirected", message.gift_no, message.share_id, message.yen, facts)


def tell(
    tx: Transaction, occasion: str, gift_no: str, about: str, yen: Yen, facts: Mapping[str, Any]
) -> None:
    """One mail to a gift's donor, if there is an address; ``reason`` is put into words."""
    donor = giving.donor_of(tx.connection, gift_no)
    if donor is None or not donor.email:
        return
    settings, locale = tx.house.settings, donor.locale
    prefix = "" if locale == "ja" else f"/{locale}"
    secret = link_secret(tx.connection, settings.secret_key, gift_no)
    letter = write_letter(
        settings,
        occasion=occasion,
        subject_no=f"{gift_no}#{about}",
        recipient=donor.email,
        locale=locale,
        facts={
            "addressee": donor.addressee,
            "gift_no": gift_no,
            "yen": int(yen),
            "link": f"{settings.base_url}{prefix}/d/{secret}",
            **facts,
            "why": reason_words(str(facts["reason"]), locale),
        },
    )
    queue_mail(tx, letter)
