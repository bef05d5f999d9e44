"""Names as people have them reach the paper: in the text layer, with their glyphs, on the page."""

from __future__ import annotations

import dataclasses
import io
import logging
import re
import subprocess
import unicodedata
from pathlib import Path

import pypdf
import pytest
from test_receipts import ISSUER, facts

from fund.adapters.press import WeasyPress
from fund.adapters.variants import written
from fund.receipts.domain import payload

RIGHT_EDGE = (210 - 20) / 25.4 * 72
"""Points from the left of the page to the margin."""
BOTTOM_EDGE = (297 - 12) / 25.4 * 72

NAMES = {
    "kanji beyond the first plane": "𠮷野 𡈽𡌛 𠮟 𩸽",
    "variant forms": "髙﨑 栁瀨 德彅 邊邉辺 齋齊斎斉 嶋嶌",
    "a god by compatibility": "神 \ufa19",
    "a selector of the common collection": "葛\U000e0100城 一",
    "a selector of the register": "葛\U000e0102城 一",
    "both selectors": "葛\U000e0100 葛\U000e0102",
    "half width": "ﾔﾏﾀﾞ ﾀﾛｳ",
    "decomposed": "か\u3099く e\u0301",
    "right to left": "محمد עמית 花子",
    "Cyrillic and Greek": "Владимир Γιώργος",
    "Korean and Chinese": "김철수 张伟",
    "Nepali, Bengali, Thai, Burmese": "नेपाल দেশ ไทย မြန်မာ",
    "Georgian and Armenian": "ნინო Արամ",
    "emoji": "花子😀👨‍👩‍👧",
    "marks upon marks": "e\u0301\u0323 a\u0308\u0304 \u05e9\u05c1",
    "Latin": "Nguyễn Żółć Ångström",
    "markup": "<b>太郎</b>&amp;\"'<script>{{ 7*7 }}{% raw %}",
    "a hundred kanji": "見" * 100,
    "a hundred letters": "W" * 100,
    "a long word": "Supercalifragilistic" * 5,
    "no place to break": "A\u00a0B" * 33,
}


def draw(name: str, **changes: object) -> bytes:
    return WeasyPress().draw(
        "receipt", payload(dataclasses.replace(facts(name), **changes), ISSUER)
    )


def printed(pdf: bytes, folder: Path, *how: str) -> str:
    """What another program than the one that drew it reads."""
    (folder / "receipt.pdf").write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", *how, "receipt.pdf", "-"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def folded(text: str) -> str:
    """Without what line breaks, reading direction, selectors and joiners add or drop."""
    return re.sub(r"[\s\u200d\u202a-\u202e\ufe00-\ufe0f\U000e0100-\U000e01ef]", "", text)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_is_in_the_text_and_on_the_page(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pdf = draw(name)
    text = folded(printed(pdf, tmp_path))
    if is_reordered(name):
        assert set(folded(name)) <= set(text)
    else:
        assert folded(name) in text
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1
    if not is_foreign(name) or HAS_SCRIPTS:
        assert boxes(caplog.records) == 0
    for left, top, right, bottom in places(printed(pdf, tmp_path, "-bbox")):
        assert left >= 0
        assert top >= 0
        assert right <= RIGHT_EDGE + 1
        assert bottom <= BOTTOM_EDGE + 1


def installed(family: str) -> bool:
    found = subprocess.run(
        ["fc-list", family, "family"], capture_output=True, text=True, check=False
    )
    return bool(found.stdout.strip())


HAS_SCRIPTS = all(
    installed(family)
    for family in ("Noto Sans Devanagari", "Droid Sans Fallback", "NanumGothic", "Symbola")
)
"""What .ci/setup installs where it can: other scripts than those of Japan, Europe and the Bible."""


def is_reordered(name: str) -> bool:
    """Scripts whose letters a text layer holds in the order of the glyphs."""
    return any(
        word in unicodedata.name(char, "").split()
        for char in name
        for word in ("ARABIC", "HEBREW", "BENGALI", "MYANMAR")
    )


def is_foreign(name: str) -> bool:
    return (
        any(
            word in unicodedata.name(char, "").split()
            for char in name
            for word in ("HANGUL", "DEVANAGARI", "BENGALI", "THAI", "MYANMAR", "GEORGIAN", "FACE")
        )
        or "张" in name
    )


def boxes(said: list[logging.LogRecord]) -> int:
    """How many letters were drawn as the box that stands for a letter no font has (.notdef)."""
    return sum(".notdef" in record.getMessage() for record in said)


def picture(name: str, folder: Path) -> bytes:
    """The place of the name as it is seen, in grey."""
    (folder / "seen.pdf").write_bytes(draw(name))
    how = ["-r", "150", "-gray", "-x", "100", "-y", "230", "-W", "700", "-H", "90"]
    subprocess.run(["pdftoppm", *how, "-singlefile", "seen.pdf", "seen"], cwd=folder, check=True)
    return (folder / "seen.pgm").read_bytes()


@pytest.mark.parametrize(
    ("written_so", "not_so"),
    [
        ("髙橋", "高橋"),
        ("𠮷野", "吉野"),
        ("山﨑", "山崎"),
        ("神\ufa19", "神神"),
        ("葛\U000e0102", "葛"),
        ("葛\U000e0102", "葛\U000e0100"),
        ("邉", "邊"),
        ("か\u3099", "か"),
    ],
)
def test_letters_that_differ_are_seen_to_differ(
    written_so: str, not_so: str, tmp_path: Path
) -> None:
    assert picture(written_so, tmp_path) != picture(not_so, tmp_path)
    assert picture(not_so, tmp_path) == picture(not_so, tmp_path)


def test_a_box_is_noticed_where_no_font_draws_a_letter(caplog: pytest.LogCaptureFixture) -> None:
    draw("花子")
    assert boxes(caplog.records) == 0
    draw("花子\U0001fff0")
    assert boxes(caplog.records) == 1


def places(page: str) -> list[tuple[float, ...]]:
    """Where the words stand: left, top, right, bottom in points."""
    word = r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"'
    found = [tuple(float(number) for number in place) for place in re.findall(word, page)]
    assert found
    return found


def test_everything_as_long_as_it_may_be_stays_readable(tmp_path: Path) -> None:
    pdf = draw(
        "髙" * 100,
        address=("東京都" + "見" * 297, "番" * 300),
        replaces="R2026-000000",
        check_url="https://kikin.chiiki.city.example.lg.jp/v/R2026-000001",
    )
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1
    text = folded(printed(pdf, tmp_path))
    for part in ("髙" * 100, "見" * 297, "番" * 300, "15,000", "見本区長"):
        assert part in text
    for left, _, right, bottom in places(printed(pdf, tmp_path, "-bbox")):
        assert left >= 0
        assert right <= RIGHT_EDGE + 1
        assert bottom <= BOTTOM_EDGE + 1


def glyphs(pdf: bytes) -> set[str]:
    page = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]
    fonts = page["/Resources"]["/Font"].values()
    return {str(font.get_object()["/BaseFont"]).partition("+")[2] for font in fonts}


def test_a_variant_is_drawn_by_the_font_that_has_it(tmp_path: Path) -> None:
    plain, common, register = ("葛 一", "葛\U000e0100 一", "葛\U000e0102 一")
    assert glyphs(draw(plain)) == glyphs(draw(common)) == {"IPAexGothic"}
    drawn = draw(register)
    assert glyphs(drawn) == {"IPAexGothic", "IPAmjMincho"}
    # The selector is in the text layer only where a glyph of its own was drawn.
    assert register.partition(" ")[0] in printed(drawn, tmp_path)


def test_a_variant_that_no_font_has_is_the_plain_kanji() -> None:
    assert written("葛\U000e01ef") == "葛\U000e01ef"
    assert "一" in written("一\ufe0f")


def test_what_is_marked_is_escaped() -> None:
    assert written("<葛\U000e0102>&") == ('&lt;<span class="variant">葛\U000e0102</span>&gt;&amp;')
