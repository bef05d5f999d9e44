"""The ledger as journals for other people's bookkeeping programs: hledger and Beancount.

Amounts are whole yen without grouping (a grouped commodity directive would turn the comma into a
decimal mark). Gifts are dated the first of their month, because only the month is public.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache

from fund.publication.release.rows import Entry

_ROOTS = {"assets": "Assets", "fund": "Equity:Fund", "committed": "Liabilities:Committed"}
_ROOTS["held"] = "Liabilities:Held"


@cache
def account_name(account: str) -> str:
    """``fund:field:children`` → ``Equity:Fund:Field:Children``."""
    root, *parts = account.split(":")
    return ":".join([_ROOTS[root], *(part[0].upper() + part[1:] for part in parts)])


def day_of(entry: Entry) -> dt.date:
    """The day an entry is dated in a journal."""
    on = entry["on"]
    return dt.date.fromisoformat(on if len(on) == 10 else f"{on}-01")


def hledger_head(accounts: Mapping[str, int]) -> str:
    """Directives that make ``hledger check --strict`` strict."""
    declared = "".join(f"account {account_name(name)}\n" for name in sorted(accounts))
    return f"; 公開台帳 (public ledger)\ndecimal-mark .\ncommodity 1000. JPY\n{declared}\n"


def hledger_entry(entry: Entry) -> str:
    """One transaction; nothing for an entry without postings."""
    if not entry["postings"]:
        return ""
    lines = [f"{day_of(entry)} * ({entry['no']}) {entry['kind']}"]
    lines += [f"    {account_name(p['account'])}  {p['yen']} JPY" for p in entry["postings"]]
    return "\n".join(lines) + "\n\n"


def hledger_tail(balances: Mapping[str, int], day: dt.date) -> str:
    """A transaction of nothing that asserts every balance, behind all others of its day."""
    lines = [f"{day} * balances"]
    lines += [
        f"    {account_name(name)}  0 JPY = {yen} JPY" for name, yen in sorted(balances.items())
    ]
    return "\n".join(lines) + "\n"


def beancount_head(accounts: Mapping[str, int], first: dt.date) -> str:
    """Options and the opening of every account."""
    opened = "".join(f"{first} open {account_name(name)} JPY\n" for name in sorted(accounts))
    return f'option "title" "みえる基金 公開台帳"\noption "operating_currency" "JPY"\n\n{opened}\n'


def beancount_entry(entry: Entry) -> str:
    """One transaction; nothing for an entry without postings."""
    if not entry["postings"]:
        return ""
    lines = [f'{day_of(entry)} * "{entry["kind"]}" "{entry["no"]}"']
    lines += [f"  {account_name(p['account'])}  {p['yen']} JPY" for p in entry["postings"]]
    return "\n".join(lines) + "\n\n"


def beancount_tail(balances: Mapping[str, int], day: dt.date) -> Iterator[str]:
    """Assertions of every balance at the beginning of a day."""
    for name, yen in sorted(balances.items()):
        yield f"{day} balance {account_name(name)}  {yen} JPY\n"
