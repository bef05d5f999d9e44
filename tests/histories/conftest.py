"""A database with a manual, a register and two officers, from which every world is a copy."""

from __future__ import annotations

import datetime as dt
import gc
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import database as testing
import pytest
from book import Staff
from houses import wired_house

from fund.identity import queries as identity
from fund.identity.commands import add_user
from fund.kernel.actor import system
from fund.manual.commands import publish_edition, published_documents
from fund.platform.cluster import APP, Cluster
from fund.registry import commands as registry

BEFORE = dt.datetime(2024, 4, 1, 3, tzinfo=dt.UTC)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def written(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of the database that worlds copy; nobody is connected to it."""
    name = f"histories_{os.getpid()}"
    with testing.fresh_database(cluster, template, name):
        house = wired_house(cluster.dsn(APP, name), tmp_path_factory.mktemp("written"))
        for document in published_documents():
            if dt.date.fromisoformat(str(document["effective_on"])) <= BEFORE.date():
                publish_edition(house, by=system("tests"), now=BEFORE, document=document)
        registry.load_catalogue(house, by=system("tests"), now=BEFORE)
        for number in (1, 2):
            add_user(
                house,
                by=system("tests"),
                now=BEFORE,
                email=f"officer{number}@example.jp",
                name=f"担当{number}",
                password="correct horse 見本",
                roles=frozenset({"officer"}),
            )
        with house.database.reading() as connection:
            officers = [found.actor() for found in identity.people(connection)]
        registry.register_group(
            house,
            by=officers[0],
            now=BEFORE,
            name="見本こども食堂の会",
            kana="ミホンコドモショクドウノカイ",
            name_en="Sample kitchen",
            kind="区民活動団体",
            purpose_ja="見本",
            purpose_en="Sample",
            fields=("children",),
            registered_on=BEFORE.date(),
            registered_until=dt.date(2099, 3, 31),
            sample=True,
        )
        house.database.close()
        yield name


@pytest.fixture
def fresh_dsn(cluster: Cluster, written: str) -> Iterator[Callable[[], str]]:
    """A new copy of the written database for every call, all dropped at the end."""
    made: list[str] = []

    def copy() -> str:
        name = f"world_{os.getpid()}_{next(_numbers)}"
        made.append(name)
        testing.create_database(cluster, name, written)
        return cluster.dsn(APP, name)

    yield copy
    for name in made:
        testing.drop_database(cluster, name)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A data directory that worlds may share: they keep no files in these tests."""
    return tmp_path


def staff_of(house) -> Staff:
    """The two officers of a copy."""
    with house.database.reading() as connection:
        first, second = (found.actor() for found in identity.people(connection))
    return Staff(first, second)


@pytest.fixture(autouse=True)
def _without_collections() -> Iterator[None]:
    """Millions of short-lived objects of the SDK die by their counts; looking for cycles is waste."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
