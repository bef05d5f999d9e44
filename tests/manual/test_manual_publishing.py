"""Publishing editions: append-only, once, never into the past; rules of a day."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib

import psycopg
import pytest
from manual_books import NOW
from sqlalchemy import select

from fund.kernel.actor import system
from fund.kernel.canonical import canonical
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.ledger.models import journal_entry
from fund.manual import queries
from fund.manual.commands import publish_edition
from fund.manual.domain import read_edition


def publish(house, document):
    return publish_edition(house, by=system(), now=NOW, document=document)


def test_an_edition_is_read_back_as_it_was_decided(house, documents):
    for document in documents:
        assert publish(house, document) == document["code"]
    with house.database.reading() as connection:
        for document in documents:
            assert queries.edition(connection, document["code"]) == read_edition(document)
            assert queries.body(connection, document["code"]) == canonical(document)
        assert [one.code for one in queries.editions(connection)] == ["2026-04", "2024-04"]
        assert queries.edition(connection, "1999-01") is None


def test_the_journal_keeps_the_hash_that_anyone_can_compute(house, documents):
    publish(house, documents[0])
    with house.database.reading() as connection:
        entry = connection.execute(
            select(journal_entry).where(journal_entry.c.kind == "manual.edition")
        ).one()
        body = queries.body(connection, "2024-04")
    assert entry.fact_id == "2024-04"
    assert entry.on_day == dt.date(2024, 4, 1)
    assert entry.detail == {
        "sha256": hashlib.sha256(body).hexdigest(),
        "effective_on": "2024-04-01",
    }


def test_publishing_the_same_content_again_changes_nothing(house, documents):
    publish(house, documents[0])
    publish(house, dict(reversed(documents[0].items())))
    with house.database.reading() as connection:
        assert len(queries.editions(connection)) == 1
        assert len(connection.execute(select(journal_entry.c.id)).all()) == 1


def test_a_code_never_stands_for_other_content(house, documents):
    publish(house, documents[0])
    other = copy.deepcopy(documents[0]) | {"summary_ja": "別の説明です。"}
    with pytest.raises(Conflict, match="別の内容"):
        publish(house, other)


def test_two_editions_never_begin_on_the_same_day(house, documents):
    publish(house, documents[0])
    with pytest.raises(Conflict, match="すでにあります"):
        publish(house, documents[0] | {"code": "2024-04-01"})


def test_an_edition_never_reaches_behind_the_one_in_use(house, documents):
    publish(house, documents[1])
    with pytest.raises(Conflict, match="さかのぼって"):
        publish(house, documents[0])


def test_an_incomplete_edition_writes_nothing(house, documents):
    del documents[0]["chapters"][0]["clauses"][0]["title_en"]
    with pytest.raises(Invalid):
        publish(house, documents[0])
    with house.database.reading() as connection:
        assert queries.editions(connection) == []
        assert connection.execute(select(journal_entry.c.id)).all() == []


def test_the_day_decides_which_rules_apply(house, documents):
    for document in documents:
        publish(house, document)
    with house.database.reading() as connection:
        before = queries.rules_on(connection, dt.date(2026, 3, 31))
        after = queries.rules_on(connection, dt.date(2026, 4, 1))
    assert (before.edition, after.edition) == ("2024-04", "2026-04")
    assert before.integer("pass_on.group_percent") == 70
    assert after.integer("pass_on.group_percent") == 80
    assert after.text("fallback.order") == "field,anywhere"
    assert after.clause("pass_on.group_percent") == "pass-on-share@2026-04"
    assert after.cite("four-eyes") == "four-eyes@2026-04"


def test_before_the_first_edition_there_are_no_rules(house, documents):
    publish(house, documents[0])
    with (
        house.database.reading() as connection,
        pytest.raises(NotFound, match="2024-03-31に使われていた手引きはありません"),
    ):
        queries.rules_on(connection, dt.date(2024, 3, 31))


def test_rules_refuse_what_the_edition_does_not_hold(house, documents):
    publish(house, documents[0])
    with house.database.reading() as connection:
        rules = queries.rules_on(connection, dt.date(2024, 4, 1))
    with pytest.raises(LookupError):
        rules.integer("gift.colour")
    with pytest.raises(LookupError):
        rules.cite("no-such-clause")
    with pytest.raises(TypeError):
        rules.integer("fallback.order")
    with pytest.raises(TypeError):
        rules.text("gift.minimum_yen")


def test_a_clause_is_followed_through_the_editions(house, documents):
    for document in documents:
        publish(house, document)
    with house.database.reading() as connection:
        history = queries.clause_history(connection, "pass-on-share")
        now = queries.clause_in_force(connection, "pass-on-share", dt.date(2026, 5, 20))
        assert queries.clause_history(connection, "no-such-clause") == []
        assert queries.clause_in_force(connection, "no-such", dt.date(2026, 5, 20)) is None
    assert [(one.edition.code, one.changed) for one in history] == [
        ("2026-04", True),
        ("2024-04", False),
    ]
    assert now == history[0]


@pytest.mark.parametrize("table", ["edition", "clause", "parameter"])
@pytest.mark.parametrize(
    "act", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"]
)
def test_the_database_refuses_to_change_what_was_published(
    house, documents, app_dsn, owner_dsn, table, act
):
    publish(house, documents[0])
    column = {"edition": "title_ja", "clause": "text_ja", "parameter": "value"}[table]
    statement = act.format(table, column)
    with psycopg.connect(app_dsn) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement)
    with psycopg.connect(owner_dsn) as owner, pytest.raises(psycopg.errors.RestrictViolation):
        owner.execute(statement)


def test_an_older_edition_published_again_changes_nothing(house, documents):
    for _ in range(2):
        for document in documents:
            publish(house, document)
    with house.database.reading() as connection:
        assert len(queries.editions(connection)) == len(documents)
