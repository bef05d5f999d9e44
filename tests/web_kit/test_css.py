"""The style sheet keeps its promises: tokens only, readable pairs, small, no foreign address."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "fund" / "static"
TOKENS = (STATIC / "tokens.css").read_text()
SITE = (STATIC / "site.css").read_text()

TEXT_PAIRS = [
    ("ink", "paper"), ("ink", "mist"), ("ink", "mist-deep"), ("ink", "tint"), ("ink", "warning-tint"),
    ("ink-strong", "paper"), ("ink-strong", "mist"), ("ink-strong", "mist-deep"), ("ink-strong", "tint-deep"),
    ("ink-strong", "focus-ring"), ("ink-strong", "glass-light"), ("ink-strong", "success-tint"),
    ("ink-soft", "paper"), ("ink-soft", "mist"), ("ink-soft", "mist-deep"), ("ink-soft", "tint"), ("ink-soft", "action-tint"),
    ("link", "paper"), ("link", "mist"), ("link", "mist-deep"), ("link", "tint"), ("link", "action-tint"),
    ("link", "action-tint-deep"), ("link-visited", "paper"), ("link-visited", "mist-deep"), ("link-active", "paper"),
    ("paper", "action"), ("paper", "action-hover"), ("paper", "action-active"), ("paper", "error"), ("paper", "error-deep"),
    ("action", "paper"), ("action", "action-tint"), ("sea", "paper"), ("error", "paper"),
    ("error-deep", "error-tint"), ("success-deep", "success-tint"), ("warning-deep", "warning-tint"),
    *(("paper", f"chart-{name}") for name in (1, 2, 3, 4, 5, 6, "other")),
]  # fmt: skip
SHAPE_PAIRS = [
    ("control", "paper"), ("control", "mist"), ("rule-strong", "paper"), ("error", "mist"), ("success", "paper"),
    ("success", "success-tint"), ("warning", "paper"), ("focus", "paper"), ("focus", "mist-deep"), ("focus", "action-tint"),
    ("action", "mist"),
]  # fmt: skip


def _declared(text: str) -> dict[str, str]:
    return {name: value.strip() for name, value in re.findall(r"(--[\w-]+):([^;]+);", text)}


def _colour(name: str) -> str:
    value = _declared(TOKENS)[f"--{name}"]
    while match := re.fullmatch(r"var\((--[\w-]+)\)", value):
        value = _declared(TOKENS)[match.group(1)]
    return value


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(_colour(one)), _luminance(_colour(other))))
    return (high + 0.05) / (low + 0.05)


def test_every_variable_used_is_declared():
    declared = set(_declared(TOKENS + SITE))
    assert set(re.findall(r"var\((--[\w-]+)", TOKENS + SITE)) <= declared


def test_every_token_kept_is_used():
    used = set(re.findall(r"var\((--[\w-]+)", TOKENS + SITE))
    assert {name for name in _declared(TOKENS) if name not in used} == set()


def test_colours_are_named_only_among_the_tokens():
    bare = re.sub(r"/\*.*?\*/", "", SITE, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", bare) == []


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_is_readable_on_its_ground(text, ground):
    assert _contrast(text, ground) >= 4.5


@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_outlines_and_signs_stand_out_from_their_ground(shape, ground):
    assert _contrast(shape, ground) >= 3


def test_nothing_is_fetched_from_elsewhere():
    assert "@import" not in SITE + TOKENS
    assert "url(" not in SITE + TOKENS
    assert "http" not in (STATIC / "site.js").read_text()


def test_the_notice_of_the_tokens_stays_with_them():
    assert "MIT License" in TOKENS
    assert "デジタル庁" in TOKENS


def test_style_and_script_stay_within_their_weight():
    assert len(gzip.compress((TOKENS + SITE).encode(), 9)) <= 14 * 1024
    assert len((STATIC / "site.js").read_bytes()) <= 4 * 1024


def test_braces_and_modes_are_complete():
    assert SITE.count("{") == SITE.count("}")
    for mode in (
        "@media print",
        "forced-colors: active",
        "prefers-reduced-motion",
        "prefers-contrast",
    ):
        assert mode in SITE
