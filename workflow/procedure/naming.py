"""What every part of a check asks: is this name there, may this fact be read here, is this a start; and how it complains."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator

from workflow.procedure.comparison import is_day, misfits
from workflow.procedure.condition import Compare, Decided, Happened, Open, leaves
from workflow.procedure.draft import Draft
from workflow.procedure.model import CASE, CLOCK, ENGINE, UNIT_BASIS, Procedure, Start, basis_id
from workflow.procedure.source import Path, Problem
from workflow.rules import RESERVED
from workflow.term import Term, of_case
from workflow.text import Text

ROLE, FACT, EVENT, ELEMENT = Text("角色", "role"), Text("事实", "fact"), Text("事件", "event"), Text("要素", "element")
DUTY, DECISION = Text("义务", "obligation"), Text("决定", "decision")
KINDS = {"roles": ROLE, "facts": FACT, "events": EVENT, "elements": ELEMENT, "obligations": DUTY, "decisions": DECISION}

NUMBER_NEEDED = Text("此处要有数字的期限", "a term with a number is needed here")

UNREAD = Text("数字只依据未读到原文的条款(read: C)", "the number rests on a text that nobody read (read: C)")
READ_IT = Text(
    "读到原文后改为 A 或 B;若是本单位自己定的,写 basis: unit",
    "read the text and say A or B; if the number is the unit's own, write basis: unit",
)

_COMPANIONS = {"since": ("fact",), "until": ("every",), "answer": ("decision",), "each": ("on", "decision"), "instant": ("on", "decision")}
"""Options of a start that do something only beside others."""
_HOUR = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z")


class Naming:
    """The names that a file declares; ``draft`` knows those of broken parts too, and where everything stands."""

    def __init__(self, p: Procedure, draft: Draft) -> None:
        self.p = p
        self.draft = draft
        self.problem = draft.problem
        self.roles, self.facts = draft.names("roles"), draft.names("facts")
        self.events, self.elements = draft.names("events"), draft.names("elements")
        self.decisions, self.obligations = draft.names("decisions"), draft.names("obligations")
        self.bases = draft.names("basis")
        self.keyed = [*self.events, *RESERVED]
        self.states = draft.state_paths()

    def hour(self, at: Path, text: str) -> Iterator[Problem]:
        if not _HOUR.match(text):
            yield self.problem(at, Text(f"不是时刻:{text}", f"not a time of day: {text}"), Text("写 09:00", "write 09:00"))

    def start(self, at: Path, start: Start, name: str = "") -> Iterator[Problem]:
        ways = [k for k in ("received", "fact", "decision", "date", "every") if getattr(start, k) is not None]
        if self.draft.whole(at) and len(ways) + (1 if start.on and "every" not in ways else 0) != 1:
            why = Text(
                "起算只能写一种:on、received、fact、decision、date 或 every",
                "give exactly one start: on, received, fact, decision, date or every",
            )
            yield self.problem(at, why)
        elif self.draft.whole(at):
            way = ways[0] if ways else "on"
            for field, fits in _COMPANIONS.items():
                if field in start.model_fields_set and way not in fits:
                    either = Text("或".join(fits), " or ".join(fits))
                    yield self.problem((*at, field), Text(f"{field} 只与 {either.zh} 同用", f"'{field}' only goes with {either.en}"))
        yield from self.names((*at, "on"), start.on, [*self.keyed, CASE], EVENT)
        yield from self.names((*at, "since"), start.since, [*self.keyed, CASE], EVENT)
        yield from self.names((*at, "until"), start.until, self.keyed, EVENT)
        yield from self.names((*at, "received"), (start.received,) if start.received else (), self.obligations, DUTY)
        yield from self.names((*at, "decision"), (start.decision,) if start.decision else (), self.decisions, DECISION)
        if start.received is not None and start.received == name:
            yield self.problem((*at, "received"), Text("不能自己接自己", "a duty cannot follow itself"))
        if start.date is not None and not is_day(start.date):
            hint = Text("写 05-31 或 2012-05-31", "write 05-31 or 2012-05-31")
            yield self.problem((*at, "date"), Text(f"不是日期:{start.date}", f"not a date: {start.date}"), hint)
        if start.fact is not None:
            yield from self.names((*at, "fact"), (start.fact,), self.facts, FACT)
            fact = self.p.facts.get(start.fact)
            if fact is not None and fact.type not in ("instant", "date"):
                yield self.problem((*at, "fact"), Text("起算的事实应为时刻或日期", "a fact that starts a clock is an instant or a date"))
            if fact is not None and fact.personal:
                yield self.personal((*at, "fact"), start.fact)
        yield from self.basis((*at, "basis"), start.basis)

    def condition(self, at: Path) -> Iterator[Problem]:
        """Names and values of a condition, each at its own place in the file."""
        data = self.draft.value(at)
        for path, leaf in leaves(data, at):
            if isinstance(leaf, Happened):
                yield from self.names(path, (leaf.event,), self.events, EVENT)
            elif isinstance(leaf, Decided):
                yield from self.names(path, (leaf.decision,), self.decisions, DECISION)
            elif isinstance(leaf, Open):
                yield from self.names(path, (leaf.obligation,), self.obligations, DUTY)
                if at[0] != "events":  # a duty would hang on another duty, and that perhaps on the first
                    why = Text("只有事件的 when 能问义务是否未了", "only the 'when' of an event asks whether a duty is open")
                    yield self.problem(path, why)
            elif isinstance(leaf, Compare):
                yield from self.names(path, (leaf.fact,), self.facts, FACT)
                fact = self.p.facts.get(leaf.fact)
                if fact is not None and fact.personal:
                    yield self.personal(path, leaf.fact)
                elif fact is not None:
                    yield from (self.problem(path, *wrong) for wrong in misfits(leaf, fact))

    def caseless(self, at: Path, term: Term | None) -> Iterator[Problem]:
        """Where a day that only a case knows has no meaning."""
        if term is not None and of_case(term):
            why = Text(f"此处不能用“{term.text.zh}”", f"'{term.text.en}' cannot stand here")
            yield self.problem(at, why, Text("只在 term 中使用", "it stands in 'term' only"))

    def personal(self, at: Path, name: str) -> Problem:
        why = Text(f"条件和起算不得读取个人信息 {name}", f"no condition and no start reads the personal fact {name}")
        return self.problem(at, why, Text("见 S9.3", "see S9.3"))

    def missing(self, at: Path, name: str, known: Iterable[str], what: Text) -> Problem:
        table = [k for k in known if k not in (CLOCK, ENGINE)]
        near = difflib.get_close_matches(name, table, n=1) or [k for k in table if k.rsplit(".", 1)[-1] == name][:1]
        hint = (
            Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?")
            if near
            else Text("可用:" + ("、".join(table) or "无"), "known: " + (", ".join(table) or "none"))
        )
        return self.problem(at, Text(f"没有{what.zh} {name}", f"there is no {what.en} {name}"), hint)

    def names(self, at: Path, names: Iterable[str], known: Iterable[str], what: Text) -> Iterator[Problem]:
        table = [k for k in known if k not in (CLOCK, ENGINE)]
        for i, name in enumerate(names):
            if name not in table:
                yield self.missing((*at, i), name, table, what)

    def some(self, at: Path, names: Collection[str], hint: Text) -> Iterator[Problem]:
        if not names and self.draft.whole(at):
            yield self.problem(at, Text("不能为空", "must not be empty"), hint)

    def unread(self, at: Path, *references: Iterable[str]) -> Iterator[Problem]:
        """A number on a text that nobody read does not run (promise 4). Of the ``references`` the first that is there counts."""
        named = next((tuple(r) for r in references if r), ())
        entries = [self.p.basis.get(basis_id(r)) for r in named if r != UNIT_BASIS]
        if entries and len(entries) == len(named) and all(e is not None and e.read == "C" for e in entries):
            yield self.problem(at, UNREAD, READ_IT)

    def basis(self, at: Path, references: Iterable[str]) -> Iterator[Problem]:
        for i, reference in enumerate(references):
            if basis_id(reference) not in self.bases and reference != UNIT_BASIS:
                near = difflib.get_close_matches(basis_id(reference), self.bases, n=1)
                hint = Text("写入 basis,或写 unit", "add it to 'basis', or write unit")
                yield self.problem(
                    (*at, i),
                    Text(f"没有依据 {reference}", f"there is no basis {reference}"),
                    Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?") if near else hint,
                )
