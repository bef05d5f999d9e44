"""Postcodes with one town, several or none; and names that go through unchanged to the paper."""

from __future__ import annotations

import csv
import io
import threading
from dataclasses import replace

import pytest
from giving_books import HANAKO, NOW, offer, rows
from test_acceptance import decide, propose
from test_giving_pages import AMOUNT, ANYWHERE, DONOR, text

from fund.adapters.postcodes import PosutoPostcodes
from fund.giving import commands, queries
from fund.giving.domain.donor import with_town
from fund.kernel.actor import donor
from fund.kernel.ids import read_gift_no
from fund.payments.commands import record_offline

BORDER = ["愛知県弥富市", "三重県桑名郡木曽岬町"]


def test_one_postcode_may_lie_in_two_prefectures():
    assert [town.line for town in PosutoPostcodes().towns("4980000")] == BORDER
    assert PosutoPostcodes().towns("0000000") == ()


def test_the_directory_is_read_from_any_thread():
    post, found = PosutoPostcodes(), []
    threads = [
        threading.Thread(target=lambda: found.append(post.towns("1448621"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [towns[0].line for towns in found] == ["東京都大田区蒲田"] * 8


def test_the_script_gets_json_and_people_a_page(visit):
    visitor = visit()
    answer = visitor.get(
        "/address?postcode=４９８－００００", headers={"Accept": "application/json"}
    )
    assert [town["line"] for town in answer.json["towns"]] == BORDER
    page = visitor.get("/address?postcode=498-0000", headers={"Accept": "text/html"})
    assert BORDER[1] in text(page)
    assert visitor.get("/address?postcode=x").status_code == 200


@pytest.mark.parametrize(
    ("code", "town", "line"),
    [("144-8621", "", "東京都大田区蒲田"), ("4980000", BORDER[1], BORDER[1]), ("0000000", "", "")],
)
def test_without_script_a_button_fills_the_first_line(visit, code, town, line):
    visitor = visit()
    visitor.get("/give/use")
    visitor.post("/give/use", ANYWHERE)
    visitor.post("/give/amount", AMOUNT)
    typed = DONOR | {"postal_code": code, "address1": "", "lookup": "1", "town": town}
    answer = visitor.post("/give/donor", typed)
    assert answer.status_code == 303
    page = text(visitor.get(answer.headers["Location"]))
    assert f'name="address1" value="{line}"' in page
    assert f'value="{DONOR["family_name"]}"' in page


def test_a_typed_address_is_never_replaced(visit):
    visitor = visit()
    visitor.get("/give/use")
    visitor.post("/give/use", ANYWHERE)
    visitor.post("/give/amount", AMOUNT)
    answer = visitor.post("/give/donor", DONOR | {"postal_code": "1448621", "lookup": "1"})
    page = text(visitor.get(answer.headers["Location"]))
    assert "一丁目①番" in page


@pytest.mark.parametrize("name", ["\ufa19", "髙", "𠮷", "葛\U000e0100"])
def test_a_name_reaches_register_and_commitment_as_typed(
    house, officer, decider, staff, name, app_dsn
):
    who = replace(HANAKO, family_name=name, email="")
    begun = commands.begin_donation(
        house, by=donor("x"), now=NOW, offer=offer(donor=who, method="counter")
    )
    record_offline(
        house,
        by=officer,
        now=NOW,
        gift_no=begun.gift_no,
        method="counter",
        received_on=NOW.date(),
    )
    decide(house, decider, propose(house, officer, [begun.gift_no]))
    with house.database.reading() as connection:
        (_salt, _day, told) = queries.commitments(connection, [begun.gift_no])[begun.gift_no]
    assert told == f"{name} 花子"
    assert rows(app_dsn, "SELECT family_name FROM donor") == [(name,)]
    answer = staff("officer").get("/staff/gifts.csv")
    (line,) = csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    assert f"{name} 花子" in line.values()
    assert read_gift_no(begun.gift_no) == begun.gift_no


LINE = "東京都大田区蒲田"


@pytest.mark.parametrize(
    ("typed", "joined"),
    [
        ("", LINE),
        ("  ", LINE),
        ("5-13-14", LINE + "5-13-14"),
        ("蒲田5-13-14", LINE + "5-13-14"),
        ("大田区蒲田五丁目13番14号", LINE + "五丁目13番14号"),
        ("東京都大田区", LINE),
        ("大田区", LINE),
        (LINE, LINE),
        (LINE + "五丁目", LINE + "五丁目"),
        ("東京都大田区西蒲田七丁目", "東京都大田区西蒲田七丁目"),
        ("神奈川県横浜市", "神奈川県横浜市"),
    ],
)
def test_a_town_is_put_before_what_was_typed_and_nothing_stands_twice(typed, joined):
    assert with_town(LINE, typed) == joined
    assert with_town(LINE, joined) == joined
