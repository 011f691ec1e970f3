"""A matter that goes up a line of offices, made of acts that a test writes as text."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from adapters.calendars import shipped
from tests.play import at
from workflow.account import Account, account
from workflow.act import ACTED, OPENED, Act
from workflow.case.fold import Case, fold
from workflow.moment import Moment
from workflow.organisation import Actor, Organisation
from workflow.procedure.load import load
from workflow.rules import Rules, World

LINE = ("village", "town", "county", "city")
EVENTS = "".join(
    f"  to_{r}: {{zh: 报{r}, en: to {r}, report: {{kind: first, to: {r}}}, basis: unit}}\n"
    f"  call_{r}: {{zh: 电话报{r}, en: call {r}, report: {{kind: first, medium: telephone, to: {r}}}, basis: unit}}\n"
    for r in LINE
)
YAML = f"""
procedure: custody
version: "1"
zh: 逐级
en: up the line
roles: {{{", ".join(f"{r}: {{zh: {r}, en: the {r}, level: {r}}}" for r in LINE)}}}
initial: open
states: {{open: {{zh: 在办, en: open}}, closed: {{zh: 结束, en: closed, final: true}}}}
events:
  occurred: {{zh: 发生, en: occurred, opens: true, basis: unit}}
  open: {{zh: 立案, en: opened, opens: true, basis: unit}}
  close: {{zh: 结束, en: close, from: open, to: closed, basis: unit}}
{EVENTS}
obligations:
  duty:
    zh: 报镇
    en: report
    owed: {{by: village, to: town}}
    starts: {{on: case}}
    term: [{{is: promptly}}]
    met_by: to_town
    basis: unit
"""


@cache
def _world() -> World:
    found = load(YAML, "custody.yaml")
    calendar = shipped("cn")
    return World(Rules(found.procedure, found.hash), {calendar.digest: calendar}, Organisation())


WORLD = _world()


def instant(text: str) -> Moment:
    """``08:00`` of a day in March, ``24:05`` of the night after it, or ``08:00/09:00`` for somewhere between."""
    bounds = [at("03-02 00:00") + timedelta(hours=int(part[:2]), minutes=int(part[3:])) for part in text.split("/")]
    return Moment(bounds[0], bounds[-1])


def acts(*lines: tuple[str, ...]) -> list[Act]:
    """Each line is the event, the role, when it was sent, and when it was received where that is shown."""
    found = []
    for n, (event, role, sent, *got) in enumerate(lines, 1):
        medium: dict[str, Any] = {"medium": "telephone"} if event.startswith("call_") else {}
        kind, happened, actor = OPENED if n == 1 else ACTED, instant(sent), Actor(role) if role else None
        said: dict[str, Any] = {"received": instant(got[0]) if got else None, "grade": "counterpart", "data": medium, "state": ("open",)}
        found.append(Act(n, kind, event, happened, happened.hi, actor, **said))
    return found


def course(*lines: tuple[str, ...]) -> Case:
    return folded(acts(*lines))


def folded(found: list[Act]) -> Case:
    return fold(Case("C", "custody", "1", WORLD.rules.hash, "", next(iter(WORLD.calendars))), found)


def held(case: Case) -> Account:
    found = account(case, WORLD)
    assert found is not None
    return found


def told(found: Account) -> list[tuple[str, str, int]]:
    """Each stretch: from when, with whom, for how many minutes."""
    return [(clock(s.since), s.holder, s.seconds // 60) for s in found.stretches]


def clock(instant: datetime) -> str:
    minutes = (instant - at("03-02 00:00")) // timedelta(minutes=1)
    return f"{minutes // 60:02}:{minutes % 60:02}"
