"""The sentence on top of the donor's page: what is the case with the money, what happens next."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from fund.desk.queries import DonorStory
from fund.giving.letters import deadline
from fund.giving.wording import yen_text
from fund.payments.domain import OFFLINE_METHODS, VOUCHER_OVERDUE
from fund.payments.queries import PaymentView
from fund.platform.web.context import locale

Status = tuple[str, str, str]
"""Kind of notice, what is the case, what happens next."""

UNPAID = frozenset({"offered", "awaiting_payment", "failed", "expired"})


def status(story: DonorStory, returned: str) -> Status:
    """What the page says first."""
    payment, state = story.payment, story.gift.state
    if state in UNPAID and payment is not None and payment.state == "waiting":
        return _waiting(payment)
    if state == "awaiting_payment" and story.gift.method in OFFLINE_METHODS:
        return _on_paper(story.gift.method)
    if state == "awaiting_payment" and returned == "success":
        return (
            "info",
            _("お支払いを確認しています"),
            _("この画面を閉じても大丈夫です。確認できると、このページの表示が変わります。"),
        )
    code = payment.failure_code if payment else None
    if state in {"awaiting_payment", "failed", "expired"} and code and code != VOUCHER_OVERDUE:
        return "warning", _("お支払いは行われていません"), decline_advice(code)
    if state == "received":
        return _received(payment)
    return _settled("awaiting_payment" if state == "offered" else state)


def _waiting(payment: PaymentView) -> Status:
    until = until_words(payment.pay_by)
    if payment.method == "konbini":
        return (
            "info",
            _("お店でのお支払いを待っています"),
            _("期限：%(until)s。下の番号で、お店で支払えます。", until=until),
        )
    if payment.funded:
        return (
            "warning",
            _("あと%(yen)sのお振り込みを待っています", yen=yen_text(payment.yen - payment.funded)),
            _(
                "%(yen)sが届いています。残りを、下の同じ口座へお振り込みください。",
                yen=yen_text(payment.funded),
            ),
        )
    return (
        "info",
        _("お振り込みを待っています"),
        _("期限の目安：%(until)s。下の口座へお振り込みください。", until=until),
    )


def _on_paper(method: str) -> Status:
    if method == "slip":
        return (
            "info",
            _("納付書を郵送します（約1週間）"),
            _("届きましたら、金融機関の窓口でお支払いください。支払った日の寄附になります。"),
        )
    if method == "bank":
        return (
            "info",
            _("お振り込みを待っています"),
            _("下の口座へ、お名前の前に受付番号を付けてお振り込みください。"),
        )
    return (
        "info",
        _("窓口でのお支払いを待っています"),
        _("担当の窓口に、受付番号と現金をお持ちください。"),
    )


def until_words(moment: dt.datetime | None) -> str:
    """A deadline with its weekday in the language of the page; empty where there is none."""
    return deadline(moment, locale()) if moment is not None else ""


def _received(payment: PaymentView | None) -> Status:
    next_step: str = _(
        "ありがとうございます。いまは、区が受け取り（採納）を決める手続き中です。"
        "決まると受領証明書を発行します。"
    )
    if payment is not None and payment.late:
        return "success", _("期限のあとに届きましたが、受け付けました"), next_step
    return "success", _("入金を確認しました"), next_step


def _settled(state: str) -> Status:
    texts = {
        "awaiting_payment": (
            "warning",
            _("お支払いがまだ終わっていません"),
            _("入力した内容は残っています。下のボタンから、お支払いを続けられます。"),
        ),
        "failed": (
            "warning",
            _("お支払いは行われていません"),
            _("もう一度、または別の方法でお試しください。入力した内容は残っています。"),
        ),
        "expired": (
            "warning",
            _("お支払いの期限が過ぎました"),
            _("お金は動いていません。下のボタンから、もう一度お支払いできます。"),
        ),
        "accepted": (
            "success",
            _("区が受け取りを決めました"),
            _("ご寄附は基金に入り、使いみちが決まるのを待っています。"),
        ),
        "allocated": (
            "success",
            _("使いみちが決まりました"),
            _("下の表で、1円単位でご覧いただけます。"),
        ),
        "reported": (
            "success",
            _("事業が終わり、報告が届きました"),
            _("ありがとうございました。下の表で、使われ方をご覧いただけます。"),
        ),
        "declined": (
            "info",
            _("このご寄附はお受けできませんでした"),
            _("お金はお返しします。くわしくは担当へお問い合わせください。"),
        ),
        "refunded": ("info", _("ご寄附をお返ししました"), _("記録は残っています。")),
        "disputed": (
            "info",
            _("カード会社で確認が行われています"),
            _("結果が決まると、このページでお知らせします。"),
        ),
    }
    return texts[state]


_GROUPS: dict[str, tuple[str, ...]] = {
    "funds": (
        "insufficient_funds",
        "card_velocity_exceeded",
        "withdrawal_count_limit_exceeded",
    ),
    "expired": ("expired_card", "invalid_expiry_month", "invalid_expiry_year"),
    "cvc": ("incorrect_cvc", "invalid_cvc"),
    "number": ("incorrect_number", "invalid_number"),
    "authenticate": (
        "authentication_required",
        "authentication_not_handled",
        "mobile_device_authentication_required",
        "payment_intent_authentication_failure",
    ),
    "later": (
        "processing_error",
        "issuer_not_available",
        "try_again_later",
        "reenter_transaction",
        "approve_with_id",
        "payment_intent_payment_attempt_failed",
        "rate_limit",
    ),
    "unsupported": (
        "card_not_supported",
        "currency_not_supported",
        "service_not_allowed",
        "transaction_not_allowed",
        "not_permitted",
        "invalid_amount",
        "incorrect_pin",
        "invalid_pin",
        "offline_pin_required",
        "online_or_offline_pin_required",
        "pin_try_exceeded",
    ),
    "address": ("incorrect_address", "incorrect_zip"),
    "twice": ("duplicate_transaction",),
    "sandbox": ("testmode_decline", "test_mode_live_card"),
}
"""Stripe's published decline codes by what a donor can do about them.

Every other code (``lost_card``, ``stolen_card``, ``fraudulent``, ``pickup_card``,
``do_not_honor``, ``generic_decline`` …) gets the general sentence: why a bank distrusts a card
is its secret, and who found or stole it must not learn that it is known.
Source: https://docs.stripe.com/declines/codes
"""

_GROUP_OF = {code: group for group, codes in _GROUPS.items() for code in codes}


def decline_advice(code: str) -> str:
    """What a donor can do about a payment that did not go through."""
    advice: dict[str, str] = {
        "funds": _("残高や利用枠が足りないようです。別のカードか、別の方法をお試しください。"),
        "expired": _("カードの有効期限が違うか、切れています。確かめて、もう一度お試しください。"),
        "cvc": _("セキュリティコードが違うようです。もう一度お試しください。"),
        "number": _("カード番号が違うようです。もう一度お試しください。"),
        "authenticate": _("本人認証が完了していません。もう一度お試しください。"),
        "later": _(
            "お支払いの手続きが途中で止まりました。もう一度お試しいただくか、"
            "別の方法をお選びください。"
        ),
        "unsupported": _(
            "このカードでは支払えないようです。別のカードか、別の方法をお試しください。"
        ),
        "address": _("カードに登録したご住所と違うようです。確かめて、もう一度お試しください。"),
        "twice": _(
            "同じ金額の支払いが、少し前にありました。カードの明細を確かめてから、"
            "もう一度お試しください。"
        ),
        "sandbox": _("見本の画面では、テスト用のカード番号だけが使えます。"),
    }
    general: str = _(
        "カード会社に承認されませんでした。別のカードか、別の方法をお試しください。"
        "理由は、カード会社だけがお答えできます。"
    )
    return advice.get(_GROUP_OF.get(code, ""), general)
