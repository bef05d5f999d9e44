"""A form of the staff acts once: clicked twice, sent again from the old page, by many at once."""

from __future__ import annotations

import datetime as dt
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from award_books import rows
from test_staff_pages import AWARD, FORM, commit_money

from fund.kernel.actor import system
from fund.platform import once

NEW = "/staff/applications/new"


class Page:
    """A page with a form in it, as a browser keeps it: everything hidden in it is sent along."""

    def __init__(self, visitor, path: str) -> None:
        self.visitor = visitor
        text = visitor.get(path).get_data(as_text=True)
        found = re.findall(r'<input type="hidden" name="(csrf_token|page)" value="([^"]+)"', text)
        self.hidden = dict(found)
        assert set(self.hidden) == {"csrf_token", "page"}

    def send(self, path: str, fields: dict[str, object], client=None):
        return (client or self.visitor.client).post(path, data={**self.hidden, **fields})


def applications(dsn: str) -> int:
    return rows(dsn, "SELECT count(*)::int FROM application")[0][0]


def test_the_same_form_again_leads_where_it_led(staff, app_dsn):
    page = Page(staff("officer"), NEW)
    first, second, third = (page.send(NEW, FORM) for _ in range(3))
    assert (first.status_code, second.status_code, third.status_code) == (303, 303, 303)
    assert first.location == second.location == third.location
    assert applications(app_dsn) == 1


def test_the_same_words_on_a_fresh_page_are_meant(staff, app_dsn):
    officer = staff("officer")
    assert Page(officer, NEW).send(NEW, FORM).status_code == 303
    assert Page(officer, NEW).send(NEW, FORM).status_code == 303
    assert applications(app_dsn) == 2


def test_what_was_refused_may_be_sent_again(staff, app_dsn):
    page = Page(staff("officer"), NEW)
    for _ in range(2):
        assert page.send(NEW, {**FORM, "group_no": "だれでもない"}).status_code == 400
    assert page.send(NEW, FORM).status_code == 303
    assert applications(app_dsn) == 1
    assert rows(app_dsn, "SELECT count(*)::int FROM form_sent") == [(1,)]


def test_many_at_once_act_once_and_all_see_the_same_page(staff, app_dsn):
    officer = staff("officer")
    page = Page(officer, NEW)
    app, cookie = officer.client.application, officer.client.get_cookie("fund")
    start = threading.Barrier(8)

    def click(_number: int):
        client = app.test_client()
        client.set_cookie("fund", cookie.value)
        start.wait()
        return page.send(NEW, FORM, client)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(click, range(8)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert applications(app_dsn) == 1


def test_money_is_asked_for_once(house, staff, app_dsn):
    """The award would bear a second instalment: only the form's own key stops it."""
    officer, council, decider = (staff(role) for role in ("officer", "council", "decider"))
    assert Page(officer, NEW).send(NEW, FORM).status_code == 303
    path = f"/staff/applications/{rows(app_dsn, 'SELECT no FROM application')[0][0]}"
    said = {"recommended": "yes", "yen": "300000", "score": "80", "comment": "よい計画"}
    assert Page(council, path).send(f"{path}/recommendation", said).status_code == 303
    decided = {"accepted": "yes", "yen": "300000", "min_yen": "", "tier": "1", "reason": "よい"}
    answer = Page(decider, path).send(f"{path}/decision", decided)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    commit_money(house, "A2026-0001", 300_000)
    page = Page(officer, AWARD)
    for _ in range(2):
        assert page.send(f"{AWARD}/disbursement", {"yen": "10万円"}).status_code == 303
    assert rows(app_dsn, "SELECT yen::int FROM disbursement") == [(100_000,)]


def test_the_answer_that_got_lost_is_given_again(staff, house, app_dsn):
    """The process died after the commit: the page is refused kindly, nothing happens twice."""
    page = Page(staff("officer"), NEW)
    assert page.send(NEW, FORM).status_code == 303
    with house.database.transaction() as connection:
        connection.execute(once.form_sent.update().values(answer=None))
    again = page.send(NEW, FORM)
    assert again.status_code == 409
    assert "すでに受け付けています" in again.get_data(as_text=True)
    assert applications(app_dsn) == 1


@pytest.mark.parametrize("other", ["page", "title"])
def test_another_page_or_another_word_is_another_form(staff, app_dsn, other):
    page = Page(staff("officer"), NEW)
    assert page.send(NEW, FORM).status_code == 303
    page.hidden[other] = "別の"
    assert page.send(NEW, {**FORM, **page.hidden}).status_code == 303
    assert applications(app_dsn) == 2


def test_keys_are_forgotten_after_two_days(staff, house, app_dsn):
    assert Page(staff("officer"), NEW).send(NEW, FORM).status_code == 303
    moment = dt.datetime.now(dt.UTC)
    once.forget(house, now=moment + dt.timedelta(hours=47))
    assert rows(app_dsn, "SELECT count(*)::int FROM form_sent") == [(1,)]
    once.forget(house, now=moment + dt.timedelta(hours=49))
    assert rows(app_dsn, "SELECT count(*)::int FROM form_sent") == [(0,)]


def test_a_transaction_that_fails_gives_its_key_back(house):
    moment = dt.datetime.now(dt.UTC)
    with once.sending(b"k" * 32) as form:
        with pytest.raises(LookupError), house.transaction(by=system(), now=moment):
            raise LookupError
        assert not form.written
        with house.transaction(by=system(), now=moment):
            pass
        assert form.written
        # Later transactions of the same request need no key of their own.
        with house.transaction(by=system(), now=moment):
            pass
    with (
        once.sending(b"k" * 32),
        pytest.raises(once.AlreadySent),
        house.transaction(by=system(), now=moment),
    ):
        pass
