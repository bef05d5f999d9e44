"""Collect what the service says and bring every catalogue up to date; translations are kept.

Japanese is the source language: a message's id is its Japanese text. Two kinds are collected:

* what pages and views pass to ``_`` (where to look stands in ``babel.cfg``);
* refusals: the domain knows no web framework, so it raises plain Japanese sentences, and the
  web kit looks them up when it shows them. A sentence with values is looked up by the template
  that ``filled`` was given; no other computed sentence can be.

Run it without arguments, then fill in the empty ``msgstr`` of the files it names.
"""

# ruff: noqa: INP001 - a command, not part of a package

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = ROOT / "fund" / "translations"
SPOKEN = ("fund", "templates")
SILENT = frozenset({"sandbox", "sample", "cli"})
"""Programs of their own and sample data: nothing in them refuses anything on a page."""

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
SENTENCE = re.compile(r"(ください|ません|ました|ます|です)(（[^（）]*）)?。?\Z")
HEADER = """\
# The service in another language; a message's id is what it says in Japanese.
# .ci/catalogue.py collects the messages, .ci/setup compiles this file.
msgid ""
msgstr ""
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def collected() -> Catalog:
    """Every message of the service, with the files it stands in."""
    catalogue = Catalog(fuzzy=False)
    with (ROOT / ".ci" / "babel.cfg").open(encoding="utf-8") as settings:
        methods, options = parse_mapping_cfg(settings)
    found = extract_from_dir(
        ROOT, methods, options, keywords={"_": None}, directory_filter=_spoken_in
    )
    for name, _line, message, _comments, _context in found:
        catalogue.add(message, locations=[(name, 0)])
    for path in sorted((ROOT / "fund").rglob("*.py")):
        if SILENT.isdisjoint(path.relative_to(ROOT).parts):
            for sentence in refusals(ast.parse(path.read_text(encoding="utf-8"))):
                catalogue.add(sentence, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    return catalogue


def refusals(tree: ast.Module) -> Iterator[str]:
    """The constant Japanese sentences of a module that are not marked, computed or documentation.

    An argument of a class counts only where the class is raised: elsewhere it makes a record
    (a consent, an invariant) that brings its own languages.
    """
    yield from _sentences(tree, raised=False)


def _sentences(node: ast.AST, *, raised: bool) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and _is_sentence(node.value):
            yield node.value
        return
    if _is_silent(node, raised=raised):
        return
    if _is_template(node):
        template, *values = node.args
        yield template.value  # whatever it ends with, it is shown
        for value in (*values, *node.keywords):
            yield from _sentences(value, raised=raised)
        return
    for child in ast.iter_child_nodes(node):
        yield from _sentences(child, raised=raised or isinstance(node, ast.Raise))


def _is_silent(node: ast.AST, *, raised: bool) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name = node.func.id
        return name == "_" or (name[0].isupper() and not raised)
    return isinstance(node, ast.JoinedStr)


def _is_template(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether it is a call of ``filled`` with a constant; values inside are looked at as well."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "filled"
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
    )


def _is_sentence(text: str) -> bool:
    return bool(JAPANESE.search(text) and SENTENCE.search(text))


def _spoken_in(directory: str) -> bool:
    parts = Path(directory).relative_to(ROOT).parts
    return not parts or parts[0] in SPOKEN


def updated(path: Path, template: Catalog) -> tuple[str, list[str]]:
    """The text of a catalogue with exactly the template's messages, and those still to be said."""
    locale = path.parts[-3]
    with path.open("rb") as file:
        known = read_po(file, locale=locale)
    fresh, missing = Catalog(locale=locale, fuzzy=False), []
    for message in template:
        if message.id:
            before = known.get(message.id)
            words = before.string if before and not before.fuzzy else ""
            fresh.add(message.id, words, locations=message.locations)
            if not words:
                missing.append(str(message.id))
    buffer = io.BytesIO()
    write_po(buffer, fresh, omit_header=True, sort_output=True, include_lineno=False, width=100)
    return HEADER.format(locale=locale) + buffer.getvalue().decode(), missing


def main() -> None:
    """Update all catalogues and name what is still to be translated."""
    template, incomplete = collected(), False
    for path in sorted(CATALOGUES.glob("*/LC_MESSAGES/messages.po")):
        text, missing = updated(path, template)
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
        for message in missing:
            print(f"{path.relative_to(ROOT)}: {message}")  # noqa: T201 - it is a command
        incomplete = incomplete or bool(missing)
    sys.exit(incomplete)


if __name__ == "__main__":
    main()
