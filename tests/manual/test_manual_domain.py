"""Documents of editions: what is read, what is refused and where; words and comparisons."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.kernel.errors import Invalid
from fund.manual.commands import published_documents
from fund.manual.comparison import compare
from fund.manual.domain import (
    Parameter,
    document_bytes,
    document_sha256,
    fill,
    read_edition,
)
from fund.manual.requirements import CHOICES, CLAUSES, PARAMETERS
from fund.manual.words import ClauseWords, ParameterWords, Speaker, value_words

NAMES = {"municipality": "見本区", "head": "区長", "department": "協働課", "fund": "みえる基金"}


def words(edition, locale="ja"):
    says = Speaker(locale, NAMES, edition.parameters)
    return [says.clause(clause) for clause in edition.clauses]


def refused(document) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        read_edition(document)
    assert all(place in str(caught.value) for place in caught.value.fields)
    return caught.value.fields


def test_the_editions_that_come_with_the_service_are_complete(documents):
    editions = [read_edition(document) for document in documents]
    assert [one.code for one in editions] == ["2024-04", "2026-04"]
    for edition in editions:
        assert {clause.id for clause in edition.clauses} >= CLAUSES
        assert set(edition.parameters) >= set(PARAMETERS)
        assert "見本" in edition.decision_ref
        numbers = [clause.number for clause in edition.clauses]
        assert numbers == [str(number) for number in range(1, len(numbers) + 1)]


def test_the_editions_that_come_with_the_service_name_no_municipality(documents):
    text = json.dumps(documents, ensure_ascii=False)
    assert not any(name in text for name in ("大田", "Ota", "区長", "区役所"))


def test_every_text_can_be_shown_in_both_languages(documents):
    for document in documents:
        edition = read_edition(document)
        for locale in ("ja", "en"):
            for clause in words(edition, locale):
                shown = [clause.title, *clause.plain, *(line for _, line in clause.lines)]
                assert not any("{" in text or "}" in text for text in shown)


def test_the_hash_does_not_depend_on_how_the_document_is_written(documents):
    document = documents[0]
    turned = json.loads(json.dumps(dict(reversed(document.items())), indent=7))
    assert document_sha256(turned) == document_sha256(document)
    assert document_sha256(document) == hashlib.sha256(document_bytes(document)).hexdigest()


def test_every_wrong_place_is_named(documents):
    document = documents[0]
    chapter = document["chapters"][2]
    chapter["clauses"][1]["parameters"][0]["value"] = "1000"
    chapter["clauses"][1]["parameters"][1]["unit"] = "dollar"
    chapter["clauses"][2]["text_en"] = "  "
    chapter["clauses"][3]["id"] = "Not An Id"
    chapter["clauses"][4]["colour"] = "blue"
    document["effective_on"] = "2024-02-30"
    del document["title_ja"]
    assert set(refused(document)) == {
        "effective_on",
        "title_ja",
        "chapters[2].clauses[1].parameters[0].value",
        "chapters[2].clauses[1].parameters[1].unit",
        "chapters[2].clauses[2].text_en",
        "chapters[2].clauses[3].id",
        "chapters[2].clauses[4].colour",
    }


@pytest.mark.parametrize("value", [True, -1, 101, 1.5, None, "80", [80]])
def test_a_percentage_is_a_whole_number_up_to_a_hundred(documents, value):
    document = documents[0]
    share = document["chapters"][2]["clauses"][3]["parameters"][0]
    assert share["name"] == "pass_on.group_percent"
    share["value"] = value
    assert list(refused(document)) == ["chapters[2].clauses[3].parameters[0].value"]


@pytest.mark.parametrize("chapters", [None, [], "text", [3], [{"title_ja": "章"}]])
def test_a_document_without_chapters_is_refused(documents, chapters):
    assert refused(documents[0] | {"chapters": chapters})


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "tab\there", "あ" * 4001])
def test_text_that_cannot_be_stored_is_refused(documents, text):
    assert list(refused(documents[0] | {"summary_ja": text})) == ["summary_ja"]


def test_what_the_house_decides_by_may_not_be_missing(documents):
    document = documents[0]
    del document["chapters"][2]["clauses"][3]["parameters"][0]
    clauses = document["chapters"][5]["clauses"]
    document["chapters"][5]["clauses"] = [one for one in clauses if one["id"] != "four-eyes"]
    assert {"pass_on.group_percent", "four-eyes"} <= set(refused(document))


def test_an_edition_of_the_past_may_lack_what_is_needed_today(documents):
    document = documents[0]
    clauses = document["chapters"][5]["clauses"]
    document["chapters"][5]["clauses"] = [one for one in clauses if one["id"] != "four-eyes"]
    assert read_edition(document, complete=False).code == "2024-04"


def test_doubles_and_words_that_point_nowhere_are_refused(documents):
    document = documents[0]
    first = document["chapters"][0]["clauses"]
    first[0]["id"] = "four-eyes"
    first[1]["text_ja"] += "{mayor}"
    first[2]["plain_ja"] = "{gift.maximum}"
    fields = refused(document)
    assert set(fields) == {"four-eyes", first[1]["id"], first[2]["id"]}


@pytest.mark.parametrize(("name", "allowed"), CHOICES.items())
def test_a_choice_holds_only_words_the_rule_knows(documents, name, allowed):
    document = documents[0]
    places = [
        one
        for chapter in document["chapters"]
        for clause in chapter["clauses"]
        for one in clause.get("parameters", [])
        if one["name"] == name
    ]
    for word in allowed:
        places[0]["value"] = word
        edition = read_edition(document)
        for locale in ("ja", "en"):
            assert value_words(edition.parameters[name], locale) != word
    places[0]["value"] = "as we like"
    assert list(refused(document)) == [name]


def test_nobody_decides_after_the_day_it_begins(documents):
    assert list(refused(documents[0] | {"decided_on": "2024-04-02"})) == ["decided_on"]


@pytest.mark.parametrize(
    ("unit", "value", "ja", "en"),
    [
        ("yen", 1000, "1,000円", "¥1,000"),
        ("percent", 70, "70%", "70%"),
        ("years", 1, "1年", "1 year"),
        ("years", 2, "2年", "2 years"),
        ("days", 30, "30日", "30 days"),
        ("people", 3, "3人", "3 people"),
        ("count", 4, "4", "4"),
    ],
)
def test_values_are_written_with_their_unit(unit, value, ja, en):
    parameter = Parameter("some.name", value, "名", "Name", unit)
    assert (value_words(parameter, "ja"), value_words(parameter, "en")) == (ja, en)


def test_filling_leaves_unknown_names_and_never_fills_twice():
    assert fill("{a}{b}{c}", {"a": "{b}", "b": "B"}) == "{b}B{c}"


LINES = st.lists(
    st.tuples(st.booleans(), st.text("条文のことば、数は80%。abc 1,0", max_size=30)), max_size=6
)


def clause(lines, name="one", value="1") -> ClauseWords:
    return ClauseWords(name, "1", "題", tuple(lines), (), (ParameterWords("a.b", "数", value),))


def text_of(lines):
    return [(line.item, "".join(piece.text for piece in line.pieces)) for line in lines]


def kept_of(lines):
    return "".join(p.text for line in lines for p in line.pieces if not p.changed)


@settings(max_examples=200, deadline=None)
@given(LINES, LINES)
def test_a_comparison_loses_and_invents_nothing(old, new):
    (pair,) = compare([clause(old)], [clause(new)])
    assert text_of(pair.old.lines) == old
    assert text_of(pair.new.lines) == new
    assert (pair.state == "same") == (old == new)
    if old == new:
        assert kept_of(pair.old.lines) == "".join(text for _, text in old)


@settings(max_examples=100, deadline=None)
@given(st.permutations("abcdef"), st.permutations("abcdef"), st.sets(st.sampled_from("abcdef")))
def test_every_clause_of_either_edition_is_compared_once(old, new, dropped):
    new = [one for one in new if one not in dropped]
    pairs = compare([clause([], one) for one in old], [clause([], one) for one in new])
    assert sorted(pair.id for pair in pairs) == sorted(old)
    assert [pair.id for pair in pairs if pair.state != "removed"] == new
    assert {pair.id for pair in pairs if pair.state == "removed"} == dropped


def test_a_changed_number_alone_makes_a_clause_changed():
    (pair,) = compare([clause([], value="70%")], [clause([], value="80%")])
    assert pair.state == "changed"
    assert [p.text for p in pair.new.values[0].pieces if p.changed] == ["80%"]


def test_reading_the_editions_again_gives_fresh_documents():
    published_documents()[0]["code"] = "spoilt"
    assert published_documents()[0]["code"] == "2024-04"
