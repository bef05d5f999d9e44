"""Rules of the public log that need no database."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.kernel.canonical import canonical
from fund.publication.domain.entries import Booked, Draft, body, commitment, draft, payment_sum
from fund.publication.domain.flow import Moves, picture
from fund.publication.domain.measures import Measures, Tags, award_tags, folded, measures, tags
from fund.publication.domain.order import order_batch

DAY = dt.date(2026, 5, 20)
POTS = ("fund:general", "fund:field:child", "fund:group:0132", "fund:theme:river")
AWARDS = ("A2026-0001", "A2026-0002")
ACTS = ("gift", "gift", "line", "pay", "interest", "fee", "redirect")


def booked(number: int, kind: str, postings: list[tuple[str, int]], **more: object) -> Booked:
    return Booked(number, kind, f"F{number}", 2026, DAY, tuple(postings), **more)  # type: ignore[arg-type]


class Books:
    """Books as they could really be written: nothing spends what is not there."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.entries: list[Booked] = []
        self.standing: dict[str, int] = {}

    def write(self, kind: str, source: str, target: str, yen: int, **detail: object) -> None:
        number = len(self.entries) + 1
        self.standing[source] = self.standing.get(source, 0) - yen
        self.standing[target] = self.standing.get(target, 0) + yen
        moved = [(source, yen), (target, -yen)]
        if source.startswith("assets:") or target.startswith("assets:"):
            moved.sort(key=lambda line: -line[1])
        self.entries.append(booked(number, kind, moved, detail=detail))

    def rich(self, prefix: str) -> list[str]:
        return sorted(a for a, yen in self.standing.items() if a.startswith(prefix) and yen > 0)

    def spend(self, kind: str, prefix: str, targets: tuple[str, ...]) -> None:
        """Move a part of what stands somewhere, if anything does."""
        if not (rich := self.rich(prefix)):
            return
        source, target = self.draw(st.sampled_from(rich)), self.draw(st.sampled_from(targets))
        part = self.draw(st.integers(1, self.standing[source]))
        award = next((a for a in (source, target) if a.startswith("committed:")), "").split(":")[-1]
        if source != target:
            self.write(kind, source, target, part, award=award)

    def gift(self, yen: int) -> None:
        pot = self.draw(st.sampled_from(POTS))
        named = {"gift": f"F{len(self.entries) + 2}", "shares": []}
        self.write("payment.received", "assets:clearing:stripe", "held:unaccepted", yen, **named)
        self.write("donation.received", "held:unaccepted", pot, yen, **named)


@st.composite
def histories(draw: st.DrawFn) -> list[Booked]:
    books = Books(draw)
    for _ in range(draw(st.integers(1, 25))):
        act, yen = draw(st.sampled_from(ACTS)), draw(st.integers(1, 10_000))
        if act == "line":
            books.spend("allocation.line", "fund:", tuple(f"committed:{no}" for no in AWARDS))
        elif act == "pay":
            books.spend("disbursement.paid", "committed:", ("assets:bank",))
        elif act == "redirect":
            books.spend("designation.redirected", "fund:", POTS)
        elif act == "interest":
            books.write("interest.earned", "assets:bank", "fund:general", yen)
        elif act == "fee":
            books.write("fee.charged", "assets:due-from-ward", "assets:clearing:stripe", yen)
        else:
            books.gift(yen)
    return books.entries


def drafts_of(history: list[Booked]) -> list[Draft]:
    payments = [entry for entry in history if entry.kind == "payment.received"]
    found = [draft(entry, "c" * 64) for entry in history if entry.kind != "payment.received"]
    return [payment_sum(payments, DAY, "B1"), *found] if payments else found


@given(histories(), st.randoms())
def test_a_batch_is_published_whole_and_never_overdraws(history: list[Booked], chance) -> None:
    drafts = drafts_of(history)
    chance.shuffle(drafts)
    ordered, waiting = order_batch(drafts, {}, set(), chance.shuffle)
    assert waiting == []
    assert sorted(id(entry) for entry in ordered) == sorted(id(entry) for entry in drafts)
    running: dict[str, int] = {}
    for entry in ordered:
        for account, yen in entry.postings:
            running[account] = running.get(account, 0) + yen
            assert account.startswith("assets:") or running[account] <= 0


@given(histories(), st.randoms())
def test_gifts_come_first_and_others_keep_ledger_order(history: list[Booked], chance) -> None:
    ordered, _ = order_batch(drafts_of(history), {}, set(), chance.shuffle)
    kinds = [entry.kind for entry in ordered]
    gifts = kinds.count("donation.received")
    start = 1 if gifts else 0
    assert kinds[start : start + gifts] == ["donation.received"] * gifts
    others = [entry.sources[0] for entry in ordered[start + gifts :]]
    assert others == sorted(others)


def test_an_entry_whose_money_came_with_a_higher_id_waits_for_it() -> None:
    spends = draft(
        booked(1, "allocation.line", [("fund:general", 5), ("committed:A2026-0001", -5)])
    )
    earns = draft(booked(2, "interest.earned", [("assets:bank", 5), ("fund:general", -5)]))
    ordered, waiting = order_batch([spends, earns], {}, set(), lambda _: None)
    assert ([entry.kind for entry in ordered], waiting) == (
        ["interest.earned", "allocation.line"],
        [],
    )


def test_a_correction_of_something_private_stays_private() -> None:
    undo = draft(
        booked(9, "entry.reversed", [("held:unaccepted", 5), ("assets:bank", -5)], reverses=4)
    )
    ordered, waiting = order_batch([undo], {"held:unaccepted": -9}, set(), lambda _: None)
    assert (ordered, waiting) == ([], [undo])


@given(histories())
def test_what_came_in_is_what_was_paid_decided_or_is_left(history: list[Booked]) -> None:
    found = [measures(entry) for entry in drafts_of(history)]
    assert sum(means.came_in for means in found) == sum(
        means.left + means.committed + means.out for means in found
    )


@given(histories())
def test_a_reversal_undoes_every_money_word(history: list[Booked]) -> None:
    for entry in drafts_of(history):
        means = measures(entry)
        undone = means.reversed()
        assert undone.size == means.size
        assert means.came_in + undone.came_in == means.left + undone.left == 0
        assert means.committed + undone.committed == means.out + undone.out == 0


def moves_of(drafts: list[Draft]) -> Moves:
    """The sums that the queries read from the database, made here entry by entry."""
    sums: dict[str, dict] = {"arrived": {}, "allocated": {}, "pots": {}, "awards": {}}

    def add(name: str, key: object, yen: int) -> None:
        sums[name][key] = sums[name].get(key, 0) + yen

    for entry in drafts:
        award = next(
            (a.split(":")[1] for a, _ in entry.postings if a.startswith("committed:")), None
        )
        for account, yen in entry.postings:
            head, *rest = account.split(":")
            if head == "committed":
                add("awards", rest[0], -yen)
            elif head == "fund":
                add("pots", rest[0], -yen)
                if award:
                    add("allocated", (rest[0], award), yen)
                elif entry.kind != "designation.redirected":
                    add("arrived", (entry.kind, rest[0]), -yen)
    return Moves(sums["arrived"], sums["allocated"], {}, {}, sums["pots"], sums["awards"])


@given(histories())
def test_the_flow_columns_hold_the_same_total(history: list[Booked]) -> None:
    moves = moves_of(drafts_of(history))
    drawn = picture(moves, {AWARDS[0]: "0132", AWARDS[1]: "0201"})
    total = sum(moves.arrived.values())
    if not total:
        assert drawn is None
        return
    assert drawn is not None
    for step in (drawn.sources, drawn.wishes, drawn.ends):
        assert sum(step.values()) == total
        assert all(yen > 0 for yen in step.values())


@given(
    st.dictionaries(
        st.sampled_from(["name", "email", "batch", "note", "rank", "award", "use", "person"]),
        st.text(max_size=20),
    )
)
def test_nothing_of_the_internal_detail_passes_unless_it_is_listed(detail: dict[str, str]) -> None:
    entry = draft(
        booked(
            1, "allocation.line", [("fund:general", 5), ("committed:A2026-0001", -5)], detail=detail
        )
    )
    assert set(entry.own) <= {"run", "gift", "share", "award", "yen", "rank", "use"}


@given(histories())
def test_the_bytes_are_canonical_and_read_back_the_same(history: list[Booked]) -> None:
    for no, entry in enumerate(drafts_of(history), 1):
        spelled = body(entry, no, None)
        content = json.loads(spelled)
        assert canonical(content) == spelled
        assert [(line["account"], line["yen"]) for line in content["postings"]] == list(
            entry.postings
        )
        assert sum(line["yen"] for line in content["postings"]) == 0
        assert "reverses" not in content


def test_the_commitment_is_the_one_of_the_format() -> None:
    salt = bytes(range(32))
    opening = '{"gift":"G-7K3F92QX","name":"見本 花子","received_on":"2026-05-20"}'.encode()
    expected = hashlib.sha256(b"mieru-fund/gift/v1\x00" + salt + opening).hexdigest()
    assert commitment("G-7K3F92QX", salt, DAY, "見本 花子") == expected


def test_a_gift_without_commitment_is_not_published() -> None:
    gift = booked(1, "donation.received", [("held:unaccepted", 5), ("fund:general", -5)])
    with pytest.raises(ValueError, match="no commitment"):
        draft(gift)


def test_a_payment_is_never_published_alone() -> None:
    with pytest.raises(ValueError, match="only inside a sum"):
        draft(booked(1, "payment.received", [("assets:bank", 5), ("held:unaccepted", -5)]))


def test_an_award_gives_its_group_and_fields_to_its_entries() -> None:
    decided = draft(
        booked(
            1,
            "award.decided",
            [],
            detail={"award": "A2026-0001", "group": "0132", "fields": ["env"]},
        )
    )
    line = draft(
        booked(
            2,
            "allocation.line",
            [("fund:field:child", 5), ("committed:A2026-0001", -5)],
            detail={"award": "A2026-0001"},
        )
    )
    found = tags(line, {"A2026-0001": award_tags(decided)})
    assert found == Tags(frozenset({"0132"}), frozenset({"env", "child"}))


def test_a_reversal_needs_what_it_reverses() -> None:
    undo = draft(
        booked(2, "entry.reversed", [("assets:bank", 5), ("fund:general", -5)], reverses=1)
    )
    with pytest.raises(ValueError, match="the entry it reverses"):
        measures(undo)
    assert measures(undo, Measures(size=5, came_in=5, left=5)) == Measures(5, -5, left=-5)


def test_search_reads_every_width_of_letters() -> None:
    assert folded("Ａ２０２６ ﾐｽﾞﾍﾞ") == "a2026 ミズベ"


@pytest.mark.parametrize(
    ("written", "public"),
    [("mistake", "mistake"), ("ヤマダ ハナコ様の分", "other"), ("", "other"), (None, None)],
)
def test_a_reason_is_public_as_a_published_code_only(
    written: str | None, public: str | None
) -> None:
    moved = [("assets:bank", 5), ("assets:clearing:counter", -5)]
    one = booked(2, "entry.reversed", moved, reverses=1, reason=written)
    assert draft(one).reason == public
    paid = booked(
        3, "payment.returned", [("held:unaccepted", 5), ("assets:bank", -5)], reason=written
    )
    assert payment_sum([paid], DAY, None).reason == public
