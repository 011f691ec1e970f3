"""``duban org``: load an organisation, look at it, and at who owes what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from adapters.commands import frame, registers, screen
from adapters.organisations import entries_named
from workflow.engine import Engine
from workflow.errors import BadInput
from workflow.frequency import unset
from workflow.journal.canonical import Json
from workflow.moment import utc
from workflow.organisation import check, dated, evolve
from workflow.organisation.gaps import gaps
from workflow.owners import owners, unowned
from workflow.procedure.model import Procedure
from workflow.text import Text

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})


@app.command()
def load(
    file: Annotated[str, typer.Argument(help="机构文件,或 hospital、town / file, or hospital, town")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查 / only check")] = False,
) -> None:
    """导入机构:单位、岗位、任职、请假 / load units, posts, holders, leave"""
    found = entries_named(file)
    if dry_run or frame.absent():  # what is refused leaves no store behind
        with frame.engine(create=True, dry_run=True) as engine:
            organisation, since = engine.organisation(), utc(engine.clock.now())
        for body, _ in found:
            body = dated(body, since)
            check(organisation, body)
            organisation = evolve(organisation, body)
    if not dry_run:
        with frame.engine(create=True) as engine:
            engine.organise(found)
    screen.emit(
        {"entries": len(found), "dry_run": dry_run},
        lambda: frame.say(Text(f"{len(found)} 条机构记录", f"{len(found)} organisation entries")),
    )


Asked = Annotated[list[str], typer.Option("--procedure", "-p", help="也看这些程序 / of these procedures too, repeatable")]


@app.command()
def show(procedure: Asked = []) -> None:
    """查看机构:谁现在可以签字、队伍、资源、指挥权限,缺什么 / who may sign now, teams, resources, powers, what is missing"""
    with frame.engine() as engine:
        organisation = engine.organisation()
        now = utc(engine.clock.now())
        procedures = in_use(engine, procedure)
        recurring = engine.definitions()
    missing = [*gaps(organisation, now), *unowned(organisation, procedures, now), *unset(organisation, recurring, now)]
    document: dict[str, Json] = {
        "posts": registers.posts(organisation, now),
        "teams": registers.teams(organisation, now),
        "resources": registers.resources(organisation, now),
        "authority": registers.powers(organisation, now),
        "procedures": [p.ref for p in procedures],
        "gaps": [gap.document() for gap in missing],
    }
    screen.emit(document, lambda: registers.show(organisation, now, procedures, missing))


@app.command()
def duties(
    unit: Annotated[str, typer.Option("--unit", help="只看一个单位 / one unit")] = "",
    procedure: Asked = [],
) -> None:
    """职责清单:每个单位的岗位负什么责 / the duty list of each unit: which post owes what"""
    with frame.engine() as engine:
        organisation = engine.organisation()
        now = utc(engine.clock.now())
        procedures = in_use(engine, procedure)
    if unit and unit not in organisation.units:
        raise BadInput(
            Text(f"没有单位 {unit}", f"there is no unit {unit}"),
            hint=Text("可用:" + "、".join(organisation.units), "there are: " + ", ".join(organisation.units)),
        )
    found = [owner for owner in owners(organisation, procedures, now) if not unit or owner.unit == unit]
    screen.emit([owner.document() for owner in found], lambda: registers.show_duties(organisation, procedures, found))


def in_use(engine: Engine, asked: Sequence[str] = ()) -> list[Procedure]:
    """The procedures that cases of the store run on, and those that were asked for, by reference."""
    used = {row.definition for row in engine.cases()}
    rules = [r for r in engine.definitions() if r.hash in used]
    rules.extend(frame.rules_for(engine, name, dry_run=True) for name in asked)
    return [found for _, found in sorted({r.procedure.ref: r.procedure for r in rules}.items())]
