"""What stands before and behind the rows of a file, letter by letter as releases write it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from fund.publication.verifier.rows import account_of

HEADS = {
    "data/entries.csv": "no,kind,fy,on,reverses,reason,clauses,facts",
    "data/postings.csv": "no,line,account,yen",
    "data/gifts.csv": "share,gift,no,fy,month,kind,target,fallback,yen",
    "data/allocations.csv": "no,run,on,gift,share,award,yen,rank,use",
    "data/balances.csv": "account,yen",
    "data/awards.csv": "award,no,on,group,programme,theme,fields,title,ceiling,allocated,"
    "disbursed,spent,returned",
}
"""The first line of every table that follows from the log."""
_HLEDGER = "; 公開台帳 (public ledger)\ndecimal-mark .\ncommodity 1000. JPY\n"
_BEANCOUNT = 'option "title" "みえる基金 公開台帳"\noption "operating_currency" "JPY"\n\n'


def frame_of(
    name: str,
    balances: Mapping[str, int],
    years: Sequence[tuple[int, Mapping[str, int]]],
    first: str,
    last: str,
) -> tuple[str, str]:
    """Head and tail of a file with rows; ``first`` and ``last`` day are those with postings.

    ``years`` are the closed fiscal years with the balances on their 31 March, which a journal
    asserts before the last ones.

    No line can be slipped in: a comment, an option or an ``include`` is no part of either.
    """
    if name in HEADS:
        return f"{HEADS[name]}\n", ""
    accounts = [account_of(account) for account in sorted(balances)]
    day = dt.date.fromisoformat(last) + dt.timedelta(days=1)
    if name.endswith(".journal"):
        declared = "".join(f"account {account}\n" for account in accounts)
        ends = "".join(_asserted(f"{fy + 1}-03-31", sums) for fy, sums in years if sums)
        return f"{_HLEDGER}{declared}\n", ends + _asserted(str(day), balances)
    opened = "".join(f"{first} open {account} JPY\n" for account in accounts)
    ends = "".join(_balanced(f"{fy + 1}-04-01", sums) for fy, sums in years)
    return f"{_BEANCOUNT}{opened}\n", ends + _balanced(str(day), balances)


def _asserted(day: str, balances: Mapping[str, int]) -> str:
    lines = (
        f"    {account_of(name)}  0 JPY = {yen} JPY\n" for name, yen in sorted(balances.items())
    )
    return f"{day} * balances\n{''.join(lines)}"


def _balanced(day: str, balances: Mapping[str, int]) -> str:
    named = sorted(balances.items())
    return "".join(f"{day} balance {account_of(name)}  {yen} JPY\n" for name, yen in named)
