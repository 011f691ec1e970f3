"""The report of a replay as one canonical JSON file: every case with its duties and their proof, the legend, its provenance, the summary.

The file is ``{"cases": […], "legend": {…}, "provenance": {…}, "summary": {…}, "unreadable": […]}`` in canonical form
(:mod:`workflow.journal.canonical`), so that whoever replays the same input gets the same bytes. Cases stand in the order of their ids. It
is written and read case by case: no more than one is held.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from workflow.dossier import VERDICTS, Dossier, dossier, legend, unverifiable
from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import Json, canonical
from workflow.journal.chain import Finding
from workflow.replay import Judged, Report
from workflow.rules import Rules
from workflow.text import Text

MOST_UNREADABLE = 10_000
"""Rows that could not be read of which the report says where and why; all of them are counted."""
_CHUNK = 1 << 20


class Dossiers:
    """Takes the dossiers of cases as they are judged, in the order of their ids, and keeps them in a file of its own.

    Each line is the id of a case and its dossier, parted by a tab; neither holds one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._said: Counter[tuple[str, tuple[str, ...]]] = Counter()
        """Of the cases that are listed, the verdict with the codes of the deviations: most cases have the same."""
        self._file: IO[bytes] = path.open("wb", 1 << 20)

    def take(self, judged: Judged) -> None:
        self._keep(dossier(judged))

    def refuse(self, case: str, findings: Iterable[Finding]) -> None:
        """A case whose record does not hold."""
        self._keep(unverifiable(case, findings))

    def _keep(self, found: Dossier) -> None:
        if found.listed:
            self._said[found.verdict, tuple(record["code"] for record in _records(found.document))] += 1
        self._file.write(kept_line(found))

    def put(self, verdict: str, records: tuple[str, ...], line: bytes) -> None:
        """A case that is listed: its verdict, the codes of its deviations, and its line (:func:`kept_line`)."""
        self._said[verdict, records] += 1
        self._file.write(line)

    @property
    def verdicts(self) -> Counter[str]:
        """Of the cases that are listed."""
        found: Counter[str] = Counter()
        for (verdict, _), times in self._said.items():
            found[verdict] += times
        return found

    @property
    def records(self) -> Counter[str]:
        """Of the same cases, the deviations by code."""
        found: Counter[str] = Counter()
        for (_, codes), times in self._said.items():
            for code in codes:
                found[code] += times
        return found

    def close(self) -> None:
        self._file.close()


def kept_line(found: Dossier) -> bytes:
    """How a dossier is kept until the report is written."""
    return canonical(found.case) + b"\t" + canonical(found.document) + b"\n"


def _records(document: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    found: Iterable[Mapping[str, Any]] = document.get("deviations", ())
    return found


def _kept(path: Path) -> Iterator[tuple[bytes, bytes]]:
    with path.open("rb") as file:
        for line in file:
            name, _, document = line.partition(b"\t")
            yield name, document[:-1]


def _merged(parts: Sequence[Path]) -> Iterator[bytes]:
    """The dossiers of several files in the order of the cases' ids."""
    if len(parts) == 1:
        yield from (document for _, document in _kept(parts[0]))
    else:
        named = (((json.loads(name), document) for name, document in _kept(part)) for part in parts)
        yield from (document for _, document in heapq.merge(*named))


def summary(report: Report, verdicts: Mapping[str, int], records: Mapping[str, int]) -> dict[str, Json]:
    """The document of a report with its verdicts and its deviations by code.

    Raises :class:`~workflow.errors.IntegrityError` when the verdicts do not add up to the cases, or the records of acts to those counted.
    """
    document = report.document()
    listed = report.count - len(report.unlisted)
    if sum(verdicts.values()) != listed:
        raise IntegrityError(Text("控制总数不符:结论与案件", f"control totals differ: {sum(verdicts.values())} verdicts of {listed} cases"))
    for code, count in report.deviations.items():
        if code != "drift" and records.get(code, 0) != count:
            raise IntegrityError(
                Text(f"控制总数不符:偏差 {code}", f"control totals differ: {count} deviations {code}, {records.get(code, 0)} records")
            )
    return {**document, "verdicts": {v: verdicts.get(v, 0) for v in VERDICTS}, "records": dict(sorted(records.items()))}


class Told(NamedTuple):
    """What a report says besides its cases."""

    verdicts: Mapping[str, int]
    records: Mapping[str, int]
    versions: Iterable[Rules]
    provenance: Mapping[str, Json]
    unreadable: Sequence[tuple[str, Text]] = ()
    """Where each row stands that could not be read, and why."""


def write(path: Path, parts: Iterable[Path], report: Report, told: Told) -> str:
    """Write the report to ``path`` from the files of :class:`Dossiers`; returns the digest of the file.

    Raises :class:`~workflow.errors.BadInput` where it cannot be written.
    """
    closing = summary(report, told.verdicts, told.records)
    try:
        with path.open("wb") as file:
            file.write(b'{"cases":[')
            for number, document in enumerate(_merged(list(parts))):
                file.write(b"," + document if number else document)
            file.write(b'],"legend":' + canonical({r.procedure.ref: legend(r) for r in told.versions}))
            file.write(b',"provenance":' + canonical(told.provenance))
            file.write(b',"summary":' + canonical(closing))
            unread = told.unreadable[:MOST_UNREADABLE]
            file.write(b',"unreadable":' + canonical([{"proof": place, "zh": why.zh, "en": why.en} for place, why in unread]) + b"}")
        return file_digest(path)
    except OSError as error:
        raise BadInput(Text(f"不能写入:{error.strerror}", f"cannot be written: {error.strerror}"), where=str(path)) from None


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


class Kept:
    """A report that lies in a file. Its cases are read one by one, as often as they are asked for; the rest is small and held."""

    def __init__(self, path: Path) -> None:
        """Raises :class:`~workflow.errors.BadInput` for a file that is no report."""
        self.path = path
        self.count = 0
        try:
            self.digest = file_digest(path)
            for _ in self.cases():
                self.count += 1
        except OSError as error:
            raise BadInput(Text(f"不能读取文件:{error.strerror}", f"cannot read the file: {error.strerror}"), where=str(path)) from None
        self.legend: Mapping[str, Any] = self._rest.get("legend", {})
        self.provenance: Mapping[str, Any] = self._rest.get("provenance", {})
        self.summary: Mapping[str, Any] = self._rest.get("summary", {})
        self.unreadable: Sequence[Mapping[str, Any]] = self._rest.get("unreadable", ())
        if not isinstance(self.summary, dict) or "totals" not in self.summary:
            raise self.no_report()

    def cases(self) -> Iterator[dict[str, Any]]:
        """Each case, in the order of the file."""
        try:
            yield from self._cases()
        except (ValueError, RecursionError):
            raise self.no_report() from None

    def no_report(self) -> BadInput:
        """What is said of a file that has not the parts of a report."""
        return BadInput(
            Text("不是回放报告", "this is no report of a replay"),
            where=str(self.path),
            hint=Text("用 duban replay --report 写出", "duban replay --report writes one"),
        )

    def _cases(self) -> Iterator[dict[str, Any]]:
        decode = json.JSONDecoder().raw_decode
        with self.path.open(encoding="utf-8") as file:
            text = file.read(_CHUNK)
            if not text.startswith('{"cases":['):
                raise ValueError("no cases")
            at = len('{"cases":[')
            while not text.startswith("]", at):
                try:
                    case, end = decode(text, at)
                except json.JSONDecodeError:
                    more = file.read(max(_CHUNK, len(text) - at))  # twice as much each time: a case may be longer than a chunk
                    if not more:
                        raise
                    text, at = text[at:] + more, 0
                    continue
                if not isinstance(case, dict) or not isinstance(case.get("rows"), list):
                    raise ValueError("no case")
                yield case
                if end >= len(text) - 1:
                    text, end = text[end:] + file.read(_CHUNK), 0
                at = end + 1 if text.startswith(",", end) else end
            rest = json.loads("{" + (text[at + 1 :] + file.read()).removeprefix(","))
        if not isinstance(rest, dict):
            raise ValueError("no summary")
        self._rest: dict[str, Any] = rest
