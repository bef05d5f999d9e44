"""Publishing a release: built beside the old one, swapped in whole, never changed afterwards."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from fund.allocation import queries as allocation
from fund.giving.queries.disclosures import every_published_name
from fund.kernel.canonical import canonical
from fund.kernel.errors import Conflict, Unavailable
from fund.platform.house import House
from fund.publication.dictionary.columns import GROUPS
from fund.publication.dictionary.fields import cell
from fund.publication.group_records import group_record
from fund.publication.log.note import read_note
from fund.publication.ports import Shelf
from fund.publication.queries import heads
from fund.publication.release import build
from fund.publication.release.build import Folder, Registers, log_paths
from fund.publication.release.grants360 import Publisher
from fund.publication.release.page import PAGE, verify_page
from fund.publication.signing import FORGOTTEN
from fund.registry import queries as registry

_ALL = 1_000_000
LIVE = "release"
"""Where in the data folder the release lies that the service itself serves."""
KEPT = 3


@dataclass(frozen=True)
class Release:
    """A published release: where it lies, up to which head, and whether it is new."""

    place: Path
    size: int
    root: bytes
    fresh: bool


def publish(house: House, *, out: Path) -> Release:
    """Write the release of the last signed head and point ``out`` (a symbolic link) at it.

    Nothing new changes no byte. Until the new folder is complete and on the disk, the old one
    is served; an interrupted publish leaves only a draft that the next one removes.

    Raises:
        Unavailable: while nothing was signed.
        Conflict: when ``out`` is a folder of somebody else, or holds a release of a head that
            this database never signed (an older backup).
    """
    out = out.absolute()
    if out.exists() and not out.is_symlink():
        raise Conflict(f"{out} は公開用のリンクではありません。別の場所を指定してください")
    last = out.resolve() if out.is_symlink() and out.exists() else None
    with house.database.reading() as connection:
        head = heads.last_head(connection)
        if head is None:
            raise Unavailable("署名した台帳がまだありません（fund log sign）")
        shown = last / "log/checkpoint" if last is not None else None
        if shown and shown.is_file() and not heads.knows(connection, shown.read_text("utf-8")):
            raise Conflict(FORGOTTEN % "release/log/checkpoint")
        draft = Folder(_empty(out.with_name(f".{out.name}.draft")), last)
        registers = _registers(connection)
        _write_what_may_change(house, connection, draft, head, registers)
        if last is not None and draft.says_the_same():
            shutil.rmtree(draft.place)
            return Release(last, head.size, head.root, fresh=False)
        _write_log(house, connection, draft, head, registers)
    name = f"{out.name}.{head.size}-{head.root.hex()[:8]}"
    place, fresh = _settle(draft, out.with_name(name))
    _point(out, place)
    return Release(place, head.size, head.root, fresh)


def publish_live(house: House) -> Release:
    """Publish the release that the service serves; of the older ones a few are kept."""
    made = publish(house, out=house.settings.data_dir / LIVE)
    named = [p for p in made.place.parent.glob(f"{LIVE}.*-*") if p.is_dir() and p != made.place]
    named.sort(key=lambda place: place.stat().st_mtime_ns)
    shown = _names_in(made.place)
    for number, old in enumerate(reversed(named), start=1):
        if number >= KEPT or not _names_in(old) <= shown:
            shutil.rmtree(old)
    return made


def _names_in(place: Path) -> set[tuple[str, str]]:
    """The names a release shows: an older one that shows more than the newest is deleted."""
    file = place / "disclosures.json"
    if not file.exists():
        return set()
    listed = json.loads(file.read_bytes())["names"]
    return {(one["gift"], one["name"]) for one in listed}


def _write_what_may_change(
    house: House,
    connection: Connection,
    folder: Folder,
    head: heads.Head,
    registers: Registers,
) -> None:
    """The head, and all that can change without one: when it has not, there is nothing new."""
    folder.put("log/checkpoint", head.note.encode())
    keys = heads.keys(connection, head.size)
    listed = [key.as_listed() for key in keys]
    folder.put("log/keys.json", canonical({"keys": listed}) + b"\n")
    folder.put("log/vkey", f"{keys[-1].vkey}\n".encode())
    build.write_groups(folder, registers)
    folder.put("disclosures.json", build.disclosures(registers.disclosures))
    ours = house.settings.municipality
    folder.put(PAGE, verify_page(ours.name, ours.fund_name))
    folder.put("README", _readme(house, head).encode())


def _write_log(
    house: House,
    connection: Connection,
    folder: Folder,
    head: heads.Head,
    registers: Registers,
) -> None:
    """The tiles and what is made of the entries. Tiles and runs never change once they are out."""
    shelf = house.port(Shelf)
    for path in log_paths(head.size):
        if not folder.keep(f"log/{path}"):
            folder.put(f"log/{path}", shelf.read(path))
    build.write_data(
        folder,
        heads.every_body(connection, head.size),
        registers,
        _publisher(house),
        head.signed_at,
    )
    _write_runs(connection, folder, head.size)
    folder.put("SHA256SUMS", folder.sums().encode())


def _registers(connection: Connection) -> Registers:
    groups = registry.search_groups(connection, state=None, limit=_ALL)
    return Registers(
        groups=tuple(
            [cell(group_record(one)[name]) for name in GROUPS.header]
            for one in sorted(groups, key=lambda one: one.no)
        ),
        group_names={one.no: one.name for one in groups},
        disclosures=every_published_name(connection),
    )


def _publisher(house: House) -> Publisher:
    ours = house.settings.municipality
    return Publisher(
        prefix=f"mierufund-{ours.code or 'fund'}",
        name=ours.name,
        fund_name=ours.fund_name,
        base_url=house.settings.base_url,
    )


def _write_runs(connection: Connection, folder: Folder, size: int) -> None:
    """Problem and plan of every run whose approval is in this head."""
    for run in allocation.runs(connection, state="approved"):
        files = allocation.files(connection, run.no)
        if files is not None and heads.names_run(connection, run.no, size):
            folder.put(f"runs/{run.no}/problem.json", files.problem)
            folder.put(f"runs/{run.no}/plan.json", files.plan)


def _readme(house: House, head: heads.Head) -> str:
    ours = house.settings.municipality
    text = read_note(head.note).text
    return (
        f"{ours.name} {ours.fund_name} 公開台帳 / {ours.name_en} {ours.fund_name_en}, public"
        f" ledger\n\n{text}\n"
        "確かめ方: fund verify <このフォルダ>\n"
        "To check: open verify.html and choose this folder; fund verify <this folder>;"
        " sha256sum -c SHA256SUMS;\n"
        "hledger -f data/ledger.journal check --strict; bean-check data/ledger.beancount;\n"
        "frictionless validate data/datapackage.json; any C2SP tlog-tiles reader on log/.\n\n"
        "CC BY 4.0. 個人の情報は含まれません。No personal data is in the log.\n"
    )


def _empty(place: Path) -> Path:
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)
    return place


def _settle(draft: Folder, place: Path) -> tuple[Path, bool]:
    """Give the draft its name; the same release again is thrown away.

    The registers may change without a new head (a name withdrawn): then the release gets a
    further number, for what was published under a name is never changed.
    """
    sums = (draft.place / "SHA256SUMS").read_bytes()
    candidate, number = place, 1
    while candidate.exists():
        if (candidate / "SHA256SUMS").read_bytes() == sums:
            shutil.rmtree(draft.place)
            return candidate, False
        number += 1
        candidate = place.with_name(f"{place.name}.{number}")
    for file in sorted(draft.place.rglob("*")):
        if file.relative_to(draft.place).as_posix() not in draft.kept:
            _sync(file)
    _sync(draft.place)
    draft.place.rename(candidate)
    _sync(candidate.parent)
    return candidate, True


def _point(out: Path, place: Path) -> None:
    """Swap the link in one step: readers see the old release or the new one."""
    if out.is_symlink() and out.readlink() == Path(place.name):
        return
    fresh = out.with_name(f".{out.name}.link")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(place.name)
    fresh.replace(out)
    _sync(out.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
