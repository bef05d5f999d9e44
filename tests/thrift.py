"""What hundreds of tests would do again and again is done once (a pytest plugin).

Every test that needs pages builds a house and an application of its own, as a process of the
service does once: compiling templates, addresses and statements anew for each of them took more
time than anything that is tested. What comes out is kept here, by all that goes in. Passwords cost what guessing one should
cost everywhere but in this process, where hundreds of people are made up to sign in once;
``tests/identity`` looks at the real cost.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from dataclasses import replace
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import create_engine
from werkzeug.routing import Rule

from fund.identity import passwords
from fund.platform import database

RARELY = (50_000, 20, 10)
"""Thresholds of the collector: ten million objects, some hundred megabytes, may wait for a full look."""
CHEAP = replace(passwords.RECOMMENDED, time_cost=1, memory_cost=8, parallelism=1)


class StatementsOnce(dict[tuple[Any, ...], Any]):
    """Compiled statements of all engines of one kind, where each engine would keep its own."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), compiled)


class TemplatesOnce(BytecodeCache):
    """Compiled templates of this process; a template that changed is compiled again."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


class RuleOnce(Rule):
    """A rule whose function that writes addresses is compiled once for all applications."""

    _kept: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}  # noqa: RUF012

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        given = sorted((name, repr(value)) for name, value in (self.defaults or {}).items())
        written = (self.rule, tuple(self._trace), tuple(given), append_unknown)
        if written not in self._kept:
            self._kept[written] = super()._compile_builder(append_unknown)
        return self._kept[written]


def pytest_configure(config: pytest.Config) -> None:
    """Before any application or person is made."""
    del config
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": TemplatesOnce()}
    Flask.url_rule_class = RuleOnce
    database.create_engine = functools.partial(
        create_engine, execution_options={"compiled_cache": StatementsOnce()}
    )
    passwords.passwords = passwords.Passwords(CHEAP)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported by now lives to the end: no collection needs to look at it again.

    What tests make is mostly freed without looking for cycles; looking rarely saves a twelfth.
    """
    del session
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)
