"""The order in which a batch joins the log: sums, gifts in any order, then ledger order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from fund.ledger.accounts import is_guarded
from fund.publication.domain.entries import Draft

Shuffle = Callable[[list[Draft]], None]


def order_batch(
    drafts: Sequence[Draft],
    balances: Mapping[str, int],
    published: Collection[int],
    shuffle: Shuffle,
) -> tuple[list[Draft], list[Draft]]:
    """Put a batch into public order; returns (ordered, waiting).

    ``balances`` are the public log's raw balances (yen, debit positive) of the guarded
    accounts so far, ``published`` the internal ids already public that entries may reverse.
    Payment sums come first, then accepted gifts in the order ``shuffle`` leaves them in, so
    that their place says nothing about who gave first. All others keep ledger order, except
    that an entry which would overdraw a guarded account, or reverses what is not public yet,
    waits until others of the batch have made room (ids are drawn before commits, so ledger
    order may differ a little from the order in which money really moved).
    """
    sums = [entry for entry in drafts if entry.kind == "payments.received"]
    gifts = [entry for entry in drafts if entry.kind == "donation.received"]
    shuffle(gifts)
    first = {id(entry) for entry in (*sums, *gifts)}
    others = sorted(
        (entry for entry in drafts if id(entry) not in first), key=lambda entry: entry.sources[-1]
    )
    running, known = dict(balances), set(published)
    ordered: list[Draft] = []
    waiting = [*sums, *gifts, *others]
    while waiting:
        still: list[Draft] = []
        for entry in waiting:
            if not _may_follow(entry, running, known):
                still.append(entry)
                continue
            for account, yen in entry.postings:
                running[account] = running.get(account, 0) + yen
            known.update(entry.sources)
            ordered.append(entry)
        if len(still) == len(waiting):
            break
        waiting = still
    return ordered, waiting


def _may_follow(entry: Draft, running: Mapping[str, int], known: Collection[int]) -> bool:
    if entry.reverses is not None and entry.reverses not in known:
        return False
    change: dict[str, int] = {}
    for account, yen in entry.postings:
        if is_guarded(account):
            change[account] = change.get(account, 0) + yen
    return all(running.get(account, 0) + yen <= 0 for account, yen in change.items() if yen > 0)
