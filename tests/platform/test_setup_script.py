"""What set-up relies on: complete locks that name no index, scripts the shell can read."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / ".ci").glob("requirements*.txt"))
SCRIPTS = [ROOT / ".ci" / name for name in ("setup", "run", "lock")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pinned(lock: Path) -> dict[str, str]:
    lines = re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", lock.read_text(), re.MULTILINE)
    return dict(lines)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_index_and_no_file(lock):
    assert not re.search(r"https?:|file:|index-url|find-links| @ ", lock.read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_locked_package_has_a_hash(lock):
    blocks = re.split(r"^(?=[a-z0-9])", lock.read_text(), flags=re.MULTILINE)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.txt", PROJECT["dependencies"]),
        (
            "requirements-dev.txt",
            PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"],
        ),
        ("requirements-embedded.txt", PROJECT["optional-dependencies"]["embedded"]),
        ("requirements-document.txt", PROJECT["optional-dependencies"]["document"]),
    ],
)
def test_the_locks_hold_what_the_project_asks_for(lock, wanted):
    have = pinned(ROOT / ".ci" / lock)
    for requirement in wanted:
        name, _, version = re.sub(r"\[.*?\]", "", requirement).partition("==")
        assert name in have, f"{name} is not in {lock}: make lock"
        assert version in {"", have[name]}, f"{lock} has another {name}: make lock"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_shell_can_read_and_run_the_scripts(script):
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_every_target_explains_itself():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    said = subprocess.run(
        ["make", "-s", "-C", str(ROOT), "help"], check=True, capture_output=True, text=True
    )
    assert set(targets) == set(re.findall(r"make ([a-z]+) ", said.stdout))
