"""SMTP behind the mailer port; the only module that talks to a mail server."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from urllib.parse import unquote, urlsplit

from fund.kernel.errors import Unavailable
from fund.platform.database import assert_outside_transaction
from fund.platform.outbox import Letter, Mailer, MailRefused

TIMEOUT_SECONDS = 20


class SmtpMailer(Mailer):
    """Sends over ``smtp://`` (STARTTLS when the server offers it) or ``smtps://``."""

    def __init__(self, url: str, names: Mapping[str, str], sender: str) -> None:
        """Send as ``sender``, under the fund's name in the language of each mail."""
        self._url = urlsplit(url)
        self._from = {locale: formataddr((name, sender)) for locale, name in names.items()}

    def send(self, letter: Letter, message_id: str) -> None:
        """Hand the mail over; 5xx answers are final, everything else may be tried again."""
        assert_outside_transaction("smtp")
        message = self._message(letter, message_id)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            answers = [(code, _words(said)) for code, said in error.recipients.values()]
            answer = "; ".join(f"{code} {said}" for code, said in answers)
            if all(code >= 500 for code, _said in answers):
                # A full mailbox (552, 5.2.2) is no wrong address: it may be emptied.
                full = all(code == 552 or said.startswith("5.2.2") for code, said in answers)
                raise MailRefused(answer, address_is_bad=not full) from error
            raise Unavailable(f"mail server refused for now: {answer}") from error
        except smtplib.SMTPResponseException as error:
            answer = f"{error.smtp_code} {_words(error.smtp_error)}"
            if error.smtp_code >= 500:
                raise MailRefused(answer) from error
            raise Unavailable(f"mail server refused for now: {answer}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable("mail server does not answer") from error

    def _message(self, letter: Letter, message_id: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._from.get(letter.locale, self._from["ja"])
        message["To"] = letter.recipient
        message["Subject"] = letter.subject
        message["Date"] = formatdate(localtime=False, usegmt=True)
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = letter.locale
        if letter.stop_url:
            message["List-Unsubscribe"] = f"<{letter.stop_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
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


def _words(said: bytes | str) -> str:
    """What the server said, as text on one line."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())
