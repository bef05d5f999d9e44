"""What the tests of this folder know of the planted books they read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import Flask

from fund.platform.house import House

ADDRESS = "https://fund.example.jp"
NOW = dt.datetime(2026, 5, 20, 3, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Books:
    """A house with planted books, its application, and the way to tamper with it."""

    house: House
    app: Flask
    superuser_dsn: str
