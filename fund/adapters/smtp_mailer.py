"""SMTP behind the mailer port; the only module that talks to a mail server."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from urllib.parse import unquote, urlsplit

from fund.kernel.errors import Unavailable
from fund.platform.database import assert_outside_transaction
from fund.platform.outbox import Letter, Mailer, MailRefused

TIMEOUT_SECONDS = 20


class SmtpMailer(Mailer):
    """Sends over ``smtp://`` (STARTTLS when the server offers it) or ``smtps://``."""

    def __init__(self, url: str, sender_name: str, sender: str) -> None:
        self._url = urlsplit(url)
        self._from = formataddr((sender_name, sender))

    def send(self, letter: Letter, message_id: str) -> None:
        """Hand the mail over; 5xx answers are final, everything else may be tried again."""
        assert_outside_transaction("smtp")
        message = self._message(letter, message_id)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            if all(code >= 500 for code in codes):
                raise MailRefused from error
            raise Unavailable("mail server refused for now") from error
        except smtplib.SMTPResponseException as error:
            if error.smtp_code >= 500:
                raise MailRefused from error
            raise Unavailable("mail server refused for now") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable("mail server does not answer") from error

    def _message(self, letter: Letter, message_id: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._from
        message["To"] = letter.recipient
        message["Subject"] = letter.subject
        message["Date"] = formatdate(localtime=False, usegmt=True)
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = letter.locale
        message.set_content(letter.text, cte="base64")
        if letter.html:
            message.add_alternative(letter.html, subtype="html", cte="base64")
        return message

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port
        server: smtplib.SMTP
        if self._url.scheme == "smtps":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return server
