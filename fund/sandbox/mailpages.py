"""Reading caught mails: a list, one mail as text, its HTML part in a page that can do nothing."""

from __future__ import annotations

import email
import email.policy
import json
import re
import sqlite3
from email.message import EmailMessage
from functools import partial

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request
from markupsafe import Markup, escape

from fund.sandbox.store import Thing
from fund.sandbox.till import Till
from fund.sandbox.wording import Words

_LINK = re.compile(r"https?://[^\s<>\"'）」』、。]+")


def blueprint(till: Till) -> Blueprint:
    """The pages under ``/_sandbox/mail`` and their JSON twin."""
    pages = Blueprint("mail", __name__, url_prefix="/_sandbox")
    pages.add_url_rule("/mail", "list", partial(_list, till))
    pages.add_url_rule("/mail.json", "json", partial(_json, till))
    pages.add_url_rule("/mail/<int:seq>", "one", partial(_one, till))
    pages.add_url_rule("/mail/<int:seq>/html", "html", partial(_html, till))
    return pages


def read(row: sqlite3.Row) -> Thing:
    """A caught mail: envelope, headers, both bodies, links of the text, names of attachments."""
    parsed = email.message_from_bytes(row["raw"], policy=email.policy.default)
    text = _part(parsed, "plain")
    return {
        "id": row["seq"],
        "received_at": row["received"],
        "envelope_from": row["sender"],
        "envelope_to": json.loads(row["recipients"]),
        "from": str(parsed["From"] or ""),
        "to": str(parsed["To"] or ""),
        "subject": str(parsed["Subject"] or ""),
        "date": str(parsed["Date"] or ""),
        "message_id": str(parsed["Message-ID"] or ""),
        "headers": {name: str(value) for name, value in parsed.items()},
        "text": text,
        "html": _part(parsed, "html"),
        "links": _LINK.findall(text or ""),
        "attachments": [part.get_filename() or "" for part in parsed.iter_attachments()],
    }


def _part(parsed: EmailMessage, kind: str) -> str | None:
    body = parsed.get_body(preferencelist=(kind,))
    if body is None:
        return None
    try:
        return str(body.get_content())
    except LookupError:  # a character set nobody knows: show what can be read
        return bytes(body.get_payload(decode=True) or b"").decode(errors="replace")


def _rows(till: Till) -> list[sqlite3.Row]:
    """The newest thousand mails; ``?to=`` keeps those whose envelope names this address."""
    found = till.store.rows("SELECT * FROM mail ORDER BY seq DESC LIMIT 1000")
    wanted = request.args.get("to")
    return [row for row in found if wanted is None or wanted in json.loads(row["recipients"])]


def _list(till: Till) -> str:
    mails = [read(row) for row in _rows(till)[:200]]
    return render_template("mails.html", words=Words(english=False), mails=mails)


def _json(till: Till) -> Response:
    return jsonify([read(row) for row in _rows(till)])


def _found(till: Till, seq: int) -> Thing:
    rows = till.store.rows("SELECT * FROM mail WHERE seq = ?", (seq,))
    if not rows:
        abort(404)
    return read(rows[0])


def _one(till: Till, seq: int) -> str:
    mail = _found(till, seq)
    text = _linked(mail["text"] or "")
    return render_template("mail.html", words=Words(english=False), mail=mail, text=text)


def _html(till: Till, seq: int) -> Response:
    """The HTML part as sent, locked up: no script, no form, no request to anywhere."""
    mail = _found(till, seq)
    if mail["html"] is None:
        abort(404)
    response = make_response(mail["html"])
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
        "style-src 'unsafe-inline'; img-src data:"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _linked(text: str) -> Markup:
    """The text escaped, with its addresses as links."""
    done, end = Markup(), 0
    for match in _LINK.finditer(text):
        url = escape(match.group())
        done += escape(text[end : match.start()]) + Markup('<a href="{0}">{0}</a>').format(url)
        end = match.end()
    return done + escape(text[end:])
