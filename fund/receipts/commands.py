"""Issuing receipts inside the acceptance, drawing them afterwards, handing out copies."""

from __future__ import annotations

import datetime as dt

from fund.giving import queries as giving
from fund.giving.domain.donor import ANONYMOUS
from fund.kernel.actor import Actor, system
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.errors import NotFound
from fund.kernel.ids import receipt_no
from fund.platform.house import House, Transaction
from fund.receipts import queries, store
from fund.receipts.domain import ReceiptFacts, payload
from fund.receipts.ports import DocumentPress

LAYOUT = "receipt"


def issue(tx: Transaction, *, gift_no: str, issued_on: dt.date, replaces: str = "") -> None:
    """Take the next number and freeze the receipt of an accepted gift, over what is left of it.

    Runs in the transaction of the acceptance: no accepted gift is without its receipt.
    ``replaces`` names the voided receipt that this one corrects.

    Raises:
        NotFound: if there is no such gift or it has not been received.
    """
    if store.has_receipt(tx, gift_no):
        return
    gift = giving.gift(tx.connection, gift_no)
    donor = giving.donor_of(tx.connection, gift_no)
    if donor is not None and donor.kind == ANONYMOUS:
        return  # nobody to make it out to: coins from a box
    if gift is None or gift.received_on is None or donor is None:
        raise NotFound("受領した寄附がありません")
    fy = fiscal_year(issued_on)
    serial = store.next_serial(tx, fy)
    number = receipt_no(fy, serial)
    facts = ReceiptFacts(
        no=number,
        gift_no=gift_no,
        yen=gift.net_yen,
        received_on=gift.received_on,
        issued_on=issued_on,
        name=donor.name_on_receipt,
        address=donor.address_lines,
        postal_code=donor.postal_code,
        organisation=donor.kind == "organisation",
        sample=gift.sample,
        replaces=replaces,
        # Never the donor's secret link: a receipt is handed to tax offices and employers.
        check_url=f"{tx.house.settings.base_url}/v/{number}",
    )
    content = payload(facts, tx.house.settings.municipality)
    store.add_receipt(tx, serial=serial, fy=fy, issued_on=issued_on, content=content)
    tx.audit("receipt.issued", gift_no, receipt=facts.no)


def correct(tx: Transaction, *, gift_no: str, reason: str) -> None:
    """Void the receipt of a gift whose money moved, and issue one over what is left, if any.

    Runs in the transaction that moves the money: no receipt ever proves yen that went back.
    """
    voided = store.void_receipt(tx, gift_no, reason)
    if voided is not None:
        tx.audit("receipt.voided", gift_no, receipt=voided, reason=reason)
    gift = giving.gift(tx.connection, gift_no)
    if gift is None or gift.accepted_on is None or not gift.net_yen:
        return
    replaces = voided or store.last_void(tx, gift_no) or ""
    issue(tx, gift_no=gift_no, issued_on=day_in_japan(tx.now), replaces=replaces)
    tx.enqueue("receipts.draw", gift_no=gift_no)


def document(house: House, *, now: dt.datetime, gift_no: str) -> tuple[queries.ReceiptView, bytes]:
    """The receipt of a gift and its PDF, drawn now if nobody asked before.

    Raises:
        NotFound: while the gift is not accepted.
    """
    with house.database.reading() as connection:
        found = queries.receipt_of(connection, gift_no)
        voided = found is None and bool(queries.receipts_of(connection, gift_no))
        pdf = queries.document_of(connection, found.id) if found else None
    if found is None:
        if voided:
            raise NotFound(
                "この寄附の受領証明書は、お金をお返ししたため無効になりました。"
                "確定申告などには使えません"
            )
        raise NotFound("受領証明書は、区が受け取りを決めたあとに発行します")
    if found.content.get("erased"):
        raise NotFound("この寄附の個人情報は消去したため、受領証明書はお渡しできません")
    if pdf is None:
        drawn = house.port(DocumentPress).draw(LAYOUT, found.content)
        with house.transaction(by=system("receipts"), now=now) as tx:
            store.keep_document(tx, found.id, drawn)
            # Two may have drawn at once: everybody hands out the one that was kept.
            pdf = queries.document_of(tx.connection, found.id) or drawn
    return found, pdf


def hand_out(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, way: str
) -> tuple[queries.ReceiptView, bytes]:
    """A copy of a receipt's PDF for somebody, written down."""
    found, pdf = document(house, now=now, gift_no=gift_no)
    with house.transaction(by=by, now=now) as tx:
        store.note_copy(tx, found.id, way)
    return found, pdf
