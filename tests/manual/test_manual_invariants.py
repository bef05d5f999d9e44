"""The check notices when somebody with every privilege rewrites the rule book."""

from __future__ import annotations

import psycopg
import pytest
from manual_books import NOW

from fund.kernel.actor import system
from fund.manual.commands import publish_edition
from fund.manual.invariants import INVARIANTS
from fund.platform.invariants import examine

TAMPERING = {
    "a parameter that code reads": (
        (
            "UPDATE parameter SET value = '10' WHERE name = 'pass_on.group_percent'"
            " AND edition_code = '2026-04'"
        ),
        {"editions-read-as-published": ("edition=2026-04",)},
    ),
    "the words of a clause": (
        (
            "UPDATE clause SET text_ja = text_ja || 'ただし、返すことができます。'"
            " WHERE id = 'no-refund' AND edition_code = '2024-04'"
        ),
        {"editions-read-as-published": ("edition=2024-04",)},
    ),
    "the day an edition begins": (
        "UPDATE edition SET effective_on = '2025-01-01' WHERE code = '2026-04'",
        {"editions-read-as-published": ("edition=2026-04",)},
    ),
    "the number of a clause": (
        "UPDATE clause SET number = '99' WHERE id = 'purpose' AND edition_code = '2024-04'",
        {"editions-read-as-published": ("edition=2024-04",)},
    ),
    "a clause taken away": (
        "DELETE FROM clause WHERE id = 'questions' AND edition_code = '2024-04'",
        {"editions-read-as-published": ("edition=2024-04",)},
    ),
    "the published bytes": (
        "UPDATE edition SET body = body || ' '::bytea WHERE code = '2024-04'",
        {"editions-unaltered": ("edition=2024-04",)},
    ),
    "bytes that are no document": (
        (
            "UPDATE edition SET body = '[]'::bytea, sha256 = sha256('[]'::bytea)"
            " WHERE code = '2024-04'"
        ),
        {"editions-read-as-published": ("edition=2024-04",)},
    ),
}


def findings(house):
    with house.database.reading() as connection:
        return {one.name: one.rows for one in examine(connection, INVARIANTS) if one.count}


@pytest.fixture
def published(house, documents):
    for document in documents:
        publish_edition(house, by=system("test"), now=NOW, document=document)
    return house


def test_published_editions_break_no_law(published):
    assert findings(published) == {}


def test_a_house_without_a_manual_breaks_no_law(house):
    assert findings(house) == {}


def test_parameters_stay_the_same_in_whatever_order_a_document_lists_them(house, documents):
    for chapter in documents[0]["chapters"]:
        for clause in chapter["clauses"]:
            clause.get("parameters", []).reverse()
    publish_edition(house, by=system("test"), now=NOW, document=documents[0])
    assert findings(house) == {}


@pytest.mark.parametrize("what", TAMPERING)
def test_a_rewritten_manual_is_named(published, superuser_dsn, what):
    statement, expected = TAMPERING[what]
    with psycopg.connect(superuser_dsn) as connection:
        for table in ("edition", "clause", "parameter"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER refuse_change")
        connection.execute(statement)
    assert findings(published) == expected
