"""What was measured, as a table for people and JSON for comparisons; the last run is kept."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).with_name("results")


@dataclass(frozen=True)
class Ratio:
    """One figure over another of the same round (or over a recorded number), and the target."""

    row: str
    what: str
    over: str
    under: str | float
    target: float | None


@dataclass
class Figures:
    """Rates by name, one value for each round; the machine; notes."""

    machine: dict[str, object]
    rounds: int
    rates: dict[str, list[float]] = field(default_factory=dict)
    notes: dict[str, object] = field(default_factory=dict)

    def of(self, ratio: Ratio) -> list[float]:
        """A ratio in every round; empty when one of its sides was not measured."""
        over = self.rates.get(ratio.over, [])
        under = ratio.under
        below = self.rates.get(under, []) if isinstance(under, str) else [under] * len(over)
        return [one / other for one, other in zip(over, below, strict=False)]


def keep(name: str, figures: Figures, ratios: Sequence[Ratio]) -> None:
    """Print the tables and keep them as ``results/NAME.md`` and ``results/NAME.json``."""
    lines = [f"# {name}", ""]
    lines += [f"- {what}: {value}" for what, value in {**figures.machine, **figures.notes}.items()]
    lines += [
        (
            f"- rounds: {figures.rounds}; medians, and least to most of the rounds. Other work ran"
            " on the machine: only ratios within a round mean anything."
        ),
        "",
        "| row | ratio | median | least–most | target | |",
        "|---|---|---|---|---|---|",
    ]
    summary = []
    for ratio in ratios:
        found = figures.of(ratio)
        if not found:
            lines.append(f"| {ratio.row} | {ratio.what} | not measured | | | |")
            continue
        middle = statistics.median(found)
        target = "" if ratio.target is None else f"≥ {ratio.target:g}"
        met = "" if ratio.target is None else ("met" if middle >= ratio.target else "missed")
        lines.append(
            f"| {ratio.row} | {ratio.what} | {middle:.2f} | {min(found):.2f}–{max(found):.2f}"
            f" | {target} | {met} |"
        )
        summary.append({"row": ratio.row, "what": ratio.what, "rounds": found})
    lines += ["", "| measured | median | least | most |", "|---|---|---|---|"]
    lines += [
        f"| {what} | {statistics.median(values):,.1f} | {min(values):,.1f} | {max(values):,.1f} |"
        for what, values in figures.rates.items()
    ]
    text = "\n".join(lines) + "\n"
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
    (FOLDER / f"{name}.json").write_text(
        json.dumps(
            {
                "machine": figures.machine,
                "notes": figures.notes,
                "rates": figures.rates,
                "ratios": summary,
            },
            ensure_ascii=False,
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )
    sys.stdout.write("\n" + text)
