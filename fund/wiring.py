"""The composition root: which adapter stands behind a port, who reacts to what, what runs later.

Rooms announce what they offer (``REACTIONS``, ``DELIVERIES``, ``PERIODIC``); this is the only
place that puts them together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from fund.adapters.postcodes import PosutoPostcodes
from fund.adapters.press import WeasyPress
from fund.adapters.shelf import FolderShelf
from fund.adapters.signing import Ed25519Notary, KeySigner
from fund.adapters.smtp_mailer import SmtpMailer
from fund.adapters.stripe_balance import StripeSettlements
from fund.adapters.stripe_cards import StripeCards
from fund.adapters.stripe_connection import StripeConnection
from fund.adapters.stripe_provider import StripeProvider
from fund.adapters.stripe_refunds import StripeRefunds
from fund.adapters.stripe_subscriptions import StripeSubscriptions
from fund.allocation import deliveries as allocation_deliveries
from fund.allocation import reactions as allocation_reactions
from fund.desk import deliveries as desk_deliveries
from fund.desk import reactions as desk_reactions
from fund.giving import deliveries as giving_deliveries
from fund.giving import pledge_deliveries, pledge_reactions
from fund.giving import reactions as giving_reactions
from fund.giving import taken_back as giving_taken_back
from fund.giving.bank_matching import deliveries as matching_deliveries
from fund.giving.intake import deliveries as intake_deliveries
from fund.giving.intake import reactions as intake_reactions
from fund.giving.ports import Postcodes
from fund.ledger import reactions as ledger_reactions
from fund.payments import deliveries as payment_deliveries
from fund.payments import refunds_deliveries as refund_deliveries
from fund.payments import subscriptions_deliveries as subscription_deliveries
from fund.payments.bank import deliveries as bank_deliveries
from fund.payments.ports import Provider
from fund.payments.reconciliation import deliveries as reconciliation_deliveries
from fund.payments.refund_ports import RefundDesk
from fund.payments.settlement_ports import Settlements
from fund.payments.subscriptions_ports import Cards, Subscriptions
from fund.platform import attempts, once, outbox
from fund.platform.database import Database
from fund.platform.house import Delivery, House, Message, Reaction
from fund.platform.settings import Settings
from fund.platform.tasks import TaskQueue
from fund.publication import deliveries as publication_deliveries
from fund.publication import reactions as publication_reactions
from fund.publication.ports import Notary, Shelf, Signer
from fund.receipts import deliveries as receipt_deliveries
from fund.receipts import reactions as receipt_reactions
from fund.receipts.one_stop import deliveries as one_stop_deliveries
from fund.receipts.one_stop import reactions as one_stop_reactions
from fund.receipts.ports import DocumentPress

REACTING: tuple[ModuleType, ...] = (
    ledger_reactions,
    giving_reactions,
    pledge_reactions,
    giving_taken_back,
    intake_reactions,
    receipt_reactions,
    one_stop_reactions,
    allocation_reactions,
    publication_reactions,
    desk_reactions,
)
DELIVERING: tuple[ModuleType, ...] = (
    attempts,
    once,
    outbox,
    payment_deliveries,
    refund_deliveries,
    bank_deliveries,
    subscription_deliveries,
    reconciliation_deliveries,
    giving_deliveries,
    pledge_deliveries,
    intake_deliveries,
    matching_deliveries,
    receipt_deliveries,
    one_stop_deliveries,
    allocation_deliveries,
    publication_deliveries,
    desk_deliveries,
)


def reactions() -> Mapping[type[Message], tuple[Reaction, ...]]:
    """Who listens to which message, in the order of the rooms."""
    gathered: dict[type[Message], tuple[Reaction, ...]] = defaultdict(tuple)
    for module in REACTING:
        for message, functions in module.REACTIONS.items():
            gathered[message] += tuple(functions)
    return dict(gathered)


def deliveries() -> Mapping[str, Delivery]:
    """Every task of the worker by its name."""
    return {name: delivery for module in DELIVERING for name, delivery in module.DELIVERIES.items()}


def periodic() -> Mapping[str, str]:
    """Tasks that also run by the clock: name to cron expression (UTC)."""
    return {
        name: cron
        for module in DELIVERING
        for name, cron in getattr(module, "PERIODIC", {}).items()
    }


def adapters(settings: Settings) -> Mapping[type[Any], Any]:
    """The adapter behind each port."""
    ours = settings.municipality
    stripe = StripeConnection(settings.stripe_secret_key, settings.stripe_api_base)
    return {
        Provider: StripeProvider(stripe, settings.stripe_webhook_secret),
        Cards: StripeCards(stripe),
        Subscriptions: StripeSubscriptions(stripe),
        Settlements: StripeSettlements(stripe),
        RefundDesk: StripeRefunds(stripe),
        outbox.Mailer: SmtpMailer(
            settings.smtp_url, {"ja": ours.fund_name, "en": ours.fund_name_en}, ours.mail
        ),
        DocumentPress: WeasyPress(),
        Postcodes: PosutoPostcodes(),
        Signer: KeySigner(settings.signing_key),
        Notary: Ed25519Notary(),
        Shelf: FolderShelf(settings.data_dir / "log"),
    }


def build_house(settings: Settings) -> House:
    """Put the house together for one process; close ``house.database`` at its end."""
    return House(
        settings=settings,
        database=Database(settings.database_url),
        queue=TaskQueue(settings.database_url),
        ports=adapters(settings),
        reactions=reactions(),
    )
