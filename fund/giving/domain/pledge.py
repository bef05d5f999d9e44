"""Monthly pledges: their life as a drawn table, and how a month's yen follow the wishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fund.giving.domain.shares import Part, Wish
from fund.kernel.canonical import Json
from fund.kernel.money import Yen, total
from fund.kernel.transitions import Transitions

PLEDGE = Transitions.table(
    "毎月の寄附",
    {
        "pending": {"active", "paused", "ended"},
        "active": {"paused", "ended"},
        "paused": {"active", "ended"},
        "ended": set(),
    },
)
"""``pending``: the payment page was not paid yet. What ended stays ended: begin a new one."""

ASKED: Mapping[str, tuple[frozenset[str], str]] = {
    "pause": (frozenset({"active"}), "paused"),
    "resume": (frozenset({"paused"}), "active"),
    "stop": (frozenset({"pending", "active", "paused"}), "ended"),
}
"""What may be asked for → from which states, and the state it leads to."""


def parts_as_json(parts: Sequence[Part]) -> list[Json]:
    """The parts of a pledge as they are stored."""
    return [
        {
            "kind": part.wish.kind,
            "target": part.wish.target,
            "fallback": part.wish.fallback,
            "yen": int(part.yen),
        }
        for part in parts
    ]


def read_parts(stored: Sequence[Mapping[str, Json]]) -> tuple[Part, ...]:
    """The parts of a pledge from what was stored."""
    return tuple(
        Part(
            Wish(
                str(one["kind"]),
                None if one["target"] is None else str(one["target"]),
                None if one["fallback"] is None else str(one["fallback"]),
            ),
            Yen(str(one["yen"])),
        )
        for one in stored
    )


def share_out(yen: Yen, wishes: Sequence[Wish]) -> tuple[Part, ...]:
    """Yen in equal parts over wishes; what cannot be divided goes to the first ones, 1 yen each."""
    each, rest = divmod(int(yen), len(wishes))
    amounts = [each + (number < rest) for number in range(len(wishes))]
    return tuple(
        Part(wish, Yen(amount)) for wish, amount in zip(wishes, amounts, strict=True) if amount
    )


def scaled(parts: Sequence[Part], yen: Yen) -> tuple[Part, ...]:
    """The parts in their proportion for another sum; what is left by rounding goes to the first.

    A month may bring another amount than was pledged only when somebody changed it at the
    provider; every yen then still follows a wish.
    """
    pledged = int(total(part.yen for part in parts))
    if pledged == int(yen):
        return tuple(parts)
    amounts = [int(part.yen) * int(yen) // pledged for part in parts]
    amounts[0] += int(yen) - sum(amounts)
    return tuple(
        Part(part.wish, Yen(amount)) for part, amount in zip(parts, amounts, strict=True) if amount
    )


def merged(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Parts that name the same use become one, under the fallback of the first of them."""
    found: dict[tuple[str, str | None], Part] = {}
    for part in parts:
        key = part.wish.kind, part.wish.target
        known = found.get(key)
        found[key] = part if known is None else Part(known.wish, known.yen + part.yen)
    return tuple(found.values())
