"""Pictures of money say the same as the numbers they are drawn from."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from fund.platform.web.charts import Bar, Segment, proportion_bar, stacked_bars
from fund.platform.web.sankey import Column, Flow, Node, sankey
from fund.platform.web.sankey import _width as width_of

yen = st.integers(min_value=0, max_value=10**12)


def _parsed(markup):
    return etree.fromstring(str(markup).encode())


def _bands(tree):
    return [
        rect
        for rect in tree.iter("rect")
        if re.fullmatch(r"c\d", rect.get("class", "")) and rect.get("rx") is None
    ]


@given(st.lists(yen, min_size=1, max_size=8))
def test_the_parts_of_a_bar_meet_without_gap_and_fill_it(amounts):
    segments = [Segment(f"分野{i}", amount, i % 7) for i, amount in enumerate(amounts)]
    tree = _parsed(proportion_bar("割合", segments, ident="p"))
    ends = 0
    for rect in _bands(tree):
        assert int(rect.get("x")) == ends
        ends += int(rect.get("width"))
    assert ends == (1000 if sum(amounts) else 0)


@given(st.lists(yen, min_size=1, max_size=6))
def test_bars_are_drawn_on_one_scale_from_zero(amounts):
    bars = [Bar(f"{i}月", [Segment("寄附", amount, 1)]) for i, amount in enumerate(amounts)]
    tree = _parsed(stacked_bars("月ごと", bars, ident="b"))
    widths = [int(rect.get("width")) for rect in _bands(tree)]
    largest = max(amounts)
    assert widths == [amount * 1000 // largest for amount in amounts if amount]


def test_every_part_bears_its_name_its_amount_and_its_link():
    markup = str(
        proportion_bar(
            "割合",
            [Segment("福祉", 750, 1, "/ledger?field=w", "福"), Segment("環境", 250, 2)],
            ident="p",
        )
    )
    assert '<a href="/ledger?field=w">福祉</a>' in markup
    assert "750円" in markup
    assert "75.0%" in markup
    assert "25.0%" in markup


def test_a_name_can_not_smuggle_markup_into_a_picture():
    evil = '<script>alert("x")</script>'
    for markup in (
        proportion_bar(evil, [Segment(evil, 1, 1, '"><b>', evil)], ident="p", summary=evil),
        stacked_bars(evil, [Bar(evil, [Segment(evil, 1)], '"><b>')], ident="b"),
        sankey([Column(evil, [Node("a", evil, 1, 0, '"><b>')]), Column("x", [Node("b", evil, 1)])], [Flow("a", "b", 1, '"><b>')], ident="s", title=evil),
    ):  # fmt: skip
        assert "<script" not in markup
        assert "<b>" not in markup
        _parsed(markup)


def test_pictures_carry_no_inline_style():
    markup = str(proportion_bar("割合", [Segment("福祉", 750, 1)], ident="p"))
    assert "style=" not in markup


def test_negative_amounts_and_unknown_tones_are_refused():
    with pytest.raises(ValueError, match="negative"):
        stacked_bars("x", [Bar("a", [Segment("b", -1, 1)])], ident="x")
    with pytest.raises(ValueError, match="tone"):
        proportion_bar("x", [Segment("b", 1, 9)], ident="x")


def test_an_empty_chart_is_still_a_chart():
    assert "<figcaption" in stacked_bars("まだありません", [], ident="x")
    assert "0.0%" in proportion_bar("まだありません", [Segment("福祉", 0, 1)], ident="x")


LEFT = Column("出どころ", [Node("p", "個人", 700, 1), Node("c", "法人", 300, 2)])
RIGHT = Column("使われ方", [Node("s", "助成", 600, 3, "/grants"), Node("r", "のこり", 400, 0)])
FLOWS = [
    Flow("p", "s", 500, "/ledger?a"),
    Flow("p", "r", 200),
    Flow("c", "s", 100),
    Flow("c", "r", 200),
]


def test_a_flow_is_told_as_a_picture_and_as_a_list():
    tree = _parsed(sankey([LEFT, RIGHT], FLOWS, ident="f", title="ながれ"))
    svg = next(tree.iter("svg"))
    assert svg.get("aria-labelledby") == "f-title"
    assert len(list(svg.iter("path"))) == 4
    assert "個人 → 助成 500円" in [title.text for title in svg.iter("title")]
    listed = etree.tostring(tree.find("div"), encoding="unicode")
    assert '→ <a href="/ledger?a">助成</a> 500円' in listed


def test_equal_yen_are_equally_tall_in_every_column():
    tree = _parsed(sankey([Column("a", [Node("1", "x", 400, 1), Node("2", "y", 600, 1)]), Column("b", [Node("3", "z", 600, 1), Node("4", "w", 400, 1)])], [], ident="f", title="t"))  # fmt: skip
    heights = [rect.get("height") for rect in next(tree.iter("svg")).iter("rect")]
    assert heights[0] == heights[3]
    assert heights[1] == heights[2]


@given(st.lists(st.lists(st.integers(1, 10**9), min_size=1, max_size=12), min_size=2, max_size=5))
def test_no_node_leaves_the_picture(columns):
    whole = max(sum(column) for column in columns)
    drawn = [
        Column(str(i), [Node(f"{i}-{j}", "節", amount, 1) for j, amount in enumerate(column[:11])] + [Node(f"{i}-r", "残り", whole - sum(column[:11]), 0)])
        for i, column in enumerate(columns)
    ]  # fmt: skip
    svg = next(_parsed(sankey(drawn, [], ident="f", title="t")).iter("svg"))
    height = float(svg.get("viewBox").split()[3])
    for rect in svg.iter("rect"):
        assert float(rect.get("y")) + float(rect.get("height")) <= height


def test_a_flow_that_does_not_add_up_is_not_drawn():
    short = Column("使われ方", [Node("s", "助成", 600, 3)])
    with pytest.raises(ValueError, match="totals"):
        sankey([LEFT, short], [], ident="f", title="t")
    with pytest.raises(ValueError, match="more flows"):
        sankey([LEFT, RIGHT], [Flow("c", "s", 301)], ident="f", title="t")
    with pytest.raises(ValueError, match="skips"):
        sankey([LEFT, RIGHT], [Flow("s", "p", 1)], ident="f", title="t")
    with pytest.raises(ValueError, match="repeats"):
        sankey([LEFT, LEFT], [], ident="f", title="t")


@given(st.lists(st.text("あいう abc（）", min_size=1, max_size=60), min_size=3, max_size=3))
@example(["a", "a" * 12 + "あ" * 12, "a" * 13 + "あ" * 12])
def test_no_label_meets_its_neighbour_and_the_list_says_it_whole(labels):
    columns = [Column(label, [Node(str(at), label, 10**9)]) for at, label in enumerate(labels)]
    tree = _parsed(sankey(columns, [], ident="f", title="t"))
    drawn = [text for text in next(tree.iter("svg")).iter("text") if text.get("class") == "halo"]
    spans = []
    for text in drawn:
        at, wide = int(text.get("x")), width_of("".join(text.itertext()))
        spans.append((at - wide, at) if text.get("text-anchor") == "end" else (at, at + wide))
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert [one.text for one in tree.find("div").iter("span")] == labels
