"""Starting and stopping the sandbox: the web application and the threads beside it."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
import threading
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from fund.sandbox import api, control, errands, mailpages, paypage
from fund.sandbox.courier import Courier
from fund.sandbox.postbox import Postbox
from fund.sandbox.settings import SandboxSettings
from fund.sandbox.store import Store
from fund.sandbox.till import Till

_log = logging.getLogger(__name__)
_TICK = 1.0
_POLL = 0.05


def create_sandbox(settings: SandboxSettings) -> Flask:
    """Build the WSGI application on the state file; no thread runs and no port is open yet.

    The till is in ``app.extensions["till"]``.
    """
    settings.data_file.parent.mkdir(parents=True, exist_ok=True)
    till = Till(settings, Store(settings.data_file))
    app = Flask(__name__)
    app.extensions["till"] = till
    app.register_blueprint(api.blueprint(till))
    app.register_blueprint(paypage.blueprint(till))
    app.register_blueprint(control.blueprint(till))
    app.register_blueprint(mailpages.blueprint(till))
    return app


class _Ticker:
    """Looks every second for errands that are due."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ticker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(_TICK):
            errands.sweep(self._till)


class _QuietHandler(WSGIRequestHandler):
    """Speaks HTTP/1.1, so that clients keep their connection, and logs no access lines."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        _log.debug("%s %s %s %s", self.command, self.path, code, size)


@dataclass(frozen=True)
class RunningSandbox:
    """A started sandbox: where it listens, its till, and how to stop it."""

    url: str
    smtp_port: int
    till: Till
    _server: BaseWSGIServer
    _serving: threading.Thread
    _threads: tuple[Courier | _Ticker | Postbox, ...]

    def stop(self) -> None:
        """Stop taking requests, finish what is in hand and close the state file."""
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()
        for thread in self._threads:
            thread.stop()
        self.till.store.close()


def _listen(settings: SandboxSettings, app: Flask) -> BaseWSGIServer:
    """Open the port here: the library would end the whole process over a taken one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.create_server((settings.host, settings.port), family=family, backlog=256) as door:
        return make_server(
            settings.host,
            settings.port,
            app,
            threaded=True,
            request_handler=_QuietHandler,
            fd=door.fileno(),
        )


def start(settings: SandboxSettings) -> RunningSandbox:
    """Start everything on threads of this process and return at once.

    Raises:
        OSError: if a port is taken.
    """
    app = create_sandbox(settings)
    till: Till = app.extensions["till"]
    with contextlib.ExitStack() as undo:
        undo.callback(till.store.close)
        server = _listen(settings, app)
        undo.callback(server.server_close)
        postbox = Postbox(till)
        smtp_port = postbox.start()
        undo.pop_all()
    till.store.turn("smtp_port", smtp_port)
    courier, ticker = Courier(till), _Ticker(till)
    courier.start()
    ticker.start()
    serving = threading.Thread(
        target=server.serve_forever, args=(_POLL,), name="sandbox", daemon=True
    )
    serving.start()
    url = f"http://{settings.host}:{server.port}"
    return RunningSandbox(url, smtp_port, till, server, serving, (courier, ticker, postbox))


def run(settings: SandboxSettings) -> None:
    """Serve until SIGTERM or Ctrl-C; prints one line with the addresses."""
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    running = start(settings)
    sys.stdout.write(f"sandbox {running.url} smtp {settings.host}:{running.smtp_port}\n")
    sys.stdout.flush()
    done.wait()
    running.stop()
