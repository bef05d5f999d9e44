"""The mail catcher: an SMTP server that keeps every mail and sends none on.

Recipients at ``bounce.invalid`` are refused for good (550), so bounces can be played; failures
wished for the path ``smtp`` answer the next mails with that status.
"""

from __future__ import annotations

import asyncio
import json
import threading

from aiosmtpd.smtp import SMTP, Envelope, Session

from fund.sandbox import failures
from fund.sandbox.till import Till

_LARGEST = 20 * 1024 * 1024
_BOUNCES = "@bounce.invalid"


class Postbox:
    """Listens on its own thread; mails go into the state file."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="postbox", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> int:
        """Open the port and return its number.

        Raises:
            OSError: if the port is taken.
        """
        self._thread.start()
        try:
            self._server = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        except OSError:
            self.stop()
            raise
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Close the port."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> asyncio.Server:
        settings = self._till.settings
        return await self._loop.create_server(self._answer, settings.host, settings.smtp_port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _answer(self) -> SMTP:
        return SMTP(
            _Keeper(self._till),
            hostname="sandbox.invalid",
            ident="payment sandbox mail catcher",
            data_size_limit=_LARGEST,
            enable_SMTPUTF8=True,
            loop=self._loop,
        )


class _Keeper:
    """aiosmtpd's hooks: whom to accept, and what to do with a mail."""

    def __init__(self, till: Till) -> None:
        self._till = till

    async def handle_RCPT(  # noqa: N802 - the library's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address.lower().endswith(_BOUNCES):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        failure = failures.take(self._till, "smtp")
        if failure is not None and failure.when == "before":
            return f"{failure.status} failure on demand"
        self._till.store.rows(
            "INSERT INTO mail (received, sender, recipients, raw) VALUES (?, ?, ?, ?)",
            (
                self._till.now(),
                envelope.mail_from or "",
                json.dumps(envelope.rcpt_tos, ensure_ascii=False),
                envelope.original_content or b"",
            ),
        )
        if failure is not None:
            return f"{failure.status} failure on demand"
        return "250 kept"
