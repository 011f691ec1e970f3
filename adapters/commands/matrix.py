"""``duban matrix``: which units have a case of which kind, and which have none."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NamedTuple

import typer

from adapters.commands import frame, screen
from workflow.case.clockwork import catch_up
from workflow.case.fold import Case
from workflow.engine import Engine
from workflow.errors import BadInput, UnknownName
from workflow.journal.canonical import Json
from workflow.matrix import Cell, Matrix, by_fact, by_unit, owing, without
from workflow.matrix import matrix as arranged
from workflow.moment import parse, stamp, utc
from workflow.obligation.ledger import assess
from workflow.organisation import Organisation
from workflow.rules import Duty, Rules, World
from workflow.statechart import paths, resolve
from workflow.text import Lang, Text

UNIT = "unit"


def matrix(
    procedure: Annotated[str, typer.Argument(help="程序(编号或名称) / procedure: id or title")],
    columns: Annotated[str, typer.Option("--columns", help="列:一个选项事实 / a fact with choices")],
    rows: Annotated[str, typer.Option("--rows", help="行:unit 或一个选项事实 / unit, or a fact with choices")] = UNIT,
    only: Annotated[list[str] | None, typer.Option("--only", help="只看这些列 / only these choices of the columns")] = None,
    level: Annotated[str, typer.Option("--level", help="只看这一级的每个单位 / every unit of this level")] = "",
    state: Annotated[str, typer.Option("--state", help="须处于的状态 / the state that counts")] = "",
    owed: Annotated[list[str] | None, typer.Option("--open", help="列出此义务未了的案件 / list the cases that still owe it")] = None,
    lacking: Annotated[list[str] | None, typer.Option("--without", help="列出没有此事件的案件 / list the cases without the event")] = None,
    since: Annotated[str, typer.Option("--from", help="--without 从哪天起 / since which day")] = "",
) -> None:
    """覆盖矩阵:单位 × 种类,列出缺口 / coverage of units and kinds, with the gaps"""
    if level and rows != UNIT:
        raise BadInput(Text("--level 只用于按单位分行", "--level goes with rows by unit"), where="--level")
    if since and not lacking:
        raise BadInput(Text("--from 要与 --without 一起用", "--from goes with --without"), where="--from")
    with frame.engine() as engine:
        rules = frame.rules_for(engine, procedure, dry_run=True)
        duties = [rules.find("obligation", word) for word in owed or []]
        events = [rules.find("event", word) for word in lacking or []]
        now = utc(engine.clock.now())
        organisation = engine.organisation()
        lines = by_unit(organisation, now, level) if rows == UNIT else by_fact(rules.procedure, rules.find("fact", rows))
        column = by_fact(rules.procedure, rules.find("fact", columns), tuple(only or ()))
        path = _state(rules, state) if state else ""
        worlds = _worlds(engine, rules.procedure.procedure, now)
        told = arranged((case for case, _ in worlds), lines, column, path)
        kept = [(case, world) for case, world in worlds if case.id in told.there]
        first = parse(since, rules.zone).lo if since else None
        lists: Lists = {
            "open": {d: owing({case.id: assess(_own(world, d), case, world, now) for case, world in kept}, d) for d in duties},
            "without": {e: without((case for case, _ in kept), e, first) for e in events},
        }
    document: dict[str, Json] = {
        "now": stamp(now),
        "procedure": rules.procedure.procedure,
        "state": path,
        "cells": [
            {"row": r, "column": c, "cases": list(told.cell(r, c).cases), "there": list(told.cell(r, c).there)}
            for r in told.rows
            for c in told.columns
        ],
        "gaps": [{"row": r, "column": c} for r, c in told.gaps],
        **{kind: {name: list(ids) for name, ids in named.items()} for kind, named in lists.items()},
    }
    shown = _Shown(rules, organisation, rows, columns, frame.settings.lang)
    screen.emit(document, lambda: _render(told, shown, path, lists, since))


Lists = dict[str, dict[str, tuple[str, ...]]]


def _worlds(engine: Engine, procedure: str, now: datetime) -> list[tuple[Case, World]]:
    """Every case of a procedure as it stands now, with its world."""
    found = []
    for entry in engine.cases(procedure):
        standing = engine.case(entry.id)
        world = engine.world(standing)
        found.append((catch_up(standing, world, now).case, world))
    return found


def _own(world: World, duty: str) -> list[Duty]:
    """The duty in the version that a case keeps; an older one may not have it."""
    return [world.rules.duties[duty]] if duty in world.rules.duties else []


def _state(rules: Rules, word: str) -> str:
    """The full path of a state that is named by its path, the end of it, or a label."""
    labelled = [path for path, s in paths(rules.procedure.states) if word in (s.zh, s.en)]
    found = resolve(rules.procedure.states, word) or labelled
    if len(found) != 1:
        every = [path for path, _ in paths(rules.procedure.states)]
        raise UnknownName(
            Text(f"状态 {word!r} 不明确:{'、'.join(found)}", f"the state {word!r} may be {', '.join(found)}")
            if found
            else Text(f"没有状态 {word!r}", f"there is no state {word!r}"),
            where=rules.procedure.ref,
            hint=Text("可用:" + "、".join(every), "there are: " + ", ".join(every)),
        )
    return found[0]


class _Shown(NamedTuple):
    """Names for people."""

    rules: Rules
    organisation: Organisation
    rows: str
    columns: str
    lang: Lang

    def row(self, value: str) -> str:
        if self.rows == UNIT:
            unit = self.organisation.units.get(value)
            return Text(unit.zh, unit.en).say(self.lang) if unit is not None else value or "—"
        return self._choice(self.rows, value)

    def column(self, value: str) -> str:
        return self._choice(self.columns, value)

    def _choice(self, word: str, value: str) -> str:
        fact = self.rules.procedure.facts[self.rules.find("fact", word)]
        if value in fact.of:
            return fact.of[value].text.say(self.lang)
        return {"yes": Text("是", "yes"), "no": Text("否", "no")}.get(value, Text("待核", "not known yet")).say(self.lang)

    def heading(self) -> Text:
        return Text("单位", "unit") if self.rows == UNIT else self.rules.procedure.facts[self.rules.find("fact", self.rows)].text


def _render(told: Matrix, shown: _Shown, path: str, lists: Lists, since: str) -> None:
    out, lang, rules = screen.console(), shown.lang, shown.rules
    title = rules.procedure.title.say(lang)
    if path:
        label = rules.states([path])
        title += Text(f"({label.zh} / 全部)", f" ({label.en} / all)").say(lang)
    out.print(title, style="bold")
    heads = [Text(shown.column(c), shown.column(c)) for c in told.columns]
    asked = set(told.gaps)
    body = [[shown.row(r), *(_cell(told.cell(r, c), (r, c) in asked, bool(path), lang) for c in told.columns)] for r in told.rows]
    screen.table([shown.heading(), *heads], body)
    for r in told.rows:
        gaps = [shown.column(c) for row, c in told.gaps if row == r]
        if gaps:
            out.print(Text("缺  ", "gap  ").say(lang) + shown.row(r) + Text(":", ": ").say(lang) + Text("、", ", ").say(lang).join(gaps))
    for duty, ids in lists["open"].items():
        out.print(_listed(Text("未了", "still owed"), rules.duties[duty].title, ids, "", lang))
    for event, ids in lists["without"].items():
        out.print(_listed(Text("没有", "without"), rules.procedure.events[event].text, ids, since, lang))


def _cell(cell: Cell, gap: bool, counted: bool, lang: Lang) -> str:
    if not cell.cases:
        return Text("缺", "none").say(lang) if gap else "—"
    return f"{len(cell.there)}/{len(cell.cases)}" if counted else str(len(cell.cases))


def _listed(what: Text, name: Text, ids: tuple[str, ...], since: str, lang: Lang) -> str:
    span = Text(f"({since} 起)", f" (since {since})").say(lang) if since else ""
    names = Text("、", ", ").say(lang).join(ids) or Text("无", "no case").say(lang)
    return f"{what.say(lang)}  {name.say(lang)}{span}{Text(':', ': ').say(lang)}{names}"
