"""L4 (R5, R6): whose money is spent, with every grant's receipt fixed.

The k-th yen of a pot (class x vintage) has the place (flex, vintage, k / yen of the pot, class):
the most restricted money first, the oldest fiscal year first, equals pro rata. ``spend_order``
may put the vintage before the flexibility. By the separation theorem (Mendelsohn and Dulmage;
Megiddo 1974) spending never conflicts with receipts: any attainable spending goes together with
any attainable receipts.
"""

from __future__ import annotations

import numpy as np

from fund.allocation.domain.classes import ClassTable, distinct
from fund.allocation.domain.face import Face
from fund.allocation.domain.network import SOURCE
from fund.allocation.domain.problem import Policy
from fund.allocation.domain.waterfill import Takers, waterfill


def order_spending(face: Face, table: ClassTable, policy: Policy) -> None:
    """Keep the flows that spend the pots in the order of ``policy.spend_order``."""
    flex = np.array([key.flex for key in table.preferences], np.int64)[table.pot_class]
    columns = {"flex": flex, "vintage": table.pot_vintage}
    place = np.zeros(len(table.pot_yen), np.int64)
    for key in policy.spend_order:
        values, number = distinct(columns[key])
        place = place * len(values) + number
    face.narrow_linear(face.network.pots, distinct(place)[1])


def level_spending(face: Face, table: ClassTable) -> None:
    """Fix what each pot spends, pro rata between pots of equal standing."""
    network = face.network
    takers = Takers(
        apart=SOURCE,
        arc=network.pots,
        near=network.head[network.pots],
        weight=np.maximum(table.pot_yen, 1),
        before=np.zeros_like(table.pot_yen),
        order=np.arange(len(table.pot_yen)),
    )
    waterfill(face, takers)
