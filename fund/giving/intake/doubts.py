"""Finding gifts that may have been entered twice; a person decides, nothing merges by itself."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text

from fund.giving.intake.domain import ALIKE_DAYS
from fund.platform.house import Transaction

_REASONS = """
  array_remove(ARRAY[
    CASE WHEN {name} = r.name_key AND r.name_key <> '' THEN 'name' END,
    CASE WHEN {kana} = r.kana_key AND r.kana_key <> '' THEN 'kana' END,
    CASE WHEN {phone} = r.phone AND r.phone <> '' THEN 'phone' END,
    CASE WHEN {postal} = r.postal_code AND r.postal_code <> ''
          AND left({name}, 1) = left(r.name_key, 1) THEN 'postal_code' END
  ], NULL)
"""
# The same folding as `domain.likeness`: width by NFKC, every dash one dash, no space, lower case.
_FOLDED = (
    "lower(translate(regexp_replace(normalize({column}, NFKC), '\\s', '', 'g'),"
    " '‐‑‒–—―−ー－ｰ', '----------'))"
)
_NAME = _FOLDED.format(
    column="CASE WHEN d.single_name <> '' THEN d.single_name ELSE d.family_name || d.given_name END"
)
_KANA = _FOLDED.format(column="d.kana")
_AGAINST_GIFTS = text(f"""
INSERT INTO intake_doubt (row_id, other_gift_no, reasons, found_at)
SELECT alike.row_id, alike.no, alike.reasons, :now FROM (
  SELECT r.id AS row_id, g.no, {
    _REASONS.format(name=_NAME, kana=_KANA, phone="ltrim(d.phone, '+')", postal="d.postal_code")
} AS reasons
  FROM intake_row r
  JOIN gift g ON g.received_on BETWEEN r.received_on - {ALIKE_DAYS}
                                  AND r.received_on + {ALIKE_DAYS} AND g.yen = r.yen
  JOIN donor d ON d.id = g.donor_id AND d.kind <> 'anonymous'
  LEFT JOIN intake_row came ON came.gift_no = g.no
  WHERE r.id = ANY (:rows) AND r.name_key <> '' AND r.gift_no IS NULL
    AND coalesce(r.facts ->> 'pays', '') = ''
    -- two numbers of one portal are two gifts by the portal's own word
    AND NOT (came.source_key IS NOT NULL AND r.source_key IS NOT NULL
             AND came.source = r.source AND left(r.source_key, 1) <> '#')
) AS alike WHERE cardinality(alike.reasons) > 0
ON CONFLICT DO NOTHING
RETURNING row_id
""")
_AGAINST_ROWS = text(f"""
INSERT INTO intake_doubt (row_id, other_row_id, reasons, found_at)
SELECT alike.row_id, alike.other_id, alike.reasons, :now FROM (
  SELECT r.id AS row_id, o.id AS other_id, {
    _REASONS.format(name="o.name_key", kana="o.kana_key", phone="o.phone", postal="o.postal_code")
} AS reasons
  FROM intake_row r
  JOIN intake_row o ON o.yen = r.yen AND o.id <> r.id AND o.state IN ('entered', 'doubtful')
    AND o.received_on BETWEEN r.received_on - {ALIKE_DAYS} AND r.received_on + {ALIKE_DAYS}
  WHERE r.id = ANY (:rows) AND r.name_key <> '' AND NOT (o.id = ANY (:not_these))
    AND NOT EXISTS (SELECT 1 FROM intake_doubt known
                    WHERE known.row_id = o.id AND known.other_row_id = r.id)
    AND NOT (r.source_key IS NOT NULL AND o.source_key IS NOT NULL AND o.source = r.source)
) AS alike WHERE cardinality(alike.reasons) > 0
ON CONFLICT DO NOTHING
RETURNING row_id
""")


def find(tx: Transaction, row_ids: Collection[int], *, among_themselves: bool) -> set[int]:
    """Write down which rows may be gifts (or other rows) that are there already.

    ``among_themselves`` also compares the rows with each other: right for what people type,
    wrong for a file, whose rows are counted by the portal. Returns the rows with a new doubt.
    """
    rows = list(row_ids)
    values = {"rows": rows, "now": tx.now, "not_these": [] if among_themselves else rows}
    found = {int(one) for one in tx.connection.scalars(_AGAINST_GIFTS, values)}
    return found | {int(one) for one in tx.connection.scalars(_AGAINST_ROWS, values)}
