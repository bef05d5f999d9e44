"""The columns of the accounts of each fiscal year (決算), as files and pages show them."""

from __future__ import annotations

from dataclasses import replace

from fund.publication.dictionary.columns import FY, NO, POSTINGS
from fund.publication.dictionary.fields import Sheet
from fund.publication.dictionary.pages import yen

ACCOUNTS = Sheet(
    "years",
    "年度ごとの決算（勘定ごとの残高試算表。借方が正、どの年度も和は0）",
    "Accounts of each fiscal year: a trial balance, debit positive; each year sums to zero",
    (
        FY,
        POSTINGS.field("account"),
        yen("opening_yen", "前年度末の残高（円）", "At the end of the year before, yen", "books"),
        yen("debit_yen", "借方に記帳した額（円）", "Debited in the year, yen", "books", 10_000),
        yen("credit_yen", "貸方に記帳した額（円）", "Credited in the year, yen", "books"),
        yen("closing_yen", "3月31日の残高（円）", "On 31 March, yen", "books", 10_000),
        yen(
            "may_yen",
            "5月31日の残高（円。その日が過ぎるまでは空）",
            "On 31 May (end of the cash period), yen; empty until then",
            "books",
            10_000,
            required=False,
        ),
        replace(
            NO,
            name="closed_no",
            ja="年度を締めた記帳の番号（まだなら空）",
            en="Number of the entry that closed the year; empty while it is open",
            required=False,
        ),
    ),
    ("fy", "account"),
)
