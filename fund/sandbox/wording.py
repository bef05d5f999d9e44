"""The pay page's words in its two languages; Japanese unless the session asks for English."""

from __future__ import annotations

import datetime as dt

from fund.kernel.calendar import ZONE, format_short_day
from fund.kernel.money import format_yen
from fund.sandbox.store import Thing

_WORDS: dict[str, tuple[str, str]] = {
    "banner": ("支払いの見本環境（テスト）", "Test payment sandbox"),
    "banner_note": (
        "本物のお金は動きません。本物のカード番号は入力しないでください。",
        "No real money moves. Do not enter a real card number.",
    ),
    "pay": ("お支払い", "Payment"),
    "total": ("合計", "Total"),
    "methods": ("お支払い方法", "Payment method"),
    "card": ("カード", "Card"),
    "konbini": ("コンビニ", "Convenience store"),
    "paypay": ("PayPay", "PayPay"),
    "customer_balance": ("銀行振込", "Bank transfer"),
    "email": ("メールアドレス", "Email address"),
    "number": ("カード番号", "Card number"),
    "number_hint": ("例：4242 4242 4242 4242", "For example 4242 4242 4242 4242"),
    "expiry": ("有効期限（月/年）", "Expiry (MM/YY)"),
    "expiry_hint": ("例：12/34", "For example 12/34"),
    "cvc": ("セキュリティコード", "Security code"),
    "cvc_hint": ("裏面の3けた。例：123", "3 digits on the back, for example 123"),
    "name": ("お名前", "Name"),
    "card_name": ("カードの名義", "Name on card"),
    "phone": ("電話番号（任意）", "Telephone number (optional)"),
    "phone_hint": ("お店で使う確認番号になります", "It becomes the confirmation number"),
    "store": ("お店", "Store"),
    "familymart": ("ファミリーマート", "FamilyMart"),
    "lawson": ("ローソン", "Lawson"),
    "ministop": ("ミニストップ", "Ministop"),
    "seicomart": ("セイコーマート", "Seicomart"),
    "give_card": ("カードの登録", "Your card"),
    "give_card_text": (
        "いまは、お支払いはありません。これからのお支払いに、このカードを使います。",
        "Nothing is charged now. This card is used for the payments to come.",
    ),
    "submit_given": ("このカードにする", "Use this card"),
    "back_given": ("変えずに戻る", "Go back without changing"),
    "refused_card": ("このカードは登録できませんでした", "This card could not be kept"),
    "challenge_given": (
        "カード会社の認証画面の見本です。このカードの登録を認証しますか。",
        "This stands for the card issuer's page. Authenticate keeping this card?",
    ),
    "card_given": (
        "登録はできますが、お支払いのたびに断られます",
        "Can be kept, but every charge is declined",
    ),
    "submit": ("{amount}を支払う", "Pay {amount}"),
    "submit_konbini": ("支払番号を受け取る", "Get the payment number"),
    "submit_paypay": ("PayPayに進む", "Continue to PayPay"),
    "submit_customer_balance": ("振込先を受け取る", "Get the bank details"),
    "back": ("支払わずに戻る", "Go back without paying"),
    "problem": ("入力を確かめてください", "Please check what you entered"),
    "refused": ("お支払いできませんでした", "The payment did not go through"),
    "bad_email": ("メールアドレスを入力してください。", "Enter your email address."),
    "bad_number": ("カード番号を確かめてください。", "Check the card number."),
    "bad_expiry": (
        "有効期限を、月/年（例：12/34）で入力してください。",
        "Enter the expiry as MM/YY, for example 12/34.",
    ),
    "past_expiry": ("有効期限が過ぎています。", "The card's expiry date is in the past."),
    "bad_cvc": (
        "セキュリティコードを3けたか4けたの数字で入力してください。",
        "Enter the security code: 3 or 4 digits.",
    ),
    "bad_name": ("お名前を入力してください。", "Enter the name."),
    "bad_phone": (
        "電話番号を10けたか11けたの数字で入力してください。",
        "Enter the telephone number: 10 or 11 digits.",
    ),
    "bad_store": ("お店を選んでください。", "Choose a store."),
    "cards": ("テスト用のカード番号", "Test card numbers"),
    "cards_number": ("番号", "Number"),
    "cards_effect": ("どうなるか", "What happens"),
    "card_ok": ("支払いが成立します", "The payment succeeds"),
    "card_3ds": ("本人認証（3Dセキュア）の画面に進みます", "Asks for 3-D Secure"),
    "card_generic": ("断られます", "Declined"),
    "card_funds": ("残高不足で断られます", "Declined: insufficient funds"),
    "card_expired": ("期限切れで断られます", "Declined: expired card"),
    "card_dispute": ("成立のあと、異議が申し立てられます", "Succeeds, disputed later"),
    "challenge": ("本人認証（3Dセキュア）", "3-D Secure authentication"),
    "challenge_text": (
        "カード会社の認証画面の見本です。{amount}の支払いを認証しますか。",
        "This stands for the card issuer's page. Authenticate the payment of {amount}?",
    ),
    "approve": ("認証する", "Authenticate"),
    "reject": ("認証に失敗する", "Fail the authentication"),
    "paypay_text": (
        "PayPayの画面の見本です。{amount}を支払いますか。",
        "This stands for PayPay's page. Pay {amount}?",
    ),
    "paypay_approve": ("支払う", "Pay"),
    "paypay_reject": ("取りやめる", "Cancel"),
    "voucher": ("コンビニでのお支払い", "Paying at a convenience store"),
    "payment_code": ("支払番号", "Payment code"),
    "confirmation": ("確認番号", "Confirmation number"),
    "deadline": ("期限", "Pay by"),
    "amount": ("金額", "Amount"),
    "continue": ("元のサイトに戻る", "Return to the site"),
    "by_hand": ("見本の操作", "Sandbox controls"),
    "by_hand_note": (
        "本当のお店の代わりに、ここで結果を選べます。",
        "In place of the real store, choose what happens.",
    ),
    "shop_paid": ("お店で支払ったことにする", "Pretend it was paid at the store"),
    "shop_expired": ("期限切れにする", "Pretend the deadline has passed"),
    "transfer": ("銀行振込でのお支払い", "Paying by bank transfer"),
    "bank": ("銀行", "Bank"),
    "branch": ("支店", "Branch"),
    "account": ("口座", "Account"),
    "holder": ("口座名義", "Account holder"),
    "transfer_paid": ("この額を振り込んだことにする", "Pretend this amount was transferred"),
    "transfer_amount": ("振り込む額（円）", "Amount transferred (yen)"),
    "bad_amount": ("額を数字で入力してください。", "Enter the amount in digits."),
    "state_paid": ("お支払いが済みました。", "The payment has been made."),
    "state_expired": (
        "期限が過ぎたか、取り消されたため、お支払いできません。",
        "This can no longer be paid: it has expired or was cancelled.",
    ),
    "ended": ("この支払いページは使えません", "This payment page can no longer be used"),
    "ended_text": (
        "ページの期限が切れています。元のサイトから、もう一度お手続きください。",
        "The page has expired. Please start again from the site you came from.",
    ),
    "unknown": ("ページが見つかりません", "Page not found"),
    "unknown_text": (
        "アドレスを確かめてください。",
        "Please check the address.",
    ),
}


class Words:
    """The words of one language; ``words["pay"]`` in templates."""

    def __init__(self, *, english: bool) -> None:
        self.english = english
        self.language = "en" if english else "ja"

    @classmethod
    def of(cls, session: Thing | None) -> Words:
        """The words for a session's locale."""
        locale = (session or {}).get("locale") or "ja"
        return cls(english=str(locale).lower().startswith("en"))

    def __getitem__(self, name: str) -> str:
        return _WORDS[name][self.english]

    def yen(self, amount: int) -> str:
        """An amount of yen: 5,000円 or ¥5,000."""
        return f"¥{amount:,}" if self.english else format_yen(amount)

    def moment(self, seconds: int) -> str:
        """A deadline with its weekday and time in Japan."""
        when = dt.datetime.fromtimestamp(seconds, ZONE)
        if self.english:
            return f"{when:%a} {when.day} {when:%B %Y}, {when:%H:%M} (Japan time)"
        return f"{format_short_day(when.date())}{when:%H:%M}まで"
