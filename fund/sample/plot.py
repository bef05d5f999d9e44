"""The story of the sample books: about three fiscal years, played through the real commands.

Only the clock is turned back: every gift, acceptance, decision, run and payment goes the way
it would go in service, with the same checks and different people for each act.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fund.allocation import commands as allocation
from fund.allocation import queries as runs
from fund.giving.commands import decide_acceptance, propose_acceptance
from fund.giving.domain.acceptance import CODES
from fund.grants import commands as grants
from fund.grants import queries as grant_queries
from fund.grants.domain import Claim, Opinion, Verdict
from fund.grants.store import PastAward
from fund.identity import queries as identity
from fund.identity.commands import add_user
from fund.kernel.actor import Actor, system
from fund.kernel.calendar import day_in_japan, fiscal_year, fiscal_year_bounds
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.ledger import accounts, facts, journal
from fund.ledger import queries as ledger
from fund.ledger.reasons import Undone
from fund.manual.commands import publish_edition, published_documents
from fund.platform.house import House
from fund.publication.closing.commands import decide_closing, propose_closing
from fund.publication.commands import append_pending
from fund.registry import commands as registry
from fund.registry import queries as register
from fund.registry.domain import programme_code
from fund.sample import cast
from fund.sample.bank import bank_statements
from fund.sample.donations import Targets, at_noon, give
from fund.sample.one_stop import leave_applications
from fund.sample.unfinished import leave_draft

DEFAULT_GIFTS = 180
OPENING = Yen(600_000)
FIRST_FY = 2024
DATA = Path(__file__).resolve().parent / "data"
LINE = "sample"
MISTAKEN = 10
"""The month in which the counter's cash is booked with a wrong amount, and put right."""
ASKED = (240_000, 180_000, 320_000, 150_000, 210_000, 120_000)


def is_planted(house: House) -> bool:
    """Whether this database has its people already."""
    with house.database.reading() as connection:
        return bool(identity.people(connection))


@dataclass
class Story:
    """What the plot needs to remember while it is played."""

    house: House
    dice: random.Random
    actors: dict[str, Actor]
    first: dt.date
    """The day on which the books begin."""
    targets: Targets = field(default_factory=lambda: Targets((), (), ()))
    waiting: list[str] = field(default_factory=list)

    def who(self, name: str) -> Actor:
        """The sample person whose e-mail begins with ``name``."""
        return self.actors[name]


def plant(house: House, *, now: dt.datetime, gifts: int = DEFAULT_GIFTS, seed: int = 1) -> None:
    """Play the story up to the last noon (Japan) before ``now`` in an empty database.

    Everybody in it acts at noon, so that nothing stands in the books before it happened.

    Raises:
        Conflict: when there are people in the database already.
    """
    if is_planted(house):
        raise Conflict("this database is not empty")
    today = day_in_japan(now - dt.timedelta(hours=12))
    first = fiscal_year_bounds(max(FIRST_FY, fiscal_year(today) - 2))[0]
    story = Story(house, random.Random(seed), {}, first)  # noqa: S311 - sample data, not secrets
    _open(story, first)
    months = list(_months(first, today))
    for number, month in enumerate(months):
        count = gifts * (number + 1) // len(months) - gifts * number // len(months)
        _play_month(story, month, today, count)
    leave_draft(house, people=story.actors, groups=tuple(story.targets.groups), today=today)
    _leave_work(story, today)
    leave_applications(house, by=story.who("officer"), today=today)
    bank_statements(house, by=story.who("treasurer"), now=at_noon(today))
    _publish(story, today)
    with house.transaction(by=system(LINE), now=at_noon(today)) as tx:
        tx.enqueue("payments.reconcile_all", once="payments.reconcile_all")


def _open(story: Story, first: dt.date) -> None:
    house, start = story.house, at_noon(first)
    for user in cast.USERS:
        add_user(
            house,
            by=system(LINE),
            now=start,
            email=user.email,
            name=user.name,
            password=cast.PASSWORD,
            roles=frozenset({user.role}),
        )
    with house.database.reading() as connection:
        story.actors = {
            found.email.split("@")[0]: found.actor() for found in identity.people(connection)
        }
    _publish_editions(story, first, first)
    registry.load_catalogue(house, by=system(LINE), now=start)
    _import_history(story, start)
    numbers = tuple(_register(story, first, group) for group in cast.GROUPS)
    with house.database.reading() as connection:
        story.targets = Targets(
            numbers,
            tuple(item.code for item in register.fields(connection)),
            tuple(item.code for item in register.themes(connection, first)),
        )
    with house.transaction(by=system(LINE), now=start) as tx:
        detail = {"note": "見本"}
        journal.record(tx, facts.opening_balance(f"OPENING-{first.year}", OPENING, first, detail))


def _publish_editions(story: Story, day: dt.date, horizon: dt.date) -> None:
    """Publish what comes into force by ``horizon``; publishing again changes nothing."""
    for document in published_documents():
        if dt.date.fromisoformat(str(document["effective_on"])) <= horizon:
            publish_edition(story.house, by=system(LINE), now=at_noon(day), document=document)


def _register(story: Story, first: dt.date, group: cast.SampleGroup) -> str:
    return registry.register_group(
        story.house,
        by=story.who("officer"),
        now=at_noon(first),
        name=group.name,
        kana=group.kana,
        name_en=group.name_en,
        kind="区民活動団体",
        purpose_ja=group.purpose_ja,
        purpose_en=group.purpose_en,
        fields=group.fields,
        registered_on=first,
        registered_until=fiscal_year_bounds(first.year + 3)[1],
        sample=True,
    )


def _import_history(story: Story, now: dt.datetime) -> None:
    """The published grant results: groups and awards as facts with their source, no money."""
    with (DATA / "ota_grants.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by = story.who("officer")
    numbers = registry.import_groups(story.house, by=by, now=now, rows=rows)
    past = [
        PastAward(
            fy=int(row["fiscal_year"]),
            programme_code=programme_code(row["programme"]),
            group_no=numbers[row["group_name"]],
            theme_code=None,
            title=row["project_name"],
            summary="",
            fields=(),
            yen=Yen(row["amount_yen"]) if row["amount_yen"] else None,
            source_url=row["source_url"],
        )
        for row in rows
    ]
    grants.import_historical(story.house, by=by, now=now, rows=past)


def _months(first: dt.date, today: dt.date) -> Iterator[dt.date]:
    month = first
    while month <= today:
        yield month
        month = (month.replace(day=28) + dt.timedelta(days=7)).replace(day=1)


def _play_month(story: Story, month: dt.date, today: dt.date, gifts: int) -> None:
    """Gifts spread over the month, acceptance on the 26th, the counter's cash to the bank."""
    _publish_editions(story, month, month + dt.timedelta(days=31))
    days = sorted(story.dice.randrange(1, 26) for _ in range(gifts))
    for number in days:
        day = month.replace(day=number)
        if day <= today:
            gift = give(
                story.house,
                by=story.who("officer"),
                day=day,
                dice=story.dice,
                targets=story.targets,
            )
            story.waiting.append(gift)
    settled = month.replace(day=26)
    if settled > today:
        return
    _accept(story, settled)
    _bank_counter_cash(story, settled)
    if month.month == 6:
        _close_year(story, fiscal_year(month) - 1, settled)
    if month + dt.timedelta(days=30) <= today:
        _play_year(story, month)
    _publish(story, settled)


def _publish(story: Story, day: dt.date) -> None:
    while append_pending(story.house, by=system(LINE), now=at_noon(day)):
        pass


def _accept(story: Story, day: dt.date) -> None:
    if not story.waiting:
        return
    batch = propose_acceptance(
        story.house,
        by=story.who("officer"),
        now=at_noon(day),
        gift_nos=story.waiting,
        checklist=CODES,
        note="見本",
    )
    decide_acceptance(
        story.house,
        by=story.who("decider"),
        now=at_noon(day),
        batch_no=batch,
        accept=True,
    )
    story.waiting = []


def _bank_counter_cash(story: Story, day: dt.date) -> None:
    with story.house.database.reading() as connection:
        held = ledger.balance(connection, accounts.CLEARING_COUNTER)
    if held <= 0:
        return
    fact, source = f"COUNTER-{day:%Y%m}", accounts.CLEARING_COUNTER
    with story.house.transaction(by=story.who("treasurer"), now=at_noon(day)) as tx:
        if day.month == MISTAKEN:  # once a year, so that everybody can see how a mistake is mended
            slip = facts.clearing_settled(f"{fact}-1", source, max(Yen(1), held - 1_000), day)
            entry_id = journal.record(tx, slip)
            if entry_id is not None:
                journal.reverse(tx, entry_id, on=day, reason=Undone.MISTAKE)
        journal.record(tx, facts.clearing_settled(fact, source, held, day))


def _play_year(story: Story, month: dt.date) -> None:
    """The yearly round: apply in May, decide in July, allocate and pay in August, settle."""
    if month.month == 5:
        _apply(story, month.replace(day=27), story.dice.sample(range(len(cast.GROUPS)), 4))
    elif month.month == 7:
        _decide(story, month.replace(day=27))
    elif month.month in {8, 2}:
        _allocate(story, month.replace(day=27))
        _pay(story, month.replace(day=28))
    elif month.month == 3:
        _settle(story, month.replace(day=30))


def _close_year(story: Story, fy: int, day: dt.date) -> None:
    """The treasurer closes the year that ended, once its cash period is over; another decides."""
    if fiscal_year_bounds(fy)[0] < story.first:
        return
    at = at_noon(day)
    propose_closing(
        story.house,
        by=story.who("treasurer"),
        now=at,
        fy=fy,
        note="出納整理期間が終わりました（見本）",
    )
    decide_closing(
        story.house, by=story.who("decider"), now=at, fy=fy, decision_no=f"見本-{fy}-締め"
    )


def _apply(story: Story, day: dt.date, chosen: list[int]) -> None:
    for number in chosen:
        group = cast.GROUPS[number]
        claim = Claim(
            group_no=story.targets.groups[number],
            programme_code="startup",
            theme_code=None,
            fy=fiscal_year(day),
            title=f"{group.project}（見本）",
            summary=group.summary,
            fields=group.fields,
            requested_yen=Yen(ASKED[number]),
        )
        grants.register_application(
            story.house, by=story.who("officer"), now=at_noon(day), claim=claim, sample=True
        )


def _decide(story: Story, day: dt.date) -> None:
    with story.house.database.reading() as connection:
        waiting = grant_queries.applications(connection, state="submitted")
    for application in waiting:
        yen = Yen(int(application.requested_yen) * story.dice.choice((8, 9, 10)) // 10)
        opinion = Opinion(
            recommended=True,
            yen=yen,
            score=story.dice.randrange(60, 96),
            comment="地域に役立つ計画です（見本）",
        )
        grants.recommend(
            story.house,
            by=story.who("council"),
            now=at_noon(day),
            application_no=application.no,
            opinion=opinion,
        )
        grants.decide(
            story.house,
            by=story.who("decider"),
            now=at_noon(day + dt.timedelta(days=1)),
            application_no=application.no,
            verdict=Verdict(accepted=True, yen=yen, min_yen=Yen(0), tier=1, reason=""),
        )


def _allocate(story: Story, day: dt.date) -> None:
    now = at_noon(day)
    try:
        number = allocation.draft_run(story.house, by=story.who("officer"), now=now)
    except Conflict:
        return  # every award is full or no permitted money waits: no run this time
    with story.house.database.reading() as connection:
        run = runs.run(connection, number)
    if run is None:
        raise LookupError(number)
    allocation.approve_run(
        story.house,
        by=story.who("treasurer"),
        now=now,
        run_no=number,
        plan_sha256=run.plan_sha256,
    )


def _pay(story: Story, day: dt.date) -> None:
    with story.house.database.reading() as connection:
        awards = [a for a in grant_queries.awards(connection) if not a.historical]
    for award in awards:
        free = award.allocated - award.disbursed - award.asked
        if award.state == "settled" or free <= 0:
            continue
        number = grants.request_disbursement(
            story.house, by=story.who("officer"), now=at_noon(day), award_no=award.no, yen=free
        )
        grants.pay_disbursement(
            story.house, by=story.who("treasurer"), now=at_noon(day), disbursement_no=number
        )


def _settle(story: Story, day: dt.date) -> None:
    """Groups report at the end of the year; now and then some yen come back."""
    with story.house.database.reading() as connection:
        awards = grant_queries.awards(connection)
    for award in awards:
        if award.historical or award.state != "disbursed" or award.disbursed <= 0:
            continue
        back = Yen(story.dice.choice((0, 0, 0, 4200)))
        grants.confirm_settlement(
            story.house,
            by=story.who("officer"),
            now=at_noon(day),
            award_no=award.no,
            spent=award.disbursed - back,
            returned=back,
            report="予定どおり終わりました（見本）",
        )


def _leave_work(story: Story, today: dt.date) -> None:
    """Leave something for every desk: gifts to accept, an application to recommend."""
    _apply(story, today, story.dice.sample(range(len(cast.GROUPS)), 2))
    for _ in range(3):
        give(
            story.house,
            by=story.who("officer"),
            day=today,
            dice=story.dice,
            targets=story.targets,
        )
