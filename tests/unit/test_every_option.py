"""Every option of the language does something: changed alone, it changes what becomes of a case, or what the reader is shown.

One procedure uses every field. One course of acts is played on it, and played again with one field changed; the two must differ. Where a
field only describes (a unit, a validity), the page of ``duban definitions show`` must differ instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.commands import frame, screen
from adapters.commands.page import Page
from adapters.graph import svg
from adapters.host import FixedClock, SystemEntropy
from adapters.store.memory import MemoryStore
from tests.play import ZONE, Play, at
from workflow import command as c
from workflow.engine import Engine
from workflow.errors import DubanError, UnknownCase
from workflow.explain import why
from workflow.organisation import Actor
from workflow.procedure.load import load
from workflow.procedure.schema import models

ALIVE = (Path(__file__).parents[1] / "data" / "alive.yaml").read_text(encoding="utf-8")


POWER = {"what": "power", "id": "desk.press", "role": "desk", "action": "press", "class": ["high"], "grade": ["high"]}


def steps(play: Play) -> Iterator[Callable[[], Any]]:
    """The course: each step may be refused, which is then part of what became of it."""

    def do(when: str, act: Callable[[], Any]) -> Callable[[], Any]:
        def step() -> Any:
            if f"{play.clock.now().astimezone(ZONE):%m-%d}" != when[:5]:
                play.at(f"{when[:5]} 00:00").engine.tick()  # one sweep a day
            play.at(when)
            return act()

        return step

    yield do("09-21 10:00", lambda: play.open("desk", {"deaths": 1, "name": "张三", "seen": True}))
    yield do("09-21 10:02", lambda: play.do(c.Revise(said=play.said("boss"), facts={"grade": "低"}, reason="定级")))
    yield do("09-21 10:05", lambda: play.fire("office", "call"))
    yield do("09-21 10:10", lambda: play.fire("desk", "call"))
    yield do("09-21 10:40", lambda: play.do(c.Decide(said=play.said("boss"), decision="tell", answer=True, reason="需要")))
    yield do("09-21 11:30", lambda: play.fire("desk", "paper", elements={"place": "镇"}))
    yield do(
        "09-21 12:10",
        lambda: play.do(c.Receipt(said=play.said("boss"), of=play.engine.case("C").case.events("paper")[0].n, by="office", how="签收")),
    )
    yield do("09-21 12:20", lambda: play.do(c.Revise(said=play.said("boss"), facts={"knew": "2026-09-21 12:00"}, reason="查明")))
    yield do("09-21 13:00", lambda: play.fire("boss", "forward"))
    yield do("09-21 14:00", lambda: play.fire("boss", "order"))
    yield do("09-21 15:00", lambda: play.fire("boss", "order"))
    yield do("09-21 16:00", lambda: play.fire("desk", "done"))
    yield do("09-21 17:00", lambda: play.fire("desk", "step"))
    yield do("09-22 07:30", lambda: play.fire("desk", "follow"))
    yield do("09-22 09:00", lambda: play.fire("boss", "approve", present=("other",), second=Actor("office")))
    yield do("09-23 10:00", lambda: play.fire("boss", "hold"))
    yield do("09-24 10:00", lambda: play.fire("boss", "resume"))
    yield do("09-24 11:00", lambda: play.do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="3 days", reason="复杂")))
    yield do("09-24 12:00", lambda: play.do(c.Extend(said=play.said("boss"), row="answer", step="grant", reason="同意")))
    yield do("09-24 13:00", lambda: play.do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="1 day", reason="再延")))
    yield do("09-24 13:30", lambda: play.do(c.Extend(said=play.said("office"), row="answer", step="ask", by="1 day", reason="再延")))
    yield do("09-24 14:00", lambda: (play.open("desk", {"deaths": 1}, case="D"), setattr(play, "case", "C")))
    yield do("09-24 14:10", lambda: play.fire("boss", "hand_over", other="D"))
    yield do("09-25 09:00", lambda: play.revise("office", deaths=4))
    yield do("09-25 10:00", lambda: play.do(c.Revise(said=play.said("boss"), facts={"grade": "high"}, reason="升级")))
    yield do("09-25 10:30", lambda: play.fire("boss", "approve", present=("other",), second=Actor("office")))
    yield do("09-25 10:40", lambda: play.fire("boss", "approve", present=("other",)))
    yield do("09-25 10:45", lambda: play.fire("desk", "press_on"))
    yield do("09-25 10:50", lambda: play.fire("boss", "approve", second=Actor("office")))
    yield do("10-13 10:00", lambda: play.do(c.Waive(said=play.said("boss"), row="told_them", ground="免")))
    yield do("10-20 12:00", lambda: play.do(c.Waive(said=play.said("boss"), row="answer", ground="免")))
    yield do("10-25 12:00", lambda: play.fire("desk", "answer", elements={"place": "镇"}))
    yield do("10-26 09:00", lambda: play.revise("office", deaths=6))
    yield do("10-27 09:00", lambda: play.fire("boss", "cancel"))
    yield do("10-28 09:00", lambda: play.fire("boss", "close"))
    yield do("10-28 10:00", lambda: play.do(c.Erase(said=play.said("boss"), decider=Actor("boss"), entries=(1,), ground="依法")))


def course(text: str) -> list[Any]:
    """What becomes of the case: the answer to each step, the state, and at the end the ledger, the flags and the explanations."""
    definition = load(text, "alive.yaml", {"cn"})
    play = Play("alive", engine=Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test"))
    play.engine.add(definition)
    play.engine.organise([(POWER, None)])
    told: list[Any] = []
    for step in steps(play):
        try:
            step()
            told.append(play.state)
        except DubanError as error:
            told.append((error.code, error.message.zh))
        except LookupError as error:  # a case that never opened
            told.append(type(error).__name__)
    try:
        standing = play.engine.case("C")
    except UnknownCase:
        return told  # it could not even open
    there = {row.id for row in play.engine.cases()}
    for act in (*standing.case.acts, *(play.engine.case("D").case.acts if "D" in there else ())):
        told.append(
            (
                act.kind,
                act.name,
                act.happened.encode(),
                act.deviations,
                act.state,
                sorted((k, str(v)) for k, v in act.data.items() if k not in ("definition", "dues")),
            )
        )
    for moment in ("09-21 10:30", "09-21 11:45", "09-24 15:00", ""):
        rows = play.engine.ledger("C", at(moment) if moment else None)
        for row in rows:
            told.append((row.key, row.outcome.value, row.reason, row.beside, row.blank, str(row.due), str(row.late), str(row.bounds)))
    world = play.engine.world(standing)
    for moment in ("09-21 10:01", "09-24 15:00", "10-28 12:00"):
        case = standing.case.known(at(moment))
        rows = [r for r in play.engine.ledger("C", at(moment)) if not r.key.startswith("again#") or r.key == "again#1"]
        for row in rows:
            lines = [line for lang in ("zh", "en") for line in why(row, case, world, rows).lines(lang)]  # type: ignore[arg-type]
            told.extend(line for line in lines if not line.startswith(("  定义", "  definition")))
    return told


def page(text: str, capsys: pytest.CaptureFixture[str]) -> str:
    p = load(text, "alive.yaml", {"cn"}).procedure
    frame.settings.color = False
    screen.console().print(p.ref, p.title.zh, p.title.en, p.in_force.since, p.in_force.until)
    for lang in ("zh", "en"):
        frame.settings.lang = lang  # type: ignore[assignment]
        Page(p, lang).show()  # type: ignore[arg-type]
    return capsys.readouterr().out


@cache
def base() -> list[Any]:
    return course(ALIVE)


ACTS: dict[str, tuple[str, str]] = {
    "Procedure.zone": ("zone: Asia/Shanghai", "zone: Asia/Tokyo"),
    "Procedure.hour": ('\nhour: "09:00"', '\nhour: "11:00"'),
    "Procedure.erase": ("erase: boss\n", ""),
    "Procedure.documents": ("plan: {zh: 预案", "plan: {zh: 新预案"),
    "Procedure.initial": ("initial: open", "initial: sleeping"),
    "InForce.from": ("in_force: {from: 2020-01-01", "in_force: {from: 2026-09-22"),
    "InForce.until": ("until: 2030-12-31, by", "until: 2026-09-20, by"),
    "Basis.document": ("R1: {document: plan", "R1: {document: 别的文件"),
    "Basis.clause": ("clause: 一", "clause: 九"),
    "Basis.read": ("read: B", "read: A"),
    "Role.level": ("office: {zh: 办公室, en: office, level: town}", "office: {zh: 办公室, en: office, level: outside}"),
    "Fact.type": ("type: text, personal: true", "type: date, personal: true"),
    "Fact.of": ("low: {zh: 低", "low: {zh: 较低"),
    "Fact.required_when": ("required_when: {grade: high}", "required_when: {grade: low}"),
    "Fact.revise": ("revise: [boss, office]", "revise: boss"),
    "Fact.personal": ("en: seen, type: yes_no", "en: seen, type: yes_no, personal: true"),
    "State.initial": ("    initial: one\n", "    initial: two\n"),
    "State.parallel": ("    parallel: true\n", ""),
    "State.final": ("en: closed, final: true", "en: closed"),
    "State.states": ("      right: {zh: 右, en: right}\n", "      right: {zh: 右, en: right, states: {a: {zh: 甲, en: a}}}\n"),
    "Move.from": ("{from: wide, to: closed}", "{from: open, to: closed}"),
    "Move.to": ("{from: wide, to: closed}", "{from: wide}"),
    "Event.kind": ("    kind: request\n    from: open\n", "    from: open\n"),
    "Event.opens": ("en: told, opens: true, by: [desk, office]", "en: told, by: [desk, office]"),
    "Event.from": ("from: open.one, to: open.two", "from: sleeping, to: open.two"),
    "Event.to": ("from: sleeping, to: wide", "from: sleeping, to: closed"),
    "Event.by": ("en: call, by: desk", "en: call, by: [desk, office]"),
    "Event.after": ("after: {on: step, term: 480 hours}", "after: {on: call, term: 480 hours}"),
    "Event.when": ("    when: {grade: high}\n", "    when: {grade: low}\n"),
    "Event.require": ("    require: deaths\n    present", "    require: size\n    present"),
    "Event.record": ("en: answer, by: desk, record: place", "en: answer, by: desk, record: number"),
    "Event.present": ("    present: other\n", ""),
    "Event.second": ("    second: office\n", ""),
    "Event.report": ("report: {kind: first, medium: written, to: [boss, other], elements: place}, ", ""),
    "Event.authority": (", authority: {action: press, class: grade, grade: grade}", ""),
    "Authority.action": ("{action: press,", "{action: pull,"),
    "Authority.class": ("class: grade, grade: grade", "grade: grade"),
    "Authority.grade": ("class: grade, grade: grade", "class: grade"),
    "Link.to": ("link: {to: alive, event: noticed}", "link: {to: elsewhere, event: noticed}"),
    "Link.event": ("link: {to: alive, event: noticed}", "link: {to: alive}"),
    "Clock.on": ("after: {on: step, term: 480 hours}", "after: {on: order, term: 480 hours}"),
    "Clock.term": ("after: {on: step, term: 480 hours}", "after: {on: step, term: 2 days}"),
    "Clock.due": ("after: {due: answer}", "after: {due: paper}"),
    "Report.medium": ("kind: first, medium: telephone", "kind: first"),
    "Report.to": ("medium: written, to: [boss, other]", "medium: written, to: boss"),
    "Report.elements": ("elements: place}, basis", "elements: number}, basis"),
    "Decision.by": ("tell them?, by: boss", "tell them?, by: office"),
    "Decision.asked": ("asked: {on: call}", "asked: {on: paper}"),
    "Decision.basis": ("asked: {on: call}, basis: R2", "asked: {on: call}, basis: R1"),
    "Start.on": ("starts: {on: order, each: true}", "starts: {on: step, each: true}"),
    "Start.instant": ("instant: received", "instant: recorded"),
    "Start.each": ("starts: {on: order, each: true}", "starts: {on: order}"),
    "Start.received": ("starts: {received: paper}", "starts: {received: told_them}"),
    "Start.fact": ("starts: {fact: knew, since: call}", "starts: {on: call}"),
    "Start.since": ("fact: knew, since: call", "fact: knew, since: told"),
    "Start.decision": ("starts: {decision: tell, answer: yes}", "starts: {on: call}"),
    "Start.answer": ("answer: yes}", "answer: no}"),
    "Start.date": ("date: 05-31", "date: 10-01"),
    "Start.every": ("every day at 08:00", "every day at 07:00"),
    "Start.until": ("until: resume}", "until: hold}"),
    "Start.basis": ("starts: {on: told, basis: R2}", "starts: {on: told, basis: unit}"),
    "Owed.by": ("owed: {by: office}, starts: {fact", "owed: {by: boss}, starts: {fact"),
    "Owed.to": ("owed: {by: desk, to: [boss, other]}", "owed: {by: desk, to: boss}"),
    "Alternative.when": (
        "{less_than: 3}}, is: 20 days}, {when: {deaths: {at_least: 3}}",
        "{less_than: 5}}, is: 20 days}, {when: {deaths: {at_least: 5}}",
    ),
    "Alternative.is": ("is: 10 working days", "is: 12 working days"),
    "Alternative.note": ("is: as read, note: 日,", "is: as read,"),
    "Alternative.basis": ("is: 10 working days, basis: R1", "is: 10 working days, basis: R2"),
    "PauseRule.from": ("from: hold, until", "from: order, until"),
    "PauseRule.until": ("until: resume, basis", "until: cancel, basis"),
    "Extension.ask": ("extend: {ask: desk,", "extend: {ask: office,"),
    "Extension.grant": ("grant: boss", "grant: office"),
    "Extension.cap": ("cap: 10 days", "cap: 1 day"),
    "Extension.times": ("times: 1", "times: 2"),
    "Tier.at": ("at: 1 working day before", "at: 2 working days before"),
    "Tier.tell": ("before, tell: desk", "before, tell: office"),
    "Tier.lead": (", lead: tardy", ""),
    "Tier.hour": ('hour: "10:00"', 'hour: "11:00"'),
    "Missed.lead": ("lead: slow", "lead: slower"),
    "Alternative.provisional": ("is: 5 days, provisional: true", "is: 5 days"),
    "Ambiguity.note": ("zh: 日有两读", "zh: 日有三读"),
    "Ambiguity.use": ("use: 5 days roll", "use: 5 working days"),
    "Ambiguity.readings": ("readings: [5 days, 5 working days]", "readings: [5 days]"),
    "Ambiguity.starts": ("starts: [{on: call}]", "starts: [{on: paper}]"),
    "Obligation.counts": ("    counts: received\n", ""),
    "Obligation.owed_when": ("owed_when: {deaths: {less_than: 100}}", "owed_when: {deaths: {less_than: 2}}"),
    "Obligation.modality": (", modality: target", ""),
    "Obligation.met_by": ("    met_by: answer\n", "    met_by: done\n"),
    "Obligation.discharged_by": ("    discharged_by: cancel\n", "    discharged_by: hold\n"),
    "Obligation.waive": ("    waive: boss\n", "    waive: office\n"),
    "Obligation.elements": ("    elements: number\n", ""),
    "Obligation.early": (", early: contradiction", ""),
    "Obligation.recount": (", recount: from_change", ""),
    "Obligation.counts_from": (", counts_from: occurrence", ""),
    "Obligation.receipt": ("receipt: 30 minutes", "receipt: 3 minutes"),
    "Obligation.receipt_basis": ("    receipt_basis: R2\n", ""),
    "Obligation.deemed": ("    deemed: 10 minutes\n", "    deemed: 45 minutes\n"),
    "Obligation.duty": ("    deemed: 10 minutes\n    duty: first\n", "    deemed: 10 minutes\n"),
    "Obligation.basis": ("    duty: first\n    basis: R2\n", "    duty: first\n    basis: R1\n"),
}

SHOWN: dict[str, tuple[str, str]] = {
    "Label.zh": ("step: {zh: 推进", "step: {zh: 推动"),
    "Label.en": ("en: step,", "en: push,"),
    "Basis.valid_from": ("valid_from: 2020-01-01", "valid_from: 2021-01-01"),
    "Basis.valid_until": ("valid_until: 2030-12-31", "valid_until: 2029-12-31"),
    "Basis.note": ("zh: 依据说明", "zh: 依据另说"),
    "Fact.unit": ("unit: 人", "unit: 名"),
    "Report.kind": ("{kind: follow_up", "{kind: final"),
    "Event.basis": ("en: resume, by: boss, basis: R1", "en: resume, by: boss, basis: R2"),
    "PauseRule.basis": ("until: resume, basis: R2", "until: resume, basis: R1"),
    "Extension.basis": ("times: 1, basis: R2", "times: 1, basis: R1"),
    "Tier.title": ("zh: 提醒一", "zh: 首次提醒"),
    "Tier.basis": ("en: first reminder}, basis: R2", "en: first reminder}, basis: R1"),
    "Procedure.zh": ("\nzh: 全项", "\nzh: 全部"),
    "Procedure.en": ("\nen: everything", "\nen: all"),
    "Procedure.version": ("version: 1-1", "version: 1-2"),
    "Window.from": ("window: {from: on_day", "window: {from: to_day"),
    "Window.until": ("until: until_day}", "until: to_day}"),
    "Line.facts": ("en: place told, facts: grade", "en: place told, facts: deaths"),
    "Line.elements": ("facts: grade, elements: place", "facts: grade, elements: number"),
    "Line.durations": ("durations: obey", "durations: known"),
    "Line.basis": ("elements: place, basis: R1}", "elements: place, basis: R2}"),
    "Gather.procedures": ("procedures: small,", "procedures: probe,"),
    "Gather.where": ("where: {kind: big}", "where: {kind: small}"),
    "Gather.events": ("events: start,", "events: end,"),
    "Gather.duties": ("duties: first}}", "duties: second}}"),
    "Procedure.notes": ("zh: 全文注", "zh: 全篇注"),
}

ELSEWHERE = {
    "Procedure.procedure": "the name by which it is opened: tests/integration/test_definitions_command.py",
    "Procedure.calendar": "an unknown one is refused: tests/unit/test_load.py",
    "Procedure.period": "S7.3 in tests/unit/test_semantics.py",
    "Period.every": "S7.3 in tests/unit/test_semantics.py",
    "Period.level": "S7.3 in tests/unit/test_semantics.py",
    "Period.joins": "S7.3 in tests/unit/test_semantics.py",
    "InForce.by": "tests/integration/test_replay_phmsa.py",
}
"""What one case on one day cannot show."""

CONTAINERS = {
    "Procedure": {"in_force", "basis", "roles", "elements", "facts", "states", "events", "decisions", "obligations", "sheet"},
    "Sheet": {"zh", "en", "window", "lines"},
    "Line": {"cases"},
    "Obligation": {"owed", "starts", "term", "pause", "extend", "tiers", "missed", "ambiguous"},
    "Event": {"moves", "link"},
}
"""Fields that only hold parts, whose own fields are listed."""


def test_every_field_of_the_language_is_listed() -> None:
    listed = {*ACTS, *SHOWN, *ELSEWHERE}
    wanted = set()
    for model in models():
        labels = {"zh", "en"} if model.__name__ not in ("Label", "Procedure") else set()
        for name, field in model.model_fields.items():
            alias = field.alias or name
            if alias not in labels and alias not in CONTAINERS.get(model.__name__, set()):
                wanted.add(f"{model.__name__}.{alias}")
    assert wanted == listed


def test_the_course_is_the_same_each_time() -> None:
    assert course(ALIVE) == base()


@pytest.mark.parametrize("option", ACTS)
def test_it_changes_what_becomes_of_a_case(option: str) -> None:
    old, new = ACTS[option]
    assert old in ALIVE
    assert course(ALIVE.replace(old, new, 1)) != base()


@pytest.mark.parametrize("option", SHOWN)
def test_it_changes_what_the_reader_is_shown(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = SHOWN[option]
    assert old in ALIVE
    text = ALIVE.replace(old, new, 1)
    assert page(text, capsys) != page(ALIVE, capsys)


def test_every_option_that_is_drawn_is_drawn() -> None:
    assert svg(load(ALIVE, "f").procedure, "zh") != svg(
        load(ALIVE.replace("is: 10 working days", "is: 9 working days"), "f").procedure, "zh"
    )
