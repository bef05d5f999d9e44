"""Recheck an allocation run: ``python checker.py PROBLEM.json PLAN.json``.

Anyone may run this file: it needs Python 3.9 or newer and nothing else, and shares no line with
the program that made the plan. It verifies the problem's hash, every ledger row, every sum, the
minima, each gift's share, the sets behind a lack or a surplus and every stated reason, and further

* levels 1 and 2 (largest total, then most yen at first choice, ...) by the published prices: no
  permitted payment beats the prices, every payment made meets them, and only money that is all
  spent and awards that are full have one (linear duality, compared lexicographically);
* levels 3 and 4 (who receives, whose money is spent) by looking for an exchange of one yen that
  keeps levels 1 and 2 and comes earlier in the rule's order. Where there is none, there is no
  better plan: on an M-convex set a local optimum is global;
* cancelled awards, if there are any, by shifting yen along cheapest cycles from the plan to the
  rounds of the rule: all awards, those that reach their minimum, each further chance.

Who pays whom inside these totals is free. Exit status: 0 good, 1 violation, 2 malformed file.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

ANNOTATIONS = {"name", "description", "unit", "expected", "designated_first_greedy"}
WIDTH = {"group": 0, "award": 0, "programme": 1, "field": 2, "any": 3}
LONGEST = 20  # digits and sign of an integer; longer ones are beyond every limit
SOURCE = None  # the node through which unspent money enters an exchange


class Malformed(Exception):  # noqa: N818 - a file is malformed, the program has no error
    """A file that is no problem or no plan."""


def main(argv: list[str]) -> int:
    """Check the two files named in ``argv``; print the verdict and return the exit status."""
    if len(argv) != 2:
        sys.stderr.write("usage: python checker.py PROBLEM.json PLAN.json\n")
        return 2
    try:
        problem, plan = map(_load, argv)
        violations = check(problem, plan)
    except Malformed as error:
        sys.stderr.write(f"malformed: {error}\n")
        return 2
    verdict = [f"violation: {violation}\n" for violation in violations]
    sys.stdout.write("".join(verdict) or "ok: the plan follows the rule\n")
    return 1 if violations else 0


def _load(path: str) -> Any:
    """Read a JSON file of integers, strings, lists and objects without repeated keys."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(items)) < len(items):
            raise Malformed(f"{path}: a key is given twice")
        return dict(items)

    def number(text: str) -> int:
        raise Malformed(f"{path}: {text[:20]} is not an integer")

    def integer(text: str) -> int:
        return int(text) if len(text) <= LONGEST else number(text)

    try:
        return json.loads(
            Path(path).read_bytes().decode("utf-8"),
            object_pairs_hook=pairs,
            parse_int=integer,
            parse_float=number,
            parse_constant=number,
        )
    except RecursionError as error:
        raise Malformed(f"{path}: nested too deeply") from error
    except OSError as error:
        raise Malformed(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise Malformed(f"{path}: not JSON in UTF-8: {error}") from error


def check(problem: Any, plan: Any) -> list[str]:
    """All violations of a plan, empty if it is good.

    Raises:
        Malformed: if a document lacks what the format requires.
    """
    try:
        if problem["format"] != "alloc-case/1" or plan["format"] != "alloc-plan/1":
            raise Malformed("not an alloc-case/1 with an alloc-plan/1")
        return list(_violations(_Books(problem, plan)))
    except KeyError as error:
        raise Malformed(f"problem or plan: {error} is missing or names nothing") from error
    except RecursionError as error:
        raise Malformed("problem or plan: nested too deeply") from error
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise Malformed(f"problem or plan: not of the published form: {error}") from error


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
        manual = problem.get("fixed", [])
        before = [*problem.get("previous", []), *manual]
        self.fixed = _sum(((row["donation"], row["grant"]), row["amount"]) for row in manual)
        used = _sum((row["donation"], row["amount"]) for row in before)
        self.paid = _sum((row["grant"], row["amount"]) for row in before)
        self.free = {
            name: gift["amount"] - gift.get("refunded", 0) - used[name]
            for name, gift in self.gifts.items()
        }
        self.need = {name: g["approved_max"] - self.paid[name] for name, g in self.grants.items()}
        self.dropped = set(plan["dropped"])
        self.active = {g for g in self.grants if self.need[g] > 0 and g not in self.dropped}
        self.pot = {
            name: (key, _age(self.gifts[name]["received"], self.policy["vintage"]))
            for name, key in self.key.items()
        }
        self.money = _sum((self.key[name], yen) for name, yen in self.free.items())
        self.pots = _sum((self.pot[name], yen) for name, yen in self.free.items())
        rows = _sum(((row["donation"], row["grant"]), row["amount"]) for row in plan["ledger"])
        rows.subtract(self.fixed)
        self.unbooked = -rows
        # From here on only the rule's own payments: the ledger without the manual ones.
        known = {pair: yen for pair, yen in (+rows).items() if pair[0] in self.gifts}
        self.payments = known
        self.spent = _sum((gift, yen) for (gift, _), yen in known.items())
        self.receipt = _sum((grant, yen) for (_, grant), yen in known.items())
        self.pot_spent = _sum((self.pot[gift], yen) for gift, yen in self.spent.items())
        self.class_spent = _sum((self.key[gift], yen) for gift, yen in self.spent.items())
        self.payees: defaultdict[Any, set[str]] = defaultdict(set)
        for gift, grant in known:
            self.payees[self.key[gift]].add(grant)

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
            arcs += [(grant, key) for grant in self.payees[key]]
            arcs += hub(key) if hub else []
        found: defaultdict[Any, list[Any]] = defaultdict(list)
        for tail, head in arcs:
            found[head if back else tail].append(tail if back else head)
        return found


@functools.lru_cache(maxsize=4096)
def _age(received: str, unit: str) -> int:
    """The vintage of a day: many gifts share one."""
    year, month, day = map(int, received.split("-"))
    by_day = (year * 100 + month) * 100 + day
    return {"fy": year - (month < 4), "month": by_day // 100, "day": by_day, "none": 0}[unit]


def _sum(pairs: Iterable[tuple[Any, int]]) -> Counter[Any]:
    total: Counter[Any] = Counter()
    for name, yen in pairs:
        total[name] += yen
    return total


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
    if books.plan["rule"] != {"name": "LEX-FLOW", "version": "1"}:
        yield f"rule: this file checks LEX-FLOW/1, not {books.plan['rule']}"


def _problem(books: _Books) -> Iterator[str]:
    """What the problem says was done before must have been possible and permitted."""
    for name, yen in {**books.free, **books.need}.items():
        if yen < 0:
            yield f"problem: more than {name} has, or may receive, was paid or refunded before"
    amounts = [
        (f"{kind}.{item['id']}.{key}", item.get(key, 0))
        for kind, keys in (
            ("donations", ("amount", "refunded")),
            ("grants", ("approved_max", "min_viable")),
        )
        for item in books.problem[kind]
        for key in keys
    ]
    rows = [*books.problem.get("previous", []), *books.problem.get("fixed", [])]
    amounts += [(f"payment of {row['donation']}", row["amount"]) for row in rows]
    for place, yen in amounts:
        if isinstance(yen, bool) or not isinstance(yen, int) or yen < 0:
            yield f"problem: {place} is no amount of yen"
    for row in books.problem.get("previous", []):
        gift, grant = row["donation"], row["grant"]
        named = {use for level in books.gifts[gift]["levels"] for use in level["uses"]}
        exhausted = {use for _, uses in books.key[gift][1] for use in uses}
        if not (named | exhausted) & books.offers[grant]:
            yield f"problem: the earlier payment of {gift} to {grant} was never permitted"


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
    """Every sum the plan states; pots and sums of the plan include the manual payments."""
    ledger, zero = books.plan["ledger"], dict.fromkeys
    ranks = [0] * max((len(gift["levels"]) for gift in books.gifts.values()), default=0)
    for row in ledger:
        if not books.key[row["donation"]][0]:
            ranks[row["rank"] - 1] += row["amount"]
    total = sum(row["amount"] for row in ledger)
    manual = _sum((books.pot[gift], yen) for (gift, _), yen in books.fixed.items())
    names = ("levels", "undesignated", "vintage", "amount", "spent")
    table = [
        (pot[0][1], pot[0][0], pot[1], yen + manual[pot], books.pot_spent[pot] + manual[pot])
        for pot, yen in sorted(books.pots.items())
    ]
    claims = {
        "total": total,
        "rank_yen": ranks,
        "undesignated_yen": total - sum(ranks),
        "spent": zero(books.gifts, 0) | _sum((row["donation"], row["amount"]) for row in ledger),
        "grants": zero(books.grants, 0) | _sum((row["grant"], row["amount"]) for row in ledger),
        "class_vintage": [dict(zip(names, row)) for row in table],
    }
    for name, value in claims.items():
        if _spelling(books.plan[name]) != _spelling(value):
            yield f"{name}: does not follow from the problem and the ledger's rows"


def _minima(books: _Books) -> Iterator[str]:
    if books.plan["dropped"] != [name for name in books.ranking if name in books.dropped]:
        yield "dropped: not awards of the problem in committee order"
    for name, grant in books.grants.items():
        missing = grant["min_viable"] - books.paid[name]
        if name in books.dropped and (missing <= 0 or books.receipt[name]):
            yield f"dropped: {name} is paid, or its minimum was reached before"
        if name in books.active and books.receipt[name] < missing:
            yield f"grants.{name}: below its minimum and not dropped"
        if books.receipt[name] > books.need[name]:
            yield f"grants.{name}: more than it may receive"


class _Market:
    """The published prices, and the payments that cost exactly what they are worth."""

    def __init__(self, books: _Books) -> None:
        stated = books.plan["potentials"]
        self.books, self.levels = books, stated["levels"]
        self.zero = (0,) * len(self.levels)
        self.grant = {name: tuple(stated["grants"][name]) for name in books.active}
        names = [[row["undesignated"], row["levels"]] for row in stated["classes"]]
        if [_spelling(key) for key in books.classes] != [_spelling(name) for name in names]:
            raise Malformed("potentials.classes: not the classes of the problem in their order")
        prices = (tuple(row["price"]) for row in stated["classes"])
        self.of = dict(zip(books.classes, prices))
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
            pairs = zip(self.worth(key, rank), self.of[key])
            rest = tuple(worth - price for worth, price in pairs)
            yield from ((use, rest) for use in uses if (use, rest) in self.members)


def _prices(books: _Books) -> Iterator[str]:
    """L1 and L2 by duality."""
    market = _Market(books)
    ranks = [int(name.removeprefix("rank ")) for name in market.levels if name != "total"]
    lead = 0 if books.policy["order"] == "funding_first" else len(ranks)
    expected = [f"rank {rank}" for rank in sorted(set(ranks) | _ranks_in_use(books, market))]
    expected.insert(lead, "total")
    priced = {**market.of, **market.grant}
    if market.levels != expected or {len(price) for price in priced.values()} - {len(expected)}:
        yield "potentials.levels: not the levels of the policy"
        return
    full = {name for name in books.active if books.receipt[name] == books.need[name]}
    full |= {key for key in books.classes if books.class_spent[key] == books.money[key]}
    for name, price in priced.items():
        if price < market.zero or (price > market.zero and name not in full):
            yield f"potentials: {name} may not have the price {price}"
    for key in books.classes:
        yield from _offers(books, market, key)


def _ranks_in_use(books: _Books, market: _Market) -> set[int]:
    """Ranks that count: a level that names something its better levels do not."""
    ranks = set()
    for _, levels in (key for key in books.classes if not key[0]):
        seen: set[str] = set()
        for rank, uses in levels:
            fresh = (market.floor.keys() & set(uses)) - seen
            ranks |= {rank} if fresh else set()
            seen |= fresh
    return ranks


def _offers(books: _Books, market: _Market, key: Any) -> Iterator[str]:
    """Payments a class might make, at the lowest price each use offers, and those it makes."""
    for rank, uses in key[1]:
        for use in market.floor.keys() & set(uses):
            if _plus(market.of[key], market.floor[use]) < market.worth(key, rank):
                yield f"levels 1-2: a payment of {key} for {use} would do better"
    for grant in sorted(books.payees[key]):
        worth = market.worth(key, books.rank(key, grant) or 0)
        if grant not in market.grant or _plus(market.of[key], market.grant[grant]) != worth:
            yield f"levels 1-2: the payment of {key} to {grant} does worse than its price"


def _plus(one: Iterable[int], other: Iterable[int]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other))


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
    givers = {name for name in books.active & best.keys() if paid[name]}
    for name in sorted(name for name in givers if market.grant[name] == market.zero):
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
    givers = [pot for pot in books.pot_spent if market.of[pot[0]] == market.zero]
    for pot in (pot for pot in givers if pot[0] in best):
        if gains[best[pot[0]]] < turn(pot, books.pot_spent[pot]):
            yield f"level 4: {pot} spends a yen that {best[pot[0]]} should spend"


def _shares(books: _Books) -> Iterator[str]:
    """L6: inside a class x vintage by largest remainder, or oldest first."""
    left, fair = Counter(books.pot_spent), {}
    gifts = sorted(books.gifts, key=lambda name: (books.gifts[name]["received"], name))
    exact = {
        name: divmod(books.free[name] * left[books.pot[name]], max(books.pots[books.pot[name]], 1))
        for name in gifts
    }
    by_remainder = sorted(gifts, key=lambda name: -exact[name][1])
    fifo = books.policy["within"] == "fifo"
    for name in gifts:
        most = left[books.pot[name]] if fifo else exact[name][0]
        fair[name] = min(most, books.free[name])
        left[books.pot[name]] -= fair[name]
    for name in by_remainder:
        if left[books.pot[name]] and exact[name][1] and not fifo:
            fair[name] += 1
            left[books.pot[name]] -= 1
    for name in gifts:
        if books.spent[name] != fair[name] or left[books.pot[name]]:
            yield f"spent.{name}: its share is {fair[name]} yen, not {books.spent[name]}"


def _cuts(books: _Books) -> Iterator[str]:
    """The sets behind shortage and surplus: each is a cut that no payment can pass."""
    short, over = books.plan["shortage_set"], books.plan["surplus_set"]
    uses = {key: {(use,) for _, level in key[1] for use in level} for key in books.classes}
    members: dict[Any, list[str]] = {}
    for grant in sorted(books.active):
        for use in books.offers[grant]:
            members.setdefault((use,), []).append(grant)
    lack, gifts = set(short["grants"]), set(over["donations"])
    surplus = {key for gift, key in books.key.items() if gift in gifts}
    if not isinstance(short["grants"], list) or not isinstance(over["donations"], list):
        raise Malformed("shortage_set, surplus_set: no lists")
    if not lack <= books.active or not gifts <= books.key.keys():
        yield "shortage_set, surplus_set: name what is not there"
        return
    needy = {(use,) for grant in lack for use in books.offers[grant]}
    asked = sum(books.need[grant] for grant in lack)
    permitted = sum(yen for key, yen in books.money.items() if uses[key] & needy)
    money = sum(books.money[key] for key in surplus)
    takers = {grant for key in surplus for use in uses[key] for grant in members.get(use, ())}
    taken = sum(books.need[grant] for grant in takers)
    most = books.plan["max_total_ignoring_ranks"] - sum(books.fixed.values())
    others = sum(books.need[grant] for grant in books.active - lack)
    if (short["requested_yen"], short["permitted_yen"], most) != (
        asked,
        permitted,
        permitted + others,
    ):
        yield "shortage_set: its yen are not what is asked and permitted up to the largest total"
    saved = sum(books.money.values()) - money
    if (over["money_yen"], over["absorbable_yen"], most) != (money, taken, taken + saved):
        yield "surplus_set: its yen are not what is there and absorbable up to the largest total"
    if books.policy["order"] == "funding_first":
        yield from _smallest(books, uses, members)


def _smallest(books: _Books, uses: dict[Any, Any], members: dict[Any, Any]) -> Iterator[str]:
    """Where the total leads, the ledger itself shows the smallest sets."""
    idle = dict.fromkeys((k for k in books.classes if books.class_spent[k] < books.money[k]), 0)
    full = _reach(idle, books.graph(uses.__getitem__, members))
    stuck = sorted(gift for gift, key in books.key.items() if key in full and books.free[gift])
    unmet = dict.fromkeys((g for g in books.active if books.receipt[g] < books.need[g]), 0)
    lacking = _reach(unmet, books.graph(uses.__getitem__, members, back=True))
    if sorted(books.plan["surplus_set"]["donations"]) != stuck:
        yield "surplus_set: not the smallest set"
    if sorted(books.plan["shortage_set"]["grants"]) != sorted(books.active & lacking.keys()):
        yield "shortage_set: not the smallest set"
    if books.plan["max_total_ignoring_ranks"] != books.plan["total"]:
        yield "max_total_ignoring_ranks: is not the total"


class _Rounds:
    """The rounds of the rule about minima, each reached from the one before by shifting yen.

    A circulation source -> class -> use -> grant -> sink -> source whose arcs are worth what a
    yen adds to the total, to a rank, to a minimum or to a tier. The worths are digits of one
    number in a base that no cycle can overflow, so comparing numbers compares lexicographically.
    Where one grant or some money is set free, every cycle that is worth something passes there;
    the best one is taken again and again until none is worth anything (Busacker and Gowen 1960).
    """

    def __init__(self, books: _Books) -> None:
        self.books = books
        self.active = set(books.active)
        self.head: list[Any] = []
        self.room: list[int] = []
        self.worth: list[int] = []
        self.out: defaultdict[Any, list[int]] = defaultdict(list)
        self.ends: dict[str, tuple[int, int]] = {}
        self.before: dict[Any, int] = {}
        worth, plenty = self._digits(), sum(books.money.values()) + 1
        back = self._arc("sink", "source", plenty, worth["total"])
        for name in sorted(books.grants):
            for use in sorted(books.offers[name]):
                self.before[use, name] = self._arc(("use", use), ("grant", name), plenty, 0)
            missing = self._arc(("grant", name), "sink", 0, worth.get(("minimum", name), 0))
            tier = worth["tier", books.grants[name]["tier"]]
            self.ends[name] = missing, self._arc(("grant", name), "sink", 0, tier)
        for key in books.classes:
            self.before[key] = self._arc("source", ("class", key), books.money[key], 0)
            for rank, use in _first_ranks(key):
                value = 0 if key[0] else worth.get(("rank", rank), 0)
                self.before[key, use] = self._arc(("class", key), ("use", use), plenty, value)
        for name in self.active:
            self._open(name)
        self._load(back)

    def _digits(self) -> dict[Any, int]:
        """The worth of each level of the rule, the least important first."""
        books, grants = self.books, self.books.grants
        ranks = sorted({rank for key in books.classes if not key[0] for rank, _ in key[1]})
        levels: list[Any] = [("rank", rank) for rank in ranks]
        levels.insert(0 if books.policy["order"] == "funding_first" else len(levels), "total")
        for tier in sorted({grant["tier"] for grant in grants.values()}):
            here = [name for name in books.ranking if grants[name]["tier"] == tier]
            levels += [("minimum", name) for name in here if self._minimum(name)]
            levels.append(("tier", tier))
        base = 8 * len(books.classes) + 16
        return {level: base**place for place, level in enumerate(reversed(levels))}

    def _minimum(self, name: str) -> int:
        """Yen a grant still needs to reach its minimum."""
        return max(0, int(self.books.grants[name]["min_viable"]) - self.books.paid[name])

    def _arc(self, tail: Any, head: Any, room: int, worth: int) -> int:
        """A new arc (even number) and its reverse (the next odd number)."""
        arc = len(self.head)
        self.head += [head, tail]
        self.room += [room, 0]
        self.worth += [worth, -worth]
        self.out[tail].append(arc)
        self.out[head].append(arc + 1)
        return arc

    def _push(self, arc: int, yen: int) -> None:
        self.room[arc] -= yen
        self.room[arc ^ 1] += yen

    def _open(self, name: str) -> None:
        least = self._minimum(name)
        for arc, room in zip(self.ends[name], (least, self.books.need[name] - least)):
            self.room[arc] = room

    def _load(self, back: int) -> None:
        """Put the plan's own payments on the arcs."""
        books = self.books
        for (gift, grant), yen in books.payments.items():
            key = books.key[gift]
            level = dict(key[1])[books.rank(key, grant) or 0]
            use = min(books.offers[grant].intersection(level))
            least = min(yen, self.room[self.ends[grant][0]])
            for arc in (self.before[key], self.before[key, use], self.before[use, grant], back):
                self._push(arc, yen)
            self._push(self.ends[grant][0], least)
            self._push(self.ends[grant][1], yen - least)

    def short(self) -> set[str]:
        """Active grants below their minimum."""
        return {name for name in self.active if self.room[self.ends[name][0]]}

    def admit(self, name: str) -> None:
        """Let one more grant take part."""
        self.active.add(name)
        self._open(name)
        self._improve(("grant", name))

    def offer_again(self, name: str) -> None:
        """Admit a grant unless somebody then falls below a minimum."""
        before = (set(self.active), list(self.room))
        self.admit(name)
        if self.short():
            self.active, self.room = before

    def cancel(self, names: set[str]) -> None:
        """Let grants take part no more; what they had received is free again."""
        for name in sorted(names):
            yen = sum(self.room[arc ^ 1] for arc in self.ends[name])
            for arc in self.ends[name]:
                self.room[arc] = self.room[arc ^ 1] = 0
            self._withdraw("sink", "source", yen)
            self._withdraw_before(("grant", name), yen)
        self.active -= names
        self._improve("source")

    def _withdraw(self, tail: Any, head: Any, yen: int) -> None:
        arc = next(arc for arc in self.out[tail] if self.head[arc] == head and not arc % 2)
        self._push(arc, -yen)

    def _withdraw_before(self, node: Any, yen: int) -> None:
        """Take ``yen`` off the arcs that lead to a node, back to the source."""
        if node == "source":
            return
        for reverse in (arc for arc in self.out[node] if arc % 2):
            part = min(yen, self.room[reverse])
            if part:
                self._push(reverse ^ 1, -part)
                self._withdraw_before(self.head[reverse], part)
                yen -= part

    def _improve(self, start: Any) -> None:
        while True:
            best, last = self._best_cycle(start)
            if best <= 0:
                return
            path: list[int] = []
            node = start
            while not path or node != start:
                path.append(last[node])
                node = self.head[last[node] ^ 1]
            yen = min(self.room[arc] for arc in path)
            for arc in path:
                self._push(arc, yen)

    def _best_cycle(self, start: Any) -> tuple[int, dict[Any, int]]:
        """The worth of the best cycle through a node and the last arc to each node."""
        worth: dict[Any, int] = {}
        last: dict[Any, int] = {}
        queue, waiting, turns = [start], {start}, 0
        while queue:
            turns += 1
            if turns > len(self.out) + 2:
                raise Malformed("dropped: the plan itself can be improved")
            now, queue, waiting = queue, [], set()
            for node in now:
                here = 0 if turns == 1 else worth[node]
                for arc in self.out[node]:
                    head, value = self.head[arc], here + self.worth[arc]
                    if self.room[arc] and (head not in worth or value > worth[head]):
                        worth[head], last[head] = value, arc
                        if head != start and head not in waiting:
                            waiting.add(head)
                            queue.append(head)
        return worth.get(start, 0), last


def _first_ranks(key: Any) -> Iterator[tuple[int, str]]:
    """Each use of a class with the first rank that names it."""
    seen: set[str] = set()
    for rank, uses in key[1]:
        yield from ((rank, use) for use in uses if use not in seen)
        seen.update(uses)


def _cancelled(books: _Books) -> Iterator[str]:
    """M: cancelled are exactly the awards that the rule about minima cancels."""
    if not books.dropped:
        return
    rounds = _Rounds(books)
    for name in books.ranking:
        if name in books.dropped:
            rounds.admit(name)
    while short := rounds.short():
        rounds.cancel(short)
    every = {name for name in books.grants if books.need[name] > 0}
    for name in (name for name in books.ranking if name in every - rounds.active):
        rounds.offer_again(name)
    cancelled = every - rounds.active
    for name in sorted(cancelled ^ books.dropped):
        verb = "must" if name in cancelled else "may not"
        yield f"dropped: the rule about minima says that {name} {verb} be cancelled"


def _reasons(books: _Books) -> Iterator[str]:
    """Every reason that the plan states, of awards and of gifts."""
    stated, codes = books.plan["reasons"], {name: _award_code(books, name) for name in books.grants}
    lack = set(books.plan["shortage_set"]["grants"])
    manual = _sum((grant, yen) for (_, grant), yen in books.fixed.items())
    due = {
        name: {
            "code": code,
            "requested": books.need[name] + manual[name],
            "missing": books.need[name] - books.receipt[name],
            "in_shortage_set": name in lack,
        }
        for name, code in codes.items()
    }
    states: defaultdict[str, set[str]] = defaultdict(set)
    for name, code in codes.items():
        for use in books.offers[name]:
            states[use].add("full" if code == "closed" else code)
    ranks: defaultdict[str, set[int]] = defaultdict(set)
    for row in books.plan["ledger"]:
        ranks[row["donation"]].add(row["rank"])
    wanted = {
        "grants": due,
        "donations": {name: _gift_reason(books, name, states, ranks[name]) for name in books.gifts},
    }
    for kind, rows in wanted.items():
        for name in sorted(rows.keys() | stated[kind].keys()):
            said, row = stated[kind].get(name), rows.get(name)
            # Equal words are spelled alike; a number may equal another that is not (1, 1.0, true).
            if said != row or (kind == "grants" and _spelling(said) != _spelling(row)):
                yield f"reasons.{kind}.{name}: the books say {_spelling(row)}"


def _award_code(books: _Books, name: str) -> str:
    if not books.need[name]:
        return "closed"
    if name not in books.active:
        return "cancelled_minimum"
    return "full" if books.receipt[name] == books.need[name] else "short"


def _gift_reason(books: _Books, name: str, states: Any, ranks: set[int]) -> dict[str, Any]:
    gift, key, today = books.gifts[name], books.key[name], books.problem["run_date"]
    over = [(level.get("expires") or today) < today for level in gift["levels"]]
    exhausted = all(over) and gift["on_exhausted"] == "any"

    def found(uses: Iterable[str]) -> set[str]:
        return {state for use in uses for state in states.get(use, ())}

    def level_code(rank: int, level: Any) -> str:
        if exhausted or (over[rank - 1] and rank not in ranks):
            return "expired"
        if rank in ranks:
            return "used"
        if (level.get("opens") or today) > today:
            return "not_open"
        here = found(level["uses"])
        words = {"short": "not_needed", "full": "full", "cancelled_minimum": "cancelled_minimum"}
        return next((word for state, word in words.items() if state in here), "no_grant")

    free, spent = books.free[name], books.spent[name]
    code = ("partly_spent" if ranks else "unspent") if free > spent else "spent"
    levels = [level_code(rank, level) for rank, level in enumerate(gift["levels"], start=1)]
    reason = {"code": code if ranks or free > spent else "nothing_free", "levels": levels}
    if free > spent and not key[1]:
        reason["idle"] = gift["on_exhausted"] if all(over) else "no_active_level"
    elif free > spent:
        closed = found(use for _, uses in key[1] for use in uses) & {"full", "cancelled_minimum"}
        reason["idle"] = "all_full" if closed else "no_grant"
    return reason


def _violations(books: _Books) -> Iterator[str]:
    """Every check relies on the earlier ones, so the first with findings is the last."""
    checks = (
        *(_identity, _problem, _rows, _totals, _minima, _prices, _receipts),
        *(_cancelled, _spending, _shares, _cuts, _reasons),
    )
    for one in checks:
        found = list(one(books))
        yield from found
        if found:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
