"""Laws of the house that no linter knows: sizes, one place that commits, rooms' private layers."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "fund"
FILES = sorted(ROOT.rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 400, 70
PRIVATE_LAYERS = {"models", "forms", "views", "reactions", "deliveries"}
COMPOSITION = {"__main__", "app", "cli", "sample", "tables", "web", "wiring", "worker"}
BANNED_NAMES = {"common", "utils", "util", "helpers", "helper", "core", "misc"}
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}
ONE_FILE_FOR_CITIZENS = ROOT / "allocation" / "checker.py"
"""The checker is downloaded and run alone, so it stays in one file whatever its size."""


def _room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@functools.cache
def _trees() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in FILES)


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT.parent))


def test_files_can_be_held_in_the_head() -> None:
    long = {
        _named(path): lines
        for path in FILES
        if path != ONE_FILE_FOR_CITIZENS
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE
    }
    assert long == {}


def test_functions_can_be_held_in_the_head() -> None:
    long = [
        f"{_named(path)}:{node.lineno} {node.name}"
        for path, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > MAX_FUNCTION
    ]
    assert long == []


def test_nothing_is_named_after_having_no_name() -> None:
    assert [_named(path) for path in FILES if BANNED_NAMES & set(path.with_suffix("").parts)] == []


def test_only_the_database_module_commits() -> None:
    """A transaction is opened and committed in one place; the sandbox keeps its own SQLite."""
    guilty = [
        f"{_named(path)}:{node.lineno}"
        for path, tree in _trees()
        if _room(path) != "sandbox" and path != ROOT / "platform" / "database.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "rollback", "begin"}
        # the one savepoint of the queue is rolled back, the transaction around it is not
        and not (_named(path) == "fund/platform/tasks.py" and node.func.attr == "rollback")
    ]
    assert guilty == []


def test_rooms_keep_their_private_layers() -> None:
    """Others may not reach into a room's models, forms, views, reactions or deliveries."""
    guilty = []
    for path, tree in _trees():
        room = _room(path)
        if room in COMPOSITION:
            continue
        for module, line in _imports(tree):
            parts = module.split(".")
            foreign = parts[0] == "fund" and len(parts) > 2 and parts[1] not in {room, "platform"}
            if foreign and parts[2] in PRIVATE_LAYERS:
                guilty.append(f"{_named(path)}:{line} {module}")
    assert guilty == []


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{name.name}", node.lineno) for name in node.names)


def test_only_the_edges_read_the_clock() -> None:
    """``now`` is an argument: views, the worker and the command line alone ask what time it is."""
    allowed = {"cli", "worker", "sandbox"}
    guilty = []
    for path, tree in _trees():
        if _room(path) in allowed or _named(path) == "fund/platform/web/context.py":
            continue
        guilty += [
            f"{_named(path)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Attribute)
            and (node.value.attr, node.attr) in CLOCKS
        ]
    assert guilty == []


def test_no_float_touches_money() -> None:
    """``float(`` and true division stand nowhere near yen: not in rules, not in books."""
    rooms = {"kernel", "ledger", "giving", "payments", "grants", "receipts", "publication"}
    guilty = [
        f"{_named(path)}:{node.lineno}"
        for path, tree in _trees()
        if _room(path) in rooms
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "float"
        )
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not _is_path(node))
    ]
    assert guilty == []


def _is_path(node: ast.BinOp) -> bool:
    """``folder / "name"`` joins paths: one side is text or a path's name in capitals."""
    sides = (node.left, node.right)
    return any(
        isinstance(side, ast.Constant) and isinstance(side.value, str) for side in sides
    ) or (
        any(isinstance(side, ast.JoinedStr) for side in sides)
        or any(isinstance(side, ast.Name) and side.id.isupper() for side in sides)
    )


@pytest.mark.parametrize("path", FILES, ids=_named)
def test_every_module_says_what_lives_here(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
