"""``duban migrate``: running cases are moved to a new version of their procedure, by a plan, with a preview of every date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from adapters.commands import frame, screen
from adapters.commands.answer import act_document
from adapters.commands.cases import As, Author, Dry, Person
from adapters.library import read_bytes
from workflow.act import MIGRATED, Act
from workflow.engine import Forecast
from workflow.journal.canonical import Json
from workflow.migration import read_plan
from workflow.moment import stamp
from workflow.obligation.row import Row
from workflow.rowname import called
from workflow.term.explain import shown
from workflow.text import Text

_WAYS = {
    "keep": Text("保留", "keep"),
    "from_start": Text("自起算点重算", "recompute from start"),
    "from_now": Text("自现在重算", "recompute from now"),
    "dropped": Text("新版本不再要求", "no longer owed"),
    "new": Text("新增", "new"),
}


def migrate(
    plan: Annotated[Path, typer.Option("--plan", help="迁移方案(YAML) / migration plan (YAML)")],
    role: As = "",
    person: Person = "",
    dry_run: Dry = False,
) -> None:
    """按方案把在办案件转入程序的新版本 / move running cases to a new version of their procedure"""
    author = Author(role, person, "", "", "", "", "", "")
    with frame.engine() as engine:
        wanted = read_plan(read_bytes(plan), str(plan))
        found = engine.migrate(wanted, author.said(ZoneInfo("UTC")), write=not dry_run)

    def render() -> None:
        for one in found:
            _render(one)
        if not found:
            frame.say(Text("没有需要迁移的案件", "there is no case to move"))
        elif dry_run:
            frame.say(Text(f"预演,不写入:{len(found)} 个案件", f"dry run, nothing is written: {len(found)} case(s)"))
        else:
            frame.say(Text(f"{len(found)} 个案件已转入 {wanted.new}", f"{len(found)} case(s) moved to {wanted.new}"))

    screen.emit([_document(one, dry_run) for one in found], render)


def _moved(found: Forecast) -> Act:
    return next(a for a in found.acts if a.kind == MIGRATED)


def _lines(found: Forecast) -> list[tuple[str, Row | None, Row | None]]:
    """(what becomes of it, row before, row after) of each obligation that was open, and of each that comes about."""
    act = _moved(found)
    chosen = act.data["rows"]
    assert isinstance(chosen, Mapping)
    before, after = {r.key: r for r in found.before}, {r.key: r for r in found.after}
    dropped = act.names("dropped")
    lines = [("dropped" if k in dropped else str(way), before.get(k), after.get(k)) for k, way in chosen.items()]
    fresh = [r for k, r in after.items() if r.open and not (k in before and before[k].begin is not None)]
    return [*lines, *(("new", None, r) for r in fresh)]


def _document(found: Forecast, dry_run: bool) -> Json:
    act, case = _moved(found), found.becomes.case
    rows: list[Json] = [
        {"row": (new or old).key, "choice": way, "old": _due(old), "new": _due(new), "open": new is not None and new.open}  # type: ignore[union-attr]
        for way, old, new in _lines(found)
    ]
    return {
        "case": case.id,
        "version": case.n,
        "drill": case.drill,
        "dry_run": dry_run,
        "from": f"{case.procedure}@{act.data['from_version']}",
        "to": f"{case.procedure}@{case.version}",
        "state": {"old": list(found.was.case.state) if found.was is not None else [], "new": list(act.state)},
        "obligations": rows,
        "acts": [act_document(a) for a in found.acts],
    }


def _due(row: Row | None) -> str | None:
    return stamp(row.due.instant) if row is not None and row.due is not None else None


def _render(found: Forecast) -> None:
    lang = frame.settings.lang
    act, case, rules = _moved(found), found.becomes.case, found.world.of(found.becomes.case.definition).rules
    out = screen.console()
    drill = Text("  [演练]", "  [drill]").say(lang) if case.drill else ""
    out.print(f"{case.id}  {case.procedure}@{act.data['from_version']} → {case.version}{drill}", style="bold")
    was: Sequence[str] = found.was.case.state if found.was is not None else ()
    out.print(f"  {found.world.rules.states(was).say(lang)} → {rules.states(act.state).say(lang)}")
    lines = []
    for way, old, new in _lines(found):
        row = new or old
        assert row is not None
        date = "" if way == "dropped" else _date(new, rules.zone)
        lines.append([called(row, rules).say(lang), _WAYS[way].say(lang), _date(old, rules.zone), "→", date])
    blank = screen.Column("", "", whole=True)
    headings = (Text("义务", "duty"), Text("处理", "choice"), screen.Column("原期限", "old", whole=True), blank)
    screen.table((*headings, screen.Column("新期限", "new", whole=True)), lines)


def _date(row: Row | None, zone: ZoneInfo) -> str:
    if row is None:
        return ""
    return shown(row.due, zone, frame.settings.lang) if row.due is not None else screen.term(row)
