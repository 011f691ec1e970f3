"""A running case is moved to another version of its procedure: its state is mapped, each open obligation keeps its date or is computed
anew (promise 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from workflow import command as commands
from workflow.act import MIGRATED, Act
from workflow.case.fold import Case, evolve
from workflow.case.scene import Scene, reasoned
from workflow.errors import NotAllowed
from workflow.journal.canonical import Json
from workflow.obligation.carry import FROM_NOW, FROM_START, KEEP
from workflow.obligation.ledger import ledger
from workflow.obligation.row import Outcome, Row
from workflow.rules import Rules, World
from workflow.statechart import resolve
from workflow.text import Text


def movable(case: Case) -> bool:
    """Whether there is anything to move: what has ended, or is void, stands by the rules it had."""
    return case.ended is None and not case.void


def target(path: str, states: Mapping[str, str], rules: Rules) -> str | None:
    """The state of the new version that stands for ``path``; ``None`` where it has none."""
    wanted = states.get(path, path)
    found = resolve(rules.procedure.states, wanted)
    return found[0] if len(found) == 1 and (path in states or found[0] == wanted) else None


def mapped(state: Sequence[str], states: Mapping[str, str], rules: Rules) -> tuple[str, ...] | None:
    """The configuration of the new version that stands for ``state``; ``None`` where there is none that a case could be in and go on."""
    found = [target(path, states, rules) for path in state]
    if None in found:
        return None
    configuration = tuple(sorted({path for path in found if path is not None}))
    chart = rules.chart
    return configuration if chart.possible(configuration) and not chart.ended(configuration) else None


def migrate(scene: Scene, command: commands.Migrate) -> Act | None:
    """``None``: there is nothing to move."""
    case, world = scene.case, scene.world
    if not movable(case) or case.definition == command.to:
        return None
    reasoned(scene, command.ground)
    new = world.of(command.to)
    state = mapped(case.state, command.states, new.rules)
    if state is None:
        here = world.rules.states(case.state)
        raise NotAllowed(
            Text(
                f"状态“{here.zh}”在 {new.rules.procedure.ref} 中没有对应",
                f"{new.rules.procedure.ref} has no counterpart of the state {here.en}",
            ),
            where=case.id,
            hint=Text("在方案的 states 中写明", "say it under 'states' of the plan"),
        )
    procedure = new.rules.procedure
    data: dict[str, Json] = {
        "definition": command.to,
        "version": procedure.version,
        "from": case.definition,
        "from_version": case.version,
        "ground": command.ground,
    }
    signed = scene.signed(command.said, (*procedure.roles, *world.rules.procedure.roles))
    act = scene.act(MIGRATED, "", command.said, data, signed=signed, state=state)
    return replace(act, data={**act.data, **_chosen(scene, act, command, new)})


def _chosen(scene: Scene, act: Act, command: commands.Migrate, new: World) -> dict[str, Json]:
    """For each obligation that has begun and is open: keep or compute anew; and those that the new version does not demand any more."""
    rows = [r for r in ledger(scene.case, scene.world, scene.now) if r.open]
    duties = new.rules.duties
    dropped = [r.key for r in rows if r.duty.id not in duties or r.to not in duties[r.duty.id].receivers]
    wanted = {r.key: _wanted(r, command) if r.key not in dropped else KEEP for r in rows}
    first = _trial(scene, act, wanted, dropped, new)
    renewed = {r.key: FROM_NOW for r in rows if wanted[r.key] == FROM_START and _past(first.get(r.key), scene)}
    again = _trial(scene, act, {**wanted, **renewed}, dropped, new) if renewed else first
    chosen = {r.key: _fair(r, {**wanted, **renewed}[r.key], again.get(r.key), r.key in renewed, scene) for r in rows}
    return {"rows": dict(sorted(chosen.items())), "dropped": list[Json](sorted(dropped))}


def _wanted(row: Row, command: commands.Migrate) -> str:
    """What the plan says of a row; what has fallen due stands (S4.3)."""
    if row.outcome != Outcome.NOT_DUE:
        return KEEP
    return command.obligations.get(row.duty.id, command.default)


def _trial(scene: Scene, act: Act, rows: Mapping[str, str], dropped: Sequence[str], new: World) -> dict[str, Row]:
    """The ledger as these choices would make it."""
    moved = replace(act, data={**act.data, "rows": dict(rows), "dropped": list(dropped)})
    return {r.key: r for r in ledger(evolve(scene.case, moved), new, scene.now)}


def _past(row: Row | None, scene: Scene) -> bool:
    return row is not None and row.due is not None and not row.due.in_time(scene.now)


def _fair(row: Row, choice: str, then: Row | None, renewed: bool, scene: Scene) -> str:
    """The choice as it is carried out: one whose date is over makes nobody late for the past (S4.2), and the earlier of the old date and
    that which counts from now holds; one that the new version does not start here is kept."""
    if choice == KEEP or then is None or then.begin is None or _past(then, scene):
        return KEEP
    later = row.due is not None and then.due is not None and row.due.instant <= then.due.instant
    return KEEP if renewed and later else choice
