"""What must be zero about applications for the One-Stop exception."""

from __future__ import annotations

from fund.platform.invariants import by_sql

INVARIANTS = (
    by_sql(
        "one-stop-of-persons",
        "ワンストップ特例の申請は、日本国内にご住所のある個人の寄附だけにある",
        "Applications for the One-Stop exception are of persons with an address in Japan",
        """
        SELECT one_stop.gift_no AS gift, one_stop.state, donor.kind
        FROM one_stop JOIN gift ON gift.no = one_stop.gift_no
        JOIN donor ON donor.id = gift.donor_id
        WHERE one_stop.state NOT IN ('withdrawn', 'cancelled')
          AND (donor.kind <> 'individual' OR donor.country <> 'JP')
        """,
    ),
    by_sql(
        "one-stop-of-gifts-that-stand",
        "お金をお返しした寄附に、生きている特例の申請がない",
        "No application stands for a gift that went back",
        """
        SELECT one_stop.gift_no AS gift, one_stop.state, gift.state AS gift_state
        FROM one_stop JOIN gift ON gift.no = one_stop.gift_no
        WHERE one_stop.state NOT IN ('withdrawn', 'cancelled')
          AND gift.state IN ('declined', 'refunded')
        """,
    ),
    by_sql(
        "one-stop-amounts",
        "受け付けた特例の申請の金額は、寄附のうち返していない金額と同じである",
        "A received application is over what is left of its gift",
        """
        SELECT one_stop.gift_no AS gift, one_stop.yen
        FROM one_stop JOIN gift ON gift.no = one_stop.gift_no
        WHERE one_stop.state IN ('received', 'notified') AND gift.state <> 'disputed'
          AND one_stop.yen <> coalesce(gift.accepted_yen, gift.yen - gift.returned_yen)
            - gift.taken_yen
        """,
    ),
    by_sql(
        "one-stop-steps",
        "特例の申請の状態は、記録のさいごの手順と同じである",
        "An application is in the state of its last step",
        """
        SELECT one_stop.gift_no AS gift, one_stop.state, last.act
        FROM one_stop LEFT JOIN LATERAL (
          SELECT act FROM one_stop_step
          WHERE one_stop_id = one_stop.id AND act NOT IN ('printed', 'changed')
          ORDER BY id DESC LIMIT 1
        ) AS last ON true
        WHERE last.act IS DISTINCT FROM one_stop.state
        """,
    ),
    by_sql(
        "births-forgotten",
        "消去した人の生年月日と、申請書の写しが残っていない",
        "Nothing of an application is left of people who were forgotten",
        """
        SELECT one_stop.gift_no AS gift, one_stop.state
        FROM one_stop JOIN gift ON gift.no = one_stop.gift_no
        JOIN donor ON donor.id = gift.donor_id
        WHERE donor.erased_at IS NOT NULL
          AND (one_stop.born_on IS NOT NULL OR one_stop.facts IS NOT NULL)
        """,
    ),
)
