"""What must be zero about receipts."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, select

from fund.platform.invariants import Invariant, by_sql
from fund.receipts.models import receipt


def _altered(connection: Connection) -> list[str]:
    rows = connection.execute(select(receipt.c.no, receipt.c.payload, receipt.c.payload_sha256))
    return [
        f"receipt={row.no}"
        for row in rows
        if hashlib.sha256(bytes(row.payload)).digest() != bytes(row.payload_sha256)
    ]


INVARIANTS = (
    by_sql(
        "receipts-gapless",
        "受領証明書の番号に欠番がない",
        "Receipt numbers have no gaps",
        """
        SELECT series.fy AS fy, series.last AS last, count(receipt.id) AS issued
        FROM receipt_series series LEFT JOIN receipt ON receipt.fy = series.fy
        GROUP BY series.fy, series.last
        HAVING count(receipt.id) <> series.last
            OR coalesce(max(receipt.serial), 0) <> series.last
        """,
    ),
    by_sql(
        "one-receipt-per-accepted-gift",
        "採納した寄附には、有効な受領証明書がちょうど1枚ある（匿名の寄附をのぞく）",
        "Every accepted gift has exactly one valid receipt, anonymous ones aside",
        """
        SELECT gift.no AS gift, count(receipt.id) AS receipts
        FROM gift LEFT JOIN receipt ON receipt.gift_no = gift.no AND receipt.state = 'valid'
        WHERE gift.accepted_on IS NOT NULL AND gift.state <> 'refunded'
          AND NOT EXISTS (SELECT 1 FROM donor
                          WHERE donor.id = gift.donor_id AND donor.kind = 'anonymous')
        GROUP BY gift.no HAVING count(receipt.id) <> 1
        """,
    ),
    by_sql(
        "no-receipt-before-acceptance",
        "採納していない寄附に受領証明書がない",
        "No receipt exists for a gift that is not accepted",
        """
        SELECT receipt.no AS receipt, gift.no AS gift
        FROM receipt JOIN gift ON gift.no = receipt.gift_no
        WHERE gift.accepted_on IS NULL AND receipt.state = 'valid'
        """,
    ),
    by_sql(
        "receipt-amounts",
        "有効な受領証明書の金額は、寄附のうち返していない金額と同じである",
        "A valid receipt shows what is left of its gift",
        """
        SELECT receipt.no AS receipt, gift.no AS gift
        FROM receipt JOIN gift ON gift.no = receipt.gift_no
        WHERE receipt.state = 'valid'
          AND (convert_from(receipt.payload, 'UTF8')::jsonb ->> 'yen')::bigint
              <> coalesce(gift.accepted_yen, gift.yen) - gift.taken_yen
        """,
    ),
    by_sql(
        "receipts-replaced-are-void",
        "新しい証明書に置きかえた証明書は、すべて無効になっている",
        "A receipt that was replaced is void and belongs to the same gift",
        """
        SELECT newer.no AS receipt, newer.replaces, older.state
        FROM receipt AS newer LEFT JOIN receipt AS older ON older.no = newer.replaces
        WHERE newer.replaces IS NOT NULL
          AND (older.state IS DISTINCT FROM 'void' OR older.gift_no <> newer.gift_no)
        """,
    ),
    Invariant(
        "receipts-unaltered",
        "受領証明書の内容は発行したときのままである",
        "Receipts are as they were when issued",
        _altered,
    ),
)
