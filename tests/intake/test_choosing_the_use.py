"""The use chosen later: by link, followed at the acceptance, respected by the allocation."""

from __future__ import annotations

import re

import pytest
from giving_books import ALL_CHECKED, rows
from intake_books import NOW, broken, csv_file, load, row
from sqlalchemy.exc import IntegrityError

from fund.allocation.problems import freeze_problem
from fund.giving import commands as giving
from fund.giving.commands import secret_of
from fund.giving.domain import Wish
from fund.giving.intake import choosing
from fund.kernel.actor import system
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.ledger.redirections import NewUse, Why, redirect
from fund.manual.queries import Rules
from fund.worker import drain

GROUP = Wish("group", "0132", "field")
DONOR = system("donor")


@pytest.fixture
def gift(house, app_dsn):
    """A portal's gift that came without a wish, of 10,001 yen."""
    load(house, csv_file([row(1, 使いみち="", 寄附金額="10001", メールアドレス="a@example.jp")]))
    [(no,)] = rows(app_dsn, "SELECT no FROM gift")
    return no


def accept(house, hand, *numbers):
    batch = giving.propose_acceptance(
        house, by=hand(), now=NOW, gift_nos=numbers, checklist=ALL_CHECKED
    )
    giving.decide_acceptance(house, by=hand("decider"), now=NOW, batch_no=batch, accept=True)


def choose(house, gift, wish=GROUP):
    choosing.choose_use(house, by=DONOR, now=NOW, gift_no=gift, wish=wish)


def pots(app_dsn):
    found = rows(
        app_dsn,
        "SELECT account, (-sum(yen))::int FROM posting WHERE account LIKE 'fund:%%'"
        " GROUP BY 1 HAVING sum(yen) <> 0 ORDER BY 1",
    )
    return dict(found)


def test_the_donor_is_written_to_once_and_only_with_an_address(house, gift, app_dsn):
    load(house, csv_file([row(2, 使いみち="")]))
    drain(house)
    choosing.invite(house, by=DONOR, now=NOW, batch_no="N2026-001")
    assert rows(app_dsn, "SELECT occasion, subject_no FROM mail") == [("gift.choose_use", gift)]
    [(body,)] = rows(app_dsn, "SELECT body_text FROM mail")
    assert f"/d/{secret_of(house, gift)}/use" in body


def test_a_choice_before_the_acceptance_is_followed_with_it(house, gift, hand, app_dsn):
    choose(house, gift, Wish("field", "nature", "anywhere"))
    choose(house, gift)
    assert pots(app_dsn) == {}
    accept(house, hand, gift)
    assert pots(app_dsn) == {"fund:general": 3001, "fund:group:0132": 7000}
    assert rows(
        app_dsn, "SELECT kind, reason, detail->>'into' FROM journal_entry ORDER BY id DESC LIMIT 1"
    ) == [("designation.redirected", "donor-choice", f"{gift}/2")]
    assert rows(app_dsn, "SELECT kind, target, part FROM gift_share") == [
        ("anywhere", None, "wish")
    ]
    assert broken(house) == []
    with pytest.raises(Conflict):
        choose(house, gift)


def test_a_choice_after_the_acceptance_is_booked_at_once(house, gift, hand, app_dsn):
    accept(house, hand, gift)
    assert pots(app_dsn) == {"fund:general": 10001}
    choose(house, gift)
    assert pots(app_dsn) == {"fund:general": 3001, "fund:group:0132": 7000}
    assert rows(app_dsn, "SELECT occasion FROM mail WHERE occasion = 'use.chosen'") == [
        ("use.chosen",)
    ]
    assert broken(house) == []


def test_the_problem_of_a_run_asks_for_the_new_wish_and_the_kept_part_stays(
    house, gift, hand, app_dsn
):
    accept(house, hand, gift)
    choose(house, gift)
    with house.database.reading() as connection:
        problem = freeze_problem(connection, NOW.date(), _rules())
    seen = {one.id: (one.amount, one.levels[0].uses) for one in problem.donations}
    assert {key: (yen, set(uses)) for key, (yen, uses) in seen.items()} == {
        f"{gift}/1": (3001, {"any"}),
        f"{gift}/2": (7000, {"group:0132"}),
    }


def _rules():
    values = {
        "allocation.order": "funding_first",
        "allocation.spend_order": "flex,vintage",
        "allocation.vintage": "fy",
        "allocation.within": "prorata",
    }

    class Given(Rules):
        def __init__(self) -> None:
            pass

        def text(self, name: str) -> str:
            return values[name]

    return Given()


def test_who_may_not_choose_is_told(house, gift, hand, app_dsn):
    load(house, csv_file([row(9)]))
    [(stated,)] = rows(app_dsn, f"SELECT no FROM gift WHERE no <> '{gift}'")
    with pytest.raises(NotFound):
        choose(house, stated)
    with pytest.raises(Invalid):
        choose(house, gift, Wish("group", "0001", "anywhere"))
    with pytest.raises(Invalid):
        choose(house, gift, Wish())


def test_the_page_takes_the_choice_and_the_donors_page_shows_it(house, gift, hand, visit, app_dsn):
    donor = visit()
    address = f"/d/{secret_of(house, gift)}/use"
    page = donor.get(address).get_data(as_text=True)
    assert "あとから選べるページです" in page
    answer = donor.post(address, {"wish": "group", "group": "みほん"})
    assert answer.status_code == 400
    assert "希望どおりに使えないとき" in answer.get_data(as_text=True)
    said = {"wish": "group", "group": "見本こども食堂の会", "group_fallback": "field"}
    assert donor.post(address, said).status_code == 303
    assert "それまでは選びなおせます" in donor.get(address).get_data(as_text=True)
    accept(house, hand, gift)
    page = donor.get(address).get_data(as_text=True)
    assert "公開の台帳に記帳しました" in page
    assert "<form" not in page.split("<main", 1)[1].split("</main", 1)[0]
    own = donor.get(address.removesuffix("/use")).get_data(as_text=True)
    assert "寄附した人が選びなおした" in own
    assert re.search(r"7,000円", own)
    assert visit("/en").get(address).status_code == 200
    assert donor.get("/d/nosuch/use").status_code == 404


def test_the_database_keeps_a_redirection_to_its_word(house, gift, hand, app_dsn, superuser_dsn):
    accept(house, hand, gift)
    choose(house, gift)
    for sql in (
        "UPDATE redirection SET yen = 1",
        "DELETE FROM redirection",
        "UPDATE use_choice SET target = '0133'",
    ):
        with pytest.raises(Exception, match=r"append-only|permission denied"):
            rows(superuser_dsn, sql)
    forged = (
        "INSERT INTO redirection (entry_id, share_id, new_share_id, kind, target, yen, reason,"
        " clause, at, by) SELECT entry_id, share_id, share_id || 'x', kind, target, yen, reason,"
        " clause, at, by FROM redirection"
    )
    with pytest.raises(Exception, match=r"redirection|foreign key"):
        rows(app_dsn, forged)


def test_no_more_is_redirected_than_the_lot_holds(house, gift, hand):
    accept(house, hand, gift)
    use = NewUse("field", "nature", "anywhere", {"levels": [{"uses": ["field:nature"]}]})
    why = Why("no-application", "wish-fallback@2024-04", NOW.date())
    with (
        pytest.raises((Conflict, IntegrityError)),
        house.transaction(by=DONOR, now=NOW) as tx,
    ):
        redirect(tx, f"{gift}/1", use, why, 10002)
    with house.transaction(by=DONOR, now=NOW) as tx:
        assert redirect(tx, f"{gift}/1", use, why, 4000) == f"{gift}/2"
        assert redirect(tx, f"{gift}/1", use, why) == f"{gift}/3"
    assert broken(house) == []
