"""One truth in every dress: database, pages, sheets, releases and journals agree to the yen.

Whatever happened, the same balances come out of the private journal, the public tables, the
ledger's pages read one after the other, its CSV, the release's tables and both journals, which
are parsed here by programs of their own. After every stretch of a random history they are
compared, wherever the background count stands.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from houses import wired_house
from public_history import History
from sample_books import BY, NOW, small_story

from fund.app import create_app
from fund.platform.house import House
from fund.publication import commands, counting, queries, releases, signing

WORDS = ("in", "committed", "out", "spent", "returned", "left")
ROOTS = {"Assets": "assets", "Equity:Fund": "fund", "Liabilities:Committed": "committed"}
ROOTS["Liabilities:Held"] = "held"


@pytest.fixture
def wired(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    house = wired_house(app_dsn, tmp_path / "data")
    yield house
    house.database.close()


def nonzero(sums: Counter[str]) -> dict[str, int]:
    return {account: yen for account, yen in sums.items() if yen}


def added(lines: list[dict[str, str]]) -> dict[str, int]:
    """Balances of rows of ``/ledger.csv``."""
    sums: Counter[str] = Counter()
    for line in lines:
        for posting in json.loads(line["postings"]):
            sums[posting["account"]] += posting["yen"]
    return nonzero(sums)


def every_row(client: FlaskClient) -> list[dict[str, object]]:
    """Every page of ``/ledger.json``, by the address each one gives for the next."""
    rows, after = [], None
    while True:
        place = "" if after is None else f"&after={after}"
        page = client.get(f"/ledger.json?limit=37{place}").get_json()
        rows += page["rows"]
        after = page["next"]
        if after is None:
            return rows


def table(place: Path, name: str) -> list[dict[str, str]]:
    with (place / f"data/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def journal_account(spelled: str) -> str:
    """``Equity:Fund:Field:Child`` → ``fund:field:child``; small letters throughout."""
    for root, ours in ROOTS.items():
        if spelled.startswith(f"{root}:"):
            return ours + spelled.removeprefix(root).lower()
    raise AssertionError(spelled)


POSTING = re.compile(r"^\s+(\S+)\s+(-?\d+) JPY(?: = (-?\d+) JPY)?$")


def hledger_balances(text: str) -> dict[str, int]:
    """Balances of an hledger journal; every transaction and every assertion is checked."""
    sums: Counter[str] = Counter()
    for block in text.split("\n\n"):
        moved = 0
        for line in block.splitlines():
            found = POSTING.match(line)
            if found is None:
                continue
            name, yen, asserted = found.groups()
            sums[name] += int(yen)
            moved += int(yen)
            assert asserted is None or sums[name] == int(asserted), line
        assert moved == 0, block
    return nonzero(Counter({journal_account(name): yen for name, yen in sums.items()}))


def beancount_balances(text: str) -> dict[str, int]:
    """Balances of a Beancount journal; accounts are opened first, assertions hold."""
    sums: Counter[str] = Counter()
    opened = set()
    for line in text.splitlines():
        if found := re.match(r"^\S+ open (\S+) JPY$", line):
            opened.add(found[1])
        elif found := re.match(r"^\S+ balance (\S+)\s+(-?\d+) JPY$", line):
            assert sums[found[1]] == int(found[2]), line
        elif found := POSTING.match(line):
            assert found[1] in opened, line
            sums[found[1]] += int(found[2])
    return nonzero(Counter({journal_account(name): yen for name, yen in sums.items()}))


def all_agree(house: House, client: FlaskClient, place: Path) -> int:
    """Compare every dress of the books; returns how many entries there are."""
    with house.database.reading() as connection:
        private = dict(
            connection.exec_driver_sql(
                "SELECT p.account, sum(p.yen)::bigint FROM posting p JOIN public_source s"
                " ON s.entry_id = p.entry_id GROUP BY 1 HAVING sum(p.yen) <> 0"
            ).all()
        )
        public = dict(
            connection.exec_driver_sql(
                "SELECT account, sum(yen)::bigint FROM public_posting GROUP BY 1"
                " HAVING sum(yen) <> 0"
            ).all()
        )
        counted = {account: int(yen) for account, yen in queries.balances(connection).items()}
        words = {word.name: int(word.yen) for word in queries.six_words(connection).words()}
    assert private == public == counted
    sheet = list(csv.DictReader(io.StringIO(client.get("/ledger.csv?sums=yes").text)))
    assert added(sheet) == public
    assert {word: sum(int(line[word]) for line in sheet) for word in WORDS} == words
    rows = every_row(client)
    spelled = [{"postings": json.dumps(row["postings"])} for row in rows]
    assert added(spelled) == public
    assert [row["no"] for row in rows] == [int(line["no"]) for line in sheet]
    told = client.get("/glance.json").get_json()["words"]
    assert told == words
    in_tables: Counter[str] = Counter()
    for line in table(place, "postings"):
        in_tables[line["account"]] += int(line["yen"])
    assert nonzero(in_tables) == public
    listed = {line["account"]: int(line["yen"]) for line in table(place, "balances")}
    assert nonzero(Counter(listed)) == public
    assert len(table(place, "entries")) == len(rows)
    journal = (place / "data/ledger.journal").read_text()
    folded = {account.lower(): yen for account, yen in public.items()}
    assert hledger_balances(journal) == folded
    assert beancount_balances((place / "data/ledger.beancount").read_text()) == folded
    awards = table(place, "awards")
    assert sum(int(a["allocated"]) - int(a["disbursed"]) for a in awards) == words["committed"]
    return len(rows)


@pytest.mark.parametrize("seed", [7, 19, 2026])
def test_every_dress_of_the_books_agrees(wired: House, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    small_story(wired)
    told, size = History(rng), 0
    client = create_app(wired).test_client()
    for _stretch in range(4):
        for _step in range(rng.randint(8, 30)):
            told.step(wired)
        commands.append_pending(wired, by=BY, now=NOW)
        counting.count(wired, by=BY, now=NOW, most=rng.choice((5, 25, 1_000)))
        signing.sign_log(wired, now=NOW)
        made = releases.publish(wired, out=tmp_path / "public")
        grown = all_agree(wired, client, made.place)
        assert grown > size
        size = grown
