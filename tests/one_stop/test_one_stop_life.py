"""An application from the wish to the notice, and everything that can come between."""

from __future__ import annotations

import dataclasses
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from giving_books import HANAKO, offer
from whole_fund import Fund

from fund.giving import commands as giving
from fund.giving.domain import Donor
from fund.giving.domain.one_stop import OneStop
from fund.giving.intake.domain import RowFacts
from fund.giving.intake.slips import ask_for_slip
from fund.giving.queries import donor_of
from fund.kernel.actor import donor as donor_hand
from fund.kernel.actor import system
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen
from fund.payments.commands import record_offline
from fund.receipts.one_stop import commands, deliveries, printing, queries
from fund.receipts.one_stop.homes import notices
from fund.receipts.one_stop.queries import Application

BORN = dt.date(1965, 1, 2)
IN_OTA = dataclasses.replace(HANAKO, address1="東京都大田区蒲田五丁目13番14号")


@pytest.fixture(autouse=True)
def _at_home(fund: Fund) -> None:
    """The donor's postcode and address agree."""
    fund.donor = IN_OTA


def asked(fund: Fund, gift_no: str, born_on: dt.date | None = BORN) -> None:
    commands.ask(fund.house, by=donor_hand(gift_no), now=fund.now, gift_no=gift_no, born_on=born_on)


def read(fund: Fund, gift_no: str) -> Application:
    with fund.house.database.reading() as connection:
        found = queries.application_of(connection, gift_no)
    assert found is not None
    return found


def acts(fund: Fund, gift_no: str) -> list[str]:
    with fund.house.database.reading() as connection:
        return [one.act for one in queries.steps_of(connection, read(fund, gift_no).id)]


def mails(fund: Fund, gift_no: str) -> list[str]:
    sql = (
        "SELECT occasion FROM mail WHERE occasion LIKE 'one-stop%%' AND subject LIKE %s ORDER BY id"
    )
    return [row[0] for row in fund.rows(sql, f"%{gift_no}%")]


def received(fund: Fund, gift_no: str, **more: Any) -> bool:
    day = {"arrived_on": fund.today} | more
    return commands.receive(fund.house, by=fund.officer, now=fund.now, gift_no=gift_no, **day)


def in_january(fund: Fund, day: int) -> dt.datetime:
    """Noon of a day of the January after the year of the fund's clock."""
    return dt.datetime(fund.today.year + 1, 1, day, 3, tzinfo=dt.UTC)


def test_from_the_form_to_the_notice(fund: Fund) -> None:
    begun = giving.begin_donation(
        fund.house,
        by=system("test"),
        now=fund.now,
        offer=offer(method="counter", donor=IN_OTA, one_stop=OneStop(BORN)),
    )
    no = begun.gift_no
    assert read(fund, no).state == "requested"
    assert mails(fund, no) == []
    with pytest.raises(Conflict, match="入金を確認したあと"):
        printing.own_paper(fund.house, by=donor_hand(no), now=fund.now, gift_no=no)
    giving_paid(fund, no)
    assert mails(fund, no) == ["one-stop.form"]
    pdf = printing.own_paper(fund.house, by=donor_hand(no), now=fund.now, gift_no=no)
    assert pdf.startswith(b"%PDF")
    assert read(fund, no).state == "sent"
    assert received(fund, no) is True
    found = read(fund, no)
    assert (found.state, found.yen, found.born_on) == ("received", 10_001, BORN)
    assert found.facts is not None
    assert found.facts["name"] == HANAKO.name
    with fund.house.database.reading() as connection:
        rows = notices(fund.house, connection, fund.today.year)
    assert [(row.gift_no, row.home, row.born_on) for row in rows] == [(no, "東京都大田区", BORN)]
    told = commands.notify(
        fund.house,
        by=fund.officer,
        now=fund.now,
        year=fund.today.year,
        notified={no: rows[0].home},
    )
    assert told == 1
    found = read(fund, no)
    assert (found.state, found.born_on, found.facts) == ("notified", None, None)
    assert found.municipality == "東京都大田区"
    assert acts(fund, no) == ["requested", "sent", "received", "notified"]
    assert mails(fund, no) == ["one-stop.form", "one-stop.received"]
    assert fund.broken() == []


def giving_paid(fund: Fund, gift_no: str) -> None:
    record_offline(
        fund.house,
        by=fund.officer,
        now=fund.now,
        gift_no=gift_no,
        method="counter",
        received_on=fund.today,
    )


def test_whoever_asks_after_paying_gets_the_form_at_once(fund: Fund) -> None:
    no = fund.paid()
    asked(fund, no)
    assert mails(fund, no) == ["one-stop.form"]
    asked(fund, no, dt.date(1970, 3, 4))  # said anew: no second mail
    assert mails(fund, no) == ["one-stop.form"]
    assert read(fund, no).born_on == dt.date(1970, 3, 4)


def test_asked_for_by_two_taps_at_once_it_is_one_application(fund: Fund) -> None:
    no = fund.paid()
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(asked, fund, no) for _ in range(4)]:
            done.result()
    assert fund.rows("SELECT count(*) FROM one_stop") == [(1,)]
    assert mails(fund, no) == ["one-stop.form"]


def test_a_defect_is_told_and_can_be_put_right(fund: Fund) -> None:
    no = fund.paid()
    asked(fund, no)
    with pytest.raises(Invalid):
        commands.find_defective(
            fund.house,
            by=fund.officer,
            now=fund.now,
            gift_no=no,
            arrived_on=fund.today,
            reasons=["because"],
        )
    commands.find_defective(
        fund.house,
        by=fund.officer,
        now=fund.now,
        gift_no=no,
        arrived_on=fund.today,
        reasons=["my-number", "identity"],
    )
    assert read(fund, no).reasons == ("my-number", "identity")
    ((body,),) = fund.rows("SELECT body_text FROM mail WHERE occasion = 'one-stop.defective'")
    assert "個人番号の欄が空か" in body
    assert "本人確認書類の写しが足りません" in body
    assert printing.own_paper(fund.house, by=donor_hand(no), now=fund.now, gift_no=no)
    assert received(fund, no)
    assert read(fund, no).reasons == ()
    assert mails(fund, no) == ["one-stop.form", "one-stop.defective", "one-stop.received"]


def test_the_tenth_counts_and_the_eleventh_does_not(fund: Fund) -> None:
    first, second, third = fund.paid(), fund.paid(), fund.paid()
    for no in (first, second):
        asked(fund, no)
    later = in_january(fund, 12)
    tenth, eleventh = (dt.date(fund.today.year + 1, 1, day) for day in (10, 11))
    assert commands.receive(fund.house, by=fund.officer, now=later, gift_no=first, arrived_on=tenth)
    assert not commands.receive(
        fund.house, by=fund.officer, now=later, gift_no=second, arrived_on=eleventh
    )
    late = read(fund, second)
    assert (late.state, late.arrived_on, late.born_on) == ("late", eleventh, None)
    assert mails(fund, second)[-1] == "one-stop.late"
    with pytest.raises(Conflict, match="終わりました"):
        commands.ask(fund.house, by=donor_hand(third), now=later, gift_no=third, born_on=BORN)
    assert fund.broken() == []


def test_asking_until_midnight_in_japan(fund: Fund) -> None:
    no = fund.paid()
    last = dt.datetime(fund.today.year + 1, 1, 10, 14, 59, tzinfo=dt.UTC)
    with pytest.raises(Conflict):
        commands.ask(
            fund.house,
            by=donor_hand(no),
            now=last + dt.timedelta(minutes=1),
            gift_no=no,
            born_on=BORN,
        )
    commands.ask(fund.house, by=donor_hand(no), now=last, gift_no=no, born_on=BORN)


def test_a_mark_on_the_wrong_gift_is_taken_back(fund: Fund) -> None:
    no = fund.paid()
    asked(fund, no)
    received(fund, no)
    with pytest.raises(Conflict):
        received(fund, no)
    commands.unmark(fund.house, by=fund.officer, now=fund.now, gift_no=no)
    found = read(fund, no)
    assert (found.state, found.facts, found.arrived_on) == ("sent", None, None)
    assert received(fund, no)


def test_a_form_that_nobody_asked_for_here_is_received_too(fund: Fund) -> None:
    no = fund.paid()
    assert received(fund, no, born_on=BORN)
    assert acts(fund, no) == ["requested", "received"]
    assert read(fund, no).born_on == BORN


def test_the_notice_says_what_the_paper_said_until_a_change_form_comes(fund: Fund) -> None:
    no = fund.paid()
    asked(fund, no)
    received(fund, no)
    moved = Donor(
        family_name="山田",
        given_name="花子",
        kana="ヤマダ ハナコ",
        postal_code="2200012",
        address1="神奈川県横浜市西区みなとみらい一丁目",
        email=HANAKO.email,
    )
    giving.correct_donor(fund.house, by=donor_hand(no), now=fund.now, gift_no=no, facts=moved)
    with fund.house.database.reading() as connection:
        (row,) = notices(fund.house, connection, fund.today.year)
    assert (row.home, row.changed) == ("東京都大田区", True)
    assert printing.own_paper(fund.house, by=donor_hand(no), now=fund.now, gift_no=no, change=True)
    commands.receive_change(
        fund.house, by=fund.officer, now=fund.now, gift_no=no, arrived_on=fund.today
    )
    with fund.house.database.reading() as connection:
        (row,) = notices(fund.house, connection, fund.today.year)
    assert (row.home, row.changed) == ("神奈川県横浜市", False)
    with pytest.raises(NotFound):
        printing.own_paper(fund.house, by=donor_hand(no), now=fund.now, gift_no=no, change=True)
    assert acts(fund, no)[-1] == "changed"


def test_withdrawn_forgets_the_day_of_birth_and_may_be_asked_again(fund: Fund) -> None:
    no = fund.paid()
    asked(fund, no)
    commands.withdraw(fund.house, by=donor_hand(no), now=fund.now, gift_no=no)
    assert read(fund, no).born_on is None
    with pytest.raises(NotFound):
        printing.own_paper(fund.house, by=donor_hand(no), now=fund.now, gift_no=no)
    asked(fund, no)
    assert read(fund, no).state == "requested"


@pytest.mark.parametrize("accepted", [False, True])
def test_a_whole_refund_ends_the_application(fund: Fund, accepted: bool) -> None:
    no = fund.accepted() if accepted else fund.paid()
    asked(fund, no)
    received(fund, no)
    fund.refund(no, 10_000)
    found = read(fund, no)
    assert (found.state, found.born_on, found.facts) == ("cancelled", None, None)
    with pytest.raises(Conflict):
        asked(fund, no)
    with pytest.raises(Conflict):
        received(fund, no)
    assert fund.broken() == []


def test_a_part_that_goes_back_asks_for_a_form_over_the_rest(fund: Fund) -> None:
    no = fund.accepted()
    asked(fund, no)
    received(fund, no)
    fund.refund(no, 4_000)
    found = read(fund, no)
    assert (found.state, found.yen, found.born_on) == ("requested", None, BORN)
    received(fund, no)
    assert read(fund, no).yen == 6_000
    assert fund.broken() == []


def test_a_refund_after_the_notice_is_seen(fund: Fund) -> None:
    no = fund.accepted()
    received(fund, no)
    commands.notify(
        fund.house,
        by=fund.officer,
        now=fund.now,
        year=fund.today.year,
        notified={no: "東京都大田区"},
    )
    fund.refund(no, 4_000)
    found = read(fund, no)
    assert found.state == "cancelled"
    assert found.notified_on == fund.today
    assert fund.broken() == []


def test_a_gift_that_is_not_accepted_ends_it(fund: Fund) -> None:
    no = fund.paid()
    asked(fund, no)
    giving.propose_refusal(
        fund.house,
        by=fund.officer,
        now=fund.now,
        gift_no=no,
        ground="other",
        reason="見本",
        course="見本",
    )
    ((number,),) = fund.rows("SELECT no FROM refusal")
    giving.decide_refusal(
        fund.house, by=fund.decider, now=fund.now, refusal_no=number, decline=True
    )
    assert read(fund, no).state == "cancelled"


@pytest.mark.parametrize(
    "donor",
    [
        Donor(
            kind="organisation",
            single_name="見本社",
            postal_code="1448621",
            address1="見本区",
            email="a@example.jp",
        ),
        Donor(
            family_name="Doe",
            given_name="Jane",
            country="France",
            address1="Paris",
            email="a@example.jp",
        ),
    ],
)
def test_neither_a_company_nor_an_address_abroad(fund: Fund, donor: Donor) -> None:
    fund.donor = donor
    no = fund.paid()
    for act in (lambda: asked(fund, no), lambda: received(fund, no)):
        with pytest.raises(Invalid):
            act()
    assert fund.rows("SELECT count(*) FROM one_stop") == [(0,)]


def test_only_people_of_the_staff_mark_papers(fund: Fund) -> None:
    no = fund.paid()
    asked(fund, no)
    hand = {"by": donor_hand(no), "now": fund.now, "gift_no": no}
    for act in (
        lambda: commands.receive(fund.house, **hand, arrived_on=fund.today),
        lambda: commands.unmark(fund.house, **hand),
        lambda: commands.note_birth(fund.house, **hand, born_on=BORN),
        lambda: printing.note_printed(fund.house, by=donor_hand(no), now=fund.now, gift_nos=[no]),
    ):
        with pytest.raises(Forbidden):
            act()


@pytest.mark.parametrize("days", [1, -3_000])
def test_a_paper_arrives_between_the_gift_and_today(fund: Fund, days: int) -> None:
    no = fund.paid()
    with pytest.raises(Invalid) as refusal:
        received(fund, no, arrived_on=fund.today + dt.timedelta(days=days))
    assert "arrived_on" in refusal.value.fields


def test_forms_for_the_post_are_printed_together_and_written_down(fund: Fund) -> None:
    posted = [paid_by_post(fund) for _ in range(2)]
    link = fund.paid()
    for no in (*posted, link):
        asked(fund, no)
    with fund.house.database.reading() as connection:
        waiting = queries.forms_to_print(connection)
        assert queries.forms_waiting(connection).count == 2
    assert [one.gift_no for one in waiting] == posted
    printed = printing.note_printed(
        fund.house, by=fund.officer, now=fund.now, gift_nos=[*posted, "G-00000000"]
    )
    assert printed == posted
    assert printing.sheets(fund.house, by=fund.officer, now=fund.now, gift_nos=printed)
    assert [read(fund, no).state for no in posted] == ["sent", "sent"]
    assert acts(fund, posted[0]) == ["requested", "sent", "printed"]
    with fund.house.database.reading() as connection:
        assert queries.forms_to_print(connection) == []
    lines = fund.rows("SELECT count(*) FROM audit_trail WHERE act = 'one-stop.printed'")
    assert lines == [(2,)]


def paid_by_post(fund: Fund) -> str:
    no = fund.paid()
    giving.change_receipt_way(fund.house, by=donor_hand(no), now=fund.now, gift_no=no, way="post")
    return no


def test_days_of_birth_are_forgotten_by_the_clock(fund: Fund) -> None:
    paid, unpaid = fund.paid(), fund.offered(method="counter")
    for no in (paid, unpaid):
        asked(fund, no)
    deliveries.forget_births(fund.house, now=fund.now)
    assert read(fund, paid).born_on == read(fund, unpaid).born_on == BORN
    deliveries.forget_births(fund.house, now=fund.now + dt.timedelta(days=61))
    assert read(fund, unpaid).born_on is None
    spring = dt.datetime(fund.today.year + 1, 4, 1, 3, tzinfo=dt.UTC)
    deliveries.forget_births(fund.house, now=spring)
    assert read(fund, paid).born_on is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE one_stop_step SET act = 'notified'",
        "DELETE FROM one_stop_step",
        "UPDATE one_stop SET state = 'received'",
        "UPDATE one_stop SET state = 'notified', arrived_on = now(), yen = 1",
        "UPDATE one_stop SET state = 'withdrawn'",
        "UPDATE one_stop SET facts = '{}'",
        "DELETE FROM one_stop",
    ],
)
def test_what_the_database_refuses(fund: Fund, app_dsn: str, sql: str) -> None:
    no = fund.paid()
    asked(fund, no)
    with psycopg.connect(app_dsn) as connection, pytest.raises(psycopg.Error):
        connection.execute(sql)


def test_where_the_municipality_takes_none_nothing_can_be_asked(fund: Fund) -> None:
    no = fund.paid()
    settings = dataclasses.replace(fund.house.settings, one_stop_until=None)
    house = dataclasses.replace(fund.house, settings=settings)
    with pytest.raises(Conflict, match="受け付けていません"):
        commands.ask(house, by=donor_hand(no), now=fund.now, gift_no=no, born_on=BORN)


def test_nothing_of_the_person_is_in_steps_audit_or_queue(fund: Fund) -> None:
    no = fund.paid()
    asked(fund, no)
    received(fund, no)
    with fund.house.database.reading() as connection:
        who = donor_of(connection, no)
    assert who is not None
    for table in ("one_stop_step", "audit_trail", "procrastinate_jobs"):
        text = str(fund.rows(f"SELECT t::text FROM {table} AS t"))
        for mark in (BORN.isoformat(), who.kana, who.postal_code, who.address_lines[0]):
            assert mark not in text, table


def test_a_gift_on_paper_asks_for_the_form_without_a_day_of_birth(fund: Fund) -> None:
    facts = RowFacts(
        yen=Yen(5_000), received_on=fund.today, method="slip", donor=HANAKO, one_stop=True
    )
    begun = ask_for_slip(fund.house, by=fund.officer, now=fund.now, form_key="s" * 32, facts=facts)
    found = read(fund, begun.gift_no)
    assert (found.state, found.born_on, found.receipt_way) == ("requested", None, "post")
