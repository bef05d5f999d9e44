"""Two editions side by side, word by word (新旧対照表)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from fund.manual.words import ClauseWords

_TOKENS = re.compile(
    r"[A-Za-z0-9¥][A-Za-z0-9,.%'’-]*[A-Za-z0-9%]|[一-龥々〆]+|[ァ-ヶー]+|[ぁ-ん]+|\s+|.", re.DOTALL
)
_UNLIKE = 0.4
"""Below this likeness a line is shown as replaced; a patchwork of words would help nobody."""


@dataclass(frozen=True)
class Piece:
    """A run of text; ``changed`` ones stand on one side only."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Line:
    """One paragraph, or one item of a list."""

    item: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Side:
    """One clause as one of the two editions has it."""

    number: str
    title: tuple[Piece, ...]
    lines: tuple[Line, ...]
    values: tuple[Line, ...]


@dataclass(frozen=True)
class Pair:
    """A clause in both editions; ``state`` is same, changed, added or removed."""

    id: str
    title: str
    state: str
    old: Side | None
    new: Side | None


def compare(old: Sequence[ClauseWords], new: Sequence[ClauseWords]) -> list[Pair]:
    """Every clause of either edition, in the order of the new one.

    Clauses are paired by their ids; a removed clause stands where it stood among the others.
    """
    before, after = {one.id: one for one in old}, {one.id: one for one in new}
    return [_pair(before.get(one), after.get(one)) for one in _order(list(before), list(after))]


def _order(old: list[str], new: list[str]) -> list[str]:
    order, kept = list(new), set(new)
    for position, gone in enumerate(old):
        if gone not in kept:
            previous = old[position - 1] if position else None
            order.insert(order.index(previous) + 1 if previous in order else 0, gone)
    return order


def _pair(old: ClauseWords | None, new: ClauseWords | None) -> Pair:
    if old is None and new is not None:
        return Pair(new.id, new.title, "added", None, _whole(new))
    if new is None and old is not None:
        return Pair(old.id, old.title, "removed", _whole(old), None)
    if old is None or new is None:
        raise ValueError("a pair needs a clause on one side at least")
    titles = _words(old.title, new.title)
    lines = _lines(old.lines, new.lines)
    values = _lines(_value_lines(old), _value_lines(new))
    same = old.title == new.title and old.lines == new.lines and _values(old) == _values(new)
    return Pair(
        id=new.id,
        title=new.title,
        state="same" if same else "changed",
        old=Side(old.number, titles[0], lines[0], values[0]),
        new=Side(new.number, titles[1], lines[1], values[1]),
    )


def _values(clause: ClauseWords) -> Mapping[str, str]:
    return {one.name: one.value for one in clause.parameters}


def _value_lines(clause: ClauseWords) -> list[tuple[bool, str]]:
    return [(True, f"{one.label}: {one.value}") for one in clause.parameters]


def _whole(clause: ClauseWords) -> Side:
    def all_changed(lines: Iterable[tuple[bool, str]]) -> tuple[Line, ...]:
        return tuple(Line(item, (Piece(text, changed=True),)) for item, text in lines)

    return Side(
        number=clause.number,
        title=(Piece(clause.title, changed=True),),
        lines=all_changed(clause.lines),
        values=all_changed(_value_lines(clause)),
    )


Given = Sequence[tuple[bool, str]]


def _lines(old: Given, new: Given) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Pair the lines first, then the words within lines that are alike."""
    left: list[Line] = []
    right: list[Line] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            left += [Line(item, (Piece(text, changed=False),)) for item, text in old[a:b]]
            right += [Line(item, (Piece(text, changed=False),)) for item, text in new[c:d]]
            continue
        gone, come = _alike(old[a:b], new[c:d])
        left += gone
        right += come
    return tuple(left), tuple(right)


def _alike(old: Given, new: Given) -> tuple[list[Line], list[Line]]:
    """Within a changed stretch every new line looks for the old line most like it."""
    left: list[tuple[Piece, ...]] = [(Piece(text, changed=True),) for _, text in old]
    right: list[tuple[Piece, ...]] = [(Piece(text, changed=True),) for _, text in new]
    first = 0
    for at, (_, text) in enumerate(new):
        likeness = [
            (SequenceMatcher(None, old[one][1], text, autojunk=False).ratio(), -one)
            for one in range(first, len(old))
        ]
        best, position = max(likeness, default=(0.0, 0))
        if best >= _UNLIKE:
            left[-position], right[at] = _words(old[-position][1], text)
            first = 1 - position
    return (
        [Line(item, left[at]) for at, (item, _) in enumerate(old)],
        [Line(item, right[at]) for at, (item, _) in enumerate(new)],
    )


def _words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        changed = tag != "equal"
        if a < b:
            left.append(Piece("".join(before[a:b]), changed))
        if c < d:
            right.append(Piece("".join(after[c:d]), changed))
    return tuple(left), tuple(right)
