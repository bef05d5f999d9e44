"""What a filter finds and adds up to, worked out in Python from the entries' own bytes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fund.publication.queries import LedgerFilter, LedgerRow

BACK = {"donation.refunded", "dispute.lost", "entry.reversed"}
Body = dict[str, Any]


@dataclass
class Model:
    """All entries, oldest first, with the text readers search in."""

    rows: list[LedgerRow]
    texts: dict[int, str]

    def __post_init__(self) -> None:
        self.gifts = {row.text("gift"): row for row in self.rows if row.kind == "donation.received"}
        self.awards = {row.text("award"): row for row in self.rows if row.kind == "award.decided"}
        self.by_no = {row.no: row for row in self.rows}
        self.line_pots = {
            (row.text("share"), row.text("award")): pots(row)[0]
            for row in reversed(self.rows)
            if row.kind == "allocation.line"
        }

    def found(self, wanted: LedgerFilter) -> list[LedgerRow]:
        """The entries of a filter, newest first."""
        return [row for row in reversed(self.rows) if self._matches(row, wanted)]

    def moved(self, rows: Iterable[LedgerRow], wanted: LedgerFilter) -> int:
        """What the filter is about, in yen."""
        parts = self._parts(wanted)
        return sum(parts(row) if parts else row.size for row in rows)

    def _parts(self, wanted: LedgerFilter) -> Any:
        if wanted.account is not None:
            return lambda row: sum(yen for at, yen in row.postings if at == wanted.account)
        if wanted.to is not None:
            return lambda row: self.given(row, "group").get(wanted.to, 0)
        if wanted.use:
            return lambda row: sum(self.given(row, "field").get(one, 0) for one in wanted.use)
        if wanted.age:
            return lambda row: sum(self.ages(row).get(one, 0) for one in wanted.age)
        return None

    def _matches(self, row: LedgerRow, wanted: LedgerFilter) -> bool:
        first = first_day(row)
        tests = (
            wanted.fy is None or row.fy == wanted.fy,
            not wanted.kinds or row.kind in wanted.kinds,
            wanted.field is None or wanted.field in row.fields,
            wanted.group is None or wanted.group in row.groups,
            wanted.low is None or row.size >= wanted.low,
            wanted.high is None or row.size <= wanted.high,
            wanted.first is None or first >= wanted.first,
            wanted.last is None or first <= wanted.last,
            all(word in self.texts[row.no] for word in wanted.words),
            wanted.account is None or wanted.account in dict(row.postings),
            not wanted.reason
            or (row.kind == "designation.redirected" and row.reason in wanted.reason),
            not wanted.fit or self.fit(row) in wanted.fit,
            wanted.to is None or wanted.to in self.given(row, "group"),
            not wanted.use or bool(set(wanted.use) & self.given(row, "field").keys()),
            not wanted.age or bool(set(wanted.age) & self.ages(row).keys()),
        )
        return all(tests) and self._waited(row, wanted)

    def _waited(self, row: LedgerRow, wanted: LedgerFilter) -> bool:
        if wanted.wait is None:
            return True
        gift = self.gifts.get(row.text("gift"))
        if row.kind != "allocation.line" or gift is None:
            return False
        given, used = first_day(gift), first_day(row)
        months = max(0, (used.year - given.year) * 12 + used.month - given.month)
        return wanted.wait[0] <= months <= wanted.wait[1]

    @staticmethod
    def fit(row: LedgerRow) -> str | None:
        """How an allocation meets its wish."""
        if row.kind != "allocation.line":
            return None
        if set(pots(row)) == {"fund:general"}:
            return "open"
        return "first" if row.number("rank") == 1 else "other"

    def given(self, row: LedgerRow, by: str) -> dict[str, int]:
        """Yen to awards less yen taken back, by their group or first field."""
        sums: dict[str, int] = defaultdict(int)
        if row.kind in BACK and row.text("gift"):
            for line in as_list(row.facts.get("lines")):
                if line["from"] == "committed":
                    sums[self._of_award(line["award"], by)] -= line["yen"]
            return sums
        awards = [at.partition(":")[2] for at, _ in row.postings if at.startswith("committed:")]
        if awards and pots(row):
            yen = sum(yen for at, yen in row.postings if at.startswith("fund:"))
            sums[self._of_award(awards[0], by)] += yen
        return sums

    def _of_award(self, award: str, by: str) -> str:
        decided = self.awards[award]
        return decided.text("group") or "" if by == "group" else decided.named_fields[0]

    def ages(self, row: LedgerRow) -> dict[int, int]:
        """What an entry adds to unspent money, by the year that money came from."""
        sums: dict[int, int] = defaultdict(int)
        back = as_list(row.facts.get("back"))
        for part in back:
            sums[self._year(part["share"], row)] += part["yen"]
        rest = row.left - sum(part["yen"] for part in back)
        if rest:
            share = row.text("gift") or row.text("share") or ""
            undone = self.by_no[row.reverses] if row.reverses and not row.text("gift") else None
            sums[undone.fy if undone else self._year(share, row)] += rest
        return {year: yen for year, yen in sums.items() if yen}

    def _year(self, share: str, row: LedgerRow) -> int:
        gift = self.gifts.get(share.partition("/")[0])
        if gift is not None:
            return gift.fy
        first = (one for one in self.rows if one.text("share") == share)
        return next((one.fy for one in first), row.fy)


def pots(row: LedgerRow) -> list[str]:
    """The accounts of the fund that an entry touches."""
    return [account for account, _yen in row.postings if account.startswith("fund:")]


def first_day(row: LedgerRow) -> dt.date:
    """The day of an entry, the first of its month where only that is public."""
    return dt.date.fromisoformat(row.on if len(row.on) == 10 else f"{row.on}-01")


def as_list(value: Any) -> list[Body]:
    """A list in the facts of an entry."""
    return list(value) if isinstance(value, list) else []
