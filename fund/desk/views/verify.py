"""One box for the public: is this number, fingerprint or file ours? One sentence answers.

What the public log shows is answered to everybody. A receipt is answered only to somebody who
names its number and its amount; a gift that is not in the log is answered like an unknown number.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.desk.views.blueprint import blueprint
from fund.grants import queries as grants
from fund.kernel.errors import Invalid
from fund.kernel.ids import read_gift_no
from fund.kernel.japanese import narrow, parse_amount
from fund.platform.web.access import public
from fund.platform.web.context import client_address, current_actor, current_house, now
from fund.platform.web.locale import translated
from fund.publication import fingerprints, signed
from fund.publication import queries as publication
from fund.publication.releases import LIVE
from fund.receipts import checking
from fund.receipts.checking import Checked

_AWARD = re.compile(r"A\d{4}-\d{4,6}")
_ENTRY = re.compile(r"\d{1,12}")
_RECEIPT = re.compile(r"R\d{4}-\d{6,9}")
_FINGERPRINT = re.compile(r"[0-9A-F]{64}")
MAX_FILE = 32 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """One sentence: its kind (a notice's: success, warning or error), and where it leads."""

    kind: str
    sentence: str
    href: str = ""


@blueprint.get("/v/<number>")
@public
def short(number: str) -> ResponseReturnValue:
    """The short address printed on receipts."""
    return redirect(url_for("desk.verify", number=number[:60]), 302)


@blueprint.get("/verify")
@public
def verify() -> ResponseReturnValue:
    """Answer a number or a fingerprint; a receipt's number asks for its amount first."""
    asked = request.args.get("number", "").strip()[:80]
    number = _plain(asked)
    if _RECEIPT.fullmatch(number):
        return _page(asked, receipt=number), 200
    answer = None
    if asked:
        with current_house().database.reading() as connection:
            answer = _of_number(connection, number)
    return _page(asked, answer), 404 if answer is not None and answer.kind == "error" else 200


@blueprint.post("/verify")
@public
def verify_mine() -> ResponseReturnValue:
    """Answer a receipt with its amount, or a file; neither is kept or written down."""
    file = request.files.get("file")
    if file is not None and file.filename:
        answer = _of_file(file.stream.read(MAX_FILE + 1))
        return _page("", answer), 404 if answer.kind == "error" else 200
    typed, number = request.form.get("amount", "")[:40], _plain(request.form.get("number", "")[:80])
    if not _RECEIPT.fullmatch(number):
        return redirect(url_for("desk.verify", number=number[:80]), 303)
    try:
        yen = int(parse_amount(typed))
    except ValueError:
        error = _("領収書に書かれた金額を入力してください（例：10000、1万5千円）")
        return _page(number, receipt=number, amount=typed, error=error), 400
    found = checking.check(
        current_house(),
        by=current_actor(),
        now=now(),
        number=number,
        yen=yen,
        origin=client_address(),
    )
    if found is None:
        sentence = _("この番号と金額の受領証明書は、ありません。番号と金額をご確認ください。")
        wrong = Answer("error", sentence)
        return _page(number, wrong, receipt=number, amount=typed), 404
    with current_house().database.reading() as connection:
        return _page(number, _of_receipt(connection, found)), 200


def _plain(asked: str) -> str:
    return narrow(asked).strip().upper()


def _page(
    asked: str,
    answer: Answer | None = None,
    *,
    receipt: str = "",
    amount: str = "",
    error: str = "",
) -> str:
    with current_house().database.reading() as connection:
        standing = signed.standing(connection)
    return render_template(
        "desk/verify.html",
        asked=asked,
        answer=answer,
        receipt=receipt,
        amount=amount,
        error=error,
        signed=standing,
        base_url=current_house().settings.base_url,
    )


def _of_number(connection: Connection, number: str) -> Answer:
    """What the public log says of a number; a gift that is not in it is like an unknown one."""
    if _FINGERPRINT.fullmatch(number):
        return _of_fingerprint(connection, bytes.fromhex(number))
    if _ENTRY.fullmatch(number) and publication.entry(connection, int(number)):
        return _entry(int(number))
    if _AWARD.fullmatch(number) and grants.award(connection, number):
        href = url_for("publication.grant", no=number)
        return Answer("success", _("%(no)sは、公開している助成です。", no=number), href)
    gift_no = read_gift_no(number)
    if gift_no:
        entry_no = publication.gift_entries(connection, [gift_no]).get(gift_no)
        if entry_no:
            sentence = _("寄附%(gift)sは、台帳の%(no)s番にあります。", gift=gift_no, no=entry_no)
            return Answer("success", sentence, url_for("publication.entry", no=entry_no))
    return Answer(
        "error",
        _(
            "「%(asked)s」は、公開の台帳にありません。番号をもう一度ご確認ください。"
            "採納の前の寄附は、まだ台帳にのりません。",
            asked=number[:64],
        ),
    )


def _entry(no: int) -> Answer:
    return Answer(
        "success",
        _("%(no)s番の記録は、台帳にあります。", no=no),
        url_for("publication.entry", no=no),
    )


def _of_fingerprint(connection: Connection, digest: bytes) -> Answer:
    """What bears a SHA-256: an entry, a signed root, a published file, a receipt's PDF."""
    named = fingerprints.named_by(connection, digest, current_house().settings.data_dir / LIVE)
    if named is not None and named.kind == "entry":
        return _entry(int(named.what))
    if named is not None and named.kind == "root":
        size = f"{int(named.what):,}"
        return Answer("success", _("台帳の1番から%(size)s番までの署名の値です。", size=size))
    if named is not None:
        href = url_for("publication.release_file", path=named.what)
        sentence = _("いま公開しているファイル「%(path)s」と同じです。", path=named.what)
        return Answer("success", sentence, href)
    if (found := checking.of_document(connection, digest)) is not None:
        return _of_receipt(connection, found)
    return Answer("error", _("この指紋のものは、公開の台帳にも、いまの公開データにもありません。"))


def _of_receipt(connection: Connection, found: Checked) -> Answer:
    entry_no = publication.gift_entries(connection, [found.gift_no]).get(found.gift_no)
    href = url_for("publication.entry", no=entry_no) if entry_no else ""
    if not found.valid:
        sentence = _("受領証明書%(no)sは、取り消されています。いまは使えません。", no=found.no)
        return Answer("warning", sentence, href)
    if entry_no is None:
        return Answer("success", _("受領証明書%(no)sは、有効です。", no=found.no))
    sentence = _(
        "受領証明書%(no)sは有効で、その寄附は台帳の%(entry)s番にあります。",
        no=found.no,
        entry=entry_no,
    )
    return Answer("success", sentence, href)


def _of_file(data: bytes) -> Answer:
    """A donor's proof file, or any file by its fingerprint; nothing of it is kept."""
    if len(data) > MAX_FILE:
        return Answer("error", _("ファイルが大きすぎます。指紋（SHA-256）を入力してください。"))
    with current_house().database.reading() as connection:
        if not (data.lstrip().startswith(b"{") and b'"opening"' in data):
            return _of_fingerprint(connection, hashlib.sha256(data).digest())
        try:
            no = fingerprints.place_of_proof(connection, data)
        except Invalid as error:
            return Answer("error", translated(str(error)))
    sentence = _("あなたの寄附は、台帳の%(no)s番にあります。書きかえられていません。", no=no)
    return Answer("success", sentence, url_for("publication.entry", no=no))
