"""How an officer of the tests signs in: through the page, as everybody does."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "correct horse 見本 battery"


def sign_in(client: FlaskClient, password: str = PASSWORD, query: str = "") -> TestResponse:
    page = client.get("/staff/login").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    return client.post(
        f"/staff/login{query}",
        data={"email": "officer@example.jp", "password": password, "csrf_token": token.group(1)},
    )
