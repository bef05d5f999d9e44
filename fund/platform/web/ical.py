"""Writing calendars (RFC 5545) of whole days: plain values in, the bytes of a calendar out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

MIMETYPE = "text/calendar"
LONGEST_LINE = 75
"""Octets of a line without its end; longer ones are folded."""
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class DayEvent:
    """Something on a day; ``uid`` never changes, ``known`` is when it became known (aware)."""

    uid: str
    day: dt.date
    summary: str
    known: dt.datetime
    url: str
    description: str = ""


@dataclass(frozen=True)
class Calendar:
    """A calendar to subscribe to; ``maker`` names the program that wrote it."""

    name: str
    maker: str
    language: str
    url: str
    events: tuple[DayEvent, ...]


def written(calendar: Calendar) -> bytes:
    """The calendar in UTF-8 with CRLF line ends and lines of 75 octets at most."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{_escaped(calendar.maker)}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME;LANGUAGE={calendar.language}:{_escaped(calendar.name)}",
        f"X-WR-CALNAME:{_escaped(calendar.name)}",
        f"URL:{calendar.url}",
        "REFRESH-INTERVAL;VALUE=DURATION:P1D",
        *(line for event in calendar.events for line in _event(event, calendar.language)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _event(event: DayEvent, language: str) -> Iterable[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_escaped(event.uid)}"
    yield f"DTSTAMP:{event.known.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{event.day + dt.timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY;LANGUAGE={language}:{_escaped(event.summary)}"
    if event.description:
        yield f"DESCRIPTION;LANGUAGE={language}:{_escaped(event.description)}"
    yield f"URL:{event.url}"
    yield "TRANSP:TRANSPARENT"  # nobody is busy because an edition comes into force
    yield "END:VEVENT"


def _escaped(text: str) -> str:
    """A TEXT value: its separators and line ends escaped, other control characters left out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return _CONTROLS.sub("", plain.replace("\n", "\\n"))


def _folded(line: str) -> bytes:
    """The line in pieces of 75 octets at most, each after the first behind a space.

    No character is cut in two, so a reader that does not unfold still sees whole characters.
    """
    pieces: list[bytes] = []
    piece, room = b"", LONGEST_LINE
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > room:
            pieces.append(piece)
            piece, room = b"", LONGEST_LINE - 1
        piece += octets
    return b"\r\n ".join([*pieces, piece])
