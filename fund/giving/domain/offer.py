"""An offer: everything a donor says before the money moves, frozen and hashed."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from fund.giving.domain.consents import Consents
from fund.giving.domain.donor import Donor
from fund.giving.domain.one_stop import OneStop, check_may_ask
from fund.giving.domain.receipt_ways import LINK, check_way
from fund.giving.domain.shares import Part, Wish, check_parts
from fund.kernel.canonical import Json, canonical
from fund.kernel.errors import Invalid
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.payments.domain import OFFLINE_METHODS, ONLINE_METHODS, in_range

ONLINE = frozenset(ONLINE_METHODS)
METHODS = (*ONLINE_METHODS, *sorted(OFFLINE_METHODS))
LOCALES = ("ja", "en")
NO_WISH = Wish()


@dataclass(frozen=True)
class Offer:
    """What the donor offers; ``form_key`` names the form it came from (16 to 128 characters).

    One wish is given as ``wish``; several as ``parts``, one to five, which sum to ``yen`` to
    the yen. Afterwards ``parts`` always names them all and ``wish`` is the first one's.
    ``sample`` marks gifts of the sample data (見本). ``monthly`` begins a pledge: the same yen
    by the same card every month, each month a gift of its own. ``receipt_way`` is how the receipt
    comes; ``one_stop`` the wish for the One-Stop exception, None without one.

    Raises:
        Invalid: for a key, amount, method, language, mail address or wish that cannot be.
    """

    form_key: str
    yen: Yen
    donor: Donor
    consents: Consents
    wish: Wish = NO_WISH
    method: str = "card"
    locale: str = "ja"
    sample: bool = False
    parts: tuple[Part, ...] = ()
    monthly: bool = False
    receipt_way: str = LINK
    one_stop: OneStop | None = None

    def __post_init__(self) -> None:
        if not 16 <= len(self.form_key) <= 128:
            raise Invalid("申し込みの画面を開き直してください")
        if self.yen <= 0:
            raise Invalid("金額を入力してください", {"amount": "金額を入力してください"})
        if self.method not in METHODS or self.locale not in LOCALES:
            raise Invalid("支払い方法か言語が正しくありません")
        if self.method in ONLINE:
            check_method(self.method, self.yen)
        self._check_receipt()
        if self.monthly and self.method != "card":
            message = "毎月の寄附は、クレジットカードだけで申し込めます"
            raise Invalid(message, {"method": message})
        if self.method in ONLINE and not self.donor.email:
            message = "メールアドレスを入力してください"
            raise Invalid(message, {"email": message})
        parts = check_parts(self.yen, self.parts or (Part(self.wish, self.yen),))
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "wish", parts[0].wish)
        if self.consents.tell_group and not self.names_group:
            raise Invalid("団体を希望した寄附だけ、団体に知らせることができます")

    def _check_receipt(self) -> None:
        check_way(self.receipt_way)
        if self.one_stop is not None:
            check_may_ask(self.donor.kind, self.donor.country)

    @property
    def names_group(self) -> bool:
        """Whether any part is wished for a group, which may then be told of it."""
        return any(part.wish.kind == "group" for part in self.parts)

    def content(self) -> dict[str, Json]:
        """The offer without its key, as it is hashed: same key and same content is a repeat."""
        body = asdict(self)
        del body["form_key"]
        del body["wish"]  # the first part's
        if not self.monthly:
            del body["monthly"]  # as content was before there were pledges
        if self.receipt_way == LINK:
            del body["receipt_way"]
        # The day of birth is forgotten before the gift is: nothing kept may be tried against it.
        if self.one_stop is None:
            del body["one_stop"]
        else:
            body["one_stop"] = True
        body["yen"] = int(self.yen)
        body["parts"] = [{**asdict(part.wish), "yen": int(part.yen)} for part in self.parts]
        return body

    def sha256(self) -> bytes:
        """SHA-256 of the canonical content."""
        return hashlib.sha256(canonical(self.content())).digest()


def check_method(method: str, yen: Yen) -> str:
    """An online method, if it takes this amount.

    Raises:
        Invalid: with the field ``method``.
    """
    if method not in ONLINE:
        raise Invalid("支払い方法か言語が正しくありません")
    if not in_range(method, yen):
        message = "この金額には、ほかの支払い方法をお選びください"
        raise Invalid(message, {"method": message})
    return method


def check_bounds(yen: Yen, minimum: int, maximum: int) -> Yen:
    """The amount, if the manual's bounds of the day allow it.

    Raises:
        Invalid: saying the bound.
    """
    if yen < minimum:
        message = filled("%(yen)s以上の金額を入力してください", yen=Yen(minimum))
        raise Invalid(message, {"amount": message})
    if yen > maximum:
        message = filled(
            "この画面では%(yen)sまで受け付けます。それより大きい寄附は、窓口へご相談ください",
            yen=Yen(maximum),
        )
        raise Invalid(message, {"amount": message})
    return yen
