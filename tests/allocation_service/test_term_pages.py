"""Who is warned of a term, where, and how often."""

from __future__ import annotations

import datetime as dt
import html

from award_books import rows
from test_terms import AFTER, TERM, wished

from fund.allocation.terms import open_fallbacks
from fund.desk import reactions
from fund.desk.warnings import warn_of_terms

NEAR = dt.datetime(2029, 1, 10, 3, 0, tzinfo=dt.UTC)
"""Eighty days before the term."""


def mails(app_dsn, occasion):
    return rows(
        app_dsn, "SELECT subject_no, recipient, body_text FROM mail WHERE occasion = %s ORDER BY id",
        occasion,
    )  # fmt: skip


def test_the_department_is_warned_twice_and_no_more(house, app_dsn) -> None:
    wished(house, app_dsn, "G-00000001", "group", "0132", "field")
    warn_of_terms(house, now=NEAR - dt.timedelta(days=200))
    assert mails(app_dsn, "wish.term-near") == []
    for days in (0, 1, 40, 55, 70):
        warn_of_terms(house, now=NEAR + dt.timedelta(days=days))
    found = mails(app_dsn, "wish.term-near")
    assert [(no, to) for no, to, _ in found] == [
        ("2029-03-31#notice", "fund@example.jp"),
        ("2029-03-31#last", "fund@example.jp"),
    ]
    assert "見本こども食堂の会　1件　50,000円" in found[0][2]


def test_the_donor_is_told_once_what_the_yen_wait_for_now(house, app_dsn) -> None:
    house.reactions.update(reactions.REACTIONS)
    wished(house, app_dsn, "G-00000001", "group", "0132", "field")
    rows(app_dsn, "UPDATE donor SET email = 'hanako@example.jp' RETURNING id")
    open_fallbacks(house, now=AFTER)
    open_fallbacks(house, now=AFTER)
    ((subject, to, body),) = mails(app_dsn, "gift.redirected")
    assert (subject, to) == ("G-00000001#G-00000001/2", "hanako@example.jp")
    assert "「見本こども食堂の会」へのご希望の期限が過ぎました" in body
    assert "希望の期限までに、団体から申請がなかった" in body
    assert "「子ども」のために" in body
    assert "50,000円" in body


def test_the_list_and_its_twins_name_what_is_near(house, app_dsn, visitor, monkeypatch) -> None:
    wished(house, app_dsn, "G-00000001", "group", "0132", "field")
    officer = visitor("officer")
    assert "期限の近い希望はありません" in officer.get("/staff/terms").get_data(as_text=True)
    for module in ("terms", "groups"):
        monkeypatch.setattr(f"fund.desk.views.{module}.now", lambda: NEAR)
    page = html.unescape(officer.get("/staff/terms").get_data(as_text=True))
    assert "あと80日" in page
    table = officer.get("/staff/terms.json").get_json()["rows"]
    assert table == [
        {"binds_until": TERM.isoformat(), "days": 80, "kind": "group", "target": "0132",
         "name": "見本こども食堂の会", "gifts": 1, "yen": 50_000}
    ]  # fmt: skip
    assert "0132" in officer.get("/staff/terms.csv").get_data(as_text=True)
    assert officer.get("/staff/terms.xlsx").status_code == 200
    public = html.unescape(visitor().get("/groups/0132").get_data(as_text=True))
    assert "期限の近い希望があります" in public, public[public.find("<main") :][:1500]
    assert "2029年3月31日" in public
    assert "期限の近い希望" not in visitor().get("/groups/0133").get_data(as_text=True)
