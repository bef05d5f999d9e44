"""The moment at which the tests of the manual publish: both sample editions have begun."""

from __future__ import annotations

import datetime as dt

NOW = dt.datetime(2026, 5, 20, 3, 0, tzinfo=dt.UTC)
