"""The kinds of public entries: their names for people and the money word each of them moves."""

from __future__ import annotations

KIND_WORDS: dict[str, tuple[str, str]] = {
    "donation.received": ("寄附の受入れ", "Gift accepted"),
    "payments.received": ("入金（合計）", "Payments received (sum)"),
    "payments.returned": ("返金（合計）", "Payments returned (sum)"),
    "opening.balance": ("はじめの残高", "Opening balance"),
    "interest.earned": ("運用の収益", "Interest earned"),
    "donation.refunded": ("寄附の返金", "Gift refunded"),
    "donation.disputed": ("支払いの異議", "Payment disputed"),
    "dispute.won": ("異議の取下げ", "Dispute won"),
    "dispute.lost": ("異議による取消し", "Dispute lost"),
    "designation.redirected": ("使いみちの変更", "Wish redirected"),
    "award.decided": ("助成の決定", "Award decided"),
    "allocation.approved": ("割り当ての承認", "Allocation approved"),
    "allocation.line": ("割り当て", "Allocation"),
    "disbursement.paid": ("交付", "Paid to group"),
    "settlement.confirmed": ("実績の確認", "Settlement confirmed"),
    "grant.returned": ("助成金の返還", "Grant returned"),
    "award.reduced": ("助成の減額", "Award reduced"),
    "award.cancelled": ("助成の取消し", "Award cancelled"),
    "fund.deposited": ("積立て", "Deposited"),
    "fund.withdrawn": ("取崩し", "Withdrawn"),
    "clearing.settled": ("窓口分を銀行へ", "Counter cash banked"),
    "payout.arrived": ("決済分を銀行へ", "Payout arrived"),
    "fee.charged": ("決済の手数料", "Card fee charged"),
    "fee.reimbursed": ("手数料の補てん", "Fee reimbursed"),
    "entry.reversed": ("記帳の取消し", "Entry reversed"),
    "manual.edition": ("手引きの改定", "Manual edition"),
    "period.closed": ("年度の締め", "Period closed"),
    "log.key": ("署名の鍵の交代", "Log key announced"),
}
"""Every kind of the public log: Japanese and English name, in the order filters list them."""

PAYMENT_SUMS = {
    "payment.received": "payments.received",
    "payment.returned": "payments.returned",
    "payment.disputed": "payments.returned",
    "payment.reinstated": "payments.received",
}
"""Internal kinds that become public only as a sum, and the public kind of that sum."""

MONTH_ONLY = frozenset(
    {
        "donation.received",
        "payments.received",
        "payments.returned",
        "donation.refunded",
        "donation.disputed",
        "dispute.won",
        "dispute.lost",
    }
)
"""Kinds whose day would tell when somebody gave: only their month is public."""

WORD_KINDS: dict[str, tuple[str, ...]] = {
    "in": (
        "donation.received",
        "interest.earned",
        "donation.refunded",
        "dispute.lost",
        "entry.reversed",
    ),
    "committed": (
        "allocation.line",
        "award.reduced",
        "award.cancelled",
        "disbursement.paid",
        "donation.refunded",
        "dispute.lost",
        "entry.reversed",
    ),
    "out": ("disbursement.paid", "entry.reversed"),
    "spent": ("settlement.confirmed", "entry.reversed"),
    "returned": ("grant.returned", "entry.reversed"),
}
"""Which kinds can move a money word; the sixth, ``left``, is the balance over every kind."""
