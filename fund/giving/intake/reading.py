"""One row, typed at the keyboard or standing in a file, read into facts or into what to change.

Names and addresses stay as typed; amounts, days, postcodes, telephone numbers and readings are
taken in whatever width and form people write them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from fund.giving.domain import Donor, Wish
from fund.giving.domain import donor as reading
from fund.giving.domain.consents import MAX_DISPLAY_NAME
from fund.giving.domain.donor import ANONYMOUS
from fund.giving.domain.one_stop import why_not
from fund.giving.domain.receipt_ways import LINK, NO_COPY, POST
from fund.giving.intake.domain import KINDS, MAX_NOTE, RowFacts
from fund.giving.intake.uses import Uses
from fund.kernel.calendar import parse_day
from fund.kernel.errors import Invalid
from fund.kernel.ids import read_gift_no
from fund.kernel.japanese import narrow, parse_amount
from fund.kernel.money import Yen
from fund.kernel.sentences import filled

Typed = Mapping[str, str]
FIRST_DAY = dt.date(2000, 1, 1)
MAX_KEY = 80
MAX_CELL = 1_000
_ORGANISATION = frozenset({"法人", "団体", "法人・団体", "organisation", "organization", "企業"})
_INDIVIDUAL = frozenset({"", "個人", "individual", "person"})
_ANONYMOUS = frozenset({"匿名", ANONYMOUS})
_METHODS = {
    **{kind: kind for kind in KINDS},
    "窓口": "counter",
    "現金": "counter",
    "納付書": "slip",
    "募金箱": "box",
    "銀行振込": "bank",
    "銀行": "bank",
    "振込": "bank",
    "口座振込": "bank",
    "ポータル": "portal",
    "ポータルサイト": "portal",
}
_JAPAN = frozenset({"", "jp", "jpn", "japan", "日本", "日本国"})
_WAYS = {
    "": POST,
    "郵送": POST,
    "紙": POST,
    "post": POST,
    "リンク": LINK,
    "メール": LINK,
    "pdf": LINK,
    "link": LINK,
    "不要": NO_COPY,
    "none": NO_COPY,
}
_YES = frozenset(
    {"希望する", "希望", "あり", "有", "要", "はい", "○", "〇", "1", "yes", "y", "true"}
)
_NO = frozenset(
    {"", "希望しない", "なし", "無", "不要", "いいえ", "×", "0", "no", "n", "false", "-"}
)
_TIME = re.compile(r"[T\s]+\d{1,2}:\d{2}.*$")
_WEEKDAY = re.compile(r"\([月火水木金土日](曜日?)?\)")


@dataclass(frozen=True)
class Setting:
    """What holds for every row that does not say otherwise; ``today`` is a day in Japan."""

    today: dt.date
    method: str
    day: dt.date | None = None
    source: str = ""
    note: str = ""


class Row:
    """Reads the cells of one row and collects what must be changed, by field."""

    def __init__(self, typed: Typed, uses: Uses, setting: Setting) -> None:
        self._typed, self._uses, self._setting = typed, uses, setting
        self.problems: dict[str, str] = {}

    def cell(self, name: str) -> str:
        """What stands in a cell, as it is."""
        return self._typed.get(name, "")

    def read(self, name: str, reader: Callable[[str], str]) -> str:
        """A cell through a reader; its complaint becomes this field's problem."""
        text = self.cell(name)
        if len(text) > MAX_CELL:
            self.problems[name] = filled("%(longest)s文字をこえています", longest=MAX_CELL)
            return ""
        try:
            return reader(text)
        except ValueError as error:
            self.problems[name] = str(error)
            return ""

    def facts(self) -> RowFacts:
        """Everything the row says.

        Raises:
            Invalid: with every field that must be changed.
        """
        yen, day, method = self._yen(), self._day(), self._method()
        pays = self._pays()
        donor = Donor(kind=ANONYMOUS) if pays else self._donor(method)
        wish, stated = (Wish(), True) if pays or donor.kind == ANONYMOUS else self._wish()
        if donor.kind == ANONYMOUS and not pays:
            wish, stated = self._wish()
            stated = True  # nobody could be asked later
        display = self.read("display_name", _line(MAX_DISPLAY_NAME))
        if display and donor.kind == ANONYMOUS:
            self.problems["display_name"] = "匿名の寄附に、公表する名前は付けられません"
        note = self.read("note", _line(MAX_NOTE)) or self._setting.note
        source = self.read("source", _line(MAX_KEY)) or self._setting.source
        key = self.read("order_no", _line(MAX_KEY))
        papers = self._papers(donor)
        if self.problems:
            raise Invalid("この行を確認してください", self.problems)
        return RowFacts(
            yen=yen,
            received_on=day,
            method=method,
            donor=donor,
            wish=wish,
            wish_stated=stated,
            display_name=display,
            locale=self._locale(),
            note=note,
            pays=pays,
            source=source,
            source_key=key or None,
            **papers,
        )

    def _papers(self, donor: Donor) -> dict[str, Any]:
        """How the receipt comes (by post where nothing is said), and whether One-Stop is asked."""
        said = "".join(narrow(self.cell("receipt")).split()).casefold()
        if said not in _WAYS:
            self.problems["receipt"] = "領収書は、郵送・リンク・不要のどれかを書いてください"
        asked = "".join(narrow(self.cell("one_stop")).split()).casefold()
        if asked not in _YES | _NO:
            self.problems["one_stop"] = "ワンストップ特例は「希望する」か、空のままにしてください"
        nobody = donor.kind == ANONYMOUS
        if asked in _YES and not nobody and (problem := why_not(donor.kind, donor.country)):
            self.problems["one_stop"] = problem
        way = NO_COPY if nobody else _WAYS.get(said, POST)
        return {"receipt_way": way, "one_stop": asked in _YES and not nobody}

    def _yen(self) -> Yen:
        try:
            yen = parse_amount(self.cell("amount")[:MAX_CELL])
        except ValueError:
            yen = Yen(0)
        if yen <= 0:
            self.problems["amount"] = "金額を1円以上の整数で書いてください（例：10000、1万5千円）"
        return yen

    def _day(self) -> dt.date:
        text = self.cell("received_on").strip()
        if not text and self._setting.day is not None:
            return self._setting.day
        try:
            day = read_day(text[:60])
        except ValueError:
            self.problems["received_on"] = (
                "お金を受け取った日を書いてください（例：2026-04-01、R8.4.1、令和8年4月1日）"
            )
            return self._setting.today
        if not FIRST_DAY <= day <= self._setting.today:
            self.problems["received_on"] = "受け取った日が未来か、古すぎます"
        return day

    def _method(self) -> str:
        said = "".join(narrow(self.cell("method")).split()).casefold()
        if not said:
            return self._setting.method
        if said not in _METHODS:
            self.problems["method"] = (
                "支払い方法は、窓口・納付書・募金箱・銀行振込・ポータルのどれかです"
            )
            return self._setting.method
        return _METHODS[said]

    def _pays(self) -> str:
        text = self.cell("gift_no").strip()
        if not text:
            return ""
        number = read_gift_no(narrow(text[:40]))
        if number is None:
            self.problems["gift_no"] = "寄附番号は「G-」に続く8文字です"
        return number or ""

    def _wish(self) -> tuple[Wish, bool]:
        try:
            return self._uses.read(self.cell("wish")[:MAX_CELL], self.cell("fallback")[:MAX_CELL])
        except ValueError as error:
            self.problems["wish"] = str(error)
            return Wish(), False

    def _locale(self) -> str:
        said = narrow(self.cell("locale")).strip().casefold()
        return "en" if said in {"en", "english", "英語"} else "ja"

    def _donor(self, method: str) -> Donor:
        kind = self._kind(method)
        if kind == ANONYMOUS:
            return self._nobody()
        said: dict[str, Any] = {
            "kind": kind,
            **self._name(kind),
            **self._place(),
            "contact_person": self.read("contact_person", reading.read_name),
            "phone": self.read("phone", reading.read_phone),
            "email": self.read("email", reading.read_email),
        }
        try:
            return Donor(**{name: said[name] for name in _DONOR if name in said})
        except Invalid as error:
            for name, message in error.fields.items():
                self.problems.setdefault(_SHOWN.get(name, name), message)
            return Donor(kind=ANONYMOUS)

    def _kind(self, method: str) -> str:
        said = "".join(narrow(self.cell("kind")).split()).casefold()
        if method == "box" or said in _ANONYMOUS:
            return ANONYMOUS
        if said in _ORGANISATION or (not said and self.cell("organisation").strip()):
            return "organisation"
        if said not in _INDIVIDUAL:
            self.problems["kind"] = "個人・法人・匿名のどれかを書いてください"
        return "individual"

    def _nobody(self) -> Donor:
        for name in (
            "name",
            "family_name",
            "given_name",
            "organisation",
            "address1",
            "phone",
            "email",
        ):
            if self.cell(name).strip():
                self.problems[name] = "匿名の寄附です。お名前や連絡先は消してください"
        return Donor(kind=ANONYMOUS)

    def _name(self, kind: str) -> dict[str, str]:
        kana = self.read("kana", reading.read_kana)
        if not kana:
            parts = [self.read(name, reading.read_kana) for name in ("family_kana", "given_kana")]
            kana = " ".join(part for part in parts if part)
        whole = self.read("name", reading.read_name)
        family = self.read("family_name", reading.read_name)
        given = self.read("given_name", reading.read_name)
        company = self.read("organisation", reading.read_name)
        if kind == "organisation":
            return {"single_name": company or whole or f"{family}{given}", "kana": kana}
        if family and given and not whole:
            return {"family_name": family, "given_name": given, "kana": kana}
        single = whole or family or given
        if not single and not self.problems.keys() & {"name", "family_name", "given_name"}:
            self.problems["name"] = "お名前を書いてください（匿名のときは区分を「匿名」に）"
        return {"single_name": single, "kana": kana}

    def _place(self) -> dict[str, str]:
        country = self.read("country", reading.read_name)
        address = "".join(
            self.read(name, _line(reading.MAX_ADDRESS))
            for name in ("prefecture", "city", "address1")
        )
        second = self.read("address2", _line(reading.MAX_ADDRESS))
        if narrow(country).strip().casefold() not in _JAPAN:
            return {"country": country, "address1": address, "address2": second}
        code = self.cell("postal_code").strip()
        if not code:
            self.problems["postal_code"] = "郵便番号を書いてください"
        return {
            "postal_code": self.read("postal_code", reading.read_postal_code) if code else "",
            "address1": address,
            "address2": second,
        }


_ADDRESS = ("prefecture", "city", "address1")
_PERSONAL = ("name", "family_name", "given_name", "organisation", "address1", "phone", "email")
_DONOR = frozenset(one.name for one in fields(Donor))
_SHOWN = {"single_name": "name", "family_name": "name", "given_name": "name"}


def _line(longest: int) -> Callable[[str], str]:
    return lambda text: reading.read_name(text, longest)


def read_day(text: str) -> dt.date:
    """A day in any form people and programs write it, also with a weekday or a time behind it.

    Raises:
        ValueError: if no real day can be read.
    """
    plain = _WEEKDAY.sub("", narrow(text).strip())
    return parse_day(_TIME.sub("", plain).strip())


def read_row(typed: Typed, uses: Uses, setting: Setting) -> RowFacts:
    """One row's facts.

    Raises:
        Invalid: with every field that must be changed.
    """
    return Row(typed, uses, setting).facts()
