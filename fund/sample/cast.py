"""Who appears in the sample books: staff with known sign-ins, sample groups, made-up donors."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "mieru-demo-password"  # noqa: S105 - printed at every start of a demo


@dataclass(frozen=True)
class User:
    """A sample sign-in."""

    email: str
    name: str
    role: str


USERS = (
    User("admin@example.jp", "見本 管理", "admin"),
    User("officer@example.jp", "見本 職員", "officer"),
    User("officer2@example.jp", "見本 職員二", "officer"),
    User("reviewer@example.jp", "見本 審査", "reviewer"),
    User("council@example.jp", "見本 会議委員", "council"),
    User("decider@example.jp", "見本 決裁", "decider"),
    User("treasurer@example.jp", "見本 出納", "treasurer"),
    User("auditor@example.jp", "見本 監査", "auditor"),
    User("group@example.jp", "見本 団体", "group"),
)


@dataclass(frozen=True)
class SampleGroup:
    """A made-up civic group, labelled 見本 in its name."""

    name: str
    kana: str
    name_en: str
    fields: tuple[str, ...]
    purpose_ja: str
    purpose_en: str
    project: str
    summary: str


GROUPS = (
    SampleGroup(
        "見本・水辺の会",
        "ミホン・ミズベノカイ",
        "Sample Waterside Club",
        ("environment", "children"),
        "川の生きものと水辺の自然を、こどもと一緒に観察しています。",
        "Watches river life together with children.",
        "こども水辺観察会",
        "こどもと保護者が参加する観察会を、年6回ひらきます。",
    ),
    SampleGroup(
        "見本・こども食堂ひろば",
        "ミホン・コドモショクドウヒロバ",
        "Sample Children's Kitchen",
        ("children", "welfare"),
        "だれでも来られる食堂を、月2回ひらいています。",
        "Runs an open kitchen for children twice a month.",
        "こども食堂の新しい調理台",
        "古くなった調理台を替え、食堂を続けます。",
    ),
    SampleGroup(
        "見本・見守りネット",
        "ミホン・ミマモリネット",
        "Sample Neighbourhood Watch",
        ("welfare", "safety"),
        "ひとり暮らしの高齢者を、地域で見守っています。",
        "Looks after older people who live alone.",
        "見守りボランティア講座",
        "見守りの担い手を育てる講座を、4回ひらきます。",
    ),
    SampleGroup(
        "見本・まち歩き案内人",
        "ミホン・マチアルキアンナイニン",
        "Sample Town Walks",
        ("culture-sport", "community"),
        "まちの歴史をたずねる散歩を案内しています。",
        "Guides walks through local history.",
        "多言語のまち歩き地図",
        "4つの言葉で読める、まち歩きの地図を作ります。",
    ),
    SampleGroup(
        "見本・防災まなび隊",
        "ミホン・ボウサイマナビタイ",
        "Sample Disaster Learners",
        ("safety", "learning"),
        "学校や町会で、防災の体験教室をひらいています。",
        "Holds disaster-readiness classes in schools.",
        "夜の避難所たいけん",
        "家族で泊まる避難所の体験会をひらきます。",
    ),
    SampleGroup(
        "見本・花とみどりの広場",
        "ミホン・ハナトミドリノヒロバ",
        "Sample Flowers and Green",
        ("environment", "community"),
        "空き地を花だんにして、世代をこえて育てています。",
        "Turns empty lots into shared gardens.",
        "駅前みんなの花だん",
        "駅前の空き地に、だれでも世話できる花だんを作ります。",
    ),
)

FAMILY_NAMES = ("見本", "佐藤", "鈴木", "髙橋", "田中", "伊藤", "渡邉", "山本", "中村", "小林")
GIVEN_NAMES = ("花子", "太郎", "さくら", "一郎", "みどり", "健", "由美", "誠", "あおい", "直樹")
FAMILY_KANA = (
    "ミホン",
    "サトウ",
    "スズキ",
    "タカハシ",
    "タナカ",
    "イトウ",
    "ワタナベ",
    "ヤマモト",
    "ナカムラ",
    "コバヤシ",
)
GIVEN_KANA = (
    "ハナコ",
    "タロウ",
    "サクラ",
    "イチロウ",
    "ミドリ",
    "ケン",
    "ユミ",
    "マコト",
    "アオイ",
    "ナオキ",
)
