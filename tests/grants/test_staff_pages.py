"""The staff pages walk an application from the form to the settlement, in two languages."""

from __future__ import annotations

import datetime as dt

import pytest
import run_books
from award_books import rows

from fund.kernel.actor import system
from fund.kernel.money import Yen
from fund.ledger import facts, journal

FORM = {
    "group_no": "こども食堂",
    "fy": "2026",
    "programme_code": "challenge",
    "theme_code": "",
    "title": "こども食堂をひらく",
    "summary": "夕食の場",
    "fields": ["children"],
    "requested_yen": "３０万円",
}
AWARD = "/staff/awards/A2026-0001"
LISTS = ("/staff/applications", "/staff/awards", "/staff/disbursements")


def commit_money(house, award, yen):
    now = dt.datetime.now(dt.UTC)
    with house.transaction(by=system(), now=now) as tx:
        journal.record(tx, facts.opening_balance("OPEN-1", Yen(yen), now.date(), {}))
        line = facts.Line(
            "RUN2026-001", 1, "OPEN-1", None, {"fund:general": Yen(yen)}, award, 1, "any"
        )
        run_books.approved(tx, "RUN2026-001", now.date(), yen)
        run_books.booked(tx, [line], now.date(), ())


def page(answer, status=200):
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    return text


def register(officer, council, app_dsn, prefix):
    """An officer registers, sees that the rest is for others, and the council recommends."""
    officer.get("/staff/applications/new")
    assert officer.post("/staff/applications/new", FORM).status_code == 303
    (number,) = rows(app_dsn, "SELECT no FROM application")[0]
    path = f"/staff/applications/{number}"
    own = page(officer.get(path))
    assert ("あなたが登録した申請です" in own) or prefix
    assert f'action="{prefix}{path}/recommendation"' not in own
    assert f'action="{prefix}{path}/recommendation"' in page(council.get(path))
    said = {"recommended": "yes", "yen": "250000", "score": "８０", "comment": "よい計画"}
    assert council.post(f"{path}/recommendation", said).status_code == 303
    assert f'action="{prefix}{path}/decision"' not in page(council.get(path))
    return path


def pay(house, officer, treasurer, prefix):
    """Money is committed, asked for by the officer, sent back empty-handed, paid."""
    commit_money(house, "A2026-0001", 300_000)
    assert f'action="{prefix}{AWARD}/disbursement"' in page(officer.get(AWARD))
    assert officer.post(f"{AWARD}/disbursement", {"yen": "30万円"}).status_code == 303
    request = "/staff/disbursements/A2026-0001-1"
    assert f'action="{prefix}{request}/payment"' not in page(officer.get(request))
    assert f'action="{prefix}{request}/payment"' in page(treasurer.get(request))
    page(treasurer.post(f"{request}/sending-back", {"reason": ""}), 400)
    assert treasurer.post(f"{request}/payment").status_code == 303


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_an_application_goes_the_whole_way_through_the_pages(house, people, staff, app_dsn, prefix):
    officer, council, decider, treasurer = (
        staff(role, prefix) for role in ("officer", "council", "decider", "treasurer")
    )
    path = register(officer, council, app_dsn, prefix)
    page(decider.get(path))
    verdict = {"accepted": "yes", "yen": "300,000", "min_yen": "", "tier": "1", "reason": ""}
    assert 'value="300,000"' in page(decider.post(f"{path}/decision", verdict), 400)
    explained = {**verdict, "reason": "夏の回を増やす"}
    assert decider.post(f"{path}/decision", explained).status_code == 303
    assert "夏の回を増やす" in page(officer.get(AWARD))
    pay(house, officer, treasurer, prefix)
    page(officer.get(AWARD))
    wrong = {"spent": "1", "returned": "0", "report": "済"}
    assert "済</textarea>" in page(officer.post(f"{AWARD}/settlement", wrong), 400)
    done = {"spent": "300000", "returned": "0", "report": "48回ひらいた"}
    assert officer.post(f"{AWARD}/settlement", done).status_code == 303
    assert "48回ひらいた" in page(officer.get(AWARD))
    for address in LISTS:
        assert "2026-0001" in page(officer.get(address))
        assert officer.get(f"{address}.xlsx").status_code == 200


def test_a_form_comes_back_with_everything_that_was_typed(house, staff):
    officer = staff("officer")
    officer.get("/staff/applications/new")
    answer = officer.post(
        "/staff/applications/new",
        {**FORM, "group_no": "みほん", "fields": [], "requested_yen": "たくさん"},
    )
    text = page(answer, 400)
    assert 'value="みほん"' in text
    assert 'value="たくさん"' in text
    assert 'value="こども食堂をひらく"' in text
    assert "error-summary" in text


def test_a_name_that_means_several_groups_asks_for_the_number(house, staff):
    officer = staff("officer")
    officer.get("/staff/applications/new")
    text = page(officer.post("/staff/applications/new", {**FORM, "group_no": "見本"}), 400)
    assert "番号（4けた）" in text


@pytest.mark.parametrize("role", ["council", "decider", "treasurer", "auditor", "admin", "group"])
def test_only_an_officer_registers(house, staff, role):
    visitor = staff(role)
    assert visitor.get("/staff/applications/new").status_code == 403
    assert visitor.post("/staff/applications/new", FORM).status_code in {400, 403}


@pytest.mark.parametrize(
    "address",
    [
        "/staff/applications/AP9999-0001",
        "/staff/awards/A9999-0001",
        "/staff/disbursements/A9999-0001-1",
        "/staff/awards/%00",
    ],
)
def test_unknown_numbers_get_a_helpful_page(house, staff, address):
    assert staff("officer").get(address).status_code in {400, 404}


@pytest.mark.parametrize(
    "query", ["?state=x", "?fy=999999999999999999999", "?after=%00", "?after=' OR 1=1", "?fy=%FF"]
)
def test_no_query_string_breaks_a_list(house, staff, query):
    visitor = staff("officer")
    for address in LISTS:
        assert visitor.get(address + query).status_code in {200, 400}
        assert visitor.get(f"{address}.xlsx{query}").status_code in {200, 400}
