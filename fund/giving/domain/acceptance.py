"""Acceptance (採納): the legal checklist of a batch, and who may decide it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fund.kernel.errors import Forbidden, Invalid
from fund.kernel.sentences import filled

CHECKLIST_VERSION = "2026-11"


@dataclass(frozen=True)
class CheckItem:
    """One ground of refusal, put as a question that must be answered with yes."""

    code: str
    ja: str
    en: str


CHECKLIST: tuple[CheckItem, ...] = (
    CheckItem(
        "public-order",
        "公序良俗に反する寄附ではない",
        "Not against public order or morals",
    ),
    CheckItem(
        "neutrality",
        "行政の中立性・公正をさまたげる寄附ではない（見返りや条件が付いていない）",
        "Does not impair the neutrality of the administration (no favour, no condition)",
    ),
    CheckItem(
        "religion-politics",
        "宗教活動・政治活動を目的とする寄附ではない",
        "Not meant for religious or political activity",
    ),
    CheckItem(
        "dispute",
        "係争中の案件や、争い・苦情の原因となるおそれのある寄附ではない",
        "Not connected with a pending dispute and not likely to cause one",
    ),
    CheckItem(
        "election-act",
        "公職選挙法第199条の2から第199条の4に触れる寄附ではない",
        "Not a donation restricted by articles 199-2 to 199-4 of the Public Offices Election Act",
    ),
    CheckItem(
        "antisocial-forces",
        "反社会的勢力による寄附ではない",
        "Not from an antisocial force",
    ),
)
"""The grounds found in municipal rules; all are confirmed for every batch."""

CODES = frozenset(item.code for item in CHECKLIST)
MAX_NOTE = 2000


def check_complete(ticked: Collection[str]) -> list[str]:
    """The ticked items in the checklist's order.

    Raises:
        Invalid: naming what is not ticked, or for an item that does not exist.
    """
    if unknown := set(ticked) - CODES:
        raise Invalid(filled("確認事項にない項目です: %(items)s", items=", ".join(sorted(unknown))))
    if missing := [item.ja for item in CHECKLIST if item.code not in ticked]:
        message = filled("すべての項目を確認してください（残り%(count)s件）", count=len(missing))
        raise Invalid(message, {"checklist": message})
    return [item.code for item in CHECKLIST]


def check_note(text: str) -> str:
    """A note of a proposer or decider, trimmed.

    Raises:
        Invalid: if it is longer than ``MAX_NOTE`` characters.
    """
    note = text.replace("\r\n", "\n").strip()
    if len(note) > MAX_NOTE:
        message = filled("%(longest)s文字までで入力してください", longest=MAX_NOTE)
        raise Invalid("メモが長すぎます", {"note": message})
    return note


def check_other_person(proposed_by: int, decided_by: int | None) -> int:
    """The decider's id, if it is not the proposer's.

    Raises:
        Forbidden: in words that say who can decide instead.
    """
    if decided_by is None:
        raise Forbidden("採納の決定は、サインインした職員だけが行えます")
    if decided_by == proposed_by:
        raise Forbidden("起案した人は決定できません。ほかの職員が決定してください")
    return decided_by


def batch_no(year: int, serial: int) -> str:
    """The public number of an acceptance batch: ``B2026-003`` (fiscal year of the proposal)."""
    return f"B{year}-{serial:03d}"
