"""The flow diagram: bands of money between columns, with the same facts as a nested list.

The picture is for wide screens; a phone gets the list (``site.css`` swaps them), so nothing is
shrunk until it cannot be read. Every column must hold the same total: money that rests is drawn
as a node of its own, never left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from markupsafe import Markup

from fund.kernel.money import format_yen

WIDTH = 1120
HEIGHT = 560
TOP = 48
BOX = 16
GAP = 26
EM = 19
"""How tall letters are (``.sankey text`` in site.css)."""
LEAST = 2
MAX_NODES = 12

Words = Callable[[int], str]


@dataclass(frozen=True)
class Node:
    """A place where money stands: key unique in the diagram, yen ≥ 0, tone 0–6, link."""

    key: str
    label: str
    yen: int
    tone: int = 0
    href: str | None = None


@dataclass(frozen=True)
class Column:
    """Nodes that stand under one heading, top to bottom."""

    label: str
    nodes: Sequence[Node]


@dataclass(frozen=True)
class Flow:
    """Yen that went from one node to a node of the next column."""

    source: str
    target: str
    yen: int
    href: str | None = None


@dataclass(frozen=True)
class _Place:
    node: Node
    column: int
    x: int
    y: float
    height: float


def sankey(
    columns: Sequence[Column],
    flows: Sequence[Flow],
    *,
    ident: str,
    title: str,
    summary: str = "",
    words: Words = format_yen,
) -> Markup:
    """Draw money flowing through columns, and the same as a list for narrow screens and readers.

    Args:
        columns: at least two, each of at most twelve nodes and all of the same total in yen.
        flows: bands between neighbouring columns.
        ident: unique id on the page.
        title: the finding, shown above the picture.
        summary: sentences that say what the picture shows.
        words: how an amount in yen is written.

    Raises:
        ValueError: if columns differ in total, a key repeats, a column has too many nodes, or a
            flow is not between neighbours or carries more than its node holds.
    """
    _require_sound(columns, flows)
    edges, rooms = _edges(columns, words)
    places = _places(columns, edges)
    bands = [_band(places, flow, offset, words) for flow, offset in _stacked(places, flows)]
    heads = [
        _head(column.label, edge, last=edge == edges[-1])
        for column, edge in zip(columns, edges, strict=True)
    ]
    boxes = [_box(place, rooms, words) for place in places.values()]
    picture = Markup(
        '<svg class="sankey" viewBox="0 0 {} {}" role="group" aria-labelledby="{}-title">{}</svg>'
    ).format(WIDTH, HEIGHT, ident, Markup("").join([*heads, *bands, *boxes]))
    said = Markup('<p class="chart-summary">{}</p>').format(summary) if summary else Markup("")
    return Markup(
        '<figure class="chart" id="{0}"><figcaption id="{0}-title">{1}</figcaption>'
        "{2}{3}{4}</figure>"
    ).format(ident, title, said, picture, _list(columns, flows, words))


def _require_sound(columns: Sequence[Column], flows: Sequence[Flow]) -> None:
    if len(columns) < 2:
        raise ValueError("a flow needs at least two columns")
    totals = {sum(node.yen for node in column.nodes) for column in columns}
    if len(totals) > 1:
        raise ValueError(f"the columns hold different totals: {sorted(totals)}")
    at: dict[str, tuple[int, Node]] = {}
    for index, column in enumerate(columns):
        if len(column.nodes) > MAX_NODES:
            raise ValueError(f"column {column.label} has more than {MAX_NODES} nodes")
        for node in column.nodes:
            if node.key in at or node.yen < 0 or not 0 <= node.tone <= 6:
                raise ValueError(f"node {node.key} repeats, is negative or has no such tone")
            at[node.key] = (index, node)
    _require_flows_fit(at, flows)


def _require_flows_fit(at: Mapping[str, tuple[int, Node]], flows: Sequence[Flow]) -> None:
    leaving: defaultdict[str, int] = defaultdict(int)
    arriving: defaultdict[str, int] = defaultdict(int)
    for flow in flows:
        if flow.source not in at or flow.target not in at or flow.yen < 0:
            raise ValueError(f"flow {flow.source} to {flow.target} has no node or is negative")
        if at[flow.target][0] != at[flow.source][0] + 1:
            raise ValueError(f"flow {flow.source} to {flow.target} skips a column")
        leaving[flow.source] += flow.yen
        arriving[flow.target] += flow.yen
    for key, (_, node) in at.items():
        if leaving[key] > node.yen or arriving[key] > node.yen:
            raise ValueError(f"more flows through {key} than it holds")


def _width(text: str) -> int:
    """About how wide a text is drawn: Japanese characters are square, others about half of that."""
    return sum(EM if east_asian_width(one) in "WFA" else EM * 11 // 20 for one in text)


def _edges(columns: Sequence[Column], words: Words) -> tuple[list[int], list[int]]:
    """The left edge of each column, and how wide its labels may be: none meets another.

    Labels stand right of their box, those of the last column left of it: the last gap holds two.
    """
    whole = [_widest(column, words, lambda label: label) for column in columns]
    least = [
        min(wide, _widest(column, words, lambda _: "…"))
        for column, wide in zip(columns, whole, strict=True)
    ]
    room = WIDTH - BOX * len(columns)
    spare = room - sum(whole)
    if spare >= 0:
        gaps = [*whole[:-2], whole[-2] + whole[-1]]
        return _summed([gap + spare // len(gaps) for gap in gaps]), [WIDTH] * len(columns)
    # Amounts stay whole if they can; what is left is shared by the labels as they are long.
    least = [few * min(room, sum(least)) // sum(least) for few in least]
    left, over = room - sum(least), max(1, sum(whole) - sum(least))
    rooms = [few + (wide - few) * left // over for wide, few in zip(whole, least, strict=True)]
    return _summed([*rooms[:-2], rooms[-2] + rooms[-1]]), [one - EM for one in rooms]


def _widest(column: Column, words: Words, short: Callable[[str], str]) -> int:
    wide = (_width(f"{short(node.label)} {words(node.yen)}") for node in column.nodes)
    return max(wide, default=0) + EM


def _summed(gaps: Sequence[int]) -> list[int]:
    edges = [0]
    for gap in gaps:
        edges.append(edges[-1] + BOX + gap)
    edges[-1] = WIDTH - BOX
    return edges


def _shortened(label: str, amount: str, room: int) -> str:
    """The label, cut where it and its amount would be wider than ``room``."""
    kept = label
    while kept and _width(f"{kept}… {amount}") > room:
        kept = kept[:-1]
    return label if _width(f"{label} {amount}") <= room else f"{kept.rstrip()}…"


def _places(columns: Sequence[Column], edges: Sequence[int]) -> dict[str, _Place]:
    """Where each node stands; one scale for all columns, so equal yen are equally tall."""
    most = max(len(column.nodes) for column in columns)
    whole = max(1, sum(node.yen for node in columns[0].nodes))
    room = HEIGHT - TOP - GAP * most
    placed: dict[str, _Place] = {}
    for index, column in enumerate(columns):
        y = float(TOP)
        for node in column.nodes:
            height = max(float(LEAST), room * node.yen / whole)
            placed[node.key] = _Place(node, index, edges[index], y, height)
            y += height + GAP
    return placed


def _stacked(
    places: Mapping[str, _Place], flows: Sequence[Flow]
) -> list[tuple[Flow, tuple[float, float, float]]]:
    """Each flow with where it leaves, where it arrives and how thick it is."""
    order = sorted(flows, key=lambda flow: (places[flow.source].y, places[flow.target].y))
    used_out: defaultdict[str, float] = defaultdict(float)
    used_in: defaultdict[str, float] = defaultdict(float)
    result = []
    for flow in order:
        source, target = places[flow.source], places[flow.target]
        thick = max(float(LEAST), source.height * flow.yen / max(1, source.node.yen))
        start, end = source.y + used_out[flow.source], target.y + used_in[flow.target]
        result.append((flow, (start, end, thick)))
        used_out[flow.source] += thick
        used_in[flow.target] += thick
    return result


def _band(
    places: Mapping[str, _Place], flow: Flow, offset: tuple[float, float, float], words: Words
) -> Markup:
    source, target = places[flow.source], places[flow.target]
    start, end, thick = offset
    left, right = source.x + BOX, target.x
    middle = (left + right) / 2
    path = (
        f"M{left} {start:.1f}C{middle:.0f} {start:.1f} {middle:.0f} {end:.1f} {right} {end:.1f}"
        f"V{end + thick:.1f}C{middle:.0f} {end + thick:.1f} {middle:.0f} {start + thick:.1f}"
        f" {left} {start + thick:.1f}z"
    )
    title = f"{source.node.label} → {target.node.label} {words(flow.yen)}"
    shape = Markup('<path class="flow c{}" d="{}"><title>{}</title></path>').format(
        source.node.tone, path, title
    )
    if flow.href is None:
        return shape
    # The list and the tables carry the same links for the keyboard; forty stops would be a trap.
    return Markup('<a href="{}" tabindex="-1" aria-label="{}">{}</a>').format(
        flow.href, title, shape
    )


def _head(label: str, x: int, *, last: bool) -> Markup:
    return Markup('<text class="sankey-head" x="{}" y="24" text-anchor="{}">{}</text>').format(
        x + BOX if last else x, "end" if last else "start", label
    )


def _box(place: _Place, rooms: Sequence[int], words: Words) -> Markup:
    last = place.column == len(rooms) - 1
    x = place.x - 8 if last else place.x + BOX + 8
    amount = words(place.node.yen)
    drawn = Markup(
        '<rect class="c{}" x="{}" y="{}" width="{}" height="{}" rx="2"/>'
        '<text class="halo" x="{}" y="{}" text-anchor="{}">{}'
        ' <tspan class="sankey-yen">{}</tspan></text>'
    ).format(
        place.node.tone,
        place.x,
        f"{place.y:.1f}",
        BOX,
        f"{place.height:.1f}",
        x,
        f"{place.y + place.height / 2 + 7:.1f}",
        "end" if last else "start",
        _shortened(place.node.label, amount, rooms[place.column]),
        amount,
    )
    if place.node.href is None:
        return drawn
    return Markup('<a href="{}" aria-label="{}">{}</a>').format(
        place.node.href, f"{place.node.label} {amount}", drawn
    )


def _list(columns: Sequence[Column], flows: Sequence[Flow], words: Words) -> Markup:
    names = {node.key: node.label for column in columns for node in column.nodes}
    leaving: defaultdict[str, list[Flow]] = defaultdict(list)
    for flow in flows:
        leaving[flow.source].append(flow)
    blocks = []
    for column in columns:
        whole = max(1, sum(node.yen for node in column.nodes))
        rows = [_list_row(node, whole, leaving[node.key], names, words) for node in column.nodes]
        blocks.append(
            Markup('<p class="sankey-head">{}</p><ol class="bars">{}</ol>').format(
                column.label, Markup("").join(rows)
            )
        )
    return Markup('<div class="sankey-list">{}</div>').format(Markup("").join(blocks))


def _list_row(
    node: Node, whole: int, leaving: Sequence[Flow], names: Mapping[str, str], words: Words
) -> Markup:
    bar = Markup(
        '<svg class="bar" viewBox="0 0 1000 24" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false"><rect class="bar-ground" width="1000" height="24"/>'
        '<rect class="c{}" width="{}" height="24"/></svg>'
    ).format(node.tone, node.yen * 1000 // whole)
    onward = [
        Markup("<li>→ {} {}</li>").format(_link(names[flow.target], flow.href), words(flow.yen))
        for flow in leaving
    ]
    inner = Markup("<ul>{}</ul>").format(Markup("").join(onward)) if onward else Markup("")
    return Markup(
        '<li><span class="bar-label">{}</span><strong class="bar-value num">{}</strong>{}{}</li>'
    ).format(_link(node.label, node.href), words(node.yen), bar, inner)


def _link(label: str, href: str | None) -> Markup:
    if href is None:
        return Markup("{}").format(label)
    return Markup('<a href="{}">{}</a>').format(href, label)
