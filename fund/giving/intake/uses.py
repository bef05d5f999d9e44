"""Naming a use the way people write it on paper and in files: by code, number or name."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import Connection

from fund.giving.domain import Wish
from fund.giving.domain.shares import FALLBACKS
from fund.kernel.japanese import narrow
from fund.registry import queries as registry
from fund.registry.queries import Group

NOWHERE_SAID = frozenset({"", "-", "なし", "無し", "記入なし", "未記入", "未指定", "指定なし"})
ANYWHERE_SAID = frozenset(
    {"おまかせ", "お任せ", "基金全体", "全体", "市長におまかせ", "区長におまかせ", "anywhere"}
)
_FALLBACKS = {
    "field": "field",
    "分野": "field",
    "同じ分野": "field",
    "団体と同じ分野で使う": "field",
    "同じ分野の次の機会まで待つ": "field",
    "anywhere": "anywhere",
    "おまかせ": "anywhere",
    "基金全体": "anywhere",
    "基金全体で使う": "anywhere",
}
_LABELS = ("分野", "団体", "テーマ", "field", "group", "theme", "programme")


def _key(text: str) -> str:
    return "".join(narrow(text).split()).casefold()


@dataclass
class Uses:
    """Every use that is open on a day, by all its names; asked once for a whole batch or file.

    ``fallbacks`` is the manual's order of what happens to a wish that cannot be met.
    """

    names: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    group_fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fallbacks: tuple[str, ...] = FALLBACKS

    def add(self, kind: str, target: str, *called: str) -> None:
        """Let a use be called by these names, alone or behind its label."""
        for name in filter(None, called):
            self.names.setdefault(_key(name), set()).add((kind, target))

    def read(self, text: str, fallback: str = "") -> tuple[Wish, bool]:
        """The wish and whether anything was said at all.

        Raises:
            ValueError: for a use that is unknown, closed or ambiguous; the message may be shown.
        """
        plain = _key(text)
        if plain in NOWHERE_SAID:
            return Wish(), False
        if plain in ANYWHERE_SAID or plain.startswith("おまかせ"):
            return Wish(), True
        label, mark, rest = plain.partition(":")
        found = self.names.get(rest if mark and label in _LABELS else plain, set())
        if not found:
            raise ValueError(
                "この使いみちは、いま受け付けていません。番号か正しい名前を書いてください"
            )
        if len(found) > 1:
            raise ValueError("同じ名前の使いみちが複数あります。番号か記号で書いてください")
        kind, target = next(iter(found))
        return Wish(kind, target, self._fallback(kind, target, fallback)), True

    def _fallback(self, kind: str, target: str, said: str) -> str:
        allowed = ["anywhere"] if kind == "theme" else list(self.fallbacks)
        if kind == "group" and not self.group_fields.get(target):
            allowed = ["anywhere"]
        if not _key(said):
            return allowed[0]
        chosen = _FALLBACKS.get(_key(said))
        if chosen is None or chosen not in {*allowed, "anywhere"}:
            raise ValueError(
                "希望どおりに使えないときの使いみちを「同じ分野」か「おまかせ」で書いてください"
            )
        return chosen


def open_uses(connection: Connection, day: dt.date, fallbacks: str) -> Uses:
    """The uses that take gifts on ``day``; ``fallbacks`` as the manual writes their order."""
    order = tuple(part.strip() for part in fallbacks.split(",") if part.strip() in FALLBACKS)
    uses = Uses(fallbacks=order or FALLBACKS)
    for one in registry.fields(connection):
        if one.open:
            uses.add("field", one.code, one.code, one.name_ja, one.name_en)
    for theme in registry.themes(connection, day):
        uses.add("theme", theme.code, theme.code, theme.name_ja, theme.name_en)
    for group in _registered(connection):
        uses.add("group", group.no, group.no, group.name, group.name_en)
        uses.group_fields[group.no] = tuple(group.fields)
    return uses


def _registered(connection: Connection) -> list[Group]:
    found: list[Group] = []
    after = None
    while page := registry.search_groups(
        connection, q=None, field=None, state="registered", limit=500, after=after
    ):
        found += page
        after = page[-1].no
        if len(page) < 500:
            break
    return found
