"""Check 4, the form: what each kind of entry must say, and in which spelling."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from fund.publication.verifier.reading import ACCOUNT, LIMIT

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
"""Kinds whose day would tell when somebody gave: a day in their ``on`` is a fault."""
EITHER = frozenset({"entry.reversed"})
"""A reversal tells no more of a gift's days than the entry it reverses."""
_ON = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")
_HEX = re.compile(r"[0-9a-f]{64}")
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

Form = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _named(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LIMIT


def _natural(value: Any) -> bool:
    return _whole(value) and value >= 0


def _positive(value: Any) -> bool:
    return _whole(value) and value > 0


def _digest(value: Any) -> bool:
    return isinstance(value, str) and bool(_HEX.fullmatch(value))


def _day(value: Any) -> bool:
    """A day of the calendar, as ``2026-05-20``."""
    return isinstance(value, str) and len(value) == 10 and _is_day(value)


def _run(value: Any) -> bool:
    """A run's number also names a folder: nothing that leads elsewhere."""
    return isinstance(value, str) and bool(_RUN.fullmatch(value))


def _optional(form: Form) -> Form:
    return lambda value: value is None or form(value)


def _list(form: Form) -> Form:
    return lambda value: isinstance(value, list) and all(form(one) for one in value)


def _object(**fields: Form) -> Form:
    return lambda value: isinstance(value, dict) and _first_fault(value, fields) is None


_wish = {"kind": _named, "target": _optional(_named), "fallback": _optional(_named)}
_parts = _list(_object(share=_named, yen=_whole))
_refund = {"gift": _named, "yen": _positive, "lots": _optional(_parts)}
_dispute = {"gift": _named, "yen": _positive}
_sum = {"count": _positive, "yen": _natural, "batch": _optional(_named)}
_back = {"award": _named, "yen": _natural, "back": _parts}

FACTS: Mapping[str, Mapping[str, Form]] = {
    "donation.received": {
        "gift": _named,
        "commitment": _digest,
        "shares": _list(_object(share=_named, yen=_whole, **_wish)),
    },
    "payments.received": _sum,
    "payments.returned": _sum,
    "opening.balance": {"share": _named},
    "interest.earned": {"share": _named},
    "donation.refunded": _refund,
    "dispute.lost": _refund,
    "donation.disputed": _dispute,
    "dispute.won": _dispute,
    "entry.reversed": {"reverses": _positive, "lots": _optional(_parts)},
    "designation.redirected": {
        "gift": _named,
        "share": _named,
        "into": _named,
        "yen": _positive,
        "wish": _object(**_wish),
        "reason": _named,
    },
    "award.decided": {
        "award": _named,
        "ceiling": _optional(_natural),
        "group": _optional(_named),
        "programme": _optional(_named),
        "theme": _optional(_named),
        "fields": _optional(_list(_named)),
        "title": _optional(_text),
    },
    "allocation.approved": {
        "run": _run,
        "problem_sha256": _digest,
        "plan_sha256": _digest,
        "total": _natural,
    },
    "allocation.line": {
        "run": _named,
        "gift": _optional(_named),
        "share": _named,
        "award": _named,
        "yen": _whole,
        "rank": _natural,
        "use": _named,
    },
    "disbursement.paid": {"award": _named, "yen": _positive},
    "settlement.confirmed": {"award": _named, "spent": _natural, "returned": _natural},
    "grant.returned": _back,
    "award.reduced": _back,
    "award.cancelled": _back,
    "manual.edition": {"edition": _named, "sha256": _text},
    "period.closed": {"sha256": _digest, "closed_on": _day},
    "log.key": {"vkey": _named},
}
"""Kind → the facts it must have; kinds that are not named have none of their own."""

_BANK, _WARD, _CLEARING = "assets:bank", "assets:due-from-ward", "assets:clearing:"
_DEPOSIT, _ASSETS = "assets:fund-deposit", "assets:"
_POTS, _PROMISED, _HELD = "fund:", "committed:", "held:unaccepted"
_BACK_TO_DONORS = (_POTS, _PROMISED, _WARD, _CLEARING, _BANK)
_BACK_TO_POTS = (_POTS, _PROMISED, _WARD, _BANK)
ACCOUNTS: Mapping[str, tuple[str, ...]] = {
    "donation.received": (_HELD, _POTS),
    "payments.received": (_ASSETS, _HELD),
    "payments.returned": (_ASSETS, _HELD),
    "opening.balance": (_ASSETS, "fund:general"),
    "interest.earned": (_BANK, _DEPOSIT, "fund:general"),
    "clearing.settled": (_BANK, _CLEARING),
    "payout.arrived": (_BANK, _CLEARING),
    "fee.charged": (_WARD, _CLEARING, _BANK),
    "fee.reimbursed": (_WARD, _CLEARING, _BANK),
    "fund.deposited": (_BANK, _DEPOSIT),
    "fund.withdrawn": (_BANK, _DEPOSIT),
    "donation.refunded": _BACK_TO_DONORS,
    "dispute.lost": _BACK_TO_DONORS,
    "donation.disputed": (_CLEARING,),
    "dispute.won": (_CLEARING,),
    "designation.redirected": (_POTS,),
    "allocation.line": (_POTS, _PROMISED, _WARD),
    "disbursement.paid": (_PROMISED, _BANK),
    "grant.returned": _BACK_TO_POTS,
    "award.reduced": _BACK_TO_POTS,
    "award.cancelled": _BACK_TO_POTS,
}
"""Kind → the accounts its postings may touch, as beginnings of their names."""

_COMMON: Mapping[str, Form] = {
    "reverses": _optional(_positive),
    "reason": _optional(_named),
    "clauses": _optional(_list(_named)),
}


def form_fault(entry: Any, no: int, kinds: frozenset[str]) -> str | None:
    """What is wrong with the form of an entry that should have the number ``no``."""
    if not isinstance(entry, dict) or entry.get("v") != 1 or entry.get("no") != no:
        return "version or number"
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        return f"unknown kind {kind!r:.60}"
    if fault := day_fault(kind, entry.get("on"), entry.get("fy")):
        return fault
    if fault := _postings_fault(kind, entry.get("postings")):
        return fault
    lacking = _first_fault(entry, {**_COMMON, **FACTS.get(kind, {})})
    return lacking and f"{kind} lacks {lacking!r} in its form"


def _postings_fault(kind: str, postings: Any) -> str | None:
    if not isinstance(postings, list) or not all(_is_posting(one) for one in postings):
        return "postings"
    permitted = ACCOUNTS.get(kind, ("",))
    strange = [p["account"] for p in postings if not p["account"].startswith(permitted)]
    return f"{kind} does not move {strange[0]}" if strange else None


def _first_fault(content: Mapping[str, Any], fields: Mapping[str, Form]) -> str | None:
    return next((name for name, form in fields.items() if not form(content.get(name))), None)


def day_fault(kind: str, on: Any, fy: Any) -> str | None:
    """A day (or month, where only that is public) that exists, in its fiscal year."""
    if not isinstance(on, str) or not isinstance(fy, int) or isinstance(fy, bool):
        return "fiscal year or day"
    if fault := period_fault(on, str(fy)):
        return fault
    if kind not in EITHER and (kind in MONTH_ONLY) != (len(on) == len("2026-05")):
        return f"{on} is not what {kind} may tell of its day"
    return None


@lru_cache(maxsize=1 << 14)
def period_fault(on: str, fy: str) -> str | None:
    """A day or month of the calendar that belongs to the fiscal year (April to March)."""
    if not _ON.fullmatch(on):
        return "fiscal year or day"
    whole = on if len(on) > len("2026-05") else f"{on}-01"
    if not _is_day(whole):
        return f"{on} is no day"
    day = dt.date.fromisoformat(whole)
    if str(day.year - (day.month < 4)) != fy:
        return f"{on} does not lie in fiscal year {fy}"
    return None


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return bool(_ON.fullmatch(text))


def _is_posting(one: Any) -> bool:
    if not isinstance(one, dict) or set(one) != {"account", "yen"}:
        return False
    yen, account = one["yen"], one["account"]
    return (
        _whole(yen) and yen != 0 and isinstance(account, str) and bool(ACCOUNT.fullmatch(account))
    )
