"""What the front desk does when the use of gifts is decided or a project has ended."""

from __future__ import annotations

from collections.abc import Mapping

from fund.allocation.messages import MoneyWalkedBack, RunApproved, WishRedirected
from fund.desk.walked_back import tell_redirected
from fund.grants.messages import AwardSettled
from fund.platform.house import Message, Reaction, Transaction


def report_allocation(tx: Transaction, message: RunApproved) -> None:
    """Donors who ticked it are told after the commit."""
    tx.enqueue("desk.tell_allocated", run_no=message.run_no)


def report_settlement(tx: Transaction, message: AwardSettled) -> None:
    """Donors who ticked it are told after the commit."""
    tx.enqueue("desk.tell_settled", award_no=message.award_no)


def report_walk_back(tx: Transaction, message: MoneyWalkedBack) -> None:
    """Every donor whose yen left an award is told after the commit, ticked or not."""
    tx.enqueue("desk.tell_walked_back", change_no=message.change_no)


def report_redirection(tx: Transaction, message: WishRedirected) -> None:
    """The donor is told at once what the yen wait for now, and why."""
    tell_redirected(tx, message)


REACTIONS: Mapping[type[Message], tuple[Reaction, ...]] = {
    RunApproved: (report_allocation,),
    AwardSettled: (report_settlement,),
    MoneyWalkedBack: (report_walk_back,),
    WishRedirected: (report_redirection,),
}
