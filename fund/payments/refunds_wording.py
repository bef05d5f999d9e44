"""Words of refunds and disputes in the page's language."""

from __future__ import annotations

from flask_babel import gettext as _


def refund_states() -> dict[str, str]:
    """A refund's state → its word, in the order of its life."""
    return {
        "proposed": _("承認待ち"),
        "approved": _("承認済み"),
        "sent": _("決済会社に依頼中"),
        "requires_action": _("口座の返事待ち"),
        "pending": _("手続き中"),
        "succeeded": _("返金済み"),
        "failed": _("届かなかった"),
        "canceled": _("取りやめ"),
        "rejected": _("承認されなかった"),
    }


def refund_tones() -> dict[str, str]:
    """A refund's state → the tone of its chip."""
    return {
        "proposed": "warning",
        "approved": "info",
        "sent": "info",
        "requires_action": "warning",
        "pending": "info",
        "succeeded": "success",
        "failed": "error",
        "canceled": "neutral",
        "rejected": "neutral",
    }


def refund_reasons() -> dict[str, str]:
    """Why money goes back → its words."""
    return {
        "wrong-payment": _("金額などの誤り"),
        "double-payment": _("二重の支払い"),
        "donor-request": _("寄附した人の申し出"),
        "other": _("その他"),
        "refused": _("不採納"),
        "dashboard": _("決済会社の管理画面で返金"),
    }


def sources() -> dict[str, str]:
    """Where offline money is paid back from → its words."""
    return {"bank": _("銀行口座から振り込んだ"), "counter": _("入金前の窓口の現金で返した")}


def dispute_states() -> dict[str, str]:
    """The provider's word for a dispute's status → ours."""
    return {
        "warning_needs_response": _("問い合わせ（回答が必要）"),
        "warning_under_review": _("問い合わせ（確認中）"),
        "warning_closed": _("問い合わせ（終わり）"),
        "needs_response": _("異議（証拠の提出が必要）"),
        "under_review": _("異議（カード会社が確認中）"),
        "won": _("寄附のままで解決"),
        "lost": _("取り消し"),
        "prevented": _("申し立て前に解決"),
    }


def dispute_tones() -> dict[str, str]:
    """A dispute's status → the tone of its chip."""
    return {
        "warning_needs_response": "warning",
        "needs_response": "error",
        "under_review": "info",
        "warning_under_review": "info",
        "won": "success",
        "lost": "neutral",
        "warning_closed": "neutral",
        "prevented": "neutral",
    }


def dispute_reasons() -> dict[str, str]:
    """The card company's reason → its words."""
    return {
        "fraudulent": _("本人の支払いではないという申し立て"),
        "duplicate": _("二重の支払いという申し立て"),
        "unrecognized": _("心あたりがないという申し立て"),
        "credit_not_processed": _("返金がないという申し立て"),
        "product_not_received": _("受け取っていないという申し立て"),
        "general": _("理由の区分なし"),
    }


def evidence_hints() -> dict[str, str]:
    """The card company's reason → what is worth submitting."""
    usual = _(
        "申し込みの日時、3Dセキュアの結果、お名前と一致する受領証明書、寄附した人へ送ったメールの記録"
    )
    return {
        "fraudulent": usual,
        "unrecognized": usual,
        "duplicate": _("2件の寄附がそれぞれ別の申し込みであること、または返金済みであることの記録"),
        "credit_not_processed": _("返金の番号と日付、返金していないときはその理由"),
        "product_not_received": _("寄附であり品物がないこと、採納の記録と受領証明書"),
        "general": usual,
    }
