"""What nobody may read who only sees the queue or the logs: contacts, names, secret addresses."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys

import pytest
import structlog
from counter_till import Till

from fund.giving import commands as giving
from fund.platform.web import failures
from fund.platform.web.access import public

MARK = "zqx9-stranger"


@pytest.mark.parametrize("contact", [f"{MARK}@example.jp", "〒987-6543"])
def test_what_is_typed_to_find_a_link_never_stands_in_the_queue(till: Till, contact: str) -> None:
    number = till.begin()
    visitor = till.app.test_client()
    for typed in (number, f"{MARK} 見本 花子 987-6543"):
        page = visitor.get("/d/find").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        answer = visitor.post(
            "/d/find", data={"csrf_token": token[1], "number": typed, "contact": contact}
        )
        assert answer.status_code == 303
    tasks = till.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'giving.find_link'")
    assert len(tasks) == 2
    told = json.dumps([task[0] for task in tasks], ensure_ascii=False)
    assert number in told
    for personal in (MARK, "見本", "9876543", "987-6543"):
        assert personal not in told


def test_a_failure_behind_a_secret_address_does_not_log_the_address(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = giving.secret_of(till.house, till.begin())
    lines = io.StringIO()
    monkeypatch.setattr(failures, "log", structlog.wrap_logger(structlog.WriteLogger(lines)))
    till.app.config["PROPAGATE_EXCEPTIONS"] = False

    @public
    def broken(secret: str) -> None:
        raise RuntimeError(secret)

    monkeypatch.setitem(till.app.view_functions, "desk.donor", broken)
    assert till.app.test_client().get(f"/d/{secret}").status_code == 500
    said = lines.getvalue()
    assert "RuntimeError" in said
    assert "/d/<secret>" in said
    assert secret not in said


FAILING = """
import logging
from fund.logs import configure_logs
configure_logs()
try:
    raise ValueError("Key (email)=(zqx9-stranger@example.jp) already exists.")
except ValueError:
    logging.getLogger("some.library").exception("task %s failed", 7)
"""


def test_libraries_log_one_line_and_never_the_text_of_an_error() -> None:
    said = subprocess.run(
        [sys.executable, "-c", FAILING], capture_output=True, text=True, check=True
    ).stderr
    (line,) = [json.loads(one) for one in said.splitlines()]
    assert (line["event"], line["error"]) == ("task 7 failed", "ValueError")
    assert MARK not in said
