"""Another card for a monthly gift, and new addresses for its pages."""

from __future__ import annotations

import psycopg
import pytest
from conftest import GOOD, POOR, Months

from fund.giving import commands
from fund.giving.pledges_store import pledge_secret
from fund.giving.queries.pledges import pledge_by_no, pledge_by_secret
from fund.kernel.actor import donor
from fund.kernel.errors import Conflict
from fund.payments import cards
from fund.payments.commands import CheckoutWording

WORDING = CheckoutWording("見本", "http://localhost/m/x", "http://localhost/m/x", "", "ja")
GIVEN_ONLY = "4000000000000341"


def card_page(months: Months, pledge: str) -> str:
    """The id of the session on which the donor gives another card."""
    url = cards.open_card_page(
        months.house, by=donor(pledge), now=months.now, pledge_no=pledge, wording=WORDING
    )
    return url.rsplit("/", 1)[1]


def behind(months: Months) -> str:
    """A pledge whose second month could not be charged."""
    pledge = months.begun(3000)
    months.control(f"subscriptions/{months.subscription(pledge).subscription_id}/card", card=POOR)
    months.pass_days(32)
    assert months.subscription(pledge).state == "past_due"
    return pledge


def test_a_new_card_pays_what_is_owed_at_once_and_the_months_to_come(months: Months) -> None:
    pledge = behind(months)
    months.control(f"sessions/{card_page(months, pledge)}/pay", card=GOOD)
    months.deliver()
    known = months.subscription(pledge)
    assert (known.state, known.failure_code, known.card_session) == ("active", None, None)
    assert known.card_as_of is not None
    assert months.months(pledge) == [(1, 3000, "received"), (2, 3000, "received")]
    assert months.mails("monthly.card") == 1
    months.pass_days(31)
    assert len(months.months(pledge)) == 3
    months.assert_books_hold()


def test_the_page_is_opened_once_and_charges_nothing(months: Months) -> None:
    pledge = months.begun(3000)
    session = card_page(months, pledge)
    assert card_page(months, pledge) == session
    months.control(f"sessions/{session}/pay", card=GOOD)
    months.deliver()
    assert len(months.paid_invoices()) == 1
    assert card_page(months, pledge) != session
    months.assert_books_hold()


def test_a_card_whose_event_is_lost_is_found_by_the_sweep(months: Months) -> None:
    pledge = behind(months)
    months.control(f"sessions/{card_page(months, pledge)}/pay", card=GOOD)
    months.lose()
    months.control("clock", advance=600)
    months.sweep()
    assert len(months.months(pledge)) == 2
    assert months.subscription(pledge).card_session is None
    assert months.mails("monthly.card") == 1
    months.assert_books_hold()


def test_a_page_that_was_left_is_forgotten(months: Months) -> None:
    pledge = months.begun(3000)
    card_page(months, pledge)
    months.control("clock", advance=600)
    months.sweep()
    assert months.subscription(pledge).card_session is not None
    months.pass_days(2)
    months.sweep()
    known = months.subscription(pledge)
    assert (known.card_session, known.card_as_of, known.state) == (None, None, "active")


def test_a_new_card_that_is_refused_leaves_the_plan_as_it_was(months: Months) -> None:
    pledge = behind(months)
    planned = months.subscription(pledge).next_attempt_at
    months.control(f"sessions/{card_page(months, pledge)}/pay", card=GIVEN_ONLY)
    months.deliver()
    known = months.subscription(pledge)
    assert (known.state, known.next_attempt_at) == ("past_due", planned)
    assert len(months.months(pledge)) == 1
    months.assert_books_hold()


def test_repeated_and_late_events_never_bring_an_earlier_card_back(months: Months) -> None:
    pledge = months.begun(3000)
    for card in (GIVEN_ONLY, GOOD):
        months.control(f"sessions/{card_page(months, pledge)}/pay", card=card)
        months.control("clock", advance=60)
        months.deliver()
    for given in months.sandbox.till.store.all("setup_intent", status="succeeded"):
        assert cards.adopt(months.house, now=months.now, setup_id=given["id"]) is not None
    months.pass_days(32)
    assert len(months.months(pledge)) == 2
    assert months.mails("monthly.card") == 2
    months.assert_books_hold()


def test_a_card_of_somebody_elses_business_is_ignored(months: Months) -> None:
    pledge = months.begun(3000)
    assert cards.adopt(months.house, now=months.now, setup_id="seti_unknown") is not None
    session = card_page(months, pledge)
    intent = months.sandbox.till.store.find(session)["setup_intent"]
    assert cards.adopt(months.house, now=months.now, setup_id=intent) is not None
    assert months.subscription(pledge).card_as_of is None


def test_what_ended_takes_no_other_card(months: Months) -> None:
    pledge = months.begun(3000)
    session = card_page(months, pledge)
    months.ask(pledge, "stop")
    with pytest.raises(Conflict):
        card_page(months, pledge)
    months.control(f"sessions/{session}/pay", card=GOOD)
    months.deliver()
    assert months.state(pledge) == "ended"
    assert months.mails("monthly.card") == 0


def test_new_addresses_close_every_old_page_of_a_monthly_gift(months: Months) -> None:
    pledge = months.begun(3000)
    months.pass_days(32)
    key, house = months.house.settings.secret_key, months.house
    gifts = [no for (no,) in months.rows("SELECT no FROM gift ORDER BY id")]
    old = [commands.secret_of(house, no) for no in gifts]
    commands.renew_link(house, by=donor(gifts[0]), now=months.now, gift_no=gifts[0])
    with house.database.reading() as connection:
        fresh = pledge_by_no(connection, pledge)
        assert pledge_by_secret(connection, pledge_secret(key, pledge)) is None
        assert pledge_by_secret(connection, pledge_secret(key, pledge, 2)) == fresh
    assert not set(old) & {commands.secret_of(house, no) for no in gifts}
    months.pass_days(31)
    assert len(months.months(pledge)) == 3
    months.ask(pledge, "stop")
    (body,) = months.one("SELECT body_text FROM mail WHERE occasion = 'monthly.ended'")
    assert pledge_secret(key, pledge, 2) in body


@pytest.mark.parametrize(
    "change",
    [
        "link_version = link_version + 1",
        "secret_hash = '\\x00'",
        "link_version = link_version + 2, secret_hash = '\\x00'",
        "link_version = 0, secret_hash = '\\x00'",
        "yen = 1",
    ],
)
def test_the_database_lets_an_address_only_go_on_with_its_version(
    months: Months, change: str
) -> None:
    months.begun(3000)
    with psycopg.connect(months.dsn) as connection, pytest.raises(psycopg.errors.IntegrityError):
        connection.execute(f"UPDATE pledge SET {change}")
