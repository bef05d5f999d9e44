"""The allocation rule beside what others would use, on the same gifts, in one run.

    python tests/bench/allocation_bench.py [--gifts 1000000] [--awards 1000] [--rounds 2]

Compared are LEX-FLOW with every level, certificate and the full per-gift ledger; the same
network without aggregation (one node per gift) in OR-Tools, total and ranks only; HiGHS on the
same linear programme; networkx; and plain greedy (designated first, rank by rank). Of these only
OR-Tools and greedy finish with a million gifts; HiGHS runs on ``--middle`` gifts and networkx on
``--small``, each beside all that can. Every run has a process of its own, so that peak memory is
its own. Data are synthetic (見本). The last result is kept in ``results/allocation.md``.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from results import Figures, Ratio, keep

from fund.allocation.domain.classes import Gifts
from fund.allocation.domain.problem import Grant, Policy
from fund.allocation.domain.rule import allocate_arrays
from fund.allocation.domain.wishes import Preference, uses_of

FIELDS, THEMES = 30, 12


def sample(gifts: int, awards: int, cover: float = 0.7, seed: int = 1) -> tuple[Gifts, list[Grant]]:
    """Synthetic gifts (n) and awards; money covers the share ``cover`` of all requests."""
    dice = np.random.default_rng(seed)
    groups = max(awards // 2, 1)
    grants = [
        Grant(
            id=f"A{at:05d}",
            group=f"{at % groups:04d}",
            fields=tuple(
                f"f{k}" for k in set(dice.integers(0, FIELDS, dice.integers(1, 4)).tolist())
            ),
            programme=f"p{dice.integers(THEMES)}" if dice.random() < 0.2 else None,
            approved_max=int(dice.integers(50, 3000)) * 1000,
            tier=int(dice.integers(1, 4)),
            score=int(dice.integers(0, 100)),
        )
        for at in range(awards)
    ]
    kind = dice.choice(6, gifts, p=[0.35, 0.25, 0.1, 0.1, 0.15, 0.05])
    group = (groups * dice.random(gifts) ** 1.5).astype(np.int64)
    field = (FIELDS * dice.random(gifts) ** 1.3).astype(np.int64)
    theme = dice.integers(0, THEMES, gifts)
    detail = np.select(
        [kind == 0, kind == 1, kind == 2, kind == 3, kind == 4],
        [group, field, theme, group // 8 * 8 * FIELDS + field, 0 * group],
        group,
    )
    keys, preference = np.unique(kind * 10**8 + detail, return_inverse=True)
    yen = dice.integers(3, 100, gifts) * 1000
    scale = cover * sum(grant.approved_max for grant in grants) / int(yen.sum())
    grants = [
        dataclasses.replace(grant, approved_max=int(grant.approved_max / scale)) for grant in grants
    ]
    vintage = np.sort(dice.integers(2022, 2026, gifts))
    wishes = [_wish(*divmod(int(key), 10**8), groups) for key in keys]
    return Gifts(wishes, preference.astype(np.int64), vintage, yen.astype(np.int64)), grants


def _wish(kind: int, detail: int, groups: int) -> Preference:
    group, field = f"group:{detail:04d}", f"field:f{detail}"
    levels = [
        [(group,)],
        [(field,)],
        [(f"programme:p{detail}",), ("any",)],
        [(f"group:{detail // FIELDS:04d}",), (f"field:f{detail % FIELDS}",), ("any",)],
        [("any",)],
        [tuple(sorted({group, f"group:{(detail + 1) % groups:04d}"})), ("any",)],
    ][kind]
    return Preference(levels == [("any",)], tuple(enumerate(levels, 1)))


def lex_flow(gifts: Gifts, grants: list[Grant]) -> int:
    """Every level, certificates and the full ledger; returns the total yen."""
    paid = np.zeros(len(grants), np.int64)
    answer = allocate_arrays(gifts, grants, paid, Policy(), "bench")
    assert int(answer.ledger.yen.sum()) == int(answer.receipts.sum())
    return int(answer.ledger.yen.sum())


def gift_network(gifts: Gifts, grants: list[Grant]) -> tuple[np.ndarray, int]:
    """Arcs (tail, head, yen, cost) with one node per gift, and the number of nodes.

    Costs are small weights: paying anything comes before better ranks.
    """
    uses = {use: at for at, use in enumerate(sorted({u for g in grants for u in uses_of(g)}))}
    first_grant = 2 + len(uses)
    first_gift = first_grant + len(grants)
    parts = [
        np.array(
            [
                (2 + uses[use], first_grant + at, grant.approved_max, 0)
                for at, grant in enumerate(grants)
                for use in uses_of(grant)
            ]
        ),
        np.array([(first_grant + at, 1, g.approved_max, 0) for at, g in enumerate(grants)]),
    ]
    links = [
        (number, 2 + uses[use], -100 if key.undesignated else -100 - 4 ** (4 - rank))
        for number, key in enumerate(gifts.preferences)
        for rank, level in key.levels
        for use in level
        if use in uses
    ]
    owner, target, cost = np.array(links).T
    order = np.argsort(gifts.preference, kind="stable")
    start = np.searchsorted(gifts.preference[order], np.arange(len(gifts.preferences) + 1))
    for at in range(len(owner)):
        member = order[start[owner[at]] : start[owner[at] + 1]]
        same = np.ones(len(member), np.int64)
        parts.append(
            np.stack(
                (first_gift + member, same * target[at], gifts.yen[member], same * cost[at]), axis=1
            )
        )
    nodes = first_gift + len(gifts)
    every = np.arange(first_gift, nodes)
    parts.append(np.stack((0 * every, every, gifts.yen, 0 * every), axis=1))
    return np.concatenate(parts), nodes


def flow_without_aggregation(gifts: Gifts, grants: list[Grant]) -> int:
    """OR-Tools' min-cost flow with a node for every gift: total and ranks, nothing else."""
    from ortools.graph.python import min_cost_flow  # noqa: PLC0415

    arcs, nodes = gift_network(gifts, grants)
    solver = min_cost_flow.SimpleMinCostFlow()
    tail, head, yen, cost = arcs.T
    solver.add_arcs_with_capacity_and_unit_cost(
        tail.astype(np.int32), head.astype(np.int32), yen.copy(), cost.copy()
    )
    solver.add_arc_with_capacity_and_unit_cost(0, 1, int(gifts.yen.sum()), 0)
    solver.set_node_supply(0, int(gifts.yen.sum()))
    solver.set_node_supply(1, -int(gifts.yen.sum()))
    assert nodes
    assert solver.solve() == solver.OPTIMAL
    return int(gifts.yen.sum()) - solver.flow(solver.num_arcs() - 1)


def highs(gifts: Gifts, grants: list[Grant]) -> int:
    """The same linear programme in HiGHS (through scipy)."""
    import scipy.optimize  # noqa: PLC0415
    import scipy.sparse  # noqa: PLC0415

    arcs, nodes = gift_network(gifts, grants)
    tail, head, yen, cost = arcs.T
    column = np.arange(len(arcs))
    incidence = scipy.sparse.csr_matrix(
        (
            np.concatenate((np.ones(len(arcs)), -np.ones(len(arcs)))),
            (np.concatenate((tail, head)), np.concatenate((column, column))),
        ),
        shape=(nodes, len(arcs)),
    )[2:]
    answer = scipy.optimize.linprog(
        cost, A_eq=incidence, b_eq=np.zeros(nodes - 2), bounds=np.stack((0 * yen, yen), axis=1)
    )
    assert answer.success
    return round(answer.x[head == 1].sum())


def networkx_flow(gifts: Gifts, grants: list[Grant]) -> int:
    """The same network in networkx' network simplex."""
    import networkx as nx  # noqa: PLC0415

    arcs, _ = gift_network(gifts, grants)
    graph = nx.DiGraph()
    for tail, head, yen, cost in arcs.tolist():
        graph.add_edge(tail, head, capacity=yen, weight=cost)
    money = int(gifts.yen.sum())
    graph.add_edge(0, 1, capacity=money, weight=0)
    graph.add_node(0, demand=-money)
    graph.add_node(1, demand=money)
    _, flow = nx.network_simplex(graph)
    return money - flow[0][1]


def greedy(gifts: Gifts, grants: list[Grant]) -> int:
    """Designated first, rank by rank, grants in committee order: what is done by hand."""
    ranking = sorted(grants, key=lambda grant: grant.committee_order)
    members: dict[str, list[int]] = {}
    for at, grant in enumerate(ranking):
        for use in uses_of(grant):
            members.setdefault(use, []).append(at)
    left = [grant.approved_max for grant in ranking]
    money = gifts.yen.tolist()
    keys = [gifts.preferences[at] for at in gifts.preference.tolist()]
    for undesignated in (False, True):
        for rank in (1, 2, 3):
            payees: dict[tuple[str, ...], list[int]] = {}
            for at, key in enumerate(keys):
                uses = dict(key.levels).get(rank)
                if uses and key.undesignated == undesignated and money[at]:
                    if uses not in payees:
                        found = {place for use in uses for place in members.get(use, ())}
                        payees[uses] = sorted(found, reverse=True)
                    money[at] = _pay(money[at], payees[uses], left)
    return int(gifts.yen.sum()) - sum(money)


def _pay(yen: int, payees: list[int], left: list[int]) -> int:
    """Pay the last of ``payees`` first, forget those who are full; return what remains."""
    while yen and payees:
        paid = min(yen, left[payees[-1]])
        left[payees[-1]] -= paid
        yen -= paid
        if not left[payees[-1]]:
            payees.pop()
    return yen


def _measure(method: str, gifts: int, awards: int, pipe: object) -> None:
    data = sample(gifts, awards)
    warm = sample(50, 5)
    run: Callable[..., int] = globals()[method]
    run(*warm)
    began = time.perf_counter()
    total = run(*data)
    seconds = time.perf_counter() - began
    pipe.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, total))


def measure(method: str, gifts: int, awards: int) -> tuple[float, int, int]:
    """(wall seconds, peak MB with data, total yen) of one method in a fresh process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(method, gifts, awards, there))
    process.start()
    there.close()
    answer = here.recv()
    process.join()
    return answer


NAMES = {
    "lex_flow": "LEX-FLOW",
    "flow_without_aggregation": "OR-Tools, a node for each gift",
    "greedy": "greedy",
    "highs": "HiGHS",
    "networkx_flow": "networkx",
}
EVERY = tuple(NAMES)


def compare(figures: Figures, methods: Sequence[str], gifts: int, awards: int) -> None:
    """Let the methods take turns, once for each round, and keep seconds and peaks."""
    totals = {}
    for _ in range(figures.rounds):
        for method in methods:
            seconds, peak, totals[method] = measure(method, gifts, awards)
            name = f"{gifts:,} x {awards:,}, {NAMES[method]}"
            sys.stdout.write(f"{name}: {seconds:.2f} s, {peak} MB\n")
            sys.stdout.flush()
            figures.rates.setdefault(f"{name}: seconds", []).append(seconds)
            figures.rates.setdefault(f"{name}: peak MB", []).append(peak)
    figures.notes[f"{gifts:,} x {awards:,}: yen paid"] = ", ".join(
        f"{NAMES[method]} {total:,}" for method, total in totals.items()
    )
    figures.notes[f"{gifts:,} x {awards:,}: do not finish"] = (
        ", ".join(NAMES[method] for method in EVERY if method not in methods) or "none"
    )


def ratios(gifts: int, awards: int, *, large: bool) -> list[Ratio]:
    """What others take over what we take, on the same gifts."""
    ours = f"{gifts:,} x {awards:,}, {NAMES['lex_flow']}"
    found = [
        Ratio(
            f"{gifts:,}",
            f"{NAMES[method]} over LEX-FLOW, seconds",
            f"{gifts:,} x {awards:,}, {NAMES[method]}: seconds",
            f"{ours}: seconds",
            15 if large and method == "flow_without_aggregation" else None,
        )
        for method in EVERY[1:]
    ]
    if large:
        found.append(Ratio(f"{gifts:,}", "our peak over 300 MB", f"{ours}: peak MB", 300.0, None))
    return found


def main() -> None:
    """Run the comparison named on the command line."""
    import arena as place  # noqa: PLC0415 - not in the processes that are measured

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gifts", type=int, default=1_000_000)
    parser.add_argument("--awards", type=int, default=1_000)
    parser.add_argument("--middle", type=int, default=50_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    figures = Figures(place.machine(), asked.rounds)
    few = min(asked.awards, 200)
    compare(figures, EVERY[:3], asked.gifts, asked.awards)
    compare(figures, EVERY[:4], asked.middle, few)
    compare(figures, EVERY, asked.small, few)
    keep(
        "allocation",
        figures,
        [
            *ratios(asked.gifts, asked.awards, large=True),
            *ratios(asked.middle, few, large=False),
            *ratios(asked.small, few, large=False),
        ],
    )


if __name__ == "__main__":
    main()
