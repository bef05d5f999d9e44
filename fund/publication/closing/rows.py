"""The accounts of fiscal years as rows of files, in the columns of the data dictionary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fund.platform.web.twins import Cell, Column
from fund.publication.closing.domain import Account
from fund.publication.closing.queries import Year
from fund.publication.dictionary.years import ACCOUNTS


@dataclass(frozen=True)
class YearAccount:
    """An account in its year."""

    year: Year
    account: Account


_VALUES: dict[str, Callable[[YearAccount], Cell]] = {
    "fy": lambda one: one.year.fy,
    "account": lambda one: one.account.name,
    "opening_yen": lambda one: int(one.account.opening),
    "debit_yen": lambda one: int(one.account.debit),
    "credit_yen": lambda one: int(one.account.credit),
    "closing_yen": lambda one: int(one.account.closing),
    "may_yen": lambda one: None if one.account.may is None else int(one.account.may),
    "closed_no": lambda one: one.year.closed.no if one.year.closed else None,
}


def columns(words: Callable[[YearAccount], Cell] | None = None) -> list[Column[YearAccount]]:
    """The columns of such a file; ``words`` names an account for people who read a workbook."""
    return [
        Column(
            field.name,
            field.title,
            _VALUES[field.name],
            words if field.name == "account" else None,
        )
        for field in ACCOUNTS.fields
    ]
