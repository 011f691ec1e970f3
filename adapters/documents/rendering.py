"""The files that are made of a report: all from its canonical JSON and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from adapters.documents.report import Kept
from workflow.errors import BadInput
from workflow.text import Lang, Text


class Files(NamedTuple):
    """Which are wanted, and where."""

    html: Path | None = None
    xlsx: Path | None = None
    csv: Path | None = None
    """A folder."""

    @property
    def any(self) -> bool:
        return any(path is not None for path in self)


def _html(path: Path, report: Kept, lang: Lang) -> None:
    from adapters.documents.html import page

    path.write_text(page(report, lang), encoding="utf-8", newline="\n")


def _xlsx(path: Path, report: Kept, lang: Lang) -> None:
    from adapters.documents.xlsx import write

    write(path, report, lang)


def _csv(path: Path, report: Kept, lang: Lang) -> None:
    from adapters.documents.csv import write

    write(path, report, lang)


_MAKE: dict[str, Callable[[Path, Kept, Lang], None]] = {"html": _html, "xlsx": _xlsx, "csv": _csv}


def render(report: Kept, files: Files, lang: Lang) -> Iterator[Path]:
    """Write what is wanted, and yield each. Raises :class:`~workflow.errors.BadInput` where one cannot be written."""
    for kind, make in _MAKE.items():
        path: Path | None = getattr(files, kind)
        if path is None:
            continue
        try:
            make(path, report, lang)
        except OSError as error:
            raise BadInput(Text(f"不能写入:{error.strerror}", f"cannot be written: {error.strerror}"), where=str(path)) from None
        yield path
