"""Many donors at the same moment, impatient ones, while web and worker are killed under them.

What must hold afterwards: one gift for each form, and gifts booked = payments succeeded at the
provider, each once and to the yen. Nothing is judged by its speed. ``make soak`` sends 200.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
import requests
from stage import FromAddress, Stage, until

pytestmark = pytest.mark.journey

DONORS = int(os.environ.get("FUND_SOAK_DONORS", "60"))
AT_THE_DOOR = 16
PATIENCE = 120.0
AGAIN_AFTER = (0.7, 1.5)
"""Seconds until somebody whose page did not come presses again, from and to."""
KILLED: list[str] = []
"""Processes killed so far, in their order."""
STEPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/give/use", {"wish": "anywhere"}),
    ("/give/amount", {"amount": "other", "kind": "individual"}),
    (
        "/give/donor",
        {
            "name_style": "split",
            "family_name": "見本",
            "given_name": "並子",
            "kana": "ミホン ナミコ",
            "where": "japan",
            "postal_code": "144-8621",
            "address1": "東京都大田区見本町2番2号",
            "email": "parallel@example.jp",
        },
    ),
    ("/give/consents", {"publish": "no", "method": "card", "purpose_of_use": "y"}),
)


@dataclass
class Donor:
    """A browser with one form in it; the donor presses again whenever nothing comes back."""

    stage: Stage
    number: int
    yen: int

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.session.mount("http://", FromAddress(f"127.0.1.{self.number + 1}"))
        self.token = ""
        self.landed: list[str] = []

    def fill_in(self) -> None:
        """The steps before the last; any of them again if the server dies under it."""
        page = self.asked("GET", "/give/use?start=1")
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found, page.url
        self.token = unescape(found[1])
        for path, fields in STEPS:
            own = {"own_amount": str(self.yen)} if path == "/give/amount" else {}
            if path == "/give/donor":
                own = {"email": f"parallel{self.number}@example.jp"}
            answer = self.asked("POST", path, {**fields, **own})
            assert answer.status_code == 303, (path, answer.status_code)

    def press(self) -> None:
        """Offer the gift; ends on the provider's page."""
        answer = self.asked("POST", "/give/check", {})
        self.landed.append(answer.headers.get("Location", f"{answer.status_code}"))

    def back_and_again(self) -> None:
        """The browser's back button, the old page from its cache, the button once more."""
        self.asked("GET", "/give/check")
        self.press()

    def asked(self, method: str, path: str, fields: dict[str, str] | None = None) -> Any:
        """An answer that is one: a dead server or an error page is asked again."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.session.request(
                    method,
                    self.stage.web + path,
                    data=None if fields is None else {"csrf_token": self.token, **fields},
                    allow_redirects=False,
                    timeout=30,
                )
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code < 500:
                return answer
            assert time.monotonic() < deadline, (path, answer)
            time.sleep(random.uniform(*AGAIN_AFTER))


@pytest.fixture
def holding(stage: Stage) -> Iterator[Stage]:
    """The demo while the provider's events are held back."""
    stage.control("deliveries", mode="hold")
    yield stage
    stage.control("deliveries", mode="auto")


def at_once(*acts: Callable[[], object]) -> None:
    """All of them at the same moment; every one succeeds."""
    start = threading.Barrier(len(acts))

    def one(act: Callable[[], object]) -> None:
        start.wait()
        act()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(one, act) for act in acts]:
            done.result()


def killer(stage: Stage, *names: str) -> Callable[[], None]:
    """Kill processes with SIGKILL, one after the other, and wait until each is there again."""

    def kill() -> None:
        for name in names:
            time.sleep(0.4)
            before = stage.card()["pids"][name]
            os.kill(before, signal.SIGKILL)
            KILLED.append(name)
            until(lambda name=name, before=before: stage.card()["pids"][name] != before)

    return kill


def charges(stage: Stage) -> dict[str, int]:
    """All money that came in at the provider: yen by charge, of its own balance transactions."""
    kept = json.loads((stage.data / "demo-environment.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = []
    more = True
    while more:
        page = requests.get(
            f"{stage.card()['sandbox']}/v1/balance_transactions",
            params={"limit": 100, **({"starting_after": found[-1]["id"]} if found else {})},
            headers={"Authorization": f"Bearer {kept['STRIPE_SECRET_KEY']}"},
            timeout=60,
        ).json()
        found += page["data"]
        more = page["has_more"]
    return {one["source"]: one["amount"] for one in found if one["reporting_category"] == "charge"}


def booked(stage: Stage) -> dict[str, int]:
    """Charges of the provider in the journal with their yen; an entry of its own for each."""
    rows = stage.rows(
        """SELECT payment.charge_id, posting.yen FROM journal_entry entry
           JOIN posting ON posting.entry_id = entry.id
             AND posting.account = 'assets:clearing:stripe'
           JOIN payment ON payment.no = entry.fact_id
           WHERE entry.kind = 'payment.received' AND payment.charge_id IS NOT NULL"""
    )
    found = {str(charge): int(yen) for charge, yen in rows}
    assert len(found) == len(rows)
    return found


def test_all_who_come_at_once_are_booked_once_and_to_the_yen(holding: Stage) -> None:
    stage, dice = holding, random.Random(200)
    gifts, earlier = stage.count("gift"), set(charges(stage))
    heard = stage.count("provider_event")
    donors = [Donor(stage, number, dice.randrange(2_000, 90_000)) for number in range(DONORS)]
    with ThreadPoolExecutor(AT_THE_DOOR) as door:
        list(door.map(Donor.fill_in, donors))

    clicks = [donor.press for donor in donors for _ in range(2)]
    at_once(*clicks, killer(stage, "web", "worker"))
    impatient = [donor.back_and_again for donor in donors[::4]]
    at_once(*impatient, killer(stage, "worker"))

    sessions = [_one_page(donor) for donor in donors]
    assert len(set(sessions)) == DONORS
    assert stage.count("gift") - gifts == DONORS
    with ThreadPoolExecutor(AT_THE_DOOR) as till:
        list(till.map(lambda session: _pay(stage, session), sessions + sessions[::10]))
    paid = {one: yen for one, yen in charges(stage).items() if one not in earlier}
    assert sorted(paid.values()) == sorted(donor.yen for donor in donors)

    at_once(
        lambda: stage.control("deliveries/release", order="shuffle", seed=5, copies=3, parallel=1),
        killer(stage, "worker", "web", "worker", "worker"),
    )
    stage.control("deliveries", mode="auto")
    stage.control("deliveries/release", order="reverse", copies=2, parallel=1)
    until(lambda: paid.keys() <= booked(stage).keys(), PATIENCE)
    until(lambda: _quiet(stage), PATIENCE)

    assert {one: yen for one, yen in booked(stage).items() if one not in earlier} == paid
    assert _states(stage, sessions) == [("received", "succeeded", DONORS)]
    checked = stage.check()
    assert checked.returncode == 0, checked.stdout
    tell(
        f"donors at once                {DONORS:>12,}",
        f"presses of the last button    {sum(len(donor.landed) for donor in donors):>12,}",
        f"processes killed (SIGKILL)    {len(KILLED):>12,}  {', '.join(KILLED)}",
        f"events heard                  {stage.count('provider_event') - heard:>12,}  told again and again, in any order",
        f"gifts offered                 {stage.count('gift') - gifts:>12,}",
        f"payments succeeded (provider) {len(paid):>12,}  {sum(paid.values()):>14,} yen",
        f"gifts booked (journal)        {len(paid):>12,}  {_booked_yen(stage, paid):>14,} yen",
        f"fund check                    {checked.stdout.strip().splitlines()[-1]}",
    )


def tell(*lines: str) -> None:
    """Figures of the run; ``make soak`` shows them."""
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


def _booked_yen(stage: Stage, charged: dict[str, int]) -> int:
    return sum(yen for charge, yen in booked(stage).items() if charge in charged)


def _one_page(donor: Donor) -> str:
    """The one payment page all presses of a donor led to: a double click is one gift."""
    pages = {re.search(r"/c/pay/(cs_\w+)", place) for place in donor.landed}
    assert len(donor.landed) >= 2
    found = {page[1] for page in pages if page}
    assert len(found) == 1, donor.landed
    assert all(page for page in pages), donor.landed
    return found.pop()


def _pay(stage: Stage, session: str) -> None:
    """Pay with a good card; the second time the page is over and takes nothing."""
    answer = requests.post(
        f"{stage.card()['sandbox']}/_sandbox/sessions/{session}/pay",
        json={"card": "4242424242424242"},
        timeout=60,
    )
    assert answer.status_code in {200, 400}, answer.text


def _quiet(stage: Stage) -> bool:
    return stage.rows("SELECT count(*) FROM provider_event WHERE state = 'pending'") == [(0,)]


def _states(stage: Stage, sessions: list[str]) -> list[tuple[Any, ...]]:
    """What became of the gifts behind these pages: states of gift and payment, and how many."""
    rows = stage.rows(
        """SELECT gift.state, payment.state FROM payment JOIN gift ON gift.no = payment.gift_no
           WHERE payment.session_id = ANY (%s) ORDER BY 1, 2""",
        sessions,
    )
    return [(*state, len(list(group))) for state, group in itertools.groupby(rows)]
