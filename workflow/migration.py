"""The plan by which running cases are moved to a new version of their procedure: a small YAML file, refused with all its faults at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, cast

from workflow import command as commands
from workflow.case.fold import Case
from workflow.case.migrate import mapped, movable, target
from workflow.command import CHOICES, Choice
from workflow.errors import PlanError
from workflow.procedure.source import BrokenDefinition, Path, Problem, Source, read_source
from workflow.rules import Rules
from workflow.statechart import resolve
from workflow.text import Text, same

FIELDS = ("from", "to", "ground", "cases", "states", "obligations")
DEFAULT = "default"


class BrokenPlan(BrokenDefinition, PlanError):
    """A plan that is refused, with all its problems in the order of the file."""

    what: ClassVar[Text] = Text("迁移方案", "migration plan")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan says; ``cases`` is ``None`` for every running case of the old version."""

    source: Source
    old: str
    new: str
    ground: str
    cases: tuple[str, ...] | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    obligations: Mapping[str, Choice] = field(default_factory=dict)
    default: Choice = "keep"

    def command(self, said: commands.Said, new: Rules) -> commands.Migrate:
        return commands.Migrate(
            said=said, to=new.hash, ground=self.ground, states=self.states, obligations=self.obligations, default=self.default
        )

    def problems(self, old: Rules | None, new: Rules | None, cases: Mapping[str, Case | None]) -> list[Problem]:
        """What is wrong with it where the versions and the cases are known; ``None``: it is not there."""
        say = self.source.problem
        found = [
            say((key,), Text(f"存储中没有程序 {ref}", f"the store has no procedure {ref}"), _ADD)
            for key, ref, rules in (("from", self.old, old), ("to", self.new, new))
            if rules is None
        ]
        if old is None or new is None:
            return found
        if old.procedure.procedure != new.procedure.procedure:
            found.append(say(("to",), Text("不是同一程序的版本", "it is no version of the same procedure")))
        elif old.hash == new.hash:
            found.append(say(("to",), Text("与 from 是同一版本", "it is the version that 'from' names")))
        found += self._states(old, new)
        for name in self.obligations:
            if name not in old.duties and name not in new.duties:
                found.append(say(("obligations", name), Text(f"两个版本都没有义务 {name}", f"neither version has an obligation {name}")))
        for number, name in enumerate(self.cases or ()):
            case = cases.get(name)
            if case is None:
                found.append(say(("cases", number), Text(f"没有案件 {name}", f"there is no case {name}")))
            elif case.definition not in (old.hash, new.hash):
                ref = f"{case.procedure}@{case.version}"
                found.append(say(("cases", number), Text(f"案件 {name} 属于 {ref}", f"the case {name} is under {ref}")))
        found += self._uncounted(old, new, [c for c in cases.values() if c is not None and c.definition == old.hash and movable(c)])
        return found

    def _states(self, old: Rules, new: Rules) -> Iterator[Problem]:
        for path, to in self.states.items():
            for rules, state in ((old, path), (new, to)):
                if resolve(rules.procedure.states, state) != [state]:
                    ref = rules.procedure.ref
                    yield self.source.problem(("states", path), Text(f"{ref} 没有状态 {state}", f"{ref} has no state {state}"), _WHOLE)

    def _uncounted(self, old: Rules, new: Rules, cases: Sequence[Case]) -> Iterator[Problem]:
        """States that cases are in and that the new version has no counterpart of, each once."""
        say, ref = self.source.problem, new.procedure.ref
        lost: dict[str, list[str]] = {}
        for case in cases:
            alone = [path for path in case.state if target(path, self.states, new) is None]
            together = [] if alone or mapped(case.state, self.states, new) is not None else [" + ".join(case.state)]
            for path in (*alone, *together):
                lost.setdefault(path, []).append(case.id)
        for path, ids in lost.items():
            label = old.states(path.split(" + "))
            yield say(
                ("states", path),
                Text(
                    f"状态 {path}({label.zh})在 {ref} 中没有可继续办理的对应:案件 {'、'.join(ids)}",
                    f"{ref} has no counterpart of the state {path} ({label.en}) in which a case can go on: {', '.join(ids)}",
                ),
                Text("在 states 中写明 旧状态: 新状态", "say it under 'states' as OLD: NEW"),
            )


_ADD = Text("用 duban definitions add 加入;写成 程序@版本", "put it in with duban definitions add; write it as PROCEDURE@VERSION")
_WHOLE = Text("写全路径,如 handling.evidence.open", "write the whole path, as handling.evidence.open")


def read_plan(text: bytes | str, name: str) -> Plan:
    """A plan from its YAML. Raises :class:`BrokenPlan` with everything that its form alone shows to be wrong."""
    try:
        source = read_source(text, name)
    except BrokenDefinition as error:
        raise BrokenPlan(name, error.problems) from None
    data = source.data
    if not isinstance(data, dict):
        raise BrokenPlan(name, [source.problem((), Text("方案应为 键: 值", "a plan is written as 'key: value'"))])
    problems = [
        source.problem((key,), Text(f"没有字段 {key!r}", f"there is no field {key!r}"), same(", ".join(FIELDS)))
        for key in data
        if key not in FIELDS
    ]
    for key in ("from", "to", "ground"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            problems.append(source.problem((key,), Text(f"缺少 {key}", f"'{key}' is missing")))
    cases, states, choices = data.get("cases"), data.get("states") or {}, data.get("obligations") or {}
    if cases is not None and not (isinstance(cases, list) and cases and all(isinstance(c, str) for c in cases)):
        problems.append(source.problem(("cases",), Text("cases 应为案件编号的列表", "'cases' is a list of ids of cases")))
    problems += _texts(source, "states", states)
    wrong = _texts(source, "obligations", choices)
    problems += wrong
    if not wrong:
        for obligation, choice in choices.items():
            if choice not in CHOICES:
                problems.append(
                    source.problem(
                        ("obligations", obligation), Text(f"不认识 {choice!r}", f"unknown: {choice!r}"), same(", ".join(CHOICES))
                    )
                )
    if problems:
        raise BrokenPlan(name, problems)
    named = cast("dict[str, Choice]", {k: v for k, v in choices.items() if k != DEFAULT})
    return Plan(
        source,
        data["from"].strip(),
        data["to"].strip(),
        data["ground"].strip(),
        None if cases is None else tuple(dict.fromkeys(cases)),
        states,
        named,
        cast(Choice, choices.get(DEFAULT, "keep")),
    )


def _texts(source: Source, key: str, data: object) -> list[Problem]:
    """What is wrong with a mapping of names to names."""
    path: Path = (key,)
    if not isinstance(data, dict):
        return [source.problem(path, Text(f"{key} 应为 名称: 名称", f"'{key}' is written as NAME: NAME"))]
    return [
        source.problem((key, name), Text(f"{name} 的值应为文字", f"the value of {name} is a text"))
        for name, value in data.items()
        if not isinstance(value, str)
    ]
