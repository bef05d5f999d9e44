"""The commands on files: exit statuses, whole files or none."""

import json
import pathlib
import subprocess
import sys

import pytest
from click.testing import CliRunner

import fund.allocation.checker as checker_module
from fund.allocation.cli import allocate, recheck

CASE = pathlib.Path(__file__).parent / "cases" / "42_hall_certificate.json"


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.json"
    result = CliRunner().invoke(allocate, [str(CASE), "-o", str(path)])
    assert result.exit_code == 0
    assert result.stdout == ""
    return path


def test_a_plan_goes_to_stdout_byte_for_byte_as_to_a_file(plan):
    assert CliRunner().invoke(allocate, [str(CASE)]).stdout_bytes == plan.read_bytes()


def test_a_malformed_problem_writes_nothing_and_exits_with_two(tmp_path):
    bad, out = tmp_path / "bad.json", tmp_path / "plan.json"
    bad.write_text(CASE.read_text().replace('"amount": 10', '"amount": -10'))
    result = CliRunner().invoke(allocate, [str(bad), "-o", str(out)])
    assert result.exit_code == 2
    assert "donations[0].amount" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]


def test_a_malformed_problem_leaves_an_older_plan_alone(tmp_path, plan):
    before = plan.read_bytes()
    result = CliRunner().invoke(allocate, [str(tmp_path / "absent.json"), "-o", str(plan)])
    assert (result.exit_code, plan.read_bytes()) == (2, before)


def test_a_good_plan_is_rechecked(plan):
    assert CliRunner().invoke(recheck, [str(CASE), str(plan)]).exit_code == 0


def test_a_changed_plan_is_a_violation(plan):
    plan.write_bytes(plan.read_bytes().replace(b'"total":48', b'"total":47'))
    result = CliRunner().invoke(recheck, [str(CASE), str(plan)])
    assert result.exit_code == 1
    assert "total" in result.stdout


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "alloc-plan/1"}', '{"a": 1.5}'])
def test_a_malformed_plan_exits_with_two(plan, text):
    plan.write_text(text)
    assert CliRunner().invoke(recheck, [str(CASE), str(plan)]).exit_code == 2


def test_the_checker_runs_alone_with_nothing_but_python(plan, tmp_path):
    alone = tmp_path / "elsewhere.py"
    alone.write_bytes(pathlib.Path(checker_module.__file__).read_bytes())
    command = [sys.executable, "-I", "-S", str(alone), str(CASE), str(plan)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert subprocess.run(command[:-1], check=False, capture_output=True).returncode == 2


def test_the_checker_runs_isolated_in_an_empty_folder(plan, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    for source in (pathlib.Path(checker_module.__file__), CASE, plan):
        (empty / source.name).write_bytes(source.read_bytes())
    command = [sys.executable, "-I", "-S", "checker.py", CASE.name, plan.name]
    done = subprocess.run(
        command, cwd=empty, env={}, check=False, capture_output=True, encoding="utf-8"
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "ok: the plan follows the rule\n",
        "",
    )


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"9" * 100_000,
        b"NaN",
        b'{"a": 1e3}',
        b'{"a": 1, "a": 1}',
        b"{} {}",
        b"",
    ],
)
def test_what_is_no_file_of_a_run_is_named_and_exits_with_two(plan, tmp_path, data):
    bad = tmp_path / "bad.json"
    bad.write_bytes(data)
    for command in ([allocate, [str(bad)]], [recheck, [str(CASE), str(bad)]]):
        result = CliRunner().invoke(*command)
        assert (result.exit_code, result.stdout) == (2, "")
        assert str(bad) in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_the_plan_names_rule_and_problem(plan):
    document = json.loads(plan.read_bytes())
    assert document["format"] == "alloc-plan/1"
    assert document["rule"] == {"name": "LEX-FLOW", "version": "1"}
    assert plan.read_bytes().endswith(b"}\n")
