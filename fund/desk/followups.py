"""Reports to donors who ticked them: what their yen were decided for, what became of them.

A run or a settlement may touch thousands of gifts: the fact itself only asks for one task, and
the task writes one mail for each gift, in a transaction of its own, so that a worker killed in
the middle goes on where it stopped. The outbox takes each occasion once.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from fund.allocation import queries as allocation
from fund.giving import queries as giving
from fund.giving.commands import stop_url
from fund.giving.store_donors import link_secret
from fund.grants import queries as grants
from fund.kernel.actor import system
from fund.kernel.money import Yen, total
from fund.ledger import queries as ledger
from fund.platform.house import House
from fund.platform.letters import write_letter
from fund.platform.outbox import queue_mail
from fund.registry import queries as registry

ALLOCATED, SETTLED = "gift.allocated", "gift.settled"


def _write(
    house: House,
    now: dt.datetime,
    gift: giving.GiftView,
    occasion: str,
    about: str,
    facts: Mapping[str, Any],
) -> None:
    """One report to the donor of one gift, if the tick still stands when it is written."""
    with house.transaction(by=system("followups"), now=now) as tx:
        today = giving.gift(tx.connection, gift.no)
        who = giving.donor_of(tx.connection, gift.no)
        if today is None or not today.report_mail or who is None or not who.email:
            return
        settings = house.settings
        prefix = "" if who.locale == "ja" else f"/{who.locale}"
        secret = link_secret(tx.connection, settings.secret_key, gift.no)
        shown = {
            "addressee": who.addressee,
            "gift_no": gift.no,
            "yen": int(gift.yen),
            "link": f"{settings.base_url}{prefix}/d/{secret}",
            **facts,
        }
        queue_mail(
            tx,
            write_letter(
                settings,
                occasion=occasion,
                subject_no=f"{gift.no}#{about}",
                recipient=who.email,
                locale=who.locale,
                facts=shown,
                stop_url=stop_url(house, gift.no, who.locale),
            ),
        )


def _gift_of(share_id: str) -> str:
    return share_id.partition("/")[0]


def _wanting(connection: Connection, gift_nos: set[str]) -> list[giving.GiftView]:
    found = giving.gifts_by_no(connection, gift_nos)
    return [gift for no, gift in sorted(found.items()) if gift.report_mail]


def tell_allocated(house: House, *, now: dt.datetime, run_no: str, **_: Any) -> None:
    """Tell the donors of a run's gifts which projects their yen were decided for."""
    with house.database.reading() as connection:
        run = allocation.run(connection, run_no)
        if run is None:
            raise LookupError(run_no)
        lines: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for line in allocation.lines_of_run(connection, run.id):
            lines[_gift_of(line.share_id)][line.award_no] += int(line.yen)
        names = registry.names(connection)
        letters = []
        for gift in _wanting(connection, set(lines)):
            rows = []
            for award_no, yen in lines[gift.no].items():
                award = grants.award(connection, award_no)
                if award is None:
                    raise LookupError(award_no)
                group = names.group(award.group_no)
                rows.append({"title": award.title, "group": group, "yen": yen})
            left = total(Yen(lot.open_yen) for lot in ledger.open_lots(connection, gift.no))
            letters.append((gift, {"lines": rows, "left": int(left)}))
    for gift, facts in letters:
        _write(house, now, gift, ALLOCATED, run_no, facts)


def tell_settled(house: House, *, now: dt.datetime, award_no: str, **_: Any) -> None:
    """Tell the donors behind an award what was spent of it and what came back."""
    with house.database.reading() as connection:
        award = grants.award(connection, award_no)
        if award is None:
            raise LookupError(award_no)
        yours: dict[str, int] = defaultdict(int)
        for line in allocation.lines_of_award(connection, award_no):
            yours[_gift_of(line.share_id)] += int(line.yen)
        group = registry.names(connection).group(award.group_no)
        wanting = _wanting(connection, set(yours))
    for gift in wanting:
        facts = {
            "title": award.title,
            "group": group,
            "paid": int(award.disbursed),
            "spent": int(award.spent),
            "returned": int(award.returned),
            "yours": yours[gift.no],
        }
        _write(house, now, gift, SETTLED, award_no, facts)
