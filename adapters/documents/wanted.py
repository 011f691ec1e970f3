"""The files that somebody wants of a replay, and what is collected for them while it runs."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from adapters.documents.report import Dossiers, read, write
from workflow.errors import BadInput
from workflow.replay import Each, Report
from workflow.rules import Rules
from workflow.text import Lang, Text


class Wanted:
    """Made by :func:`documented`. Where no file is wanted nothing is collected."""

    def __init__(self, report: Path | None, html: Path | None, lang: Lang, folder: Path | None) -> None:
        self.folder = folder
        """Where dossiers are collected; ``None`` when nobody wants them."""
        self._report, self._html, self._lang = report, html, lang
        self._versions: tuple[Rules, ...] = ()
        self._files: tuple[Path, ...] = ()
        self._verdicts: Counter[str] = Counter()

    @contextmanager
    def taking(self, versions: Iterable[Rules]) -> Iterator[Each | None]:
        """Takes the cases of a replay in the order of their ids; ``None`` when nobody wants them."""
        if self.folder is None:
            yield None
            return
        dossiers = Dossiers(self.folder / "cases")
        try:
            yield dossiers.take
        finally:
            dossiers.close()
        self.take(versions, [dossiers.path], dossiers.verdicts)

    def take(self, versions: Iterable[Rules], files: Iterable[Path], verdicts: Mapping[str, int]) -> None:
        self._versions, self._files, self._verdicts = tuple(versions), tuple(files), Counter(verdicts)

    def write(self, report: Report) -> list[tuple[Path, str]]:
        """Write what is wanted; returns each file with its digest. Raises :class:`~workflow.errors.BadInput` where one cannot be."""
        if self.folder is None:
            return []
        path = self._report or self.folder / "report.json"
        digest = write(path, self._files, report, self._verdicts, self._used(report))
        written = [(path, digest)] if self._report is not None else []
        if self._html is not None:
            from adapters.documents.html import page

            try:
                self._html.write_text(page(read(path), self._lang), encoding="utf-8", newline="\n")
            except OSError as error:
                raise BadInput(Text(f"不能写入:{error.strerror}", f"cannot be written: {error.strerror}"), where=str(self._html)) from None
            written.append((self._html, digest))
        return written

    def _used(self, report: Report) -> list[Rules]:
        """The versions that decided something."""
        named = report.header["definitions"]
        return [r for r in self._versions if isinstance(named, Mapping) and named.get(r.procedure.ref) == r.hash]


@contextmanager
def documented(report: Path | None, html: Path | None, lang: Lang) -> Iterator[Wanted]:
    """What is wanted of the replay in the block, with a folder for as long as it runs."""
    if report is None and html is None:
        yield Wanted(None, None, lang, None)
        return
    with tempfile.TemporaryDirectory(prefix="duban-") as folder:
        yield Wanted(report, html, lang, Path(folder))
