"""``fund reconcile`` and ``fund state`` as an operator runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from counter_till import KEY, SECRET
from houses import ENVIRONMENT


def fund(till, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "DATABASE_URL": till.dsn,
        "FUND_DATA_DIR": str(till.house.settings.data_dir),
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": till.sandbox.url,
    }
    return subprocess.run(
        [sys.executable, "-m", "fund", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_reconcile_says_what_it_found_and_exits_0(till, paid):
    paid(10_000)
    gift_no = till.begin("card", 5_000)
    till.pay(gift_no)
    till.control("deliveries/drop", all=True)
    done = fund(till, "reconcile", "--json")
    body = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, body["ok"], body["open_items"]) == (0, True, [])
    assert (body["fetched"], body["matched"], body["books"]["difference"]) == (2, 2, 0)
    assert till.gift(gift_no).state == "received"
    plain = fund(till, "reconcile")
    assert (plain.returncode, "未照合はありません" in plain.stdout) == (0, True)
    assert fund(till, "reconcile", "--day", "2020-01-01").returncode == 0


def test_reconcile_exits_1_with_open_items_and_when_nobody_answers(till, paid):
    paid(10_000)
    assert fund(till, "reconcile").returncode == 0
    with till.house.database.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO provider_movement (id, type, category, currency, gross, fee, net,"
            " created_at, available_at, fetched_at) VALUES ('txn_odd', 'topup', 'topup', 'jpy',"
            " 50, 0, 50, now(), now(), now())"
        )
    found = fund(till, "reconcile")
    assert found.returncode == 1
    assert "unknown-type" in found.stdout
    till.control("failures", fail_next=[{"path": "/v1/*", "status": 503, "times": 99}])
    silent = fund(till, "reconcile")
    assert silent.returncode == 1
    assert "決済会社に接続できません" in silent.stderr
    assert "Traceback" not in silent.stderr
    assert fund(till, "reconcile", "--day", "gestern").returncode == 2


def test_state_prints_keys_of_the_provider_and_nothing_personal_or_random(till, paid):
    gift_no = paid(10_000)
    till.control("payouts")
    assert fund(till, "reconcile").returncode == 0
    first = fund(till, "state")
    assert first.returncode == 0
    session, payment_no = till.rows(
        "SELECT session_id, no FROM payment WHERE gift_no = %s", gift_no
    )[0]
    assert f"gift {session} received card 10000" in first.stdout
    assert f"fact payment {session} held:unaccepted -10000" in first.stdout
    assert "account assets:bank 9640" in first.stdout
    for hidden in (gift_no, payment_no, "hanako", "山田", "till-form"):
        assert hidden not in first.stdout
    till.control("deliveries/release", order="shuffle", copies=3)
    till.work()
    till.sweep()
    assert fund(till, "reconcile").returncode == 0
    assert fund(till, "state").stdout == first.stdout
