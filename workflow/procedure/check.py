"""What the parts of a procedure say of each other, and what the shape alone cannot forbid: names that lead nowhere, options that would do
nothing, values that can never be.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from unicodedata import normalize
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workflow.calendar import is_overlay_id
from workflow.procedure.condition import KEYWORDS
from workflow.procedure.draft import Draft
from workflow.procedure.duties import Duties, counted
from workflow.procedure.fact import NUMBERS
from workflow.procedure.links import unanswered
from workflow.procedure.model import ANY, CASE, CLOCK, ENGINE, NAME, UNIT_BASIS, Alternative, Event, Fact, Label, Link, Procedure, Sheet
from workflow.procedure.naming import DUTY, ELEMENT, EVENT, FACT, KINDS, NUMBER_NEEDED, ROLE, Naming
from workflow.procedure.source import Path, Problem
from workflow.rules import RESERVED
from workflow.statechart import moves, paths
from workflow.text import Text

TAKEN = {
    "events": (*RESERVED, CASE, ANY, CLOCK, ENGINE),
    "roles": (ANY, CASE, CLOCK, ENGINE),
    "states": (ANY,),
    "facts": (*KEYWORDS, Alternative.UNKNOWN),
    "basis": (UNIT_BASIS,),
}
"""Words that mean something else where a name of this kind stands."""


_PROCEDURE = re.compile(NAME)
_NAME = re.compile(r"[a-z][a-z0-9_-]*\Z")


class Check(Naming):
    """One procedure under examination."""

    def __init__(self, p: Procedure, draft: Draft, calendars: Collection[str] | None) -> None:
        super().__init__(p, draft)
        self._calendars = calendars

    def problems(self) -> Iterator[Problem]:
        """Everything that is wrong, in no particular order."""
        yield from self._settings()
        yield from self._taken()
        yield from self._labels()
        yield from self._charted()
        for name, fact in self.p.facts.items():
            yield from self._fact(("facts", name), fact)
        for name, event in self.p.events.items():
            yield from self._event(("events", name), event)
        for wrong in unanswered(self.p, {self.p.procedure: self.p}):
            yield self.missing(("events", wrong.event, "link", "event"), wrong.reply, wrong.known, EVENT)
        for name, decision in self.p.decisions.items():
            at: Path = ("decisions", name)
            yield from self.names((*at, "by"), decision.by, self.roles, ROLE)
            yield from self.some((*at, "by"), decision.by, Text("至少写一个角色", "name at least one role"))
            yield from self.start((*at, "asked"), decision.asked)
            yield from self.basis((*at, "basis"), decision.basis)
        if self.p.sheet is not None:
            yield from self._sheet(self.p.sheet)
        duties = Duties(self.p, self.draft)
        for name, obligation in self.p.obligations.items():
            yield from duties.duty(("obligations", name), name, obligation)

    # the whole

    def _settings(self) -> Iterator[Problem]:
        p = self.p
        try:
            ZoneInfo(p.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            hint = Text("例如 Asia/Shanghai", "for example Asia/Shanghai")
            yield self.problem(("zone",), Text(f"未知时区 {p.zone}", f"unknown time zone {p.zone}"), hint)
        base, *local = p.calendar.split("+")
        if self._calendars is not None and (base not in self._calendars or not all(map(is_overlay_id, local))):
            # local calendars are brought by each store, so that only their form can be checked
            there = ", ".join(sorted(self._calendars))
            hint = Text(f"可用:{there};地方日历写 cn+名称", f"known: {there}; a local one is written cn+ID")
            yield self.problem(("calendar",), Text(f"未知日历 {p.calendar}", f"unknown calendar {p.calendar}"), hint)
        yield from self.hour(("hour",), p.hour)
        yield from self.names(("in_force", "by"), p.in_force.by, self.events, EVENT)
        yield from self.names(("erase",), p.erase, self.roles, ROLE)
        yield from self._span(("in_force", "until"), p.in_force.since, p.in_force.until)
        if p.period is not None:
            yield from self.some(("period", "level"), p.period.level, Text("至少写一个层级", "name at least one level"))
        for name, basis in p.basis.items():
            yield from self._span(("basis", name, "valid_until"), basis.valid_from, basis.valid_until)
            if p.documents and _NAME.match(basis.document):
                yield from self.names(
                    ("basis", name, "document"), (basis.document,), self.draft.names("documents"), Text("文件", "document")
                )
        if self.draft.whole(("events",)) and not any(e.opens for e in p.events.values()):
            hint = Text("给一个事件写 opens: true", "give one event 'opens: true'")
            yield self.problem(("events",), Text("没有能立案的事件", "no event opens a case"), hint)

    def _sheet(self, sheet: Sheet) -> Iterator[Problem]:
        """What a sheet says of its own procedure; other procedures may not be there yet."""
        if sheet.window is not None:
            for key, name in (("from", sheet.window.since), ("until", sheet.window.until)):
                yield from self.names(("sheet", "window", key), (name,), self.facts, FACT)
                if name in self.p.facts and self.p.facts[name].personal:
                    yield self.personal(("sheet", "window", key), name)
                elif name in self.p.facts and self.p.facts[name].type != "date":
                    yield self.problem(("sheet", "window", key), Text(f"{name} 应为日期", f"{name} must be a date"))
        for name, line in sheet.lines.items():
            at: Path = ("sheet", "lines", name)
            yield from self.names((*at, "facts"), line.facts, self.facts, FACT)
            yield from self.names((*at, "elements"), line.elements, self.elements, ELEMENT)
            yield from self.names((*at, "durations"), line.durations, self.obligations, DUTY)
            yield from self.basis((*at, "basis"), line.basis)
            if not (line.facts or line.elements or line.durations or line.cases) and self.draft.whole(at):
                hint = Text("写 facts、elements、durations 或 cases", "give facts, elements, durations or cases")
                yield self.problem(at, Text("这一行没有内容", "nothing fills this line"), hint)

    def _span(self, at: Path, since: date | None, until: date | None) -> Iterator[Problem]:
        if since is not None and until is not None and until < since:
            yield self.problem(at, Text(f"结束日 {until} 早于开始日 {since}", f"it ends on {until}, before it begins on {since}"))

    def _taken(self) -> Iterator[Problem]:
        for kind, words in TAKEN.items():
            names: list[tuple[str, Path]] = [(n, (kind, n)) for n in self.draft.names(kind)]
            if kind == "states":
                names = [(path.rsplit(".", 1)[-1], _state_at(path)) for path in self.states]
            for name, at in names:
                if name in words:
                    hint = Text("换一个名称", "choose another name")
                    yield self.problem(at, Text(f"{name} 是保留的词", f"{name} is a reserved word"), hint)

    def _labels(self) -> Iterator[Problem]:
        """Commands accept a label for a name, so a word means one thing of its kind."""
        tables: list[tuple[Path, Mapping[str, Label]]] = [((kind,), getattr(self.p, kind)) for kind in KINDS]
        tables += [(("facts", name, "of"), fact.of) for name, fact in self.p.facts.items()]
        for at, table in tables:
            seen: dict[str, str] = {}
            for name, label in table.items():
                words = {normalize("NFKC", w).strip().lower() for w in (name, *(w for w in (label.zh, label.en) if w != "-"))}
                for word in sorted(words):
                    other = seen.setdefault(word, name)
                    if other != name:
                        yield self.problem(
                            (*at, name),
                            Text(f"“{word}”已经是 {other} 的名称", f"'{word}' already names {other}"),
                            Text("同类的名称不能相同,命令接受名称", "commands accept labels: each is used once of its kind"),
                        )

    # states

    def _charted(self) -> Iterator[Problem]:
        p = self.p
        if self.draft.whole(("initial",)) and p.initial not in self.draft.names("states"):
            yield self.missing(("initial",), p.initial, self.draft.names("states"), Text("状态", "state"))
        for path, state in paths(p.states):
            at = _state_at(path)
            inner = self.draft.names(*map(str, (*at, "states")))
            if state.initial is not None and state.initial not in inner:
                yield self.missing((*at, "initial"), state.initial, inner, Text("子状态", "inner state"))
            if state.parallel and state.initial is not None:
                why = Text("并行状态同时进入所有区域,没有 initial", "a parallel state enters all its regions: it has no 'initial'")
                yield self.problem((*at, "initial"), why)
            if state.parallel and len(inner) < 2:
                yield self.problem(at, Text("并行状态至少要两个区域", "a parallel state needs at least two regions"))
            if state.final and "." in path:
                why = Text("只有最上层的状态能结束案件", "only a state of the top level ends a case")
                yield self.problem((*at, "final"), why)
            if state.final and state.states:
                yield self.problem(at, Text("结束状态没有子状态", "a final state has no inner states"))
        sound = all(s.initial is None or s.initial in s.states for _, s in paths(p.states))
        for name, event in p.events.items():
            for problem in self._moves(("events", name), event):
                sound = False
                yield problem
        if sound and self.draft.whole(("states",)) and self.draft.whole(("events",)) and p.initial in p.states:
            yield from self._unreachable()
            yield from self._half_entered()

    def _moves(self, at: Path, event: Event) -> Iterator[Problem]:
        found_moves: list[tuple[Path, tuple[str, ...], str | None]] = [
            ((*at, "moves", i), m.source, m.target) for i, m in enumerate(event.moves)
        ]
        if event.source or event.target is not None:
            found_moves.append((at, event.source, event.target))
        if event.moves and (event.source or event.target):
            yield self.problem((*at, "moves"), Text("moves 与 from/to 只能写一种", "either 'moves' or from/to"))
        for place, sources, target in found_moves:
            for key, reference in [*(("from", s) for s in sources if s != ANY), *((("to", target),) if target else ())]:
                found = [reference] if reference in self.states else [s for s in self.states if s.endswith("." + reference)]
                if not found:
                    ends = [".".join(s.split(".")[-reference.count(".") - 1 :]) for s in self.states]
                    yield self.missing((*place, key), reference, ends, Text("状态", "state"))
                elif len(found) > 1:
                    yield self.problem(
                        (*place, key),
                        Text(f"状态 {reference} 不明确:{'、'.join(found)}", f"the state {reference} may be {', '.join(found)}"),
                        Text("写出完整路径", "write the whole path"),
                    )

    def _half_entered(self) -> Iterator[Problem]:
        """A move from outside into one region would leave the regions beside it without a state."""
        parallel = [path for path, state in paths(self.p.states) if state.parallel]
        for name, event in self.p.events.items():
            for i, (sources, target) in enumerate(moves(self.p, event)):
                for whole in parallel:
                    if target is None or not target.startswith(whole + "."):
                        continue
                    if all(source == whole or source.startswith(whole + ".") for source in sources):
                        continue
                    at: Path = ("events", name, "moves", i, "to") if event.moves else ("events", name, "to")
                    why = Text(f"从外面只进入 {whole} 的一个区域", f"from outside it enters one region of {whole} only")
                    yield self.problem(at, why, Text(f"写 to: {whole}", f"write to: {whole}"))
                    break

    def _unreachable(self) -> Iterator[Problem]:
        """Events that no case can ever come to. What is reached is taken too wide rather than too narrow."""
        out_of: dict[str, list[tuple[str, str | None]]] = {}
        for name, event in self.p.events.items():
            for sources, target in moves(self.p, event):
                for source in sources:
                    out_of.setdefault(source, []).append((name, target))
        waiting = list(_entered(self.p, self.p.initial))
        reached = set(waiting)
        live: set[str] = set()
        while waiting:
            steps = waiting.pop().split(".")
            for name, target in (arrow for i in range(len(steps)) for arrow in out_of.pop(".".join(steps[: i + 1]), ())):
                live.add(name)
                new = set(_entered(self.p, target)) - reached if target is not None else set()
                reached |= new
                waiting += new
        for name in self.p.events:
            if name not in live:
                yield self.problem(
                    ("events", name),
                    Text("没有案件能到达此事件的起始状态", "no case can ever be in a state that this event starts from"),
                    Text("检查 from,或补上通向该状态的事件", "check 'from', or add an event that leads there"),
                )

    # facts and events

    def _fact(self, at: Path, fact: Fact) -> Iterator[Problem]:
        yield from self.names((*at, "revise"), fact.revise, self.roles, ROLE)
        if fact.required_when is not None:
            yield from self.condition((*at, "required_when"))
        if self.draft.whole((*at, "of")) and (fact.type == "choice") != bool(fact.of):
            yield self.problem(at, Text("选项类型要写 of,其他类型不写", "a choice needs 'of', other types have none"))
        if fact.unit and fact.type not in NUMBERS:
            yield self.problem((*at, "unit"), Text("只有数字才有单位", "only a number has a unit"))

    def _event(self, at: Path, event: Event) -> Iterator[Problem]:
        if event.clockwork:
            yield from self._clockwork(at, event)
        else:
            yield from self.names((*at, "by"), event.by, self.roles, ROLE)
            if event.after is not None:
                yield self.problem((*at, "after"), Text("只有时钟事件才有 after", "only an event of the clock has 'after'"))
        yield from self.names((*at, "require"), event.require, self.facts, FACT)
        yield from self.names((*at, "record"), event.record, self.elements, ELEMENT)
        yield from self.names((*at, "present"), event.present, self.roles, ROLE)
        yield from self.names((*at, "second"), (event.second,) if event.second else (), self.roles, ROLE)
        if event.report is not None:
            yield from self.names((*at, "report", "to"), event.report.to, self.roles, ROLE)
            yield from self.names((*at, "report", "elements"), event.report.elements, self.elements, ELEMENT)
        if event.when is not None:
            yield from self.condition((*at, "when"))
        if event.link is not None:
            yield from self._link((*at, "link"), event.link)
        if event.authority is not None:
            yield from self._authority((*at, "authority"), event)
        yield from self.basis((*at, "basis"), event.basis)

    def _authority(self, at: Path, event: Event) -> Iterator[Problem]:
        if event.opens:
            yield self.problem(at, Text("立案不受指挥权限限制", "an opening takes no power of command: it is never refused"))
        asked = event.authority
        for key, name in (("class", asked.kind), ("grade", asked.grade)) if asked is not None else ():
            if name is None:
                continue
            yield from self.names((*at, key), (name,), self.facts, FACT)
            fact = self.p.facts.get(name)
            if fact is not None and fact.personal:
                yield self.personal((*at, key), name)
            elif fact is not None and fact.type != "choice":
                yield self.problem((*at, key), Text(f"{name} 不是选项", f"{name} is not a choice"))

    def _link(self, at: Path, link: Link) -> Iterator[Problem]:
        yield from self.some((*at, "to"), link.to, Text("写明哪些程序的案件,或 any", "name the procedures, or any"))
        for i, name in enumerate(link.to):
            if not _PROCEDURE.match(name):
                yield self.problem((*at, "to", i), Text(f"不是程序名:{name}", f"not the name of a procedure: {name}"))
        if ANY in link.to and (link.event is not None or len(link.to) > 1):
            why = Text("any 不与程序名或 event 同写", "'any' stands alone, without 'event'")
            yield self.problem(at, why, Text("要触发事件就写明程序", "name the procedures to bring about an event of theirs"))

    def _clockwork(self, at: Path, event: Event) -> Iterator[Problem]:
        if len(event.by) > 1:
            yield self.problem((*at, "by"), Text("时钟事件不能同时由人办理", "an event of the clock cannot also be a person's"))
        if event.opens and (CLOCK in event.by or self.p.period is None):
            why = Text(
                "只有周期性程序由引擎立案(by: engine 与 period)", "only a recurring duty is opened by the engine (by: engine, period)"
            )
            yield self.problem((*at, "opens"), why)
        for field in ("require", "record", "present", "second", "report", "link", "authority"):
            if getattr(event, field):
                yield self.problem((*at, field), Text(f"时钟事件没有 {field}", f"an event of the clock has no '{field}'"))
        after = event.after
        shape = event.when is not None and after is None and bool(event.target or event.moves)
        if (
            ENGINE in event.by
            and not event.opens
            and not shape
            and all(self.draft.whole((*at, f)) for f in ("when", "after", "to", "moves"))
        ):
            why = Text("引擎事件要写 when 和 to,不写 after", "an event of the engine needs 'when' and 'to', and has no 'after'")
            yield self.problem(at, why, Text("条件成立时自动发生", "it happens by itself once the condition holds"))
        if CLOCK in event.by and self.draft.whole((*at, "after")):
            shaped = (
                after is not None and (after.due is not None) != (after.term is not None) and bool(after.on) == (after.term is not None)
            )
            if not shaped:
                hint = Text("例如 after: {on: accept, term: 2 days}", "for example after: {on: accept, term: 2 days}")
                why = Text("时钟事件要写 after(term 与 on,或 due)", "an event of the clock needs 'after' (term and on, or due)")
                yield self.problem(at, why, hint)
        if after is None:
            return
        yield from self.names((*at, "after", "on"), after.on, [*self.keyed, CASE], EVENT)
        if after.term is not None and after.term.qualitative:
            yield self.problem((*at, "after", "term"), NUMBER_NEEDED)
        elif after.term is not None:
            yield from self.unread((*at, "after", "term"), event.basis)
        yield from self.caseless((*at, "after", "term"), after.term)
        if after.due is not None:
            yield from self.names((*at, "after", "due"), (after.due,), self.obligations, DUTY)
            duty = self.p.obligations.get(after.due)
            if duty is not None and not counted(duty) and self.draft.whole(("obligations", after.due)):
                why = Text(f"义务 {after.due} 没有数字期限", f"the obligation {after.due} has no number to be due at")
                yield self.problem((*at, "after", "due"), why)


def _state_at(path: str) -> Path:
    return ("states", *(part for step in path.split(".") for part in (step, "states")))[:-1]


def _entered(p: Procedure, path: str) -> Iterator[str]:
    """Leaves that may be active once ``path`` is entered, with those of the regions beside it."""
    states = p.states
    steps = path.split(".")
    for i, step in enumerate(steps):
        state = states[step]
        if state.parallel or i == len(steps) - 1:
            yield from _leaves(".".join(steps[: i + 1]), p)
        states = state.states


def _leaves(path: str, p: Procedure) -> Iterator[str]:
    steps = path.split(".")
    state = p.states[steps[0]]
    for step in steps[1:]:
        state = state.states[step]
    if not state.states:
        yield path
    elif state.parallel:
        for child in state.states:
            yield from _leaves(f"{path}.{child}", p)
    else:
        yield from _leaves(f"{path}.{state.initial or next(iter(state.states))}", p)
