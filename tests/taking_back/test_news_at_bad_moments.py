"""News of refunds and disputes at the worst moments, delivered to our own door over HTTP."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from test_after_acceptance import receipts, words
from test_taking_back_pages import Visitor
from werkzeug.serving import make_server
from whole_fund import Fund

from fund.giving import commands as giving
from fund.giving.domain.acceptance import CODES
from fund.giving.queries import batch
from fund.kernel.errors import Conflict
from fund.payments import deliveries

PUBLIC = ("/", "/glance", "/ledger", "/grants", "/verify", "/runs", "/en/", "/en/glance")


@pytest.fixture
def told(fund: Fund) -> Iterator[Fund]:
    """The fund with a door of its own, where the provider's events are delivered."""
    door = make_server("127.0.0.1", 0, fund.app, threaded=True)
    thread = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    fund.control("webhook", url=f"http://127.0.0.1:{door.server_port}/webhooks/stripe")
    yield fund
    door.shutdown()
    thread.join()
    door.server_close()


def in_order(fund: Fund, *first: str) -> None:
    """Deliver and work on events of these kinds one by one, then on all others."""
    for kind in first:
        for event in fund.control("deliveries/release", ids=_ids(fund, kind)):
            assert event["status"] == 200
        fund.work()
    fund.deliver()


def _ids(fund: Fund, kind: str) -> list[str]:
    store = fund.sandbox.till.store
    found = store.rows(
        "SELECT id FROM event WHERE state = 'pending' AND type LIKE ?", (f"{kind}%",)
    )
    return [row["id"] for row in found]


def adds_up(fund: Fund) -> None:
    """Public pages open, their sums are those of the books, and nothing is below zero."""
    fund.publish()
    client = fund.app.test_client()
    for path in PUBLIC:
        assert client.get(path).status_code == 200, path
    came, committed, out, left = words(fund)
    balances = fund.balances()
    pots = {name: yen for name, yen in balances.items() if name.startswith("fund:")}
    awards = {name: yen for name, yen in balances.items() if name.startswith("committed:")}
    assert min([*pots.values(), *awards.values(), 0]) == 0
    assert (committed, left) == (sum(awards.values()), sum(pots.values()))
    assert came - committed - out - left == -balances.get("assets:due-from-ward", 0)
    shown: Counter[str] = Counter()
    page = json.loads(client.get("/ledger.json").get_data())
    assert page["next"] is None
    for row in page["rows"]:
        assert sum(posting["yen"] for posting in row["postings"]) == 0
        shown.update({posting["account"]: posting["yen"] for posting in row["postings"]})
    assert {name: -yen for name, yen in shown.items() if name in {*pots, *awards}} == pots | awards
    assert fund.broken() == []


@pytest.mark.parametrize("first", ["refund", "charge.refunded", "charge.dispute"])
def test_what_became_of_a_payment_is_told_before_the_payment(told: Fund, first: str) -> None:
    gift = told.offered(10_000)
    told.pay(gift)
    session = told.sandbox.till.store.find(str(told.payment(gift).session_id))
    assert session is not None
    if first == "charge.dispute":
        told.control("disputes", payment_intent=session["payment_intent"])
    else:
        told.control("refunds", payment_intent=session["payment_intent"], amount=4_000)
    in_order(told, first)
    assert told.gift(gift).state == ("disputed" if first == "charge.dispute" else "received")
    assert told.kinds(gift)[0] == "payment.received"
    assert told.held() == (10_000 if first == "charge.dispute" else 6_000)
    assert told.broken() == []


@pytest.mark.parametrize("paid_out", [0, 6_000, 10_000])
def test_a_refund_of_what_a_group_was_paid(told: Fund, paid_out: int) -> None:
    gift = told.accepted(10_000)
    award = told.award(10_000)
    told.allocate()
    if paid_out:
        told.disburse(award, paid_out)
    adds_up(told)
    told.dashboard_refund(gift, amount=7_000)
    told.deliver(copies=2, order="shuffle", seed=2)
    adds_up(told)
    told.dashboard_refund(gift)
    told.deliver(copies=3, order="reverse")
    assert told.gift(gift).state == "refunded"
    assert told.balance("assets:due-from-ward") == paid_out
    assert told.balance(f"committed:{award}") == 0
    assert [state for state, _, _ in receipts(told, gift)] == ["void", "void"]
    assert told.occasions(gift) == ["gift.refunded", "gift.refunded"]
    assert "ご寄附をお返ししました" in told.page(gift)
    adds_up(told)


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_over_what_a_group_was_paid(told: Fund, outcome: str) -> None:
    gift = told.accepted(10_000)
    award = told.award(10_000)
    told.allocate()
    told.disburse(award, 10_000)
    dispute = told.dispute(gift)
    told.deliver(copies=2, order="shuffle", seed=3)
    assert "カード会社で確認が行われています" in told.page(gift)
    adds_up(told)
    told.control(f"disputes/{dispute}/close", outcome=outcome)
    told.deliver(copies=2, order="reverse")
    lost = outcome == "lost"
    assert told.gift(gift).state == ("refunded" if lost else "allocated")
    assert told.balance("assets:due-from-ward") == (10_000 if lost else 0)
    ended = "gift.dispute-lost" if lost else "gift.dispute-won"
    assert told.occasions(gift) == ["gift.disputed", ended]
    assert receipts(told, gift)[-1][0] == ("void" if lost else "valid")
    adds_up(told)


TROUBLES: dict[str, Callable[[Fund, str], object]] = {
    "dispute": lambda fund, gift: fund.dispute(gift),
    "refund": lambda fund, gift: fund.dashboard_refund(gift),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_gift_in_trouble_enters_no_batch(told: Fund, trouble: str) -> None:
    gift, other = told.paid(10_000), told.paid(3_000)
    TROUBLES[trouble](told, gift)
    told.deliver()
    officer = Visitor(told, "officer0@example.jp")
    assert gift not in officer.get("/staff/acceptance")
    with pytest.raises(Conflict):
        giving.propose_acceptance(
            told.house, by=told.officer, now=told.now, gift_nos=[other, gift], checklist=CODES
        )
    assert told.rows("SELECT count(*) FROM acceptance_batch") == [(0,)]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_between_proposal_and_decision_stops_the_batch(told: Fund, trouble: str) -> None:
    gift, other = told.paid(10_000), told.paid(3_000)
    number = giving.propose_acceptance(
        told.house, by=told.officer, now=told.now, gift_nos=[gift, other], checklist=CODES
    )
    decider = Visitor(told, "decider3@example.jp")
    decider.get(f"/staff/acceptance/{number}")
    TROUBLES[trouble](told, gift)
    told.deliver()
    page = decider.post(f"/staff/acceptance/{number}", 409, decision="accept")
    assert gift in page
    assert told.balance("fund:general") == 0
    assert receipts(told, gift) == []
    assert told.gift(other).state == "received"
    assert told.broken() == []
    giving.decide_acceptance(
        told.house,
        by=told.decider,
        now=told.now,
        batch_no=number,
        accept=False,
        note="係争中のため",
    )
    told.accept(other)
    assert told.balance("fund:general") == 3_000
    assert told.broken() == []


@pytest.mark.parametrize("turn", range(4))
def test_a_dispute_races_the_decision(told: Fund, turn: int) -> None:
    gift = told.paid(10_000)
    number = giving.propose_acceptance(
        told.house, by=told.officer, now=told.now, gift_nos=[gift], checklist=CODES
    )
    dispute = told.dispute(gift)
    told.control("deliveries/release")
    start = threading.Barrier(2)

    def decide() -> bool:
        start.wait()
        try:
            giving.decide_acceptance(
                told.house, by=told.decider, now=told.now, batch_no=number, accept=True
            )
        except Conflict:
            return False
        return True

    def hear() -> None:
        start.wait()
        told.work()

    with ThreadPoolExecutor(2) as pool:
        first, second = (decide, hear) if turn % 2 else (hear, decide)
        acts = [pool.submit(first), pool.submit(second)]
        accepted = any(act.result() is True for act in acts)
    assert told.gift(gift).state == "disputed"
    assert told.balance("fund:general") == (10_000 if accepted else 0)
    with told.house.database.reading() as connection:
        found = batch(connection, number)
    assert found is not None
    assert found.state == ("accepted" if accepted else "proposed")
    told.control(f"disputes/{dispute}/close", outcome="lost")
    told.deliver()
    assert told.gift(gift).state == "refunded"
    assert told.balances() == {}
    assert told.broken() == []


def test_many_workers_at_one_dossier(told: Fund) -> None:
    gift = told.offered(10_000)
    told.pay(gift)
    session = told.sandbox.till.store.find(str(told.payment(gift).session_id))
    assert session is not None
    for amount in (1_000, 2_000):
        told.control("refunds", payment_intent=session["payment_intent"], amount=amount)
    told.control("disputes", payment_intent=session["payment_intent"])
    told.control("deliveries/release", copies=2, parallel=1, order="shuffle", seed=9)
    events = [row[0] for row in told.rows("SELECT id FROM provider_event WHERE state = 'pending'")]
    assert len(events) >= 5
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        for event_id in events[number % len(events) :] + events[: number % len(events)]:
            deliveries.process_event(told.house, now=told.now, event_id=event_id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert told.rows("SELECT count(*) FROM provider_event WHERE state = 'pending'") == [(0,)]
    assert told.kinds(gift).count("payment.received") == 1
    assert sorted(int(one.yen) for one in told.refunds(gift)) == [1_000, 2_000]
    assert told.gift(gift).state == "disputed"
    assert told.broken() == []
