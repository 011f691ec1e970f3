"""``duban audit export --format``: the journal for programs of process mining, as XES or OCEL 2.0."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from adapters.commands import frame, place
from adapters.eventlog.ocelout import json_lines, objects_of, write_sqlite
from adapters.eventlog.told import ToldCase, told
from adapters.eventlog.xesout import xes_lines
from adapters.files import replacing, write_whole
from adapters.journaled import of_store
from workflow.engine import Engine
from workflow.replay import Judged, replay_cases
from workflow.text import Text

SQLITE = (".sqlite", ".sqlite3", ".db")
"""Endings of the names of files that get the relational form of OCEL."""


class Form(StrEnum):
    JOURNAL = "journal"
    XES = "xes"
    OCEL = "ocel"


def export_for_others(engine: Engine, form: Form, until: datetime, output: Path | None) -> None:
    """Write the cases as they stood at ``until`` in the form that other programs read.

    Raises :class:`~workflow.errors.IntegrityError` where the record of a case does not hold: what is passed on must be sound.
    """
    if form is Form.OCEL and output is not None and output.suffix.lower() in SQLITE:
        with replacing(output) as beside:
            write_sqlite(objects_of(_cases(engine, until), until), beside)
    else:
        cases = _cases(engine, until)
        _write(output, xes_lines(cases) if form is Form.XES else json_lines(objects_of(cases, until)))
    if output is not None:
        frame.say(Text(f"已写入 {output}", f"wrote {output}"))


def _cases(engine: Engine, until: datetime) -> list[ToldCase]:
    with engine.store.read() as view:
        found = of_store(view, place.name())
    for findings in found.broken.values():
        raise findings[0].error(place.name())
    cases: list[ToldCase] = []
    entered = {case: [act for act in acts if act.recorded <= until] for case, acts in found.cases}

    def take(judged: Judged) -> None:
        cases.append(told(judged.case, entered[judged.case.id], judged.rows, judged.world, judged.proofs))

    replay_cases(found.cases, found.rules, found.calendars, found.organisation(until), until, found.hashes.__getitem__, take)
    return cases


def _write(output: Path | None, lines: Iterable[str]) -> None:
    if output is None:
        sys.stdout.writelines(lines)
    elif output.suffix.lower() == ".gz":
        with replacing(output) as beside, beside.open("xb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
            packed.writelines(line.encode() for line in lines)
    else:
        write_whole(output, lines)
