"""The donor's facts, exactly as typed: names and addresses are never normalised."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from fund.kernel.errors import Invalid
from fund.kernel.japanese import digits, is_katakana, keep_name, narrow, to_katakana
from fund.kernel.my_number import holds_my_number
from fund.kernel.sentences import filled

KINDS = ("individual", "organisation", "anonymous")
ANONYMOUS = "anonymous"
NO_NAME = "匿名"
JAPAN = "JP"
MAX_NAME = 100
MAX_ADDRESS = 300
MAX_EMAIL = 254
# Left by copying from other pages; nobody sees them, and no name is another one without them.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u061c\u2060\ufeff"))
_JOINERS = frozenset("\u200c\u200d")
"""Letters of Persian and of Indian scripts take another form beside them."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters by their category that show nothing."""
# Bidirectional controls can make a page show something else than what is stored.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s.,;<>\"]+|[^@\s,;<>\"]+@localhost")


@dataclass(frozen=True)
class Donor:
    """Who gives; for an organisation ``single_name`` is its name.

    Who puts coins into a box or leaves no name at the counter is ``anonymous``: nothing of the
    person is stored, and no receipt can be made out.

    ``country`` is ``JP`` or the name of a country as typed; ``postal_code`` seven digits
    for an address in Japan and empty abroad.

    Raises:
        Invalid: naming every fact that is missing or cannot be.
    """

    kind: str = "individual"
    family_name: str = ""
    given_name: str = ""
    single_name: str = ""
    kana: str = ""
    contact_person: str = ""
    country: str = JAPAN
    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    phone: str = ""
    email: str = ""

    def __post_init__(self) -> None:
        if self.kind == ANONYMOUS:
            if self.family_name or self.given_name or self.single_name or self.address1:
                raise Invalid("匿名の寄附に、お名前やご住所は付けられません")
            return
        problems = {**self._name_problems(), **self._address_problems()}
        if self.kind not in KINDS:
            problems["kind"] = "個人か、法人・団体かを選んでください"
        if problems:
            raise Invalid("お名前・ご住所を確認してください", problems)

    @property
    def name(self) -> str:
        """The name as the receipt writes it."""
        return written_name(self.kind, self.family_name, self.given_name, self.single_name)

    def _name_problems(self) -> dict[str, str]:
        if self.kind == "organisation":
            return {} if self.single_name else {"single_name": "法人・団体の名前を入力してください"}
        if self.single_name:
            if self.family_name or self.given_name:
                return {"single_name": "お名前は、分けて書くか、分けずに書くかのどちらかです"}
            return {}
        problems = {}
        if not self.family_name:
            problems["family_name"] = "姓を入力してください"
        if not self.given_name:
            problems["given_name"] = "名を入力してください"
        return problems

    def _address_problems(self) -> dict[str, str]:
        problems = {}
        if not self.country:
            problems["country"] = "国・地域の名前を入力してください"
        if self.country == JAPAN and not re.fullmatch(r"[0-9]{7}", self.postal_code):
            problems["postal_code"] = "郵便番号は7けたの数字で入力してください（例：1448621）"
        if not self.address1:
            problems["address1"] = "ご住所を入力してください"
        return problems


def written_name(kind: str, family_name: str, given_name: str, single_name: str) -> str:
    """A donor's name as receipts write it."""
    if kind == ANONYMOUS:
        return NO_NAME
    return single_name or f"{family_name} {given_name}"


def addressee(name: str, kind: str, locale: str) -> str:
    """A donor's name at the head of a letter: an organisation is 御中 in Japanese, a person 様."""
    if locale != "ja":
        return name
    return f"{name} {'御中' if kind == 'organisation' else '様'}"


def read_name(text: str, longest: int = MAX_NAME) -> str:
    """A name or one line of an address as typed, only trimmed; marks that nobody sees are dropped.

    Raises:
        ValueError: if it is too long, holds control characters or shows nothing; the message may be
            shown.
    """
    name = keep_name(text.translate(_UNSEEN))
    if len(name) > longest:
        raise ValueError(filled("%(longest)s文字までで入力してください", longest=longest))
    if any(unicodedata.category(char) == "Co" for char in name):
        raise ValueError("その端末だけの文字（外字）が入っています。ほかの字で入力してください")
    if "\ufffd" in name:
        raise ValueError("読めなかった文字（\ufffd）があります。その文字を入力し直してください")
    if any(_is_no_letter(char) for char in name):
        raise ValueError("使えない文字（制御文字）が入っています")
    refuse_my_number(name)
    if name and not any(_is_seen(char) for char in name):
        raise ValueError("文字の見えないお名前・ご住所は使えません")
    return name


def refuse_my_number(text: str) -> None:
    """Pass unless a My Number (個人番号) may stand in a text: this service must not keep one.

    Raises:
        ValueError: saying so; the message may be shown.
    """
    if holds_my_number(text):
        raise ValueError(
            "マイナンバー（個人番号）と思われる12けたの数字があります。このサービスでは"
            "お預かりできません。消してから進んでください"
        )


def _is_no_letter(char: str) -> bool:
    """Controls, halves of pairs, line ends, and numbers that Unicode gave to no letter."""
    joins = char in _JOINERS
    kind = _category(char)
    return char in _BIDI or kind in {"Cc", "Cs", "Cn", "Zl", "Zp"} or (kind == "Cf" and not joins)


def _is_seen(char: str) -> bool:
    return _category(char)[0] in "LNSP" and char not in _BLANK


def _category(char: str) -> str:
    """Unicode's category; a number kept free for ideographs counts as one.

    Each year's Unicode gives some of the planes 2 and 3 to rare kanji of family registers
    (blocks H, I, J came after the tables of Python 3.11): a name must not wait for a library.
    """
    free = unicodedata.category(char) == "Cn"
    ideograph = 0x20000 <= ord(char) <= 0x3FFFD and ord(char) & 0xFFFE != 0xFFFE
    return "Lo" if free and ideograph else unicodedata.category(char)


def read_kana(text: str) -> str:
    """A reading in full-width katakana from hiragana or any katakana.

    Raises:
        ValueError: if something else than kana is left; the message may be shown.
    """
    kana = to_katakana(read_name(text))
    if kana and not is_katakana(kana):
        raise ValueError("フリガナはカタカナかひらがなで入力してください")
    return kana


def read_postal_code(text: str) -> str:
    """Seven digits, whatever hyphens, marks and widths were typed.

    Raises:
        ValueError: if there are not exactly seven digits.
    """
    code = digits(text[:100])
    if len(code) != 7:
        raise ValueError("郵便番号は7けたの数字で入力してください（例：1448621）")
    return code


def read_phone(text: str) -> str:
    """A telephone number as digits, with its ``+`` if it was typed; empty stays empty.

    Raises:
        ValueError: if the digits cannot be a telephone number.
    """
    plain = narrow(text[:100]).strip()
    if not plain:
        return ""
    number = digits(plain)
    if not plain.startswith("+"):
        refuse_my_number(number)
    if not 8 <= len(number) <= 15:
        raise ValueError("電話番号を市外局番から入力してください（例：03-5744-1111）")
    return f"+{number}" if plain.startswith("+") else number


def read_email(text: str) -> str:
    """An e-mail address: full width folded, spaces and a closing 。 dropped, domain lower case.

    Raises:
        ValueError: if it cannot be an address.
    """
    plain = re.sub(r"[\s\u200b\ufeff]", "", narrow(text[:1000])).rstrip("。.,、")
    if not plain:
        return ""
    if len(plain) > MAX_EMAIL or not _EMAIL.fullmatch(plain):
        raise ValueError("メールアドレスを「name@example.jp」の形で入力してください")
    local, _, domain = plain.rpartition("@")
    torn = "\n" in text.strip() or "\r" in text.strip() or not re.fullmatch(r"[\w.-]+", domain)
    if torn or any(unicodedata.category(char) in {"Cc", "Cs"} for char in plain):
        raise ValueError("メールアドレスを「name@example.jp」の形で入力してください")
    return f"{local}@{domain.lower()}"


def is_latin(name: str) -> bool:
    """Whether every letter of a name is Latin; such names need no reading in kana."""
    letters = [char for char in name if char.isalpha()]
    return all(unicodedata.name(char, "").startswith("LATIN") for char in letters)


_PREFECTURE = re.compile(r"(東京都|北海道|京都府|大阪府|.{2,3}県)")


def with_town(line: str, typed: str) -> str:
    """The address line when a postcode's town is put before what was typed; nothing twice.

    ``line`` runs from the prefecture to the town. What was typed may repeat its end, be a part
    of it, or go on after it; an address in another prefecture stays as it is.
    """
    typed = typed.strip()
    if typed in line:
        return line
    if typed.startswith(line):
        return typed
    for start in range(len(line) - 1):
        if typed.startswith(line[start:]):
            return line + typed[len(line) - start :]
    return typed if _PREFECTURE.match(typed) else line + typed
