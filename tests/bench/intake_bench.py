"""Rows 1 to 5 of the targets: taking in and booking payments, beside the limit and the peer.

    python tests/bench/intake_bench.py [--rounds 3] [--scale 1.0]

Every round measures everything once, one after the other on the same server; ratios are formed
within a round, and medians of rounds are shown. "Intake" is an event that is safely kept with its
task and answered over HTTP; "whole path" is that and the posting after it, as one rate. Ours
pays for HTTP, signature, event, mail, audit and the queue; the peer posts in its own process.
The provider's answers cost us nothing here: its network is left out on both sides. The limit is pgbench running the statements that
our own code sends (captured, see statements.py); the peer is django-hordak in its own
environment. The last result is kept in tests/bench/results/.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import arena as place
import peers
from arena import Arena
from results import Figures, Ratio, keep
from statements import Script, captured

from fund.kernel.actor import system
from fund.ledger import facts as ledger_facts
from fund.ledger import journal
from fund.ledger.domain import Entry
from fund.payments import commands
from fund.payments.deliveries import process_event
from fund.payments.facts import Dossier
from fund.payments.ports import Provider
from fund.platform.house import House

CLIENTS = 8
CROWD = 16
GROUPS = 500
BATCH = 100
PRETIX = 6.9
"""Orders with payment a second, whole application; recorded earlier, not measured beside us."""
_N8, _N10 = "lpad(:n::text, 8, '0')", "lpad(:n::text, 10, '0')"


class Instant:
    """The real adapter's signature check; its answers about payments without the network."""

    def __init__(self, real: Any) -> None:
        self.livemode, self.read_event = real.livemode, real.read_event

    def dossier_of_session(self, session_id: str) -> Dossier:
        """A seeded payment, paid."""
        return Dossier(place.facts(int(session_id.removeprefix("cs_seed"))))


def event_body(event_id: str, number: int) -> str:
    """A completed checkout as the provider sends it, of everyday size."""
    specimens = json.loads(
        (Path(commands.__file__).parents[2] / "sandbox" / "specimens.json").read_text("utf-8")
    )["objects"]
    session = {**specimens["checkout.session"], "id": f"cs_seed{number}"}
    return json.dumps(
        {
            "id": event_id,
            "object": "event",
            "created": int(time.time()),
            "livemode": False,
            "type": "checkout.session.completed",
            "data": {"object": session},
        }
    )


def signature(body: str, secret: str) -> str:
    """The header of a provider who knows the secret."""
    moment = int(time.time())
    mac = hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256)
    return f"t={moment},v1={mac.hexdigest()}"


@contextmanager
def serving(arena: Arena) -> Iterator[int]:
    """``fund serve`` as an installation starts it; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "fund", "serve", f"--port={port}"],
        env={**os.environ, **arena.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                    break
            except OSError:
                time.sleep(0.25)
        yield port
    finally:
        process.terminate()
        process.wait()


def over_http(arena: Arena, port: int, count: int) -> dict[str, Any]:
    """Post ``count`` new signed events at once; every one of them is answered with 200."""
    secret, mark = arena.environment["STRIPE_WEBHOOK_SECRET"], secrets.token_hex(4)
    lines = []
    for number in range(count):
        body = event_body(f"evt_{mark}{number:08d}", number + 1)
        head = (
            "POST /webhooks/stripe HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Type: application/json\r\nStripe-Signature: {signature(body, secret)}"
        )
        lines.append(json.dumps([head, body]))
    told = subprocess.run(
        [sys.executable, Path(__file__).with_name("http_load.py"), str(port), str(CLIENTS)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(told.stdout)
    if found["statuses"] != {"200": count}:
        raise RuntimeError(f"answers: {found['statuses']}")
    return found


@dataclasses.dataclass
class Bench:
    """One run: what is measured, on which rows, how often."""

    arena: Arena
    house: House
    scale: float
    taken: int = 1000
    rates: dict[str, list[float]] = dataclasses.field(default_factory=lambda: defaultdict(list))

    def rows(self, count: int) -> range:
        """Seeded numbers nobody has used yet."""
        first, self.taken = self.taken + 1, self.taken + count
        return range(first, first + count)

    def many(self, count: int) -> int:
        """A count scaled for quick runs, whole batches of it."""
        return max(int(count * self.scale) // 800, 1) * 800

    def note(self, what: str, rate: float) -> None:
        """Keep a rate of this round."""
        self.rates[what].append(rate)
        sys.stdout.write(f"  {what:58}{rate:12,.0f} /s\n")
        sys.stdout.flush()


def book(bench: Bench, number: int) -> None:
    """What the worker does for an event: look it up, ask, book, close."""
    process_event(bench.house, now=place.PAID_AT, event_id=place.event_id(number))


def together(bench: Bench, numbers: range, threads: int) -> float:
    """Events whose tasks wait, booked as the worker does: each takes along 99 others."""
    firsts = numbers[::BATCH]
    with bench.arena.superuser() as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) SELECT 'default',"
            " 'payments.process_event', jsonb_build_object('event_id', 'evt_seed' ||"
            " lpad(n::text, 10, '0')) FROM generate_series(%s::int, %s::int) AS n"
            " WHERE (n - %s) %% %s <> 0",
            [numbers.start, numbers.stop - 1, numbers.start, BATCH],
        )
    rate = BATCH * place.per_second(lambda n: book(bench, n), firsts, threads)
    ((left,),) = bench.arena.rows(
        "SELECT count(*) FROM provider_event WHERE state = 'pending' AND id = ANY (%s)",
        [place.event_id(number) for number in numbers],
    )
    if left:
        raise RuntimeError(f"{left} events were not booked")
    return rate


def scripts(bench: Bench) -> dict[str, Script]:
    """Our statements, captured once: intake, booking, both, and the ledger's alone."""
    body, secret = event_body("evt_captured", 1), bench.arena.environment["STRIPE_WEBHOOK_SECRET"]
    with captured() as intake:
        commands.keep_event(
            bench.house,
            now=dt.datetime.now(dt.UTC),
            body=body.encode(),
            signature=signature(body, secret),
        )
    book(bench, 1)  # the first one loads what later ones find loaded
    with captured() as booking:
        book(bench, 2)
    names = {
        "evt_captured": f"'evt_pgbench' || {_N10}",
        place.gift_no(2): f"'G-' || {_N8}",
        place.payment_no(2): f"'P-' || {_N10}",
        place.event_id(2): f"'evt_seed' || {_N10}",
        "pi_seed0000000002": f"'pi_seed' || {_N10}",
    }
    return {
        "intake": Script(intake, names),
        "booking": Script(booking, names),
        "whole": Script([*intake, *booking], names),
        "entry": _entry_script(bench),
        "one group": _acceptance_script(bench, "'fund:group:0001'"),
        "500 groups": _acceptance_script(
            bench, f"'fund:group:' || lpad((:n % {GROUPS})::text, 4, '0')"
        ),
    }


def payment(number: int, mark: str) -> Entry:
    """A payment's entry whose fact nobody has recorded."""
    return ledger_facts.payment_received(
        f"{mark}{number:010d}",
        f"G-{number:08d}",
        ledger_facts.Yen(place.YEN),
        "card",
        place.PAID_AT.date(),
    )


def _entry_script(bench: Bench) -> Script:
    with captured() as heard, bench.house.transaction(by=system(), now=place.PAID_AT) as tx:
        journal.record(tx, payment(7, "C-"))
    return Script(heard, {"C-0000000007": f"'C-' || {_N10}", "G-00000007": f"'G-' || {_N8}"})


def _acceptance_script(bench: Bench, pot: str) -> Script:
    """Payment and acceptance in the ledger: held, then in the pot of a group."""
    mark = secrets.token_hex(3)
    gift = f"G-{mark}01"
    share = ledger_facts.Share(
        f"{gift}/1",
        "group",
        "7777",
        "field",
        "wish",
        ledger_facts.Yen(place.YEN),
        {"levels": [{"uses": ["group:7777"]}]},
    )
    # On a busy day the task that publishes waits already; nobody works here, so it stays.
    with bench.house.transaction(by=system(), now=place.PAID_AT) as tx:
        tx.enqueue("publication.append", once="publication.append")
    accepted = ledger_facts.Gift(gift, ledger_facts.Yen(place.YEN), place.PAID_AT.date(), (share,))
    with captured() as heard, bench.house.transaction(by=system(), now=place.PAID_AT) as tx:
        journal.record(tx, payment(8, f"{mark}-"))
        journal.record(tx, ledger_facts.donation_received(accepted, place.PAID_AT.date(), "B", ()))
    return Script(
        heard,
        {
            f"{mark}-0000000008": f"'{mark}-' || {_N10}",
            gift: f"'{gift}' || {_N10}",
            "fund:group:7777": pot,
        },
    )


def batches(bench: Bench, numbers: range) -> float:
    """Entries through the ledger's door for many, a hundred in each transaction."""

    def hundred(first: int) -> None:
        with bench.house.transaction(by=system("import"), now=place.PAID_AT) as tx:
            each = range(first, first + BATCH)
            for _ in journal.record_many(tx, (payment(number, "M-") for number in each)):
                pass

    return BATCH * place.per_second(hundred, numbers[::BATCH])


def one_round(bench: Bench, limits: dict[str, Script], port: int, program: Path | None) -> None:
    """Everything once."""
    arena, note, many = bench.arena, bench.note, bench.many
    count = many(1600)
    answered = over_http(arena, port, count)
    note("intake over HTTP, 8 connections", answered["per_second"])
    bench.rates["intake p50 ms"].append(answered["p50_ms"])
    bench.rates["intake p95 ms"].append(answered["p95_ms"])

    def limit(what: str, name: str, rounds: int, clients: int, batch: int = 1) -> None:
        base = bench.rows(rounds).start - 1
        rate = limits[name].per_second(
            arena, rounds=rounds, clients=clients, base=base, batch=batch
        )
        note(f"pgbench: {what}", rate)

    limit("intake, 8 clients", "intake", many(4000), CLIENTS)
    note("booking, 1 thread", place.per_second(lambda n: book(bench, n), bench.rows(many(800))))
    note(
        "booking, 8 threads",
        place.per_second(lambda n: book(bench, n), bench.rows(many(1600)), CLIENTS),
    )
    note(_TOGETHER, together(bench, bench.rows(many(4000)), 2))
    limit("booking, 1 client", "booking", many(800), 1)
    limit("booking, 8 clients", "booking", many(2400), CLIENTS)
    limit("intake and booking, 8 clients", "whole", many(1600), CLIENTS)
    limit("payment and acceptance, one group, 16 clients", "one group", many(3200), CROWD)
    limit("payment and acceptance, 500 groups, 16 clients", "500 groups", many(3200), CROWD)
    note("entries, 100 in each transaction", batches(bench, bench.rows(many(8000))))
    limit("entries, 100 in each transaction", "entry", many(8000), 1, BATCH)
    if program is not None:
        peer = peers.hordak(program, arena.cluster, f"peer{secrets.token_hex(4)}", many(800))
        note("django-hordak: transfer_to, 1 thread", peer["transfer_1"])
        note("django-hordak: transfer_to, 8 threads", peer["transfer_8"])
        note("django-hordak: transfer_to, 100 in each transaction", peer["hundred"])
        note("django-hordak: bulk_create, 100 in each transaction", peer["bulk"])
    intake = bench.rates[_INTAKE][-1]
    for what, booked in ((_WHOLE, _TOGETHER), (_WHOLE_ALONE, _BOOKED)):
        note(what, 1 / (1 / intake + 1 / bench.rates[booked][-1]))


_INTAKE, _BOOKED = "intake over HTTP, 8 connections", "booking, 8 threads"
_TOGETHER = "booking what waits, 100 in each transaction, 2 threads"
_WHOLE = "whole path: intake over HTTP, then booking what waits"
_WHOLE_ALONE = "whole path: intake over HTTP, then booking one by one, 8 threads"
_LEDGER = "entries, 100 in each transaction"
RATIOS = (
    Ratio("1", "intake / pgbench, own statements", _INTAKE, "pgbench: intake, 8 clients", 0.35),
    Ratio(
        "1",
        "booking what waits / pgbench, 8 at a time",
        _TOGETHER,
        "pgbench: booking, 8 clients",
        None,
    ),
    Ratio("1", "booking / pgbench, 8 at a time", _BOOKED, "pgbench: booking, 8 clients", None),
    Ratio(
        "1",
        "booking / pgbench, one at a time",
        "booking, 1 thread",
        "pgbench: booking, 1 client",
        None,
    ),
    Ratio(
        "1",
        "whole path, one by one / pgbench, 8 at a time",
        _WHOLE_ALONE,
        "pgbench: intake and booking, 8 clients",
        None,
    ),
    Ratio(
        "1",
        "whole path / pgbench, 8 at a time",
        _WHOLE,
        "pgbench: intake and booking, 8 clients",
        0.35,
    ),
    Ratio("2", "intake / hordak, 8 threads", _INTAKE, "django-hordak: transfer_to, 8 threads", 4),
    Ratio(
        "2",
        "whole path / hordak, 8 threads",
        _WHOLE,
        "django-hordak: transfer_to, 8 threads",
        None,
    ),
    Ratio(
        "2", "booking / hordak, 8 threads", _BOOKED, "django-hordak: transfer_to, 8 threads", None
    ),
    Ratio("3", "whole path / pretix 6.9 a second (recorded)", _WHOLE, PRETIX, 150),
    Ratio(
        "4",
        "one group / 500 groups, 16 clients",
        "pgbench: payment and acceptance, one group, 16 clients",
        "pgbench: payment and acceptance, 500 groups, 16 clients",
        0.9,
    ),
    Ratio(
        "5",
        "batches / pgbench in batches",
        _LEDGER,
        "pgbench: entries, 100 in each transaction",
        0.4,
    ),
    Ratio(
        "5",
        "batches / hordak transfer_to, 100 a transaction",
        _LEDGER,
        "django-hordak: transfer_to, 100 in each transaction",
        None,
    ),
    Ratio(
        "5",
        "batches / hordak bulk_create, 100 a transaction",
        _LEDGER,
        "django-hordak: bulk_create, 100 in each transaction",
        2.5,
    ),
)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0)
    asked = parser.parse_args()
    program = peers.interpreter()
    with place.opened() as cluster, place.arena(cluster, "bench") as arena:
        seeds = int(60_000 * asked.rounds * max(asked.scale, 0.2))
        arena.seed(seeds)
        real = arena.house.port(Provider)
        house = dataclasses.replace(
            arena.house, ports={**arena.house.ports, Provider: Instant(real)}
        )
        bench = Bench(arena, house, asked.scale)
        limits = scripts(bench)
        figures = Figures(place.machine(cluster), asked.rounds)
        with serving(arena) as port:
            for at in range(asked.rounds):
                sys.stdout.write(f"round {at + 1}\n")
                one_round(bench, limits, port, program)
        figures.rates = dict(bench.rates)
        figures.notes = {
            "round trips of one intake": limits["intake"].round_trips,
            "round trips of one booking": limits["booking"].round_trips,
            "median load while measuring": round(statistics.median(os.getloadavg()), 1),
        }
        keep("intake", figures, RATIOS)


if __name__ == "__main__":
    main()
