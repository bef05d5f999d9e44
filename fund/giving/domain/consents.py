"""Consents: each asked on its own, with the text shown and its version kept with the gift."""

from __future__ import annotations

from dataclasses import dataclass

from fund.kernel.errors import Invalid
from fund.kernel.sentences import filled

PURPOSE_OF_USE = "purpose_of_use"
PUBLISH_NAME = "publish_name"
TELL_GROUP = "tell_group"
REPORT_MAIL = "report_mail"
FREE = frozenset({PUBLISH_NAME, TELL_GROUP, REPORT_MAIL})
"""Consents that a donor gives and withdraws at any time; the gift stands without them."""
MAX_DISPLAY_NAME = 30


@dataclass(frozen=True)
class ConsentText:
    """The wording of one consent in one version; a changed word is a new version."""

    purpose: str
    version: str
    ja: str
    en: str

    def shown(self, locale: str) -> str:
        """The text as a page in this language shows it."""
        return self.en if locale == "en" else self.ja


TEXTS: tuple[ConsentText, ...] = (
    ConsentText(
        PURPOSE_OF_USE,
        "2026-11",
        "いただいた情報は、寄附の受け付け、受領証明書の発行、使いみちの報告、法令に基づく"
        "手続きだけに使います。使いみちの希望はできるかぎり尊重しますが、条件ではありません。"
        "助成先は審査を経て決まります。希望どおりに使えないときは、選んだ方法で使い、"
        "寄附金はお返ししません。公職の候補者などが選挙区内で行う寄附（公職選挙法第199条の2"
        "から第199条の4）や、反社会的勢力による寄附ではありません。",
        "What you tell us is used only to receive your donation, to issue the receipt, to report"
        " how the money was used and for procedures required by law. Your wish is respected as"
        " far as possible, but it is not a condition: grants are decided after a review."
        " If your wish cannot be met, the money is used in the way you chose, and it"
        " is not returned. This is not a donation by a candidate or holder of public office in"
        " their constituency (Public Offices Election Act, articles 199-2 to 199-4), nor by an"
        " antisocial force.",
    ),
    ConsentText(
        PUBLISH_NAME,
        "2026-11",
        "公開の台帳に、寄附の番号とともに表示名をのせることに同意します。"
        "この同意はいつでも取り消せます。",
        "I agree that the name I chose is shown in the public ledger next to the number of my"
        " donation. I can withdraw this at any time.",
    ),
    ConsentText(
        TELL_GROUP,
        "2026-11",
        "希望した団体に、お名前と金額を知らせることに同意します。ご住所や連絡先は知らせません。",
        "I agree that the group I chose is told my name and the amount. My address and contact"
        " details are not passed on.",
    ),
    ConsentText(
        REPORT_MAIL,
        "2026-11",
        "使いみちが決まったときと、事業が終わったときに、報告のメールを受け取ります。"
        "いつでも止められます。",
        "I would like an e-mail when the use of my donation is decided and when the project has"
        " ended. I can stop this at any time.",
    ),
)
"""In the order in which they are asked and stored."""


@dataclass(frozen=True)
class Consents:
    """What the donor agreed to; nothing is agreed to by silence.

    Raises:
        Invalid: without the purpose of use, or with a name to publish missing or too long.
    """

    purpose_of_use: bool
    publish_name: bool = False
    display_name: str = ""
    tell_group: bool = False
    report_mail: bool = False

    def __post_init__(self) -> None:
        if not self.purpose_of_use:
            message = "内容を確認して、同意のしるしを付けてください"
            raise Invalid(message, {PURPOSE_OF_USE: message})
        if self.publish_name != bool(self.display_name):
            message = "公表する名前を入力してください"
            raise Invalid(message, {"display_name": message})
        if len(self.display_name) > MAX_DISPLAY_NAME:
            message = filled(
                "公表する名前は%(longest)s文字までで入力してください", longest=MAX_DISPLAY_NAME
            )
            raise Invalid(message, {"display_name": message})

    def given(self, purpose: str) -> bool:
        """Whether the consent for a purpose of ``TEXTS`` was given."""
        return bool(getattr(self, purpose))
