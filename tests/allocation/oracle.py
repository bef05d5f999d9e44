"""The rule by linear programming: a second, literal reading that reaches beyond tiny problems.

Written from the definition, with HiGHS (through scipy) and one variable for each gift and grant;
no classes, no network, no certificates, no line of the code under test. Every level is asked
literally: L3 and L4 go through the increments in the order of the rule and keep each one that
some allocation of the levels before still permits.
"""

from fractions import Fraction

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from allocation.brute import WIDTH, allowed, rank, vintage


class Oracle:
    """``result()`` has total, rank_yen, dropped, grants and the spending of each pot."""

    def __init__(self, problem):
        self.problem, self.policy = problem, problem["policy"]
        self.gifts, self.grants = problem["donations"], problem["grants"]
        before = [*problem.get("previous", []), *problem.get("fixed", [])]
        self.paid = {
            g["id"]: sum(r["amount"] for r in before if r["grant"] == g["id"]) for g in self.grants
        }
        self.free = [
            g["amount"]
            - g.get("refunded", 0)
            - sum(r["amount"] for r in before if r["donation"] == g["id"])
            for g in self.gifts
        ]
        self.keys = [allowed(gift) for gift in self.gifts]
        self.ranking = sorted(
            range(len(self.grants)),
            key=lambda at: (
                self.grants[at]["tier"],
                -self.grants[at]["score"],
                self.grants[at]["id"],
            ),
        )
        self.arcs = [
            (d, g, rank(self.keys[d], self.grants[g]))
            for d in range(len(self.gifts))
            for g in range(len(self.grants))
            if rank(self.keys[d], self.grants[g]) is not None
        ]

    def row(self, chosen):
        """A row of the programme: 1 for every arc that is chosen."""
        return np.array([float(chosen(*arc)) for arc in self.arcs])

    def need(self, at):
        return self.grants[at]["approved_max"] - self.paid[self.grants[at]["id"]]

    def reset(self, active):
        self.rows, self.bounds = [], []
        for d, yen in enumerate(self.free):
            self.limit(self.row(lambda one, g, r, d=d: one == d), yen)
        for g in range(len(self.grants)):
            room = self.need(g) if g in active else 0
            self.limit(self.row(lambda d, one, r, g=g: one == g), room)

    def limit(self, row, most):
        self.rows.append(row)
        self.bounds.append(most)

    def solve(self, gain):
        """The largest value of ``gain`` over the allocations left, or None if there is none."""
        if not self.arcs:
            return 0 if min(self.bounds, default=0) >= 0 else None
        found = linprog(
            -gain, A_ub=csr_matrix(np.array(self.rows)), b_ub=self.bounds, method="highs"
        )
        if found.status == 2:
            return None
        assert found.status == 0
        assert abs(found.fun - round(found.fun)) < 1e-6
        return -round(found.fun)

    def keep_best(self, gain):
        best = self.solve(gain)
        self.limit(-gain, -best)
        return best

    def keep_if_possible(self, gain, least):
        """Whether ``gain`` can reach ``least``; if so, it must from now on."""
        self.limit(-gain, -least)
        if self.solve(gain) is None:
            self.rows.pop()
            self.bounds.pop()
            return False
        return True

    def levels(self, active):
        """L1 to L3 for a set of active grants: total, yen by rank, receipts."""
        self.reset(active)
        depth = max((len(gift["levels"]) for gift in self.gifts), default=0)
        gains = [
            self.row(lambda d, g, r, i=i: r == i and not self.keys[d][0])
            for i in range(1, depth + 1)
        ]
        everything = self.row(lambda d, g, r: True)
        gains.insert(0 if self.policy["order"] == "funding_first" else depth, everything)
        values = [self.keep_best(gain) for gain in gains]
        total = values.pop(0 if self.policy["order"] == "funding_first" else depth)
        return total, values, self.deal(active)

    def deal(self, active):
        """L3: increment by increment; a grant that cannot take one takes no further one."""
        turns = []
        for place, at in enumerate(self.ranking):
            grant = self.grants[at]
            done = self.paid[grant["id"]]
            for k in range(done + 1, done + self.need(at) + 1 if at in active else 0):
                if k <= grant["min_viable"]:
                    turn = (grant["tier"], 0, place, k)
                else:
                    share = Fraction(k, grant["weight"] * grant["approved_max"])
                    turn = (grant["tier"], 1, share, place)
                turns.append((turn, at))
        return self.take_turns(turns, lambda at: self.row(lambda d, g, r: g == at))

    def take_turns(self, turns, gain_of):
        taken, stuck = {}, set()
        for _, at in sorted(turns):
            if at not in stuck:
                least = taken.get(at, 0) + 1
                if self.keep_if_possible(gain_of(at), least):
                    taken[at] = least
                else:
                    stuck.add(at)
        return taken

    def short(self, active, taken):
        return {
            at
            for at in active
            if taken.get(at, 0) + self.paid[self.grants[at]["id"]] < self.grants[at]["min_viable"]
        }

    def chosen(self):
        """M: the grants that have anything to receive, and those that remain."""
        every = {at for at in range(len(self.grants)) if self.need(at) > 0}
        active = set(every)
        while short := self.short(active, self.levels(active)[2]):
            active -= short
        for at in self.ranking:
            trial = active | {at}
            if at in every - active and not self.short(trial, self.levels(trial)[2]):
                active = trial
        return every, active

    def spend(self):
        """L4: yen of each (class, vintage), dealt in the order of the rule."""
        pots = {}
        for d, gift in enumerate(self.gifts):
            pots.setdefault((self.keys[d], vintage(gift, self.policy["vintage"])), []).append(d)
        names = sorted(pots)
        classes = sorted(set(self.keys))
        turns = []
        for at, (key, age) in enumerate(names):
            width = max((WIDTH[u.split(":")[0]] for _, us in key[1] for u in us), default=0)
            parts = {"flex": 4 if key[0] else width, "vintage": age}
            order = tuple(parts[name] for name in self.policy["spend_order"])
            money = sum(self.free[d] for d in pots[names[at]])
            turns += [
                ((*order, Fraction(k, money), classes.index(key), age), at)
                for k in range(1, money + 1)
            ]
        members = [set(pots[name]) for name in names]
        taken = self.take_turns(turns, lambda at: self.row(lambda d, g, r: d in members[at]))
        return [taken.get(at, 0) for at in range(len(names))]

    def result(self):
        every, active = self.chosen()
        total, by_rank, taken = self.levels(active)
        return {
            "total": total,
            "rank_yen": by_rank,
            "dropped": [self.grants[at]["id"] for at in self.ranking if at in every - active],
            "grants": {grant["id"]: taken.get(at, 0) for at, grant in enumerate(self.grants)},
            "pots": self.spend(),
        }
