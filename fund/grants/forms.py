"""Reading the forms of this room: every reader gives a value or says what to put right."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from fund.grants.domain import MAX_TEXT, MAX_TITLE, Claim, Opinion, Verdict
from fund.kernel.errors import Invalid
from fund.kernel.japanese import parse_amount
from fund.kernel.money import Yen
from fund.platform.web.query import Query

FIRST_YEAR, LAST_YEAR = 2000, 2100
TIERS = ("1", "2", "3")

Form = MultiDict[str, str]


def read_claim(form: Form, group_no: str | None) -> Claim:
    """The application as typed; the group was looked up before.

    Raises:
        Invalid: naming what cannot be read.
    """
    query = Query(form)
    year = query.integer("fy", FIRST_YEAR, LAST_YEAR)
    if year is None and "fy" not in query.errors:
        query.errors["fy"] = "事業を行う年度を選んでください"
    if group_no is None:
        query.errors["group_no"] = "登録されている団体の番号（4けた）か名前を入力してください"
    claim = Claim(
        group_no=group_no or "",
        programme_code=query.text("programme_code") or "",
        theme_code=query.text("theme_code"),
        fy=year or 0,
        title=query.text("title", MAX_TITLE) or "",
        summary=query.text("summary", MAX_TEXT) or "",
        fields=tuple(dict.fromkeys(form.getlist("fields"))),
        requested_yen=_yen(query, "requested_yen"),
    )
    _check(query)
    return claim


def read_opinion(form: Form) -> Opinion:
    """The council's recommendation as typed.

    Raises:
        Invalid: naming what cannot be read.
    """
    query = Query(form)
    answer = query.choice("recommended", ("yes", "no"))
    if answer is None:
        query.errors["recommended"] = "推薦するか、しないかを選んでください"
    yes = answer == "yes"
    score = query.integer("score", 0, 100)
    if score is None and "score" not in query.errors:
        query.errors["score"] = "0から100までの整数で入力してください"
    opinion = Opinion(
        recommended=yes,
        yen=_yen(query, "yen") if yes else Yen(0),
        score=score or 0,
        comment=query.text("comment", MAX_TEXT) or "",
    )
    _check(query)
    return opinion


def read_verdict(form: Form) -> Verdict:
    """The decision as typed.

    Raises:
        Invalid: naming what cannot be read.
    """
    query = Query(form)
    answer = query.choice("accepted", ("yes", "no"))
    if answer is None:
        query.errors["accepted"] = "採択するか、しないかを選んでください"
    yes = answer == "yes"
    verdict = Verdict(
        accepted=yes,
        yen=_yen(query, "yen") if yes else Yen(0),
        min_yen=_yen(query, "min_yen", empty=Yen(0)) if yes else Yen(0),
        tier=int(query.choice("tier", TIERS) or "1"),
        reason=query.text("reason", MAX_TEXT) or "",
    )
    _check(query)
    return verdict


def read_yen(form: Form, *names: str) -> list[Yen]:
    """Amounts as typed, in the order asked.

    Raises:
        Invalid: naming those that cannot be read.
    """
    query = Query(form)
    found = [_yen(query, name) for name in names]
    _check(query)
    return found


def _yen(query: Query, name: str, empty: Yen | None = None) -> Yen:
    """An amount; unlike in a search an empty box is an error unless ``empty`` says what it is."""
    typed = query.args.get(name, "").strip()
    if not typed and empty is not None:
        return empty
    try:
        return parse_amount(typed)
    except ValueError:
        query.errors[name] = "金額を数字で入力してください（例：100000、10万円）"
        return Yen(0)


def _check(query: Query) -> None:
    if query.errors:
        raise Invalid("入力内容を確認してください", query.errors)
