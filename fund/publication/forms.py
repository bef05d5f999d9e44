"""Reading the query strings of the public pages; whatever cannot be read is named."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from fund.kernel.ids import CROCKFORD
from fund.platform.web.query import Query
from fund.publication.domain.kinds import KIND_WORDS, WORD_KINDS
from fund.publication.domain.measures import folded
from fund.publication.queries import LedgerFilter

MAX_NO = 2**53 - 1
PAGE = 50
MOST = 500
MOST_LISTED = 40
YEARS = (1900, 2999)
LINKED = ("fit", "reason", "age", "wait", "given-to", "use", "account")
"""Conditions that the links under figures set; the form keeps them."""
PARTS = ("age", "given-to", "use", "account")
"""Those that ask for a part of what an entry moves."""
ARGUMENTS = ("fy", "kind", "field", "group", "min", "max", "from", "to", "q", *LINKED)
FITS = ("first", "other", "open")
NO_FIELD = "none"
_REASON = re.compile(r"[a-z][a-z-]{1,40}")
_WAIT = re.compile(r"([0-9]{1,4})-([0-9]{1,4})")
_ACCOUNT = re.compile(r"[A-Za-z0-9:_.-]{1,60}")
_CODE = re.compile(r"[a-z][a-z0-9-]{1,40}")
_GROUP = re.compile(r"[0-9]{4}")
_AWARD = re.compile(rf"[{CROCKFORD}-]{{1,40}}")


@dataclass(frozen=True)
class LedgerView:
    """A filter with the place in it: rows below ``after`` or next above ``before``."""

    wanted: LedgerFilter
    after: int | None
    limit: int | None
    before: int | None = None


def read_ledger(query: Query) -> LedgerView:
    """The view of the ledger that a query string asks for.

    Raises:
        Invalid: naming every argument that cannot be read.
    """
    wanted = LedgerFilter(
        fy=query.integer("fy", *YEARS),
        kinds=_kinds(query),
        field=_code(query, "field"),
        group=_group(query),
        low=query.yen("min"),
        high=query.yen("max"),
        first=query.day("from"),
        last=query.day("to"),
        words=tuple(folded(query.text("q") or "").split()),
        fit=_listed(query, "fit", lambda one: one in FITS),
        reason=_listed(query, "reason", _REASON.fullmatch),
        age=tuple(map(int, _listed(query, "age", _is_year))),
        wait=_wait(query),
        to=_group(query, "given-to"),
        use=tuple("" if one == NO_FIELD else one for one in _listed(query, "use", _CODE.fullmatch)),
        account=_coded(query, "account", _ACCOUNT),
    )
    if wanted.low is not None and wanted.high is not None and wanted.low > wanted.high:
        query.errors["max"] = "下の金額より大きくしてください"
    if wanted.first and wanted.last and wanted.first > wanted.last:
        query.errors["to"] = "はじめの日より後にしてください"
    view = LedgerView(
        wanted,
        query.integer("after", 1, MAX_NO),
        query.integer("limit", 1, MOST),
        query.integer("before", 0, MAX_NO),
    )
    if view.after is not None and view.before is not None:
        query.errors["before"] = "afterとbeforeは、どちらか一つにしてください"
    query.check()
    return view


def spelled(wanted: LedgerFilter) -> dict[str, str]:
    """The query of a filter in its one spelling: equal filters have equal addresses."""
    days = {name: day.isoformat() for name, day in _days(wanted) if day}
    yens = {"min": wanted.low, "max": wanted.high, "fy": wanted.fy}
    named = {
        "kind": ",".join(_in_order(wanted.kinds)),
        "field": wanted.field,
        "group": wanted.group,
        "q": " ".join(wanted.words),
        "fit": ",".join(one for one in FITS if one in wanted.fit),
        "reason": ",".join(sorted(wanted.reason)),
        "age": ",".join(map(str, sorted(wanted.age))),
        "wait": "-".join(str(months) for months in wanted.wait or ()),
        "given-to": wanted.to,
        "use": ",".join(sorted(one or NO_FIELD for one in wanted.use)),
        "account": wanted.account,
        **{name: str(number) for name, number in yens.items() if number is not None},
        **days,
    }
    return {name: value for name in ARGUMENTS if (value := named.get(name))}


def _days(wanted: LedgerFilter) -> tuple[tuple[str, dt.date | None], ...]:
    return ("from", wanted.first), ("to", wanted.last)


def _in_order(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Kinds as the money word that they make up lists them, others as the filter does."""
    whole = (word for word in WORD_KINDS.values() if set(word) == set(kinds))
    return next(whole, tuple(kind for kind in KIND_WORDS if kind in kinds))


def _kinds(query: Query) -> tuple[str, ...]:
    """One kind, or several with commas between them (a money word is a sum over kinds)."""
    named = tuple(part.strip() for part in (query.text("kind", 400) or "").split(",") if part)
    if any(kind not in KIND_WORDS for kind in named):
        query.errors["kind"] = "一覧から選んでください"
        return ()
    return tuple(dict.fromkeys(named))


def _code(query: Query, name: str) -> str | None:
    value = query.text(name)
    if value is not None and not _CODE.fullmatch(value):
        query.errors[name] = "一覧から選んでください"
        return None
    return value


def _listed(query: Query, name: str, fits: Callable[[str], object]) -> tuple[str, ...]:
    """One value, or several with commas between them: figures of few people stand together."""
    value = query.text(name)
    found = tuple(dict.fromkeys(one.strip() for one in (value or "").split(",") if one.strip()))
    if len(found) > MOST_LISTED or not all(map(fits, found)):
        query.errors[name] = "リンクからえらんでください"
        return ()
    return found


def _is_year(value: str) -> bool:
    return value.isascii() and value.isdigit() and YEARS[0] <= int(value[:9]) <= YEARS[1]


def _coded(query: Query, name: str, spelled: re.Pattern[str]) -> str | None:
    value = query.text(name)
    if value is not None and not spelled.fullmatch(value):
        query.errors[name] = "リンクからえらんでください"
        return None
    return value


def _wait(query: Query) -> tuple[int, int] | None:
    """Months from a gift to its allocation, ``3-5`` for three to five."""
    value = query.text("wait")
    found = _WAIT.fullmatch(value) if value else None
    if value and found is None:
        query.errors["wait"] = "月の数を「3-5」のように入力してください"
    return (int(found[1]), int(found[2])) if found else None


def _group(query: Query, name: str = "group") -> str | None:
    value = query.text(name)
    if value is not None and not _GROUP.fullmatch(value):
        query.errors[name] = "団体の番号は4けたの数字です（例：0132）"
        return None
    return value


def read_group(query: Query) -> str | None:
    """The group of ``/calendar.ics``.

    Raises:
        Invalid: when it is no number of a group.
    """
    number = _group(query)
    query.check()
    return number


def read_year(query: Query) -> int | None:
    """The fiscal year of ``/glance``.

    Raises:
        Invalid: when it is no year.
    """
    year = query.integer("fy", *YEARS)
    query.check()
    return year


@dataclass(frozen=True)
class GrantsView:
    """What a reader asked of the list of grants."""

    fy: int | None
    programme: str | None
    field: str | None
    words: tuple[str, ...]
    after: str | None
    limit: int


def read_grants(query: Query) -> GrantsView:
    """The view of the grants that a query string asks for.

    Raises:
        Invalid: naming every argument that cannot be read.
    """
    after = query.text("after")
    if after is not None and not _AWARD.fullmatch(after):
        query.errors["after"] = "助成の番号を入力してください（例：A2026-0007）"
    view = GrantsView(
        fy=query.integer("fy", *YEARS),
        programme=_code(query, "programme"),
        field=_code(query, "field"),
        words=tuple(folded(query.text("q") or "").split()),
        after=after,
        limit=query.integer("limit", 1, MOST) or PAGE,
    )
    query.check()
    return view
