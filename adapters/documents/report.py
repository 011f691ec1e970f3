"""The report of a replay as one canonical JSON file: every case with its duties and their proof, the legend, and the summary.

The file is ``{"cases": […], "legend": {…}, "summary": {…}}`` in canonical form (:mod:`workflow.journal.canonical`), so that whoever replays
the same input gets the same bytes. Cases stand in the order of their ids. It is written case by case: no more than one is held.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from workflow.dossier import VERDICTS, dossier, legend
from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import Json, canonical
from workflow.replay import Judged, Report
from workflow.rules import Rules
from workflow.text import Text


class Dossiers:
    """Takes the dossiers of cases as they are judged, in the order of their ids, and keeps them in a file of its own.

    Each line is the id of a case and its dossier, parted by a tab; neither holds one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.verdicts: Counter[str] = Counter()
        """Of the cases that are listed."""
        self._file: IO[bytes] = path.open("wb")

    def take(self, judged: Judged) -> None:
        found = dossier(judged)
        if found.listed:
            self.verdicts[found.verdict] += 1
        self._file.write(canonical(found.case) + b"\t" + canonical(found.document) + b"\n")

    def close(self) -> None:
        self._file.close()


def _kept(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        for line in file:
            name, _, document = line.rstrip(b"\n").partition(b"\t")
            yield json.loads(name), document


def summary(report: Report, verdicts: Mapping[str, int]) -> dict[str, Json]:
    """The document of a report with its verdicts. Raises :class:`~workflow.errors.IntegrityError` when they do not add up to its cases."""
    document = report.document()
    listed = len(report.cases) - len(report.unlisted)
    if sum(verdicts.values()) != listed:
        raise IntegrityError(Text("控制总数不符:结论与案件", f"control totals differ: {sum(verdicts.values())} verdicts of {listed} cases"))
    return {**document, "verdicts": {v: verdicts.get(v, 0) for v in VERDICTS}}


def write(path: Path, parts: Iterable[Path], report: Report, verdicts: Mapping[str, int], versions: Iterable[Rules]) -> str:
    """Write the report to ``path`` from the files of :class:`Dossiers`; returns the digest of the file.

    Raises :class:`~workflow.errors.BadInput` where it cannot be written.
    """
    closing = summary(report, verdicts)
    try:
        with path.open("wb") as file:
            file.write(b'{"cases":[')
            for number, (_, document) in enumerate(heapq.merge(*map(_kept, parts))):
                file.write(b"," + document if number else document)
            file.write(b'],"legend":' + canonical({r.procedure.ref: legend(r) for r in versions}))
            file.write(b',"summary":' + canonical(closing) + b"}")
        with path.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise BadInput(Text(f"不能写入:{error.strerror}", f"cannot be written: {error.strerror}"), where=str(path)) from None


def read(path: Path) -> dict[str, Any]:
    """A report as :func:`write` wrote it."""
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found
