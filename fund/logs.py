"""Structured logs: one JSON object a line on stderr, in UTC, without personal data.

Modules log facts by public number and by kind of error; names, addresses, mails, secrets,
queries with values and request bodies are never handed to a logger.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys

import structlog


class OneLine(logging.Formatter):
    """Lines of libraries in the same form; of an error its kind only.

    The text of a database error quotes rows and parameters, and a traceback quotes the error.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one JSON object."""
        line = {
            "logger": record.name,
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def configure_logs() -> None:
    """Send every log line of this process through one formatter."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
