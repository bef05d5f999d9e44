"""From a portal's row without a wish, over the donor's link, to the award that the choice permits."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from award_books import CLAIM, NOW, People, awarded, rows, write_books
from houses import wired_house
from intake_books import broken, csv_file, load, row

from fund.giving import commands as giving
from fund.giving.domain import CHECKLIST, Wish
from fund.giving.intake import choosing
from fund.kernel.actor import system
from fund.platform.house import House

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "allocation_service"))
from lots import draft_and_approve

MORE = {
    "minimum-gift": {"gift.minimum_yen": 1000, "gift.maximum_yen": 1_000_000},
    "wish-fallback": {"fallback.order": "field,anywhere"},
    "receipt": {},
    "no-refund": {},
    "anonymity": {},
}


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    write_books(app_dsn)
    with psycopg.connect(app_dsn) as connection:
        for position, (clause, parameters) in enumerate(MORE.items(), start=50):
            connection.execute(
                "INSERT INTO clause (edition_code, id, position, chapter_ja, chapter_en, number,"
                " title_ja, title_en, text_ja, text_en)"
                " VALUES ('2024-04',%s,%s,'章','Chapter',%s,%s,%s,'文','Text')",
                (clause, position, str(position), clause, clause),
            )
            for name, value in parameters.items():
                connection.execute(
                    "INSERT INTO parameter (edition_code, clause_id, name, value, label_ja,"
                    " label_en, unit) VALUES ('2024-04',%s,%s,%s,%s,%s,'')",
                    (clause, name, json.dumps(value), name, name),
                )
    made = wired_house(app_dsn, tmp_path)
    yield made
    made.database.close()


def test_the_run_gives_the_chosen_yen_to_the_chosen_group_only(house, app_dsn):
    people = People(app_dsn)
    theirs = awarded(house, people)
    other = dataclasses.replace(CLAIM, group_no="0133", fields=("nature",), title="みどりの道")
    others = awarded(house, people, claim=other)
    load(house, csv_file([row(1, 使いみち="", 寄附金額="1万1円")]))
    [(gift,)] = rows(app_dsn, "SELECT no FROM gift")
    choosing.choose_use(
        house, by=system("donor"), now=NOW, gift_no=gift, wish=Wish("group", "0133", "anywhere")
    )
    batch = giving.propose_acceptance(
        house,
        by=people.officer,
        now=NOW,
        gift_nos=[gift],
        checklist=[item.code for item in CHECKLIST],
    )
    giving.decide_acceptance(house, by=people.decider, now=NOW, batch_no=batch, accept=True)
    draft_and_approve(house, people)
    lines = rows(app_dsn, "SELECT share_id, award_no, yen, use FROM allocation_line ORDER BY 1, 2")
    chosen = [line for line in lines if line[0] == f"{gift}/2"]
    assert chosen == [(f"{gift}/2", others, 7000, "group:0133")]
    kept = [line for line in lines if line[0] == f"{gift}/1"]
    assert sum(line[2] for line in kept) == 3001
    assert {line[1] for line in kept} <= {theirs, others}
    with pytest.raises(Exception, match="選びなおせません"):
        choosing.choose_use(
            house, by=system("donor"), now=NOW, gift_no=gift, wish=Wish("field", "arts", "anywhere")
        )
    forged = (
        "INSERT INTO allocation_line (run_id, line, share_id, award_no, yen, rank, use, entry_id)"
        f" SELECT run_id, 99, '{gift}/2', '{theirs}', 1, 1, 'any', entry_id FROM allocation_line LIMIT 1"
    )
    with pytest.raises(psycopg.Error, match=r"wish does not permit|unique"):
        rows(app_dsn, forged)
    assert broken(house) == []
