"""The two files of a run: ``alloc-case/1`` in, checked; ``alloc-plan/1`` out, in one spelling.

Everything the rule relies on is verified here, once: known keys, exact integers, real days,
unique ids, payments that the wish permitted, and totals that fit a signed 64-bit word.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from fund.allocation.domain.plan import Plan
from fund.allocation.domain.problem import (
    LIMIT,
    Donation,
    Exhausted,
    Grant,
    Level,
    Order,
    Override,
    Payment,
    Policy,
    Problem,
    SpendKey,
    Vintage,
    Within,
)
from fund.allocation.domain.strict_json import Members, parse, places, refuse
from fund.allocation.domain.wishes import ANY, choice, ever_permitted, preference_of

FORMAT = "alloc-case/1"
ANNOTATIONS = ("name", "description", "unit", "expected", "designated_first_greedy")
_PREFIXES = ("group", "field", "programme", "award")
_ORDERS: tuple[Order, ...] = ("funding_first", "donor_first")
_SPEND_KEYS: tuple[SpendKey, ...] = ("flex", "vintage")
_VINTAGES: tuple[Vintage, ...] = ("fy", "month", "day", "none")
_WITHIN: tuple[Within, ...] = ("prorata", "fifo")
_EXHAUSTED: tuple[Exhausted, ...] = ("carry", "return", "any")


def read_problem(data: bytes) -> Problem:
    """Read a problem file.

    Raises:
        Invalid: for anything that is not exactly a problem; the message begins with the place,
            for example ``donations[3].amount: must be at least 0, not -5``.
    """
    return problem_from(parse(data))


def problem_from(document: Any) -> Problem:
    """Check a decoded document and make the problem of it; annotations are ignored.

    Raises:
        Invalid: as :func:`read_problem`.
    """
    with places():
        problem = _problem(document)
        _check_unique("donations", [donation.id for donation in problem.donations])
        _check_unique("grants", [grant.id for grant in problem.grants])
        _check_totals(problem)
        _check_payments(problem)
        return problem


def plan_bytes(plan: Plan) -> bytes:
    """The canonical spelling of a plan: sorted keys, no spaces, UTF-8, a newline at the end."""
    return _spelling(plan.document).encode() + b"\n"


def _problem(document: Any) -> Problem:
    required = ("format", "run_date", "policy", "donations", "grants")
    members = Members(document, required, ("previous", "fixed", *ANNOTATIONS))
    members.one_of("format", (FORMAT,))
    return Problem(
        run_date=members.day("run_date"),
        policy=members.one("policy", _policy),
        donations=_donations(members),
        grants=members.each("grants", _grant),
        previous=members.each("previous", _payment),
        fixed=members.each("fixed", _override),
        canonical=_canonical(document),
    )


def _policy(value: Any) -> Policy:
    members = Members(value, ("order", "spend_order", "vintage", "within"), ("equalise", "salt"))
    keys = members.texts("spend_order")
    if not keys or len(set(keys)) < len(keys) or not set(keys) <= set(_SPEND_KEYS):
        refuse("spend_order", "must name flex and vintage, each at most once")
    return Policy(
        order=members.one_of("order", _ORDERS),
        spend_order=tuple(key for name in keys for key in _SPEND_KEYS if key == name),
        vintage=members.one_of("vintage", _VINTAGES),
        within=members.one_of("within", _WITHIN),
        equalise=members.flag("equalise", default=True),
        salt=members.optional_text("salt"),
    )


def _donations(members: Members) -> tuple[Donation, ...]:
    known: dict[int, tuple[Level, ...]] = {}
    return members.each("donations", lambda value: _donation(value, known))


def _donation(value: Any, known: dict[int, tuple[Level, ...]]) -> Donation:
    """``known`` keeps the levels read before: problems made of the books share them."""
    members = Members(value, ("id", "amount", "received", "levels", "on_exhausted"), ("refunded",))
    amount = members.integer("amount", 0, LIMIT)
    levels = known.get(id(value["levels"]))
    if levels is None:
        levels = known[id(value["levels"])] = members.each("levels", _level)
    if not levels:
        refuse("levels", "a wish needs at least one level")
    return Donation(
        id=members.text("id"),
        amount=amount,
        received=members.day("received"),
        levels=levels,
        on_exhausted=members.one_of("on_exhausted", _EXHAUSTED),
        refunded=members.integer("refunded", 0, amount, default=0),
    )


def _level(value: Any) -> Level:
    members = Members(value, ("uses",), ("opens", "expires"))
    uses = members.texts("uses")
    if not uses:
        refuse("uses", "a level needs at least one use")
    for at, use in enumerate(uses):
        prefix, colon, name = use.partition(":")
        if use != ANY and not (prefix in _PREFIXES and colon and name):
            refuse(f"uses[{at}]", f"unknown use {_quoted(use)}")
    level = Level(uses, members.optional_day("opens"), members.optional_day("expires"))
    if level.opens and level.expires and level.opens > level.expires:
        refuse("expires", "lies before opens, so that the level would never be valid")
    return level


def _grant(value: Any) -> Grant:
    required = ("id", "group", "fields", "programme", "approved_max", "min_viable")
    members = Members(value, (*required, "tier", "score", "weight"))
    approved_max = members.integer("approved_max", 0, LIMIT)
    return Grant(
        id=members.text("id"),
        group=members.text("group"),
        fields=members.texts("fields"),
        programme=members.optional_text("programme"),
        approved_max=approved_max,
        min_viable=members.integer("min_viable", 0, approved_max),
        tier=members.integer("tier", 1, LIMIT),
        score=members.integer("score", -LIMIT, LIMIT),
        weight=members.integer("weight", 1, LIMIT),
    )


def _payment(value: Any) -> Payment:
    members = Members(value, ("donation", "grant", "amount"))
    return Payment(
        members.text("donation"), members.text("grant"), members.integer("amount", 0, LIMIT)
    )


def _override(value: Any) -> Override:
    members = Members(value, ("donation", "grant", "amount", "reason", "by_role"))
    return Override(
        donation=members.text("donation"),
        grant=members.text("grant"),
        amount=members.integer("amount", 1, LIMIT),
        reason=members.text("reason"),
        by_role=members.text("by_role"),
    )


def _check_unique(key: str, ids: list[str]) -> None:
    seen: dict[str, int] = {}
    for at, name in enumerate(ids):
        if name in seen:
            refuse(f"{key}[{at}].id", f"is also the id of {key}[{seen[name]}]")
        seen[name] = at


def _check_totals(problem: Problem) -> None:
    amounts = (donation.amount for donation in problem.donations)
    limits = (grant.approved_max for grant in problem.grants)
    _check_total("donations", "amount", amounts)
    _check_total("grants", "approved_max", limits)


def _check_total(key: str, member: str, amounts: Iterable[int]) -> None:
    running = 0
    for at, amount in enumerate(amounts):
        running += amount
        if running > LIMIT:
            refuse(f"{key}[{at}].{member}", "the total up to here is more than 2^62 yen")


def _check_payments(problem: Problem) -> None:
    """Earlier and manual payments stay within wish, gift and award."""
    donations = {donation.id: donation for donation in problem.donations}
    grants = {grant.id: grant for grant in problem.grants}
    given: Counter[str] = Counter()
    received: Counter[str] = Counter()
    rows: list[tuple[str, Payment | Override]] = []
    rows += [(f"previous[{at}]", row) for at, row in enumerate(problem.previous)]
    rows += [(f"fixed[{at}]", row) for at, row in enumerate(problem.fixed)]
    for place, row in rows:
        donation, grant = donations.get(row.donation), grants.get(row.grant)
        if donation is None:
            return refuse(f"{place}.donation", f"there is no donation {_quoted(row.donation)}")
        if grant is None:
            return refuse(f"{place}.grant", f"there is no grant {_quoted(row.grant)}")
        if isinstance(row, Override):
            permitted = choice(preference_of(donation, problem.run_date), grant) is not None
        else:
            permitted = ever_permitted(donation, grant, problem.run_date)
        if not permitted:
            refuse(f"{place}.grant", f"donation {_quoted(donation.id)} was never permitted for it")
        given[donation.id] += row.amount
        received[grant.id] += row.amount
        if given[donation.id] > donation.amount - donation.refunded:
            refuse(f"{place}.amount", f"more than donation {_quoted(donation.id)} has")
        if received[grant.id] > grant.approved_max:
            refuse(f"{place}.amount", f"more than grant {_quoted(grant.id)} may receive")
    return None


def _canonical(document: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8, no annotations, arrays without meaningful order sorted.

    Only the levels of a wish keep their order. What the file leaves out stays out.
    """
    kept = {key: value for key, value in document.items() if key not in ANNOTATIONS}
    levels: dict[int, Any] = {}
    kept["donations"] = sorted(
        (_canonical_donation(donation, levels) for donation in kept["donations"]), key=_id
    )
    kept["grants"] = sorted(
        ({**grant, "fields": sorted(grant["fields"])} for grant in kept["grants"]), key=_id
    )
    for key in ("previous", "fixed"):
        if key in kept:
            kept[key] = sorted(kept[key], key=_spelling)
    return _spelling(kept).encode()


def _canonical_donation(donation: dict[str, Any], known: dict[int, Any]) -> dict[str, Any]:
    """``known`` keeps the levels spelt before: problems made of the books share them."""
    levels = donation["levels"]
    if id(levels) not in known:
        known[id(levels)] = [{**level, "uses": sorted(level["uses"])} for level in levels]
    return {**donation, "levels": known[id(levels)]}


def _id(item: dict[str, Any]) -> str:
    return str(item["id"])


def _spelling(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _quoted(name: str) -> str:
    """A name in one line, whatever it holds."""
    return json.dumps(name, ensure_ascii=False)
