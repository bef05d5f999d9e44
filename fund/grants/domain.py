"""Rules of an award's life: who may do what after whom, and within which amounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fund.kernel.errors import Forbidden, Invalid
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.kernel.transitions import Transitions
from fund.ledger.reasons import Shrunk

APPLICATION = Transitions.table(
    "申請",
    {
        "submitted": {"recommended", "not_recommended"},
        "recommended": {"decided", "refused"},
        "not_recommended": {"decided", "refused"},
    },
)
AWARD = Transitions.table(
    "助成",
    {
        "decided": {"disbursed", "cancelled"},
        # A later run may add money to an award whose first part is paid already.
        "disbursed": {"decided", "settled"},
    },
)
CLOSED = frozenset({"settled", "cancelled"})
"""States of an award that no money comes to any more."""
CHANGE = Transitions.table("助成の変更", {"proposed": {"decided", "sent_back"}})
DISBURSEMENT = Transitions.table("交付", {"requested": {"paid", "sent_back"}})

MAX_DECISION = 60
MAX_TITLE = 200
MAX_TEXT = 4_000
TOP_SCORE = 100
_APPLICATION_NO = re.compile(r"AP[0-9]{4}-[0-9]{4,9}")
_AWARD_NO = re.compile(r"A[0-9]{4}-[0-9]{4,9}")
_DISBURSEMENT_NO = re.compile(r"A[0-9]{4}-[0-9]{4,9}-[0-9]{1,6}")


def application_no(year: int, serial: int) -> str:
    """The number of an application: ``AP2026-0001`` (the fiscal year of its project)."""
    return f"AP{year}-{serial:04d}"


def disbursement_no(award_no: str, serial: int) -> str:
    """The number of an award's instalment: ``A2026-0007-1``."""
    return f"{award_no}-{serial}"


def change_no(award_no: str, serial: int) -> str:
    """The number of an award's change: ``A2026-0007-C1``."""
    return f"{award_no}-C{serial}"


def is_application_no(text: str) -> bool:
    """Whether a text has the form of an application's number."""
    return _APPLICATION_NO.fullmatch(text) is not None


def is_award_no(text: str) -> bool:
    """Whether a text has the form of an award's number."""
    return _AWARD_NO.fullmatch(text) is not None


def is_disbursement_no(text: str) -> bool:
    """Whether a text has the form of an instalment's number."""
    return _DISBURSEMENT_NO.fullmatch(text) is not None


@dataclass(frozen=True)
class Claim:
    """What a group applies for: a project of one fiscal year and the yen it asks."""

    group_no: str
    programme_code: str
    theme_code: str | None
    fy: int
    title: str
    summary: str
    fields: tuple[str, ...]
    requested_yen: Yen


@dataclass(frozen=True)
class Opinion:
    """The council's recommendation: yes with yen, or no with zero yen."""

    recommended: bool
    yen: Yen
    score: int
    comment: str


@dataclass(frozen=True)
class Verdict:
    """The decision: accepted with yen, or refused; ``reason`` explains what differs.

    ``min_yen`` is the least with which the project can still be done (0: any amount helps),
    ``tier`` 1 is paid before tier 2.
    """

    accepted: bool
    yen: Yen
    min_yen: Yen
    tier: int
    reason: str


def check_apart(actor: int | None, earlier: Mapping[str, int | None], act: str) -> None:
    """Let a person act only if none of the earlier acts was theirs.

    ``earlier`` maps what was done before (in words) to the person who did it.

    Raises:
        Forbidden: naming what this person did before, or when no person acts.
    """
    if actor is None:
        raise Forbidden(filled("%(act)sには職員のサインインが必要です", act=act))
    for done, person in earlier.items():
        if person == actor:
            raise Forbidden(
                filled(
                    "%(done)sした人は%(act)sができません。別の人が行います（複数の目で確かめるため）",
                    done=done,
                    act=act,
                )
            )


def check_opinion(opinion: Opinion, requested: Yen, cap: Yen | None) -> None:
    """Whether a recommendation can stand beside its application.

    Raises:
        Invalid: naming each field that cannot be.
    """
    wrong: dict[str, str] = {}
    if opinion.recommended and not 0 < opinion.yen <= requested:
        wrong["yen"] = filled(
            "1円から申請額（%(most)s）までで入力してください", most=Yen(requested)
        )
    elif opinion.recommended and cap is not None and opinion.yen > cap:
        wrong["yen"] = filled("この助成の上限は%(cap)sです", cap=Yen(cap))
    if not opinion.recommended and opinion.yen != 0:
        wrong["yen"] = "推薦しないときは、金額を空にしてください"
    if not 0 <= opinion.score <= TOP_SCORE:
        wrong["score"] = filled("0から%(top)sまでの整数で入力してください", top=TOP_SCORE)
    check_text(wrong, "comment", opinion.comment, "推薦する、しない理由を書いてください")
    raise_wrong(wrong)


def deviates(verdict: Verdict, opinion: Opinion) -> bool:
    """Whether the decision differs from the recommendation in its sense or its yen."""
    if not verdict.accepted:
        return opinion.recommended
    return not opinion.recommended or verdict.yen != opinion.yen


def check_verdict(verdict: Verdict, opinion: Opinion, requested: Yen, cap: Yen | None) -> None:
    """Whether a decision can stand: within the request, and with a reason where it differs.

    Raises:
        Invalid: naming each field that cannot be.
    """
    wrong: dict[str, str] = {}
    if verdict.accepted:
        if not 0 < verdict.yen <= requested:
            wrong["yen"] = filled(
                "1円から申請額（%(most)s）までで入力してください", most=Yen(requested)
            )
        elif cap is not None and verdict.yen > cap:
            wrong["yen"] = filled("この助成の上限は%(cap)sです", cap=Yen(cap))
        if not 0 <= verdict.min_yen <= max(verdict.yen, 0):
            wrong["min_yen"] = "0円から決定額までで入力してください"
        if verdict.tier not in {1, 2, 3}:
            wrong["tier"] = "1から3までで選んでください"
    if (not verdict.accepted or deviates(verdict, opinion)) and not verdict.reason.strip():
        wrong["reason"] = "推薦とちがう決定、不採択のときは、公開できる理由を書いてください"
    if len(verdict.reason) > MAX_TEXT:
        wrong["reason"] = filled("%(longest)s文字までで入力してください", longest=MAX_TEXT)
    raise_wrong(wrong)


def check_settlement(disbursed: Yen, spent: Yen, returned: Yen, report: str) -> None:
    """Whether spent and returned yen explain all that was paid.

    Raises:
        Invalid: naming each field that cannot be.
    """
    wrong: dict[str, str] = {}
    if spent < 0:
        wrong["spent"] = "0円以上で入力してください"
    if returned < 0:
        wrong["returned"] = "0円以上で入力してください"
    if not wrong and spent + returned != disbursed:
        wrong["spent"] = filled(
            "使った額と返す額の合計を、渡した額（%(paid)s）に合わせてください", paid=Yen(disbursed)
        )
    check_text(wrong, "report", report, "何に使い、何ができたかを書いてください")
    raise_wrong(wrong)


@dataclass(frozen=True)
class Change:
    """A change of an award: ``reduced`` to ``yen_after``, or ``cancelled`` (zero yen after).

    ``reason`` is a code of ``ledger.reasons.Shrunk``; ``explanation`` is published beside it.
    """

    kind: str
    yen_after: Yen
    reason: str
    explanation: str


def check_change(change: Change, ceiling: Yen, bound: Yen) -> None:
    """Whether a change can stand: below the ceiling, not below what is paid or asked for.

    ``bound`` are the yen paid to the group or asked for; they are not taken back by a change.

    Raises:
        Invalid: naming each field that cannot be.
    """
    wrong: dict[str, str] = {}
    if change.kind not in {"reduced", "cancelled"}:
        wrong["kind"] = "減額か取り消しかを選んでください"
    if change.kind == "cancelled" and bound:
        wrong["kind"] = (
            "すでに渡した額か請求中の額があるため、取り消せません。"
            "その額まで減額し、使わなかったお金は精算で返してもらってください"
        )
    if change.kind == "reduced" and not max(bound, 1) <= change.yen_after < ceiling:
        wrong["yen"] = filled(
            "%(least)sから%(most)sまでで入力してください",
            least=Yen(max(bound, 1)),
            most=ceiling - 1,
        )
    if change.reason not in set(Shrunk):
        wrong["reason"] = "理由を選んでください"
    check_text(wrong, "explanation", change.explanation, "公開できる説明を書いてください", 1_000)
    raise_wrong(wrong)


def check_text(
    wrong: dict[str, str], name: str, text: str, absent: str, longest: int = MAX_TEXT
) -> None:
    """Note in ``wrong`` when a text is missing or too long."""
    if not text.strip():
        wrong[name] = absent
    elif len(text) > longest:
        wrong[name] = filled("%(longest)s文字までで入力してください", longest=longest)


def raise_wrong(wrong: Mapping[str, str]) -> None:
    """Refuse if anything was noted.

    Raises:
        Invalid: with every field and what to do about it.
    """
    if wrong:
        raise Invalid("入力内容を確認してください", wrong)
