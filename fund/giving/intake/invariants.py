"""What must be zero about intake and about wishes that were changed."""

from __future__ import annotations

from fund.platform.invariants import Invariant, by_sql

INVARIANTS: tuple[Invariant, ...] = (
    by_sql(
        "intake-rows-are-gifts",
        "記帳した行は、同じ金額・同じ受領日のひとつの寄附になっている",
        "Every booked row is one gift of its yen and its day",
        """
        SELECT batch.no AS batch, line.position, line.gift_no AS gift, line.yen AS yen,
               gift.yen AS gift_yen
        FROM intake_row AS line
        JOIN intake_batch AS batch ON batch.id = line.batch_id
        LEFT JOIN gift ON gift.no = line.gift_no
        WHERE line.state = 'booked' AND (gift.no IS NULL OR gift.yen <> line.yen
          OR gift.received_on IS DISTINCT FROM line.received_on)
        ORDER BY 1, 2
        """,
    ),
    by_sql(
        "intake-checked-by-another",
        "入力した束は、入力に関わっていない人が確認して記帳している",
        "A typed batch was booked by a person who had no hand in typing it",
        """
        SELECT no AS batch FROM intake_batch
        WHERE origin = 'typed' AND state = 'booked' AND (checked_by IS NULL
          OR checked_by IN (opened_by, handed_in_by)
          OR EXISTS (SELECT 1 FROM intake_row
                     WHERE batch_id = intake_batch.id AND entered_by = checked_by))
        ORDER BY 1
        """,
    ),
    by_sql(
        "intake-nothing-forgotten",
        "記帳を終えた束に、記帳していない行がない",
        "A booked batch has no row that is neither booked nor left out by a decision",
        """
        SELECT batch.no AS batch, line.position, line.state
        FROM intake_row AS line JOIN intake_batch AS batch ON batch.id = line.batch_id
        WHERE (batch.state = 'booked' AND line.state IN ('entered', 'doubtful'))
          OR (line.state = 'left_out' AND NOT EXISTS (
            SELECT 1 FROM intake_doubt WHERE row_id = line.id AND decision = 'same'))
        ORDER BY 1, 2
        """,
    ),
    by_sql(
        "redirections-explained",
        "使いみちの変更は、理由・条・仕訳のそろった記録がちょうど一つある",
        "Every redirected wish has exactly one record with reason, clause and entry",
        """
        SELECT entry.id AS entry, entry.fact_id AS share
        FROM journal_entry AS entry
        LEFT JOIN redirection ON redirection.entry_id = entry.id
          AND redirection.new_share_id = entry.fact_id
          AND redirection.reason = entry.reason AND entry.clauses @> ARRAY[redirection.clause]
        WHERE entry.kind = 'designation.redirected' AND redirection.id IS NULL
        ORDER BY 1
        """,
    ),
    by_sql(
        "choices-followed",
        "採納のあとに選ばれた使いみちは、台帳に記帳されている",
        "A use chosen after the acceptance stands in the ledger",
        """
        SELECT gift.no AS gift, choice.chosen_at
        FROM use_choice AS choice JOIN gift ON gift.id = choice.gift_id
        WHERE gift.accepted_on IS NOT NULL
          AND choice.chosen_at > (SELECT min(booked_at) FROM journal_entry
                                  WHERE kind = 'donation.received' AND fact_id = gift.no)
          AND NOT EXISTS (SELECT 1 FROM redirection
                          JOIN lot ON lot.share_id = redirection.share_id
                          WHERE lot.gift_no = gift.no)
        ORDER BY 1
        """,
    ),
)
