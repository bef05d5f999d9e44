"""Forms of the service behind a proxy that speaks https, as it stands in the world."""

from __future__ import annotations

import dataclasses
import re

from published_books import ADDRESS, Books

from fund.app import create_app

PROXIED = {"X-Forwarded-Proto": "https"}


def test_a_form_of_a_secret_page_is_taken_although_such_pages_send_no_referer(
    books: Books,
) -> None:
    settings = dataclasses.replace(books.house.settings, trusted_proxies=1)
    app = create_app(dataclasses.replace(books.house, settings=settings))
    client = app.test_client()
    form = client.get("/email/abc", headers=PROXIED, base_url=ADDRESS)
    assert form.headers["Referrer-Policy"] == "no-referrer"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.text)
    assert token is not None
    sent = {"headers": PROXIED, "base_url": ADDRESS}
    answer = client.post("/email/abc", data={"csrf_token": token[1]}, **sent)
    assert answer.status_code == 404  # no such secret, said by the page itself
    assert client.post("/email/abc", data={"csrf_token": "x"}, **sent).status_code == 400
    assert client.post("/email/abc", data={}, **sent).status_code == 400
    stranger = app.test_client()  # the token of another session opens nothing
    assert stranger.post("/email/abc", data={"csrf_token": token[1]}, **sent).status_code == 400
