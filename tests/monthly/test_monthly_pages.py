"""The page of a monthly gift, the choice in the form, and what officers see."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from conftest import Months
from flask.testing import FlaskClient

from fund.app import create_app
from fund.giving.commands import pledges, secret_of
from fund.giving.pledges_store import pledge_secret
from fund.identity.commands import add_user
from fund.kernel.actor import system

PASSWORD = "correct horse 見本"


class Visitor:
    """A browser without JavaScript."""

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.token, self.page = client, "", ""

    def get(self, path: str, status: int = 200) -> str:
        return self._seen(self.client.get(path), status)

    def post(self, path: str, status: int = 303, **fields: str) -> str:
        body = {"csrf_token": self.token, **fields}
        return self._seen(self.client.post(path, data=body), status)

    def _seen(self, answer, status: int) -> str:
        self.page = answer.get_data(as_text=True)
        assert answer.status_code == status, self.page[-1500:]
        if found := re.search(r'name="csrf_token" value="([^"]+)"', self.page):
            self.token = found[1]
        self.location = answer.headers.get("Location", "")
        return self.page


@pytest.fixture
def visitor(months: Months) -> Visitor:
    return Visitor(create_app(months.house).test_client())


def page_of(months: Months, pledge_no: str) -> str:
    return f"/m/{pledge_secret(months.house.settings.secret_key, pledge_no)}"


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_donor_pauses_goes_on_and_stops_on_the_own_page(
    months: Months, visitor: Visitor, prefix: str
) -> None:
    pledge = months.begun(3000)
    months.pass_days(32)
    page = prefix + page_of(months, pledge)
    shown = visitor.get(page)
    assert pledge in shown
    assert shown.count("/d/") >= 2
    for act, state in (("pause", "paused"), ("resume", "active")):
        visitor.post(f"{page}/{act}")
        assert visitor.location.endswith(page)
        visitor.get(page)
        pledges.carry(months.house, now=months.now, pledge_no=pledge)
        months.deliver()
        assert months.state(pledge) == state
        visitor.get(page)
    assert "/stop" not in visitor.get(page)
    visitor.get(f"{page}?stop=1")
    visitor.post(f"{page}/stop")
    pledges.carry(months.house, now=months.now, pledge_no=pledge)
    months.deliver()
    assert months.state(pledge) == "ended"
    visitor.get(page)
    visitor.post(f"{page}/resume", status=409)
    months.pass_days(70)
    assert len(months.months(pledge)) == 2
    months.assert_books_hold()


def test_the_gifts_page_leads_to_the_monthly_page(months: Months, visitor: Visitor) -> None:
    pledge = months.begun(3000)
    (gift,) = months.one("SELECT no FROM gift")
    assert page_of(months, pledge) in visitor.get(f"/d/{secret_of(months.house, gift)}")
    answer = visitor.client.get(page_of(months, pledge))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    visitor.get("/m/nonsense", status=404)


def steps_to_consents(visitor: Visitor, rhythm: str) -> None:
    visitor.get("/give/use?start=1")
    visitor.post("/give/use", wish="anywhere")
    visitor.get("/give/amount")
    visitor.post("/give/amount", amount="5000", kind="individual", rhythm=rhythm)
    visitor.get("/give/donor")
    visitor.post(
        "/give/donor",
        name_style="split",
        family_name="見本",
        given_name="花子",
        kana="みほん はなこ",
        where="japan",
        postal_code="144-8621",
        address1="東京都見本区1",
        email="monthly@example.jp",
    )
    visitor.get("/give/consents")


def test_the_form_offers_monthly_by_card_only(months: Months, visitor: Visitor) -> None:
    steps_to_consents(visitor, "monthly")
    assert 'value="konbini"' not in visitor.page
    visitor.post("/give/consents", status=400, publish="no", method="konbini", purpose_of_use="y")
    assert "クレジットカードだけ" in visitor.page
    visitor.post("/give/consents", publish="no", method="card", purpose_of_use="y")
    checked = visitor.get("/give/check")
    assert re.search(r"<p class=\"big\">毎月 <strong>", checked)
    visitor.post("/give/check")
    assert months.rows("SELECT yen, state FROM pledge") == [(5000, "pending")]


def test_once_is_the_default(months: Months, visitor: Visitor) -> None:
    steps_to_consents(visitor, "")
    assert 'value="konbini"' in visitor.page
    visitor.post("/give/consents", publish="no", method="card", purpose_of_use="y")
    visitor.get("/give/check")
    visitor.post("/give/check")
    assert months.rows("SELECT no FROM pledge") == []


def test_officers_see_and_stop_monthly_gifts(months: Months, visitor: Visitor) -> None:
    add_user(
        months.house,
        by=system(),
        now=dt.datetime.now(dt.UTC),
        email="officer@example.jp",
        name="担当",
        password=PASSWORD,
        roles=frozenset({"officer"}),
    )
    visitor.get("/staff/login")
    visitor.post("/staff/login", email="officer@example.jp", password=PASSWORD)
    assert "毎月の寄附は、まだありません" in visitor.get("/staff/pledges")
    pledge = months.begun(3000)
    assert pledge in visitor.get("/staff/pledges")
    assert pledge in visitor.get("/staff/pledges.csv")
    visitor.get("/staff/pledges?state=nonsense", status=400)
    visitor.get("/staff/pledges")
    visitor.post(f"/staff/pledges/{pledge}/stop")
    pledges.carry(months.house, now=months.now, pledge_no=pledge)
    months.deliver()
    assert months.state(pledge) == "ended"
    visitor.get("/en/staff/pledges")
