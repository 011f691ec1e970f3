"""Wide tables, as offices keep them: one row a case, a column for the times of each activity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from adapters.eventlog.table import Table, demand, wrong_width
from workflow.logevent import Place
from workflow.logmap import LogMap
from workflow.text import Text

ACTIVITY, TIME, ACTOR, ROLE = "wide:activity", "wide:time", "wide:actor", "wide:role"


class _Step(NamedTuple):
    activity: str
    time: int
    date: int
    actor: int
    role: int


def unfolded(table: Table, log_map: LogMap, where: str) -> tuple[Table, LogMap]:
    """A wide table as one with a row for each event, and the map that reads it.

    Each filled cell of a column of ``wide`` is a row; its place is that cell, with the cell of its date where there is one. A date without
    a time of day is no event. A row without any time comes as a row that cannot be read. Raises
    :class:`~workflow.errors.UnreadableLog` when a column of ``wide`` is absent or there twice.
    """
    columns, zone = log_map.columns, log_map.zone
    steps = log_map.wide.items()
    said = [columns.case, zone.column if zone else None, columns.date_only, columns.sequence, log_map.zh.date if log_map.zh else None]
    said += [f.column for f in log_map.facts.values()]
    kept = list(dict.fromkeys(c for c in said if c is not None))
    who = [(step.actor or columns.actor, step.role or columns.role) for _, step in steps]
    wanted = [*kept, *log_map.wide, *(step.date for _, step in steps), *(w for pair in who for w in pair)]
    demand([w for w in wanted if w is not None], table.header, where)
    at = {name: i for i, name in enumerate(table.header)}
    nowhere = len(table.header)  # the place of an empty field behind the row

    def index(name: str | None) -> int:
        return nowhere if name is None else at[name]

    found = [
        _Step(step.activity, at[column], index(step.date), index(actor), index(role))
        for (column, step), (actor, role) in zip(steps, who, strict=True)
    ]
    tidy = columns.model_copy(
        update={"time": (TIME,), "activity": ACTIVITY, "actor": ACTOR, "role": ROLE if any(s.role != nowhere for s in found) else None}
    )
    header = [*kept, ACTIVITY, TIME, ACTOR, ROLE]
    rows = _events(table, [at[k] for k in kept], found, frozenset(log_map.missing))
    return Table(header, rows, table.typed), log_map.model_copy(update={"columns": tidy})


def _events(table: Table, kept: list[int], steps: list[_Step], missing: frozenset[str]) -> Iterator[tuple[Place, list[str] | Text]]:
    width = len(table.header)
    for place, fields in table.rows:
        if isinstance(fields, Text):
            yield place, fields
            continue
        if len(fields) != width:
            yield place, wrong_width(len(fields), width)
            continue
        fields = [*fields, ""]
        about = [fields[i] for i in kept]
        filled = [step for step in steps if fields[step.time].strip() not in missing]
        if not filled:
            yield place, Text("没有填写任何时间", "none of its times is filled in")
        for step in filled:
            date = fields[step.date]
            parts = [step.time] if date.strip() in missing else [step.date, step.time]
            time = " ".join(fields[i].strip() for i in parts)
            cell = " ".join(f"{letters(i)}{place.row}" for i in parts)
            yield place._replace(cell=cell), [*about, step.activity, time, fields[step.actor], fields[step.role]]


def letters(index: int) -> str:
    """The letters of a column of a spreadsheet: 0 is ``A``, 26 ``AA``."""
    found = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        found = chr(65 + rest) + found
    return found
