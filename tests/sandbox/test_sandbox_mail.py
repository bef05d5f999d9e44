"""The mail catcher keeps what is sent by SMTP and shows it harmlessly; the control is local."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.utils import make_msgid

import pytest
import requests
from conftest import World


def letter(
    to: str = "hanako@example.com", subject: str = "【見本】寄附を受け付けました"
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "みえる基金 <fund@example.jp>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = make_msgid(domain="example.jp")
    mail.set_content(
        "受付番号 G-7K3F92QX\nhttps://fund.example/d/abc123?x=1\n<script>alert(1)</script>\n"
    )
    mail.add_alternative(
        "<p>受付番号 <b>G-7K3F92QX</b></p><script>alert(1)</script>", subtype="html"
    )
    return mail


def send(world: World, mail: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", world.running.smtp_port, timeout=30) as smtp:
        smtp.send_message(mail)


def caught(world: World, **query: str) -> list[dict[str, object]]:
    return requests.get(f"{world.url}/_sandbox/mail.json", params=query, timeout=30).json()


def test_a_mail_is_kept_with_text_html_and_links(world: World) -> None:
    mail = letter()
    send(world, mail)
    kept = caught(world)[0]
    assert kept["subject"] == "【見本】寄附を受け付けました"
    assert kept["envelope_to"] == ["hanako@example.com"]
    assert kept["message_id"] == mail["Message-ID"]
    assert kept["links"] == ["https://fund.example/d/abc123?x=1"]
    assert "G-7K3F92QX" in str(kept["text"])
    assert "<b>G-7K3F92QX</b>" in str(kept["html"])


def test_mails_survive_a_restart_and_are_found_by_recipient(world: World) -> None:
    send(world, letter("a@example.com"))
    send(world, letter("b@example.com"))
    world.restart()
    assert len(caught(world)) == 2
    assert [mail["envelope_to"] for mail in caught(world, to="a@example.com")] == [
        ["a@example.com"]
    ]


def test_a_mail_is_shown_as_text_and_its_html_can_do_nothing(world: World) -> None:
    send(world, letter(subject="<script>x</script>"))
    number = caught(world)[0]["id"]
    page = requests.get(f"{world.url}/_sandbox/mail/{number}", timeout=30).text
    assert "<script" not in page
    assert '<a href="https://fund.example/d/abc123?x=1">' in page
    html = requests.get(f"{world.url}/_sandbox/mail/{number}/html", timeout=30)
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert "default-src 'none'" in html.headers["Content-Security-Policy"]
    assert "allow-scripts" not in html.headers["Content-Security-Policy"]
    assert requests.get(f"{world.url}/_sandbox/mail", timeout=30).text.count("&lt;script&gt;") == 1
    assert requests.get(f"{world.url}/_sandbox/mail/99", timeout=30).status_code == 404


def test_bounces_and_failures_can_be_played(world: World) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(world, letter("nobody@bounce.invalid"))
    world.control("failures", fail_next=[{"path": "smtp", "status": 451}])
    with pytest.raises(smtplib.SMTPDataError) as fault:
        send(world, letter())
    assert fault.value.smtp_code == 451
    assert caught(world) == []
    send(world, letter())
    assert len(caught(world)) == 1


def test_a_mail_with_broken_headers_is_still_shown(world: World) -> None:
    with smtplib.SMTP("127.0.0.1", world.running.smtp_port, timeout=30) as smtp:
        smtp.sendmail(
            "a@example.com",
            ["b@example.com"],
            b"Subject: =?iso-2022-jp?B?//8=?=\r\nX\r\n\r\n\xff\xfe",
        )
        smtp.sendmail(
            "a@example.com",
            ["b@example.com"],
            b'Content-Type: text/plain; charset="nonsense"\r\n\r\nabc',
        )
    assert len(caught(world)) == 2
    for mail in caught(world):
        assert (
            requests.get(f"{world.url}/_sandbox/mail/{mail['id']}", timeout=30).status_code == 200
        )


def test_pages_of_other_sites_cannot_steer_the_sandbox(world: World) -> None:
    for site in ("cross-site", "same-site"):
        answer = requests.post(
            f"{world.url}/_sandbox/reset", headers={"Sec-Fetch-Site": site}, timeout=30
        )
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("deliveries", {"mode": "perhaps"}, 400),
        ("deliveries", {}, 400),
        ("clock", {"advance": -1}, 400),
        ("clock", {"advance": "soon"}, 400),
        ("failures", {"fail_next": [{"status": 500}]}, 400),
        ("payouts", {}, 400),
        ("disputes", {"charge": "ch_unknown"}, 404),
        ("sessions/cs_unknown/pay", {}, 404),
        ("konbini/pi_unknown/pay", {}, 404),
    ],
)
def test_control_refuses_what_makes_no_sense(
    world: World, path: str, asked: dict[str, object], status: int
) -> None:
    answer = requests.post(f"{world.url}/_sandbox/{path}", json=asked, timeout=30)
    assert (answer.status_code, "error" in answer.json()) == (status, True)


def test_the_index_names_every_call(world: World) -> None:
    page = requests.get(f"{world.url}/_sandbox/", timeout=30).text
    for call in (
        "sessions/&lt;id&gt;/pay",
        "deliveries/release",
        "failures",
        "payouts",
        "clock",
        "reset",
    ):
        assert f"/_sandbox/{call}" in page
