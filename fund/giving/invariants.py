"""What must be zero in the giving room."""

from __future__ import annotations

from fund.platform.invariants import Invariant, by_sql

INVARIANTS: tuple[Invariant, ...] = (
    by_sql(
        "gift-shares-sum",
        "寄附の内訳の合計は、寄附の金額と同じ",
        "The shares of a gift sum to the gift",
        """
        SELECT gift.no AS gift, gift.yen AS yen, coalesce(sum(gift_share.yen), 0) AS shares
        FROM gift LEFT JOIN gift_share ON gift_share.gift_id = gift.id
        GROUP BY gift.id HAVING gift.yen <> coalesce(sum(gift_share.yen), 0)
        ORDER BY gift.id
        """,
    ),
    by_sql(
        "gift-received-is-paid",
        "入金済みの寄附には、成立した支払いがある",
        "A received gift has a payment that succeeded, of the same amount",
        """
        SELECT gift.no AS gift, gift.state AS state FROM gift
        WHERE gift.paid_at IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM payment WHERE payment.gift_no = gift.no
            AND payment.state = 'succeeded' AND payment.yen = gift.yen)
        ORDER BY gift.id
        """,
    ),
    by_sql(
        "gift-paid-by-its-payment",
        "入金済みの寄附は、ひとつの支払いのお金で、残りの支払いには印がある",
        "A gift is the money of one of its payments; every other one that paid is marked",
        """
        SELECT payment.no AS payment, gift.no AS gift, gift.paid_by AS paid_by
        FROM payment JOIN gift ON gift.no = payment.gift_no
        WHERE payment.state = 'succeeded'
          AND payment.extra = (gift.paid_by IS NOT DISTINCT FROM payment.no)
        UNION ALL
        SELECT payment.no, gift.no, gift.paid_by
        FROM gift JOIN payment ON payment.no = gift.paid_by
        WHERE payment.gift_no <> gift.no OR payment.state <> 'succeeded'
           OR payment.method <> gift.method
        ORDER BY 1
        """,
    ),
    by_sql(
        "gift-paid-is-received",
        "成立した支払いの寄附は、入金済みになっている",
        "A gift whose payment succeeded is received",
        """
        SELECT payment.no AS payment, payment.gift_no AS gift, gift.state AS state
        FROM payment LEFT JOIN gift ON gift.no = payment.gift_no
        WHERE payment.state = 'succeeded' AND gift.paid_at IS NULL
        ORDER BY payment.id
        """,
    ),
    by_sql(
        "gift-state-and-dates",
        "寄附の状態と日付が合っている",
        "A gift's state agrees with its dates",
        """
        SELECT no AS gift, state FROM gift WHERE
          (state IN ('offered', 'awaiting_payment', 'failed', 'expired')
            AND paid_at IS NOT NULL)
          OR (state = 'received' AND (paid_at IS NULL OR accepted_on IS NOT NULL))
          OR (state IN ('accepted', 'allocated', 'reported') AND accepted_on IS NULL)
        ORDER BY id
        """,
    ),
    by_sql(
        "gift-accepted-is-booked",
        "採納した寄附は、ちょうど一度だけ記帳されている",
        "An accepted gift is booked exactly once, on the day and with the amount of the gift",
        """
        SELECT coalesce(gift.no, entry.fact_id) AS gift, gift.accepted_on AS accepted_on,
               entry.on_day AS booked_on, held.yen AS booked
        FROM (SELECT * FROM gift WHERE accepted_on IS NOT NULL) AS gift
        FULL JOIN (SELECT * FROM journal_entry WHERE kind = 'donation.received') AS entry
          ON entry.fact_id = gift.no
        LEFT JOIN posting AS held
          ON held.entry_id = entry.id AND held.account = 'held:unaccepted'
        WHERE gift.no IS NULL OR entry.id IS NULL OR gift.accepted_on <> entry.on_day
          OR held.yen IS DISTINCT FROM coalesce(gift.accepted_yen, gift.yen)
        ORDER BY 1
        """,
    ),
    by_sql(
        "gift-shares-are-lots",
        "採納した寄附の内訳は、台帳の内訳（ロット）と同じ",
        "The shares of an accepted gift are its lots, less what went back before: last share first",
        """
        SELECT coalesce(share.id, lot.share_id) AS share, share.yen AS yen, lot.yen AS lot
        FROM (
          SELECT gift_share.id, gift_share.yen - least(gift_share.yen, greatest(0,
            gift.yen - coalesce(gift.accepted_yen, gift.yen) - coalesce(sum(gift_share.yen) OVER (
              PARTITION BY gift.id ORDER BY gift_share.position DESC
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS yen
          FROM gift_share JOIN gift ON gift.id = gift_share.gift_id
          WHERE gift.accepted_on IS NOT NULL) AS share
        FULL JOIN (
          SELECT * FROM lot WHERE origin = 'gift'
            AND NOT EXISTS (SELECT 1 FROM redirection WHERE new_share_id = lot.share_id)
        ) AS lot ON lot.share_id = share.id
        WHERE coalesce(share.yen, 0) <> coalesce(lot.yen, 0)
        ORDER BY 1
        """,
    ),
    by_sql(
        "gift-money-back",
        "寄附から返した額は、その支払いの返金と異議の額と同じ",
        "What went back of a gift is what its own payment's refunds and lost disputes took",
        """
        SELECT gift.no AS gift, gift.state, gift.returned_yen + gift.taken_yen AS gone,
               coalesce(back.yen, 0) AS refunds
        FROM gift LEFT JOIN (
          SELECT payment_no, sum(yen) AS yen FROM (
            SELECT payment_no, yen FROM refund WHERE left_on IS NOT NULL AND came_back_on IS NULL
            UNION ALL SELECT payment_no, yen FROM dispute WHERE outcome = 'lost'
          ) AS gone GROUP BY payment_no
        ) AS back ON back.payment_no = gift.paid_by
        WHERE gift.returned_yen + gift.taken_yen <> coalesce(back.yen, 0)
          OR (gift.state = 'refunded') <> CASE WHEN gift.accepted_on IS NULL
            THEN gift.returned_yen >= gift.yen
            ELSE gift.taken_yen >= coalesce(gift.accepted_yen, gift.yen) END
        ORDER BY gift.id
        """,
    ),
    by_sql(
        "gift-taken-is-booked",
        "採納した寄附から返した額は、同じ額で記帳されている",
        "What went back of an accepted gift is booked, to the yen",
        """
        SELECT gift.no AS gift, gift.taken_yen AS taken, coalesce(booked.yen, 0) AS booked
        FROM gift LEFT JOIN (
          SELECT entry.detail->>'gift' AS no,
                 sum((entry.detail->>'yen')::bigint
                     * CASE entry.kind WHEN 'entry.reversed' THEN -1 ELSE 1 END) AS yen
          FROM journal_entry AS entry
          WHERE entry.kind IN ('donation.refunded', 'dispute.lost')
             OR (entry.kind = 'entry.reversed' AND entry.detail->>'of' = 'donation.refunded')
          GROUP BY 1
        ) AS booked ON booked.no = gift.no
        WHERE gift.taken_yen <> coalesce(booked.yen, 0)
        ORDER BY gift.id
        """,
    ),
    by_sql(
        "gift-declined-by-two",
        "不採納の寄附には、二人の職員が関わった決定がある",
        "A declined gift has a refusal decided by a second person",
        """
        SELECT gift.no AS gift, gift.state FROM gift
        LEFT JOIN refusal ON refusal.gift_id = gift.id AND refusal.state = 'declined'
          AND refusal.decided_by <> refusal.proposed_by
        WHERE (gift.state = 'declined' OR gift.state_before = 'declined') AND refusal.id IS NULL
        ORDER BY gift.id
        """,
    ),
    by_sql(
        "gift-accepted-by-two",
        "採納した寄附は、二人の職員が関わったひとつの起案に入っている",
        "An accepted gift stands in exactly one accepted batch, decided by a second person",
        """
        SELECT gift.no AS gift, count(batch.id) AS batches
        FROM gift
        LEFT JOIN acceptance_item AS item ON item.gift_id = gift.id
        LEFT JOIN acceptance_batch AS batch ON batch.id = item.batch_id
          AND batch.state = 'accepted' AND batch.decided_by <> batch.proposed_by
        WHERE gift.accepted_on IS NOT NULL
        GROUP BY gift.id HAVING count(batch.id) <> 1
        ORDER BY gift.id
        """,
    ),
    by_sql(
        "gift-purpose-consented",
        "すべての寄附に、利用目的への同意が残っている（匿名の寄附をのぞく）",
        "Every gift keeps the consent to the purpose of use, anonymous ones aside",
        """
        SELECT no AS gift FROM gift WHERE NOT EXISTS (
          SELECT 1 FROM consent WHERE consent.gift_id = gift.id
            AND consent.purpose = 'purpose_of_use' AND consent.given)
          AND NOT EXISTS (SELECT 1 FROM donor
                          WHERE donor.id = gift.donor_id AND donor.kind = 'anonymous')
        ORDER BY id
        """,
    ),
)
