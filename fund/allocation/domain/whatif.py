"""What if: the same problem with some of its statements changed, so that two plans can be compared.

A change never touches a book; it makes another document ``alloc-case/1``, which the rule answers
like any other. The lottery keeps the salt of the problem it came from: where nothing that
matters was changed, nothing changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fund.allocation.domain.files import problem_from
from fund.allocation.domain.problem import LIMIT, Problem
from fund.kernel.errors import Invalid
from fund.kernel.sentences import filled

Document = dict[str, Any]
POLICY_KEYS = ("order", "spend_order", "vintage", "within", "equalise")
EXTRA = "WHATIF"
"""The id under which imagined money stands in a problem."""


@dataclass(frozen=True, slots=True)
class AwardChange:
    """One award as it might be; None leaves a statement as it is.

    ``asked`` is what the award may still receive in this run (yen, 0 leaves it out),
    ``least`` its minimum over all runs (yen).
    """

    award: str
    asked: int | None = None
    least: int | None = None
    tier: int | None = None
    score: int | None = None
    weight: int | None = None

    def is_empty(self) -> bool:
        """Whether it changes nothing at all."""
        return self == AwardChange(self.award)


@dataclass(frozen=True, slots=True)
class PassOn:
    """Of every gift for a kind of wish (``group``, ``field``, ``theme``), the per cent for it."""

    kind: str
    percent: int


@dataclass(frozen=True, slots=True)
class Extra:
    """Imagined money: ``yen`` more with this one wish, for example ``group:0132`` or ``any``."""

    use: str
    yen: int


@dataclass(frozen=True, slots=True)
class Split:
    """A part of a gift: the share that follows the wish, and what is kept (None: nothing is)."""

    kind: str
    wish: str
    kept: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that is imagined to be otherwise."""

    awards: tuple[AwardChange, ...] = ()
    policy: tuple[tuple[str, Any], ...] = ()
    pass_on: tuple[PassOn, ...] = ()
    extra: tuple[Extra, ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    """Manual payments (donation, grant) that are imagined away."""

    def __bool__(self) -> bool:
        return bool(self.awards or self.policy or self.pass_on or self.extra or self.without)

    def with_award(self, change: AwardChange) -> Changes:
        """The same, with one award changed in this way only."""
        others = tuple(one for one in self.awards if one.award != change.award)
        kept = others if change.is_empty() else (*others, change)
        return replace(self, awards=tuple(sorted(kept, key=lambda one: one.award)))


def changed(problem: Problem, base: Document, changes: Changes, splits: Sequence[Split]) -> Problem:
    """The problem ``base`` (the document of ``problem``) as the changes would have it.

    ``splits`` says which shares are two halves of one part of a gift; only those are re-divided
    for a ``PassOn``, and only while none of their yen was allocated.

    Raises:
        Invalid: for an award that is not there, or an amount that cannot be; with its place.
    """
    document: Document = {**base, "policy": {**base["policy"], **dict(changes.policy)}}
    document["policy"].setdefault("salt", problem.sha256)
    document["grants"] = _grants(base, changes.awards)
    document["donations"] = [
        *_passed_on(base, changes.pass_on, splits),
        *(_imagined(at, one, base) for at, one in enumerate(changes.extra, start=1)),
    ]
    if "fixed" in base:
        gone = set(changes.without)
        document["fixed"] = [
            row for row in base["fixed"] if (row["donation"], row["grant"]) not in gone
        ]
    return problem_from(document)


def _grants(base: Document, awards: Sequence[AwardChange]) -> list[Document]:
    wanted = {one.award: one for one in awards}
    paid: Counter[str] = Counter()
    for row in base.get("previous", []):
        paid[row["grant"]] += row["amount"]
    known = {grant["id"] for grant in base["grants"]}
    if missing := sorted(wanted.keys() - known):
        raise Invalid(
            filled("この配分にない助成です: %(no)s", no=missing[0]),
            {"award": "一覧から選んでください"},
        )
    fixed: Counter[str] = Counter()
    for row in base.get("fixed", []):
        fixed[row["grant"]] += row["amount"]
    return [
        _grant(grant, wanted[grant["id"]], paid[grant["id"]], fixed[grant["id"]])
        if grant["id"] in wanted
        else grant
        for grant in base["grants"]
    ]


def _grant(grant: Document, change: AwardChange, paid: int, fixed: int) -> Document:
    new = dict(grant)
    if change.asked is not None:
        if change.asked < fixed:
            message = "手動で決めた額より小さくはできません"
            raise Invalid(f"{grant['id']}: {message}", {"asked": message})
        new["approved_max"] = min(paid + change.asked, LIMIT)
    others = {
        "min_viable": change.least,
        "tier": change.tier,
        "score": change.score,
        "weight": change.weight,
    }
    new |= {key: value for key, value in others.items() if value is not None}
    new["min_viable"] = min(new["min_viable"], new["approved_max"])
    return new


def _imagined(at: int, extra: Extra, base: Document) -> Document:
    return {
        "id": f"{EXTRA}-{at}",
        "amount": extra.yen,
        "received": base["run_date"],
        "levels": [{"uses": [extra.use]}],
        "on_exhausted": "carry",
    }


def _passed_on(
    base: Document, pass_on: Sequence[PassOn], splits: Sequence[Split]
) -> list[Document]:
    """Shares divided anew: of each part the floor of the per cent follows the wish, as always."""
    percent = {one.kind: one.percent for one in pass_on}
    if not percent:
        return list(base["donations"])
    used = {row["donation"] for row in (*base.get("previous", []), *base.get("fixed", []))}
    by_id: dict[str, Document] = {gift["id"]: gift for gift in base["donations"]}
    for split in splits:
        gift, kept = by_id.get(split.wish), by_id.get(split.kept or "")
        touched = split.wish in used or split.kept in used
        if split.kind not in percent or gift is None or touched or (split.kept and kept is None):
            continue
        whole = gift["amount"] + (kept["amount"] if kept else 0)
        follows = whole * percent[split.kind] // 100
        by_id[split.wish] = {**gift, "amount": follows}
        rest = kept or _kept_half(gift)
        if kept or whole > follows:
            by_id[rest["id"]] = {**rest, "amount": whole - follows}
    return list(by_id.values())


def _kept_half(gift: Mapping[str, Any]) -> Document:
    return {
        "id": f"{gift['id']}~",
        "amount": 0,
        "received": gift["received"],
        "levels": [{"uses": ["any"]}],
        "on_exhausted": "carry",
    }
