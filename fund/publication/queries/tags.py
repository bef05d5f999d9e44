"""What every public entry is counted under: one SQL text for the cells, the tail and the check.

A *tag* names a set of entries that readers ask for (a group, a field, an amount's step, how well
an allocation meets its wish) or a figure that pages show (an account's balance, what reached a
group). The background count (``publication.counting``) keeps a cell of sums for each tag, kind,
fiscal year and day; entries above the last counted one, the *tail*, are summed as they are read.
Cells and tail together are exact at every moment, because the log only grows.

Each row of ``TAGGED`` is one entry under one tag with ``yen``, the part of the entry that the tag
is about: what it moves, or the part of it that an account (``at:``), a group (``for:``, ``to:``,
``due:``), a field (``use:``), a class of pots (``in:``, ``pot:``) or a year (``age:``) has.
"""

from __future__ import annotations

from itertools import pairwise

from fund.kernel.money import MAX_YEN

STEPS = (10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90)
UNPLACED = ("due:", "pot:", "at:")
"""Tags that only sum; entries of the others can be read page by page."""

_MOST_LINES = 16
_BODY = "convert_from(e.body, 'UTF8')::jsonb"
_BACK = "(e.kind IN ('donation.refunded', 'dispute.lost', 'entry.reversed') AND e.gift_no <> '')"
_TOUCHES_AWARD = (
    "EXISTS (SELECT FROM public_posting c WHERE c.no = e.no AND c.account LIKE 'committed:%')"
)

# Money keeps the age of the gift (or of the other source) it came from, wherever it went since.
_YEAR_OF_SHARE = """coalesce(
  (SELECT g.fy FROM public_entry g
   WHERE g.gift_no = split_part({share}, '/', 1) AND g.kind = 'donation.received'
   ORDER BY g.no LIMIT 1),
  (SELECT o.fy FROM public_entry o
   WHERE o.kind IN ('opening.balance', 'interest.earned') AND {share} NOT LIKE 'G-%'
     AND convert_from(o.body, 'UTF8')::jsonb->>'share' = {share} ORDER BY o.no LIMIT 1),
  {otherwise})"""
_SHARE = f"coalesce(e.gift_no, {_BODY}->>'share')"
_GROUP = """coalesce((SELECT d.groups[1] FROM public_entry d
  WHERE d.award_no = {award} AND d.kind = 'award.decided' ORDER BY d.no LIMIT 1), '')"""
_FIRST_FIELD = """coalesce((SELECT convert_from(d.body, 'UTF8')::jsonb->'fields'->>0
  FROM public_entry d WHERE d.award_no = {award} AND d.kind = 'award.decided'
  ORDER BY d.no LIMIT 1), '')"""
_CLASS = "split_part(p.account, ':', 2)"

# What an entry takes back from awards, by the pot the money had been allocated from.
_UNDONE = f"""
  SELECT taken->>'award' AS award, (taken->>'yen')::bigint AS yen, (
    SELECT split_part(p.account, ':', 2) FROM public_entry given
    JOIN public_posting p ON p.no = given.no AND p.account LIKE 'fund:%'
    WHERE given.kind = 'allocation.line' AND given.award_no = taken->>'award'
      AND convert_from(given.body, 'UTF8')::jsonb->>'share' = taken->>'share' LIMIT 1) AS pot
  FROM jsonb_array_elements({_BODY}->'lines') AS taken
  WHERE taken->>'from' = 'committed'"""

# What an entry gives to awards (less what it takes back), by class of pot and award.
_GIVEN = f"""
  SELECT {_CLASS} AS place, c.award, p.yen FROM public_posting p, (
    SELECT split_part(account, ':', 2) AS award FROM public_posting
    WHERE no = e.no AND account LIKE 'committed:%' LIMIT 1) AS c
  WHERE p.no = e.no AND p.account LIKE 'fund:%' AND NOT {_BACK}
  UNION ALL SELECT undone.pot, undone.award, -undone.yen FROM ({_UNDONE}) AS undone WHERE {_BACK}"""

_STEP_SQL = """(SELECT CASE WHEN e.size_yen = floor THEN 'yen:' || floor
  ELSE 'yen:' || floor || '+' END FROM (SELECT width * CASE
    WHEN lead < 10 THEN lead WHEN lead < 15 THEN 10 WHEN lead < 20 THEN 15 WHEN lead < 25 THEN 20
    WHEN lead < 30 THEN 25 ELSE lead / 10 * 10 END AS floor
  FROM (SELECT width, e.size_yen / width AS lead FROM (
    SELECT (10 ^ (greatest(length(e.size_yen::text), 2) - 2))::bigint AS width) AS w) AS l) AS f)"""

_TAGS = f"""
  SELECT '' AS tag, e.size_yen AS yen
  UNION ALL SELECT 'group:' || one, e.size_yen FROM unnest(e.groups) AS one
  UNION ALL SELECT 'field:' || one, e.size_yen FROM unnest(e.fields) AS one
  UNION ALL SELECT {_STEP_SQL}, e.size_yen
  UNION ALL SELECT 'reason:' || coalesce(e.reason, ''), e.size_yen
    WHERE e.kind = 'designation.redirected'
  UNION ALL SELECT 'at:' || p.account, sum(p.yen) FROM public_posting p
    WHERE p.no = e.no GROUP BY p.account
  UNION ALL SELECT 'pot:' || {_CLASS}, -sum(p.yen) FROM public_posting p
    WHERE p.no = e.no AND p.account LIKE 'fund:%' GROUP BY {_CLASS}
  UNION ALL SELECT 'due:' || {_GROUP.format(award="split_part(p.account, ':', 2)")}, -sum(p.yen)
    FROM public_posting p WHERE p.no = e.no AND p.account LIKE 'committed:%' GROUP BY 1
  UNION ALL SELECT 'in:' || place, sum(yen) FROM (
    SELECT {_CLASS} AS place, -p.yen AS yen FROM public_posting p
    WHERE p.no = e.no AND p.account LIKE 'fund:%'
    UNION ALL SELECT undone.pot, -undone.yen FROM ({_UNDONE}) AS undone WHERE {_BACK}
  ) AS arrived
    WHERE e.kind <> 'designation.redirected' AND ({_BACK} OR NOT {_TOUCHES_AWARD}) GROUP BY place
  UNION ALL SELECT 'to:' || place || ':' || grp, sum(yen) FROM (
    SELECT place, {_GROUP.format(award="award")} AS grp, yen FROM ({_GIVEN}) AS given
  ) AS given GROUP BY place, grp
  UNION ALL SELECT 'for:' || grp, sum(yen) FROM (
    SELECT {_GROUP.format(award="award")} AS grp, yen FROM ({_GIVEN}) AS given
  ) AS given GROUP BY grp
  UNION ALL SELECT 'use:' || field, sum(yen) FROM (
    SELECT {_FIRST_FIELD.format(award="award")} AS field, yen FROM ({_GIVEN}) AS given
  ) AS given GROUP BY field
  UNION ALL SELECT 'fit:' || CASE
      WHEN NOT EXISTS (SELECT FROM public_posting p WHERE p.no = e.no
        AND p.account LIKE 'fund:%' AND p.account <> 'fund:general') THEN 'open'
      WHEN {_BODY}->>'rank' = '1' THEN 'first' ELSE 'other' END, e.size_yen
    WHERE e.kind = 'allocation.line'
  UNION ALL SELECT 'wait:' || greatest(0,
      (extract(year FROM e.first_day) - extract(year FROM gift.first_day)) * 12
      + extract(month FROM e.first_day) - extract(month FROM gift.first_day))::int, e.size_yen
    FROM public_entry gift WHERE e.kind = 'allocation.line' AND gift.gift_no = e.gift_no
      AND gift.kind = 'donation.received'
  UNION ALL SELECT 'age:' || year, sum(yen) FROM (
    SELECT CASE WHEN e.reverses IS NOT NULL AND e.gift_no IS NULL
        THEN (SELECT undone.fy FROM public_entry undone WHERE undone.no = e.reverses)
        ELSE {_YEAR_OF_SHARE.format(share=_SHARE, otherwise="e.fy")} END AS year,
      e.left_yen - coalesce((SELECT sum((back->>'yen')::bigint)
        FROM jsonb_array_elements({_BODY}->'back') AS back), 0) AS yen
    WHERE e.left_yen <> 0
    UNION ALL SELECT
      {_YEAR_OF_SHARE.format(share="(back->>'share')", otherwise="e.fy")},
      (back->>'yen')::bigint
    FROM jsonb_array_elements({_BODY}->'back') AS back WHERE e.left_yen <> 0
  ) AS aged GROUP BY year HAVING sum(yen) <> 0"""

TAGGED = f"""
SELECT e.no, e.kind, e.fy, e.first_day, tagged.tag, tagged.yen::bigint AS yen, e.in_yen,
       e.committed_yen, e.out_yen, e.spent_yen, e.returned_yen, e.left_yen
FROM public_entry e CROSS JOIN LATERAL ({_TAGS}) AS tagged
WHERE {{where}}"""

BETWEEN = TAGGED.format(where="e.no > :over AND e.no <= :upto")
"""Every entry with a number in (``over``, ``upto``], once for each of its tags."""


def floors() -> list[int]:
    """The steps of amounts in yen: 0 to 9, then 1, 1.5, 2, 2.5, 3 … 9 times a power of ten."""
    return [*range(10), *(step * 10**power for power in range(_MOST_LINES) for step in STEPS)]


def amount_tags(low: int | None, high: int | None) -> tuple[list[str], list[str]]:
    """Tags of the amounts from ``low`` to ``high``: those wholly within, and those cut by an end.

    Round amounts, those people give and ask for, are tags of their own (``yen:10000``); what
    lies between two of them is another (``yen:10000+``).
    """
    least, most = low or 0, MAX_YEN if high is None else high
    whole: list[str] = []
    cut: list[str] = []
    for floor, following in pairwise(floors()):
        if least <= floor <= most:
            whole.append(f"yen:{floor}")
        first, last = floor + 1, following - 1
        if first > last or first > most or last < least:
            continue
        (whole if least <= first and last <= most else cut).append(f"yen:{floor}+")
    return whole, cut
