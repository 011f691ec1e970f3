"""What is wrong with the courses that the states and events allow: states no case comes to, states no case leaves, conditions that never
hold or always do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product

from workflow.lint.course import EVENT, STATE, Courses
from workflow.lint.finding import Finding
from workflow.procedure.alternative import MAX_CASES, atoms_of, domain, key_of, known_of
from workflow.procedure.condition import Compare, Condition, Decided, Happened, holds
from workflow.procedure.model import Fact
from workflow.procedure.source import Path
from workflow.text import Text


def charted(courses: Courses) -> Iterator[Finding]:
    yield from _unreachable(courses)
    yield from _traps(courses)
    yield from _conditions(courses)


def state_at(path: str) -> Path:
    return ("states", *(part for step in path.split(".") for part in (step, "states")))[:-1]


def _unreachable(courses: Courses) -> Iterator[Finding]:
    for path, leaves in courses.leaves_of.items():
        if all((STATE, leaf) not in courses.possible for leaf in leaves):
            parent = path.rpartition(".")[0]
            if not parent or any((STATE, leaf) in courses.possible for leaf in courses.leaves_of[parent]):
                said = Text(f"没有案件能进入状态 {path}", f"no case ever comes to the state {path}")
                yield Finding("chart.unreachable", "warning", state_at(path), said, Text("补上通向它的事件", "add an event to it"))
    for name in courses.p.events:
        if (EVENT, name) not in courses.possible:
            said = Text(f"事件 {name} 永不可能发生", f"the event {name} can never happen")
            yield Finding("chart.never_happens", "error", ("events", name), said, Text("检查 from 和 when", "check 'from' and 'when'"))


def _traps(courses: Courses) -> Iterator[Finding]:
    """States from which the end of the case is out of reach."""
    final = {leaf for name, state in courses.p.states.items() if state.final for leaf in courses.leaves_of[name]}
    if not final:
        said = Text("没有结束状态,案件永不结束", "there is no final state: a case never ends")
        yield Finding("chart.no_end", "warning", ("states",), said, Text("给一个状态写 final: true", "give one state 'final: true'"))
        return
    for leaf in courses.enders(final):
        said = Text(f"从状态 {leaf} 到不了任何结束状态", f"from the state {leaf} no course comes to an end")
        yield Finding("chart.trap", "error", state_at(leaf), said, Text("补上离开它的事件", "add an event that leaves it"))


def _conditions(courses: Courses) -> Iterator[Finding]:
    p = courses.p
    conditions: list[tuple[Path, Condition]] = [(("events", n, "when"), e.when) for n, e in p.events.items() if e.when is not None]
    conditions += [(("facts", n, "required_when"), f.required_when) for n, f in p.facts.items() if f.required_when is not None]
    conditions += [(("obligations", n, "owed_when"), o.owed_when) for n, o in p.obligations.items() if o.owed_when is not None]
    for at, condition in conditions:
        verdicts = verdicts_of(condition, p.facts)
        if verdicts is None:
            said = Text(
                "未检查此条件(情形过多,或取决于未了义务)", "this condition was not checked: too many cases, or it reads open duties"
            )
            yield Finding("condition.unchecked", "unchecked", at, said)
        elif True not in verdicts:
            yield Finding("condition.never", "error", at, Text("此条件永不成立", "this condition can never hold"))
        elif verdicts == {True}:
            yield Finding(
                "condition.always", "warning", at, Text("此条件总是成立,等于没有", "this condition always holds: it does nothing")
            )


def verdicts_of(condition: Condition, facts: Mapping[str, Fact]) -> set[bool | None] | None:
    """What a condition comes to over every case that it can tell apart; ``None``: they are too many, or it reads open duties."""
    atoms = list(atoms_of(condition))
    if not all(isinstance(atom, Compare | Happened | Decided) for atom in atoms):
        return None
    domains = {key: domain(key, [a for a in atoms if key_of(a) == key], facts) for key in dict.fromkeys(map(key_of, atoms))}
    size = 1
    for values in domains.values():
        size *= len(values) + 1
    if size > MAX_CASES:
        return None
    cases = islice(product(*([*values, None] if None not in values else values for values in domains.values())), MAX_CASES)
    return {holds(condition, known_of({k: v for k, v in zip(domains, values, strict=True) if v is not None})) for values in cases}
