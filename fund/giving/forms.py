"""What the steps of the donation form say, read from text as typed into the rules' own values.

Every reader takes ``Typed`` (field name to text) and returns a value of the domain, or raises
``Invalid`` with all that must be changed at once; what was typed is never rewritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from flask_babel import gettext as _

from fund.giving.amounts import AMOUNTS, PARTS, Typed, read_amount, read_parts, read_yen
from fund.giving.domain import MAX_PARTS, Consents, Donor, Wish
from fund.giving.domain import donor as reading
from fund.giving.domain.consents import MAX_DISPLAY_NAME
from fund.giving.domain.one_stop import OneStop, read_born_on
from fund.giving.domain.receipt_ways import LINK, WAYS
from fund.kernel.errors import Invalid
from fund.kernel.japanese import narrow
from fund.platform.web.locale import translated

__all__ = ["AMOUNTS", "PARTS", "Typed", "read_amount", "read_parts", "read_yen"]

STEPS = ("use", "amount", "donor", "consents")
FIELDS: dict[str, tuple[str, ...]] = {
    "use": ("wish", "field", "field_fallback", "group", "group_fallback", "theme"),
    "amount": ("amount", "own_amount", *PARTS, "kind", "rhythm"),
    "donor": (
        "name_style",
        "family_name",
        "given_name",
        "single_name",
        "organisation",
        "contact_person",
        "kana",
        "where",
        "postal_code",
        "address1",
        "address2",
        "country",
        "foreign_address",
        "phone",
        "email",
    ),
    "consents": (
        "publish",
        "display_name",
        "tell_group",
        "report_mail",
        "method",
        "receipt_way",
        "one_stop",
        "born_on",
        "purpose_of_use",
    ),
}
MONTHLY = "monthly"
_OUR_COUNTRY = frozenset({"jp", "jpn", "japan", "日本", "日本国"})


def use_key(number: int) -> str:
    """Under which name a draft keeps the nth wish (from 1): ``use``, ``use2``, … ``use5``."""
    return "use" if number == 1 else f"use{number}"


def use_keys(steps: Mapping[str, Typed]) -> list[str]:
    """The names of the wishes that a draft holds, in their order; at least the first."""
    keys = ["use"]
    while len(keys) < MAX_PARTS and use_key(len(keys) + 1) in steps:
        keys.append(use_key(len(keys) + 1))
    return keys


class Reader:
    """Reads fields one by one and collects what must be changed."""

    def __init__(self, typed: Typed) -> None:
        self._typed = typed
        self.problems: dict[str, str] = {}

    def text(self, name: str) -> str:
        """What was typed, as it is."""
        return self._typed.get(name, "")

    def need(self, name: str, message: str, read: Callable[[str], str]) -> str:
        """A value that must be there."""
        value = self.may(name, read)
        if not value and name not in self.problems:
            self.problems[name] = message
        return value

    def may(self, name: str, read: Callable[[str], str]) -> str:
        """A value that may be empty."""
        try:
            return read(self.text(name))
        except ValueError as error:
            self.problems[name] = translated(str(error))
            return ""

    def choice(self, name: str, choices: tuple[str, ...], message: str) -> str:
        """One of the listed values."""
        value = self.text(name)
        if value not in choices:
            self.problems[name] = message
            return ""
        return value

    def check(self) -> None:
        """Pass if nothing must be changed.

        Raises:
            Invalid: with every field that must be.
        """
        if self.problems:
            raise Invalid(_("入力内容を確認してください"), self.problems)


def read_use(typed: Typed) -> Wish:
    """The wish of step 1.

    Raises:
        Invalid: when something was not chosen.
    """
    reader = Reader(typed)
    kind = reader.choice(
        "wish", ("anywhere", "field", "group", "theme"), _("使いみちを選んでください")
    )
    reader.check()
    if kind == "anywhere":
        return Wish()
    questions = {
        "field": _("分野を選んでください"),
        "group": _("団体をさがして、選んでください"),
        "theme": _("テーマを選んでください"),
    }
    target = reader.text(kind)
    if not target:
        reader.problems[kind] = questions[kind]
    fallback = "anywhere"
    if kind != "theme":
        fallback = reader.choice(
            f"{kind}_fallback",
            ("field", "anywhere"),
            _("希望どおりに使えないときの使いみちを選んでください"),
        )
    reader.check()
    try:
        return Wish(kind, target, fallback)
    except Invalid as error:
        raise Invalid(str(error), {kind: questions[kind]}) from error


def read_donor(typed: Typed, kind: str, *, mail_needed: bool = True) -> Donor:
    """The donor of step 3; names and addresses are kept as typed.

    Whoever corrects a gift made on paper may have no mail address (``mail_needed``).

    Raises:
        Invalid: with everything that is missing or cannot be.
    """
    reader = Reader(typed)
    names = _names(reader) if kind == "individual" else _organisation(reader)
    places = _place(reader)
    phone = reader.may("phone", reading.read_phone)
    message = _("メールアドレスを入力してください")
    email = (
        reader.need("email", message, reading.read_email)
        if mail_needed
        else reader.may("email", reading.read_email)
    )
    reader.check()
    return Donor(kind=kind, **names, **places, phone=phone, email=email)


def _names(reader: Reader) -> dict[str, str]:
    family = given = single = ""
    if reader.text("name_style") == "single":
        single = reader.need("single_name", _("お名前を入力してください"), reading.read_name)
    else:
        family = reader.need("family_name", _("姓を入力してください"), reading.read_name)
        given = reader.need("given_name", _("名を入力してください"), reading.read_name)
    kana = reader.may("kana", reading.read_kana)
    written = family + given + single
    japanese = reader.text("where") != "abroad" and not (written and reading.is_latin(written))
    if japanese and not kana and "kana" not in reader.problems:
        reader.problems["kana"] = _("フリガナを入力してください")
    return {"family_name": family, "given_name": given, "single_name": single, "kana": kana}


def _organisation(reader: Reader) -> dict[str, str]:
    message = _("法人・団体の名前を入力してください")
    return {
        "single_name": reader.need("organisation", message, reading.read_name),
        "contact_person": reader.need(
            "contact_person", _("ご担当者のお名前を入力してください"), reading.read_name
        ),
        "kana": reader.may("kana", reading.read_kana),
    }


def _address(text: str) -> str:
    return reading.read_name(text, reading.MAX_ADDRESS)


def _place(reader: Reader) -> dict[str, str]:
    if reader.text("where") == "abroad":
        message = _("国・地域の名前を入力してください")
        country = reader.need("country", message, reading.read_name)
        if narrow(country).strip().lower() in _OUR_COUNTRY:
            reader.problems["country"] = _("日本国内のご住所は「日本国内」を選んでください")
        message = _("ご住所を入力してください")
        return {
            "country": country,
            "address1": reader.need("foreign_address", message, _address),
        }
    message = _("郵便番号は7けたの数字で入力してください（例：1448621）")
    return {
        "postal_code": reader.need("postal_code", message, reading.read_postal_code),
        "address1": reader.need("address1", _("ご住所を入力してください"), _address),
        "address2": reader.may("address2", _address),
    }


def read_display_name(text: str) -> str:
    """The name to publish, as typed.

    Raises:
        ValueError: when it is missing, too long or holds control characters.
    """
    name = reading.read_name(text, MAX_DISPLAY_NAME)
    if not name:
        raise ValueError("公表する名前を入力してください")
    return name


def read_consents(typed: Typed, name: str, *, names_group: bool) -> Consents:
    """The consents of step 4; ``name`` is what the donor publishes by choosing the own name.

    ``names_group`` tells whether a wish names a group: only then was asked about telling it.

    Raises:
        Invalid: when the choice about the name or the required consent is missing.
    """
    reader = Reader(typed)
    message = _("お名前を公表するかどうかを選んでください")
    publish = reader.choice("publish", ("no", "name", "alias"), message)
    display_name = ""
    if publish == "alias":
        display_name = reader.need(
            "display_name",
            _("公表する名前を入力してください"),
            lambda text: reading.read_name(text, MAX_DISPLAY_NAME),
        )
    elif publish == "name":
        display_name = name
        if len(name) > MAX_DISPLAY_NAME:
            reader.problems["publish"] = _(
                "お名前が%(n)s文字をこえています。公表する名前を別に決めてください",
                n=MAX_DISPLAY_NAME,
            )
    if not reader.text("purpose_of_use"):
        reader.problems["purpose_of_use"] = _("内容を確認して、同意のしるしを付けてください")
    reader.check()
    return Consents(
        purpose_of_use=True,
        publish_name=publish != "no",
        display_name=display_name,
        tell_group=bool(reader.text("tell_group")) and names_group,
        report_mail=bool(reader.text("report_mail")),
    )


def read_receipt(typed: Typed, today: dt.date, *, may_one_stop: bool) -> tuple[str, OneStop | None]:
    """How the receipt comes, and the wish for the One-Stop exception with the day of birth.

    Nothing chosen is the link; ``may_one_stop`` tells whether the exception was asked about.

    Raises:
        Invalid: for a choice that is none, or a day of birth that cannot be.
    """
    reader = Reader(typed)
    way = LINK
    if reader.text("receipt_way"):
        way = reader.choice("receipt_way", WAYS, _("領収書の受け取り方を選んでください"))
    wish = None
    if may_one_stop and reader.text("one_stop"):
        wish = _one_stop(reader, today)
    reader.check()
    return way, wish


def _one_stop(reader: Reader, today: dt.date) -> OneStop | None:
    if not reader.text("born_on").strip():
        reader.problems["born_on"] = _("生年月日を入力してください")
        return None
    try:
        return OneStop(read_born_on(reader.text("born_on"), today))
    except ValueError as error:
        reader.problems["born_on"] = translated(str(error))
        return None
