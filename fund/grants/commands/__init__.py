"""Use cases of applications and awards; each opens exactly one transaction."""

from fund.grants.commands.applications import decide, recommend, register_application
from fund.grants.commands.changes import decide_change, propose_change, send_back_change
from fund.grants.commands.disbursements import (
    pay_disbursement,
    request_disbursement,
    send_back_disbursement,
)
from fund.grants.commands.history import import_historical
from fund.grants.commands.settlements import confirm_settlement

__all__ = [
    "confirm_settlement",
    "decide",
    "decide_change",
    "import_historical",
    "pay_disbursement",
    "propose_change",
    "recommend",
    "register_application",
    "request_disbursement",
    "send_back_change",
    "send_back_disbursement",
]
