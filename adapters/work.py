"""What a replay of a log in parts has done already, kept in a folder: a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any, Self

from adapters.documents import provenance
from adapters.documents.report import file_digest
from adapters.eventlog import Unreadable
from adapters.files import replacing
from adapters.law import Law
from adapters.logsource import File
from adapters.partition import Basis, Found, Task
from workflow.errors import BadInput, StoreBusy
from workflow.journal.canonical import Json, canonical
from workflow.logevent import Place
from workflow.replay import Report
from workflow.text import Text

try:
    import fcntl
except ImportError:  # not a POSIX system: two runs in one folder are not kept apart there
    fcntl = None  # type: ignore[assignment]


def parts_only() -> BadInput:
    """What is said where nothing can be kept: a log that is no folder of parts, a journal."""
    return BadInput(
        Text("--work 要求分成部分的日志文件夹", "--work needs a log in a folder of parts"),
        hint=Text("先 duban log convert 再 duban log split", "duban log convert, then duban log split"),
    )


class Work:
    """The finished parts in ``folder``. One is taken up again only under the same law, of the same bytes and by the same program.

    The folder belongs to one run at a time. Raises :class:`~workflow.errors.StoreBusy` where another has it, and
    :class:`~workflow.errors.BadInput` where it is no folder to write in.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._held = (folder / "in-use").open("ab")
        except OSError as error:
            raise BadInput(
                Text(f"不能使用文件夹:{error.strerror}", f"cannot use the folder: {error.strerror}"), where=str(folder)
            ) from None
        self.folder = folder
        try:
            if fcntl is not None:
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._held.close()
            raise StoreBusy(Text("另一次回放正在使用此文件夹", "another replay is using this folder"), where=str(folder)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def kept(self, task: Task[Any], law: Basis) -> Found | None:
        """What was found in a part; ``None`` where it is not done, or not so."""
        try:
            said = json.loads(self._note(task).read_bytes())
        except (OSError, ValueError):
            return None
        if not isinstance(said, dict) or said.get("of") != self._of(task, law):
            return None
        assert isinstance(law, Law)
        if task.place is not None and (not task.place.is_file() or file_digest(task.place) != said["dossiers"]):
            return None
        report = Report(
            law.report.header,
            said["cases"],
            events=Counter(said["events"]),
            outcomes={duty: Counter(outcomes) for duty, outcomes in said["outcomes"].items()},
            deviations=Counter(said["deviations"]),
            rows=said["rows"],
            counted=said["counted"],
            later=said["later"],
        )
        unreadable = [Unreadable(Place(*place), Text(*reason)) for place, reason in said["unreadable"]]
        files = [task.place] if task.place is not None else []
        return Found(report, files, Counter(said["verdicts"]), Counter(said["records"]), None, unreadable)

    def keep(self, task: Task[Any], law: Basis, found: Found) -> None:
        """Keep what was found in a part: its dossiers lie here already."""
        report = found.report
        said: dict[str, Any] = {
            "of": self._of(task, law),
            "dossiers": file_digest(task.place) if task.place is not None else "",
            "cases": report.cases,
            "events": report.events,
            "outcomes": report.outcomes,
            "deviations": report.deviations,
            "rows": report.rows,
            "counted": report.counted,
            "later": report.later,
            "unreadable": [[row.place, row.reason] for row in found.unreadable],
            "verdicts": found.verdicts,
            "records": found.records,
        }
        with replacing(self._note(task)) as beside:
            beside.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")

    def _note(self, task: Task[Any]) -> Path:
        return self.folder / f"{task.number}.json"

    def _of(self, task: Task[Any], law: Basis) -> str:
        """Everything that decides what is found in a part."""
        if not isinstance(task.share, File) or not isinstance(law, Law):
            raise parts_only()
        decides: dict[str, Json] = {
            "file": file_digest(task.share.path),
            "totals": task.share.totals,
            "dossiers": task.place is not None,
            "header": law.report.header,
            "versions": [rules.hash for rules in law.versions],
            "map": law.log_map.model_dump(mode="json"),
            "program": provenance.program(),
        }
        return hashlib.sha256(canonical(decides)).hexdigest()
