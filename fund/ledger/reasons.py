"""Why an entry was made: the published codes and their words, all in one place.

``Redirected`` are the reasons for which a wish is redirected, ``Shrunk`` those for which an award
becomes smaller or ends, ``Undone`` those for which money goes back. The codes stand in the public
log and never change; the words may.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import chain
from types import MappingProxyType


class Redirected(StrEnum):
    """Why yen of a gift wait for another use than the one recorded first."""

    DONOR_CHOICE = "donor-choice"
    NO_APPLICATION = "no-application"
    GROUP_REMOVED = "group-removed"
    NOT_SELECTED = "not-selected"
    AWARD_CANCELLED = "award-cancelled"
    GRANT_RETURNED = "grant-returned"
    WISH_TERM = "wish-term"
    OVER_TARGET = "over-target"
    PROJECT_STOPPED = "project-stopped"


class Shrunk(StrEnum):
    """Why an award becomes smaller or ends."""

    GROUP_WITHDREW = "group-withdrew"
    SMALLER_PROJECT = "smaller-project"
    CONDITIONS_BROKEN = "conditions-broken"
    STATUS_LOST = "status-lost"
    PROJECT_STOPPED = "project-stopped"
    DECISION_CORRECTED = "decision-corrected"


class Undone(StrEnum):
    """Why money goes back, or an entry is undone."""

    MISTAKE = "mistake"
    WRONG_PAYMENT = "wrong-payment"
    DOUBLE_PAYMENT = "double-payment"
    REFUND = "refund"
    REFUSED = "refused"
    DONOR_REQUEST = "donor-request"
    DASHBOARD = "dashboard"
    DISPUTE = "dispute"
    REFUND_FAILED = "refund-failed"
    PAYOUT_FAILED = "payout-failed"
    REINSTATEMENT = "reinstatement"
    OTHER = "other"


WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        Redirected.DONOR_CHOICE: ("寄附した人が選びなおした", "the donor chose again"),
        Redirected.NO_APPLICATION: (
            "希望の期限までに、団体から申請がなかった",
            "the group did not apply within the term of the wish",
        ),
        Redirected.GROUP_REMOVED: (
            "団体の登録がなくなった",
            "the group is no longer registered",
        ),
        Redirected.NOT_SELECTED: (
            "団体の申請が採択されなかった",
            "the group's application was not selected",
        ),
        Redirected.AWARD_CANCELLED: (
            "団体の助成が減額または取り消しになった",
            "the group's award was made smaller or cancelled",
        ),
        Redirected.GRANT_RETURNED: (
            "団体が使わなかったお金がもどった",
            "the group returned what it did not spend",
        ),
        Redirected.WISH_TERM: ("希望の期限がきた", "the term of the wish ran out"),
        Redirected.OVER_TARGET: (
            "団体の助成が、決まった額に届いていた",
            "the group's awards had all they were to get",
        ),
        Redirected.PROJECT_STOPPED: ("事業やテーマが終わった", "the project or theme has ended"),
        Shrunk.GROUP_WITHDREW: ("団体が辞退した", "the group withdrew"),
        Shrunk.SMALLER_PROJECT: ("事業が小さくなった", "the project became smaller"),
        Shrunk.CONDITIONS_BROKEN: (
            "決定の条件が守られなかった",
            "conditions of the award were not kept",
        ),
        Shrunk.STATUS_LOST: ("団体が資格を失った", "the group lost its status"),
        Shrunk.DECISION_CORRECTED: (
            "決定の誤りを正した",
            "a mistake in the decision was put right",
        ),
        Undone.MISTAKE: ("記帳のまちがい", "a mistake in the books"),
        Undone.WRONG_PAYMENT: ("誤った支払い", "wrong payment"),
        Undone.DOUBLE_PAYMENT: ("二重の支払い", "paid twice"),
        Undone.REFUND: ("返金", "refund"),
        Undone.REFUSED: ("不採納", "not accepted"),
        Undone.DONOR_REQUEST: ("寄附した人の申し出", "the donor asked for it"),
        Undone.DASHBOARD: ("決済会社の画面での返金", "refunded at the provider"),
        Undone.DISPUTE: ("支払いの異議", "the payment was disputed"),
        Undone.REFUND_FAILED: ("返金が届かなかった", "the refund did not arrive"),
        Undone.PAYOUT_FAILED: (
            "決済会社からの入金が届かなかった",
            "the provider's payout did not arrive",
        ),
        Undone.REINSTATEMENT: ("返金のあとの穴うめ", "fills the hole a refund left"),
        Undone.OTHER: ("その他", "other"),
    }
)
"""Code → (Japanese, English)."""

CODES = frozenset(code.value for code in chain(Redirected, Shrunk, Undone))


def reason_words(code: str, locale: str) -> str:
    """A code in words; a code without words, from another house, is shown as it is."""
    japanese, english = WORDS.get(code, (code, code))
    return english if locale == "en" else japanese
