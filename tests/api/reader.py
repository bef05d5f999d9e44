"""Reading the API as its description says: every answer is held against it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fund.publication.api.endpoints import ENDPOINTS, PREFIX, Endpoint

BY_NAME = {one.name: one for one in ENDPOINTS}
ROOT = "urn:mieru:openapi"


class Reader:
    """A client that checks every answer: status, media type and schema of the description."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.document = client.get(f"{PREFIX}/openapi.json").get_json()
        self._registry = jsonschema_rs.Registry([(ROOT, self.document)])
        self._validators: dict[str, Any] = {}
        self.checked = 0

    def get(self, one: Endpoint, path: str, **headers: str) -> TestResponse:
        """Ask an address of an endpoint, and check what comes back."""
        answer = self.client.get(path, headers=headers)
        self.check(one, answer)
        return answer

    def check(self, one: Endpoint, answer: TestResponse) -> None:
        """Fails unless the description allows this answer of this endpoint."""
        told = self.document["paths"][one.path]["get"]["responses"]
        assert str(answer.status_code) in told, (one.path, answer.status_code, answer.text[:300])
        response = self._resolved(told[str(answer.status_code)])
        assert answer.mimetype in response["content"], (one.path, answer.mimetype)
        if answer.mimetype != "text/csv":
            schema = response["content"][answer.mimetype]["schema"]
            faults = [
                f"{'/'.join(map(str, fault.instance_path))}: {fault.message[:200]}"
                for fault in self._validator(schema).iter_errors(json.loads(answer.data))
            ]
            assert faults == [], one.path
        self.checked += 1

    def pages(self, one: Endpoint, path: str) -> Iterator[list[dict[str, Any]]]:
        """The rows of every page, by the address each gives for the next."""
        seen = set()
        while path:
            assert path not in seen, "pages go round in a circle"
            seen.add(path)
            answer = self.get(one, path)
            body = answer.get_json()
            yield body["rows"]
            link = answer.headers.get("Link")
            assert link == (None if body["next"] is None else f'<{body["next"]}>; rel="next"')
            path = local(body["next"]) if body["next"] else ""

    def rows(self, name: str, path: str) -> list[dict[str, Any]]:
        """Every row of a list, whatever its pages."""
        return [row for page in self.pages(BY_NAME[name], PREFIX + path) for row in page]

    def csv_rows(self, one: Endpoint, path: str) -> list[dict[str, str]]:
        """The rows of one page as CSV."""
        answer = self.get(one, path, Accept="text/csv")
        assert answer.mimetype == "text/csv"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert answer.text.splitlines()[0] == ",".join(one.sheet.header)
        return rows

    def _resolved(self, response: dict[str, Any]) -> dict[str, Any]:
        place = response.get("$ref", "")
        if not place:
            return response
        return self.document["components"]["responses"][place.rsplit("/", 1)[1]]

    def _validator(self, schema: dict[str, Any]) -> Any:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            anchored = json.loads(key.replace('"#/', f'"{ROOT}#/'))
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                anchored, registry=self._registry, validate_formats=True
            )
        return self._validators[key]


def local(address: str) -> str:
    """An absolute address as the test client asks for it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
