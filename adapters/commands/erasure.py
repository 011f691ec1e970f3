"""Destroying personal data on a lawful ground, and the holds that forbid it (SEMANTICS S9.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import typer

from adapters.commands import cases, frame, rehearsal, screen
from adapters.commands.cases import As, At, Author, Case, Dry, Expected, Key, Person, Reason, Remark
from workflow import command as commands
from workflow.act import ERASED
from workflow.engine import Forecast
from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.text import Text


def hold(
    case: Case,
    kind: Annotated[Literal["dispute", "appeal", "inspection"], typer.Argument(help="争议、申诉或检查 / dispute, appeal or inspection")],
    reason: Reason,
    role: As = "",
    person: Person = "",
    at: At = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    author = Author(role, person, at, "", "", "", "", note)
    cases._do(case, author, lambda said, _: commands.Hold(said=said, kind=kind, reason=reason), key, expected, dry_run)


def release(
    case: Case,
    of: Annotated[int, typer.Argument(help="保留的序号 / number of the hold")],
    reason: Reason,
    role: As = "",
    person: Person = "",
    at: At = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    author = Author(role, person, at, "", "", "", "", note)
    cases._do(case, author, lambda said, _: commands.Release(said=said, of=of, reason=reason), key, expected, dry_run)


def erase(
    case: Case,
    ground: Annotated[str, typer.Option("--ground", help="依据 / ground")],
    decider: Annotated[str, typer.Option("--decider", help="决定人:角色或角色:人员 / who decided, role or role:person")],
    entry: Annotated[
        list[int], typer.Option("--entry", help="条目序号,可重复;先用 --dry-run 查看 / entry, repeatable; see --dry-run first")
    ] = [],
    role: As = "",
    person: Person = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    if not entry and not dry_run:
        raise BadInput(
            Text("没有指明要销毁的条目", "no entry is named"),
            where=case,
            hint=Text("用 --dry-run 查看,再以 --entry 指明", "look with --dry-run, then name each with --entry"),
        )
    author = Author(role, person, "", "", "", "", "", note)
    if not dry_run:
        cases._do(case, author, lambda said, _: _erase(said, entry, ground, decider), key, expected, dry_run)
        return
    with frame.engine() as engine:
        standing = engine.case(case)
        chosen = entry or [act.n for act in standing.case.acts if act.kind != ERASED]
        lost = {n: private for n in sorted(set(chosen)) if (private := engine.private(case, n))}
        said = author.said(engine.world(standing).rules.zone)
        found = engine.forecast(case, _erase(said, entry or lost, ground, decider), expected=expected or None, key=key or None)
    document: dict[str, Json] = {**rehearsal.document(found), "destroyed": [{"n": n, "content": private} for n, private in lost.items()]}
    screen.emit(document, lambda: _preview(found, lost))


def _erase(said: commands.Said, entries: Iterable[int], ground: str, decider: str) -> commands.Command:
    return commands.Erase(said=said, entries=tuple(entries), ground=ground, decider=cases.actor(decider))


def _preview(found: Forecast, lost: Mapping[int, Mapping[str, Json]]) -> None:
    lang = frame.settings.lang
    screen.console().print(Text("将被销毁、不可恢复的内容:", "what would be destroyed for good:").say(lang), style="bold")
    screen.table(
        (Text("号", "entry"), Text("项目", "item"), Text("内容", "content")),
        [[f"#{n}", name, _shown(value)] for n, private in lost.items() for name, value in private.items()],
    )
    rehearsal.render(found)


def _shown(value: Json) -> str:
    return "; ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
