"""No row of a table that is published is about fewer people than the manual says."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from public_history import History
from sample_books import (
    BY,
    NOW,
    Wish,
    allocate,
    decide,
    gift_no,
    give,
    set_up,
    small_story,
    smallest_cell,
)
from sqlalchemy import text

from fund.giving import queries as giving
from fund.platform.house import House
from fund.publication import commands, counting

SMALLEST = 3
YEARS = ("", "2025", "2026", "2027")


@pytest.fixture(params=[5, 23, 77])
def books(house: House, request: pytest.FixtureRequest) -> House:
    """Random books of few gifts, some of the same person, counted up to somewhere."""
    small_story(house)
    rng = random.Random(request.param)
    told = History(rng)
    for _ in range(70):
        told.step(house)
    smallest_cell(house, SMALLEST)
    with house.transaction(by=BY, now=NOW) as tx:
        tx.connection.execute(
            text("UPDATE donor SET email = 'Same@example.jp' WHERE id % 3 = :rest"),
            {"rest": request.param % 3},
        )
    commands.append_pending(house, by=BY, now=NOW)
    counting.count(house, by=BY, now=NOW, most=40 + request.param)
    return house


def people_of(house: House, client: FlaskClient, **asked: Any) -> int:
    """How many people are behind the gifts that a filter of the ledger finds."""
    gifts, after = set(), None
    while True:
        answer = client.get(
            "/ledger.json", query_string={**asked, "limit": 500, "after": after or ""}
        )
        assert answer.status_code == 200, answer.text
        told = answer.get_json()
        nos = [row["no"] for row in told["rows"] if row["kind"] in GIVING]
        with house.database.reading() as connection:
            gifts |= set(
                connection.execute(
                    text("SELECT gift_no FROM public_entry WHERE no = ANY(:nos)"), {"nos": nos}
                ).scalars()
            ) - {None}
        after = told["next"]
        if after is None:
            break
    with house.database.reading() as connection:
        return len(set(giving.people_behind(connection, gifts).values()))


GIVING = {"donation.received", "allocation.line", "designation.redirected"}


def rows_of(told: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row of each table with the part of the ledger it stands for."""
    year = {"fy": str(told["fy"])} if told["fy"] else {}
    for row in told["fields"]:
        yield "use", {**year, "use": row["field"] or "none"}
    for row in told["fidelity"]["allocated"]:
        yield "fit", {**year, "fit": row["fit"]}
    for row in told["fidelity"]["redirected"]:
        yield "reason", {**year, "reason": row["reason"]}
    for row in told["unspent_by_year"]:
        for_years = {"from": f"{row['fy']}-04-01", "to": f"{row['last_fy'] + 1}-03-31"}
        yield "age", {**for_years, "kind": "donation.received"}
    for row in told["periods"] if told["fy"] else ():
        yield "month", {"from": row["from"], "to": row["to"], "kind": "donation.received"}
    for row in told["flows"]:
        if row["step"] == 2 and row["to"].isdigit():
            yield "group", {**year, "given-to": row["to"]}


@pytest.mark.parametrize("year", YEARS)
def test_every_row_at_a_glance_is_about_nobody_or_enough_people(
    books: House, client: FlaskClient, year: str
) -> None:
    told = client.get(f"/glance.json?fy={year}").get_json()
    assert told["smallest_cell"] == SMALLEST
    whole = people_of(books, client, **({"fy": year} if year else {}), kind="donation.received")
    for table, asked in rows_of(told):
        people = people_of(books, client, **asked)
        # Rows of gifts received are parts of the year's own total, and that is the ledger's.
        if table not in {"age", "month"} or whole >= SMALLEST:
            assert people == 0 or people >= SMALLEST, (table, asked, people)


def test_the_api_and_the_page_divide_like_the_twin(books: House, client: FlaskClient) -> None:
    for year in ("2025", "2026"):
        twin = client.get(f"/glance.json?fy={year}").get_json()
        api = client.get(f"/api/v1/glance?fy={year}").get_json()
        for name in ("fields", "fidelity", "periods", "flows", "unspent_by_year", "withheld"):
            assert api[name] == twin[name], name
        page = client.get(f"/glance?fy={year}").text
        for row in twin["fields"]:
            assert f"use={(row['field'] or 'none').replace(',', '%2C')}" in page or (
                f"use={row['field']}" in page
            )


def test_rows_that_stand_together_add_up_to_the_same_total(
    books: House, client: FlaskClient
) -> None:
    for year in YEARS:
        told = client.get(f"/glance.json?fy={year}").get_json()
        if "fits" not in told["withheld"]:
            lines = client.get(
                "/ledger.json", query_string={"fy": year, "kind": "allocation.line", "limit": 1}
            ).get_json()
            shown = sum(row["yen"] for row in told["fidelity"]["allocated"])
            assert shown == lines["sums"]["moved"]
        came_in = sum(row["in"] for row in told["periods"])
        assert came_in == told["words"]["in"]
        assert sum(row["yen"] for row in told["unspent_by_year"]) == told["words"]["left"]


def test_an_award_tells_of_its_gifts_only_when_there_are_enough(
    house: House, client: FlaskClient
) -> None:
    set_up(house)
    smallest_cell(house, SMALLEST)
    wishes = [[Wish("group", "0132", 5_000)]] * 2 + [[Wish("anywhere", None, 4_000)]] * 4
    with house.transaction(by=BY, now=NOW) as tx:
        for serial, wish in enumerate(wishes, 1):
            give(tx, serial, wish)
        decide(tx, "A2026-0001")
        decide(tx, "A2026-0002")
        lines = [(serial, 1, "fund:group:0132", "A2026-0001", 3_000) for serial in (1, 2)]
        lines += [(serial, 1, "fund:general", "A2026-0001", 1_000) for serial in (3, 4, 5)]
        allocate(tx, "RUN2026-001", [*lines, (1, 1, "fund:group:0132", "A2026-0002", 2_000)])
    commands.append_pending(house, by=BY, now=NOW)
    two_wishes = client.get("/grants/A2026-0001.json").get_json()["origin"]
    assert two_wishes == {
        "gifts": 5,
        "yen": 9_000,
        "by_wish": {"general,group": 9_000},
        "others": 0,
    }
    one_gift = client.get("/grants/A2026-0002.json").get_json()["origin"]
    assert one_gift == {"gifts": None, "yen": 2_000, "by_wish": {}, "others": 0}
    told = client.get("/api/v1/grants/A2026-0002").get_json()
    assert (told["gifts"], told["origin"], told["from_gifts"]) == (None, [], 2_000)
    page = client.get("/grants/A2026-0002").text
    assert "3人に満たない人の寄附から" in page
    assert "1件の寄附" not in page
    assert gift_no(1) not in page.split('id="entries"')[0]


def test_without_a_rule_in_force_every_row_stands_alone(house: House, client: FlaskClient) -> None:
    small_story(house)
    commands.append_pending(house, by=BY, now=NOW)
    told = client.get("/glance.json").get_json()
    assert told["smallest_cell"] == 0
    assert [row["fit"] for row in told["fidelity"]["allocated"]] == ["other", "open", "first"]


def test_the_rule_of_the_day_is_the_manuals(house: House) -> None:
    set_up(house)
    smallest_cell(house, 5)
    with house.database.reading() as connection:
        assert giving.smallest_cell(connection, dt.date(2026, 5, 1)) == 5
        assert giving.smallest_cell(connection, dt.date(2020, 5, 1)) == 0
