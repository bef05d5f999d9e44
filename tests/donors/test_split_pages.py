"""Several wishes on the form: added, changed, left out and summed, without JavaScript."""

from __future__ import annotations

import html

import pytest
from giving_books import rows
from test_giving_pages import AMOUNT, ANYWHERE, CONSENTS, DONOR, GROUP

FIELD = {"wish": "field", "field": "children", "field_fallback": "anywhere"}
SPLIT = AMOUNT | {"amount": "10000"}


def text(answer):
    return html.unescape(answer.get_data(as_text=True))


def two_wishes(visitor, **more):
    """A group and a field chosen; returns the amount page."""
    visitor.get("/give/use")
    visitor.post("/give/use", GROUP)
    visitor.get("/give/amount")
    answer = visitor.post("/give/use/add", SPLIT | more)
    assert answer.headers["Location"].endswith("/give/use?part=2")
    page = text(visitor.get("/give/use?part=2"))
    assert "2つめの使いみち" in page or "use number 2" in page
    assert visitor.post("/give/use", FIELD | {"part": "2"}).status_code == 303
    return text(visitor.get("/give/amount"))


def test_a_gift_over_two_wishes_is_written_with_every_share(visit, app_dsn):
    visitor = visit()
    page = two_wishes(visitor)
    assert "団体：見本こども食堂の会" in page
    assert "分野：子ども" in page
    assert (
        visitor.post("/give/amount", SPLIT | {"part1": "7,001", "part2": "2999"}).status_code == 303
    )
    visitor.post("/give/donor", DONOR)
    visitor.post("/give/consents", CONSENTS)
    page = text(visitor.get("/give/check"))
    for words in ("10,000円（1万円）", "7,001円", "2,999円", "4,900円を希望の使いみちへ", "2つめ"):
        assert words in page
    visitor.post("/give/check")
    shares = "SELECT position, kind, target, part, yen FROM gift_share ORDER BY position"
    assert rows(app_dsn, shares) == [
        (1, "group", "0132", "wish", 4900),
        (2, "anywhere", None, "kept", 2101),
        (3, "field", "children", "wish", 2999),
    ]


def test_one_amount_left_empty_takes_the_rest(visit, app_dsn):
    visitor = visit()
    two_wishes(visitor)
    visitor.post("/give/amount", SPLIT | {"part1": "", "part2": "一千円"})
    visitor.post("/give/donor", DONOR)
    visitor.post("/give/consents", CONSENTS)
    visitor.get("/give/check")
    visitor.post("/give/check")
    total = "SELECT sum(yen) FILTER (WHERE position < 3), sum(yen) FROM gift_share"
    assert rows(app_dsn, total) == [(9000, 10_000)]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("7000", "2999"), "寄附の金額に1円足りません"),
        (("7000", "4000"), "寄附の金額より1,000円多く"),
        (("", ""), "この使いみちに回す金額"),
        (("9950", "50"), "100円以上"),
        (("10000", ""), "ここに残る金額がありません"),
        (("七千円くらい", "3000"), "金額を数字で"),
        (("7000.5", "2999.5"), "金額を数字で"),
        (("-7000", "17000"), "金額を数字で"),
    ],
)
def test_a_sum_that_is_not_the_gift_is_told_in_yen_and_nothing_typed_is_lost(visit, parts, words):
    visitor = visit()
    two_wishes(visitor)
    answer = visitor.post("/give/amount", SPLIT | {"part1": parts[0], "part2": parts[1]})
    assert answer.status_code == 400
    page = text(answer)
    assert words in page
    for typed in parts:
        assert f'value="{typed}"' in page


def test_the_difference_is_said_in_english_too(visit):
    visitor = visit("/en")
    two_wishes(visitor)
    page = text(visitor.post("/give/amount", SPLIT | {"part1": "7000", "part2": "2000"}))
    assert "¥1,000" in page
    assert "足りません" not in page


def test_the_same_wish_twice_is_refused_where_it_is_chosen(visit):
    visitor = visit()
    two_wishes(visitor)
    answer = visitor.post("/give/use", GROUP | {"part": "2"})
    assert answer.status_code == 400
    assert "もう選ばれています" in text(answer)


def test_a_wish_left_out_takes_its_amount_along(visit, app_dsn):
    visitor = visit()
    two_wishes(visitor)
    visitor.post("/give/use/add", SPLIT | {"part1": "1000", "part2": "2000"})
    visitor.post("/give/use", ANYWHERE | {"part": "3"})
    visitor.post("/give/amount", SPLIT | {"part1": "1000", "part2": "2000", "part3": "7000"})
    answer = visitor.post("/give/use", FIELD | {"part": "2", "drop": "1"})
    assert answer.headers["Location"].endswith("/give/amount")
    page = text(visitor.get("/give/amount"))
    assert 'id="part2" name="part2" value="7000"' in page
    assert "part3" not in page
    assert "分野：子ども" not in page


def test_after_a_new_wish_the_check_page_asks_for_the_amounts_first(visit):
    visitor = visit()
    visitor.get("/give/use")
    visitor.post("/give/use", GROUP)
    for step, typed in (("amount", AMOUNT), ("donor", DONOR), ("consents", CONSENTS)):
        visitor.get(f"/give/{step}")
        visitor.post(f"/give/{step}", typed)
    visitor.get("/give/check")
    visitor.post("/give/use", FIELD | {"part": "2", "change": "1"})
    answer = visitor.get("/give/check")
    assert answer.headers["Location"].endswith("/give/amount?change=1")
    answer = visitor.post("/give/amount", AMOUNT | {"part1": "5000", "change": "1"})
    assert answer.headers["Location"].endswith("/give/check")
    assert visitor.get("/give/check").status_code == 200


@pytest.mark.parametrize("part", ["0", "6", "-1", "２", "x", "9" * 40])
def test_a_part_that_cannot_be_is_the_first(visit, part):
    assert visit().get(f"/give/use?part={part}").status_code == 200


def test_a_third_wish_needs_a_second(visit):
    visitor = visit()
    visitor.get("/give/use")
    visitor.post("/give/use", GROUP)
    assert visitor.get("/give/use?part=3").headers["Location"].endswith("/give/use")


def test_a_sixth_wish_is_not_offered(visit):
    visitor = visit()
    visitor.get("/give/use")
    visitor.post("/give/use", GROUP)
    for part, more in enumerate(
        (
            ANYWHERE,
            FIELD,
            {"wish": "group", "group": "0133", "group_fallback": "anywhere"},
            {"wish": "field", "field": "nature", "field_fallback": "field"},
        ),
        start=2,
    ):
        assert visitor.post("/give/use", more | {"part": str(part)}).status_code == 303
    page = text(visitor.get("/give/amount"))
    assert 'name="part5"' in page
    assert "もうひとつ" not in page
    assert visitor.post("/give/use/add", SPLIT).headers["Location"].endswith("/give/amount")
