"""The calendar as calendar programs read it: every known day, folded and escaped by the rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import psycopg
import pytest
from flask.testing import FlaskClient
from icalendar import Calendar, Event
from published_books import ADDRESS, Books

from fund.manual import queries as manual
from fund.platform.web import ical

LONG = "長い名前の会；" * 12
STRANGE = "a\\b;c,d\r\ne\nf\x07g"


def read(body: bytes) -> list[Event]:
    """The events, after a library that is not ours read them and wrote the same again."""
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert body.count(b"\n") == body.count(b"\r\n") == body.count(b"\r")
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character is cut in two
    calendar = Calendar.from_ical(body)
    assert calendar.errors == []
    events = calendar.walk("VEVENT")
    assert all(event.errors == [] for event in events)
    again = Calendar.from_ical(calendar.to_ical())
    assert [one["UID"] for one in again.walk("VEVENT")] == [one["UID"] for one in events]
    return events


@pytest.fixture
def ending(books: Books) -> Iterator[str]:
    """A registered group whose registration ends on a day."""
    with psycopg.connect(books.superuser_dsn, autocommit=True) as tampering:
        row = tampering.execute(
            "SELECT no, registered_until FROM civic_group WHERE state = 'registered' ORDER BY no"
        ).fetchone()
        assert row is not None
        change = "UPDATE civic_group SET registered_until = %s WHERE no = %s"
        tampering.execute(change, (dt.date(2027, 3, 31), row[0]))
        yield row[0]
        tampering.execute(change, (row[1], row[0]))


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_calendar_holds_the_days_the_books_hold(
    books: Books, client: FlaskClient, ending: str, prefix: str
) -> None:
    answer = client.get(f"{prefix}/calendar.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    events = read(answer.data)
    with books.house.database.reading() as connection:
        editions = manual.editions(connection)
    told = {str(event["UID"]): event for event in events}
    assert len(told) == len(events)
    for head in editions:
        event = told[f"manual-{head.code}@fund.example.jp"]
        assert event["DTSTART"].dt == head.effective_on
        assert event["DTEND"].dt == head.effective_on + dt.timedelta(days=1)
        assert str(event["URL"]) == f"{ADDRESS}{prefix}/manual/{head.code}"
        assert event["DTSTAMP"].dt == head.published_at.replace(microsecond=0)
    registration = told[f"registration-{ending}-2027-03-31@fund.example.jp"]
    assert registration["DTSTART"].dt == dt.date(2027, 3, 31)
    kinds = {uid.partition("-")[0] for uid in told}
    assert kinds <= {"manual", "registration", "wishes"}
    for event in events:
        assert client.get(str(event["URL"]).removeprefix(ADDRESS)).status_code == 200


def test_a_group_has_a_calendar_of_its_own(client: FlaskClient, ending: str) -> None:
    events = read(client.get(f"/calendar.ics?group={ending}").data)
    assert events
    assert all(str(event["URL"]) == f"{ADDRESS}/groups/{ending}" for event in events)
    assert f'href="/calendar.ics?group={ending}"' in client.get(f"/groups/{ending}").text
    assert client.get("/calendar.ics?group=9999").status_code == 404
    assert client.get("/calendar.ics?group=x").status_code == 400


def test_the_same_books_are_the_same_bytes(client: FlaskClient) -> None:
    first = client.get("/calendar.ics")
    again = client.get("/calendar.ics", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("text", [LONG, STRANGE, "🏯" * 40, "x" * 75, "x" * 76, ""])
def test_any_text_comes_back_as_it_was(text: str) -> None:
    event = ical.DayEvent(
        "one@x",
        dt.date(2026, 4, 1),
        f"件：{text}",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        f"{ADDRESS}/manual",
        text,
    )
    body = ical.written(
        ical.Calendar(f"名前 {text}", "-//x//y//JA", "ja", f"{ADDRESS}/c", (event,))
    )
    [found] = read(body)
    plain = text.replace("\r\n", "\n").replace("\x07", "")
    assert str(found["SUMMARY"]) == f"件：{plain}"
    assert str(found.get("DESCRIPTION", "")) == plain
