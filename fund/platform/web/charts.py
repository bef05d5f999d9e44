"""Pictures of money as accessible inline SVG, drawn on the server.

Colours and strokes live in ``site.css`` (classes ``c1`` to ``c6``, ``c0`` for the rest), so a
strict content security policy holds: only geometry is written into the markup. Words stay HTML
wherever the picture has to shrink; hue is never the only sign, every part bears its name and
amount.
All amounts are integer yen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from fund.kernel.money import format_yen

SCALE = 1000
"""Width of a bar in its own units; the browser stretches it."""

Words = Callable[[int], str]


@dataclass(frozen=True)
class Segment:
    """One part of a bar: its name, yen ≥ 0, tone 0–6 (0 is "the rest"), mark and link."""

    label: str
    yen: int
    tone: int = 0
    href: str | None = None
    mark: str = ""


@dataclass(frozen=True)
class Bar:
    """One row of a chart: a label and its segments in drawing order."""

    label: str
    segments: Sequence[Segment]
    href: str | None = None

    @property
    def yen(self) -> int:
        """Sum of the segments, in yen."""
        return sum(segment.yen for segment in self.segments)


def stacked_bars(
    title: str,
    bars: Sequence[Bar],
    *,
    ident: str,
    summary: str = "",
    words: Words = format_yen,
) -> Markup:
    """Rows of stacked bars on one zero-based scale, with legend, labels and amounts as text.

    Args:
        title: the finding, shown above the chart.
        bars: the rows; all are drawn on the scale of the largest.
        ident: unique id on the page.
        summary: one or two sentences that say what the picture shows.
        words: how an amount in yen is written.

    Raises:
        ValueError: if a segment is negative or its tone unknown.
    """
    largest = max((bar.yen for bar in bars), default=0)
    rows = [_row(bar, largest, words) for bar in bars]
    legend = _legend([segment for bar in bars for segment in bar.segments])
    body = Markup('<ol class="bars">{}</ol>').format(Markup("").join(rows))
    return _figure(title, legend + body, ident, summary)


def proportion_bar(
    title: str,
    segments: Sequence[Segment],
    *,
    ident: str,
    summary: str = "",
    words: Words = format_yen,
) -> Markup:
    """One bar that shows how a whole is divided; below it each part with amount and share.

    Shares are written in tenths of a per cent by integer arithmetic, rounded half up; they are
    for reading only, the amounts beside them are exact.

    Raises:
        ValueError: if a segment is negative or its tone unknown.
    """
    whole = sum(segment.yen for segment in segments)
    picture = Markup('<div class="proportion">{}</div>').format(_bar(segments, whole, "bar"))
    parts = [
        Markup(
            '<li>{} {}{} <strong class="num">{}</strong> <span class="num">{}</span></li>'
        ).format(
            _swatch(segment.tone),
            f"{segment.mark} " if segment.mark else "",
            _linked(segment.label, segment.href),
            words(segment.yen),
            _share(segment.yen, whole),
        )
        for segment in segments
    ]
    body = picture + Markup('<ul class="legend">{}</ul>').format(Markup("").join(parts))
    return _figure(title, body, ident, summary)


def _figure(title: str, body: Markup, ident: str, summary: str) -> Markup:
    said = Markup('<p class="chart-summary">{}</p>').format(summary) if summary else Markup("")
    return Markup(
        '<figure class="chart" id="{0}"><figcaption id="{0}-title">{1}</figcaption>{2}{3}</figure>'
    ).format(ident, title, said, body)


def _row(bar: Bar, largest: int, words: Words) -> Markup:
    return Markup(
        '<li><span class="bar-label">{}</span>{}<strong class="bar-value num">{}</strong></li>'
    ).format(_linked(bar.label, bar.href), _bar(bar.segments, largest, "bar"), words(bar.yen))


def _bar(segments: Sequence[Segment], scale: int, css_class: str) -> Markup:
    """The drawn bar; it repeats words that stand beside it, so it is hidden from readers."""
    ends = [0]
    for segment in segments:
        _require_drawable(segment.yen, segment.tone)
        ends.append(ends[-1] + segment.yen)
    parts = [
        Markup('<rect class="c{}" x="{}" width="{}" height="24"/>').format(
            segment.tone, _along(start, scale), _along(end, scale) - _along(start, scale)
        )
        for segment, start, end in zip(segments, ends[:-1], ends[1:], strict=True)
        if segment.yen
    ]
    edges = [
        Markup('<rect class="bar-edge" x="{}" width="2" height="24"/>').format(
            _along(end, scale) - 1
        )
        for end in ends[1:-1]
        if 0 < end < ends[-1]
    ]
    return Markup(
        '<svg class="{}" viewBox="0 0 {} 24" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false"><rect class="bar-ground" width="{}" height="24"/>{}</svg>'
    ).format(css_class, SCALE, SCALE, Markup("").join(parts + edges))


def _along(yen: int, scale: int) -> int:
    return yen * SCALE // scale if scale else 0


def _share(yen: int, whole: int) -> str:
    tenths = (yen * 2000 + whole) // (whole * 2) if whole else 0
    return f"{tenths // 10}.{tenths % 10}%"


def _legend(segments: Sequence[Segment]) -> Markup:
    seen: dict[tuple[str, int], str] = {}
    for segment in segments:
        seen.setdefault((segment.label, segment.tone), segment.mark)
    items = [
        Markup("<li>{} {}{}</li>").format(_swatch(tone), f"{mark} " if mark else "", label)
        for (label, tone), mark in seen.items()
    ]
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(items))


def _swatch(tone: int) -> Markup:
    return Markup(
        '<svg class="swatch" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        '<rect class="c{}" width="16" height="16" rx="3"/></svg>'
    ).format(tone)


def _linked(label: str, href: str | None) -> Markup:
    if href is None:
        return escape(label)
    return Markup('<a href="{}">{}</a>').format(href, label)


def _require_drawable(yen: int, tone: int) -> None:
    if yen < 0:
        raise ValueError("a bar cannot draw a negative amount; show it in its own row")
    if not 0 <= tone <= 6:
        raise ValueError(f"tone {tone} is not one of 0 to 6")
