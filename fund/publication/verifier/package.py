"""Check 10, beyond the rows: 360Giving, the data package and the names shown by consent."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from typing import Any

from fund.publication.verifier.findings import Check
from fund.publication.verifier.ledger import Ledger
from fund.publication.verifier.reading import read_json, spelled
from fund.publication.verifier.sources import Missing, Source, is_safe

_UNREADABLE = (Missing, ValueError, KeyError, TypeError, IndexError, AttributeError, csv.Error)


def check_package(source: Source, check: Check, ledger: Ledger) -> None:
    """Everything that is made from the log but has no row for each entry."""
    for name, faults in (
        ("360giving.json", _grants),
        ("datapackage.json", _resources),
        ("disclosures.json", _names),
    ):
        try:
            for fault in faults(source, check, ledger):
                check.fail(f"{name}: {fault}")
        except _UNREADABLE as error:
            check.fail(f"{name}: {error!r}"[:300])


def _grants(source: Source, check: Check, ledger: Ledger) -> Iterator[str]:
    """Each award once, for its money, its day, its title and the group that gets it."""
    groups = {row["no"]: row["name"] for row in _table(source, "groups")}
    due = {}
    for number, award in ledger.awards.known.items():
        facts = award.facts
        if (group := facts.get("group")) in groups:
            title = facts.get("title") or number
            money = (award.ceiling, award.disbursed, facts["on"], "JPY")
            due[number] = (*money, title, title, f"-group-{group}", groups[group])
        elif group:
            yield f"{number}: group {group} is not in groups.csv"
    told = set()
    for grant in read_json(source.read("data/360giving.json"))["grants"]:
        number = "-".join(grant["id"].rsplit("-", 2)[-2:])
        (receiver,) = grant["recipientOrganization"]
        said = (
            grant["amountAwarded"],
            grant["amountDisbursed"],
            grant["awardDate"],
            grant["currency"],
            grant["title"],
            grant["description"],
            receiver["id"][receiver["id"].rfind("-group-") :],
            receiver["name"],
        )
        check.counted += 1
        if due.get(number) != said or number in told:
            yield f"{number} is not the log's"
        told.add(number)
    for number in sorted(set(due) - told):
        yield f"{number} is missing"


def _table(source: Source, name: str) -> list[dict[str, str]]:
    text = source.read(f"data/{name}.csv").decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _resources(source: Source, check: Check, ledger: Ledger) -> Iterator[str]:
    """The package describes the files that are there: their bytes and their columns."""
    del ledger
    for resource in read_json(source.read("data/datapackage.json"))["resources"]:
        check.counted += 1
        path = resource["path"]
        if not isinstance(path, str) or not is_safe(path):
            yield f"{path!r:.60} leads elsewhere"
            continue
        data = source.view(f"data/{path}")
        if "hash" in resource and resource["hash"] != f"sha256:{hashlib.sha256(data).hexdigest()}":
            yield f"{path} has another fingerprint"
        if "bytes" in resource and resource["bytes"] != len(data):
            yield f"{path} has another length"
        if path.endswith(".csv"):
            end = data.find(b"\n")
            columns = next(csv.reader([bytes(data[: max(end, 0)]).decode("utf-8")]), [])
            if columns != [field["name"] for field in resource["schema"]["fields"]]:
                yield f"{path} has other columns"


def _names(source: Source, check: Check, ledger: Ledger) -> Iterator[str]:
    """Names shown by consent stand beside gifts of the log, each once, in one spelling."""
    data = source.read("disclosures.json")
    content: Any = read_json(data)
    if spelled(content) + b"\n" != data or content["v"] != 1:
        yield "in another spelling"
    named = [one["gift"] for one in content["names"]]
    check.counted += len(named)
    for one in content["names"]:
        if f"{one['gift']}/1" not in ledger.shares.left or not isinstance(one["name"], str):
            yield f"{one['gift']} is no gift of the log"
    if named != sorted(set(named)):
        yield "a gift twice, or out of order"
