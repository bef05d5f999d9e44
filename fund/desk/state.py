"""The whole books as text: two equal histories print equal text, however they were told.

Every line begins with the kind of thing and its key: the provider's id where there is one, else
a number of the business. Random numbers of ours, salts, running numbers and moments of delivery
stand nowhere. What one fact moved is printed net, pots of the fund taken together, so that the
order of two partial refunds, or a detour that was taken back, leaves no trace. Whether we had
called a payment ended before its money was told is such a moment, so ``late`` is not printed.
Lines stream from the server in the order of their keys; nothing is gathered in memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

_KEYS = """
WITH gift_key AS (
  SELECT gift.id, gift.no, gift.state, gift.method, gift.yen, gift.received_on, gift.accepted_on,
    coalesce(
      (SELECT coalesce(session_id, charge_id) FROM payment WHERE payment.gift_no = gift.no
         AND coalesce(session_id, charge_id) IS NOT NULL ORDER BY attempt LIMIT 1),
      'form:' || left(encode(sha256(convert_to(form_key, 'UTF8')), 'hex'), 16)) AS key
  FROM gift
), payment_key AS (
  SELECT payment.*,
    coalesce(session_id, charge_id, gift_key.key || '#' || attempt) AS key
  FROM payment JOIN gift_key ON gift_key.no = payment.gift_no
), refund_key AS (
  SELECT refund.*,
    coalesce(provider_id, 'decision:' || refund.decision_no || ':' || payment_key.key) AS key,
    payment_key.key AS of_payment
  FROM refund JOIN payment_key ON payment_key.no = refund.payment_no
)
"""

_FACTS = """
, fact AS (
  SELECT entry.id, coalesce(undone.kind, entry.kind) AS kind,
    coalesce(undone.fact_id, entry.fact_id) AS fact_id
  FROM journal_entry entry LEFT JOIN journal_entry undone ON undone.id = entry.reverses
), named AS (
  SELECT fact.id, coalesce(
    payment_key.key, refund_key.key, dispute.id,
    gift_key.key || substr(fact.fact_id, length(gift_key.no) + 1), fact.fact_id) AS key,
    CASE WHEN payment_key.no IS NOT NULL THEN 'payment' WHEN refund_key.no IS NOT NULL THEN 'refund'
      WHEN dispute.id IS NOT NULL THEN 'dispute' WHEN gift_key.no IS NOT NULL THEN 'gift'
      ELSE fact.kind END AS about
  FROM fact
  LEFT JOIN payment_key ON payment_key.no = fact.fact_id
  LEFT JOIN refund_key ON refund_key.no = split_part(fact.fact_id, '/', 1)
  LEFT JOIN dispute ON dispute.id = split_part(fact.fact_id, '/', 1)
  LEFT JOIN gift_key ON gift_key.no = split_part(fact.fact_id, '/', 1)
)
SELECT named.about,
  named.key, CASE WHEN account LIKE 'fund:%' THEN 'fund' ELSE account END AS class,
  sum(posting.yen) AS yen
FROM named JOIN posting ON posting.entry_id = named.id
GROUP BY 1, 2, 3 HAVING sum(posting.yen) <> 0
"""

SECTIONS: tuple[tuple[str, str], ...] = (
    (
        "account",
        "SELECT account, sum(yen) AS yen FROM posting GROUP BY account HAVING sum(yen) <> 0",
    ),
    (
        "gift",
        _KEYS + "SELECT key, state, method, yen, received_on, accepted_on FROM gift_key",
    ),
    (
        "share",
        _KEYS
        + """SELECT gift_key.key || '/' || position AS key, kind, target, fallback, part,
        gift_share.yen FROM gift_share JOIN gift_key ON gift_key.id = gift_share.gift_id""",
    ),
    (
        "lot",
        _KEYS
        + """SELECT coalesce(gift_key.key, '') || substr(lot.share_id,
               coalesce(length(gift_key.no), 0) + 1) AS key,
             lot_posting.account, lot.yen, -sum(lot_posting.yen) AS open
        FROM lot JOIN lot_posting ON lot_posting.lot_id = lot.id
        LEFT JOIN gift_key ON gift_key.no = lot.gift_no
        GROUP BY 1, 2, lot.id HAVING sum(lot_posting.yen) <> 0""",
    ),
    (
        "payment",
        _KEYS
        + """SELECT key, state, method, yen, charge_id, failure_code, received_on,
             CASE WHEN state = 'succeeded' THEN yen ELSE funded_yen END, excess_yen, extra
        FROM payment_key""",
    ),
    (
        "refund",
        _KEYS
        + """SELECT key, of_payment, state, origin, reason, yen, left_on, came_back_on
        FROM refund_key""",
    ),
    (
        "dispute",
        _KEYS
        + """SELECT dispute.id, payment_key.key AS of_payment, dispute.status, dispute.reason,
             dispute.yen, dispute.withdrawn_on, dispute.outcome, dispute.ended_on
        FROM dispute JOIN payment_key ON payment_key.no = dispute.payment_no""",
    ),
    (
        "receipt",
        _KEYS
        + """SELECT gift_key.key, receipt.state, receipt.void_reason
        FROM receipt JOIN gift_key ON gift_key.no = receipt.gift_no""",
    ),
    (
        "payout",
        "SELECT id, status, yen, arrives_on, failure_code, note FROM provider_payout",
    ),
    (
        "movement",
        """SELECT id, type, category, gross, fee, net, source_id, payout_id, match_kind, note
        FROM provider_movement""",
    ),
    (
        "bank",
        """SELECT line.day, left(encode(line.fingerprint, 'hex'), 16) AS key, line.yen,
             coalesce((SELECT sum(yen) FROM bank_match WHERE line_id = line.id), 0) AS matched
        FROM bank_line line""",
    ),
    (
        "monthly",
        _KEYS
        + """SELECT coalesce(subscription_id, gift_key.key), subscription.state, subscription.yen,
             ended_reason, (SELECT count(*) FROM instalment
               WHERE instalment.subscription_no = subscription.id) AS charged
        FROM subscription JOIN gift_key ON gift_key.no = subscription.gift_no""",
    ),
    (
        "award",
        """SELECT award.no, award.state, award.yen,
             (SELECT coalesce(sum(yen), 0) FROM allocation_line WHERE award_no = award.no)
             - (SELECT coalesce(sum(yen), 0) FROM allocation_reversal
                WHERE award_no = award.no) AS allocated
        FROM award""",
    ),
    ("fact", _KEYS + _FACTS),
)
"""Section name → a query whose rows are its lines: keys first, every column printed."""


def state_lines(connection: Connection) -> Iterator[str]:
    """The books, one line for each thing, in an order that only keys decide."""
    for name, query in SECTIONS:
        yield f"# {name}"
        found = connection.execution_options(yield_per=1000).execute(text(_in_order(query)))
        for row in found:
            yield " ".join((name, *(_word(value) for value in row)))


def _in_order(query: str) -> str:
    """The rows of a query as text columns, in the order of their bytes in every installation."""
    return f'SELECT * FROM ({query}) AS line ORDER BY line::text COLLATE "C"'


def _word(value: object) -> str:
    """One column: nothing is a dash, words never hold a space."""
    return "-" if value is None or value == "" else str(value).replace(" ", "_")
