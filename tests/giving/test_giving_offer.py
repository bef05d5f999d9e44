"""Reading donors, consents and offers: tolerant of widths, faithful to names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.giving.domain import CHECKLIST, GIFT, TEXTS, Consents, Donor, Offer, Wish
from fund.giving.domain.acceptance import CODES, check_complete, check_note, check_other_person
from fund.giving.domain.donor import (
    is_latin,
    read_email,
    read_kana,
    read_name,
    read_phone,
    read_postal_code,
)
from fund.giving.domain.offer import check_bounds
from fund.kernel.errors import Conflict, Forbidden, Invalid
from fund.kernel.money import Yen

DONOR = Donor(
    family_name="山田",
    given_name="花子",
    kana="ヤマダ ハナコ",
    postal_code="1448621",
    address1="東京都見本区中央一丁目1番1号",
    email="hanako@example.jp",
)
AGREED = Consents(purpose_of_use=True)
KEY = "k" * 32
ODD_NAMES = ["神", "髙橋", "𠮷野家", "葛\U000e0100城", "①", "㈱みほん", "O’Brien", "🐟"]


def offer(**changes):
    facts = {"form_key": KEY, "yen": Yen(3000), "donor": DONOR, "consents": AGREED} | changes
    return Offer(**facts)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_stays_as_typed(name):
    assert read_name(f" \u3000{name}　") == name


@given(
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=99),
)
def test_no_character_of_a_name_is_ever_exchanged(rest):
    assert read_name(f"神{rest}") == f"神{rest}"


@pytest.mark.parametrize("text", ["\x07", "山\x1b田", "a\u202eb", "x" * 101, "a\u2028b", "a\uffff"])
def test_control_characters_and_endless_names_are_refused(text):
    with pytest.raises(ValueError, match="文字"):
        read_name(text)


@pytest.mark.parametrize("text", ["\u3164", "\u2800\u2800", "\u0301", "\ufe0f"])
def test_a_name_that_shows_nothing_is_refused(text):
    with pytest.raises(ValueError, match="見えない"):
        read_name(text)


def test_letters_of_one_machine_only_are_refused_in_words_people_know():
    with pytest.raises(ValueError, match="外字"):
        read_name("山田\ue000")


def test_a_letter_that_got_lost_on_its_way_is_asked_for_again():
    with pytest.raises(ValueError, match="入力し直して"):
        read_name("山田\ufffd郎")


def test_marks_that_nobody_sees_make_no_other_name():
    assert read_name("\ufeff山\u200b田\u200e") == "山田"
    assert read_name("می\u200cخواهم") == "می\u200cخواهم"
    assert read_name("👨\u200d👩\u200d👧") == "👨\u200d👩\u200d👧"


@pytest.mark.parametrize("kanji", ["\U00031350", "\U0002ebf0", "\U000323b0", "\U0003fffd"])
def test_a_kanji_younger_than_our_tables_is_a_letter(kanji):
    assert read_name(f"山{kanji}") == f"山{kanji}"
    assert read_name(kanji) == kanji


@pytest.mark.parametrize("nothing", ["\ud7fc", "\U0002ffff", "\U000e0fff", "\U00040000"])
def test_a_number_that_is_no_letter_is_refused(nothing):
    with pytest.raises(ValueError, match="使えない文字"):
        read_name(f"山{nothing}")


@pytest.mark.parametrize(
    ("typed", "kana"),
    [
        ("やまだ　はなこ", "ヤマダ ハナコ"),
        ("ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ ハナコ"),
        ("ヴァンサン・ゴッホー", "ヴァンサン・ゴッホー"),
        ("", ""),
    ],
)
def test_kana_is_read_from_any_kana(typed, kana):
    assert read_kana(typed) == kana


def test_kanji_is_no_kana():
    with pytest.raises(ValueError, match="カタカナ"):
        read_kana("山田")


@pytest.mark.parametrize(
    "typed", ["144-8621", "１４４－８６２１", "〒144ー8621", " 1448621 ", "144 8621"]
)
def test_a_postcode_is_read_however_it_is_written(typed):
    assert read_postal_code(typed) == "1448621"


@pytest.mark.parametrize("typed", ["", "144", "14486210", "東京都", "1" * 10_000])
def test_something_else_is_no_postcode(typed):
    with pytest.raises(ValueError, match="7けた"):
        read_postal_code(typed)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("03-5744-1111", "0357441111"),
        ("０３ー５７４４ー１１１１", "0357441111"),
        ("+81 3 5744 1111", "+81357441111"),
        ("", ""),
    ],
)
def test_a_telephone_number_is_read_as_digits(typed, number):
    assert read_phone(typed) == number


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("Hanako@Example.JP", "Hanako@example.jp"),
        ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "hanako@example.jp"),
        (" hanako @example.jp。", "hanako@example.jp"),
        ("hana..ko.@docomo.ne.jp", "hana..ko.@docomo.ne.jp"),
        ("花子@例え.jp", "花子@例え.jp"),
        ("", ""),
    ],
)
def test_a_mail_address_is_read_tolerantly(typed, address):
    assert read_email(typed) == address


@pytest.mark.parametrize(
    "typed",
    ["hanako", "a@b@c.jp", "hanako@example", "a b", "x" * 300 + "@a.jp", "a@b.jp\x00,c@d.jp"],
)
def test_something_else_is_no_mail_address(typed):
    with pytest.raises(ValueError, match="メールアドレス"):
        read_email(typed)


def test_latin_names_need_no_kana():
    assert is_latin("Zoë O’Brien-Łukasz")
    assert not is_latin("山田 Taro")


def test_a_donor_without_a_name_or_address_is_told_everything_at_once():
    with pytest.raises(Invalid) as refused:
        Donor()
    assert set(refused.value.fields) == {"family_name", "given_name", "postal_code", "address1"}


def test_a_donor_abroad_needs_no_postcode():
    assert Donor(single_name="Zoë", country="France", address1="1 rue de Paris").name == "Zoë"


def test_no_gift_without_the_purpose_of_use():
    with pytest.raises(Invalid):
        Consents(purpose_of_use=False)


def test_a_published_name_needs_the_name():
    with pytest.raises(Invalid):
        Consents(purpose_of_use=True, publish_name=True)
    with pytest.raises(Invalid):
        Consents(purpose_of_use=True, publish_name=True, display_name="あ" * 31)


def test_every_consent_has_its_own_words_in_both_languages():
    assert len({text.purpose for text in TEXTS}) == len(TEXTS) == 4
    for text in TEXTS:
        assert text.version
        assert text.shown("ja") != text.shown("en")


@pytest.mark.parametrize(
    "changes",
    [
        {"form_key": "short"},
        {"yen": Yen(0)},
        {"yen": Yen(-1)},
        {"method": "cash"},
        {"locale": "fr"},
        {"donor": Donor(single_name="Zoë", country="France", address1="Paris")},
        {"consents": Consents(purpose_of_use=True, tell_group=True)},
    ],
)
def test_an_offer_that_cannot_be_is_refused(changes):
    with pytest.raises(Invalid):
        offer(**changes)


def test_the_same_words_hash_alike_whatever_their_form():
    assert offer().sha256() == offer(form_key="x" * 32).sha256()
    assert offer().sha256() != offer(yen=Yen(3001)).sha256()
    assert offer().sha256() != offer(wish=Wish("field", "nature", "anywhere")).sha256()


def test_the_manuals_bounds_are_kept():
    assert check_bounds(Yen(1000), 1000, 5000) == 1000
    for yen in (999, 5001):
        with pytest.raises(Invalid, match="円"):
            check_bounds(Yen(yen), 1000, 5000)


def test_money_that_comes_late_is_still_received():
    for state in ("awaiting_payment", "failed", "expired"):
        GIFT.check(state, "received")
    for state in ("received", "accepted", "refunded"):
        with pytest.raises(Conflict):
            GIFT.check(state, "expired")
    for state in ("accepted", "allocated", "refunded"):
        with pytest.raises(Conflict):
            GIFT.check(state, "awaiting_payment")


def test_nothing_is_accepted_before_it_is_received():
    # From a dispute or a refund that came back a gift returns to where it stood.
    before = {s for s in GIFT.states if GIFT.allows(s, "accepted")}
    assert before == {"received", "disputed", "refunded"}


def test_the_checklist_has_no_shortcut():
    assert check_complete(CODES) == [item.code for item in CHECKLIST]
    with pytest.raises(Invalid, match="残り1件"):
        check_complete(CODES - {"dispute"})
    with pytest.raises(Invalid):
        check_complete(CODES | {"whatever"})


def test_a_note_has_an_end():
    assert check_note(" 一行目\r\n二行目 ") == "一行目\n二行目"
    with pytest.raises(Invalid):
        check_note("あ" * 2001)


def test_the_proposer_cannot_decide():
    assert check_other_person(1, 2) == 2
    with pytest.raises(Forbidden, match="起案した人"):
        check_other_person(1, 1)
    with pytest.raises(Forbidden):
        check_other_person(1, None)


@pytest.mark.parametrize(
    "typed", ["a@b.jp\nBcc:x@y.jp", "a@b.jp\r\nBcc: x", "a@b.jp:25", "a@b.jp,c.jp", "a@b<c>.jp"]
)
def test_an_address_that_hides_more_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="メールアドレス"):
        read_email(typed)
