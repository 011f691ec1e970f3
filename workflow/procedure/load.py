"""A procedure file, validated: refused with all its errors at once, each with its place, or a frozen model with its content hash."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from workflow.journal.canonical import Json, canonical, digest, parse_canonical
from workflow.procedure.condition import Condition, reads
from workflow.procedure.model import ANY, CASE, CLOCK, ENGINE, UNIT_BASIS, Alternative, Obligation, Procedure, basis_id
from workflow.procedure.source import BrokenDefinition, Path, Problem, Source, read_source
from workflow.rules import RESERVED
from workflow.statechart import paths, resolve
from workflow.text import Text


@dataclass(frozen=True)
class Definition:
    """A validated procedure, the canonical bytes of its content, and their hash."""

    procedure: Procedure
    data: bytes
    hash: str


def load(text: bytes | str, name: str) -> Definition:
    """Read a procedure file. Raises :class:`~workflow.procedure.source.BrokenDefinition`; ``name`` is used in its messages."""
    source = read_source(text, name)
    return _define(source)


def thaw(data: bytes, name: str) -> Definition:
    """The definition that canonical bytes hold, as a store keeps them."""
    return _define(Source(name, _mapped(parse_canonical(data)), {}))


def _define(source: Source) -> Definition:
    if not isinstance(source.data, dict):
        raise BrokenDefinition(source.name, [source.problem((), Text("文件不是一个映射", "the file is not a mapping"))])
    try:
        procedure = Procedure.model_validate(source.data)
    except ValidationError as error:
        raise BrokenDefinition(source.name, [_problem(source, e) for e in error.errors()]) from None
    problems = list(_cross_check(procedure, source))
    if problems:
        raise BrokenDefinition(source.name, problems)
    data = canonical(_paired(source.data))
    return Definition(procedure, data, digest(data))


def _paired(value: Any) -> Json:
    """Mappings as lists of pairs: the order of a file decides ties between clock events, so it is part of the content."""
    if isinstance(value, dict):
        return {"map": [[k, _paired(v)] for k, v in value.items()]}
    if isinstance(value, list):
        return [_paired(v) for v in value]
    return cast(Json, value)


def _mapped(value: Json) -> Any:
    if isinstance(value, dict):
        return {str(pair[0]): _mapped(pair[1]) for pair in cast(list[list[Json]], value["map"])}
    if isinstance(value, list):
        return [_mapped(v) for v in value]
    return value


_MESSAGES = {
    "missing": Text("缺少这一项", "this field is missing"),
    "string_type": Text("应为文字", "must be text"),
    "string_too_short": Text("不能为空", "must not be empty"),
    "bool_parsing": Text("应为 true 或 false", "must be true or false"),
    "bool_type": Text("应为 true 或 false", "must be true or false"),
    "int_parsing": Text("应为整数", "must be an integer"),
    "tuple_type": Text("应为列表", "must be a list"),
    "dict_type": Text("应为映射", "must be a mapping"),
    "model_type": Text("应为映射", "must be a mapping"),
    "date_from_datetime_parsing": Text("应为日期,如 2026-09-24", "must be a date such as 2026-09-24"),
    "date_parsing": Text("应为日期,如 2026-09-24", "must be a date such as 2026-09-24"),
    "string_pattern_mismatch": Text(
        "名称只能用小写字母、数字、下划线和连字符", "a name is lower-case letters, digits, underscores and hyphens"
    ),
}


def _problem(source: Source, error: ErrorDetails) -> Problem:
    path = tuple(p for p in error["loc"] if p != "[key]")
    kind, context = error["type"], error.get("ctx", {})
    hint = None
    if kind == "extra_forbidden":
        known = _fields(path[:-1])
        near = difflib.get_close_matches(str(path[-1]), known, n=1)
        message = Text(f"不认识的项 {path[-1]!r}", f"unknown field {path[-1]!r}")
        hint = (
            Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?")
            if near
            else Text("可用:" + "、".join(known), "known: " + ", ".join(known))
        )
    elif kind == "literal_error":
        expected = str(context.get("expected", ""))
        message = Text(f"应为 {expected} 之一", f"must be one of {expected}")
    elif kind == "duban":
        message = Text(str(context["zh"]), str(context["en"]))
    elif kind == "value_error":
        reason = str(context.get("error", error["msg"]))
        message = Text(f"无法理解:{reason}", reason)
    else:
        message = _MESSAGES.get(kind) or Text(f"无效:{error['msg']}", error["msg"])
    return source.problem(path, message, hint)


def _fields(path: Path) -> list[str]:
    """The field names that the model knows at a path, for a suggestion; empty where it cannot be told."""
    schema: Any = Procedure.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    node: Any = schema
    for step in path:
        node = _step(node, step, definitions)
    node = _deref(node, definitions)
    return sorted(node.get("properties", {})) if isinstance(node, dict) else []


def _deref(node: Any, definitions: dict[str, Any]) -> Any:
    while isinstance(node, dict):
        if "$ref" in node:
            node = definitions[node["$ref"].rsplit("/", 1)[1]]
        elif "anyOf" in node:
            node = next((n for n in node["anyOf"] if "$ref" in n or n.get("type") in ("object", "array")), {})
        else:
            break
    return node


def _step(node: Any, step: str | int, definitions: dict[str, Any]) -> Any:
    node = _deref(node, definitions)
    if not isinstance(node, dict):
        return {}
    if isinstance(step, int):
        return node.get("items", {})
    if step in node.get("properties", {}):
        return node["properties"][step]
    extra = node.get("additionalProperties")
    patterns = list(node.get("patternProperties", {}).values())
    return extra if isinstance(extra, dict) else patterns[0] if patterns else {}


def _cross_check(p: Procedure, source: Source) -> Iterator[Problem]:
    """Names that point nowhere, and what the shape alone cannot forbid."""
    yield from _settings(p, source)
    yield from _states(p, source)
    events = set(p.events)
    keyed = events | set(RESERVED)
    for name, event in p.events.items():
        at: Path = ("events", name)
        if event.clockwork:
            if len(event.by) > 1:
                yield source.problem((*at, "by"), Text("时钟事件不能同时由人办理", "an event of the clock cannot also be a person's"))
            moves = event.target or event.moves
            if ENGINE in event.by and not event.opens and (event.when is None or event.after is not None or not moves):
                yield source.problem(
                    at,
                    Text("引擎事件要写 when 和 to,不写 after", "an event of the engine needs 'when' and 'to', and has no 'after'"),
                    Text("条件成立时自动发生", "it happens by itself once the condition holds"),
                )
            if CLOCK in event.by and (event.after is None or (event.after.due is None) == (event.after.term is None)):
                yield source.problem(
                    at, Text("时钟事件要写 after(term 与 on,或 due)", "an event of the clock needs 'after' (term and on, or due)")
                )
        else:
            yield from _names(source, (*at, "by"), event.by, p.roles, Text("角色", "role"))
            if event.after is not None:
                yield source.problem((*at, "after"), Text("只有时钟事件才有 after", "only an event of the clock has 'after'"))
        if event.after is not None:
            yield from _names(source, (*at, "after", "on"), event.after.on, keyed | {CASE}, Text("事件", "event"))
            if event.after.due is not None:
                yield from _names(source, (*at, "after", "due"), (event.after.due,), p.obligations, Text("义务", "obligation"))
        yield from _names(source, (*at, "require"), event.require, p.facts, Text("事实", "fact"))
        yield from _names(source, (*at, "record"), event.record, p.elements, Text("要素", "element"))
        yield from _names(source, (*at, "present"), event.present, p.roles, Text("角色", "role"))
        yield from _names(source, (*at, "second"), (event.second,) if event.second else (), p.roles, Text("角色", "role"))
        if event.report is not None:
            yield from _names(source, (*at, "report", "to"), event.report.to, p.roles, Text("角色", "role"))
            yield from _names(source, (*at, "report", "elements"), event.report.elements, p.elements, Text("要素", "element"))
        if event.when is not None:
            yield from _condition(p, source, (*at, "when"), event.when)
        yield from _basis(p, source, (*at, "basis"), event.basis)
    for name, decision in p.decisions.items():
        at = ("decisions", name)
        yield from _names(source, (*at, "by"), decision.by, p.roles, Text("角色", "role"))
        yield from _start(p, source, (*at, "asked"), decision.asked, keyed)
        yield from _basis(p, source, (*at, "basis"), decision.basis)
    for name, obligation in p.obligations.items():
        yield from _obligation(p, source, ("obligations", name), obligation, keyed)
    for name, fact in p.facts.items():
        yield from _names(source, ("facts", name, "revise"), fact.revise, p.roles, Text("角色", "role"))
        if fact.required_when is not None:
            yield from _condition(p, source, ("facts", name, "required_when"), fact.required_when)
        if (fact.type == "choice") != bool(fact.of):
            yield source.problem(("facts", name), Text("选项类型要写 of,其他类型不写", "a choice needs 'of', other types have none"))
    if not any(e.opens for e in p.events.values()):
        yield source.problem(
            ("events",), Text("没有能立案的事件", "no event opens a case"), Text("给一个事件写 opens: true", "give one event 'opens: true'")
        )


def _settings(p: Procedure, source: Source) -> Iterator[Problem]:
    try:
        ZoneInfo(p.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield source.problem(("zone",), Text(f"未知时区 {p.zone}", f"unknown time zone {p.zone}"))
    if not _clock_time(p.hour):
        yield source.problem(("hour",), Text("应为 HH:MM", "must be HH:MM"))
    yield from _names(source, ("in_force", "by"), p.in_force.by, p.events, Text("事件", "event"))


def _clock_time(text: str) -> bool:
    hours, _, minutes = text.partition(":")
    return len(text) == 5 and hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60


def _states(p: Procedure, source: Source) -> Iterator[Problem]:
    if p.initial not in p.states:
        yield source.problem(("initial",), Text(f"没有状态 {p.initial}", f"there is no state {p.initial}"))
    for path, state in paths(p.states):
        at = ("states", *(part for step in path.split(".") for part in (step, "states")))[:-1]
        if state.initial is not None and state.initial not in state.states:
            yield source.problem((*at, "initial"), Text(f"没有子状态 {state.initial}", f"there is no inner state {state.initial}"))
        if state.parallel and len(state.states) < 2:
            yield source.problem(at, Text("并行状态至少要两个区域", "a parallel state needs at least two regions"))
    for name, event in p.events.items():
        moves: list[tuple[Path, tuple[str, ...], str | None]] = [
            (("events", name, "moves", i), m.source, m.target) for i, m in enumerate(event.moves)
        ]
        if event.source or event.target is not None:
            moves.append((("events", name), event.source, event.target))
        if event.moves and (event.source or event.target):
            yield source.problem(("events", name, "moves"), Text("moves 与 from/to 只能写一种", "either 'moves' or from/to"))
        for place, sources, target in moves:
            for key, reference in [*(("from", s) for s in sources if s != ANY), *((("to", target),) if target else ())]:
                found = resolve(p.states, reference)
                if len(found) != 1:
                    why = Text(f"没有状态 {reference}", f"there is no state {reference}")
                    if found:
                        why = Text(f"状态 {reference} 不明确:{'、'.join(found)}", f"the state {reference} may be {', '.join(found)}")
                    yield source.problem((*place, key), why)


def _obligation(p: Procedure, source: Source, at: Path, o: Obligation, keyed: set[str]) -> Iterator[Problem]:
    yield from _names(source, (*at, "owed", "by"), (o.owed.by,), p.roles, Text("角色", "role"))
    yield from _names(source, (*at, "owed", "to"), o.owed.to, p.roles, Text("角色", "role"))
    yield from _names(source, (*at, "met_by"), o.met_by, p.events, Text("事件", "event"))
    yield from _names(source, (*at, "discharged_by"), o.discharged_by, keyed, Text("事件", "event"))
    yield from _names(source, (*at, "waive"), o.waive, p.roles, Text("角色", "role"))
    yield from _names(source, (*at, "elements"), o.elements, p.elements, Text("要素", "element"))
    yield from _start(p, source, (*at, "starts"), o.starts, keyed)
    yield from _basis(p, source, (*at, "basis"), o.basis)
    if o.owed.by in o.waive:
        yield source.problem((*at, "waive"), Text("义务人不能免除自己的义务", "nobody waives their own duty"))
    if o.owed_when is not None:
        yield from _condition(p, source, (*at, "owed_when"), o.owed_when)
    if not o.term:
        yield source.problem((*at, "term"), Text("至少写一个期限", "give at least one term"))
    for i, alternative in enumerate(o.term):
        if alternative.when is not None and alternative.when != Alternative.UNKNOWN:
            yield from _condition(p, source, (*at, "term", i, "when"), alternative.when)
        yield from _basis(p, source, (*at, "term", i, "basis"), alternative.basis)
    for i, rule in enumerate(o.pause):
        yield from _names(source, (*at, "pause", i), (*rule.start, *rule.end), keyed, Text("事件", "event"))
    if o.extend is not None:
        yield from _names(source, (*at, "extend"), (*o.extend.ask, *o.extend.grant), p.roles, Text("角色", "role"))
    yield from _basis(p, source, (*at, "receipt_basis"), o.receipt_basis)
    for i, tier in enumerate(o.tiers):
        yield from _names(source, (*at, "tiers", i, "tell"), tier.tell, p.roles, Text("角色", "role"))
        yield from _basis(p, source, (*at, "tiers", i, "basis"), tier.basis)


def _start(p: Procedure, source: Source, at: Path, start: Any, keyed: set[str]) -> Iterator[Problem]:
    ways = [k for k in ("received", "fact", "decision", "date", "every") if getattr(start, k) is not None]
    if len(ways) + (1 if start.on and "every" not in ways else 0) != 1:
        yield source.problem(
            at,
            Text(
                "起算只能写一种:on、received、fact、decision、date 或 every",
                "give exactly one start: on, received, fact, decision, date or every",
            ),
        )
    yield from _names(source, (*at, "on"), start.on, keyed | {CASE}, Text("事件", "event"))
    yield from _names(source, (*at, "since"), start.since, keyed | {CASE}, Text("事件", "event"))
    yield from _names(source, (*at, "until"), start.until, keyed, Text("事件", "event"))
    yield from _names(source, (*at, "received"), (start.received,) if start.received else (), p.obligations, Text("义务", "obligation"))
    yield from _names(source, (*at, "decision"), (start.decision,) if start.decision else (), p.decisions, Text("决定", "decision"))
    if start.fact is not None:
        yield from _names(source, (*at, "fact"), (start.fact,), p.facts, Text("事实", "fact"))
        if start.fact in p.facts and p.facts[start.fact].type not in ("instant", "date"):
            yield source.problem((*at, "fact"), Text("起算的事实应为时刻或日期", "a fact that starts a clock is an instant or a date"))
    yield from _basis(p, source, (*at, "basis"), start.basis)


def _condition(p: Procedure, source: Source, at: Path, condition: Condition) -> Iterator[Problem]:
    tables: dict[str, Iterable[str]] = {"fact": p.facts, "event": p.events, "decision": p.decisions}
    labels = {"fact": Text("事实", "fact"), "event": Text("事件", "event"), "decision": Text("决定", "decision")}
    for kind, name in reads(condition):
        yield from _names(source, at, (name,), tables[kind], labels[kind])
        if kind == "fact" and name in p.facts and p.facts[name].personal:
            yield source.problem(
                at, Text(f"条件不得读取个人信息 {name}", f"no condition reads the personal fact {name}"), Text("见 S9.3", "see S9.3")
            )


def _names(source: Source, at: Path, names: Iterable[str], known: Iterable[str], what: Text) -> Iterator[Problem]:
    table = [k for k in known if k not in (CLOCK, ENGINE)]
    for name in names:
        if name not in table:
            near = difflib.get_close_matches(name, table, n=1)
            hint = (
                Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?")
                if near
                else Text("可用:" + "、".join(table), "known: " + ", ".join(table))
            )
            yield source.problem(at, Text(f"没有{what.zh} {name}", f"there is no {what.en} {name}"), hint)


def _basis(p: Procedure, source: Source, at: Path, references: Iterable[str]) -> Iterator[Problem]:
    for reference in references:
        if basis_id(reference) not in p.basis and reference != UNIT_BASIS:
            yield source.problem(
                at,
                Text(f"没有依据 {reference}", f"there is no basis {reference}"),
                Text("写入 basis,或写 unit", "add it to 'basis', or write unit"),
            )
