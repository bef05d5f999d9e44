"""L3 (R4): who receives, among all ways that are equally good for the donors' wishes.

The k-th yen of grant g, counted over all runs, has the place

    (tier, 0, committee order, k)            while k <= min_viable,
    (tier, 1, k / (weight * approved_max))   above, ties in committee order,

and the receipts whose yen come first win. In words: tier by tier; first the minima in committee
order; then yen by yen to the grant that would stay least filled. Between different (tier, part)
only the order counts, because the greedy base of an M-convex set is the same for all costs of
one order: the costs are simply 0, 1, 2, ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fund.allocation.domain.classes import Ints
from fund.allocation.domain.face import Face, Pieces
from fund.allocation.domain.network import SINK
from fund.allocation.domain.problem import Grant
from fund.allocation.domain.waterfill import Takers, waterfill


@dataclass(frozen=True, slots=True)
class Needs:
    """What G grants still need, in the order of ``grants``; int64[G], yen.

    ``paid`` is what they received before, ``need`` the rest up to ``approved_max`` and
    ``minimum`` the rest up to ``min_viable`` (0 once reached). ``order`` is the place in the
    committee's order.
    """

    grants: Sequence[Grant]
    paid: Ints
    need: Ints
    minimum: Ints
    order: Ints


def needs_of(grants: Sequence[Grant], paid: Ints) -> Needs:
    """The needs that earlier payments (yen, int64[G]) leave."""
    by_order = sorted(range(len(grants)), key=lambda at: grants[at].committee_order)
    order = np.empty(len(grants), np.int64)
    order[by_order] = np.arange(len(grants))
    approved = np.array([grant.approved_max for grant in grants], np.int64)
    viable = np.array([grant.min_viable for grant in grants], np.int64)
    return Needs(grants, paid, approved - paid, np.maximum(viable - paid, 0), order)


def bands(needs: Needs) -> Pieces:
    """For each grant a stretch up to its minimum and one above, priced by their place.

    ``arc`` holds grant indices here. Needs of zero give stretches of size zero.
    """
    places = [(grant.tier, 0, at) for grant, at in zip(needs.grants, needs.order, strict=True)]
    above = [(grant.tier, 1, 0) for grant in needs.grants]
    price = {place: cost for cost, place in enumerate(sorted({*places, *above}))}
    cost = np.array([[price[a], price[b]] for a, b in zip(places, above, strict=True)], np.int64)
    size = np.stack((needs.minimum, needs.need - needs.minimum), axis=1)
    return Pieces(np.repeat(np.arange(len(needs.grants)), 2), size.ravel(), cost.ravel())


def order_receipts(face: Face, needs: Needs) -> None:
    """Keep the flows whose receipts are best between tiers and minima."""
    network = face.network
    plan = bands(needs)
    arc = network.needs[plan.arc]
    start = np.where(np.arange(len(arc)) % 2 == 0, 0, np.repeat(needs.minimum, 2))
    low = np.clip(face.lower[arc] - start, 0, plan.size)
    high = np.clip(face.upper[arc] - start, 0, plan.size)
    face.narrow(Pieces(arc, high - low, plan.cost))


def level_receipts(face: Face, needs: Needs) -> None:
    """Fix every grant's receipt by water-filling inside its tier."""
    network = face.network
    weight = [grant.weight * max(grant.approved_max, 1) for grant in needs.grants]
    takers = Takers(
        apart=SINK,
        arc=network.needs,
        near=network.tail[network.needs],
        weight=np.array(weight, object),
        before=needs.paid,
        order=needs.order,
    )
    waterfill(face, takers)
