"""What a log is replayed under: versions, calendar, the instant as of which it is judged; and whether it is a log of them at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from adapters.calendars import shipped
from adapters.library import definition_file, shipped_definitions
from workflow.calendar import Calendar
from workflow.errors import BadMap, ConfigError, UnknownProcedure
from workflow.logmap import LogMap, check_fit
from workflow.otherwise import Otherwise
from workflow.replay import Report, log_header
from workflow.rules import Rules
from workflow.text import Text

if TYPE_CHECKING:
    from adapters.partition import Rows


class Law(NamedTuple):
    log_map: LogMap
    versions: Sequence[Rules]
    calendar: Calendar
    as_of: datetime | None
    otherwise: Otherwise | None = None
    """The other side, where the replay is compared with one."""

    @property
    def report(self) -> Report:
        """A report in which nothing was found yet."""
        return Report(log_header(self.log_map, self.versions, self.calendar.digest, self.as_of))

    @property
    def nothing(self) -> Rows:
        from adapters.partition import Rows

        return Rows(())


def versions_of(log_map: LogMap, files: Sequence[Path], map_file: Path) -> list[Rules]:
    """The versions that a log is read under: those of the files, else the shipped ones of its procedure.

    Raises :class:`~workflow.errors.UnknownProcedure` where there are none, and :class:`~workflow.errors.BadMap` where the map does not fit.
    """
    given = [definition_file(f) for f in files] or shipped_definitions(log_map.procedure)
    versions = [Rules(d.procedure, d.hash) for d in given if d.procedure.procedure == log_map.procedure]
    if not versions:
        raise UnknownProcedure(Text(f"没有程序 {log_map.procedure!r}", f"there is no procedure {log_map.procedure!r}"), where=str(map_file))
    check_fit(log_map, [r.procedure for r in versions], str(map_file))
    return versions


def calendar_of(versions: Sequence[Rules]) -> Calendar:
    """The shipped calendar that the versions count in: a log brings none of its own. Raises :class:`NotFound`, :class:`ConfigError`."""
    names = sorted({r.procedure.calendar for r in versions})
    if len(names) > 1:
        raise ConfigError(Text(f"各版本的日历不同:{'、'.join(names)}", f"the versions count in different calendars: {', '.join(names)}"))
    return shipped(names[0])


def must_fit(foreign: Sequence[str], log: Path, log_map: LogMap) -> None:
    """Refuse a log of which the map knows no activity at all: a report of it would be one of another process.

    ``foreign`` are its activities, where the map knows none of them.
    """
    if foreign:
        shown, wanted = foreign[:10], list(log_map.activities)[:10]
        raise BadMap(
            Text(
                "日志的活动没有一个在映射中,可能是另一流程的日志", "the map knows no activity of the log: it may be one of another process"
            ),
            where=log.name,
            hint=Text(f"日志有:{'、'.join(shown)};映射有:{'、'.join(wanted)}", f"log: {', '.join(shown)}; map: {', '.join(wanted)}"),
        )
