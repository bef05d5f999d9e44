"""Rules of the One-Stop exception: states, deadlines, what can be wrong with an application.

Source: Local Tax Act (地方税法), supplementary provisions art. 7: the application
(申告特例申請書, form 55-5 of the enforcement regulations) and a change of name or address
(変更届出書, form 55-6) reach the body by 10 January after the year of the gift; the body tells the
home municipality (申告特例通知書) by 31 January.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from fund.kernel.transitions import Transitions

ONE_STOP = Transitions.table(
    "ワンストップ特例の申請",
    {
        # Many send a form from elsewhere: it may arrive although none was handed out.
        "requested": {"sent", "received", "defective", "late", "withdrawn", "cancelled"},
        # Back to requested when the gift became smaller: a form over the new amount is needed.
        "sent": {"received", "defective", "late", "withdrawn", "cancelled", "requested"},
        # Back to sent when an officer marked the wrong one.
        "received": {"notified", "defective", "sent", "withdrawn", "cancelled", "requested"},
        "defective": {"received", "late", "sent", "withdrawn", "cancelled", "requested"},
        "late": {"sent", "withdrawn", "cancelled"},
        # The home municipality must then be told again, by letter.
        "notified": {"cancelled"},
        "withdrawn": {"requested"},
        # Money that came back to us makes the gift whole again.
        "cancelled": {"requested"},
    },
)

OPEN = frozenset({"requested", "sent", "defective"})
"""States in which the paper is still to come."""
STANDING = frozenset({"requested", "sent", "received", "defective"})
"""States in which the day of birth may still be needed."""

DEFECTS: Mapping[str, tuple[str, str]] = {
    "my-number": ("個人番号の欄が空か、けたが足りません", "The My Number is missing or incomplete"),
    "identity": (
        "本人確認書類の写しが足りません",
        "Copies of your identity papers are missing or not complete",
    ),
    "boxes": ("確認の欄（2か所）にしるしがありません", "The two boxes are not ticked"),
    "facts": (
        "お名前か生年月日が、本人確認書類と合いません",
        "Your name or day of birth differs from your identity papers",
    ),
    "address": (
        "ご住所が、本人確認書類と合いません",
        "Your address differs from your identity papers",
    ),
    "amount": ("寄附金額か寄附の日が合いません", "The amount or the day of the gift differs"),
    "unreadable": ("読めない所があります", "Some of it cannot be read"),
}
"""What can be wrong with an application that arrived: code → Japanese and English."""


def notice_deadline(year: int) -> dt.date:
    """The day by which home municipalities are told of a tax year's applications: 31 January."""
    return dt.date(year + 1, 1, 31)


def year_of_work(today: dt.date) -> int:
    """The tax year officers work on: until the notices are due, the one before."""
    return today.year - 1 if today <= notice_deadline(today.year - 1) else today.year


def home_municipality(address: str, places: Sequence[tuple[str, str]]) -> str:
    """The municipality of an address: prefecture and city as ``places`` of its postcode name them.

    Wards of designated cities (政令指定都市) belong to their city; Tokyo's wards stand alone. Empty
    where postcode and address do not agree: somebody must look.
    """
    homes = dict.fromkeys((prefecture, _CITY.sub(r"\1", city)) for prefecture, city in places)
    named = [p + city for p, city in homes if address.startswith((p + city, city))]
    if len(named) == 1:
        return named[0]
    elsewhere = _PREFECTURE.match(address)
    if len(homes) != 1 or elsewhere:
        return ""
    return "".join(next(iter(homes)))


_CITY = re.compile(r"^(.+?市).+区$")
_PREFECTURE = re.compile(r"東京都|北海道|京都府|大阪府|.{2,3}県")
