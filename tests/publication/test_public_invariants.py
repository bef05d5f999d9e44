"""The must-be-zero laws of the public log: quiet on good books, loud on tampered ones."""

from __future__ import annotations

import psycopg
import pytest
from sample_books import BY, NOW, small_story

from fund.platform.house import House
from fund.platform.invariants import examine
from fund.publication import commands
from fund.publication.invariants import INVARIANTS


def broken(house: House) -> set[str]:
    with house.database.reading() as connection:
        return {found.name for found in examine(connection, INVARIANTS) if found.count}


@pytest.fixture
def story(house: House) -> House:
    small_story(house)
    commands.append_pending(house, by=BY, now=NOW)
    return house


def test_good_books_break_no_law(story: House) -> None:
    assert broken(story) == set()


def test_an_empty_house_breaks_no_law(house: House) -> None:
    assert broken(house) == set()


@pytest.mark.parametrize(
    ("tampering", "law"),
    [
        ("UPDATE public_posting SET yen = yen + 1 WHERE no = 1 AND line = 1", "log-balanced"),
        ("UPDATE public_posting SET yen = yen + 1 WHERE no = 1 AND line = 1", "log-agrees"),
        ("UPDATE public_posting SET yen = yen + 1 WHERE no = 1 AND line = 1", "log-postings"),
        ("UPDATE public_posting SET yen = yen + 1 WHERE no = 1 AND line = 1", "log-trial-balance"),
        (
            "UPDATE posting SET yen = -yen WHERE entry_id = (SELECT max(entry_id) FROM posting)",
            "log-agrees",
        ),
        ("UPDATE public_entry SET body = body || ' '::bytea WHERE no = 2", "log-bytes"),
        ("UPDATE public_entry SET kind = 'fee.charged' WHERE no = 2", "log-bytes"),
        ("UPDATE public_entry SET fy = 2020 WHERE no = 2", "log-bytes"),
        ("DELETE FROM public_source WHERE no = 3", "log-sources"),
        ("DELETE FROM public_source WHERE no = 3", "log-trial-balance"),
        (
            "UPDATE public_posting SET account = 'fund:field:env' WHERE no = 1 AND yen > 0",
            "log-never-overdrawn",
        ),
    ],
)
def test_tampering_is_named(story: House, superuser_dsn: str, tampering: str, law: str) -> None:
    with psycopg.connect(superuser_dsn) as tamperer:
        for table in ("posting", "public_entry", "public_posting", "public_source"):
            tamperer.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        tamperer.execute(tampering)
    assert law in broken(story)


def test_an_entry_left_behind_is_named(story: House, superuser_dsn: str) -> None:
    with psycopg.connect(superuser_dsn) as tamperer:
        for table in ("journal_entry", "public_source"):
            tamperer.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        tamperer.execute(
            "UPDATE journal_entry SET booked_at = booked_at - interval '2 hours' WHERE id ="
            " (SELECT entry_id FROM public_source WHERE no = 3)"
        )
        tamperer.execute("DELETE FROM public_source WHERE no = 3")
    assert "log-complete" in broken(story)
