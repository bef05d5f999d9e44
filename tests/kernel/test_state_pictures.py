"""The README's pictures of states are those of the tables the code obeys."""

from __future__ import annotations

import runpy
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fund.kernel.transitions import Transitions

ROOT = Path(__file__).resolve().parents[2]
DRAWING = runpy.run_path(str(ROOT / ".ci/states.py"))


@pytest.mark.parametrize("name", sorted(DRAWING["PICTURES"]))
def test_the_committed_picture_is_that_of_the_table(name: str) -> None:
    drawn = DRAWING["picture"](name, DRAWING["PICTURES"][name])
    kept = ROOT / f"reports/readme/states-{name}.svg"
    assert kept.read_text(encoding="utf-8") == drawn, "run .ci/states.py"
    ET.fromstring(drawn)
    assert kept.name in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_further_edge_changes_the_picture() -> None:
    before = Transitions.table("x", {"a": {"b"}, "b": set()})
    after = Transitions.table("x", {"a": {"b"}, "b": {"a"}})
    assert DRAWING["picture"]("x", before) != DRAWING["picture"]("x", after)
