"""Pages of an award's change: proposed, looked at, decided by somebody else, told to donors."""

from __future__ import annotations

import html
import re

import pytest
from award_books import rows
from lots import draft_and_approve, give, small_award

from fund.allocation import reactions
from fund.platform.house import House


@pytest.fixture
def house(house: House) -> House:
    house.reactions.update(reactions.REACTIONS)  # type: ignore[attr-defined]
    return house


def text(answer) -> str:
    return html.unescape(answer.get_data(as_text=True))


ASKED = {"kind": "reduced", "yen": "4万円", "reason": "smaller-project", "explanation": "縮めた"}


@pytest.fixture
def award(house, people) -> str:
    give(house, "G-00000001", "group", "0132", [{"uses": ["group:0132"]}], 60_000)
    number = small_award(house, people, 60_000)
    draft_and_approve(house, people)
    return number


def test_an_officer_proposes_and_a_decider_decides(visitor, award, app_dsn) -> None:
    officer, decider = visitor("officer"), visitor("decider")
    page = text(officer.get(f"/staff/awards/{award}"))
    assert f"/staff/awards/{award}/change" in page
    officer.get(f"/staff/awards/{award}/change")
    answer = officer.post(f"/staff/awards/{award}/change", ASKED)
    assert answer.status_code == 303
    change = answer.location
    assert "決定する人を待っています" not in text(officer.get(change))
    assert "あなたの案です" in text(officer.get(change))
    assert award in text(decider.get("/staff/award-changes"))
    assert "20,000円 が、もとの寄附にもどります" in text(decider.get(change))
    refused = decider.post(f"{change}/decision", {"decision_no": ""})
    assert refused.status_code == 400
    assert decider.post(f"{change}/decision", {"decision_no": "8協第5号"}).status_code == 303
    assert rows(app_dsn, "SELECT yen FROM award") == [(40_000,)]
    public = text(visitor().get(f"/grants/{award}"))
    assert "上限を60,000円から40,000円にしました" in public
    assert "事業が小さくなった" in public
    english = text(visitor(prefix="/en").get(f"/grants/{award}"))
    assert "the project became smaller" in english
    assert "決定を待つ変更はありません" in text(decider.get("/staff/award-changes"))


def test_a_form_that_cannot_be_comes_back_with_what_was_typed(visitor, award) -> None:
    officer = visitor("officer")
    officer.get(f"/staff/awards/{award}/change")
    answer = officer.post(
        f"/staff/awards/{award}/change", {**ASKED, "yen": "70000", "reason": "", "explanation": ""}
    )
    assert answer.status_code == 400
    page = text(answer)
    assert 'value="70000"' in page
    assert len(re.findall(r'href="#(?:yen|reason|explanation)"', page)) == 3


def test_a_change_may_be_sent_back_with_a_reason(visitor, award) -> None:
    officer, decider = visitor("officer"), visitor("decider")
    officer.get(f"/staff/awards/{award}/change")
    change = officer.post(f"/staff/awards/{award}/change", ASKED).location
    decider.get(change)
    assert decider.post(f"{change}/sending-back", {"answer": ""}).status_code == 400
    assert decider.post(f"{change}/sending-back", {"answer": "見直し"}).status_code == 303
    assert "見直し" in text(officer.get(change))


@pytest.mark.parametrize("role", ["council", "auditor"])
def test_only_officers_propose_and_deciders_decide(visitor, award, role) -> None:
    someone = visitor(role)
    assert someone.get(f"/staff/awards/{award}/change").status_code == 403
    assert someone.get("/staff/award-changes").status_code == 200
    assert someone.post("/staff/award-changes/A2026-0001-C1/decision", {}).status_code == 403
    assert someone.get("/staff/award-changes/A2026-0001-C9").status_code == 404
