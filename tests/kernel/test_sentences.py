"""A sentence with values keeps them apart from its words, through refusals and through JSON."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from fund.kernel.errors import Conflict, Invalid
from fund.kernel.money import Yen
from fund.kernel.sentences import Filled, filled, packed, said_in, unpacked

SENTENCES = (
    filled("%(longest)s文字まで", longest=30),
    filled("%(yen)sまで", yen=Yen(12_000)),
    filled("%(day)sから", day=dt.date(2026, 4, 1)),
    filled("%(what)s: %(n)s件、100%%", what=filled("返金（%(yen)s）", yen=Yen(5)), n=3),
)


def test_japanese_stands_there_at_once() -> None:
    assert SENTENCES == (
        "30文字まで",
        "12,000円まで",
        "2026年4月1日（令和8年）から",
        "返金（5円）: 3件、100%",
    )


@pytest.mark.parametrize("kind", [ValueError, Conflict, Invalid])
def test_a_refusal_still_knows_how_its_text_was_made(kind: type[Exception]) -> None:
    told = str(kind(SENTENCES[1]))
    assert isinstance(told, Filled)
    assert said_in(told, "up to %(yen)s", lambda value: f"JPY {value}") == "up to JPY 12000"


@pytest.mark.parametrize("sentence", [*SENTENCES, "値のない文です", ""])
def test_what_is_kept_as_json_comes_back_whole(sentence: str) -> None:
    back = unpacked(json.loads(json.dumps(packed(sentence))))
    assert back == sentence
    if isinstance(sentence, Filled):
        assert isinstance(back, Filled)
        assert (back.template, back.values) == (sentence.template, dict(sentence.values))
