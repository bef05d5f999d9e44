"""How a bank's file is read, saved once for each bank and account."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fund.kernel.actor import Actor
from fund.kernel.errors import Invalid
from fund.payments.bank import store
from fund.payments.bank.formats import FORMATS
from fund.payments.bank.formats.generic_csv import DATES
from fund.platform.house import House

_CODE = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True)
class Profile:
    """A saved reading as it was typed."""

    code: str
    title: str
    format: str
    account: str
    file_account: str
    settings: Mapping[str, str]


def save_profile(house: House, *, by: Actor, now: dt.datetime, profile: Profile) -> None:
    """Save how a bank's file is read; what was imported before stays as it was read.

    Raises:
        Invalid: with every field that cannot stay as it is.
    """
    problems = _problems(profile)
    if problems:
        raise Invalid("読み取り設定を確認してください", problems)
    settings = {key: value.strip() for key, value in profile.settings.items()}
    values = {
        "code": profile.code,
        "title": profile.title.strip(),
        "format": profile.format,
        "account": profile.account,
        "file_account": profile.file_account.strip(),
        "settings": settings,
    }
    with house.transaction(by=by, now=now) as tx:
        store.put_profile(tx, values)
        tx.audit("bank.profile-saved", profile.code, format=profile.format)


def _problems(profile: Profile) -> dict[str, str]:
    code = "英小文字で始まる、英小文字・数字・ハイフンの31文字までで入力してください"
    found = {
        name: code
        for name, value in (("code", profile.code), ("account", profile.account))
        if not _CODE.fullmatch(value)
    }
    if not 1 <= len(profile.title.strip()) <= 100:
        found["title"] = "名前を100文字までで入力してください"
    if len(profile.file_account) > 100:
        found["file_account"] = "口座は100文字までで入力してください"
    if profile.format not in FORMATS:
        found["format"] = "一覧から選んでください"
    if any(len(value) > 100 for value in profile.settings.values()):
        found["day"] = "列の見出しは100文字までで入力してください"
    return found | (_column_problems(profile.settings) if profile.format == "csv" else {})


def _column_problems(settings: Mapping[str, str]) -> dict[str, str]:
    found = {}
    if not settings.get("day", "").strip():
        found["day"] = "日付の列を入力してください"
    if not any(settings.get(key, "").strip() for key in ("came", "went", "signed")):
        found["came"] = "金額の列を入力してください"
    if settings.get("dates", "written") not in DATES:
        found["dates"] = "一覧から選んでください"
    for key in ("heading", "rows_before"):
        if not re.fullmatch(r"[0-9]{1,3}", settings.get(key, "1"), re.ASCII):
            found[key] = "0から999までの数で入力してください"
    return found
