"""Beginning a donation on a real database: once per form, before any charge."""

from __future__ import annotations

import threading

import psycopg
import pytest
from giving_books import EDITION, HANAKO, NOW, PUBLIC, offer, rows

from fund.giving import commands, queries
from fund.giving.domain import Consents, Donor, Wish
from fund.kernel.errors import Conflict, Invalid
from fund.kernel.ids import secret_hash
from fund.payments.queries import payments_of

SHOWN = Consents(purpose_of_use=True, publish_name=True, display_name="ヤマハナ")
ODD = "髙\U000e0100橋 神\u200d𠮷"


def begin(house, **changes):
    return commands.begin_donation(house, by=PUBLIC, now=NOW, offer=offer(**changes))


def test_everything_stands_before_anybody_is_charged(house, app_dsn):
    begun = begin(house, wish=Wish("group", "0132", "field"))
    with house.database.reading() as connection:
        gift = queries.gift(connection, begun.gift_no)
        (payment,) = payments_of(connection, begun.gift_no)
        consents = queries.consents_of(connection, begun.gift_no)
        assert queries.gift_by_secret(connection, begun.secret) == gift
    assert (gift.state, gift.yen, gift.edition_code) == ("awaiting_payment", 10_001, EDITION)
    assert [(s.id, s.part, s.yen) for s in gift.shares] == [
        (f"{begun.gift_no}/1", "wish", 7000),
        (f"{begun.gift_no}/2", "kept", 3001),
    ]
    assert (payment.no, payment.yen, payment.state) == (begun.payment_no, 10_001, "created")
    assert [(c.purpose, c.given) for c in consents] == [
        ("purpose_of_use", True),
        ("publish_name", False),
        ("tell_group", False),
        ("report_mail", False),
    ]
    assert all(c.text_shown and c.text_version for c in consents)
    assert rows(app_dsn, "SELECT act, label FROM audit_trail") == [("gift.begun", "public")]


def test_the_secret_is_derived_and_only_its_hash_is_stored(house, app_dsn):
    begun = begin(house)
    assert len(begun.secret) == 32
    assert begun.secret == begun.secret.lower() == commands.secret_of(house, begun.gift_no)
    ((stored,),) = rows(app_dsn, "SELECT secret_hash FROM gift")
    assert bytes(stored) == secret_hash(begun.secret)
    dump = rows(app_dsn, "SELECT gift::text FROM gift")
    assert begun.secret not in str(dump)


def test_the_same_form_sent_again_is_the_same_gift(house, app_dsn):
    assert begin(house) == begin(house) == begin(house)
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(1,)]
    assert rows(app_dsn, "SELECT count(*) FROM donor") == [(1,)]
    assert rows(app_dsn, "SELECT count(*) FROM payment") == [(1,)]


def test_the_same_form_with_another_content_is_refused(house, app_dsn):
    begin(house)
    with pytest.raises(Conflict):
        begin(house, yen=20_000)
    assert rows(app_dsn, "SELECT yen FROM gift") == [(10_001,)]


def test_many_submits_at_once_are_one_gift(house, app_dsn):
    start, answers, failures = threading.Barrier(12), [], []

    def submit():
        start.wait()
        try:
            answers.append(begin(house))
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=submit) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(set(answers)) == 1
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(1,)]
    assert rows(app_dsn, "SELECT count(*) FROM donor") == [(1,)]
    assert rows(app_dsn, "SELECT count(*) FROM payment") == [(1,)]


def test_different_forms_at_once_are_different_gifts(house, app_dsn):
    threads = [
        threading.Thread(target=begin, args=(house,), kwargs={"key": f"form-{n:030d}"})
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(8,)]


@pytest.mark.parametrize("yen", [999, 1_000_001])
def test_the_manuals_bounds_of_the_day_are_kept(house, app_dsn, yen):
    with pytest.raises(Invalid) as refused:
        begin(house, yen=yen)
    assert "amount" in refused.value.fields
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(0,)]


@pytest.mark.parametrize(
    "wish",
    [
        Wish("field", "closed-field", "anywhere"),
        Wish("field", "nowhere", "anywhere"),
        Wish("group", "0001", "anywhere"),
        Wish("group", "9999", "anywhere"),
        Wish("group", "0133", "field"),
        Wish("theme", "old-theme", "anywhere"),
        Wish("theme", "no-theme", "anywhere"),
    ],
)
def test_a_wish_that_is_not_open_is_refused(house, app_dsn, wish):
    with pytest.raises(Invalid):
        begin(house, wish=wish)
    assert rows(app_dsn, "SELECT count(*) FROM donor") == [(0,)]


def test_a_theme_and_a_field_pass_on_everything(house):
    for key, wish in [
        ("a" * 20, Wish("theme", "flood-2026", "anywhere")),
        ("b" * 20, Wish("field", "nature", "field")),
    ]:
        begun = begin(house, key=key, wish=wish)
        with house.database.reading() as connection:
            (share,) = queries.gift(connection, begun.gift_no).shares
        assert (share.kind, share.part, share.yen) == (wish.kind, "wish", 10_001)


def test_a_name_is_stored_byte_for_byte(house, app_dsn):
    donor = Donor(single_name=ODD, country="日本の外", address1="🐟 " + ODD, email="a@b.jp")
    begun = begin(house, donor=donor)
    ((name, address),) = rows(app_dsn, "SELECT single_name, address1 FROM donor")
    assert (name, address) == (ODD, "🐟 " + ODD)
    with house.database.reading() as connection:
        assert queries.donor_of(connection, begun.gift_no).name_on_receipt == ODD


def test_a_published_name_is_published_and_an_anonymous_one_is_not(house):
    shown = begin(house, key="a" * 20, consents=SHOWN)
    hidden = begin(house, key="b" * 20)
    with house.database.reading() as connection:
        names = queries.published_names(connection, [shown.gift_no, hidden.gift_no])
    assert names == {shown.gift_no: "ヤマハナ"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gift_share SET yen = 1",
        "UPDATE gift_share SET kind = 'anywhere', target = NULL, fallback = NULL",
        "DELETE FROM gift_share",
        "UPDATE consent SET given = true",
        "DELETE FROM consent",
        "DELETE FROM gift",
        "DELETE FROM acceptance_batch",
    ],
)
def test_a_recorded_wish_never_changes(house, app_dsn, statement):
    begin(house)
    with pytest.raises(psycopg.Error), psycopg.connect(app_dsn) as connection:
        connection.execute(statement)


def test_shares_refuse_change_even_to_the_superuser(house, superuser_dsn):
    begin(house)
    with pytest.raises(psycopg.errors.RestrictViolation), psycopg.connect(superuser_dsn) as c:
        c.execute("UPDATE gift_share SET yen = 1")


def test_donors_are_read_back_for_receipts(house):
    begun = begin(house)
    with house.database.reading() as connection:
        found = queries.donor_of(connection, begun.gift_no)
    assert found.name_on_receipt == HANAKO.name == "山田 花子"
    assert found.address_lines == (HANAKO.address1,)
