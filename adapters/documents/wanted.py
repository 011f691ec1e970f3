"""The files that somebody wants of a replay, and what is collected for them while it runs."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from adapters.documents import provenance
from adapters.documents.rendering import Files, ready, render
from adapters.documents.report import Dossiers, Kept, Told, write
from workflow.journal.canonical import Json
from workflow.journal.chain import Finding
from workflow.replay import Report
from workflow.rules import Rules
from workflow.text import Lang, Text


class Wanted:
    """Made by :func:`documented`. Where no file is wanted nothing is collected."""

    def __init__(self, report: Path | None, files: Files, lang: Lang, folder: Path | None) -> None:
        self.folder = folder
        """Where dossiers are collected; ``None`` when nobody wants them."""
        self.provenance: dict[str, Json] = {}
        """Filled in by whoever reads what is replayed."""
        self.unreadable: list[tuple[str, Text]] = []
        """So is this: where each row stands that could not be read, and why."""
        self._report, self._files, self._lang = report, files, lang
        self._versions: tuple[Rules, ...] = ()
        self._parts: tuple[Path, ...] = ()
        self._verdicts: Counter[str] = Counter()
        self._records: Counter[str] = Counter()

    def read(self, more: Iterable[tuple[str, Path]]) -> None:
        """Further files that were read, each with what it was read for."""
        if self.folder is not None and (found := [provenance.file(role, path) for role, path in more]):
            files = self.provenance.get("files", [])
            self.provenance["files"] = [*(files if isinstance(files, list) else []), *found]

    @contextmanager
    def taking(self, versions: Iterable[Rules]) -> Iterator[Dossiers | None]:
        """Takes the cases of a replay in the order of their ids; ``None`` when nobody wants them."""
        if self.folder is None:
            yield None
            return
        dossiers = Dossiers(self.folder / "cases")
        try:
            yield dossiers
        finally:
            dossiers.close()
        self.take(versions, [dossiers.path], dossiers.verdicts, dossiers.records)

    def take(self, versions: Iterable[Rules], parts: Iterable[Path], verdicts: Mapping[str, int], records: Mapping[str, int]) -> None:
        self._versions, self._parts = tuple(versions), tuple(parts)
        self._verdicts, self._records = Counter(verdicts), Counter(records)

    def refuse(self, broken: Mapping[str, Sequence[Finding]]) -> None:
        """Take the cases whose record does not hold, after the others."""
        if self.folder is None or not broken:
            return
        dossiers = Dossiers(self.folder / "broken")
        for case in sorted(broken):
            dossiers.refuse(case, broken[case])
        dossiers.close()
        self._parts += (dossiers.path,)
        self._verdicts.update(dossiers.verdicts)
        self._records.update(dossiers.records)

    def write(self, report: Report) -> list[tuple[Path, str]]:
        """Write what is wanted; returns each file with its digest. Raises :class:`~workflow.errors.BadInput` where one cannot be."""
        if self.folder is None:
            return []
        path = self._report or self.folder / "report.json"
        digest = write(path, self._parts, report, Told(self._verdicts, self._records, self._used(report), self.provenance, self.unreadable))
        written = [(path, digest)] if self._report is not None else []
        if self._files.any:
            written += [(made, digest) for made in render(Kept(path), self._files, self._lang)]
        return written

    def _used(self, report: Report) -> list[Rules]:
        """The versions that decided something."""
        named = report.header["definitions"]
        return [r for r in self._versions if isinstance(named, Mapping) and named.get(r.procedure.ref) == r.hash]


@contextmanager
def documented(report: Path | None, files: Files, lang: Lang) -> Iterator[Wanted]:
    """What is wanted of the replay in the block, with a folder for as long as it runs.

    Raises :class:`~workflow.errors.ConfigError` where a library is missing for it.
    """
    ready(files)
    if report is None and not files.any:
        yield Wanted(None, files, lang, None)
        return
    with tempfile.TemporaryDirectory(prefix="duban-") as folder:
        yield Wanted(report, files, lang, Path(folder))
