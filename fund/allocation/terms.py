"""Wishes whose term is near or over: warnings before, the donor's second use after it.

The rule itself opens a fallback on the day after the term. Here the books follow: the yen get an
entry with the reason why their wish was not met, move to the pot of their new use, and their
donor is told. Everything may be repeated; what was done before is not there to be done again.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from fund.allocation.messages import WishRedirected
from fund.allocation.store_reversals import left_by_changes
from fund.giving import queries as giving
from fund.giving.domain.terms import Meanwhile, Opened, cause, fallback_of
from fund.grants import queries as grants
from fund.grants.queries import ApplicationView
from fund.kernel.actor import system
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.money import Yen
from fund.ledger import queries as ledger
from fund.ledger.accounts import pot_of
from fund.ledger.queries import OpenLot
from fund.ledger.reasons import Redirected
from fund.ledger.redirections import NewUse, Why, redirect, redirections_of
from fund.ledger.terms import expiring
from fund.ledger.turn import take_turn
from fund.manual.queries import Rules, rules_if_any, rules_on
from fund.platform.house import House, Transaction
from fund.registry import queries as registry

AT_ONCE = 100
"""Lots in one transaction: nobody who approves a run waits long."""
WARN_DAYS = 180
"""Days before a term from which it is shown as near, unless the manual says otherwise."""


@dataclass(frozen=True)
class Standing:
    """Yen of a gift that wait for a designated use: of which wish, and until when it binds."""

    share_id: str
    gift_no: str
    kind: str
    target: str
    fallback: str | None
    yen: Yen
    received_on: dt.date
    binds_until: dt.date | None


def standing_wishes(connection: Connection) -> list[Standing]:
    """Every designated share with yen in the fund, in order of the share ids."""
    lots = [lot for lot in ledger.open_lots(connection) if lot.pot != "fund:general"]
    wishes = _wishes(connection, {lot.gift_no for lot in lots if lot.gift_no})
    return [
        Standing(
            share_id=lot.share_id,
            gift_no=lot.gift_no,
            kind=kind,
            target=target,
            fallback=fallback,
            yen=lot.open_yen,
            received_on=lot.received_on,
            binds_until=binds_until(lot),
        )
        for lot in lots
        if lot.gift_no and lot.share_id in wishes
        for kind, target, fallback in [wishes[lot.share_id]]
        if target is not None
    ]


def _wishes(
    connection: Connection, gift_nos: Collection[str]
) -> dict[str, tuple[str, str | None, str | None]]:
    """The wish of every share of these gifts, those made by redirections too."""
    found = {
        share.id: (share.kind, share.target, share.fallback)
        for shares in giving.shares_of(connection, gift_nos).values()
        for share in shares
    }
    for moved in redirections_of(connection, *sorted(gift_nos)):
        found[moved.new_share_id] = (moved.kind, moved.target, moved.fallback)
    return found


def binds_until(lot: OpenLot) -> dt.date | None:
    """The last day of a lot's first wish; None if it has no term."""
    levels: Any = lot.wish.get("levels")
    expires = levels[0].get("expires") if levels else None
    return dt.date.fromisoformat(expires) if expires else None


@dataclass(frozen=True)
class NearTerm:
    """Money of one wish whose term is near: how many gifts, how much, until when."""

    kind: str
    target: str
    binds_until: dt.date
    gifts: int
    yen: Yen
    days: int


def near_terms(
    connection: Connection, today: dt.date, group_no: str | None = None
) -> list[NearTerm]:
    """Wishes whose term ends within the manual's notice, the nearest first; of a group if named."""
    last = today + dt.timedelta(days=notice_days(connection, today))
    pot = None if group_no is None else pot_of("group", group_no)
    found = []
    for one in expiring(connection, today, last, pot):
        _, kind, target = one.pot.split(":")
        days = (one.binds_until - today).days
        found.append(NearTerm(kind, target, one.binds_until, one.gifts, one.yen, days))
    return found


def notice_days(connection: Connection, today: dt.date) -> int:
    """How many days before its term a wish is warned of: ``wish.warn_days`` where it stands."""
    rules = rules_if_any(connection, today)
    if rules is None or "wish.warn_days" not in rules.values:
        return WARN_DAYS
    return rules.integer("wish.warn_days")


def open_fallbacks(house: House, *, now: dt.datetime, **_: Any) -> int:
    """Redirect what waits beyond the term of its wish; returns how many shares were redirected.

    Money of disputed payments waits until the card company has decided.
    """
    today = day_in_japan(now)
    with house.database.reading() as connection:
        disputed = giving.disputed_gifts(connection)
        over = [
            one
            for one in standing_wishes(connection)
            if one.binds_until is not None
            and one.binds_until < today
            and one.gift_no not in disputed
        ]
        facts = _Facts(connection, over, today)
        planned = [(one, facts.opened(one), facts.cause(one)) for one in over]
    done = 0
    for start in range(0, len(planned), AT_ONCE):
        with house.transaction(by=system("terms"), now=now) as tx:
            take_turn(tx)
            rules = rules_on(tx.connection, today)
            for one, opened, why in planned[start : start + AT_ONCE]:
                if opened is not None:
                    done += _redirect(tx, one, opened, why, rules)
    return done


def _redirect(
    tx: Transaction, one: Standing, opened: Opened, reason: Redirected, rules: Rules
) -> int:
    """Redirect what still stands of a share; 0 if somebody else moved it meanwhile."""
    left = ledger.standing(tx.connection, [one.share_id])
    if not left:
        return 0
    wish = opened.wish
    clause = "wish-fallback" if "wish-fallback" in rules.clause_ids else "wish-term"
    share = redirect(
        tx,
        one.share_id,
        NewUse(wish.kind, wish.target, wish.fallback, opened.levels),
        Why(reason, rules.cite(clause), day_in_japan(tx.now)),
    )
    tx.announce(
        WishRedirected(
            gift_no=one.gift_no,
            share_id=share,
            yen=left[0].yen,
            before=(one.kind, one.target),
            after=(wish.kind, wish.target),
            reason=reason,
        )
    )
    return 1


class _Facts:
    """What the register, applications and returns say about wishes whose term is over."""

    def __init__(self, connection: Connection, over: Sequence[Standing], today: dt.date) -> None:
        shares = {one.share_id for one in over}
        targets = {one.target for one in over if one.kind == "group"}
        found = {no: registry.group(connection, no) for no in targets}
        self._fields = {no: group.fields if group else () for no, group in found.items()}
        self._gone = {no for no, group in found.items() if not group or group.state == "removed"}
        year = fiscal_year(today)
        self._ended = {
            one.code
            for one in registry.programmes(connection)
            if one.last_fy is not None and one.last_fy < year
        }
        self._returned = {share for share, _ in ledger.returned_by_groups(connection, shares)}
        self._left = left_by_changes(connection, shares)
        self._applied: Mapping[str, list[ApplicationView]] = defaultdict(list)
        for asked in grants.applications(connection) if targets else ():
            self._applied[asked.group_no].append(asked)

    def opened(self, one: Standing) -> Opened | None:
        """The donor's second use."""
        return fallback_of(one.kind, one.fallback, tuple(self._fields.get(one.target, ())))

    def cause(self, one: Standing) -> Redirected:
        """Why the wish was not met in its term."""
        last = fiscal_year(one.binds_until) if one.binds_until else 0
        years = range(fiscal_year(one.received_on), last + 1)
        states = {a.state for a in self._applied.get(one.target, ()) if a.fy in years}
        return cause(
            one.kind,
            Meanwhile(
                returned=one.share_id in self._returned,
                taken_back=one.share_id in self._left,
                group_gone=one.target in self._gone,
                ended=one.target in self._ended,
                awarded="decided" in states,
                refused="refused" in states,
                applied=bool(states),
            ),
        )
