"""The donor's own page behind the secret link: status, timeline, where every yen is."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.desk.queries import DonorStory, donor_story
from fund.desk.story import timeline
from fund.desk.views.blueprint import blueprint
from fund.desk.words import award_states, step_words, use_words
from fund.giving import queries as giving
from fund.giving.wording import wishes_text
from fund.kernel.errors import NotFound
from fund.platform.web.access import public
from fund.platform.web.context import current_house, now
from fund.registry import queries as registry

LOOKS = 6
"""How often the page looks again by itself after the donor comes back from paying."""


@blueprint.get("/d/<secret>")
@public
def donor(secret: str) -> ResponseReturnValue:
    """Where the donor's yen are, why, what remains and until when."""
    with current_house().database.reading() as connection:
        gift = giving.gift_by_secret(connection, secret[:64])
        if gift is None:
            raise NotFound(_("このページは見つかりません。アドレスをご確認ください"))
        story = donor_story(connection, gift)
        names = registry.names(connection)
    returned = request.args.get("returned", "")
    look = min(max(request.args.get("look", 0, type=int), 0), LOOKS)
    looking = returned == "success" and gift.paid_at is None and look < LOOKS
    again = url_for("desk.donor", secret=secret, returned="success", look=look + 1)
    return render_template(
        "desk/donor.html",
        secret=secret,
        story=story,
        gift=gift,
        names=names,
        steps=timeline(story.facts),
        status=status(story, returned),
        refresh=again if looking else None,
        can_pay=gift.state in {"awaiting_payment", "failed", "expired"} and gift.method == "card",
        as_of=now(),
        award_states=award_states(),
        step_words=step_words(),
        use_words=use_words,
        wishes_text=wishes_text,
    )


def status(story: DonorStory, returned: str) -> tuple[str, str, str]:
    """The sentence on top: kind of notice, what is the case, what happens next."""
    state, code = story.gift.state, story.payment.failure_code if story.payment else None
    if state == "awaiting_payment" and returned == "success":
        return (
            "info",
            _("お支払いを確認しています"),
            _("この画面を閉じても大丈夫です。確認できると、このページの表示が変わります。"),
        )
    if state == "awaiting_payment" and code:
        return "warning", _("お支払いは行われていません"), decline_advice(code)
    if state in {"awaiting_payment", "offered"}:
        return (
            "warning",
            _("お支払いがまだ終わっていません"),
            _("入力した内容は残っています。下のボタンから、お支払いを続けられます。"),
        )
    return _settled(state)


def _settled(state: str) -> tuple[str, str, str]:
    texts = {
        "failed": (
            "warning",
            _("お支払いは行われていません"),
            _("別のカードで、もう一度お試しください。入力した内容は残っています。"),
        ),
        "expired": (
            "warning",
            _("お支払いの期限が過ぎました"),
            _("お金は動いていません。下のボタンから、もう一度お支払いできます。"),
        ),
        "received": (
            "success",
            _("入金を確認しました"),
            _("いまは、区が受け取り（採納）を決める手続き中です。決まると受領証明書を発行します。"),
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


def decline_advice(code: str) -> str:
    """What a donor can do about a declined card; never why the bank said no beyond its code."""
    advice: dict[str, str] = {
        "insufficient_funds": _("残高や利用枠が足りないようです。別のカードをお試しください。"),
        "expired_card": _("カードの有効期限が切れています。別のカードをお試しください。"),
        "incorrect_cvc": _("セキュリティコードが違うようです。もう一度お試しください。"),
        "incorrect_number": _("カード番号が違うようです。もう一度お試しください。"),
        "authentication_required": _("本人認証が終わっていません。もう一度お試しください。"),
        "payment_intent_authentication_failure": _(
            "本人認証が完了しませんでした。もう一度お試しください。"
        ),
    }
    general: str = _("カード会社に承認されませんでした。別のカードか、時間をおいてお試しください。")
    return advice.get(code, general)
