"""The columns of a gift file: what they are called, in which order a template shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fund.kernel.japanese import narrow


@dataclass(frozen=True)
class FileColumn:
    """One column: its field, its Japanese and English titles, other names, and how to fill it."""

    name: str
    title: str
    english: str
    about: str
    about_en: str
    example: str
    called: tuple[str, ...] = ()
    needed: bool = False


COLUMNS: tuple[FileColumn, ...] = (
    FileColumn(
        "order_no",
        "注文番号",
        "order_no",
        "ポータルや表での、その寄附の番号。同じ番号は二度取り込まれません。",
        "The portal's own number of the gift; the same number is never imported twice.",
        "A-0001",
        (
            "受付番号",
            "申込番号",
            "寄附管理番号",
            "管理番号",
            "受注番号",
            "寄付番号",
            "order number",
        ),
    ),
    FileColumn(
        "received_on",
        "受領日",
        "received_on",
        "お金を受け取った日（税の日付）。西暦でも和暦でもかまいません。",
        "The day the money was received (tax date), western or Japanese era.",
        "2026-04-01",
        (
            "入金日",
            "決済日",
            "寄附日",
            "寄付日",
            "収納日",
            "領収日",
            "受領年月日",
            "入金年月日",
            "寄附年月日",
            "date",
            "received on",
        ),
        needed=True,
    ),
    FileColumn(
        "amount",
        "寄附金額",
        "amount",
        "円。全角、コンマ、1万5千円も読めます。",
        "Yen; full width, commas and 1万5千円 are read.",
        "10000",
        ("金額", "寄付金額", "寄附額", "寄付額", "決済金額", "金額(円)", "yen", "amount (yen)"),
        needed=True,
    ),
    FileColumn(
        "kind",
        "区分",
        "kind",
        "個人・法人・匿名。空なら個人。",
        "individual, organisation or anonymous; empty is individual.",
        "個人",
        ("個人・法人", "個人法人区分", "寄附者区分", "寄付者区分", "donor_kind"),
    ),
    FileColumn(
        "name",
        "氏名",
        "name",
        "分けずに書くお名前。書いたままの文字で残ります。",
        "The name in one cell, kept exactly as written.",
        "見本 花子",
        (
            "お名前",
            "名前",
            "寄附者名",
            "寄付者名",
            "寄附者氏名",
            "寄付者氏名",
            "氏名・名称",
            "full name",
        ),
    ),
    FileColumn(
        "family_name",
        "姓",
        "family_name",
        "分けて書くとき。",
        "If written in two cells.",
        "",
        ("氏", "苗字", "名字", "姓(漢字)", "last_name", "surname"),
    ),
    FileColumn(
        "given_name",
        "名",
        "given_name",
        "分けて書くとき。",
        "If written in two cells.",
        "",
        ("名(漢字)", "first_name"),
    ),
    FileColumn(
        "organisation",
        "法人名",
        "organisation",
        "法人・団体の名前。",
        "Name of a company or group.",
        "",
        ("団体名", "会社名", "法人・団体名", "organization", "company"),
    ),
    FileColumn(
        "contact_person",
        "担当者",
        "contact_person",
        "法人・団体の担当の方。",
        "Contact person of an organisation.",
        "",
        ("担当者名", "ご担当者"),
    ),
    FileColumn(
        "kana",
        "フリガナ",
        "kana",
        "カタカナかひらがな。半角でもかまいません。",
        "Katakana or hiragana, any width.",
        "ミホン ハナコ",
        ("ふりがな", "カナ", "氏名カナ", "氏名(カナ)", "氏名フリガナ", "氏名(フリガナ)"),
    ),
    FileColumn(
        "family_kana",
        "セイ",
        "family_kana",
        "分けて書くとき。",
        "If written in two cells.",
        "",
        ("姓カナ", "姓(カナ)", "姓フリガナ"),
    ),
    FileColumn(
        "given_kana",
        "メイ",
        "given_kana",
        "分けて書くとき。",
        "If written in two cells.",
        "",
        ("名カナ", "名(カナ)", "名フリガナ"),
    ),
    FileColumn(
        "postal_code",
        "郵便番号",
        "postal_code",
        "7けた。〒や-があっても読みます。",
        "Seven digits.",
        "144-8621",
        ("〒", "postcode", "zip", "zip_code"),
    ),
    FileColumn(
        "prefecture",
        "都道府県",
        "prefecture",
        "分けて書くとき。住所の前につなげます。",
        "If written apart; joined before the address.",
        "",
    ),
    FileColumn(
        "city",
        "市区町村",
        "city",
        "分けて書くとき。住所の前につなげます。",
        "If written apart; joined before the address.",
        "",
        ("市町村", "市区郡"),
    ),
    FileColumn(
        "address1",
        "住所",
        "address",
        "建物の前まで。",
        "Up to the building.",
        "東京都見本区中央一丁目1番1号",
        ("住所1", "ご住所", "番地", "町名・番地", "町域・番地", "address1", "street"),
    ),
    FileColumn(
        "address2",
        "建物名",
        "address2",
        "建物と部屋。",
        "Building and room.",
        "",
        ("住所2", "建物", "アパート・マンション名", "building"),
    ),
    FileColumn("country", "国", "country", "日本なら空のまま。", "Empty for Japan.", "", ("国名",)),
    FileColumn("phone", "電話番号", "phone", "", "", "03-0000-0000", ("電話", "tel", "telephone")),
    FileColumn(
        "email",
        "メールアドレス",
        "email",
        "使いみちを選んでもらうお知らせを送ります。",
        "Where the link to choose the use is sent.",
        "mihon@example.jp",
        ("メール", "eメール", "e-mail", "mail"),
    ),
    FileColumn(
        "wish",
        "使いみち",
        "wish",
        "おまかせ・分野・団体の番号か名前・テーマ。空なら、あとで選んでもらいます。",
        "Anywhere, a field, a group or a theme; empty: the donor chooses later.",
        "おまかせ",
        (
            "使途",
            "使い道",
            "寄附の使途",
            "寄付の使途",
            "活用先",
            "寄附金の使い道",
            "寄附金の使途",
            "use",
        ),
    ),
    FileColumn(
        "fallback",
        "希望どおりに使えないとき",
        "fallback",
        "「同じ分野」か「おまかせ」。空なら手引きの順です。",
        "'field' or 'anywhere'; empty follows the manual.",
        "",
    ),
    FileColumn(
        "display_name",
        "公表する名前",
        "display_name",
        "公表しないときは空のまま。",
        "Empty unless the donor publishes a name.",
        "",
        ("公表名",),
    ),
    FileColumn(
        "method",
        "支払い方法",
        "method",
        "空ならポータル。窓口・納付書・募金箱・銀行振込も可。",
        "Empty is portal; counter, slip, box and bank may be written.",
        "ポータル",
        ("決済方法", "支払方法", "入金方法"),
    ),
    FileColumn(
        "source",
        "ポータル名",
        "source",
        "番号を出したところの名前。",
        "Who gave the number.",
        "見本ポータル",
        ("ポータル", "サイト名", "申込サイト", "申込経路", "portal"),
    ),
    FileColumn(
        "receipt",
        "領収書",
        "receipt",
        "郵送・リンク・不要。空なら郵送。",
        "post, link or none; empty is post.",
        "",
        ("受領証明書", "領収書の受け取り方", "受領証明書の送付"),
    ),
    FileColumn(
        "one_stop",
        "ワンストップ特例",
        "one_stop",
        "「希望する」なら申請書を送ります。個人番号の列は入れないでください。",
        "'yes' sends the form. Never a column with My Numbers.",
        "",
        (
            "ワンストップ特例申請",
            "ワンストップ特例申請書の要望",
            "ワンストップ特例申請の希望",
            "特例申請",
            "申告特例申請書",
        ),
    ),
    FileColumn("locale", "言語", "locale", "ja か en。", "ja or en.", "", ("language",)),
    FileColumn("note", "備考", "note", "", "", "", ("メモ", "memo", "remarks")),
)
BY_NAME = {column.name: column for column in COLUMNS}


def _key(title: str) -> str:
    return "".join(narrow(title).split()).casefold().replace("_", "").replace("-", "")


_KNOWN = {
    _key(called): column.name
    for column in COLUMNS
    for called in (column.name, column.title, column.english, *column.called)
}


_MY_NUMBER = frozenset(
    _key(title)
    for title in ("個人番号", "マイナンバー", "個人番号(マイナンバー)", "my number", "myna number")
)


def is_my_number(title: str) -> bool:
    """Whether a column holds My Numbers by its title; such a file is not taken."""
    return _key(title) in _MY_NUMBER


@dataclass(frozen=True)
class Header:
    """Which field stands in which column, and the titles that mean nothing to us."""

    places: dict[str, int]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    repeated: tuple[str, ...]


def read_header(titles: Sequence[str]) -> Header:
    """The columns of a first row, in any order and either language."""
    places: dict[str, int] = {}
    unknown, repeated = [], []
    for at, title in enumerate(titles):
        name = _KNOWN.get(_key(title)) if title.strip() else None
        if name is None:
            if title.strip():
                unknown.append(title.strip()[:60])
        elif name in places:
            repeated.append(title.strip()[:60])
        else:
            places[name] = at
    missing = tuple(c.title for c in COLUMNS if c.needed and c.name not in places)
    return Header(places, tuple(unknown), missing, tuple(repeated))


def title_of(name: str, locale: str = "ja") -> str:
    """A field's title in a report."""
    column = BY_NAME.get(name)
    if column is None:
        return name
    return column.english if locale == "en" else column.title
