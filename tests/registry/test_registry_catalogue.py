"""The catalogue's files and the rules of the register, without a database."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.kernel.errors import Invalid
from fund.registry.catalogue import parse_catalogue, read_catalogue
from fund.registry.domain import (
    GROUP_KINDS,
    Group,
    check_field,
    check_programme,
    corporate_no_is_valid,
    is_storable,
    kind_of,
    programme_code,
    tidy_group,
)

Document = dict[str, list[dict[str, Any]]]
GROUP = Group(
    no="",
    name="見本の会",
    kana="",
    name_en="",
    kind="その他",
    purpose_ja="",
    purpose_en="",
    fields=("welfare",),
    state="registered",
    registered_on=None,
    registered_until=None,
    corporate_no=None,
    website=None,
    source_url=None,
    sample=True,
)
CODES = {"welfare", "children"}


def _documents() -> tuple[Document, Document]:
    folder = resources.files("fund.registry") / "data"
    fields, programmes = (
        json.loads((folder / name).read_text("utf-8"))
        for name in ("fields.json", "programmes.json")
    )
    return fields, programmes


def _parse(fields: object, programmes: object) -> None:
    parse_catalogue(json.dumps(fields), json.dumps(programmes))


def test_every_item_of_the_npo_law_belongs_to_exactly_one_of_eight_fields() -> None:
    fields = read_catalogue().fields
    assert len(fields) == 8
    times = Counter(number for field in fields for number in field.npo_law_fields)
    assert times == dict.fromkeys(range(1, 21), 1)


def test_fields_differ_in_name_and_in_mark() -> None:
    fields = read_catalogue().fields
    for texts in (
        [field.name_ja for field in fields],
        [field.name_en for field in fields],
        [field.mark for field in fields],
    ):
        assert len(set(texts)) == len(texts)


def test_only_what_a_source_states_is_stated_about_a_programme() -> None:
    programmes = {item.code: item for item in read_catalogue().programmes}
    capped = {code for code, item in programmes.items() if item.cap_yen is not None}
    assert capped == {"new-normal"}
    assert {code: item.max_years for code, item in programmes.items() if item.max_years} == {
        "challenge": 2,
        "challenge-plus": 2,
        "challenge-or-plus": 2,
        "new-normal": 1,
    }
    assert "書かれていません" in programmes["challenge-or-plus"].about_ja


def test_whatever_is_made_up_says_so_in_its_name() -> None:
    programmes = read_catalogue().programmes
    made_up = [item for item in programmes if item.sample]
    assert [item.kind for item in made_up] == ["theme", "theme"]
    assert all("見本" in item.name_ja and "sample" in item.name_en for item in made_up)
    assert all("見本" not in item.name_ja for item in programmes if not item.sample)


def test_every_published_label_has_a_programme() -> None:
    text = (resources.files("fund.sample") / "data/ota_grants.csv").read_text("utf-8-sig")
    labels = {row["programme"] for row in csv.DictReader(text.splitlines())}
    known = {item.code for item in read_catalogue().programmes}
    assert {programme_code(label) for label in labels} == known - {
        "new-normal",
        "bosai",
        "kodomo-shokudo",
    }


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("スタートアップ助成", "startup"),
        ("スタートアップ助成(新規)", "startup"),
        ("スタートアップ助成（継続）", "startup"),
        (" ステップアップ助成 ", "stepup"),
        ("チャレンジ助成", "challenge"),
        ("チャレンジプラス助成", "challenge-plus"),
        ("チャレンジ助成・チャレンジプラス助成", "challenge-or-plus"),
    ],
)
def test_a_published_label_names_its_programme(label: str, code: str) -> None:
    assert programme_code(label) == code


@pytest.mark.parametrize("label", ["", "ジャンプアップ助成", "スタートアップ助成(再)", "\x00"])
def test_a_label_that_nobody_published_is_refused(label: str) -> None:
    with pytest.raises(Invalid):
        programme_code(label)


def _without_a_law_item(fields: Document, programmes: Document) -> None:
    fields["fields"][0]["npo_law_fields"] = []


def _with_a_law_item_twice(fields: Document, programmes: Document) -> None:
    fields["fields"][1]["npo_law_fields"].append(1)


def _with_a_21st_law_item(fields: Document, programmes: Document) -> None:
    fields["fields"][1]["npo_law_fields"].append(21)


def _with_a_law_item_as_text(fields: Document, programmes: Document) -> None:
    fields["fields"][0]["npo_law_fields"] = ["1"]


def _with_a_field_twice(fields: Document, programmes: Document) -> None:
    fields["fields"].append({**fields["fields"][0], "npo_law_fields": []})


def _with_a_mark_twice(fields: Document, programmes: Document) -> None:
    fields["fields"][0]["mark"] = fields["fields"][1]["mark"]


def _with_an_unknown_key(fields: Document, programmes: Document) -> None:
    fields["fields"][0]["colour"] = "red"


def _without_a_key(fields: Document, programmes: Document) -> None:
    del programmes["programmes"][0]["first_fy"]


def _with_a_cap_as_text(fields: Document, programmes: Document) -> None:
    programmes["programmes"][0]["cap_yen"] = "200000"


def _with_a_truth_as_number(fields: Document, programmes: Document) -> None:
    programmes["programmes"][0]["sample"] = 0


def _with_a_broken_code(fields: Document, programmes: Document) -> None:
    programmes["programmes"][0]["code"] = "Startup"


def _with_a_programme_twice(fields: Document, programmes: Document) -> None:
    programmes["programmes"].append(programmes["programmes"][0])


def _that_is_no_list(fields: Document, programmes: Document) -> None:
    programmes["programmes"] = {}  # type: ignore[assignment]


@pytest.mark.parametrize(
    "spoil",
    [
        _without_a_law_item,
        _with_a_law_item_twice,
        _with_a_21st_law_item,
        _with_a_law_item_as_text,
        _with_a_field_twice,
        _with_a_mark_twice,
        _with_an_unknown_key,
        _without_a_key,
        _with_a_cap_as_text,
        _with_a_truth_as_number,
        _with_a_broken_code,
        _with_a_programme_twice,
        _that_is_no_list,
    ],
)
def test_a_broken_catalogue_is_refused(spoil: Callable[[Document, Document], None]) -> None:
    fields, programmes = _documents()
    _parse(fields, programmes)
    spoil(fields, programmes)
    with pytest.raises(Invalid):
        _parse(fields, programmes)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"fields": 1}', '{"fields": [1]}'])
def test_a_file_that_is_no_catalogue_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_catalogue(text, "{}")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("code", "Welfare"),
        ("name_ja", " "),
        ("about_en", "a\x00"),
        ("mark", ""),
        ("mark", "長い印"),
        ("npo_law_fields", (0,)),
        ("npo_law_fields", (1, 1)),
        ("position", 10**10),
    ],
)
def test_a_field_that_cannot_be_names_its_column(column: str, value: object) -> None:
    field = read_catalogue().fields[0]
    check_field(field)
    with pytest.raises(Invalid) as caught:
        check_field(replace(field, **{column: value}))
    assert list(caught.value.fields) == [column]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("code", "start up"),
        ("kind", "prize"),
        ("name_en", ""),
        ("first_fy", 10**10),
        ("last_fy", 2008),
        ("cap_yen", 0),
        ("rate_percent", 101),
        ("max_years", 0),
    ],
)
def test_a_programme_that_cannot_be_names_its_column(column: str, value: object) -> None:
    programme = read_catalogue().programmes[0]
    check_programme(programme)
    with pytest.raises(Invalid) as caught:
        check_programme(replace(programme, **{column: value}))
    assert list(caught.value.fields) == [column]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", " 　"),
        ("name", "あ" * 201),
        ("name", "見本\x00の会"),
        ("name_en", "\ud800"),
        ("kana", "Mihon"),
        ("kind", "会社"),
        ("purpose_ja", "あ" * 2001),
        ("fields", ("sea",)),
        ("fields", ("welfare", "welfare")),
        ("corporate_no", "1000020131114"),
        ("corporate_no", "abc"),
        ("website", "javascript:alert(1)"),
        ("source_url", "https://example.jp/<b>"),
    ],
)
def test_a_group_that_cannot_be_names_its_column(column: str, value: object) -> None:
    with pytest.raises(Invalid) as caught:
        tidy_group(replace(GROUP, **{column: value}), CODES)
    assert list(caught.value.fields) == [column]


@given(
    text=st.text(alphabet=st.characters(), max_size=20),
    column=st.sampled_from(["name", "kana", "name_en", "purpose_ja", "website", "corporate_no"]),
)
def test_a_group_is_kept_as_storable_text_or_refused(text: str, column: str) -> None:
    try:
        kept = tidy_group(replace(GROUP, **{column: text}), CODES)
    except Invalid as refused:
        wrong = set(refused.fields)
    else:
        wrong = {column}
        assert is_storable(getattr(kept, column) or "")
        assert tidy_group(kept, CODES) == kept
    assert wrong == {column}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("特定非営利活動法人あかしろきいろ", "NPO法人"),
        ("NPO法人大田・花とみどりのまちづくり", "NPO法人"),
        ("大田区商店街連合会", "商店会・企業"),
        ("大森本場乾海苔問屋協同組合", "商店会・企業"),
        ("見本町会", "自治会・町会"),
        ("一般社団法人和文化研究さくら", "その他"),
        ("ほめトコ", "区民活動団体"),
    ],
)
def test_the_legal_form_in_a_name_tells_the_kind(name: str, kind: str) -> None:
    assert kind_of(name) == kind
    assert kind in GROUP_KINDS


@given(place=st.integers(0, 12), step=st.integers(1, 9))
def test_one_wrong_digit_of_a_corporate_number_is_noticed(place: int, step: int) -> None:
    right = "1000020131113"
    assert corporate_no_is_valid(right)
    changed = str((int(right[place]) + step) % 10)
    wrong = right[:place] + changed + right[place + 1 :]
    # 0 and 9 weigh the same modulo 9: the only pair the check digit cannot tell apart.
    blind = {right[place], changed} == {"0", "9"} and place > 0
    assert corporate_no_is_valid(wrong) is blind
