"""``decide(standing, command) -> standing``: accept, accept with deviations, or refuse.

A *request* may be refused; a *record* of something that happened is refused only if it cannot be read, its author is not known, or it
lies in the future (SEMANTICS S5). Before anything else the clock catches up to the recorded instant (S3.6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from workflow import command as commands
from workflow.act import Act
from workflow.case import deed, duty, matter
from workflow.case.clockwork import catch_up
from workflow.case.link import NOBODY, Naming
from workflow.case.migrate import migrate
from workflow.case.scene import Scene
from workflow.case.standing import Standing, settle
from workflow.errors import BadInput
from workflow.rules import World
from workflow.text import Text


def decide(
    standing: Standing | None,
    command: commands.Command,
    world: World,
    now: datetime,
    case_id: str = "",
    named: Naming = NOBODY,
) -> Standing:
    """The standing after the command; the new acts are those of ``case.acts`` beyond the old version.

    ``standing`` is ``None`` for :class:`~workflow.command.Open` only; ``named`` are the other cases that its act names. Raises the typed
    refusals of :mod:`workflow.errors`; nothing is changed then, because nothing is shared.
    """
    if isinstance(command, commands.Open):
        return deed.open_case(command, world, now, case_id, named)
    if standing is None:
        raise BadInput(Text("没有案件", "there is no case"))
    if isinstance(command, commands.Recalendar):  # it says itself who imported which calendar, and on what ground
        world = replace(world, in_use={})
    now = max(now, standing.case.acts[-1].recorded)  # a clock that went back makes nothing earlier than what stands in the journal
    standing = catch_up(standing, world, now)
    draft = _HANDLERS[type(command)](Scene(standing, world, now, named), command)
    if draft is None:
        return standing
    standing = settle(standing, draft, world)
    return catch_up(standing, world.of(standing.case.definition), now)


_HANDLERS: dict[type, Callable[[Scene, Any], Act | None]] = {
    commands.Do: deed.do,
    commands.Record: deed.do,
    commands.Receipt: duty.receipt,
    commands.Confirm: duty.confirm,
    commands.Waive: duty.waive,
    commands.Dismiss: duty.dismiss,
    commands.Extend: duty.extend,
    commands.Revise: matter.revise,
    commands.Decide: matter.decide,
    commands.Correct: matter.correct,
    commands.Note: matter.note,
    commands.Withdraw: matter.withdraw,
    commands.Void: matter.void,
    commands.SameAs: matter.same_as,
    commands.Reopen: matter.reopen,
    commands.Recalendar: matter.recalendar,
    commands.Migrate: migrate,
    commands.Hold: matter.hold,
    commands.Release: matter.release,
    commands.Erase: matter.erase,
}
