"""The pages of the manual: whole editions, single clauses, comparisons, and helpful refusals."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

import html5lib
import pytest
from manual_books import NOW

from fund.kernel.actor import system
from fund.kernel.canonical import canonical
from fund.manual.commands import publish_edition


@pytest.fixture
def book(house, documents):
    for document in documents:
        publish_edition(house, by=system(), now=NOW, document=document)
    return documents


def page(answer):
    """The text of a page after a strict HTML5 parser has read it, without doubled ids."""
    text = answer.get_data(as_text=True)
    html5lib.HTMLParser(strict=True).parse(text)
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert sorted(ids) == sorted(set(ids))
    # No parameter of a clause is left unfilled; blocks of data are for programs and have braces.
    words = re.sub(r'<script type="application/ld\+json">.*?</script>', "", text)
    assert "{" not in re.sub(r"<[^>]+>", "", words)
    return text


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize(
    "path",
    [
        "/manual",
        "/manual?on=2025-12-31",
        "/manual/2024-04",
        "/manual/2026-04",
        "/manual/clause/wish-respected",
        "/manual/clause/paper-ledger",
        "/manual/diff/2024-04...2026-04",
        "/manual/diff/2026-04...2024-04?show=all",
        "/manual/diff/2026-04...2026-04",
    ],
)
def test_every_page_is_sound_html_with_every_placeholder_filled(client, book, prefix, path):
    answer = client.get(prefix + path)
    assert answer.status_code == 200
    page(answer)


def test_the_manual_shows_the_edition_in_force_and_those_before(client, book):
    text = page(client.get("/manual"))
    assert "<strong>2026-04版</strong>" in text
    assert 'id="wish-respected"' in text
    assert 'href="/manual/2026-04#wish-respected"' in text
    assert 'href="/manual/diff/2024-04...2026-04"' in text
    assert "団体の希望では80%" in text
    assert "見本区" in text


def test_the_rules_of_a_past_day_can_be_read(client, book):
    for day in ("2025-12-31", "令和7年12月31日"):
        text = page(client.get("/manual", query_string={"on": day}))
        assert "<strong>2024-04版</strong>" in text
        assert "団体の希望では70%" in text


def test_a_day_that_cannot_be_read_is_said_beside_the_field(client, book):
    answer = client.get("/manual?on=%F0%9F%90%8Dsoon")
    assert answer.status_code == 400
    text = page(answer)
    assert "日付は、2026-04-01 のように入力してください" in text
    assert "soon" in text
    assert "<strong>2026-04版</strong>" in text


def test_english_pages_read_the_english_text(client, book):
    text = page(client.get("/en/manual"))
    assert "Respect for the donor&#39;s wish" in text
    assert "80% follows a wish for a group" in text
    assert "Sample City" in text
    assert 'href="/en/manual/clause/no-refund"' in text
    assert "意向の尊重" not in text


def test_the_bytes_of_an_edition_hash_to_its_fingerprint(client, book):
    answer = client.get("/manual/2026-04.json")
    assert answer.mimetype == "application/json"
    assert answer.data == canonical(book[1])
    sha256 = hashlib.sha256(answer.data).hexdigest()
    assert sha256 in client.get("/manual/2026-04").get_data(as_text=True)
    again = client.get("/manual/2026-04.json", headers={"If-None-Match": f'"{sha256}"'})
    assert again.status_code == 304


def test_a_clause_shows_its_text_its_citation_and_its_history(client, book):
    text = page(client.get("/manual/clause/pass-on-share"))
    assert "pass-on-share@2026-04" in text
    assert "団体の希望では80%" in text
    assert "団体の希望では70%" in text
    assert 'href="/manual/diff/2024-04...2026-04#pass-on-share"' in text


def test_a_clause_that_is_no_longer_in_force_says_so(client, book):
    text = page(client.get("/manual/clause/paper-ledger"))
    assert "いま使っている版にはありません" in text
    assert "2024-04版" in text


def test_a_comparison_marks_words_for_eyes_and_ears(client, book):
    text = page(client.get("/manual/diff/2024-04...2026-04"))
    assert re.search(r"<del><span[^>]*>（ここから削除）</span>70%<", text)
    assert re.search(r"<ins><span[^>]*>（ここから追加）</span>80%<", text)
    assert 'id="public-log"' in text
    assert 'id="paper-ledger"' in text
    assert 'id="no-refund"' not in text
    assert 'id="no-refund"' in page(client.get("/manual/diff/2024-04...2026-04?show=all"))


def test_an_edition_compared_with_itself_shows_no_difference(client, book):
    assert "ちがいはありません" in page(client.get("/manual/diff/2026-04...2026-04"))


def test_the_form_of_two_editions_leads_to_the_comparisons_own_address(client, book):
    answer = client.get("/en/manual/diff?from=2024-04&to=2026-04")
    assert (answer.status_code, answer.location) == (303, "/en/manual/diff/2024-04...2026-04")
    assert client.get("/manual/diff").location == "/manual/diff/2024-04...2026-04"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/manual/1999-04", "「1999-04」という版はありません"),
        ("/manual?on=2020-01-01", "最初の版は、2024-04-01から使われています"),
        ("/manual/clause/wish-respectd", "意向の尊重"),
        ("/manual/clause/%F0%9F%90%8D", "という条はありません"),
        ("/manual/diff/2024-04...1999-04", "比べる版が見つかりません"),
        ("/manual/diff/2024-04", "比べる版が見つかりません"),
        ("/manual/diff/%3Cscript%3E...x", "比べる版が見つかりません"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(client, book, path, said):
    answer = client.get(path)
    assert answer.status_code == 404
    text = page(answer)
    assert said in text
    assert 'href="/manual/2026-04"' in text
    assert "<script>..." not in text


def test_an_unknown_editions_data_is_refused_for_machines(client, book):
    answer = client.get("/manual/1999-04.json")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/manual", "/manual/diff", "/manual/clause/receipt"])
def test_before_the_first_publication_the_pages_say_so(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    page(answer)


@pytest.mark.parametrize("query", ["on=%00", "on=" + "9" * 300, "on[]=1", "show=x&on=0000-00-00"])
@pytest.mark.parametrize("path", ["/manual", "/manual/diff/2024-04...2026-04", "/manual/diff"])
def test_garbage_in_the_query_never_breaks_a_page(client, book, path, query):
    assert client.get(f"{path}?{query}").status_code in {200, 303, 400}


def test_a_coming_edition_is_marked_as_not_yet_in_force(client, house, book):
    coming = book[1] | {
        "code": "2099-04",
        "effective_on": "2099-04-01",
        "decided_on": "2099-03-01",
    }
    now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    publish_edition(house, by=system(), now=now, document=coming)
    assert "これから使う版" in page(client.get("/manual/2099-04"))
    assert "<strong>2026-04版</strong>" in page(client.get("/manual"))
    assert "receipt@2026-04" in page(client.get("/manual/clause/receipt"))
