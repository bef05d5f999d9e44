"""Recheck an allocation run: ``python checker.py PROBLEM.json PLAN.json``.

Anyone may run this file: it needs Python 3.11 and nothing else, shares no line with the program
that made the plan, and solves nothing. It reads the problem and the plan and verifies

* that the plan belongs to the problem (SHA-256 of the problem's canonical spelling);
* every ledger row (permitted, at the stated rank) and every sum made of rows;
* levels 1 and 2, the largest total and the most yen at first choice, second choice, ... by the
  published prices: no price is beaten by a permitted payment, every payment meets its price, and
  only money that is all spent and awards that are full have a price (linear duality);
* levels 3 and 4, who receives and whose money is spent, by looking for an exchange of one yen
  that leaves levels 1 and 2 as they are and comes earlier in the rule's order. Where there is
  none, there is no better plan (local optimality on an M-convex set is global);
* each gift's share of its class, the minima, and the sets behind a shortage or a surplus.

Who pays whom inside these totals is free. Exit status: 0 good, 1 violation, 2 malformed file.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

ANNOTATIONS = {"name", "description", "unit", "expected", "designated_first_greedy"}
WIDTH = {"group": 0, "award": 0, "programme": 1, "field": 2, "any": 3}
SOURCE = "source"


class Malformed(Exception):  # noqa: N818 - a file is malformed, the program has no error
    """A file that is no problem or no plan."""


def main(argv: list[str]) -> int:
    """Check the two files named in ``argv``; print the verdict and return the exit status."""
    if len(argv) != 2:
        print("usage: checker.py PROBLEM.json PLAN.json", file=sys.stderr)
        return 2
    try:
        violations = check(load(argv[0]), load(argv[1]))
    except Malformed as error:
        print(f"malformed: {error}", file=sys.stderr)
        return 2
    for violation in violations:
        print(f"violation: {violation}")
    if not violations:
        print("ok: the plan follows the rule")
    return 1 if violations else 0


def load(path: str) -> Any:
    """Read one JSON file of integers, strings, lists and objects without repeated keys."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(items)) < len(items):
            raise Malformed(f"{path}: a key is given twice")
        return dict(items)

    def number(text: str) -> int:
        raise Malformed(f"{path}: {text} is not an integer")

    try:
        text = Path(path).read_bytes().decode("utf-8")
        return json.loads(text, object_pairs_hook=pairs, parse_float=number, parse_constant=number)
    except (OSError, ValueError, RecursionError) as error:
        raise Malformed(f"{path}: {error}") from error


def check(problem: Any, plan: Any) -> list[str]:
    """All violations of a plan, empty if it is good.

    Raises:
        Malformed: if a document lacks what the format requires.
    """
    try:
        if problem["format"] != "alloc-case/1" or plan["format"] != "alloc-plan/1":
            raise Malformed("not an alloc-case/1 with an alloc-plan/1")
        return list(_violations(_Books(problem, plan)))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error


class _Books:
    """Problem and plan side by side, in the words of the rule."""

    def __init__(self, problem: Any, plan: Any) -> None:
        self.problem, self.plan, self.policy = problem, plan, problem["policy"]
        self.gifts = {gift["id"]: gift for gift in problem["donations"]}
        self.grants = {grant["id"]: grant for grant in problem["grants"]}
        self.key = {name: self._class(gift) for name, gift in self.gifts.items()}
        self.classes = sorted(set(self.key.values()))
        self.offers = {name: _uses(grant) for name, grant in self.grants.items()}
        self.ranking = sorted(
            self.grants, key=lambda g: (self.grants[g]["tier"], -self.grants[g]["score"], g)
        )
        self.fixed: Counter[tuple[str, str]] = Counter()
        for row in problem.get("fixed", []):
            self.fixed[row["donation"], row["grant"]] += row["amount"]
        used: Counter[str] = Counter()
        self.paid: Counter[str] = Counter()
        for row in [*problem.get("previous", []), *problem.get("fixed", [])]:
            used[row["donation"]] += row["amount"]
            self.paid[row["grant"]] += row["amount"]
        self.free = {
            name: gift["amount"] - gift.get("refunded", 0) - used[name]
            for name, gift in self.gifts.items()
        }
        self.need = {name: g["approved_max"] - self.paid[name] for name, g in self.grants.items()}
        self.dropped = set(plan["dropped"])
        self.active = {g for g in self.grants if self.need[g] > 0 and g not in self.dropped}
        self.money: Counter[Any] = Counter()
        self.pots: Counter[Any] = Counter()
        for name, key in self.key.items():
            self.money[key] += self.free[name]
            self.pots[key, self.vintage(name)] += self.free[name]
        self._book()

    def _book(self) -> None:
        """The rule's own payments: the ledger without the manual ones."""
        left = Counter(self.fixed)
        self.flow: defaultdict[Any, Counter[str]] = defaultdict(Counter)
        self.spent: Counter[str] = Counter()
        self.receipt: Counter[str] = Counter()
        for row in self.plan["ledger"]:
            gift, grant = row["donation"], row["grant"]
            manual = min(row["amount"], left[gift, grant])
            left[gift, grant] -= manual
            if row["amount"] > manual and gift in self.gifts:
                self.flow[self.key[gift]][grant] += row["amount"] - manual
                self.spent[gift] += row["amount"] - manual
                self.receipt[grant] += row["amount"] - manual
        self.unbooked = +left
        self.class_spent = {key: sum(self.flow[key].values()) for key in self.classes}
        self.pot_spent: Counter[Any] = Counter()
        for gift, yen in self.spent.items():
            self.pot_spent[self.key[gift], self.vintage(gift)] += yen

    def _class(self, gift: Any) -> tuple[bool, tuple[tuple[int, tuple[str, ...]], ...]]:
        today, levels = self.problem["run_date"], gift["levels"]
        expired = [(level.get("expires") or today) < today for level in levels]
        if gift["on_exhausted"] == "any" and all(expired):
            return True, ((1, ("any",)),)
        active = []
        for rank, level in enumerate(levels, start=1):
            if not expired[rank - 1] and (level.get("opens") or today) <= today:
                active.append((rank, tuple(sorted(set(level["uses"])))))
                if "any" in level["uses"]:
                    break
        return "any" in levels[0]["uses"], tuple(active)

    def vintage(self, gift: str) -> int:
        """The age class of a gift under the policy."""
        year, month, day = map(int, self.gifts[gift]["received"].split("-"))
        by_day = (year * 100 + month) * 100 + day
        ages = {"fy": year - (month < 4), "month": by_day // 100, "day": by_day, "none": 0}
        return ages[self.policy["vintage"]]

    def rank(self, key: Any, grant: str) -> int | None:
        """The rank at which a class may pay a grant."""
        uses = self.offers[grant]
        return next((rank for rank, level in key[1] if uses.intersection(level)), None)

    def graph(self, exits: Any, members: Any, *, hub: Any = None, back: bool = False) -> Any:
        """Ways one yen can shift: class -> use -> grant -> a class that pays it now.

        ``exits(key)`` are the uses open to a class and ``members`` their grants; with ``hub``
        (class -> its ways in and out of the source) the shift may also pass unspent money.
        """
        arcs = [(use, grant) for use, grants in members.items() for grant in grants]
        for key in self.classes:
            arcs += [(key, use) for use in exits(key)]
            arcs += [(grant, key) for grant in +self.flow[key]]
            arcs += hub(key) if hub else []
        found: defaultdict[Any, list[Any]] = defaultdict(list)
        for tail, head in arcs:
            found[head if back else tail].append(tail if back else head)
        return found


def _uses(grant: Any) -> set[str]:
    uses = {"any", f"award:{grant['id']}", f"group:{grant['group']}"}
    uses |= {f"field:{name}" for name in grant["fields"]}
    return uses | ({f"programme:{grant['programme']}"} if grant["programme"] is not None else set())


def _reach(gains: dict[Any, Any], arcs: Any) -> dict[Any, Any]:
    """For each node that is reached along the arcs the starting point of least gain."""
    best: dict[Any, Any] = {}
    for start in sorted(gains, key=lambda name: gains[name]):
        queue = [start]
        while queue:
            node = queue.pop()
            if node not in best:
                best[node] = start
                queue.extend(arcs.get(node, ()))
    return best


def _identity(books: _Books) -> Iterator[str]:
    kept = {name: value for name, value in books.problem.items() if name not in ANNOTATIONS}
    gifts = [
        {**gift, "levels": [{**lv, "uses": sorted(lv["uses"])} for lv in gift["levels"]]}
        for gift in kept["donations"]
    ]
    grants = [{**grant, "fields": sorted(grant["fields"])} for grant in kept["grants"]]
    kept["donations"] = sorted(gifts, key=lambda gift: gift["id"])
    kept["grants"] = sorted(grants, key=lambda grant: grant["id"])
    for name in {"previous", "fixed"} & kept.keys():
        kept[name] = sorted(kept[name], key=_spelling)
    digest = hashlib.sha256(_spelling(kept).encode()).hexdigest()
    if books.plan["problem_sha256"] != digest:
        yield f"problem_sha256: the problem's hash is {digest}"
    if len(books.gifts) < len(gifts) or len(books.grants) < len(grants):
        yield "problem: an id is given twice"
    if books.plan["rule"]["name"] != "LEX-FLOW":
        yield f"rule: this file checks LEX-FLOW, not {books.plan['rule']['name']}"


def _spelling(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _rows(books: _Books) -> Iterator[str]:
    """R1: every yen goes where its donor's wish permits, at the rank the row states."""
    for at, row in enumerate(books.plan["ledger"]):
        gift, grant, place = row["donation"], row["grant"], f"ledger[{at}]"
        if gift not in books.gifts or grant not in books.grants:
            yield f"{place}: donation or grant unknown"
            continue
        if row["amount"] <= 0:
            yield f"{place}.amount: not positive"
        rank = books.rank(books.key[gift], grant)
        if rank is None:
            yield f"{place}: {gift} may not pay {grant}"
        elif rank != row["rank"]:
            yield f"{place}.rank: {gift} may pay {grant} at rank {rank}, not {row['rank']}"
        elif row["use"] not in set(dict(books.key[gift][1])[rank]) & books.offers[grant]:
            yield f"{place}.use: {row['use']} does not permit {grant} at rank {rank}"
    for gift, grant in books.unbooked:
        yield f"fixed: {gift} pays {grant} less than was fixed"


def _totals(books: _Books) -> Iterator[str]:
    ranks = [0] * max((len(gift["levels"]) for gift in books.gifts.values()), default=0)
    spent, received = dict.fromkeys(books.gifts, 0), dict.fromkeys(books.grants, 0)
    pots = {pot: [yen, books.pot_spent[pot]] for pot, yen in books.pots.items()}
    for (gift, _), yen in books.fixed.items():
        for column in (0, 1):
            pots[books.key[gift], books.vintage(gift)][column] += yen
    for row in books.plan["ledger"]:
        spent[row["donation"]] += row["amount"]
        received[row["grant"]] += row["amount"]
        if not books.key[row["donation"]][0]:
            ranks[row["rank"] - 1] += row["amount"]
    total = sum(spent.values())
    names = ("levels", "undesignated", "vintage", "amount", "spent")
    table = [
        dict(zip(names, (key[1], key[0], vintage, *pots[key, vintage]), strict=True))
        for key, vintage in sorted(pots)
    ]
    claims = {
        "total": total,
        "rank_yen": ranks,
        "undesignated_yen": total - sum(ranks),
        "spent": spent,
        "grants": received,
        "class_vintage": table,
    }
    for name, value in claims.items():
        if _spelling(books.plan[name]) != _spelling(value):
            yield f"{name}: does not follow from the problem and the ledger's rows"
    for gift, yen in books.spent.items():
        if yen > books.free[gift]:
            yield f"spent.{gift}: more than the donation has"
    for grant, yen in books.receipt.items():
        if yen > books.need[grant]:
            yield f"grants.{grant}: more than it may receive"


def _minima(books: _Books) -> Iterator[str]:
    if books.plan["dropped"] != [name for name in books.ranking if name in books.dropped]:
        yield "dropped: not awards of the problem in committee order"
    for name, grant in books.grants.items():
        missing = grant["min_viable"] - books.paid[name]
        if name in books.dropped and (missing <= 0 or books.receipt[name]):
            yield f"dropped: {name} is paid, or its minimum was reached before"
        if name in books.active and books.receipt[name] < missing:
            yield f"grants.{name}: below its minimum and not dropped"


class _Market:
    """The published prices, and the payments that cost exactly what they are worth."""

    def __init__(self, books: _Books) -> None:
        stated = books.plan["potentials"]
        self.books, self.levels = books, stated["levels"]
        self.zero = (0,) * len(self.levels)
        self.grant = {name: tuple(stated["grants"][name]) for name in books.active}
        self.of = {
            (row["undesignated"], tuple((r, tuple(u)) for r, u in row["levels"])): tuple(
                row["price"]
            )
            for row in stated["classes"]
        }
        self.members: defaultdict[Any, list[str]] = defaultdict(list)
        self.floor: dict[str, tuple[int, ...]] = {}
        for name in sorted(books.active):
            for use in books.offers[name]:
                self.members[use, self.grant[name]].append(name)
                self.floor[use] = min(self.floor.get(use, self.grant[name]), self.grant[name])

    def worth(self, key: Any, rank: int) -> tuple[int, ...]:
        """What one yen of a class at a rank adds to each level."""
        return tuple(
            int(level == "total" or (not key[0] and level == f"rank {rank}"))
            for level in self.levels
        )

    def exact(self, key: Any) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The (use, price) pairs at which a class may pay without touching levels 1 and 2."""
        for rank, uses in key[1]:
            pairs = zip(self.worth(key, rank), self.of[key], strict=True)
            rest = tuple(worth - price for worth, price in pairs)
            yield from ((use, rest) for use in uses if (use, rest) in self.members)


def _prices(books: _Books) -> Iterator[str]:
    """L1 and L2 by duality; all comparisons of prices are lexicographic."""
    market = _Market(books)
    keys = [key for key in books.classes if not key[0]]
    needed = {books.rank(key, name) for key in keys for name in books.active}
    ranks = [int(name.removeprefix("rank ")) for name in market.levels if name != "total"]
    lead = 0 if books.policy["order"] == "funding_first" else len(ranks)
    if (
        ranks != sorted(set(ranks))
        or not needed - {None} <= set(ranks)
        or ([at for at, name in enumerate(market.levels) if name == "total"] != [lead])
    ):
        yield "potentials.levels: not the levels of the policy"
        return
    for name, price in market.grant.items():
        if len(price) != len(market.zero) or price < market.zero:
            yield f"potentials.grants.{name}: not a price"
        elif price > market.zero and books.receipt[name] < books.need[name]:
            yield f"potentials.grants.{name}: has a price but is not full"
    for key in books.classes:
        price = market.of[key]
        if len(price) != len(market.zero) or price < market.zero:
            yield f"potentials.classes: {key} has no price"
        elif price > market.zero and books.class_spent[key] < books.money[key]:
            yield f"potentials.classes: {key} has a price but is not spent"
        for rank, uses in key[1]:
            for use in set(uses) & market.floor.keys():
                if _plus(price, market.floor[use]) < market.worth(key, rank):
                    yield f"levels 1-2: a payment of {key} for {use} would do better"
        for grant in +books.flow[key]:
            rank = books.rank(key, grant) or 0
            if grant not in market.grant:
                yield f"grants.{grant}: is paid but not active"
            elif _plus(price, market.grant[grant]) != market.worth(key, rank):
                yield f"levels 1-2: the payment of {key} to {grant} does worse than its price"


def _plus(one: Iterable[int], other: Iterable[int]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _receipts(books: _Books) -> Iterator[str]:
    """L3: no yen can move from one award to another that comes earlier in the order."""
    market = _Market(books)
    place = {name: at for at, name in enumerate(books.ranking)}

    def hub(key: Any) -> list[Any]:
        if market.of[key] != market.zero:
            return []
        unspent = books.class_spent[key] < books.money[key]
        return [(SOURCE, key)] * unspent + [(key, SOURCE)] * (books.class_spent[key] > 0)

    def turn(name: str, yen: int) -> tuple[Any, ...]:
        grant, count = books.grants[name], books.paid[name] + yen
        if count <= grant["min_viable"]:
            return grant["tier"], 0, place[name], 0
        ratio = Fraction(count, grant["weight"] * grant["approved_max"])
        return grant["tier"], 1, ratio, place[name]

    paid = books.receipt
    hungry = [name for name in books.active if paid[name] < books.need[name]]
    gains = {name: turn(name, paid[name] + 1) for name in hungry}
    best = _reach(gains, books.graph(market.exact, market.members, hub=hub, back=True))
    for name in books.active & best.keys():
        if paid[name] and market.grant[name] == market.zero:
            if gains[best[name]] < turn(name, paid[name]):
                yield f"level 3: a yen of {name} belongs to {best[name]}"


def _spending(books: _Books) -> Iterator[str]:
    """L4: no yen can be saved by one class x vintage and spent by one that comes earlier."""
    market = _Market(books)
    index = {key: at for at, key in enumerate(books.classes)}

    def turn(pot: Any, yen: int) -> tuple[Any, ...]:
        key, vintage = pot
        widest = max((WIDTH[use.split(":")[0]] for _, uses in key[1] for use in uses), default=0)
        parts = {"flex": 4 if key[0] else widest, "vintage": vintage}
        order = tuple(parts[name] for name in books.policy["spend_order"])
        return (*order, Fraction(yen, books.pots[pot]), index[key], vintage)

    gains: dict[Any, Any] = {}
    for pot, yen in books.pots.items():
        if books.pot_spent[pot] < yen:
            mine = turn(pot, books.pot_spent[pot] + 1)
            gains[pot[0]] = min(gains.get(pot[0], mine), mine)
    best = _reach(gains, books.graph(market.exact, market.members))
    for pot, yen in books.pot_spent.items():
        if yen and market.of[pot[0]] == market.zero and pot[0] in best:
            if gains[best[pot[0]]] < turn(pot, yen):
                yield f"level 4: {pot} spends a yen that {best[pot[0]]} should spend"


def _shares(books: _Books) -> Iterator[str]:
    """L6: inside a class x vintage by largest remainder, or oldest first."""
    members: defaultdict[Any, list[str]] = defaultdict(list)
    for gift in sorted(books.gifts, key=lambda name: (books.gifts[name]["received"], name)):
        members[books.key[gift], books.vintage(gift)].append(gift)
    for pot, gifts in members.items():
        wanted, whole = books.pot_spent[pot], max(books.pots[pot], 1)
        if books.policy["within"] == "fifo":
            fair, left = {}, wanted
            for gift in gifts:
                fair[gift] = min(left, books.free[gift])
                left -= fair[gift]
        else:
            fair = {gift: books.free[gift] * wanted // whole for gift in gifts}
            largest = sorted(gifts, key=lambda gift: -(books.free[gift] * wanted % whole))
            for gift in largest[: wanted - sum(fair.values())]:
                fair[gift] += 1
        for gift in gifts:
            if books.spent[gift] != fair[gift]:
                yield f"spent.{gift}: its share is {fair[gift]} yen, not {books.spent[gift]}"


def _cuts(books: _Books) -> Iterator[str]:
    """The sets behind shortage and surplus: each is a cut that no payment can pass.

    When the total leads, they are also the smallest such sets, seen from the ledger itself.
    """
    plan, manual = books.plan, sum(books.fixed.values())
    uses = {key: {use for _, level in key[1] for use in level} for key in books.classes}
    members: defaultdict[str, list[str]] = defaultdict(list)
    for grant in sorted(books.active):
        for use in books.offers[grant]:
            members[use].append(grant)
    short, over = plan["shortage_set"], plan["surplus_set"]
    lack, surplus = set(short["grants"]), {books.key[gift] for gift in over["donations"]}
    needy = {use for grant in lack for use in books.offers[grant]}
    asked = sum(books.need[grant] for grant in lack)
    permitted = sum(books.money[key] for key in books.classes if uses[key] & needy)
    money = sum(books.money[key] for key in surplus)
    takers = {grant for key in surplus for use in uses[key] for grant in members.get(use, ())}
    taken = sum(books.need[grant] for grant in takers)
    if (short["requested_yen"], short["permitted_yen"]) != (asked, permitted):
        yield f"shortage_set: asks {asked} yen, and {permitted} yen may go there"
    if (over["money_yen"], over["absorbable_yen"]) != (money, taken):
        yield f"surplus_set: holds {money} yen, and {taken} yen can be absorbed"
    most = plan["max_total_ignoring_ranks"] - manual
    if sum(books.need[grant] for grant in books.active - lack) + permitted != most:
        yield "shortage_set: is not where the largest total stops"
    if sum(books.money.values()) - money + taken != most:
        yield "surplus_set: is not where the largest total stops"
    if books.policy["order"] != "funding_first":
        return
    open_uses: Callable[[Any], set[str]] = uses.__getitem__
    idle = {key: 0 for key in books.classes if books.class_spent[key] < books.money[key]}
    reached = _reach(idle, books.graph(open_uses, members))
    stuck = sorted(gift for gift, key in books.key.items() if key in reached and books.free[gift])
    unmet = {grant: 0 for grant in books.active if books.receipt[grant] < books.need[grant]}
    lacking = books.active & _reach(unmet, books.graph(open_uses, members, back=True)).keys()
    if most + manual != plan["total"] or sorted(over["donations"]) != stuck or lack != lacking:
        yield "shortage_set, surplus_set: not the smallest sets"


def _violations(books: _Books) -> Iterator[str]:
    """Every check relies on the earlier ones, so the first with findings is the last."""
    checks = (_identity, _rows, _totals, _minima, _prices, _receipts, _spending, _shares, _cuts)
    for one in checks:
        found = list(one(books))
        yield from found
        if found:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
