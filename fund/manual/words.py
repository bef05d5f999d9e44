"""A clause as a reader sees it: names of the installation and values of its edition filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fund.kernel.money import format_yen
from fund.manual.domain import Clause, Parameter, fill
from fund.platform.settings import Municipality

_COUNTED: Mapping[str, tuple[str, str, str]] = {
    "percent": ("{}%", "{}%", "{}%"),
    "years": ("{}年", "{} year", "{} years"),
    "days": ("{}日", "{} day", "{} days"),
    "people": ("{}人", "{} person", "{} people"),
    "count": ("{}", "{}", "{}"),
}
"""Unit → how it is written in Japanese, in English for one, in English for many."""

_CHOSEN: Mapping[tuple[str, str], tuple[str, str]] = {
    ("fallback.order", "field,anywhere"): (
        "同じ分野、または基金全体",
        "the same field, or the whole fund",
    ),
    ("fallback.order", "anywhere"): ("基金全体", "the whole fund"),
    ("allocation.order", "funding_first"): (
        "助成に渡る額の合計をできるだけ大きくする",
        "the total that reaches grants is made as large as possible",
    ),
    ("allocation.order", "donor_first"): (
        "希望にそう額をできるだけ大きくする",
        "the amount that follows wishes is made as large as possible",
    ),
    ("allocation.spend_order", "flex,vintage"): (
        "使いみちの狭いお金から、つぎに古いお金から使う",
        "money with the narrowest use goes first, then the oldest",
    ),
    ("allocation.spend_order", "vintage,flex"): (
        "古いお金から、つぎに使いみちの狭いお金から使う",
        "the oldest money goes first, then that with the narrowest use",
    ),
    ("allocation.vintage", "fy"): ("年度", "by fiscal year"),
    ("allocation.vintage", "month"): ("月", "by month"),
    ("allocation.vintage", "day"): ("日", "by day"),
    ("allocation.vintage", "none"): ("なし", "not at all"),
    ("allocation.within", "prorata"): ("額に応じて少しずつ", "in proportion to their amounts"),
    ("allocation.within", "fifo"): ("受け取った順に", "in the order received"),
}
"""(Parameter, word) → the word as a phrase that fits into its clause."""


@dataclass(frozen=True)
class ParameterWords:
    """A parameter as shown: its label, its value in words and the name that code uses."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class ClauseWords:
    """A clause in one language; ``lines`` are (whether it is an item of a list, text)."""

    id: str
    number: str
    title: str
    lines: tuple[tuple[bool, str], ...]
    plain: tuple[str, ...]
    parameters: tuple[ParameterWords, ...]


def value_words(parameter: Parameter, locale: str) -> str:
    """A value as people read it: 1,000円, 70%, 2 years."""
    value, english = parameter.value, locale == "en"
    if isinstance(value, str):
        chosen = _CHOSEN.get((parameter.name, value))
        return value if chosen is None else chosen[english]
    if parameter.unit == "yen":
        return f"¥{value:,}" if english else format_yen(value)
    japanese, one, many = _COUNTED[parameter.unit]
    form = japanese if not english else one if value == 1 else many
    return form.format(f"{value:,}")


@dataclass(frozen=True)
class Speaker:
    """Speaks the clauses of one edition in one language.

    ``names`` are those of the installation, ``parameters`` all of the edition.
    """

    locale: str
    names: Mapping[str, str]
    parameters: Mapping[str, Parameter]

    def text(self, text: str) -> str:
        """Any text of the edition with its placeholders filled."""
        return fill(text, self._filling())

    def pick(self, japanese: str, english: str) -> str:
        """The text of this language, filled."""
        return self.text(english if self.locale == "en" else japanese)

    def clause(self, clause: Clause) -> ClauseWords:
        """A clause with everything a page shows of it; plain words exist in Japanese only."""
        plain = "" if self.locale == "en" else self.text(clause.plain_ja)
        return ClauseWords(
            id=clause.id,
            number=clause.number,
            title=self.pick(clause.title_ja, clause.title_en),
            lines=tuple(_line(one) for one in self._lines(clause)),
            plain=tuple(plain.splitlines()),
            parameters=tuple(self._parameter(one) for one in clause.parameters),
        )

    def _lines(self, clause: Clause) -> list[str]:
        return self.pick(clause.text_ja, clause.text_en).splitlines()

    def _parameter(self, parameter: Parameter) -> ParameterWords:
        label = parameter.label_en if self.locale == "en" else parameter.label_ja
        return ParameterWords(parameter.name, label, value_words(parameter, self.locale))

    def _filling(self) -> dict[str, str]:
        values = {name: value_words(one, self.locale) for name, one in self.parameters.items()}
        return {**values, **self.names}


def names_of(ours: Municipality, locale: str) -> dict[str, str]:
    """The installation's own names, by placeholder."""
    english = locale == "en"
    return {
        "municipality": ours.name_en if english else ours.name,
        "head": ours.head_en if english else ours.head,
        "department": ours.department_en if english else ours.department,
        "fund": ours.fund_name_en if english else ours.fund_name,
    }


def _line(line: str) -> tuple[bool, str]:
    return line.startswith("- "), line.removeprefix("- ")
