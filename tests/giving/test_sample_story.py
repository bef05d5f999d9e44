"""The made-up story of the demo (見本) ends before the moment at which it is told."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import database as testing
from houses import wired_house

from fund.platform.cluster import APP, Cluster
from fund.sample.plot import plant

EARLY = dt.datetime(2026, 5, 19, 22, 15, tzinfo=dt.UTC)
"""Seven o'clock in the morning in Japan, on the twentieth of May."""


def test_nothing_stands_in_the_books_before_it_happened(
    cluster: Cluster, template: str, tmp_path: Path
) -> None:
    with testing.fresh_database(cluster, template, f"story_{os.getpid()}") as name:
        house = wired_house(cluster.dsn(APP, name), tmp_path)
        plant(house, now=EARLY, gifts=14)
        with house.database.reading() as connection:
            last = connection.exec_driver_sql(
                "SELECT (SELECT max(booked_at) FROM journal_entry),"
                " (SELECT max(drafted_at) FROM allocation_run), (SELECT max(at) FROM audit_trail)"
            ).one()
        house.database.close()
    assert all(moment <= EARLY for moment in last), last
    assert max(last) > EARLY - dt.timedelta(days=1)
