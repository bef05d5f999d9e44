"""A file of gifts asks for One-Stop in one go: not a statement more for each of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.engine import Engine
from whole_fund import Fund

from fund.giving.intake.files import read_sheet
from fund.giving.intake.importing import import_file


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement of the block."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def imported(fund: Fund, count: int, said: str) -> int:
    """Import so many rows; how many statements it took."""
    head = "注文番号,受領日,寄附金額,氏名,郵便番号,住所,メールアドレス,ワンストップ特例申請"
    rows = [
        f"{said}{count}-{n},{fund.today},{1000 + n},見本 {n}子,1448621,"
        f"東京都大田区蒲田{n},m{n}@example.jp,{said}"
        for n in range(count)
    ]
    sheet = read_sheet("\n".join([head, *rows]).encode())
    with counted() as seen:
        _found, result = import_file(fund.house, by=fund.officer, now=fund.now, sheet=sheet)
    assert result.booked == count
    return len(seen)


def test_many_rows_that_ask_cost_no_more_statements_than_few(fund: Fund) -> None:
    without = imported(fund, 40, "希望しない")
    few, many = imported(fund, 5, "希望する"), imported(fund, 60, "希望する")
    sql = "SELECT one_stop.state, born_on, receipt_way, count(*) FROM one_stop"
    sql += " JOIN gift ON gift.no = gift_no GROUP BY 1, 2, 3"
    assert fund.rows(sql) == [("requested", None, "post", 65)]
    assert fund.rows("SELECT count(*) FROM mail WHERE occasion = 'one-stop.form'") == [(65,)]
    assert many - few < 20
    assert few - without < 20
