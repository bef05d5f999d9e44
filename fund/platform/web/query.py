"""Reading a query string: whatever stands there becomes a value or an error that names it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from fund.kernel.calendar import parse_day
from fund.kernel.errors import Invalid
from fund.kernel.japanese import narrow, parse_amount
from fund.kernel.money import MAX_YEN
from fund.kernel.sentences import filled

MAX_TEXT = 200
Choice = TypeVar("Choice", bound=str)


@dataclass
class Query:
    """The arguments of a GET; every reader returns None for an absent or empty value.

    Errors are collected in ``errors`` (argument → what to do); call ``check`` when done.
    """

    args: MultiDict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, longest: int = MAX_TEXT) -> str | None:
        """Free text up to ``longest`` characters."""
        value = self.args.get(name, "").strip()
        if len(value) > longest:
            self.errors[name] = filled("%(longest)s文字までで入力してください", longest=longest)
            return None
        return value or None

    def integer(self, name: str, low: int, high: int) -> int | None:
        """A whole number between ``low`` and ``high``, full-width digits welcome."""
        value = self.text(name)
        if value is None:
            return None
        plain = narrow(value).replace(",", "")
        # int() reads any Unicode digit and up to 4,300 of them: narrow first, measure first.
        if not plain.removeprefix("-").isascii() or not plain.removeprefix("-").isdigit():
            self.errors[name] = "整数で入力してください"
            return None
        if len(plain) > 20 or not low <= int(plain) <= high:
            self.errors[name] = filled(
                "%(low)sから%(high)sまでの数で入力してください", low=low, high=high
            )
            return None
        return int(plain)

    def yen(self, name: str) -> int | None:
        """An amount as people write it (1万, １０,０００円), in yen."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return min(int(parse_amount(value)), MAX_YEN)
        except ValueError:
            self.errors[name] = "金額を数字で入力してください（例：10000）"
            return None

    def day(self, name: str) -> dt.date | None:
        """A day, western or Japanese era."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return parse_day(value)
        except ValueError:
            self.errors[name] = "日付を入力してください（例：2026-04-01）"
            return None

    def choice(self, name: str, choices: Collection[str]) -> str | None:
        """One of the listed values."""
        value = self.text(name)
        if value is None or value in choices:
            return value
        self.errors[name] = "一覧から選んでください"
        return None

    def check(self) -> None:
        """Pass if everything could be read.

        Raises:
            Invalid: with every unreadable argument and what to do about it.
        """
        if self.errors:
            raise Invalid("検索の条件を確認してください", self.errors)
