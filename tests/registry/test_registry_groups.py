"""The register against a real database: the catalogue, numbers and names."""

from __future__ import annotations

import csv
import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from importlib import resources

import psycopg
import pytest

from fund.kernel.actor import system
from fund.kernel.errors import Conflict, Invalid
from fund.platform.house import House
from fund.platform.invariants import examine
from fund.registry import commands, queries
from fund.registry.domain import programme_code
from fund.registry.invariants import INVARIANTS

NOW = dt.datetime(2026, 6, 10, 3, 0, tzinfo=dt.UTC)
OFFICE = system("tests")
Register = Callable[..., str]


def _acts(dsn: str) -> list[tuple[str, str]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT act, subject FROM audit_trail ORDER BY id").fetchall()


def test_loading_the_catalogue_twice_adds_once(empty_house: House, app_dsn: str) -> None:
    first = commands.load_catalogue(empty_house, by=OFFICE, now=NOW)
    assert first > 8
    assert commands.load_catalogue(empty_house, by=OFFICE, now=NOW) == 0
    assert _acts(app_dsn) == [("registry.catalogue-loaded", "catalogue")]
    with empty_house.database.reading() as connection:
        assert len(queries.fields(connection)) == 8
        assert [item.position for item in queries.fields(connection)] == list(range(1, 9))


def test_loading_again_keeps_what_the_staff_changed(house: House) -> None:
    with house.database.reading() as connection:
        welfare = queries.field(connection, "welfare")
    assert welfare is not None
    changed = replace(welfare, name_ja="ふくし", open=False)
    assert commands.put_field(house, by=OFFICE, now=NOW, field=changed)
    commands.load_catalogue(house, by=OFFICE, now=NOW)
    with house.database.reading() as connection:
        assert queries.field(connection, "welfare") == changed


def test_putting_the_same_thing_again_changes_and_audits_nothing(
    house: House, app_dsn: str
) -> None:
    with house.database.reading() as connection:
        stepup = queries.programme(connection, "stepup")
        learning = queries.field(connection, "learning")
    assert stepup is not None
    assert learning is not None
    assert not commands.put_programme(house, by=OFFICE, now=NOW, programme=stepup)
    assert not commands.put_field(house, by=OFFICE, now=NOW, field=learning)
    capped = replace(stepup, cap_yen=200_000)
    assert commands.put_programme(house, by=OFFICE, now=NOW, programme=capped)
    assert _acts(app_dsn)[1:] == [("registry.programme-put", "stepup")]
    with house.database.reading() as connection:
        assert queries.programme(connection, "stepup") == capped


def test_a_new_field_and_a_new_theme_are_shown_in_their_place(house: House) -> None:
    with house.database.reading() as connection:
        safety = queries.field(connection, "safety")
        bosai = queries.programme(connection, "bosai")
    assert safety is not None
    assert bosai is not None
    commands.put_field(
        house,
        by=OFFICE,
        now=NOW,
        field=replace(safety, code="pets", mark="犬", npo_law_fields=(), position=0),
    )
    theme = replace(bosai, code="flood-2030", first_fy=2030, last_fy=2030)
    commands.put_programme(house, by=OFFICE, now=NOW, programme=theme)
    with house.database.reading() as connection:
        assert queries.fields(connection)[0].code == "pets"
        days = (dt.date(2030, 3, 31), dt.date(2030, 4, 1), dt.date(2031, 3, 31))
        shown = [
            "flood-2030" in {item.code for item in queries.themes(connection, day)}
            for day in (*days, dt.date(2031, 4, 1))
        ]
    assert shown == [False, True, True, False]


def test_themes_are_only_themes_and_only_of_their_years(house: House) -> None:
    with house.database.reading() as connection:
        now = queries.themes(connection, dt.date(2026, 6, 10))
        assert [item.code for item in now] == ["bosai", "kodomo-shokudo"]
        assert all(item.sample and item.kind == "theme" for item in now)
        assert queries.themes(connection, dt.date(2024, 3, 31)) == []


def test_groups_are_numbered_one_after_the_other(
    house: House, register: Register, app_dsn: str
) -> None:
    assert [register("見本の会"), register("見本二の会")] == ["0001", "0002"]
    assert _acts(app_dsn)[1:] == [("group.registered", "0001"), ("group.registered", "0002")]


def test_a_group_is_kept_with_every_column(house: House, register: Register) -> None:
    no = register(
        " 神\ufa19会　本部 ",
        kana="しんしんかい ﾎﾝﾌﾞ",
        name_en="Shin Shin Kai",
        kind="NPO法人",
        purpose_ja="見本の目的です。",
        purpose_en="A sample purpose.",
        fields=["safety", "welfare"],
        registered_until=dt.date(2029, 3, 31),
        corporate_no="１０００-0201-3111-3",
        website="https://example.jp/",
        sample=True,
    )
    with house.database.reading() as connection:
        found = queries.group(connection, no)
        assert found == queries.group_by_name(connection, "神\ufa19会 本部")
    assert found == queries.Group(
        no="0001",
        name="神\ufa19会 本部",
        kana="シンシンカイ ホンブ",
        name_en="Shin Shin Kai",
        kind="NPO法人",
        purpose_ja="見本の目的です。",
        purpose_en="A sample purpose.",
        fields=("safety", "welfare"),
        state="registered",
        registered_on=dt.date(2026, 4, 1),
        registered_until=dt.date(2029, 3, 31),
        corporate_no="1000020131113",
        website="https://example.jp/",
        source_url=None,
        sample=True,
    )


def test_a_name_that_stands_is_refused_and_takes_no_number(
    house: House, register: Register
) -> None:
    register("見本の会")
    with pytest.raises(Conflict):
        register(" 見本の会　")
    assert register("別の会") == "0002"


def test_an_unknown_field_is_refused(register: Register) -> None:
    with pytest.raises(Invalid) as caught:
        register("見本の会", fields=["welfare", "sea"])
    assert list(caught.value.fields) == ["fields"]


def test_a_full_register_says_so(house: House, register: Register, app_dsn: str) -> None:
    with psycopg.connect(app_dsn) as connection:
        connection.execute(
            "INSERT INTO civic_group (no, name, kind, fields, state)"
            " VALUES ('9999', '最後の会', 'その他', '{}', 'removed')"
        )
    with pytest.raises(Conflict):
        register("見本の会")


def test_many_registering_at_once_get_numbers_without_gaps(
    house: House, register: Register
) -> None:
    numbers: list[str] = []
    refused: list[str] = []

    def one(name: str) -> None:
        try:
            numbers.append(register(name))
        except Conflict:
            refused.append(name)

    wanted = [f"見本{at}の会" for at in range(6)] + ["同じ会", "同じ会"]
    threads = [threading.Thread(target=one, args=(name,)) for name in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"{at:04d}" for at in range(1, 8)]
    assert refused == ["同じ会"]


def test_historical_groups_come_in_once(house: House, register: Register, app_dsn: str) -> None:
    register("いまもある会")
    rows = [
        {"group_name": "いまもある会", "source_url": "https://example.jp/2021"},
        {"group_name": "NPO法人むかしの会", "source_url": "https://example.jp/2019"},
        {"group_name": "NPO法人むかしの会", "source_url": "https://example.jp/2020"},
    ]
    first = commands.import_groups(house, by=OFFICE, now=NOW, rows=rows)
    assert first == {"いまもある会": "0001", "NPO法人むかしの会": "0002"}
    assert commands.import_groups(house, by=OFFICE, now=NOW, rows=rows) == first
    assert _acts(app_dsn)[-1] == ("group.imported", "0002")
    assert len(_acts(app_dsn)) == 3
    with house.database.reading() as connection:
        standing, past = (queries.group(connection, no) for no in ("0001", "0002"))
    assert standing is not None
    assert past is not None
    assert (standing.state, standing.source_url) == ("registered", None)
    assert (past.state, past.kind, past.fields) == ("historical", "NPO法人", ())
    assert (past.source_url, past.sample) == ("https://example.jp/2019", False)


@pytest.mark.parametrize(
    "broken", [{"group_name": "なぞの会", "source_url": " "}, {"source_url": "https://example.jp/"}]
)
def test_a_row_without_name_or_source_stops_the_whole_import(
    house: House, broken: dict[str, str]
) -> None:
    rows = [{"group_name": "ある会", "source_url": "https://example.jp/"}, broken]
    with pytest.raises(Invalid, match="2行目"):
        commands.import_groups(house, by=OFFICE, now=NOW, rows=rows)
    with house.database.reading() as connection:
        assert queries.search_groups(connection, state=None) == []


def test_every_published_grant_finds_its_programme_and_group(house: House) -> None:
    text = (resources.files("fund.sample") / "data/ota_grants.csv").read_text("utf-8-sig")
    grants = list(csv.DictReader(text.splitlines()))
    numbers = commands.import_groups(house, by=OFFICE, now=NOW, rows=grants)
    assert set(numbers) == {row["group_name"] for row in grants}
    assert sorted(set(numbers.values())) == [f"{at:04d}" for at in range(1, len(numbers) + 1)]
    with house.database.reading() as connection:
        for row in grants:
            programme = queries.programme(connection, programme_code(row["programme"]))
            assert programme is not None
            year = int(row["fiscal_year"])
            assert programme.first_fy <= year
            assert programme.last_fy is None or year <= programme.last_fy


def test_names_are_found_in_both_languages_after_the_connection_is_closed(
    house: House, register: Register
) -> None:
    no = register("見本の会", name_en="Sample Group")
    plain = register("英語名のない会")
    with house.database.reading() as connection:
        names = queries.names(connection)
    assert [names.use("anywhere", None, locale) for locale in ("ja", "en")] == [
        "おまかせ",
        "Wherever it is needed",
    ]
    assert names.use("field", "environment", "ja") == "環境・みどり"
    assert names.use("field", "environment", "en") == "Environment and green spaces"
    assert names.use("group", no, "en") == "Sample Group"
    assert names.use("group", plain, "en") == "英語名のない会"
    assert names.group(no) == "見本の会"
    assert names.use("theme", "bosai", "ja") == "防災（見本テーマ）"
    assert names.use("programme", "startup", "en") == names.programme("startup", "en")
    assert names.field("welfare", "ja") == "福祉・健康"
    assert names.mark("welfare") == "福"


def test_unknown_things_are_called_by_their_code(house: House) -> None:
    with house.database.reading() as connection:
        names = queries.names(connection)
        assert queries.group(connection, "0001") is None
        assert queries.group(connection, "٠٠٠١") is None
        assert queries.group_by_name(connection, "\x00") is None
        assert queries.field(connection, "sea\x00") is None
        assert queries.programme(connection, "sea") is None
    for kind in ("field", "group", "theme", "programme", "else"):
        assert names.use(kind, "sea", "en") == "sea"
    assert (names.group("9"), names.mark("sea")) == ("9", "sea")


def test_a_field_that_left_the_list_is_seen_by_the_check(
    house: House, register: Register, app_dsn: str
) -> None:
    register("見本の会")
    with house.database.reading() as connection:
        assert [finding.count for finding in examine(connection, INVARIANTS)] == [0]
    with psycopg.connect(app_dsn) as connection:
        connection.execute("UPDATE civic_group SET fields = '{sea,welfare}'")
    with house.database.reading() as connection:
        findings = examine(connection, INVARIANTS)
    assert [finding.rows for finding in findings] == [("group=0001 field=sea",)]
