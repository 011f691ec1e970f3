"""The difference between two procedures, as two readers of them would tell it: a plan of the house and the law, or two versions.

What stands for the same thing is found by its declared ``duty`` key, by its name, by its label, and at last by the clause on which it
rests. Then each *facet* (who owes whom, from when, how long, who must be there …) is compared in the words that people read, so that two
procedures that name their roles otherwise, and mean the same, do not differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from workflow.procedure.condition import Condition
from workflow.procedure.legend import (
    basis_text,
    begin_text,
    condition_text,
    document_text,
    event_text,
    labelled,
    labels,
    modality_text,
    parties,
    report_text,
    start_readings,
    terms_text,
)
from workflow.procedure.model import UNIT_BASIS, Decision, Event, Fact, Label, Obligation, PauseRule, Procedure, Report, Start, basis_id
from workflow.statechart import paths
from workflow.text import Lang, Text, same

Kind = Literal["duty", "decision", "event", "fact", "state", "role"]
How = Literal["duty", "name", "label", "basis", ""]
NOWHERE: How = ""
T = TypeVar("T", bound=Label)

FACETS: Mapping[str, Text] = {
    "title": Text("名称", "title"),
    "who": Text("谁对谁", "who to whom"),
    "starts": Text("起算", "starts"),
    "term": Text("期限", "term"),
    "modality": Text("性质", "modality"),
    "owed_when": Text("条件", "owed when"),
    "elements": Text("要素", "elements"),
    "pause": Text("不计入", "does not count"),
    "extend": Text("延期", "extension"),
    "by": Text("由谁", "by"),
    "itself": Text("自动发生", "happens by itself"),
    "present": Text("在场", "present"),
    "second": Text("共同签字", "signed by another"),
    "record": Text("记录", "records"),
    "require": Text("须有", "needs"),
    "report": Text("报告", "report"),
    "link": Text("关联", "links to"),
    "when": Text("条件", "when"),
    "kind": Text("种类", "kind"),
    "values": Text("取值", "values"),
    "revise": Text("可修改", "revised by"),
    "level": Text("层级", "level"),
    "basis": Text("依据", "basis"),
}
"""What is compared, with its name."""


class Facet(NamedTuple):
    """One respect in which two things were compared; ``None``: that side has no such thing at all."""

    name: str
    a: Text
    b: Text

    @property
    def same(self) -> bool:
        return self.a == self.b


@dataclass(frozen=True, slots=True)
class Pair:
    """A thing of one procedure beside what stands for it in the other; ``None``: nothing does."""

    kind: Kind
    a: str | None
    b: str | None
    how: How
    facets: tuple[Facet, ...]
    """Every respect that either side has something to say of."""

    @property
    def changed(self) -> tuple[Facet, ...]:
        return tuple(f for f in self.facets if not f.same)

    @property
    def title(self) -> Text:
        found = next(f for f in self.facets if f.name == "title")
        return found.a if self.a is not None else found.b


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything of two procedures, paired. The order is that of the first file, then of what only the second has."""

    a: Procedure
    b: Procedure
    pairs: tuple[Pair, ...]

    def of(self, kind: Kind) -> tuple[Pair, ...]:
        return tuple(p for p in self.pairs if p.kind == kind)

    def only(self, side: Literal["a", "b"], kind: Kind) -> tuple[Pair, ...]:
        return tuple(p for p in self.of(kind) if (p.b if side == "a" else p.a) is None)

    def changed(self, kind: Kind) -> tuple[Pair, ...]:
        return tuple(p for p in self.of(kind) if p.a is not None and p.b is not None and p.changed)

    @property
    def same(self) -> bool:
        """Whether they ask the same of everybody; their versions may differ."""
        return all(p.a is not None and p.b is not None and not p.changed for p in self.pairs)


def diff(a: Procedure, b: Procedure) -> Difference:
    """What two procedures say, side by side."""
    pairs = [
        *_pairs("duty", a, b, a.obligations, b.obligations, _duty),
        *_pairs("decision", a, b, a.decisions, b.decisions, _decision),
        *_pairs("event", a, b, a.events, b.events, _event),
        *_pairs("fact", a, b, a.facts, b.facts, _fact),
        *_pairs("state", a, b, dict(paths(a.states)), dict(paths(b.states)), lambda p, s: {}),
        *_pairs("role", a, b, a.roles, b.roles, lambda p, r: {"level": Text(r.level, r.level)}),
    ]
    return Difference(a, b, tuple(pairs))


def _pairs(
    kind: Kind,
    a: Procedure,
    b: Procedure,
    ours: Mapping[str, T],
    theirs: Mapping[str, T],
    facets: Callable[[Procedure, T], Mapping[str, Text]],
) -> Iterator[Pair]:
    found = _matched(a, b, ours, theirs)
    for name, thing in ours.items():
        match = found.get(name)
        other, how = match if match is not None else (None, NOWHERE)
        left = _said(facets, a, thing)
        right = _said(facets, b, theirs[other]) if other is not None else {}
        yield Pair(kind, name, other, how, _compared(left, right))
    taken = {other for other, _ in found.values()}
    for name, thing in theirs.items():
        if name not in taken:
            yield Pair(kind, None, name, NOWHERE, _compared({}, _said(facets, b, thing)))


def _said(facets: Callable[[Procedure, T], Mapping[str, Text]], p: Procedure, thing: T) -> dict[str, Text]:
    return {"title": thing.text, **{k: v for k, v in facets(p, thing).items() if v.zh}}


def _compared(left: Mapping[str, Text], right: Mapping[str, Text]) -> tuple[Facet, ...]:
    nothing = Text("", "")
    return tuple(Facet(n, left.get(n, nothing), right.get(n, nothing)) for n in FACETS if n in left or n in right)


def _matched(a: Procedure, b: Procedure, ours: Mapping[str, T], theirs: Mapping[str, T]) -> dict[str, tuple[str, How]]:
    """Each name of ours with the name of theirs that stands for the same thing, and how that was found; nothing is taken twice."""
    found: dict[str, tuple[str, How]] = {}
    taken: set[str] = set()
    marks: tuple[tuple[How, Callable[[Procedure, str, T], Iterable[object]]], ...] = (
        ("duty", lambda _, name, t: (t.duty or name,) if isinstance(t, Obligation) else ()),
        ("name", lambda _, name, t: (name,)),
        ("label", lambda _, name, t: (t.text,)),
        ("basis", _clauses),
    )
    for how, marks_of in marks:
        there: dict[object, str] = {}
        for name, thing in theirs.items():
            if name not in taken:
                for mark in marks_of(b, name, thing):
                    there.setdefault(mark, name)
        for name, thing in ours.items():
            if name in found:
                continue
            other = next((there[m] for m in marks_of(a, name, thing) if m in there and there[m] not in taken), None)
            if other is not None:
                found[name] = (other, "name" if how == "duty" and other == name else how)
                taken.add(other)
    return found


def _clauses(p: Procedure, name: str, thing: Label) -> Iterator[object]:
    """The clauses on which a duty rests, where nothing else of the procedure rests on the same."""
    if not isinstance(thing, Obligation):
        return
    for reference in thing.basis:
        if reference == UNIT_BASIS or sum(reference in o.basis for o in p.obligations.values()) > 1:
            continue
        entry = p.basis[basis_id(reference)]
        if entry.clause:
            yield document_text(p, reference), entry.clause, reference.partition(".")[2]


# what is compared of each kind


def _duty(p: Procedure, o: Obligation) -> dict[str, Text]:
    return {
        "who": _both(lambda lang: parties(p, o, lang)),
        "starts": _starts(p, o),
        "term": _both(lambda lang: terms_text(p, o, lang)),
        "modality": modality_text(o.modality),
        "owed_when": _condition(p, o.owed_when),
        "elements": labelled(p.elements, o.elements),
        "pause": _joined(_pause(p, rule) for rule in o.pause),
        "extend": _extension(p, o),
        "basis": _bases(p, dict.fromkeys((*o.basis, *(b for a in o.term for b in a.basis)))),
    }


def _start(p: Procedure, start: Start) -> Text:
    said = _both(lambda lang: begin_text(p, start, lang))
    return Text(f"每次{said.zh}", f"each {said.en}") if start.each else said


def _starts(p: Procedure, o: Obligation) -> Text:
    others = [said for _, said in start_readings(p, o)[1:]]
    said = _start(p, o.starts)
    return Text(f"{said.zh};或读作 {_joined(others).zh}", f"{said.en}; or read as {_joined(others).en}") if others else said


def _pause(p: Procedure, rule: PauseRule) -> Text:
    return _both(lambda lang: f"{labels(p.events, rule.start, lang)} … {labels(p.events, rule.end, lang)}")


def _report(p: Procedure, report: Report | None) -> Text:
    return Text("", "") if report is None else _both(lambda lang: report_text(p, report, lang))


def _extension(p: Procedure, o: Obligation) -> Text:
    if o.extend is None:
        return Text("", "")
    cap = o.extend.cap.text if o.extend.cap is not None else Text("未设上限", "no cap")
    who = labelled(p.roles, o.extend.grant)
    return Text(f"至多{o.extend.times}次,{cap.zh},由{who.zh}批准", f"at most {o.extend.times} time(s), {cap.en}, granted by {who.en}")


def _decision(p: Procedure, d: Decision) -> dict[str, Text]:
    return {"by": labelled(p.roles, d.by), "starts": _start(p, d.asked), "basis": _bases(p, d.basis)}


def _event(p: Procedure, e: Event) -> dict[str, Text]:
    found = {
        "by": labelled(p.roles, e.by),
        "present": labelled(p.roles, e.present),
        "second": labelled(p.roles, (e.second,) if e.second else ()),
        "record": labelled(p.elements, e.record),
        "require": labelled(p.facts, e.require),
        "report": _report(p, e.report),
        "link": Text("", "") if e.link is None else same(" ".join((*e.link.to, e.link.event or "")).strip()),
        "when": _condition(p, e.when),
        "kind": Text("请求", "request") if e.kind == "request" else Text("", ""),
        "basis": _bases(p, e.basis),
    }
    if e.clockwork:
        found["by"] = Text("", "")
        found["itself"] = _both(lambda lang: event_text(p, e, lang).removeprefix(e.text.say(lang)).strip("() "))
    return found


def _fact(p: Procedure, f: Fact) -> dict[str, Text]:
    values = _joined([v.text for v in f.of.values()]) if f.of else Text(f.type, f.type)
    return {"values": values, "revise": labelled(p.roles, f.revise)}


def _condition(p: Procedure, condition: Condition | None) -> Text:
    return Text("", "") if condition is None else _both(lambda lang: condition_text(p, condition, lang))


def _bases(p: Procedure, references: Iterable[str]) -> Text:
    """The clauses on which something rests, each document named once."""
    found: dict[Text, dict[Text, None]] = {}
    for reference in references:
        title, whole = document_text(p, reference), basis_text(p, reference)
        clause = Text(whole.zh.removeprefix(title.zh).strip(), whole.en.removeprefix(title.en).strip())
        found.setdefault(whole if reference == UNIT_BASIS else title, {})[Text("", "") if reference == UNIT_BASIS else clause] = None
    parts = [(title, _joined(c for c in clauses if c.zh)) for title, clauses in found.items()]
    return _joined(Text(f"{t.zh} {c.zh}".strip(), f"{t.en} {c.en}".strip()) for t, c in parts)


def _joined(parts: Iterable[Text]) -> Text:
    found = list(parts)
    return Text("、".join(t.zh for t in found), ", ".join(t.en for t in found))


def _both(say: Callable[[Lang], str]) -> Text:
    return Text(say("zh"), say("en"))
