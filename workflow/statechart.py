"""A procedure's states compiled to one ``transitions`` hierarchical machine.

The machine is the only table of moves. It is asked once for each (configuration, event) and its answer is kept, because a nested machine
takes a quarter of a millisecond to answer and is not re-entrant: one machine serves all threads behind a lock, and no model is ever added.
Conditions, roles and facts are judged by :mod:`workflow.case` before the machine is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import Any

from transitions import MachineError
from transitions.extensions.nesting import HierarchicalMachine, NestedState

from workflow.procedure.model import ANY, Event, Procedure, State

Configuration = tuple[str, ...]
"""The active leaf states, sorted: ``("handling.evidence.open", "handling.remedy.none")``."""


class _State(NestedState):
    separator = "."


class _Machine(HierarchicalMachine):
    state_cls = _State


class _Token:
    """The throw-away model of one question. Its attribute begins with an underscore, so that no event has its name."""

    __slots__ = ("_at",)

    def __init__(self, at: Any) -> None:
        self._at = at


def paths(states: Mapping[str, State], prefix: str = "") -> Iterator[tuple[str, State]]:
    """Every state with its full dotted path, parents before children, in the order of the file."""
    for name, state in states.items():
        path = f"{prefix}{name}"
        yield path, state
        yield from paths(state.states, f"{path}.")


def resolve(states: Mapping[str, State], reference: str) -> list[str]:
    """The full paths that ``reference`` may mean: itself, or those that end with it. One is right; none or several is an error."""
    inner: Mapping[str, State] | None = states
    for step in reference.split("."):
        state = inner.get(step) if inner is not None else None
        inner = state.states if state is not None else None
    if inner is not None:
        return [reference]
    return [path for path, _ in paths(states) if path.endswith("." + reference)]


def moves(procedure: Procedure, event: Event) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """The moves of one event as full paths: its sources, and its target (``None``: it moves nothing).

    No source, or ``any``, is every state of the top level that is not final.
    """
    states = procedure.states
    tops = [name for name, state in states.items() if not state.final]
    declared: Iterable[tuple[tuple[str, ...], str | None]] = [(m.source, m.target) for m in event.moves] or [(event.source, event.target)]
    for sources, target in declared:
        full = [path for s in sources or (ANY,) for path in (tops if s == ANY else resolve(states, s)[:1])]
        yield tuple(dict.fromkeys(full)), None if target is None else resolve(states, target)[0]


class Statechart:
    """What may happen in which configuration, and where it leads."""

    def __init__(self, procedure: Procedure) -> None:
        states = procedure.states
        self._states = states
        self._final = {path for path, state in paths(states) if state.final and "." not in path}
        transitions: list[dict[str, Any]] = []
        for name, event in procedure.events.items():
            for sources, target in moves(procedure, event):
                transitions.append({"trigger": name, "source": list(sources), "dest": target})
        self._machine = _Machine(
            model=None,
            states=[_node(name, state) for name, state in states.items()],
            transitions=transitions,
            initial=procedure.initial,
            auto_transitions=False,
            send_event=True,
            model_attribute="_at",
        )
        self._lock = Lock()
        self._answers: dict[tuple[Configuration, str], Configuration | None] = {}
        self.initial: Configuration = self._enter(procedure.initial, states)

    def fire(self, configuration: Configuration, event: str) -> Configuration | None:
        """The configuration after ``event``; the same one for an event that moves nothing; ``None`` when it is not enabled here."""
        key = (configuration, event)
        try:
            return self._answers[key]
        except KeyError:
            pass
        with self._lock:
            answer = self._ask(configuration, event)
        self._answers[key] = answer
        return answer

    def enabled(self, configuration: Configuration) -> list[str]:
        """The events that the machine would accept here, in the order of the file."""
        return [name for name in self._machine.events if self.fire(configuration, name) is not None]

    def ended(self, configuration: Configuration) -> bool:
        """Whether every active state lies in a final state of the top level."""
        return all(leaf.split(".", 1)[0] in self._final for leaf in configuration)

    def possible(self, configuration: Configuration) -> bool:
        """Whether a case may be in these states at once: one of each level, of a parallel state one in every region."""

        def leaves(path: str, state: State) -> set[str] | None:
            if not state.states:
                return {path} if path in active else set()
            regions = [leaves(f"{path}.{child}", inner) for child, inner in state.states.items()]
            if None in regions:
                return None
            there = [r for r in regions if r]
            if not there:
                return set()
            if len(there) != (len(regions) if state.parallel else 1):
                return None
            return set().union(*there)

        active = set(configuration)
        found = [leaves(name, state) for name, state in self._states.items()]
        return None not in found and sum(1 for f in found if f) == 1 and set().union(*(f or set() for f in found)) == active

    def _ask(self, configuration: Configuration, event: str) -> Configuration | None:
        if event not in self._machine.events:
            return None
        token = _Token(list(configuration) if len(configuration) > 1 else configuration[0])
        try:
            moved = self._machine.trigger_event(token, event)
        except MachineError:
            return None
        return _flat(token._at) if moved else None

    def _enter(self, name: str, states: Mapping[str, State]) -> Configuration:
        leaves: list[str] = []

        def descend(path: str, state: State) -> None:
            if not state.states:
                leaves.append(path)
            elif state.parallel:
                for child, inner in state.states.items():
                    descend(f"{path}.{child}", inner)
            else:
                child = state.initial or next(iter(state.states))
                descend(f"{path}.{child}", state.states[child])

        descend(name, states[name])
        return tuple(sorted(leaves))


def _node(name: str, state: State) -> dict[str, Any]:
    node: dict[str, Any] = {"name": name}
    if state.states:
        children = [_node(child, inner) for child, inner in state.states.items()]
        if state.parallel:
            node["parallel"] = children
        else:
            node["children"] = children
            node["initial"] = state.initial or next(iter(state.states))
    return node


def _flat(state: Any) -> Configuration:
    if isinstance(state, str):
        return (state,)
    leaves: list[str] = []
    for part in state:
        leaves.extend(_flat(part))
    return tuple(sorted(leaves))
