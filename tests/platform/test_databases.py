"""The fixtures' promises: separate roles, separate databases, a template that is left alone."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import create_engine, text

from fund.platform.cluster import OWNER, Cluster, create_database
from fund.platform.database import driver_url


@pytest.mark.parametrize("_again", range(3))
def test_every_test_gets_a_database_of_its_own(owner_dsn, _again):
    with psycopg.connect(owner_dsn) as connection:
        connection.execute("CREATE TABLE seen (id int)")


def test_the_roles_are_who_they_say(owner_dsn, app_dsn, superuser_dsn):
    seen = []
    for dsn in (owner_dsn, app_dsn, superuser_dsn):
        with psycopg.connect(dsn) as connection:
            seen.append(
                connection.execute(
                    "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
            )
    assert seen == [("fund_owner", False), ("fund_app", False), ("postgres", True)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "DROP TABLE posting",
        "ALTER TABLE posting DISABLE TRIGGER ALL",
        "SET ROLE fund_owner",
        "COPY posting TO PROGRAM 'cat'",
    ],
)
def test_the_app_can_make_nothing_of_its_own(app_dsn, statement):
    with (
        psycopg.connect(app_dsn, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_the_owner_may_use_trusted_extensions(owner_dsn):
    with psycopg.connect(owner_dsn) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


def test_the_address_works_in_sqlalchemy_too(app_dsn, database_name):
    engine = create_engine(driver_url(app_dsn))
    with engine.connect() as connection:
        row = connection.execute(text("SELECT current_user, current_database()")).one()
    engine.dispose()
    assert tuple(row) == ("fund_app", database_name)


def test_text_is_ordered_by_code_point(app_dsn):
    with psycopg.connect(app_dsn) as connection:
        words = "SELECT word FROM unnest(ARRAY['い', 'ア', 'あ', 'b', 'A', 'a']) word ORDER BY word"
        ordered = [word for (word,) in connection.execute(words)]
    assert ordered == ["A", "a", "b", "あ", "い", "ア"]


def test_a_database_that_exists_is_refused(cluster: Cluster, database_name):
    with pytest.raises(psycopg.errors.DuplicateDatabase):
        create_database(cluster, database_name)


def test_a_name_with_every_kind_of_sign_is_safe(cluster: Cluster):
    name = 'fund "quoted"; %?&#/\\ 基金'
    create_database(cluster, name)
    with psycopg.connect(cluster.dsn(OWNER, name)) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == (name,)
