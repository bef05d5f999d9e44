"""However files are cut, repeated and overlapped, the lines are the same; the database holds."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest
from bank_books import all_lines, bank_lines, broken, gap, take_in, take_in_bytes, waiting_gift
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from specimens import zengin_file

from fund.kernel.actor import Actor
from fund.kernel.errors import Conflict
from fund.payments.bank.domain import fingerprints
from fund.payments.bank.formats import Line, anser
from fund.platform.house import House

FIRST = dt.date(2026, 6, 1)


def month(*days: list[tuple[int, str]]) -> list[Line]:
    """Lines day by day on one running balance."""
    lines: list[Line] = []
    balance = 0
    for number, moves in enumerate(days):
        for yen, name in moves:
            balance += yen
            day = FIRST + dt.timedelta(days=number)
            lines.append(Line(len(lines) + 1, day, yen, balance, name, "振込"))
    return lines


MOVES = st.lists(
    st.lists(st.tuples(st.sampled_from([500, 500, -500, 1000]), st.sampled_from("ｱｲ")), max_size=5),
    min_size=1,
    max_size=6,
)


@given(MOVES, st.data(), st.booleans())
def test_any_files_that_cover_the_days_give_the_same_lines(
    days: list[list[tuple[int, str]]], data: st.DataObject, counted: bool
) -> None:
    lines = month(*days)
    whole = set(fingerprints("main", lines, counted=counted))
    assert len(whole) == len(lines)  # identical true lines of one file stay apart
    cuts = data.draw(
        st.lists(st.tuples(st.integers(0, len(days)), st.integers(0, len(days))), max_size=5)
    )
    seen = set()
    for start, end in [*cuts, (0, len(days) // 2), (len(days) // 2, len(days))]:
        part = [line for line in lines if start <= (line.day - FIRST).days < end]
        marks = set(fingerprints("main", part, counted=counted))
        assert marks <= whole
        seen |= marks
    assert seen == whole


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(MOVES.filter(any))
def test_repeated_and_overlapping_files_in_the_database(
    house: House, treasurer: Actor, app_dsn: str, days: list[list[tuple[int, str]]]
) -> None:
    account = f"acc-{abs(hash(str(days))) % 10**9}"
    with psycopg.connect(app_dsn) as connection:
        connection.execute(
            "INSERT INTO bank_profile (code, title, format, account, updated_at, updated_by)"
            " VALUES (%s, 't', 'anser', %s, now(), 't') ON CONFLICT DO NOTHING",
            (account, account),
        )
    lines, half = month(*days), len(days) // 2
    parts = [
        [line for line in lines if (line.day - FIRST).days <= half],
        lines,
        [line for line in lines if (line.day - FIRST).days >= half],
        lines,
    ]
    for part in parts:
        if part:
            take_in_bytes(house, treasurer, anser.write("X", part), account)
    ours = [row for row in all_lines(app_dsn) if row[0] == account]
    assert sorted((row[1], row[2], row[3], row[4]) for row in ours) == sorted(
        (line.day, line.yen, line.balance, line.name) for line in lines
    )
    assert broken(house) == []


def test_good_rows_now_and_the_corrected_file_later_add_up(
    house: House, treasurer: Actor, app_dsn: str
) -> None:
    lines = month([(500, "ｱ"), (1000, "ｲ")], [(500, "ｱ"), (500, "ｱ")])
    whole = zengin_file(lines, 0)
    damaged = whole.replace(b"000000001000", b"0000000x1000", 1)
    take_in_bytes(house, treasurer, damaged, "zengin", good_rows_only=True)
    assert len(all_lines(app_dsn)) == 3
    take_in_bytes(house, treasurer, whole, "zengin")
    assert len(all_lines(app_dsn)) == 4


def test_notices_and_full_statements_do_not_mix(house: House, treasurer: Actor) -> None:
    lines = month([(500, "ｱ")])
    take_in_bytes(house, treasurer, zengin_file(lines, 0), "zengin")
    with pytest.raises(Conflict):
        take_in_bytes(house, treasurer, zengin_file(lines, kind="01"), "zengin")


def test_a_missing_file_is_seen_by_the_check_until_it_comes(house: House, treasurer: Actor) -> None:
    lines = month([(500, "ｱ")], [(700, "ｲ")], [(900, "ｳ")])
    take_in(house, treasurer, lines[:1])
    take_in(house, treasurer, lines[2:])
    names = {row.split(":")[0] for row in broken(house)}
    assert names == {"bank-statements-continuous", "bank-explained"}
    take_in(house, treasurer, lines[1:2])
    assert broken(house) == []


@pytest.mark.parametrize("overlap", [0, 1])
def test_files_that_begin_in_the_middle_of_a_day_join(
    house: House, treasurer: Actor, overlap: int
) -> None:
    """What was not fetched before (未照会分) begins wherever the last file of the day ended."""
    lines = month([(500, "ｱ")], [(700, "ｲ"), (900, "ｳ"), (-300, "ｱ")], [(500, "ｱ")])
    for start, end in ((0, 2), (2, 3), (3, 5)):
        part = lines[max(start - overlap, 0) : end]
        assert gap(house, part) == (0 if start else None)
        take_in(house, treasurer, part)
    assert broken(house) == []


def test_a_line_missing_within_a_day_is_named_to_the_yen(house: House, treasurer: Actor) -> None:
    lines = month([(500, "ｱ")], [(700, "ｲ"), (900, "ｳ"), (300, "ｱ")])
    take_in(house, treasurer, lines[:2])
    assert gap(house, lines[3:]) == 900
    take_in(house, treasurer, lines[3:])
    names = {row.split(":")[0] for row in broken(house)}
    assert names == {"bank-statements-continuous", "bank-explained"}
    take_in(house, treasurer, lines[2:3])
    assert broken(house) == []


ATTACKS = {
    "UPDATE bank_line SET yen = yen + 1": "append-only|permission denied",
    "DELETE FROM bank_line": "append-only|permission denied",
    "UPDATE bank_match SET yen = 1": "append-only|permission denied",
    "DELETE FROM bank_sighting": "append-only|permission denied",
    "UPDATE bank_statement SET closing = 0": "append-only|permission denied",
    "INSERT INTO bank_match (line_id, entry_id, yen, what, level, booked, at, by_label)"
    " SELECT line_id, entry_id, 1, what, 'C', false, now(), 'x' FROM bank_match": "beyond its yen",
    "INSERT INTO bank_match (line_id, entry_id, yen, what, level, booked, at, by_label)"
    " SELECT (SELECT max(id) FROM bank_line), entry_id, 1, what, 'C', false, now(), 'x'"
    " FROM bank_match": "beyond what it moved",
    "INSERT INTO bank_match (line_id, yen, what, level, booked, reason, at, by_label)"
    " SELECT max(id), -1, 'ignored', 'C', false, 'r', now(), 'x' FROM bank_line": "beyond its yen",
    "INSERT INTO bank_match (line_id, yen, what, level, booked, at, by_label)"
    " SELECT max(id), 1, 'ignored', 'C', false, now(), 'x' FROM bank_line": "reason_given",
    "INSERT INTO bank_match (line_id, entry_id, yen, what, level, booked, reason, undoes, at,"
    " by_label) SELECT line_id, entry_id, -1, what, 'A', true, 'r', id, now(), 'x'"
    " FROM bank_match": "not undone by its mirror",
    "INSERT INTO bank_line (account, statement_id, row, day, yen, name_raw, name, name_key, note,"
    " fingerprint) SELECT account, statement_id, 99, day, yen, '', '', '', '', fingerprint"
    " FROM bank_line LIMIT 1": "uq_bank_line_fingerprint",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_refuses(house: House, treasurer: Actor, app_dsn: str, attack: str) -> None:
    waiting_gift(house, 1, "ヤマダ ハナコ")
    _, found = take_in(house, treasurer, bank_lines((10_000, "ﾔﾏﾀﾞ ﾊﾅｺ"), (700, "ﾌﾒｲ")))
    assert found.matched == 1
    with (
        psycopg.connect(app_dsn) as connection,
        pytest.raises(psycopg.Error, match=ATTACKS[attack]),
    ):
        connection.execute(attack)
