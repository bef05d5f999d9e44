"""The days that the service knows of: editions of the manual, registrations, terms of wishes.

Nothing stands here that is not in the books or the register. ``known`` is derived from the same
rows, so that the same books are always the same bytes.
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from flask import request
from sqlalchemy import Connection

from fund.allocation.terms import near_terms, notice_days
from fund.kernel.calendar import ZONE, day_in_japan
from fund.manual import queries as manual
from fund.platform.web.addresses import absolute
from fund.platform.web.context import current_house, locale, now
from fund.platform.web.ical import Calendar, DayEvent
from fund.publication.phrases import gettext as _
from fund.registry import queries as registry
from fund.registry.queries import Group

EVERY = 10_000
"""Groups have four digits."""


def calendar(connection: Connection, group_no: str | None) -> Calendar:
    """Every known day in the page's language; with a group's number, that group's days."""
    ours = current_house().settings.municipality
    name = ours.fund_name_en if locale() == "en" else ours.fund_name
    found = _groups(connection, group_no)
    events = [*_registrations(found), *_terms(connection, {group.no: group for group in found})]
    if group_no is None:
        events += _editions(connection)
    query = f"?group={group_no}" if group_no else ""
    return Calendar(
        name=f"{name} {found[0].name}" if group_no and found else name,
        maker=f"-//{ours.name_en}//{ours.fund_name_en}//{locale().upper()}",
        language=locale(),
        url=_own(f"/calendar.ics{query}"),
        events=tuple(sorted(events, key=lambda event: (event.day, event.uid))),
    )


def _groups(connection: Connection, group_no: str | None) -> list[Group]:
    if group_no is not None:
        found = registry.group(connection, group_no)
        return [found] if found else []
    return registry.search_groups(connection, state="registered", limit=EVERY)


def _editions(connection: Connection) -> list[DayEvent]:
    """The days on which editions of the manual come into force."""
    return [
        DayEvent(
            uid=_uid(f"manual-{head.code}"),
            day=head.effective_on,
            summary=_("手引き %(code)s版が始まる日", code=head.code),
            known=head.published_at,
            url=_own(f"/manual/{head.code}"),
            description=head.summary_en if locale() == "en" else head.summary_ja,
        )
        for head in manual.editions(connection)
    ]


def _registrations(groups: list[Group]) -> list[DayEvent]:
    """The last days of groups' registrations, as their pages show them."""
    return [
        DayEvent(
            uid=_uid(f"registration-{group.no}-{group.registered_until.isoformat()}"),
            day=group.registered_until,
            summary=_("%(group)s：登録の期限", group=_named(group)),
            known=_begin(group.registered_on or group.registered_until),
            url=_own(f"/groups/{group.no}"),
        )
        for group in groups
        if group.registered_until and group.state == "registered"
    ]


def _terms(connection: Connection, groups: dict[str, Group]) -> list[DayEvent]:
    """The last days of wishes for groups, from the day on which their pages warn of them."""
    today = day_in_japan(now())
    notice = dt.timedelta(days=notice_days(connection, today))
    return [
        DayEvent(
            uid=_uid(f"wishes-{one.target}-{one.binds_until.isoformat()}"),
            day=one.binds_until,
            summary=_("%(group)s：希望の期限", group=_named(groups[one.target])),
            known=_begin(one.binds_until - notice),
            url=_own(f"/groups/{one.target}"),
            description=_(
                "この団体への希望で待っているお金の一部は、この日が期限です。"
                "それまでに助成が決まらないと、寄附した人が選んだ次の使いみちに移ります。"
            ),
        )
        for one in near_terms(connection, today)
        if one.kind == "group" and one.target in groups
    ]


def _named(group: Group) -> str:
    return (group.name_en if locale() == "en" else "") or group.name


def _begin(day: dt.date) -> dt.datetime:
    """The first moment of a day in Japan."""
    return dt.datetime.combine(day, dt.time(), ZONE)


def _uid(name: str) -> str:
    return f"{name}@{urlsplit(current_house().settings.base_url).hostname}"


def _own(path: str) -> str:
    return absolute(current_house().settings, f"{request.script_root}{path}")
