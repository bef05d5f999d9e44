"""Reading across rooms for the donor's page and the group's page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.allocation import queries as allocation
from fund.desk.story import GiftFacts, Spending, Waiting, binds_until
from fund.giving import queries as giving
from fund.giving.queries import GiftView, RefusalView, ShareView
from fund.grants import queries as grants
from fund.kernel.calendar import day_in_japan
from fund.kernel.money import Yen, total
from fund.ledger import queries as ledger
from fund.ledger.redirections import RedirectionView, redirections_of
from fund.payments import queries as payments
from fund.payments import refunds_queries as taken_back
from fund.payments.queries import PaymentView
from fund.payments.refunds_queries import DisputeView, RefundView
from fund.publication import queries as publication
from fund.receipts import queries as receipts
from fund.receipts.queries import ReceiptView


@dataclass(frozen=True)
class DonorStory:
    """Everything the donor's page shows of one gift."""

    gift: GiftView
    payment: PaymentView | None
    attempts: tuple[PaymentView, ...]
    receipt: ReceiptView | None
    entry_no: int | None
    spendings: tuple[Spending, ...]
    waiting: tuple[Waiting, ...]
    facts: GiftFacts
    back: MoneyBack


@dataclass(frozen=True)
class MoneyBack:
    """What went back of a gift: refunds that are decided, disputes, the refusal, void receipts."""

    refunds: tuple[RefundView, ...]
    disputes: tuple[DisputeView, ...]
    refusal: RefusalView | None
    void: tuple[str, ...]

    @property
    def payments(self) -> frozenset[str]:
        """The payments whose yen are on their way back or have gone."""
        return frozenset(item.payment_no for item in self.refunds if item.came_back_on is None)

    @property
    def declined_on(self) -> dt.date | None:
        """The day in Japan on which the ward decided not to accept the gift."""
        decided = self.refusal.decided_at if self.refusal is not None else None
        return day_in_japan(decided) if decided is not None else None

    @property
    def returned_on(self) -> dt.date | None:
        """The last day on which yen left for the donor, by a refund or a lost dispute."""
        left = [item.left_on for item in self.refunds if item.came_back_on is None]
        left += [item.ended_on for item in self.disputes if item.outcome == "lost"]
        return max((day for day in left if day is not None), default=None)


def _money_back(connection: Connection, gift_no: str) -> MoneyBack:
    undecided = {"proposed", "rejected", "canceled"}
    declined = giving.refusals_of_gift(connection, gift_no)
    return MoneyBack(
        refunds=tuple(
            item
            for item in taken_back.refunds_of_gift(connection, gift_no)
            if item.state not in undecided
        ),
        disputes=tuple(
            item
            for item in taken_back.disputes_of_gift(connection, gift_no)
            if item.withdrawn_on is not None
        ),
        refusal=next((item for item in declined if item.state == "declined"), None),
        void=tuple(
            item.no for item in receipts.receipts_of(connection, gift_no) if item.state == "void"
        ),
    )


def donor_story(connection: Connection, gift: GiftView) -> DonorStory:
    """Gather a gift's way through the rooms; yen spent and waiting sum to the accepted gift."""
    attempts = payments.payments_of(connection, gift.no)
    entry_no = publication.gift_entries(connection, [gift.no]).get(gift.no)
    spendings = tuple(_spendings(connection, gift.no))
    waiting = tuple(_waiting(connection, gift))
    back = _money_back(connection, gift.no)
    facts = GiftFacts(
        state=gift.state,
        offered_on=day_in_japan(gift.offered_at),
        received_on=gift.received_on,
        accepted_on=gift.accepted_on,
        spendings=spendings,
        waiting_yen=total(pot.yen for pot in waiting),
        declined_on=back.declined_on,
        returned_on=back.returned_on,
    )
    return DonorStory(
        gift=gift,
        payment=payments.current(attempts),
        attempts=tuple(attempts),
        receipt=receipts.receipt_of(connection, gift.no),
        entry_no=entry_no,
        spendings=spendings,
        waiting=waiting,
        facts=facts,
        back=back,
    )


def _spendings(connection: Connection, gift_no: str) -> list[Spending]:
    found = []
    for line in allocation.lines_of_gift(connection, gift_no):
        if not line.standing:
            continue
        award = grants.award(connection, line.award_no)
        if award is None:
            raise LookupError(line.award_no)
        found.append(
            Spending(
                award_no=award.no,
                yen=line.standing,
                on=line.on,
                rank=line.rank,
                use=line.use,
                entry_no=None,
                group_no=award.group_no,
                title=award.title,
                award_state=award.state,
            )
        )
    return found


def _waiting(connection: Connection, gift: GiftView) -> list[Waiting]:
    parts: dict[str, ShareView | RedirectionView] = {share.id: share for share in gift.shares}
    parts |= {moved.new_share_id: moved for moved in redirections_of(connection, gift.no)}
    return [
        Waiting(
            kind=parts[lot.share_id].kind,
            target=parts[lot.share_id].target,
            yen=Yen(lot.open_yen),
            binds_until=binds_until(list(lot.wish.get("levels", []))),  # type: ignore[arg-type]
            part=getattr(parts[lot.share_id], "part", "wish"),
        )
        for lot in ledger.open_lots(connection, gift.no)
        if lot.share_id in parts
    ]
