"""From arc flows to rows class -> grant: who pays whom, at which rank, for which use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fund.allocation.domain.classes import ClassTable, Ints
from fund.allocation.domain.face import Face
from fund.allocation.domain.level3_receipts import Needs
from fund.allocation.domain.wishes import Preference, choice


@dataclass(frozen=True, slots=True)
class ClassRows:
    """r rows, sorted by (class, rank, committee order of the grant); int64[r] each, yen > 0.

    ``use`` indexes ``uses``.
    """

    owner: Ints
    rank: Ints
    grant: Ints
    use: Ints
    yen: Ints
    uses: tuple[str, ...]


def north_west(left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
    """Match two lists of amounts (yen > 0) with equal totals in their order.

    The classical north-west corner rule: both lists cut the same line of yen, and every stretch
    between neighbouring cuts is one row. Both lists of cuts ascend, so they are merged, not
    sorted. Returns (left index, right index, yen), at most ``len(left) + len(right) - 1`` rows.
    """
    left_end, right_end = np.cumsum(left), np.cumsum(right)
    before = np.searchsorted(left_end, right_end)
    place = before + np.arange(len(right))
    ours = np.ones(len(left) + len(right), np.bool_)
    ours[place] = False
    cuts = np.empty(len(ours), np.int64)
    at_left: Ints = np.cumsum(ours) - ours
    cuts[ours], cuts[place] = left_end, right_end
    yen = np.diff(cuts, prepend=0)
    kept = np.flatnonzero(yen)
    at_left = at_left[kept]
    return at_left, kept - at_left, yen[kept]


def class_rows(face: Face, table: ClassTable, needs: Needs) -> ClassRows:
    """Split the flow through each use into rows, classes and grants in their public order."""
    names = face.network.names
    into, out = _through_uses(face), _out_of_uses(face, needs)
    at_in, at_out, yen = north_west(into[:, -1], out[:, -1])
    found: dict[tuple[int, int, int, str], int] = {}
    for owner, rank, grant, node, amount in zip(
        into[at_in, 1].tolist(),
        into[at_in, 2].tolist(),
        out[at_out, 2].tolist(),
        into[at_in, 0].tolist(),
        yen.tolist(),
        strict=True,
    ):
        use = names[node].removeprefix("use:")
        key = (owner, *_stated(table.preferences[owner], rank, use, needs, grant))
        found[key] = found.get(key, 0) + amount
    place = needs.order.tolist()
    rows = sorted(found.items(), key=lambda row: (row[0][0], row[0][1], place[row[0][2]], row[0]))
    uses = tuple(sorted({key[3] for key, _ in rows}))
    number = {use: at for at, use in enumerate(uses)}
    columns = np.array(
        [(owner, rank, grant, number[use], amount) for (owner, rank, grant, use), amount in rows],
        np.int64,
    ).reshape(-1, 5)
    owner, rank, grant, use, amount = np.ascontiguousarray(columns.T)
    return ClassRows(owner, rank, grant, use, amount, uses)


def _stated(
    preference: Preference, rank: int, use: str, needs: Needs, grant: int
) -> tuple[int, int, str]:
    """The true (rank, grant, use) of a payment.

    Designated money always flows over the level that ranks it (level L2). Undesignated money
    with several levels may have taken any of them, so its first permitting level is looked up.
    """
    if preference.undesignated and len(preference.levels) > 1:
        stated = choice(preference, needs.grants[grant])
        if stated is not None and use not in dict(preference.levels)[stated[0]]:
            return stated[0], grant, stated[1]
        rank = stated[0] if stated is not None else rank
    return rank, grant, use


def _through_uses(face: Face) -> Ints:
    """Rows (use node, class, rank, yen) of what enters the uses, sorted."""
    network = face.network
    target = network.head[network.choices]
    yen = face.flow[network.choices]
    direct = np.array([name.startswith("use:") for name in network.names], np.bool_)
    straight = direct[target]
    rows = np.stack((target, network.choice_class, network.choice_rank, yen), axis=1)
    level_owner = np.full(network.nodes, -1, np.int64)
    level_owner[target[~straight]] = np.flatnonzero(~straight)
    inner = np.flatnonzero(level_owner[network.tail] >= 0)
    choice_of = level_owner[network.tail[inner]]
    spread = np.stack(
        (
            network.head[inner],
            network.choice_class[choice_of],
            network.choice_rank[choice_of],
            face.flow[inner],
        ),
        axis=1,
    )
    both = np.concatenate((rows[straight], spread))
    both = both[both[:, -1] > 0]
    return both[np.lexsort((both[:, 2], both[:, 1], both[:, 0]))]


def _out_of_uses(face: Face, needs: Needs) -> Ints:
    """Rows (use node, committee order, grant, yen) of what leaves the uses, sorted."""
    network = face.network
    grant_of = np.full(network.nodes, -1, np.int64)
    grant_of[network.tail[network.needs]] = np.arange(len(network.needs))
    grant = grant_of[network.head[network.offers]]
    rows = np.stack(
        (network.tail[network.offers], needs.order[grant], grant, face.flow[network.offers]),
        axis=1,
    )
    rows = rows[rows[:, -1] > 0]
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))]
