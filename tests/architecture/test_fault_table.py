"""FAULTS.md names tests: each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NAMED = re.compile(r"`(tests/[\w/]+\.py|…)::(test_\w+)`")


def _tests_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_in_the_table_of_faults_exists() -> None:
    named, file = [], ""
    for line in (ROOT / "FAULTS.md").read_text(encoding="utf-8").splitlines():
        for place, name in _NAMED.findall(line):
            file = file if place == "…" else place
            named.append((file, name))
    assert len(named) > 40
    assert [
        f"{place}::{name}"
        for place, name in named
        if not (ROOT / place).is_file() or name not in _tests_of(place)
    ] == []
