"""Use cases of gifts in kind (物品): registered, then accepted or declined by another person.

They are never money: no payment, no entry, no receipt of an amount. The estimate is shown where
the gift is shown and added to nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from fund.giving.intake import store
from fund.giving.intake.domain import check_note, check_other_hand, in_kind_no
from fund.giving.intake.models import gift_in_kind
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen
from fund.platform.house import House


@dataclass(frozen=True)
class Goods:
    """What is given: description, quantity in words, an estimate in yen (or none), and who gives.

    Raises:
        Invalid: naming what is missing.
    """

    form_key: str
    received_on: dt.date
    description: str
    donor_name: str
    quantity: str = ""
    estimated_yen: Yen | None = None
    donor_address: str = ""
    donor_phone: str = ""
    wish: str = ""

    def __post_init__(self) -> None:
        problems = {}
        if not 16 <= len(self.form_key) <= 128:
            problems["description"] = "画面を開き直してください"
        if not self.description:
            problems["description"] = "品物を書いてください"
        if not self.donor_name:
            problems["donor_name"] = "お名前を書いてください（わからないときは「匿名」）"
        if self.estimated_yen is not None and self.estimated_yen <= 0:
            problems["estimated_yen"] = "見積額は1円以上です。わからないときは空のままにします"
        if problems:
            raise Invalid("物品の寄附の内容を確認してください", problems)


def register_goods(house: House, *, by: Actor, now: dt.datetime, goods: Goods) -> str:
    """Register a gift in kind; the same form again is the same gift. Returns its number.

    Raises:
        Forbidden: when no person acts.
        Invalid: for a day that has not come.
    """
    if not by.is_person():
        raise Forbidden("登録は、サインインした職員だけが行えます")
    today = day_in_japan(now)
    if goods.received_on > today:
        raise Invalid("日付を確認してください", {"received_on": "未来の日は選べません"})
    with house.transaction(by=by, now=now) as tx:
        before = store.in_kind_by_key(tx, goods.form_key)
        if before is not None:
            return before
        year = fiscal_year(today)
        number = in_kind_no(year, store.next_serial(tx, gift_in_kind, f"K{year}-"))
        values = asdict(goods)
        if goods.estimated_yen is not None:
            values["estimated_yen"] = int(goods.estimated_yen)
        store.add_in_kind(tx, number, values)
        tx.audit("goods.registered", number)
    return number


def decide_goods(
    house: House, *, by: Actor, now: dt.datetime, number: str, accept: bool, note: str = ""
) -> None:
    """Accept a gift in kind, or decline it with a reason; never by who registered it.

    Raises:
        NotFound: for an unknown number.
        Forbidden: for the person who registered it.
        Conflict: when it was decided before.
        Invalid: when it is declined without a reason.
    """
    written = check_note(note)
    if not accept and not written:
        message = "お断りする理由を入力してください"
        raise Invalid(message, {"note": message})
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_in_kind(tx, number)
        if row is None:
            raise NotFound("物品の寄附が見つかりません")
        if row.state != "registered":
            raise Conflict("この物品の寄附は、すでに決定されています")
        check_other_hand(frozenset({row.registered_by}), by.person_id)
        store.decide_in_kind(tx, number, "accepted" if accept else "declined", written)
        tx.audit("goods.accepted" if accept else "goods.declined", number)
