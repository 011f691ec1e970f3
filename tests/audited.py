"""The dossier of one case of a log under a small procedure that a test writes: opened, then whatever happened when."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from adapters.calendars import shipped
from tests.play import at
from workflow.dossier import dossier
from workflow.logevent import LogEvent, Place
from workflow.logmap import LogMap, read_map
from workflow.moment import Moment
from workflow.procedure.load import load
from workflow.replay import Judged, replay_log
from workflow.rules import Rules

CALENDAR = shipped("cn")
PROCEDURE = """
procedure: audited
version: "{version}"
zh: 小
en: small
roles: {{desk: {{zh: 值班, en: desk, level: town}}, boss: {{zh: 领导, en: boss, level: town}}}}
initial: open
states: {{open: {{zh: 在办, en: open}}, closed: {{zh: 结束, en: closed, final: true}}}}
events:
  start: {{zh: 开始, en: start, opens: true, by: boss, basis: unit}}
  take: {{zh: 受理, en: take up, by: boss, basis: unit}}
  hold: {{zh: 中止, en: hold, by: boss, basis: unit}}
  resume: {{zh: 恢复, en: resume, by: boss, basis: unit}}
  done: {{zh: 办结, en: done, by: desk, basis: unit}}
  cancel: {{zh: 取消, en: cancel, by: boss, basis: unit}}
  close: {{zh: 结束, en: close, from: open, to: closed, by: boss, basis: unit}}
obligations:
  duty:
    zh: 义务
    en: duty
    owed: {{by: desk}}
    starts: {starts}
    term: [{{is: {term}, note: day}}]
    {more}
    pause: [{{from: hold, until: resume}}]
    met_by: done
    discharged_by: cancel
    basis: unit
"""
LOG_MAP: LogMap = read_map(
    "procedure: audited\ncolumns: {case: c, activity: a, time: t}\nzone: Asia/Shanghai\nactivities: {s: start, d: done}\n", "map.yaml"
)


@cache
def rules(term: str, more: str = "", version: str = "1", starts: str = "{on: case}") -> Rules:
    found = load(PROCEDURE.format(term=term, more=more, version=version, starts=starts), "audited.yaml")
    return Rules(found.procedure, found.hash)


def reads(*readings: str, starts: Sequence[str] = ()) -> str:
    """The line that makes the wording ambiguous."""
    return f"ambiguous: {{note: {{zh: 日, en: day}}, readings: [{', '.join(readings)}], starts: [{', '.join(starts)}]}}"


def moment(text: str | Moment) -> Moment:
    """``09-24 10:20``; a day alone is all of it."""
    if isinstance(text, Moment):
        return text
    return Moment.at(at(text)) if ":" in text else Moment.day(at(f"{text} 00:00"), at("01-01 00:00").tzinfo)  # type: ignore[arg-type]


def judged(law: Rules, *happened: tuple[str, str | Moment], as_of: str = "12-31 12:00", calendar: Any = CALENDAR) -> Judged:
    events = log(happened)
    found: list[Judged] = []
    until = at(as_of)
    replay_log([("C", events)], LOG_MAP, [law], calendar, read=len(events), ignored=0, unreadable=0, as_of=until, each=found.append)
    return found[0]


def log(happened: Sequence[tuple[str, str | Moment]]) -> list[LogEvent]:
    """The events of one case, in their order."""
    return sorted((LogEvent(name, True, moment(when), "", Place(n), name) for n, (name, when) in enumerate(happened, 1)), key=order)


def order(event: LogEvent) -> tuple[Any, ...]:
    return event.happened.lo, event.happened.hi, event.name != "start"


def audited(law: Rules, *happened: tuple[str, str | Moment], as_of: str = "12-31 12:00") -> dict[str, Any]:
    """The dossier."""
    return dossier(judged(law, *happened, as_of=as_of)).document


def row(law: Rules, *happened: tuple[str, str | Moment], as_of: str = "12-31 12:00") -> dict[str, Any]:
    """The one row of its one duty."""
    (found,) = audited(law, *happened, as_of=as_of)["rows"]
    assert isinstance(found, dict)
    return found


def outcomes(readings: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {r["term"]: r["outcome"] for r in readings}
