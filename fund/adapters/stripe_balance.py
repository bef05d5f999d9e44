"""Stripe's balance transactions, payouts and balance behind the settlements port."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import stripe

from fund.adapters.stripe_connection import StripeConnection
from fund.kernel.money import Yen
from fund.payments.settlement_ports import BalanceFacts, MovementFacts, PayoutFacts, Settlements

PAGE = 100
_FAILED = ("failed", "canceled")
Facts = TypeVar("Facts")


class StripeSettlements(Settlements):
    """The settlements port over ``StripeClient``; safe to share between threads."""

    def __init__(self, connection: StripeConnection) -> None:
        self._client = connection.client.v1
        self._ask = connection.ask

    def movements(
        self, *, since: dt.datetime | None = None, until: dt.datetime | None = None
    ) -> Iterator[Sequence[MovementFacts]]:
        """Page through balance transactions with the object behind each of them."""
        asked = _created(since, until) | {"expand": ["data.source"]}
        return self._pages(self._client.balance_transactions.list, asked, _movement)

    def movements_of(self, payout_id: str) -> Iterator[Sequence[MovementFacts]]:
        """Page through the balance transactions of one payout."""
        asked = {"payout": payout_id, "expand": ["data.source"]}
        return self._pages(self._client.balance_transactions.list, asked, _movement)

    def payouts(self, *, since: dt.datetime | None = None) -> Iterator[Sequence[PayoutFacts]]:
        """Page through payouts."""
        return self._pages(self._client.payouts.list, _created(since, None), _payout)

    def payout(self, payout_id: str) -> PayoutFacts:
        """Retrieve one payout."""
        found = self._ask("payout", lambda: self._client.payouts.retrieve(payout_id))
        return _payout(found)

    def balance(self) -> BalanceFacts:
        """Retrieve the balance; other currencies than yen are not ours."""
        found = self._ask("balance", self._client.balance.retrieve)
        return BalanceFacts(_in_yen(found.available), _in_yen(found.pending))

    def _pages(
        self,
        listing: Callable[[Any], stripe.ListObject[Any]],
        asked: dict[str, Any],
        read: Callable[[Any], Facts],
    ) -> Iterator[Sequence[Facts]]:
        """One page after the other, each asked for only when the last one was used up."""
        cursor: dict[str, Any] = {}
        while True:
            page = self._ask("list", lambda: listing({**asked, **cursor, "limit": PAGE}))  # noqa: B023
            yield [read(item) for item in page.data]
            if not page.has_more:
                return
            cursor = {"starting_after": page.data[-1].id}


def _created(since: dt.datetime | None, until: dt.datetime | None) -> dict[str, Any]:
    bounds = {}
    if since is not None:
        bounds["gte"] = int(since.timestamp())
    if until is not None:
        bounds["lt"] = int(until.timestamp())
    return {"created": bounds} if bounds else {}


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _in_yen(parts: Sequence[Any]) -> Yen:
    return Yen(sum(part.amount for part in parts if part.currency == "jpy"))


def _movement(entry: stripe.BalanceTransaction) -> MovementFacts:
    source: Any = entry.source
    is_object = isinstance(source, stripe.StripeObject)
    source_id = source.id if is_object else source
    charge = getattr(source, "charge", None) if is_object else None
    if isinstance(source, stripe.Charge):
        charge = source
    intent = getattr(source, "payment_intent", None) if is_object else None
    return MovementFacts(
        id=entry.id,
        type=entry.type,
        category=entry.reporting_category,
        currency=entry.currency,
        gross=Yen(entry.amount),
        fee=Yen(entry.fee),
        net=Yen(entry.net),
        source_id=source_id,
        charge_id=_id(charge),
        intent_id=_id(intent),
        created_at=_moment(entry.created),
        available_at=_moment(entry.available_on),
    )


def _id(thing: Any) -> str | None:
    """The id of a thing that may be expanded, or of its name alone."""
    if thing is None or isinstance(thing, str):
        return thing
    found: str = thing.id
    return found


def _payout(payout: stripe.Payout) -> PayoutFacts:
    return PayoutFacts(
        id=payout.id,
        yen=Yen(payout.amount),
        currency=payout.currency,
        status=payout.status,
        automatic=payout.automatic,
        itemised=payout.automatic
        and (payout.reconciliation_status == "completed" or payout.status in _FAILED),
        created_at=_moment(payout.created),
        arrives_on=_moment(payout.arrival_date).date(),
        failure_code=payout.failure_code,
    )
