"""Durable transitions beside xstate-statemachine, at NORMAL

The same commands at `synchronous=NORMAL` on both sides, which is what the store of `xstate-statemachine` sets. Its chart is made from our
definition: the same regions, states and events; what moves nothing on our side moves nothing there. Each event carries the document of
the command and is written to its audit log. It computes no due dates, arms no timers, knows no roles and keeps no chain. Three ways:

- `persisted`, the idiom of its documentation: load, act, save, under its optimistic lock;
- `persisted` under its pessimistic lock: snapshot and log record in one transaction;
- a loop of our own on top of it, in which machines stay in memory, as our folded cases do, saved with the version expected, in one
  transaction with the log record.

We must be ahead of both documented ways; the third, which no page of its documentation has, is aimed at.
"""

from __future__ import annotations

from typing import Any

from adapters.library import shipped_definitions
from benchmarks.dispute import PROCEDURE, cases, engine, play, steps
from benchmarks.measure import Goal, Plan, Report, Work, interleave, need, ratio
from workflow.command import Command, Do, Open
from workflow.procedure.model import Procedure, State
from workflow.statechart import resolve


def chart(procedure: Procedure) -> dict[str, Any]:
    """The procedure's states and events as an XState document; events that move nothing are heard in the first state."""
    moves: dict[str, dict[str, Any]] = {}
    for name, event in procedure.events.items():
        for source in event.source or (procedure.initial,):
            where = resolve(procedure.states, source)[0]
            target = event.target and f"#case.{resolve(procedure.states, event.target)[0]}"
            moves.setdefault(where, {})[name] = {"target": target} if target else {}
    for name in ("receipt", *procedure.decisions):
        moves.setdefault(procedure.initial, {})[name] = {}

    def node(path: str, state: State) -> dict[str, Any]:
        if state.final:
            return {"type": "final"}
        found: dict[str, Any] = {"on": moves.get(path, {})}
        if state.states:
            found["states"] = {name: node(f"{path}.{name}", inner) for name, inner in state.states.items()}
            found |= {"type": "parallel"} if state.parallel else {"initial": state.initial}
        return found

    return {"id": "case", "initial": procedure.initial, "states": {name: node(name, state) for name, state in procedure.states.items()}}


def event_of(command: Command) -> tuple[str, dict[str, Any]]:
    """The name and the payload of a command as an event."""
    name = command.event if isinstance(command, Do) else getattr(command, "decision", command.verb)
    document: dict[str, Any] = command.document()
    return name, {"actor": command.said.actor.person, "reason": document.pop("reason", None), "command": document}


def run(plan: Plan) -> Report:
    need("xstate_statemachine")
    from xstate_statemachine import create_machine
    from xstate_statemachine.persistence import (
        AuditPlugin,
        PessimisticLock,
        SQLiteLog,
        SQLiteStore,
        load_interpreter,
        persisted,
        save_interpreter,
    )

    machine = create_machine(chart(shipped_definitions(PROCEDURE)[0].procedure))
    names = [cases(number, plan.size(60, 2)) for number in range(plan.rounds)]
    made, clock = engine(plan.folder / "ours.db", "normal")
    stores = [SQLiteStore(plan.folder / f"theirs{n}.db") for n in range(3)]
    audits = [AuditPlugin(SQLiteLog(store)) for store in stores]
    live: dict[str, tuple[Any, int]] = {}

    def ours(number: int) -> Work:
        return lambda: play(made, clock, names[number])

    def loading(at: int, lock: Any) -> Any:
        def work(number: int) -> int:
            count = 0
            for _, name, command in steps(names[number]):
                with persisted(stores[at], name, machine, lock=lock, plugins=[audits[at]]) as case:
                    if not isinstance(command, Open):
                        event, payload = event_of(command)
                        case.send(event, **payload)
                count += 1
            return count

        return lambda number: lambda: work(number)

    def keeping(number: int) -> Work:
        def work() -> int:
            count = 0
            for _, name, command in steps(names[number]):
                with stores[2].lock(name, timeout=5):
                    case, version = live.get(name) or load_interpreter(stores[2], name, machine, plugins=[audits[2]])
                    if not isinstance(command, Open):
                        event, payload = event_of(command)
                        case.send(event, **payload)
                    live[name] = (case, save_interpreter(stores[2], name, case, expected_version=version))
                count += 1
            return count

        return work

    sides = {
        "duban": ours,
        "xstate-statemachine, persisted": loading(0, None),
        "xstate-statemachine, persisted, pessimistic": loading(1, PessimisticLock()),
        "xstate-statemachine, kept in memory": keeping,
    }
    with made:
        figures = interleave(plan.rounds, sides, "commands/s")
    for store in stores:
        ends = [store.load(name) for some in names for name in some]
        assert all(end is not None and '"case.closed"' in end.snapshot for end in ends), "the peer did not close every case"
        store.close()
    documented = ratio(figures["duban"], [figure for name, figure in figures.items() if "persisted" in name])
    kept = ratio(figures["duban"], figures["xstate-statemachine, kept in memory"])
    return Report((*figures.values(), documented, kept), (Goal(documented, binds=1.0), Goal(kept, direction=1.0)))
