"""The files that are made of a report: all from its canonical JSON and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from adapters.documents.report import Kept
from workflow.errors import BadInput, ConfigError
from workflow.text import Lang, Text


class Files(NamedTuple):
    """Which are wanted, and where."""

    html: Path | None = None
    xlsx: Path | None = None
    docx: Path | None = None
    csv: Path | None = None
    """A folder."""

    @property
    def any(self) -> bool:
        return any(path is not None for path in self)


def ready(files: Files) -> None:
    """Raise :class:`~workflow.errors.ConfigError` where a library is missing for what is wanted: said before the work, not after it."""
    for kind, module, package in (("xlsx", "openpyxl", "openpyxl"), ("docx", "docx", "python-docx")):
        if getattr(files, kind) is not None and find_spec(module) is None:
            raise ConfigError(
                Text(f"--{kind} 需要 {package}", f"--{kind} needs {package}"),
                hint=Text(f'python -m pip install "duban[{kind}]"', f'python -m pip install "duban[{kind}]"'),
            )


def _html(path: Path, report: Kept, lang: Lang) -> None:
    from adapters.documents.html import page

    path.write_text(page(report, lang), encoding="utf-8", newline="\n")


def _xlsx(path: Path, report: Kept, lang: Lang) -> None:
    from adapters.documents.xlsx import write

    write(path, report, lang)


def _docx(path: Path, report: Kept, lang: Lang) -> None:
    from adapters.documents.docx import write

    write(path, report, lang)


def _csv(path: Path, report: Kept, lang: Lang) -> None:
    from adapters.documents.csv import write

    write(path, report, lang)


_MAKE: dict[str, Callable[[Path, Kept, Lang], None]] = {"html": _html, "xlsx": _xlsx, "docx": _docx, "csv": _csv}


def render(report: Kept, files: Files, lang: Lang) -> Iterator[Path]:
    """Write what is wanted, and yield each. Raises :class:`~workflow.errors.BadInput` where one cannot be written."""
    ready(files)
    for kind, make in _MAKE.items():
        path: Path | None = getattr(files, kind)
        if path is None:
            continue
        try:
            make(path, report, lang)
        except OSError as error:
            raise BadInput(Text(f"不能写入:{error.strerror}", f"cannot be written: {error.strerror}"), where=str(path)) from None
        except (BadInput, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise report.no_report() from error
        yield path
