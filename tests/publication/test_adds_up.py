"""Every number on the home page and at a glance is the total of the page it links to."""

from __future__ import annotations

import csv
import html
import io
import random
import re
from collections import Counter

import pytest
from flask import Flask
from flask.testing import FlaskClient
from public_history import History
from sample_books import BY, NOW, small_story, smallest_cell

from fund.platform.house import House
from fund.publication import commands, counting
from fund.publication.figures import figures

LINK = re.compile(
    r'<a\b[^>]*href="(?P<href>[^"]*/ledger[^"]*)"[^>]*>(?P<inside>.*?)</a>', re.DOTALL
)
COLUMNS = ("in", "committed", "out", "spent", "returned", "left", "moved")
NUMBER = re.compile(r'<data[^>]* value="(-?\d+)"')


@pytest.fixture(params=[(5, 0), (23, 0), (5, 3), (23, 4)])
def books(house: House, request: pytest.FixtureRequest) -> House:
    """Random books, shown whole and with rows of few people together."""
    small_story(house)
    seed, smallest = request.param
    if smallest:
        smallest_cell(house, smallest)
    told = History(random.Random(seed))
    for _ in range(60):
        told.step(house)
    commands.append_pending(house, by=BY, now=NOW)
    counting.count(house, by=BY, now=NOW, most=70)
    return house


def linked(page: str) -> list[tuple[str, int]]:
    """Every link to the ledger with a number in it."""
    found = []
    for link in LINK.finditer(page):
        number = NUMBER.search(link["inside"])
        if number:
            found.append((html.unescape(link["href"]), int(number[1])))
    return found


def sheet_sums(client: FlaskClient, href: str) -> dict[str, int]:
    """The columns of the CSV that a ledger page offers, added up as a reader would."""
    page = client.get(href)
    assert page.status_code == 200
    offered = re.search(r'href="([^"]*/ledger\.csv[^"]*)"', page.text)
    if offered is None:  # nothing found, nothing to download
        return {"nothing": 0}
    lines = csv.DictReader(io.StringIO(client.get(html.unescape(offered[1])).text))
    sums: Counter[str] = Counter()
    for line in lines:
        sums.update({name: int(line[name]) for name in COLUMNS})
    return {**sums, "kept": sums["left"] + sums["committed"]}


@pytest.mark.parametrize("path", ["/", "/glance", "/glance?fy=2025", "/en/glance?fy=2026"])
def test_every_number_is_the_total_of_the_page_and_the_sheet_it_links_to(
    books: House, client: FlaskClient, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    found = linked(answer.text)
    assert len(found) >= (8 if path == "/" else 20)
    for href, yen in found:
        twin = client.get(href.replace("/ledger", "/ledger.json", 1)).get_json()
        told = {**twin["totals"], **twin["sums"]}
        assert yen in told.values(), (href, yen, told)
        counted = sheet_sums(client, href)
        if counted != {"nothing": 0}:
            assert counted == {name: told[name] for name in counted}, href
        assert yen in counted.values(), (href, yen, counted)


def test_the_ends_of_the_flow_diagram_are_money_words(books: House, app: Flask) -> None:
    with app.test_request_context("/glance"), books.database.reading() as connection:
        for fy in (None, 2024, 2025, 2026, 2027):
            shown = figures(connection, fy, NOW.date())
            if shown.flow is None:
                continue
            ends: Counter[str] = Counter()
            for (_group, place), yen in shown.flow.ends.items():
                ends[place] += yen
            assert ends["rest"] == shown.words.left
            assert ends["coming"] == shown.words.committed
