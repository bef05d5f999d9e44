"""A name stands beside a gift's entry while its donor agrees, and in no byte of the log."""

from __future__ import annotations

from flask import Flask
from sample_books import BY, NOW, gift_no, small_story
from sqlalchemy import text

from fund.platform.house import House
from fund.publication import queries
from fund.publication.commands import append_pending


def test_a_name_is_shown_by_consent_and_gone_when_it_is_withdrawn(house: House, app: Flask) -> None:
    small_story(house)
    append_pending(house, by=BY, now=NOW)
    client, no = app.test_client(), gift_no(1)
    with house.database.reading() as connection:
        number = queries.gift_entries(connection, [no])[no]

    def say(publish: bool, name: str) -> None:
        with house.transaction(by=BY, now=NOW) as tx:
            tx.connection.execute(
                text("UPDATE gift SET publish_name = :p, display_name = :n WHERE no = :no"),
                {"p": publish, "n": name, "no": no},
            )

    say(publish=True, name="見本の 𠮷田<b>")
    page = client.get(f"/ledger/{number}").get_data(as_text=True)
    assert "見本の 𠮷田&lt;b&gt;" in page
    assert "見本の 𠮷田" not in client.get(f"/ledger/{number}.json").get_data(as_text=True)
    assert "見本の 𠮷田" not in client.get("/ledger.csv").get_data(as_text=True)
    say(publish=False, name="")
    assert "𠮷田" not in client.get(f"/ledger/{number}").get_data(as_text=True)
