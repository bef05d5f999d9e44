"""LEX-FLOW: allocate designated donations to approved awards.

The rule maximises, each level over the optima of the one before:

====  ==========================================================================================
L1    the yen paid
L2    the designated yen used at the first choice, then at the second, ...
L3    the receipts of the grants: tiers, minima in committee order, then equal filling
L4    the spending of the donors: most restricted first, oldest first, equals pro rata
L5    equal first-choice shares, then a public lottery, so that the flow is unique
L6    the same inside each class, gift by gift, by largest remainder
====  ==========================================================================================

``donor_first`` puts L2 before L1. Minima may cancel grants (M). Every level is a linear or convex
cost on one circulation network and is certified by integer node potentials; nothing depends on
the order of the input, on the solver, on floating point or on a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fund.allocation.domain.certificates import Cut, Prices, cut, prices
from fund.allocation.domain.classes import ClassTable, Flags, Gifts, Ints, classify
from fund.allocation.domain.level3_receipts import Needs, level_receipts, needs_of
from fund.allocation.domain.level4_spending import level_spending, order_spending
from fund.allocation.domain.level5_uniqueness import draw_lots, equalise_first_choices
from fund.allocation.domain.level6_ledger import LedgerArrays, disaggregate
from fund.allocation.domain.minima import Question, choose_grants
from fund.allocation.domain.network import draw
from fund.allocation.domain.payments import ClassRows, class_rows
from fund.allocation.domain.problem import Grant, Policy


@dataclass(frozen=True, slots=True)
class Allocation:
    """The answer as arrays; yen, int64.

    ``table`` lists the pots, ``needs`` the grants; ``active`` bool[G] are those not cancelled.
    ``receipts[G]`` and ``pot_spent[V]`` are unique by L3 and L4, ``rows`` and ``ledger`` by L5
    and L6. ``prices`` prove L1 and L2, ``cut`` explains lack and surplus.
    """

    table: ClassTable
    needs: Needs
    active: Flags
    receipts: Ints
    pot_spent: Ints
    rows: ClassRows
    ledger: LedgerArrays
    prices: Prices
    cut: Cut


def allocate_arrays(
    gifts: Gifts, grants: Sequence[Grant], paid: Ints, policy: Policy, salt: str
) -> Allocation:
    """Apply the rule to n gifts and G grants, of which ``paid`` int64[G] yen are paid already.

    The salt must be fixed before anybody knows the result, for example the problem's hash.
    """
    table = classify(gifts)
    needs = needs_of(grants, paid)
    network = draw(table, grants, needs.need)
    question = Question(network, table, needs, policy.order)
    found = choose_grants(question)
    face = found.face
    level_receipts(face, needs)
    order_spending(face, table, policy)
    level_spending(face, table)
    if policy.equalise:
        equalise_first_choices(face, table)
    draw_lots(face, salt)
    rows = class_rows(face, table, needs)
    pot_spent = face.flow[network.pots]
    return Allocation(
        table=table,
        needs=needs,
        active=np.asarray(found.active),
        receipts=face.flow[network.needs],
        pot_spent=pot_spent,
        rows=rows,
        ledger=disaggregate(gifts, table, pot_spent, rows, policy.within),
        prices=prices(question, found),
        cut=cut(question, found, face.flow),
    )
