"""What the amount step says, read from text as typed: the gift's yen, its parts, who gives.

Like ``fund.giving.forms``, of which this is a part: values of the domain out of ``Typed``, or
``Invalid`` with all that must be changed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask_babel import gettext as _

from fund.giving.domain import MAX_PARTS, Part, Wish, check_parts
from fund.giving.domain.shares import LEAST_PART
from fund.giving.wording import yen_text
from fund.kernel.errors import Invalid
from fund.kernel.japanese import parse_amount
from fund.kernel.money import Yen, total

AMOUNTS = (3000, 5000, 10000, 30000)
PARTS = tuple(f"part{number}" for number in range(1, MAX_PARTS + 1))
"""The fields of the yen for each wish, in the wishes' order."""

Typed = Mapping[str, str]


def read_yen(typed: Typed, bounds: tuple[int, int]) -> Yen:
    """The amount of step 2 in yen: one of the tiles or the own amount, inside the bounds.

    Raises:
        Invalid: when it cannot be read or lies outside.
    """
    chosen = typed.get("amount", "")
    if chosen in {str(amount) for amount in AMOUNTS}:
        return _bounded(Yen(chosen), bounds, "amount")
    if chosen != "other":
        raise Invalid(_("金額を選んでください"), {"amount": _("金額を選んでください")})
    return _bounded(_amount(typed, "own_amount"), bounds, "own_amount")


def _amount(typed: Typed, field: str) -> Yen:
    try:
        return parse_amount(typed.get(field, "")[:100])
    except ValueError as error:
        message = _("金額を数字で入力してください（例：10000、1万5千円）")
        raise Invalid(message, {field: message}) from error


def _bounded(yen: Yen, bounds: tuple[int, int], field: str) -> Yen:
    low, high = bounds
    if yen < low:
        message = _("%(yen)s以上の金額を入力してください", yen=yen_text(low))
        raise Invalid(message, {field: message})
    if yen > high:
        message = _(
            "この画面では%(yen)sまで受け付けます。それより大きい寄附は、窓口へご相談ください",
            yen=yen_text(high),
        )
        raise Invalid(message, {field: message})
    return yen


def read_kind(typed: Typed) -> str:
    """Whether an individual or an organisation gives (step 2).

    Raises:
        Invalid: when it was not chosen.
    """
    kind = typed.get("kind", "")
    if kind not in {"individual", "organisation"}:
        message = _("個人か、法人・団体かを選んでください")
        raise Invalid(message, {"kind": message})
    return kind


def read_parts(typed: Typed, yen: Yen, wishes: Sequence[Wish]) -> tuple[Part, ...]:
    """The yen for each wish; a single field left empty takes what the others leave.

    Raises:
        Invalid: with the field to change; a wrong sum says the difference in yen.
    """
    if len(wishes) == 1:
        return (Part(wishes[0], yen),)
    amounts, problems, empty = _typed_parts(typed, len(wishes))
    if len(empty) == 1 and not problems:
        rest = int(yen) - int(total(amounts.values()))
        if rest < LEAST_PART:
            message = _("ほかの使いみちに回したので、ここに残る金額がありません")
            raise Invalid(message, {empty[0]: message})
        amounts[empty[0]], empty = Yen(rest), []
    problems |= {name: _("この使いみちに回す金額を入力してください") for name in empty}
    problems |= {
        name: _("ひとつの使いみちには%(yen)s以上を入力してください", yen=yen_text(LEAST_PART))
        for name, part in amounts.items()
        if part < LEAST_PART
    }
    if not problems:
        problems = _wrong_sum(int(yen) - int(total(amounts.values())), PARTS[len(wishes) - 1])
    if problems:
        raise Invalid(_("入力内容を確認してください"), problems)
    parts = [Part(wish, amounts[name]) for name, wish in zip(PARTS, wishes, strict=False)]
    return check_parts(yen, parts)


def _typed_parts(typed: Typed, count: int) -> tuple[dict[str, Yen], dict[str, str], list[str]]:
    """The amounts that can be read, the problems of those that cannot, and the empty fields."""
    amounts: dict[str, Yen] = {}
    problems: dict[str, str] = {}
    empty: list[str] = []
    for name in PARTS[:count]:
        if not typed.get(name, "").strip():
            empty.append(name)
            continue
        try:
            amounts[name] = _amount(typed, name)
        except Invalid as error:
            problems |= error.fields
    return amounts, problems, empty


def _wrong_sum(missing: int, field: str) -> dict[str, str]:
    if missing > 0:
        return {field: _("合計が寄附の金額に%(yen)s足りません", yen=yen_text(missing))}
    if missing < 0:
        return {field: _("合計が寄附の金額より%(yen)s多くなっています", yen=yen_text(-missing))}
    return {}


def read_amount(
    typed: Typed, bounds: tuple[int, int], wishes: Sequence[Wish] = (Wish(),)
) -> tuple[Yen, str, tuple[Part, ...]]:
    """Amount in yen, kind of donor and parts, with the problems of all at once.

    Raises:
        Invalid: when any cannot be read.
    """
    problems: dict[str, str] = {}

    def gather(read: Callable[[], object]) -> None:
        try:
            read()
        except Invalid as error:
            problems.update(error.fields)

    found: dict[str, Yen] = {}
    gather(lambda: found.update(yen=read_yen(typed, bounds)))
    gather(lambda: read_kind(typed))
    if found:
        gather(lambda: read_parts(typed, found["yen"], wishes))
    if problems:
        raise Invalid(_("入力内容を確認してください"), problems)
    yen = found["yen"]
    return yen, read_kind(typed), read_parts(typed, yen, wishes)
