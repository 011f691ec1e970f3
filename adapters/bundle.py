"""A journal as a file of text that leaves the house: entries and seals, with the definitions and calendars that decide.

A bundle is a plain ``.jsonl`` file, or an archive (:mod:`adapters.archive`) with that file in it. Each line is one canonical JSON object
with a ``type``, and holds the canonical bytes of what it is about, so that every hash can be recomputed from the file alone. Erasable
parts are left out. ``docs/reference/journal.md`` specifies it.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from adapters import archive, verifier
from workflow import organisation as organisations
from workflow.audit import CALENDAR, DEFINITION, Audited, Document, audit
from workflow.calendar import Calendar
from workflow.engine import Engine
from workflow.errors import BadInput, DubanError, IntegrityError
from workflow.journal.canonical import Algorithm, Json, canonical, parse_canonical
from workflow.journal.chain import Finding
from workflow.journal.checkpoint import Held, make_note
from workflow.journal.earlier import Earlier
from workflow.journal.entry import Entry, Stored
from workflow.journal.seal import StoredSeal
from workflow.moment import stamp, unstamp
from workflow.monitor import CHAINS
from workflow.organisation import CHAIN, Organisation
from workflow.ports import View
from workflow.rules import Rules
from workflow.text import Text

FORMAT = "duban-journal-1"
LONGEST = 64_000_000
"""Characters of the longest line that is read: no entry comes near it, and a hostile file must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Bundle:
    cases: list[tuple[str, list[Entry]]]
    rules: dict[str, Rules]
    calendars: dict[str, Calendar]
    chain: list[Entry]
    """The entries of the organisation."""
    as_of: datetime

    def organisation(self, as_of: datetime) -> Organisation:
        """The organisation as it was recorded up to ``as_of``."""
        return organisations.fold(e.body for e in self.chain if unstamp(e.recorded) <= as_of)


def lines(engine: Engine, as_of: datetime) -> Iterator[str]:
    """The lines of a bundle of the whole store. Raises :class:`IntegrityError` for entries that cannot be read."""
    with engine.store.read() as view:
        yield from _lines(view, as_of)


def _lines(view: View, as_of: datetime) -> Iterator[str]:
    count = 0
    for document in _documents(view, as_of):
        count += 1
        yield canonical(document).decode() + "\n"
    yield canonical({"type": "end", "lines": count}).decode() + "\n"


def write_archive(engine: Engine, path: Path, as_of: datetime, notes: Mapping[str, bytes]) -> None:
    """Write the bundle of the whole store with its verifier and these checkpoints, to a ``.zip`` or a folder.

    Raises what :func:`lines` and :func:`adapters.archive.write` raise.
    """
    with engine.store.read() as view:
        algorithm = str(view.meta()["algorithm"])
        archive.write(path, _files(view, as_of, algorithm, notes), {"algorithm": algorithm, "as_of": stamp(as_of)})


def _files(view: View, as_of: datetime, algorithm: str, notes: Mapping[str, bytes]) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield archive.JOURNAL, (line.encode() for line in _lines(view, as_of))
    for kind, folder in ((DEFINITION, "definitions"), (CALENDAR, "calendars")):
        for name, found in view.blobs(kind):
            yield f"{folder}/{found.partition(':')[2]}.json", [_text(view.blob(found), f"{kind} {name}").encode()]
    yield "organisation.jsonl", (canonical(_entry(row)) + b"\n" for row in view.stored() if row.case == CHAIN)
    yield "checkpoints/bundle.txt", [str(make_note("duban", algorithm, view.stored_seals(), view.stored())).encode()]
    for name, note in notes.items():
        yield f"checkpoints/{name}", [note]
    yield "verify.py", [Path(verifier.__file__).read_bytes()]


def _documents(view: View, as_of: datetime) -> Iterator[dict[str, Json]]:
    yield {"type": "header", "format": FORMAT, "algorithm": view.meta()["algorithm"], "as_of": stamp(as_of)}
    for kind in (DEFINITION, CALENDAR):
        for name, found in view.blobs(kind):
            yield {"type": kind, "name": name, "hash": found, "data": _text(view.blob(found), f"{kind} {name}")}
    for seal in view.stored_seals():
        yield {"type": "seal", "number": seal.number, "hash": seal.hash, "data": _text(seal.data, f"seal {seal.number}")}
    for row in view.stored():
        yield _entry(row)


def _entry(row: Stored) -> dict[str, Json]:
    return {"type": "entry", "hash": row.hash, "seal": row.seal, "data": _text(row.data, f"{row.case} #{row.n}")}


def _text(data: bytes | None, where: str) -> str:
    try:
        parse_canonical(data or b"")
    except (IntegrityError, AttributeError):
        raise IntegrityError(
            Text("内容无法读取,不能导出", "what is stored here cannot be read, and not be exported"),
            where=where,
            hint=Text("先用 duban audit verify 核验", "see duban audit verify first"),
        ) from None
    assert data is not None
    return data.decode()


class Entries:
    """The entries of a file, as often as they are gone through: of each only the byte is held at which its line begins."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places = array("Q")
        self.count: Counter[str] = Counter()
        """How many each case has."""
        self.first: dict[str, int] = {}
        """Where the first of each case lies, for :func:`entries_in`."""

    def add(self, case: str, place: int) -> None:
        self._places.append(place)
        self.count[case] += 1
        self.first.setdefault(case, place)

    def __iter__(self) -> Iterator[Stored]:
        """Raises :class:`BadInput` where they are not there any more."""
        try:
            with archive.journal(self._path) as text:
                for place in self._places:
                    text.buffer.seek(place)
                    item = json.loads(text.buffer.readline(LONGEST))
                    data = item["data"].encode()
                    said = json.loads(data)  # whoever verifies it reads the bytes again, and exactly
                    yield Stored(said["case"], said["n"], said["recorded"], said["kind"], data, str(item["hash"]), item["seal"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise BadInput(Text("文件在读取时被改动", "the file was changed while it was read"), where=str(self._path)) from None


@dataclass(slots=True)
class _Scan:
    """What the lines of a file say, with nothing believed yet."""

    entries: Entries
    algorithm: str = ""
    as_of: datetime | None = None
    documents: list[Document] = field(default_factory=list)
    seals: list[StoredSeal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ended: bool = False

    def read(self, number: int, text: bytes) -> dict[str, Any]:
        try:
            item = parse_canonical(text)
        except IntegrityError as error:
            item = json.loads(text)  # it can be read, so the rest of the file is looked at too
            self.findings.append(Finding("edited", f"line {number}", 0, error.message))
        if not isinstance(item, dict):
            raise ValueError("no object")
        return item

    def cut_off(self, where: str) -> None:
        self.findings.append(Finding("truncated", where, 0, Text("文件被截断:没有末行", "the file is truncated: it has no last line")))

    def take(self, number: int, item: dict[str, Any], place: int) -> None:
        if self.ended:
            raise ValueError("a line after the last")
        kind = item["type"]
        if (kind == "header") is not (number == 1):
            raise ValueError("the header is the first line")
        if kind == "header":
            if item["format"] != FORMAT or item["algorithm"] not in tuple(Algorithm):
                raise BadInput(Text("日志导出的格式未知", "the export has an unknown format"))
            self.algorithm, self.as_of = str(item["algorithm"]), unstamp(item["as_of"])
        elif kind == "end":
            self.ended = True
            if item["lines"] != number - 1:
                zh, en = f"应有 {item['lines']} 行,实有 {number - 1} 行", f"{item['lines']} lines were written, {number - 1} are there"
                self.findings.append(Finding("truncated", f"line {number}", 0, Text(zh, en)))
        elif kind in (DEFINITION, CALENDAR):
            self.documents.append(Document(kind, str(item["name"]), str(item["hash"]), item["data"].encode()))
        elif kind == "seal":
            self.seals.append(StoredSeal(int(item["number"]), item["data"].encode(), str(item["hash"])))
        elif kind == "entry":
            try:
                entry = Entry.parse(item["data"].encode(), str(item["hash"]))
            except IntegrityError as error:
                self.findings.append(Finding("unreadable", f"line {number}", 0, error.message))
                return
            item["seal"]  # it is there, whatever it says
            self.entries.add(entry.case, place)
        else:
            raise ValueError(f"a line of type {kind!r}")


def _scan(path: Path) -> _Scan:
    """Raises :class:`BadInput` for what is no bundle."""
    found = _Scan(Entries(path))
    try:
        with archive.journal(path) as file:
            number = place = 0
            while text := file.readline(LONGEST):
                number += 1
                if not text.endswith("\n"):
                    found.cut_off(f"line {number}")
                line = text.encode()
                try:
                    found.take(number, found.read(number, line.removesuffix(b"\n")), place)
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError, DubanError) as error:
                    why = error.message if isinstance(error, DubanError) else Text(str(error), str(error))
                    raise BadInput(
                        Text(f"第 {number} 行不是日志导出:{why.zh}", f"line {number} is of no journal export: {why.en}"), where=str(path)
                    ) from None
                place += len(line)
    except OSError as error:
        raise BadInput(Text(f"不能读取文件:{error.strerror}", f"cannot read the file: {error.strerror}"), where=str(path)) from None
    except UnicodeDecodeError:
        raise BadInput(Text("文件不是 UTF-8", "the file is not UTF-8"), where=str(path)) from None
    found.findings += archive.findings(path)
    if found.as_of is None:
        raise BadInput(Text("日志导出没有首行", "the export has no header"), where=str(path))
    if not found.ended:
        found.cut_off("end")
    return found


def audit_bundle(path: Path, checkpoint: Held | None = None, earlier: Earlier | None = None) -> Audited:
    """Audit a bundle without a store. Raises :class:`BadInput` for what is no bundle.

    Codes besides those of :func:`workflow.audit.audit`: ``unreadable``, ``edited`` and ``truncated`` with the line, ``manifest``.
    """
    return _audited(_scan(path), checkpoint, earlier)


def read_earlier(path: Path) -> Earlier:
    """A bundle as a copy to compare with. Raises :class:`BadInput` for what is none, :class:`IntegrityError` for one that was changed."""
    found = _scan(path)
    for finding in _audited(found).findings:
        raise finding.error(str(path))
    return Earlier(found.entries)


def _audited(found: _Scan, checkpoint: Held | None = None, earlier: Earlier | None = None) -> Audited:
    audited = audit(found.algorithm, found.entries, found.seals, found.documents, checkpoint=checkpoint, earlier=earlier)
    return audited.with_findings(found.findings)


class Scanned(NamedTuple):
    """What lies in a bundle, with what an audit says of it."""

    as_of: datetime
    entries: Entries
    seals: list[StoredSeal]
    audited: Audited


def scan_bundle(path: Path, checkpoint: Held | None = None) -> Scanned:
    """Read and audit a bundle, whatever is wrong with it. Raises :class:`BadInput` for what is no bundle."""
    found = _scan(path)
    assert found.as_of is not None
    return Scanned(found.as_of, found.entries, found.seals, _audited(found, checkpoint))


@contextmanager
def entries_in(path: Path, places: Mapping[str, int]) -> Iterator[Callable[[str], Iterator[Entry]]]:
    """Reads the entries of one case after another, without the rest of a bundle. Nothing that is read is checked.

    Raises :class:`BadInput` for a file that cannot be read, and whatever a line raises that is none of a bundle.
    """
    try:
        with archive.journal(path) as text:
            file = text.buffer

            def entries(case: str) -> Iterator[Entry]:
                file.seek(places[case])
                while line := file.readline(LONGEST):
                    item: Any = parse_canonical(line.removesuffix(b"\n"))
                    if item["type"] != "entry":
                        return
                    entry = Entry.parse(item["data"].encode(), item["hash"])
                    if entry.case != case:
                        return
                    yield entry

            yield entries
    except OSError as error:
        raise BadInput(Text(f"不能读取文件:{error.strerror}", f"cannot read the file: {error.strerror}"), where=str(path)) from None


def read_bundle(path: Path) -> Bundle:
    """Read and audit a bundle: every hash is recomputed before anything is believed.

    Raises :class:`BadInput` for what is no bundle and :class:`IntegrityError`, naming the first bad entry, for one that was changed.
    """
    found = _scan(path)
    audited = _audited(found)
    if audited.findings:
        raise audited.findings[0].error(str(path))
    cases: dict[str, list[Entry]] = {}
    for row in found.entries:
        cases.setdefault(row.case, []).append(Entry.parse(row.data, row.hash))
    for chain in CHAINS:
        cases.pop(chain, None)
    assert found.as_of is not None
    return Bundle(sorted(cases.items()), dict(audited.rules), dict(audited.calendars), list(audited.organisation), found.as_of)
