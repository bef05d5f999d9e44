"""Draws the state tables of the house as pictures for the README: ``python .ci/states.py``.

Rows are where a thing stands, columns where it may go; a filled field is a drawn edge. The
pictures come from the tables that the code itself obeys, and a test keeps them up to date.
"""

# ruff: noqa: INP001 - a command, not part of a package

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fund.giving.domain.pledge import PLEDGE  # noqa: E402
from fund.giving.domain.states import GIFT  # noqa: E402
from fund.kernel.transitions import Transitions  # noqa: E402
from fund.payments.domain import PAYMENT  # noqa: E402
from fund.payments.refunds_domain import REFUND  # noqa: E402
from fund.receipts.one_stop.domain import ONE_STOP  # noqa: E402

PICTURES = {
    "payment": PAYMENT,
    "gift": GIFT,
    "refund": REFUND,
    "monthly": PLEDGE,
    "one-stop": ONE_STOP,
}
FOLDER = ROOT / "reports" / "readme"
LEFT, TOP, CELL = 150, 130, 30


def picture(name: str, table: Transitions) -> str:
    """One state table as an SVG picture with a title, readable without colour."""
    states = table.states
    width, height = LEFT + CELL * len(states) + 20, TOP + CELL * len(states) + 20
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="img" font-family="sans-serif"'
            ' font-size="13">'
        ),
        f"<title>{escape(name)}: from the state on the left to the state above</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for at, state in enumerate(states):
        x, y = LEFT + CELL * at, TOP + CELL * at
        end = not table.edges[state]
        weight = ' font-weight="700"' if end else ""
        parts += [
            (
                f'<text x="{LEFT - 8}" y="{y + 20}" text-anchor="end" fill="#1a1a1a"{weight}>'
                f"{escape(state)}</text>"
            ),
            (
                f'<text transform="translate({x + 19} {TOP - 8}) rotate(-60)" fill="#1a1a1a"'
                f"{weight}>{escape(state)}</text>"
            ),
        ]
        for to, after in enumerate(states):
            drawn = table.allows(state, after)
            fill = "#0017c1" if drawn else "#e6e6e6" if to == at else "#ffffff"
            parts.append(
                f'<rect x="{LEFT + CELL * to}" y="{y}" width="{CELL}" height="{CELL}"'
                f' fill="{fill}" stroke="#949494"/>'
            )
            if drawn:
                cx, cy = LEFT + CELL * to + CELL // 2, y + CELL // 2
                parts.append(f'<circle cx="{cx}" cy="{cy}" r="5" fill="#ffffff"/>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Write every picture."""
    for name, table in PICTURES.items():
        (FOLDER / f"states-{name}.svg").write_text(picture(name, table), encoding="utf-8")


if __name__ == "__main__":
    main()
