"""The last days of a year on which a gift still counts for that year's taxes, by its method."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

DECEMBER = 12


def last_days(year: int) -> Mapping[str, dt.date]:
    """Method → the last day of a year (Japan) on which money by it still counts for the year.

    Online the day of payment counts, also 31 December. Banks are closed from 31 December (Order
    for the Banking Act, 銀行法施行令 art. 5), offices of the ward from 29 December (Local Autonomy
    Act, 地方自治法 art. 4-2).
    """
    bank, office = _weekday_until(dt.date(year, 12, 30)), _weekday_until(dt.date(year, 12, 28))
    online = dict.fromkeys(("card", "paypay", "konbini"), dt.date(year, 12, 31))
    return {**online, "bank_transfer": bank, "bank": bank, "slip": bank, "counter": office}


def _weekday_until(day: dt.date) -> dt.date:
    while day.weekday() > 4:
        day -= dt.timedelta(days=1)
    return day
