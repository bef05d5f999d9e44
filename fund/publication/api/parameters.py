"""What an endpoint may be asked: one definition reads the argument and describes it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from fund.kernel.errors import Invalid
from fund.kernel.ids import CROCKFORD
from fund.kernel.japanese import MAX_TYPED_AMOUNT
from fund.kernel.sentences import filled
from fund.publication.domain.kinds import KIND_WORDS
from fund.publication.forms import FITS, MAX_NO, YEARS

MOST = 1_000
USUAL = 100
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Parameter:
    """An argument: ``kind`` is integer, day, text or words (a list with commas between).

    ``low`` and ``high`` bound integers, ``pattern`` and ``longest`` texts; ``choices`` are all
    that is allowed. Strict on purpose: a program that spells a number otherwise has a fault its
    author should hear of.
    """

    name: str
    kind: str
    ja: str
    en: str
    example: int | str = ""
    low: int = 0
    high: int = 0
    pattern: str = ""
    longest: int = 200
    choices: tuple[str, ...] = ()
    usual: int | str | None = None

    def schema(self) -> dict[str, Any]:
        """The argument as JSON Schema."""
        if self.kind == "integer":
            found: dict[str, Any] = {
                "type": "integer",
                "minimum": self.low,
                "maximum": self.high,
            }
        elif self.kind == "day":
            found = {"type": "string", "format": "date"}
        elif self.kind == "words":
            items = {"type": "string", "enum": list(self.choices)}
            found = {"type": "array", "items": items, "minItems": 1, "maxItems": 40}
        elif self.choices:
            found = {"type": "string", "enum": list(self.choices)}
        else:
            found = {"type": "string", "minLength": 1, "maxLength": self.longest}
            if self.pattern:
                found["pattern"] = f"^{self.pattern}$"
        if self.usual is not None:
            found["default"] = self.usual
        return found

    def fault(self, value: str) -> str | None:
        """What is wrong with a value as it was sent; None if it can be read."""
        if self.kind == "integer":
            return self._integer_fault(value)
        if self.kind == "day":
            return None if _is_day(value) else "日付は 2026-04-01 の形にしてください"
        if self.kind == "words":
            fits = all(one in self.choices for one in value.split(",")[:41])
            fits = fits and value.count(",") < 40
        elif self.choices:
            fits = value in self.choices
        else:
            return self._text_fault(value)
        return None if fits else "一覧から選んでください"

    def _integer_fault(self, value: str) -> str | None:
        if not _INTEGER.fullmatch(value) or value == "-0":
            return "整数にしてください（数字だけ）"
        if not self.low <= int(value) <= self.high:
            return filled(
                "%(low)sから%(high)sまでの整数にしてください", low=self.low, high=self.high
            )
        return None

    def _text_fault(self, value: str) -> str | None:
        if not value:
            return "値がありません。引数ごと外すか、値を入れてください"
        if len(value) > self.longest:
            return filled("%(longest)s文字までにしてください", longest=self.longest)
        if self.pattern and not re.fullmatch(self.pattern, value, re.ASCII):
            return filled("「%(example)s」のような形にしてください", example=self.example)
        return None


def _is_day(value: str) -> bool:
    if not _DAY.fullmatch(value):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Asked:
    """The arguments of one request, read and found right."""

    values: Mapping[str, str]
    place: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    """The public address of the site, in the language asked for."""

    def text(self, name: str) -> str | None:
        """A text, or None if it was not sent."""
        return self.values.get(name)

    def integer(self, name: str) -> int | None:
        """A number, or None if it was not sent."""
        value = self.values.get(name)
        return None if value is None else int(value)

    def day(self, name: str) -> dt.date | None:
        """A day, or None if it was not sent."""
        value = self.values.get(name)
        return None if value is None else dt.date.fromisoformat(value)

    @property
    def limit(self) -> int:
        """How many rows a page has."""
        return self.integer("limit") or USUAL

    def __getitem__(self, name: str) -> str:
        """A part of the path."""
        return self.place[name]


def read(
    args: MultiDict[str, str], known: Sequence[Parameter], place: Mapping[str, str], base: str
) -> Asked:
    """Read a query string strictly.

    Raises:
        Invalid: naming every argument that is unknown, repeated or cannot be read.
    """
    by_name = {one.name: one for one in known}
    faults: dict[str, str] = {}
    values: dict[str, str] = {}
    for name, sent in args.lists():
        if name not in by_name:
            faults[name[:60]] = _unknown(tuple(by_name))
        elif len(sent) > 1:
            faults[name] = "1回だけ書いてください"
        elif (fault := by_name[name].fault(sent[0])) is not None:
            faults[name] = fault
        else:
            values[name] = sent[0]
    if faults:
        raise Invalid("引数を確認してください", faults)
    return Asked(values, place, base)


def _unknown(known: tuple[str, ...]) -> str:
    if not known:
        return "この住所には引数がありません。外してください"
    return filled("この引数はありません。使えるのは %(known)s です", known=", ".join(known))


def after(kind: str, example: int | str, **more: Any) -> Parameter:
    """The place to go on from: the key of the last row that was read."""
    return Parameter(
        "after",
        kind,
        "この行の次から（前のページの最後の行の鍵）",
        "Go on behind this row: the key of the last row read",
        example,
        **more,
    )


AFTER_NO = after("integer", 1204, low=0, high=MAX_NO)
LIMIT = Parameter(
    "limit",
    "integer",
    "1ページの行数",
    "Rows on a page",
    100,
    low=1,
    high=MOST,
    usual=USUAL,
)
ORDER = Parameter(
    "order",
    "text",
    "新しい順（newest）か、古い順（oldest：台帳がのびても続きから読める）",
    "newest first, or oldest first: goes on where the log grows",
    "oldest",
    choices=("newest", "oldest"),
    usual="newest",
)
FY = Parameter("fy", "integer", "会計年度", "Fiscal year", 2026, low=YEARS[0], high=YEARS[1])
KIND = Parameter(
    "kind",
    "words",
    "種類（コンマ区切りでいくつでも）",
    "Kinds, several with commas",
    "donation.received",
    choices=tuple(KIND_WORDS),
)
_CODE = "[a-z][a-z0-9-]{1,40}"


def _listed(one: str) -> str:
    """The pattern of up to forty of these with commas between them."""
    return f"{one}(,{one}){{0,39}}"


FIELD = Parameter(
    "field", "text", "分野の記号", "Code of a field", "children", pattern=_CODE, longest=41
)
GROUP = Parameter(
    "group", "text", "団体番号", "Group number", "0132", pattern="[0-9]{4}", longest=4
)
MIN = Parameter(
    "min", "integer", "いくらから（円）", "From so many yen", 1_000, low=0, high=MAX_TYPED_AMOUNT
)
MAX = replace(MIN, name="max", ja="いくらまで（円）", en="Up to so many yen", example=10_000)
FROM = Parameter("from", "day", "この日から", "From this day", "2026-04-01")
TO = Parameter("to", "day", "この日まで", "Up to this day", "2027-03-31")
Q = Parameter("q", "text", "ことば（空白で区切ると、すべてを含むもの）", "Words, all of them", "川")
FIT = Parameter(
    "fit",
    "words",
    "希望とのちがい（第1希望、それより先、おまかせ。コンマ区切りでいくつでも）",
    "How an allocation meets its wish: first, a later one, no wish; several with commas",
    "first",
    choices=FITS,
)
REASON = Parameter(
    "reason",
    "text",
    "変えた理由の記号（コンマ区切りでいくつでも）",
    "Reason codes of a change, several with commas",
    "donor-choice",
    pattern=_listed("[a-z][a-z-]{1,40}"),
    longest=200,
)
AGE = Parameter(
    "age",
    "text",
    "使われていないお金の、受け入れた年度（コンマ区切りでいくつでも）",
    "Fiscal years unspent money was accepted in, several with commas",
    "2026",
    pattern=_listed("(19|2[0-9])[0-9]{2}"),
    longest=199,
)
WAIT = Parameter(
    "wait",
    "text",
    "寄附から割り当てまでの月数（3-5：3か月から5か月）",
    "Months from gift to allocation, 3-5 for three to five",
    "3-5",
    pattern="[0-9]{1,4}-[0-9]{1,4}",
    longest=9,
)
GIVEN_TO = replace(GROUP, name="given-to", ja="わたす先の団体", en="Group it is allocated to")
USE = Parameter(
    "use",
    "text",
    "あてた分野（none：分野なし。コンマ区切りでいくつでも）",
    "Fields it was used for, or none; several with commas",
    "children",
    pattern=_listed(_CODE),
    longest=200,
)
ACCOUNT = Parameter(
    "account",
    "text",
    "勘定",
    "Account",
    "fund:general",
    pattern="[A-Za-z0-9:_.-]{1,60}",
    longest=60,
)
LEDGER = (
    FY,
    KIND,
    FIELD,
    GROUP,
    MIN,
    MAX,
    FROM,
    TO,
    Q,
    FIT,
    REASON,
    AGE,
    WAIT,
    GIVEN_TO,
    USE,
    ACCOUNT,
)
"""The filters of the ledger's page."""
PROGRAMME = Parameter(
    "programme",
    "text",
    "助成の種類やテーマの記号",
    "Code of a programme or theme",
    "challenge",
    pattern=_CODE,
    longest=41,
)
AFTER_AWARD = after("text", "A2026-0007", pattern=rf"[{CROCKFORD}-]{{1,40}}", longest=40)
AFTER_GROUP = after("text", "0132", pattern="[0-9]{4}", longest=4)
AFTER_RUN = after("text", "RUN2026-001", pattern="RUN[0-9]{4}-[0-9]{3,9}", longest=17)
AFTER_ACCOUNT = after("text", "fund:general", pattern="[A-Za-z0-9:_.-]{1,60}", longest=60)
AFTER_CLAUSE = after("text", "acceptance", pattern="[a-z][a-z0-9]*(-[a-z0-9]+)*", longest=100)
AFTER_CODE = after("text", "children", pattern=_CODE, longest=41)
AFTER_EDITION = after("text", "2026-04", pattern="[0-9]{4}-[0-9]{2}(-[0-9]{2})?", longest=10)
STATE = Parameter(
    "state",
    "text",
    "登録の状態（指定がなければすべて）",
    "State of registration; all of them unless one is named",
    "registered",
    choices=("historical", "registered", "suspended", "removed"),
)
"""Every state is listed unless one is asked for: a key in a grant must be found here."""


def at(name: str, ja: str, en: str, example: str, pattern: str, longest: int) -> Parameter:
    """A part of the path."""
    return Parameter(name, "text", ja, en, example, pattern=pattern, longest=longest)


NO = at("no", "番号", "Number", "1204", "[1-9][0-9]{0,15}", 16)
GIFT = at("gift", "寄附番号", "Gift number", "G-7K3M9QX2", f"G-[{CROCKFORD}]{{8}}", 10)
AWARD = at("award", "助成番号", "Award number", "A2026-0007", "[A-Z0-9-]{1,20}", 20)
GROUP_NO = at("group", "団体番号", "Group number", "0132", "[0-9]{4}", 4)
RUN = at("run", "配分の番号", "Run", "RUN2026-001", "RUN[0-9]{4}-[0-9]{3,9}", 17)
EDITION = at("edition", "版", "Edition", "2026-04", "[0-9]{4}-[0-9]{2}(-[0-9]{2})?", 10)
SIZE = replace(NO, name="size", ja="木の大きさ", en="Size of the tree")
