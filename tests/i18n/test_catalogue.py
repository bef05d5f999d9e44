"""Whatever the service says, it says in English too: the catalogue is whole and is used."""

from __future__ import annotations

import ast
import datetime as dt
import importlib.util
import re
from pathlib import Path

import html5lib
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import render_template_string

from fund.app import create_app
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.platform.web.locale import translated

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "fund" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
JAPANESE = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff、。「」：（）]")
PLACE = re.compile(r"%\([a-z_]+\)s|%%|%(?!\()|\{[a-z]+\}")
NAMES = ("山田", "花子", "ヤマダ ハナコ", "ミホンカブシキガイシャ")
"""What stays Japanese in English: examples of names as they are typed into a form."""
DATA = re.compile(r"見本 \d+協働決第\d+号|・")
"""What stays Japanese on English pages: the references of decisions, and a neutral dot."""

_spec = importlib.util.spec_from_file_location("catalogue", ROOT / ".ci" / "catalogue.py")
catalogue = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(catalogue)


@pytest.fixture(scope="module")
def spoken() -> Catalog:
    return catalogue.collected()


@pytest.fixture(scope="module")
def english() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def pairs(english: Catalog) -> list[tuple[str, str]]:
    return [(str(message.id), str(message.string)) for message in english if message.id]


def test_every_message_of_the_service_has_an_english_text(spoken, english):
    missing = [
        message.id
        for message in spoken
        if message.id and not (message.id in english and english[message.id].string)
    ]
    assert missing == [], "run .ci/catalogue.py and translate"


def test_nothing_in_the_catalogue_is_left_over_or_doubtful(spoken, english):
    assert [key for key, _words in pairs(english) if key not in spoken] == []
    assert [message.id for message in english if message.id and message.fuzzy] == []


def test_both_languages_have_the_same_places_for_values(english):
    differing = [
        key
        for key, words in pairs(english)
        if sorted(set(PLACE.findall(key))) != sorted(set(PLACE.findall(words)))
    ]
    assert differing == []


def test_no_japanese_is_left_in_the_english_texts(english):
    names = re.compile("|".join(NAMES))
    mixed = [key for key, words in pairs(english) if JAPANESE.search(names.sub("", words))]
    assert mixed == []


def test_the_catalogue_names_nobody_and_no_machine():
    text = PO.read_text(encoding="utf-8")
    head = text.split("\n\n")[0]
    assert "@" not in head
    assert "Translator" not in head
    assert not re.search(r"^#: /", text, re.MULTILINE)


def test_refusals_are_collected_and_records_with_their_own_languages_are_not():
    module = ast.parse(
        '"""これは説明です"""\n'
        'if a:\n    raise Invalid("数を入力してください", {"n": "1以上にしてください（例：3）"})\n'
        'problems["yen"] = "金額を入力してください"\n'
        'raise Invalid(_("訳されています"))\n'
        'raise Conflict(f"{no}は終わりました")\n'
        'TEXT = ConsentText("同意します", "I agree")\n'
        'LABEL = "金額"\n'
        'raise NotFound(filled("ありません: %(nos)s", nos=f"{no}番", why="消してください"))\n'
    )
    assert list(catalogue.refusals(module)) == [
        "数を入力してください",
        "1以上にしてください（例：3）",
        "金額を入力してください",
        "ありません: %(nos)s",
        "消してください",
    ]


SPEAK_JAPANESE_ONLY = {
    "fund/giving/bank_matching/views/files.py": "the name of a sheet in a workbook",
    "fund/giving/intake/booking.py": "the words of a consent, kept as they were given",
    "fund/giving/letters.py": "a deadline in a Japanese mail",
    "fund/kernel/calendar.py": "days as Japanese readers write them, and what they typed",
    "fund/kernel/japanese.py": "amounts as they are said; pages say which form they read",
    "fund/kernel/money.py": "yen as Japanese readers write them",
    "fund/payments/bank/formats/anser.py": "a day in a bank's own file",
    "fund/payments/bank/wording.py": "what the command line says",
}
ROOMS = ("allocation", "grants", "identity", "giving", "kernel", "payments", "platform", "receipts")


def test_no_refusal_hides_its_values_inside_the_sentence():
    """A computed Japanese sentence cannot be said in English; ``filled`` keeps both apart."""
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in sorted((ROOT / "fund" / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr) and catalogue.JAPANESE.search(_constant_words(node))
    }
    assert found == set(SPEAK_JAPANESE_ONLY)


def _constant_words(node):
    return "".join(str(one.value) for one in node.values if isinstance(one, ast.Constant))


def test_a_catalogue_keeps_its_translations_when_messages_come_and_go(tmp_path):
    path = tmp_path / "en" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid "台帳"\nmsgstr "Ledger"\n\nmsgid "古い"\nmsgstr "Old"\n', "utf-8")
    template = Catalog()
    template.add("台帳", locations=[("a.html", 3)])
    template.add("新しい", locations=[("b.html", 4)])
    text, missing = catalogue.updated(path, template)
    assert missing == ["新しい"]
    assert 'msgid "台帳"\nmsgstr "Ledger"' in text
    assert "古い" not in text
    assert "#: a.html\n" in text


def test_the_compiled_catalogue_is_that_of_the_sources(english):
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert dict(pairs(compiled)) == dict(pairs(english)), "run .ci/setup"


def test_a_refusal_of_the_domain_is_shown_in_the_language_of_the_page(house):
    app = create_app(house)
    japanese, unknown = "金額を入力してください", "<b>だれも知らない %d 文です</b>"
    with app.test_request_context("/", environ_overrides={"fund.locale": "en"}):
        assert translated(japanese) == "Enter an amount"
        assert translated("") == ""
        assert translated(unknown) == unknown
        shown = render_template_string(
            '{% import "_macros/forms.html" as f %}{{ f.error_summary(errors=[("n", one)]) }}'
            '{{ f.text_field("n", label="N", error=two) }}',
            one=japanese,
            two=unknown,
        )
    assert "Enter an amount" in shown
    assert japanese not in shown
    assert "&lt;b&gt;だれも知らない %d 文です&lt;/b&gt;" in shown
    with app.test_request_context("/"):
        assert translated(japanese) == japanese


def test_a_refusal_with_values_is_shown_in_the_language_of_the_page(house):
    app = create_app(house)
    told = str(Conflict(filled("%(yen)s以上の金額を入力してください", yen=Yen(1_000))))
    when = filled("書類の保存期間が終わる%(day)sから消去できます", day=dt.date(2031, 4, 1))
    with app.test_request_context("/", environ_overrides={"fund.locale": "en"}):
        assert translated(told) == "Enter an amount of ¥1,000 or more"
        assert "1 April 2031" in translated(when)
        shown = render_template_string("{{ one | translated }}", one=filled("%(a)s", a="<b>"))
    assert shown == "&lt;b&gt;"
    with app.test_request_context("/"):
        assert translated(told) == "1,000円以上の金額を入力してください"
        assert "2031年4月1日" in translated(when)


PAGES = {
    "/": 200,
    "/give": 200,
    "/ledger": 200,
    "/ledger?min=x&from=y": 400,
    "/glance": 200,
    "/grants": 200,
    "/groups": 200,
    "/verify": 200,
    "/data": 200,
    "/privacy": 200,
    "/accessibility": 200,
    "/licenses": 200,
    "/manual": 200,
    "/manual/clause/wish-respected": 200,
    "/manual/diff/2024-04...2026-04": 200,
    "/staff/login": 200,
    "/ledger/999999": 404,
    "/nowhere": 404,
}


@pytest.fixture
def words_of(reader):
    """The words of an English page that are not marked as Japanese."""

    def read(path: str, status: int) -> list[str]:
        answer = reader.get(f"/en{path}")
        assert answer.status_code == status, path
        tree = html5lib.parse(answer.get_data(as_text=True), namespaceHTMLElements=False)
        return list(_words(tree))

    return read


def _is_japanese(text):
    return JAPANESE.search(DATA.sub("", text)) is not None


def _words(element):
    skipped = element.tag in {"script", "style"} or element.get("aria-hidden") == "true"
    if element.get("lang") != "ja" and not skipped:
        yield element.text or ""
        for name in ("title", "alt", "aria-label", "placeholder", "data-text", "content"):
            yield element.get(name) or ""
        for child in element:
            if isinstance(child.tag, str):
                yield from _words(child)
            yield child.tail or ""


def test_english_pages_hold_no_japanese_of_ours(words_of):
    found = {
        path: japanese
        for path, status in PAGES.items()
        if (japanese := [text for text in words_of(path, status) if _is_japanese(text)])
    }
    assert found == {}


def test_what_a_donor_gives_is_called_a_gift_everywhere_in_english(english):
    mails = ROOT / "templates" / "mail"
    said = [words for _key, words in pairs(english)]
    said += [file.read_text(encoding="utf-8") for file in mails.glob("*.en.*")]
    assert [
        words[:80] for words in said if re.search(r"\bdonat(e|es|ed|ions?)\b", words, re.IGNORECASE)
    ] == []
