"""A draft and the books of today: what changed since, precisely enough to act on it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from fund.allocation.domain import Problem
from fund.allocation.domain.wishes import preference_of
from fund.allocation.problems import freeze, with_fixed
from fund.kernel.errors import Conflict, Invalid
from fund.kernel.money import Yen
from fund.kernel.sentences import Filled, filled
from fund.manual.queries import Rules

SHOWN = 3
Detail = tuple[str, object, object]
"""What differs, how it was and how it is: yen, or words."""


@dataclass(frozen=True)
class BookChange:
    """One kind of difference: ids of what differs, and for each what was and is, if that says more.

    ``code`` is ``gifts-added``, ``gifts-gone``, ``gifts-changed``, ``gifts-redirected``,
    ``gifts-lapsed``, ``awards-added``, ``awards-gone``, ``awards-changed``, ``other-run``,
    ``policy``, ``edition`` or ``manual``.
    """

    code: str
    ids: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()


class Outdated(Conflict):
    """The books moved on; ``changes`` says how, and so does the text."""

    def __init__(self, changes: Sequence[BookChange]) -> None:
        first, *others = sentences(changes)
        for other in others:
            first = filled("%(first)s。%(other)s", first=first, other=other)
        super().__init__(
            filled(
                "案を作ったあとに変わりました。%(changes)s。「いまの台帳で計算し直す」を選ぶか、"
                "この案を取り下げて、新しい案を作ってください。何も記帳していません",
                changes=first,
            )
        )
        self.changes = tuple(changes)


def changes_since(
    connection: Connection, run: Any, frozen: bytes, today: dt.date, rules: Rules
) -> list[BookChange]:
    """How the books of today differ from those a run was frozen from; empty while it is current.

    ``run`` has ``kind``, ``run_date`` and ``edition_code``; ``frozen`` is its problem's file.
    """
    found = []
    if rules.edition != run.edition_code:
        found.append(BookChange("edition", (rules.edition,)))
    now = freeze(connection, run.kind, run.run_date, rules)
    found += what_changed(frozen, now, today)
    if not found and frozen != now.canonical and (fixed := json.loads(frozen).get("fixed")):
        try:
            same = with_fixed(now, fixed).canonical == frozen
        except Invalid:
            same = False
        if not same:
            found.append(BookChange("manual"))
    return found


def what_changed(frozen: bytes, problem: Problem, today: dt.date) -> list[BookChange]:
    """How the books of ``today`` differ from those a draft was frozen from; empty if not.

    ``problem`` is today's problem with the draft's own date and without manual payments: a
    level that opened or expired since is found by comparing what each wish permits on both days.
    """
    found: list[BookChange] = []
    # Both are canonical: of the same bytes nothing has to be read to know that nothing changed.
    if frozen != problem.canonical:
        before, after = json.loads(frozen), json.loads(problem.canonical)
        before.pop("fixed", None)
        found += _gifts(before["donations"], after["donations"])
        found += _awards(before["grants"], after["grants"])
        if before.get("previous") != after.get("previous"):
            found.append(BookChange("other-run"))
        if switches := _switches(before["policy"], after["policy"]):
            found.append(BookChange("policy", details=switches))
    moved = [
        gift.id
        for gift in problem.donations
        if today != problem.run_date
        and preference_of(gift, problem.run_date) != preference_of(gift, today)
    ]
    if moved:
        found.append(BookChange("gifts-lapsed", tuple(sorted(moved))))
    return found


def _gifts(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[BookChange]:
    """Gifts that came, went or changed.

    A new share of a gift whose old share shrank is one whose wish was redirected (D22).
    """
    old, new = _by_id(before), _by_id(after)
    changed = {name for name in old.keys() & new.keys() if old[name] != new[name]}
    shrunk = {name.partition("/")[0] for name in changed | (old.keys() - new.keys())}
    added = new.keys() - old.keys()
    redirected = {name for name in added if name.partition("/")[0] in shrunk}
    theirs = {name.partition("/")[0] for name in redirected}
    gone = {name for name in old.keys() - new.keys() if name.partition("/")[0] not in theirs}
    changed = {name for name in changed if name.partition("/")[0] not in theirs}
    amounts = [
        (name, Yen(old[name]["amount"]), Yen(new[name]["amount"]))
        for name in sorted(changed)
        if old[name]["amount"] != new[name]["amount"]
    ]
    return _kinds(
        ("gifts-added", added - redirected, ()),
        ("gifts-gone", gone, ()),
        ("gifts-changed", changed, amounts),
        ("gifts-redirected", redirected, ()),
    )


def _awards(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[BookChange]:
    old, new = _by_id(before), _by_id(after)
    changed = {name for name in old.keys() & new.keys() if old[name] != new[name]}
    amounts = [
        (name, Yen(old[name]["approved_max"]), Yen(new[name]["approved_max"]))
        for name in sorted(changed)
        if old[name]["approved_max"] != new[name]["approved_max"]
    ]
    return _kinds(
        ("awards-added", new.keys() - old.keys(), ()),
        ("awards-gone", old.keys() - new.keys(), ()),
        ("awards-changed", changed, amounts),
    )


def _kinds(*kinds: tuple[str, Any, Sequence[Detail]]) -> list[BookChange]:
    return [
        BookChange(code, tuple(sorted(ids)), tuple(details[:SHOWN]))
        for code, ids, details in kinds
        if ids
    ]


def _switches(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Detail, ...]:
    return tuple(
        (key, _spelled(before.get(key)), _spelled(after.get(key)))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    )


def _spelled(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _by_id(items: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {item["id"]: item for item in items}


def sentences(changes: Sequence[BookChange]) -> list[Filled]:
    """The changes in words, one short sentence each; every page can say them in its language."""
    return [_sentence(change) for change in changes]


def _sentence(change: BookChange) -> Filled:
    which: Filled | str = ""
    if change.ids:
        which = _listed(change.ids[:SHOWN])
        if len(change.ids) > SHOWN:
            which = filled("%(which)s…", which=which)
    facts = {"n": len(change.ids), "which": which}
    said = {
        "gifts-added": lambda: filled("加わった寄附：%(n)s件（%(which)s）", **facts),
        "gifts-gone": lambda: filled("使えなくなった寄附：%(n)s件（%(which)s）", **facts),
        "gifts-changed": lambda: filled("残りが変わった寄附：%(n)s件（%(which)s）", **facts),
        "gifts-redirected": lambda: filled("使いみちが変わった寄附：%(n)s件（%(which)s）", **facts),
        "gifts-lapsed": lambda: filled("希望の期限が変わった寄附：%(n)s件（%(which)s）", **facts),
        "awards-added": lambda: filled("加わった助成：%(n)s件（%(which)s）", **facts),
        "awards-gone": lambda: filled("受けとらなくなった助成：%(n)s件（%(which)s）", **facts),
        "awards-changed": lambda: filled("内容が変わった助成：%(n)s件（%(which)s）", **facts),
        "other-run": lambda: filled("ほかの配分が先に承認されました"),
        "policy": lambda: filled("手引きの配分のきまりが変わりました"),
        "edition": lambda: filled("手引きが%(which)s版になりました", **facts),
        "manual": lambda: filled("手動で決めた分が、いまの台帳では成り立ちません"),
    }[change.code]()
    if not change.details:
        return said
    turns = [
        filled("%(what)s %(was)s → %(now)s", what=what, was=was, now=now)
        for what, was, now in change.details
    ]
    return filled("%(said)s：%(turns)s", said=said, turns=_listed(turns))


def _listed(items: Sequence[str]) -> str:
    """Names or sentences in a row, with the comma of whoever reads them."""
    row, *others = items
    for other in others:
        row = filled("%(row)s、%(other)s", row=row, other=other)
    return row
