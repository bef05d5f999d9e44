"""Fields of use, programmes, groups: what they are and what makes them valid. Pure.

Amounts are integer yen, fiscal years are the calendar year of their 1 April.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fund.kernel.errors import Invalid
from fund.kernel.japanese import is_katakana, keep_name, narrow, to_katakana
from fund.kernel.sentences import filled

NPO_LAW_FIELDS = frozenset(range(1, 21))
"""The items of the appended table (別表) of the Act on Promotion of Specified Non-profit
Activities (特定非営利活動促進法); no. 20 stands for what an ordinance adds."""

GROUP_KINDS = ("区民活動団体", "NPO法人", "自治会・町会", "商店会・企業", "その他")
"""What a group is, as the register says it."""
GROUP_STATES = ("historical", "registered", "suspended", "removed")
PROGRAMME_KINDS = ("programme", "theme")

MAX_NAME = 200
MAX_PURPOSE = 2000
_FIELD_CODE = re.compile(r"[a-z][a-z0-9-]{1,30}")
_PROGRAMME_CODE = re.compile(r"[a-z][a-z0-9-]{1,40}")
_GROUP_NO = re.compile(r"[0-9]{4}")
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

_BOUNDS = {
    "first_fy": (1945, 9998),
    "last_fy": (1945, 9998),
    "cap_yen": (1, 10**12),
    "rate_percent": (1, 100),
    "max_years": (1, 100),
    "position": (0, 10_000),
}

_LABELS = {
    "スタートアップ助成": "startup",
    "ステップアップ助成": "stepup",
    "チャレンジ助成": "challenge",
    "チャレンジプラス助成": "challenge-plus",
    "チャレンジ助成・チャレンジプラス助成": "challenge-or-plus",
}
_STAGE = re.compile(r"[(（](?:新規|継続)[)）]\Z")

# The first word found decides; the longer legal forms stand before words they may contain.
_KIND_WORDS = (
    ("特定非営利活動法人", "NPO法人"),
    ("NPO法人", "NPO法人"),
    ("自治会", "自治会・町会"),
    ("町会", "自治会・町会"),
    ("商店", "商店会・企業"),
    ("組合", "商店会・企業"),
    ("株式会社", "商店会・企業"),
    ("社団法人", "その他"),
    ("財団法人", "その他"),
)


@dataclass(frozen=True)
class Field:
    """A field of use a donor may wish for; ``mark`` is its one or two characters."""

    code: str
    name_ja: str
    name_en: str
    mark: str
    about_ja: str
    about_en: str
    npo_law_fields: tuple[int, ...]
    position: int = 0
    open: bool = True


@dataclass(frozen=True)
class Programme:
    """A grant programme or a theme, with the fiscal years it runs in (``None``: no end).

    ``cap_yen`` (yen), ``rate_percent`` and ``max_years`` are None where no source states them.
    """

    code: str
    kind: str
    name_ja: str
    name_en: str
    about_ja: str
    about_en: str
    first_fy: int
    last_fy: int | None = None
    cap_yen: int | None = None
    rate_percent: int | None = None
    max_years: int | None = None
    sample: bool = False
    position: int = 0


@dataclass(frozen=True)
class Group:
    """A civic group under its four-digit number; ``fields`` are codes of fields of use."""

    no: str
    name: str
    kana: str
    name_en: str
    kind: str
    purpose_ja: str
    purpose_en: str
    fields: tuple[str, ...]
    state: str
    registered_on: dt.date | None
    registered_until: dt.date | None
    corporate_no: str | None
    website: str | None
    source_url: str | None
    sample: bool


def is_field_code(code: str) -> bool:
    """Whether this can be the code of a field."""
    return _FIELD_CODE.fullmatch(code) is not None


def is_programme_code(code: str) -> bool:
    """Whether this can be the code of a programme or theme."""
    return _PROGRAMME_CODE.fullmatch(code) is not None


def is_group_no(no: str) -> bool:
    """Whether this can be the number of a group: four ASCII digits."""
    return _GROUP_NO.fullmatch(no) is not None


def is_storable(text: str) -> bool:
    """Whether the database can hold the text: no control characters, no lone surrogates."""
    return _UNSTORABLE.search(text) is None


def programme_code(label: str) -> str:
    """The code of a programme by its published label; (新規) and (継続) are stages of one.

    Raises:
        Invalid: for a label nobody has published so far.
    """
    plain = _STAGE.sub("", keep_name(label)).strip()
    if plain not in _LABELS:
        raise Invalid(filled("助成の種類が分かりません: %(label)s", label=label))
    return _LABELS[plain]


def kind_of(name: str) -> str:
    """What a group most likely is, read from the legal form in its own name."""
    return next((kind for word, kind in _KIND_WORDS if word in name), GROUP_KINDS[0])


def corporate_no_is_valid(number: str) -> bool:
    """Whether 13 digits carry their check digit.

    Source: the ministry's order on corporate numbers (法人番号の指定等に関する省令) art. 2:
    9 minus the sum of the 12 digits, weighted 1 and 2 from the right, modulo 9.
    """
    if re.fullmatch(r"[1-9][0-9]{12}", number) is None:
        return False
    weighted = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number[1:])))
    return int(number[0]) == 9 - weighted % 9


def check_field(field: Field) -> None:
    """Pass if the field can stand in the register.

    Raises:
        Invalid: naming each column that cannot be.
    """
    wrong = _blank(field.name_ja, field.name_en, field.about_ja, field.about_en)
    if not is_field_code(field.code):
        wrong["code"] = "英小文字ではじまる2〜31字の英小文字・数字・ハイフンにしてください"
    if not 1 <= len(field.mark.strip()) <= 2 or not is_storable(field.mark):
        wrong["mark"] = "1字か2字にしてください"
    if not 0 <= field.position <= _BOUNDS["position"][1]:
        wrong["position"] = "0から10000までで入力してください"
    numbers = field.npo_law_fields
    if not set(numbers) <= NPO_LAW_FIELDS or len(set(numbers)) != len(numbers):
        wrong["npo_law_fields"] = "1から20までの番号を、重ならないように入力してください"
    _raise(wrong)


def check_programme(programme: Programme) -> None:
    """Pass if the programme or theme can stand in the register.

    Raises:
        Invalid: naming each column that cannot be.
    """
    item = programme
    wrong = _blank(item.name_ja, item.name_en, item.about_ja, item.about_en)
    if not is_programme_code(item.code):
        wrong["code"] = "英小文字ではじまる2〜41字の英小文字・数字・ハイフンにしてください"
    if item.kind not in PROGRAMME_KINDS:
        wrong["kind"] = "programme か theme にしてください"
    if item.last_fy is not None and item.last_fy < item.first_fy:
        wrong["last_fy"] = "はじまりの年度より前にはできません"
    for column, (least, most) in _BOUNDS.items():
        number: int | None = getattr(item, column)
        if number is not None and not least <= number <= most:
            wrong.setdefault(
                column,
                filled("%(least)sから%(most)sまでで入力してください", least=least, most=most),
            )
    _raise(wrong)


def past_group(row: Mapping[str, str]) -> Group:
    """A row of published results as a historical group, not numbered yet.

    Only ``group_name`` and ``source_url`` are read; what the source does not say stays empty.

    Raises:
        Invalid: when one of the two is missing or empty.
    """
    name, source = (row.get(column) or "" for column in ("group_name", "source_url"))
    _raise(
        {
            column: "入力してください"
            for column, text in (("group_name", name), ("source_url", source))
            if not text.strip()
        }
    )
    return Group(
        no="",
        name=name,
        kana="",
        name_en="",
        kind=kind_of(name),
        purpose_ja="",
        purpose_en="",
        fields=(),
        state="historical",
        registered_on=None,
        registered_until=None,
        corporate_no=None,
        website=None,
        source_url=source,
        sample=False,
    )


def tidy_group(group: Group, known_fields: Iterable[str]) -> Group:
    """The group as it is kept: spaces squeezed, kana in full-width katakana, digits narrow.

    The characters of the name are never exchanged for others.

    Raises:
        Invalid: naming each column that cannot be.
    """
    number = re.sub(r"[\s-]", "", narrow(group.corporate_no or "")) or None
    tidy = replace(
        group,
        name=keep_name(group.name),
        kana=to_katakana(group.kana),
        name_en=keep_name(group.name_en),
        purpose_ja=group.purpose_ja.strip(),
        purpose_en=group.purpose_en.strip(),
        corporate_no=number,
        website=(group.website or "").strip() or None,
        source_url=(group.source_url or "").strip() or None,
    )
    wrong = _wrong_texts(tidy)
    if tidy.kana and not is_katakana(tidy.kana):
        wrong["kana"] = "フリガナはカタカナで入力してください"
    if tidy.kind not in GROUP_KINDS:
        wrong["kind"] = "団体の種類を選んでください"
    if len(set(tidy.fields)) != len(tidy.fields) or not set(tidy.fields) <= set(known_fields):
        wrong["fields"] = "分野の一覧から、重ならないように選んでください"
    if (
        tidy.registered_on
        and tidy.registered_until
        and (tidy.registered_until < tidy.registered_on)
    ):
        wrong["registered_until"] = "登録した日より前にはできません"
    if number is not None and not corporate_no_is_valid(number):
        wrong["corporate_no"] = "法人番号（13けた）を確かめてください"
    _raise(wrong)
    return tidy


def _wrong_texts(group: Group) -> dict[str, str]:
    wrong: dict[str, str] = {}
    limits = {
        "name": MAX_NAME,
        "kana": MAX_NAME,
        "name_en": MAX_NAME,
        "purpose_ja": MAX_PURPOSE,
        "purpose_en": MAX_PURPOSE,
    }
    for column, limit in limits.items():
        text: str = getattr(group, column)
        if len(text) > limit:
            wrong[column] = filled("%(longest)s文字までで入力してください", longest=limit)
        elif not is_storable(text):
            wrong[column] = "使えない文字が入っています。打ち直してください"
    if not group.name:
        wrong["name"] = "団体の名前を入力してください"
    for column, address in (("website", group.website), ("source_url", group.source_url)):
        if address is not None and not _is_address(address):
            wrong[column] = "https:// か http:// ではじまるアドレスを入力してください"
    return wrong


def _is_address(text: str) -> bool:
    return re.fullmatch(r"https?://[^\s<>\"'\\]{1,500}", text) is not None and is_storable(text)


def _blank(name_ja: str, name_en: str, about_ja: str, about_en: str) -> dict[str, str]:
    texts: Mapping[str, str] = {
        "name_ja": name_ja,
        "name_en": name_en,
        "about_ja": about_ja,
        "about_en": about_en,
    }
    return {
        column: "入力してください"
        for column, text in texts.items()
        if not text.strip() or not is_storable(text)
    }


def _raise(wrong: Mapping[str, str]) -> None:
    if wrong:
        raise Invalid("内容を確かめてください", wrong)
