"""What a public entry means in money words, and under which filters it is found."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fund.kernel.canonical import Json
from fund.ledger.accounts import DUE_FROM_WARD
from fund.publication.domain.entries import Draft, shares_of
from fund.publication.domain.kinds import KIND_WORDS


@dataclass(frozen=True)
class Measures:
    """Yen an entry adds to each money word (negative takes away); ``size`` is what it moves."""

    size: int = 0
    came_in: int = 0
    committed: int = 0
    out: int = 0
    spent: int = 0
    returned: int = 0
    left: int = 0

    def reversed(self) -> Measures:
        """The same with every money word turned round; what it moves stays positive."""
        return Measures(
            self.size,
            -self.came_in,
            -self.committed,
            -self.out,
            -self.spent,
            -self.returned,
            -self.left,
        )


@dataclass(frozen=True)
class Tags:
    """Groups (numbers) and fields (codes) under whose filters an entry is found."""

    groups: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()

    def joined(self, other: Tags) -> Tags:
        """Both together."""
        return Tags(self.groups | other.groups, self.fields | other.fields)


@dataclass(frozen=True)
class Naming:
    """Names of the register that make an entry findable by words: code → every name it has."""

    groups: Mapping[str, str]
    uses: Mapping[str, str]


def measures(entry: Draft, reversed_entry: Measures | None = None) -> Measures:
    """The money words of one entry; a reversal undoes those of the entry it reverses.

    Raises:
        ValueError: for an ``entry.reversed`` whose counterpart is not given.
    """
    if entry.kind == "entry.reversed":
        return _undone(entry, reversed_entry)
    left = -_sum(entry.postings, "fund:")
    committed = -_sum(entry.postings, "committed:")
    facts = {"size": sum(yen for _, yen in entry.postings if yen > 0)}
    if entry.kind in {"donation.received", "interest.earned"}:
        facts["came_in"] = left
    elif entry.kind in {"donation.refunded", "dispute.lost"}:
        # What the group keeps the ward bears, but the gift is gone all the same.
        facts["came_in"] = left + committed - _sum(entry.postings, DUE_FROM_WARD)
    elif entry.kind == "disbursement.paid":
        facts["out"] = -committed
    elif entry.kind == "grant.returned":
        facts["returned"] = left + committed - _sum(entry.postings, DUE_FROM_WARD)
    elif entry.kind == "settlement.confirmed":
        facts["spent"] = _integer(entry.own.get("spent"))
    return Measures(left=left, committed=committed, **facts)


def _undone(entry: Draft, reversed_entry: Measures | None) -> Measures:
    if reversed_entry is None:
        raise ValueError("a reversal needs the entry it reverses")
    undone = reversed_entry.reversed()
    if "lines" not in entry.own:
        return undone
    # A gift's yen may have found another place than the one they left (ledger.reversals).
    return replace(
        undone,
        left=-_sum(entry.postings, "fund:"),
        committed=-_sum(entry.postings, "committed:"),
    )


def tags(entry: Draft, awards: Mapping[str, Tags], reversed_entry: Tags | None = None) -> Tags:
    """Whom an entry concerns: wishes and pots it names, and its award's group and fields."""
    found = _pots(account for account, _ in entry.postings)
    for share in shares_of(entry.own):
        found = found.joined(_named(share.get("kind"), share.get("target")))
    if entry.kind == "award.decided":
        found = found.joined(award_tags(entry))
    elif award := entry.text("award"):
        found = found.joined(awards.get(award, Tags()))
    for award in entry.awards_undone:
        found = found.joined(awards.get(award, Tags()))
    return found if reversed_entry is None else found.joined(reversed_entry)


def award_tags(entry: Draft) -> Tags:
    """Group and fields of an award as its decision names them."""
    group, fields = entry.text("group"), entry.own.get("fields")
    codes = fields if isinstance(fields, list | tuple) else ()
    return Tags(
        frozenset({group} if group else ()),
        frozenset(code for code in codes if isinstance(code, str)),
    )


def search_text(entry: Draft, found: Tags, naming: Naming) -> str:
    """Lower-case text in which a reader's words are looked for: names, numbers, accounts."""
    words: list[str] = [*KIND_WORDS.get(entry.kind, ()), entry.on, entry.reason or ""]
    words += [account for account, _ in entry.postings]
    words += [value for key, value in sorted(entry.own.items()) if isinstance(value, str)]
    words += [str(share.get("share")) for share in shares_of(entry.own)]
    words += [naming.groups.get(no, "") for no in sorted(found.groups)]
    words += [naming.uses.get(f"field:{code}", "") for code in sorted(found.fields)]
    for code in programmes_of(entry):
        words.append(naming.uses.get(f"programme:{code}", ""))
    words += [clause.split("@")[0] for clause in entry.clauses]
    return folded(" ".join(word for word in words if word))


def folded(words: str) -> str:
    """Text as it is searched: NFKC, lower case, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", words).lower().split())


def programmes_of(entry: Draft) -> list[str]:
    """Codes of programmes and themes an entry names."""
    named = [entry.text("programme"), entry.text("theme")]
    named += [str(s["target"]) for s in shares_of(entry.own) if s.get("kind") == "theme"]
    return sorted({code for code in named if code})


def _sum(postings: Iterable[tuple[str, int]], prefix: str) -> int:
    return sum(yen for account, yen in postings if account.startswith(prefix))


def _pots(accounts: Iterable[str]) -> Tags:
    found = Tags()
    for account in accounts:
        parts = account.split(":")
        if parts[0] == "fund" and len(parts) == 3:
            found = found.joined(_named(parts[1], parts[2]))
    return found


def _named(kind: Json, target: Json) -> Tags:
    if isinstance(target, str) and kind == "group":
        return Tags(groups=frozenset({target}))
    if isinstance(target, str) and kind == "field":
        return Tags(fields=frozenset({target}))
    return Tags()


def _integer(value: Json) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
