"""Structured logs: one JSON object a line on stderr, in UTC, without personal data.

Modules log facts by public number and by kind of error; names, addresses, mails, secrets,
queries with values and request bodies are never handed to a logger.
"""

from __future__ import annotations

import logging
import sys

import structlog


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
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")
