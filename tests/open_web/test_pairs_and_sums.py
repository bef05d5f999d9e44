"""Corrections stand as pairs with their reason; figures open the entries that add up to them."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient
from published_books import NOW, Books

from fund.kernel.actor import system
from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.ledger.domain import Entry, Posting
from fund.publication.commands import append_pending

BY = system("test")
DAY = NOW.date()


@pytest.fixture(scope="module")
def pair(books: Books) -> tuple[int, int]:
    """A bank movement that was booked by mistake, and the entry that undoes it."""
    with books.house.transaction(by=BY, now=NOW) as tx:
        wrong = journal.record(
            tx, facts.clearing_settled("po_pair", "assets:clearing:stripe", Yen(900), DAY)
        )
        assert wrong is not None
        back = (Posting("assets:bank", Yen(-900)), Posting("assets:clearing:stripe", Yen(900)))
        undoing = Entry("entry.reversed", "undo-pair", DAY, back, reverses=wrong, reason="mistake")
        journal.record(tx, undoing)
    append_pending(books.house, by=BY, now=NOW)
    rows = books.app.test_client().get("/ledger.json?kind=entry.reversed").get_json()["rows"]
    return rows[0]["reverses"], rows[0]["no"]


def test_each_of_a_pair_leads_to_the_other_and_says_why(
    client: FlaskClient, pair: tuple[int, int]
) -> None:
    wrong, undoing = pair
    reason = re.search(r"理由：[^<）]+", client.get(f"/ledger/{undoing}").text)
    assert reason is not None
    for mine, other in (pair, pair[::-1]):
        page = client.get(f"/ledger/{mine}").text
        assert f'href="/ledger/{other}"' in page
        assert reason[0] in page
    listed = client.get(f"/ledger?after={undoing + 1}&limit=1").text
    assert f'href="/ledger/{wrong}"' in listed
    rows = re.findall(r"<tr role=\"row\"[^>]*>.*?</tr>", client.get("/ledger").text, re.DOTALL)
    [struck] = [row for row in rows if f'href="/ledger/{wrong}">' in row and "row-undone" in row]
    assert f"番号 {undoing}で取り消しました" in struck
    assert reason[0] in struck
    feed = client.get("/ledger.atom?kind=entry.reversed").text
    assert reason[0] in feed
    assert f'rel="related" type="text/html" href="https://fund.example.jp/ledger/{wrong}"' in feed


def test_what_an_award_paid_spent_and_gave_back_opens_the_entries(client: FlaskClient) -> None:
    checked = 0
    for row in client.get("/grants.json?limit=500").get_json()["rows"]:
        page = client.get(f"/grants/{row['no']}").text
        for href, yen in re.findall(
            r'<dd><a href="(/ledger\?kind=[^"]*)"><data[^>]* value="(\d+)"', page
        ):
            kind = re.search(r"kind=([a-z.]+)", href)
            assert kind is not None
            twin = client.get(html.unescape(href).replace("/ledger", "/ledger.json", 1)).get_json()
            told = {
                "disbursement.paid": (twin["totals"]["out"], row["disbursed"]),
                "settlement.confirmed": (twin["sums"]["spent"], row["spent"]),
                "grant.returned": (twin["sums"]["returned"], row["returned"]),
            }[kind[1]]
            assert told == (int(yen), int(yen)), (row["no"], href)
            checked += 1
    assert checked >= 3
