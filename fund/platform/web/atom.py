"""Writing Atom feeds (RFC 4287): plain values in, the bytes of a feed out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

MIMETYPE = "application/atom+xml"
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""When a feed without any item last changed: a feed must say so, and nothing happened yet."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Link:
    """A link of a feed or an item; ``href`` is an absolute address."""

    rel: str
    href: str
    type: str = ""
    hreflang: str = ""
    title: str = ""


@dataclass(frozen=True)
class Item:
    """One entry: ``id`` never changes, ``updated`` is aware; texts are plain, not HTML.

    ``category`` is a code and its word.
    """

    id: str
    title: str
    updated: dt.datetime
    links: tuple[Link, ...]
    summary: str = ""
    content: str = ""
    category: tuple[str, str] | None = None


@dataclass(frozen=True)
class Feed:
    """A feed of items, newest first; ``language`` is that of its texts."""

    id: str
    title: str
    author: str
    language: str
    links: tuple[Link, ...]
    items: Sequence[Item]
    subtitle: str = ""
    rights: str = ""

    @property
    def updated(self) -> dt.datetime:
        """When the newest item came or changed (aware UTC)."""
        return max((item.updated for item in self.items), default=NEVER)


def tag_uri(base_url: str, day: dt.date, name: str) -> str:
    """An id that outlives addresses (RFC 4151): ours on ``day``, whatever the name says."""
    return f"tag:{urlsplit(base_url).hostname},{day.isoformat()}:{name}"


def written(feed: Feed) -> bytes:
    """The feed as a document in UTF-8."""
    root = ET.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": feed.language})
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "subtitle", feed.subtitle)
    _text(root, "updated", _moment(feed.updated))
    _text(ET.SubElement(root, "author"), "name", feed.author)
    _text(root, "rights", feed.rights)
    for link in feed.links:
        _link(root, link)
    for item in feed.items:
        _item(root, item)
    spelled: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return spelled + b"\n"


def _item(root: ET.Element, item: Item) -> None:
    entry = ET.SubElement(root, "entry")
    _text(entry, "id", item.id)
    _text(entry, "title", item.title)
    _text(entry, "published", _moment(item.updated))
    _text(entry, "updated", _moment(item.updated))
    for link in item.links:
        _link(entry, link)
    if item.category:
        term, label = item.category
        ET.SubElement(entry, "category", {"term": term, "label": _clean(label)})
    _text(entry, "summary", item.summary)
    _text(entry, "content", item.content)


def _text(parent: ET.Element, name: str, text: str) -> None:
    if text:
        ET.SubElement(parent, name).text = _clean(text)


def _link(parent: ET.Element, link: Link) -> None:
    named = {
        "rel": link.rel,
        "type": link.type,
        "hreflang": link.hreflang,
        "title": _clean(link.title),
        "href": link.href,
    }
    ET.SubElement(parent, "link", {name: value for name, value in named.items() if value})


def _clean(text: str) -> str:
    """The text without the characters that no XML document may hold."""
    return _NOT_XML.sub("", text)


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
