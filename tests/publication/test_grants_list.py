"""The list of grants: whatever is asked, its pages, its sheet and its sums are of the same awards."""

from __future__ import annotations

import csv
import importlib
import io

import pytest
from flask.testing import FlaskClient
from sample_books import BY, NOW, add_past_award, decide, small_story

from fund.platform.house import House
from fund.publication import commands

FILTERS = (
    "",
    "fy=2026",
    "fy=2013",
    "programme=start-up",
    "programme=river",
    "field=child",
    "q=水辺の会",
    "q=スタートアップ　観察会",
    "q=ａ2026-0003",
    "q=水辺の再生",
    "q=100%25",
    "q=_",
    "fy=2026&field=env&q=水辺",
    "q=どこにもない",
)


@pytest.fixture
def books(house: House) -> House:
    small_story(house)
    with house.transaction(by=BY, now=NOW) as tx:
        for number in range(2, 9):
            group = "0201" if number % 2 else "0132"
            fields = ("child", "env") if number % 3 else ("env",)
            theme = "river" if number == 5 else None
            decide(tx, f"A2026-{number:04}", group, fields, 10_000 * number, theme=theme)
        for number in range(1, 6):
            add_past_award(tx, f"A2013-{number:04}", yen=None if number == 3 else 1_000 * number)
    commands.append_pending(house, by=BY, now=NOW)
    return house


@pytest.mark.parametrize("asked", FILTERS)
def test_pages_of_any_size_are_the_rows_of_the_sheet(
    books: House, client: FlaskClient, asked: str
) -> None:
    sheet = list(csv.DictReader(io.StringIO(client.get(f"/grants.csv?{asked}").text)))
    for limit in (1, 3, 50):
        numbers, after = [], ""
        while True:
            told = client.get(f"/grants.json?{asked}&limit={limit}{after}").get_json()
            numbers += [row["no"] for row in told["rows"]]
            assert len(told["rows"]) <= limit
            if told["next"] is None:
                break
            after = f"&after={told['next']}"
        assert numbers == [row["no"] for row in sheet]
        assert numbers == sorted(set(numbers), reverse=True)


@pytest.mark.parametrize("asked", FILTERS)
def test_the_sentence_above_adds_up_all_of_them_on_every_page(
    books: House, client: FlaskClient, asked: str
) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get(f"/grants.csv?{asked}").text)))
    decided = sum(int(row["ceiling"] or 0) for row in rows)
    paid = sum(int(row["disbursed"]) for row in rows)
    for place in ("", "&after=A2026-0005", "&limit=1"):
        page = client.get(f"/grants?{asked}{place}").text
        assert f"あわせて{decided:,}円" in page
        assert f"渡した額が{paid:,}円" in page


def test_words_are_found_in_numbers_titles_and_names(books: House, client: FlaskClient) -> None:
    def found(asked: str) -> list[str]:
        return [row["no"] for row in client.get(f"/grants.json?{asked}").get_json()["rows"]]

    assert found("q=ａ2026-0003") == ["A2026-0003"]
    assert found("q=水辺の会") == [
        "A2026-0008",
        "A2026-0006",
        "A2026-0004",
        "A2026-0002",
        "A2026-0001",
    ]
    assert found("q=水辺の再生") == ["A2026-0005"]
    assert len(found("q=昔の")) == 5
    assert found("q=_") == []
    english = client.get("/en/grants.json?q=sample+waterside").get_json()["rows"]
    assert [row["no"] for row in english] == found("q=水辺の会")


def test_a_page_reads_no_more_awards_than_it_shows(
    books: House, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = importlib.import_module("fund.grants.queries.awards")
    read: list[int] = []
    plain = reading._views

    def counted(*args: object) -> list[object]:
        views = plain(*args)
        read.append(len(views))
        return views

    monkeypatch.setattr(reading, "_views", counted)
    client.get("/grants?limit=2")
    client.get("/groups/0132")
    client.get("/")
    assert read[0] == 3
    assert sum(read[1:]) <= 8
