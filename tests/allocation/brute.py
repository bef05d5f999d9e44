"""The rule by enumeration: every integral allocation of a tiny problem, compared literally.

Written from the definition, without flows and without the code under test.
"""

from collections import Counter
from fractions import Fraction

RUN_DATE = "2026-03-01"
WIDTH = {"group": 0, "award": 0, "programme": 1, "field": 2, "any": 3}


def allowed(gift, day=RUN_DATE):
    """(undesignated, active levels) of a gift."""
    levels = gift["levels"]
    if gift["on_exhausted"] == "any" and all(lv.get("expires", day) < day for lv in levels):
        return (True, ((1, ("any",)),))
    active = []
    for number, level in enumerate(levels, 1):
        if level.get("opens", day) <= day <= level.get("expires", day):
            active.append((number, tuple(sorted(level["uses"]))))
            if "any" in level["uses"]:
                break
    return ("any" in levels[0]["uses"], tuple(active))


def rank(key, grant):
    """First rank at which a class may pay a grant."""
    for number, uses in key[1]:
        for use in uses:
            kind, _, name = use.partition(":")
            if (
                use == "any"
                or (kind == "group" and grant["group"] == name)
                or (kind == "award" and grant["id"] == name)
                or (kind == "field" and name in grant["fields"])
                or (kind == "programme" and grant["programme"] == name)
            ):
                return number
    return None


def vintage(gift, unit):
    year, month, day = map(int, gift["received"].split("-"))
    if unit == "fy":
        return year if month >= 4 else year - 1
    return {"none": 0, "month": year * 100 + month, "day": year * 10000 + month * 100 + day}[unit]


class Brute:
    """Enumerates; ``result()`` has total, rank_yen, undesignated_yen, dropped, grants, pots, spent."""

    def __init__(self, problem):
        self.problem, self.policy = problem, problem["policy"]
        self.gifts = problem["donations"]
        self.grants = sorted(problem["grants"], key=lambda g: (g["tier"], -g["score"], g["id"]))
        used, self.paid = Counter(), Counter()
        for row in [*problem.get("previous", []), *problem.get("fixed", [])]:
            used[row["donation"]] += row["amount"]
            self.paid[row["grant"]] += row["amount"]
        self.free = {
            g["id"]: g["amount"] - g.get("refunded", 0) - used[g["id"]] for g in self.gifts
        }
        self.pots = Counter()
        for gift in self.gifts:
            self.pots[self.pot(gift)] += self.free[gift["id"]]
        self.pots = dict(sorted(self.pots.items()))
        self.depth = max((len(g["levels"]) for g in self.gifts), default=0)

    def pot(self, gift):
        return (allowed(gift), vintage(gift, self.policy["vintage"]))

    def states(self, active):
        """All attainable (receipts, rank yen, spending)."""
        caps = [
            g["approved_max"] - self.paid[g["id"]] if g["id"] in active else 0 for g in self.grants
        ]
        found = {((0,) * len(caps), (0,) * self.depth, ())}
        for (key, _), yen in self.pots.items():
            ranks = [rank(key, grant) for grant in self.grants]
            grown = set()
            for receipts, by_rank, spending in found:
                for gain in self.vectors(yen, ranks, receipts, caps):
                    after = list(by_rank)
                    for number, amount in zip(ranks, gain, strict=True):
                        if amount and not key[0]:
                            after[number - 1] += amount
                    grown.add(
                        (
                            tuple(a + b for a, b in zip(receipts, gain, strict=True)),
                            tuple(after),
                            (*spending, sum(gain)),
                        )
                    )
            found = grown
        return found

    def vectors(self, yen, ranks, receipts, caps, at=0):
        if at == len(ranks):
            yield ()
            return
        most = 0 if ranks[at] is None else min(yen, caps[at] - receipts[at])
        for amount in range(most + 1):
            for rest in self.vectors(yen - amount, ranks, receipts, caps, at + 1):
                yield (amount, *rest)

    def receipt_bits(self, receipts):
        """Increments in the order of L3, as a bit string."""
        bits = []
        for order, (grant, got) in enumerate(zip(self.grants, receipts, strict=True)):
            for k in range(1, grant["approved_max"] + 1):
                if k <= grant["min_viable"]:
                    place = (grant["tier"], 0, order, k)
                else:
                    ratio = Fraction(k, grant["weight"] * grant["approved_max"])
                    place = (grant["tier"], 1, ratio, order)
                bits.append((place, k <= got + self.paid[grant["id"]]))
        return tuple(bit for _, bit in sorted(bits))

    def spending_bits(self, spending):
        bits = []
        classes = sorted({key for key, _ in self.pots})
        for (key, age), yen, spent in zip(self.pots, self.pots.values(), spending, strict=True):
            width = max((WIDTH[u.split(":")[0]] for _, us in key[1] for u in us), default=0)
            parts = {"flex": 4 if key[0] else width, "vintage": age}
            order = tuple(parts[name] for name in self.policy["spend_order"])
            for k in range(1, yen + 1):
                place = (*order, Fraction(k, yen), classes.index(key), age)
                bits.append((place, k <= spent))
        return tuple(bit for _, bit in sorted(bits))

    def best(self, active):
        def levels(state):
            receipts, by_rank, _ = state
            first, then = (sum(receipts),), by_rank
            if self.policy["order"] == "donor_first":
                first, then = then, first
            return (*first, *then)

        found = list(self.states(active))
        for value in (
            levels,
            lambda state: self.receipt_bits(state[0]),
            lambda state: self.spending_bits(state[2]),
        ):
            top = max(map(value, found))
            found = [state for state in found if value(state) == top]
        assert len({(state[0], state[2]) for state in found}) == 1
        return found[0]

    def short(self, active, receipts):
        return {
            g["id"]
            for g, got in zip(self.grants, receipts, strict=True)
            if g["id"] in active and got + self.paid[g["id"]] < g["min_viable"]
        }

    def active_grants(self):
        every = {g["id"] for g in self.grants if g["approved_max"] > self.paid[g["id"]]}
        active = set(every)
        while short := self.short(active, self.best(active)[0]):
            active -= short
        for grant in self.grants:
            trial = active | {grant["id"]}
            if grant["id"] in every - active and not self.short(trial, self.best(trial)[0]):
                active = trial
        return every, active

    def result(self):
        every, active = self.active_grants()
        receipts, by_rank, spending = self.best(active)
        pots = dict(zip(self.pots, spending, strict=True))
        spent = {}
        for pot, wanted in pots.items():
            spent |= self.shares(pot, wanted)
        return {
            "total": sum(receipts),
            "rank_yen": list(by_rank),
            "dropped": [g["id"] for g in self.grants if g["id"] in every - active],
            "grants": {g["id"]: got for g, got in zip(self.grants, receipts, strict=True)},
            "pots": pots,
            "spent": spent,
        }

    def shares(self, pot, wanted):
        members = sorted(
            (g for g in self.gifts if self.pot(g) == pot), key=lambda g: (g["received"], g["id"])
        )
        if self.policy["within"] == "fifo":
            result = {}
            for gift in members:
                result[gift["id"]] = min(wanted, self.free[gift["id"]])
                wanted -= result[gift["id"]]
            return result
        whole = max(self.pots[pot], 1)
        exact = {g["id"]: Fraction(self.free[g["id"]] * wanted, whole) for g in members}
        result = {name: int(share) for name, share in exact.items()}
        ranked = sorted(members, key=lambda g: (-(exact[g["id"]] % 1), g["received"], g["id"]))
        for gift in ranked[: wanted - sum(result.values())]:
            result[gift["id"]] += 1
        return result
