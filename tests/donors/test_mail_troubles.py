"""Mails through real SMTP servers that are down, slow, busy, refusing or gone after DATA."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import email
import socket
import threading

import pytest
from aiosmtpd.smtp import SMTP
from giving_books import NOW, offer, rows

from fund.adapters import smtp_mailer
from fund.adapters.smtp_mailer import SmtpMailer
from fund.desk import mailroom
from fund.giving import commands
from fund.kernel.actor import donor, system
from fund.kernel.errors import Conflict, Invalid, Unavailable
from fund.platform import bounces, outbox
from fund.platform.outbox import Letter, Mailer, queue_mail, send_mail

HOUR = dt.timedelta(hours=1)
REPORT = """\
From: MAILER-DAEMON@example.jp
To: fund@example.jp
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.jp

Final-Recipient: rfc822; Hanako@example.jp
Action: failed
Status: 5.1.1

Final-Recipient: rfc822; late@example.jp
Action: delayed
Status: 4.2.0

--b--
"""


class Script:
    """What the server does: answers at RCPT and DATA, or drops the line after the mail."""

    def __init__(self, rcpt="250 OK", data="250 OK", *, drop=False, wait=0.0):
        self.rcpt, self.data, self.drop, self.wait = rcpt, data, drop, wait
        self.taken = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        await asyncio.sleep(self.wait)
        self.taken.append(envelope.content)
        if self.drop:
            server.transport.abort()
        return self.data


@contextlib.contextmanager
def serving(script):
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def open_():
        return await loop.create_server(lambda: SMTP(script, loop=loop), "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(open_(), loop).result()
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:

        async def close():
            server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def mailing(house, url):
    ports = {**house.ports, Mailer: SmtpMailer(url, {"ja": "みえる基金"}, "fund@example.jp")}
    return dataclasses.replace(house, ports=ports)


def queue(house, number="G-1", stop_url=None, now=NOW):
    letter = Letter(
        "gift.link", number, "hanako@example.jp", "ja", "件名", "本文", "<p>本文</p>", stop_url
    )
    with house.transaction(by=system("t"), now=now) as tx:
        queue_mail(tx, letter)
    with house.database.reading() as connection:
        return outbox.mails(connection)[0].id


def state(house, mail_id):
    with house.database.reading() as connection:
        (found,) = [m for m in outbox.mails(connection) if m.id == mail_id]
    return found.state, found.attempts, found.last_error


def test_a_mail_goes_with_both_texts_a_stable_id_and_one_tap_to_stop(house):
    script = Script()
    with serving(script) as url:
        busy = mailing(house, url)
        mail_id = queue(house, stop_url="http://localhost/stop/x/y")
        send_mail(busy, now=NOW, mail_id=mail_id)
        send_mail(busy, now=NOW, mail_id=mail_id)
    (raw,) = script.taken
    message = email.message_from_bytes(raw)
    assert message["Message-ID"] == "<gift.link.G-1@localhost>"
    assert message["List-Unsubscribe"] == "<http://localhost/stop/x/y>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [p.get_content_type() for p in message.walk()][1:] == ["text/plain", "text/html"]
    assert state(house, mail_id) == ("sent", 1, None)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (Script(rcpt="451 4.7.1 greylisted"), "451"),
        (Script(data="452 4.3.1 disk full"), "452"),
        (Script(drop=True), "does not answer"),
    ],
)
def test_a_server_that_may_take_it_later_is_asked_again(house, script, said):
    with serving(script) as url:
        mail_id = queue(house)
        with pytest.raises(Unavailable):
            send_mail(mailing(house, url), now=NOW, mail_id=mail_id)
    found, attempts, error = state(house, mail_id)
    assert (found, attempts) == ("queued", 1)
    assert said in error


def test_a_slow_server_is_left_after_a_time(house, monkeypatch):
    monkeypatch.setattr(smtp_mailer, "TIMEOUT_SECONDS", 0.3)
    with serving(Script(wait=5)) as url:
        mail_id = queue(house)
        with pytest.raises(Unavailable):
            send_mail(mailing(house, url), now=NOW, mail_id=mail_id)
    assert state(house, mail_id)[0] == "queued"


def test_a_server_that_is_down_is_tried_for_four_hours_and_seen_to_fail_after_eight(house):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"smtp://127.0.0.1:{closed.getsockname()[1]}"
    down = mailing(house, url)
    mail_id = queue(house)
    for hours in (0, 4, 8):
        with pytest.raises(Unavailable):
            send_mail(down, now=NOW + hours * HOUR, mail_id=mail_id)
    send_mail(down, now=NOW + 8 * HOUR + HOUR / 60, mail_id=mail_id)
    found, attempts, error = state(house, mail_id)
    assert (found, attempts, error) == ("failed", 4, outbox.GIVEN_UP)


def test_an_address_refused_for_good_is_listed_and_not_tried_again(house, officer):
    script = Script(rcpt="550 5.1.1 no such user")
    with serving(script) as url:
        sending = mailing(house, url)
        first = queue(house)
        send_mail(sending, now=NOW, mail_id=first)
        assert state(house, first) == ("failed", 1, "550 5.1.1 no such user")
        script.rcpt = "250 OK"
        second = queue(house, "G-2")
        send_mail(sending, now=NOW, mail_id=second)
        assert state(house, second) == ("failed", 1, outbox.SUPPRESSED)
        assert script.taken == []
        with pytest.raises(Conflict):
            mailroom.resend(house, by=officer, now=NOW, mail_id=first)
        with house.database.reading() as connection:
            (listed,) = bounces.suppressed(connection)
        assert (listed.address, listed.reason) == ("hanako@example.jp", "refused")
        mailroom.lift(house, by=officer, now=NOW, suppression_id=listed.id)
        mailroom.resend(house, by=officer, now=NOW, mail_id=first)
        send_mail(sending, now=NOW, mail_id=first)
        assert state(house, first) == ("sent", 1, None)


@pytest.mark.parametrize(
    "script", [Script(rcpt="552 5.2.2 mailbox full"), Script(data="554 5.7.1 looks like spam")]
)
def test_a_full_mailbox_or_a_refused_text_lists_no_address(house, script):
    with serving(script) as url:
        mail_id = queue(house)
        send_mail(mailing(house, url), now=NOW, mail_id=mail_id)
    assert state(house, mail_id)[0] == "failed"
    with house.database.reading() as connection:
        assert bounces.suppressed(connection) == []


def test_a_delivery_report_lists_what_failed_for_good_only(house, officer):
    count = mailroom.take_report(house, by=officer, now=NOW, raw=REPORT.encode())
    assert count == 1
    with house.database.reading() as connection:
        assert bounces.is_suppressed(connection, "HANAKO@example.jp")
        assert not bounces.is_suppressed(connection, "late@example.jp")


@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"From: a\n\nhello", b"x" * 600_000])
def test_something_else_is_no_delivery_report(raw):
    with pytest.raises(Invalid):
        bounces.read_report(raw)


def test_a_gift_does_not_care_about_the_mail_server(house, app_dsn):
    begun = commands.begin_donation(house, by=donor("x"), now=NOW, offer=offer())
    commands.mail_own_link(house, by=donor("x"), now=NOW, gift_no=begun.gift_no)
    mail_id = rows(app_dsn, "SELECT id FROM mail")[0][0]
    with pytest.raises(Unavailable):
        send_mail(mailing(house, "smtp://127.0.0.1:9"), now=NOW, mail_id=mail_id)
    assert rows(app_dsn, "SELECT state FROM gift") == [("awaiting_payment",)]


def test_officers_see_the_mail_room_and_others_do_not(house, staff):
    queue(house)
    page = staff("officer").get("/staff/mail")
    assert page.status_code == 200
    assert "hanako@example.jp" in page.get_data(as_text=True)
    assert staff("council").get("/staff/mail").status_code == 403
