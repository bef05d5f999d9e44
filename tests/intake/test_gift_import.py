"""A file of gifts: once in, in for good; twice adds nothing; bad rows say where."""

from __future__ import annotations

import pytest
from giving_books import rows
from intake_books import broken as broken_laws
from intake_books import csv_file, dry, load, row

from fund.giving.intake import batches, booking, importing, queries

COUNTS = "SELECT count(*), coalesce(sum(yen), 0) FROM gift"


def test_a_file_becomes_received_gifts_with_payments_entries_and_consents(house, app_dsn):
    found, done = load(house, csv_file([row(n) for n in range(1, 6)]), source="見本ポータル")
    assert (len(found.new), found.problems, done.booked, done.doubtful) == (5, (), 5, 0)
    assert rows(app_dsn, COUNTS) == [(5, 50000)]
    assert rows(app_dsn, "SELECT DISTINCT state, method, received_on::text FROM gift") == [
        ("received", "portal", "2026-06-01")
    ]
    assert rows(app_dsn, "SELECT account, sum(yen) FROM posting GROUP BY 1 ORDER BY 1") == [
        ("assets:clearing:counter", 50000),
        ("held:unaccepted", -50000),
    ]
    assert rows(app_dsn, "SELECT state, count(*) FROM payment GROUP BY 1") == [("succeeded", 5)]
    assert rows(app_dsn, "SELECT DISTINCT text_version FROM consent") == [("portal-2026-11",)]
    assert broken_laws(house) == []


def test_the_same_file_twice_adds_nothing_and_an_overlap_only_what_is_new(house, app_dsn):
    first = csv_file([row(n) for n in range(1, 6)])
    load(house, first)
    found, done = load(house, first)
    assert (len(found.new), len(found.already), done.booked) == (0, 5, 0)
    found, done = load(house, csv_file([row(n) for n in range(4, 9)]))
    assert (len(found.new), len(found.already), done.booked) == (3, 2, 3)
    assert rows(app_dsn, COUNTS) == [(8, 80000)]


def test_two_equal_rows_with_different_numbers_are_two_gifts(house, app_dsn):
    twins = [row(1), {**row(1), "注文番号": "P-000002"}]
    _found, done = load(house, csv_file(twins))
    assert done.booked == 2
    assert rows(app_dsn, COUNTS) == [(2, 20000)]


def test_rows_without_numbers_are_known_by_what_they_say(house, app_dsn):
    plain = [{key: cell for key, cell in row(1).items() if key != "注文番号"}] * 2
    load(house, csv_file(plain))
    assert rows(app_dsn, COUNTS) == [(2, 20000)]
    found, _done = load(house, csv_file(plain))
    assert (len(found.new), len(found.already)) == (0, 2)


def test_a_bad_row_keeps_the_whole_file_out_unless_good_rows_are_asked_for(house, app_dsn):
    body = csv_file([row(1), row(2, 寄附金額="1.5万", 受領日="きのう"), row(3)])
    found, done = load(house, body)
    assert done.batch_no is None
    assert rows(app_dsn, COUNTS) == [(0, 0)]
    assert {(one.row, one.column) for one in found.problems} == {(3, "amount"), (3, "received_on")}
    _found, done = load(house, body, good_only=True)
    assert done.booked == 2
    assert rows(app_dsn, COUNTS) == [(2, 20000)]
    assert broken_laws(house) == []


def test_a_number_with_another_content_is_refused(house, app_dsn):
    load(house, csv_file([row(1)]))
    found, done = load(house, csv_file([row(1, 寄附金額="20000")]))
    assert [one.column for one in found.problems] == ["order_no"]
    assert done.booked == 0
    found = dry(house, csv_file([row(2), row(2, 寄附金額="5")]))
    assert [(one.row, one.column) for one in found.problems] == [(3, "order_no")]
    found = dry(house, csv_file([row(2), row(2)]))
    assert (len(found.new), found.already) == (1, ((3, "#2"),))
    assert rows(app_dsn, COUNTS) == [(1, 10000)]


def test_a_dry_run_leaves_nothing(house, app_dsn):
    before = rows(app_dsn, "SELECT count(*) FROM audit_trail")
    found = dry(house, csv_file([row(n) for n in range(1, 4)]))
    assert len(found.new) == 3
    assert int(found.new_yen) == 30000
    for table in ("gift", "intake_batch", "intake_row", "donor", "procrastinate_jobs"):
        assert rows(app_dsn, f"SELECT count(*) FROM {table}") == [(0,)]
    assert rows(app_dsn, "SELECT count(*) FROM audit_trail") == before


def test_killed_between_chunks_the_same_file_again_books_the_rest(house, app_dsn, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 10)
    body, real, chunks = csv_file([row(n) for n in range(1, 36)]), booking.book_rows, []

    def dies(tx, found, *, sample):
        if len(chunks) == 2:
            raise KeyboardInterrupt
        chunks.append(len(found))
        return real(tx, found, sample=sample)

    with monkeypatch.context() as patched:
        patched.setattr(importing, "book_rows", dies)
        with pytest.raises(KeyboardInterrupt):
            load(house, body)
    assert rows(app_dsn, COUNTS) == [(20, 200000)]
    found, done = load(house, body)
    assert (len(found.new), len(found.already), done.booked) == (0, 35, 15)
    assert rows(app_dsn, COUNTS) == [(35, 350000)]
    assert rows(app_dsn, "SELECT state FROM intake_batch") == [("booked",)]
    assert broken_laws(house) == []


def test_a_gift_that_looks_like_one_we_have_waits_for_a_person(house, app_dsn, hand, now):
    load(house, csv_file([row(1)]), source="甲")
    twin = row(77, 受領日="2026-06-03", 氏名="見本　太郎1", フリガナ="ﾐﾎﾝ ﾀﾛｳ")
    found = dry(house, csv_file([twin, row(78, 寄附金額="777")]), source="乙")
    assert [(one.row, set(one.reasons)) for one in found.doubtful] == [
        (2, {"name", "kana", "postal_code"})
    ]
    found, done = load(house, csv_file([twin, row(78, 寄附金額="777")]), source="乙")
    assert (done.booked, done.doubtful) == (1, 1)
    assert rows(app_dsn, COUNTS) == [(2, 10777)]
    _decide(house, hand(), now, same=False)
    importing.finish_files(house, by=hand(), now=now)
    assert rows(app_dsn, COUNTS) == [(3, 20777)]
    assert rows(app_dsn, "SELECT DISTINCT state FROM intake_batch") == [("booked",)]


def test_the_same_gift_is_left_out_and_the_decision_is_kept(house, app_dsn, hand, now):
    load(house, csv_file([row(1)]), source="甲")
    twin = csv_file([row(77, 氏名="見本 太郎1")])
    load(house, twin, source="乙")
    _decide(house, hand(), now, same=True)
    importing.finish_files(house, by=hand(), now=now)
    found, _done = load(house, twin, source="乙")
    assert len(found.already) == 1
    assert rows(app_dsn, COUNTS) == [(1, 10000)]
    assert rows(app_dsn, "SELECT decision, decided_by IS NOT NULL FROM intake_doubt") == [
        ("same", True)
    ]


def _decide(house, by, now, *, same):
    with house.database.reading() as connection:
        [doubt] = queries.open_doubts(connection)
    batches.decide_doubt(house, by=by, now=now, doubt_id=doubt.id, same=same)


@pytest.mark.parametrize("name", ["神田 髙﨑", "𠮷田 ｱｲ", "葛󠄀城 ①㈱", "O’Brien  Ana", "見本　花子"])
def test_names_stay_as_written(house, app_dsn, name):
    load(house, csv_file([row(1, 氏名=f" {name} ")]))
    kept = " ".join(name.replace("　", " ").split())
    assert rows(app_dsn, "SELECT single_name, kana FROM donor") == [(kept, "ミホン タロウ")]
