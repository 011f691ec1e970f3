"""The live path goes through ``transitions``, with no second table beside it: taking any transition out of the machine shows.

Each procedure here has written courses of events, all of them ordinary: nothing in them is a deviation. For every transition of the
machine, the machine is compiled again without it and the courses are played again: at least one must then come out otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.library import shipped_definition
from adapters.store.memory import MemoryStore
from tests.play import Play, at
from tests.stories import procedure_of, stories
from workflow.engine import Engine
from workflow.errors import Refused
from workflow.organisation import Actor
from workflow.rules import Rules

Step = tuple[str, str, dict[str, Any]]
"""Role, event, and what else is said. A quarter of an hour passes before each, or ``at`` says when it is."""


class Transition(NamedTuple):
    event: str
    source: str
    target: str


Came = tuple[str, tuple[str, ...], tuple[str, ...]]
"""What became of a step: the event or the refusal, the deviations, the state after it."""

SITUATION = {"elements": {"situation": "术后出血"}}
UPWARD = {"elements": {"situation": "术后出血", "measures": "已封存"}}
SEALED = {"present": ("patient_side",), "elements": {"items": "病历", "seal_numbers": "F-1"}}
OPENED = {
    "present": ("patient_side",),
    "second": Actor("director", person="h01"),
    "elements": {"ground": "双方同意鉴定", "result": "取出病历"},
}
FOUND_BROKEN = {"elements": {"items": "病历", "situation": "封条裂开"}}
CUSTODIAN = {"elements": {"custodian_name": "保管人"}}
INQUIRY = {"elements": {"cause": "a", "consequences": "b", "responsibility": "c"}}
REPORT = {"elements": {"cause": "a", "responsibility": "c", "opinion": "d"}}
ANSWER = {"elements": {"result": "a", "opinion": "b"}}
MEASURES = {"elements": {"measures": "a"}}

_CUSTODY: list[Step] = [
    ("medical", "seal", SEALED),
    ("medical", "assign_custodian", CUSTODIAN),
    ("medical", "seal", SEALED),
    ("medical", "change_custodian", CUSTODIAN),
    ("medical", "unseal", OPENED),
    ("medical", "seal", SEALED),
    ("custodian", "seal_broken", FOUND_BROKEN),
]
_SPOT: list[Step] = [
    ("department", "send_people", {}),
    ("head", "send_people", {}),
    ("department", "arrive", {}),
    ("department", "send_people", {}),
    ("head", "arrive", {}),
    ("department", "remedied", MEASURES),
    ("department", "send_people", {}),
    ("department", "arrive", {}),
    ("staff", "patient_died", {"facts": {"deaths": 1}}),
]
_CHARGES: list[Step] = [
    ("relations", "check_charges", {"elements": {"result": "多收 20 元"}, "facts": {"charges_wrong": "yes"}}),
    ("relations", "correct_charges", MEASURES),
]
_ANSWERED: list[Step] = [
    ("relations", "accept", {"facts": {"handling": "complex"}}),
    ("relations", "begin_inquiry", {}),
    ("relations", "conclude_inquiry", INQUIRY),
    ("relations", "inquiry_report", REPORT),
    ("relations", "explain", {}),
    ("department", "keep_order", {}),
    ("relations", "answered", ANSWER),
    ("director", "close", {}),
]

TOWN = "social-security-incident"
_TOWN_WAYS: dict[str, tuple[str, ...]] = {
    "reporting": (),
    "graded": ("classify",),
    "response": ("activate",),
    "aftermath": ("activate", "under_control"),
    "summed_up": ("activate", "under_control", "sum_up"),
}
"""How an incident comes into each state of the town's procedure."""
_TOWN_MOVES = ("classify", "activate", "escalate", "arrive", "release", "under_control", "flare_up", "sum_up", "archive")


_TAKE = "take_command_"
"""Each special command body takes command of incidents of its own class."""


def _ordinary(procedure: str, event: str, kind: str = "mass") -> Step:
    """An event done as it should be: by the first role that may, with all that it asks for, in an incident of a class."""
    declared = procedure_of(procedure).events[event]
    wanted = (*declared.record, *(declared.report.elements if declared.report else ()))
    more: dict[str, Any] = {"elements": dict.fromkeys(wanted, "x"), "present": declared.present}
    stated = (*declared.require, *(("class",) if event.startswith(_TAKE) else ()))
    if stated:
        more["facts"] = {fact: {"class": kind, "grade": "major"}[fact] for fact in stated}
    if declared.second:
        more["second"] = Actor(declared.second, person="second")
    if declared.link:
        more["other"] = declared.link.to[0]
    return declared.by[0], event, more


def _town_courses() -> tuple[tuple[Step, ...], ...]:
    """In every state all that may happen there and moves nothing, a handful at a time; then each move from every state that has it."""
    courses: list[tuple[Step, ...]] = []
    for state, way in _TOWN_WAYS.items():
        prefix = tuple(_ordinary(TOWN, event) for event in way)
        there = [t.event for t in transitions(TOWN) if t.source.partition(".")[0] == state]
        stay = [event for event in dict.fromkeys(there) if event not in _TOWN_MOVES and not event.startswith(_TAKE)]
        for event in dict.fromkeys(e for e in there if e.startswith(_TAKE)):
            kind = event.removeprefix(_TAKE)
            courses.append((*(_ordinary(TOWN, step, kind) for step in way), _ordinary(TOWN, event, kind)))
        courses += [(*prefix, *(_ordinary(TOWN, event) for event in stay[k : k + 8])) for k in range(0, len(stay), 8)]
        courses += [(*prefix, _ordinary(TOWN, event)) for event in dict.fromkeys(there) if event in _TOWN_MOVES]
    assert {t.event for t in transitions(TOWN)} <= {event for course in courses for _, event, _ in course}
    return tuple(courses)


COURSES: dict[str, tuple[tuple[Step, ...], ...]] = {
    "medical-dispute": (
        # By the book: department, hospital, health authority; then evidence, treatment, charges, answer.
        (
            ("head", "found", {}),
            ("staff", "report_head", {}),
            ("staff", "report_head", {}),
            ("head", "telephone_hospital", {}),
            ("head", "report_hospital", SITUATION),
            ("staff", "report_head", {}),
            ("relations", "report_authority", UPWARD),
            ("staff", "report_head", {}),
            ("head", "report_hospital", SITUATION),
            ("head", "telephone_hospital", {}),
            *_SPOT,
            *_CUSTODY,
            *_CHARGES,
            *_ANSWERED,
        ),
        # The head reports at once, in writing.
        (("head", "report_hospital", SITUATION), ("head", "telephone_hospital", {}), *_ANSWERED),
        # It becomes a matter of the town, and goes on.
        (("director", "became_incident", {"other": TOWN}), *_ANSWERED),
        # The head reports at once, by telephone; the director tells the health authority himself; people arrive unsent.
        (("head", "telephone_hospital", {}), ("director", "telephone_authority", {}), ("department", "arrive", {}), *_ANSWERED),
        # The person concerned reports to the head, who writes.
        (("staff", "report_head", {}), ("head", "report_hospital", SITUATION), *_ANSWERED),
        # Nobody complained; the complaint was withdrawn.
        (("director", "close_unanswered", {"elements": {"ground": "未造成损害,无人投诉"}}),),
        (("relations", "accept", {}), ("director", "close_unanswered", {"elements": {"ground": "投诉已撤回"}})),
    ),
}
"""Every transition of these is tried, and of every procedure that has a story in ``tests/stories``."""

COURSES |= {name: story.COURSES for name, story in stories().items()}
DAYS = {name: getattr(story, "DAY", "2026-09-24") for name, story in stories().items()}
OPENERS = {"medical-dispute": "staff", TOWN: "scene_head"} | {name: story.OPENER for name, story in stories().items()}


def rules(procedure: str, without: Transition | None = None) -> Rules:
    """The compiled procedure; its machine has lost one transition."""
    made = Rules(shipped_definition(procedure).procedure, shipped_definition(procedure).hash)
    if without is not None:
        found = made.chart._machine.events[without.event].transitions[without.source]
        gone = [t for t in found if (t.dest or "") == without.target]
        assert len(gone) == 1
        found.remove(gone[0])
    return made


def transitions(procedure: str) -> Iterator[Transition]:
    declared = rules(procedure).procedure.events
    for name, event in rules(procedure).chart._machine.events.items():
        if declared[name].opens and declared[name].clockwork:
            continue  # the sweep opens with it, before there is a state to leave
        for source, found in event.transitions.items():
            for transition in found:
                yield Transition(name, source, transition.dest or "")


COURSES[TOWN] = _town_courses()


def play(procedure: str, compiled: Rules, course: tuple[Step, ...]) -> Iterator[Came]:
    engine = Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
    others = {told["other"] for _, _, told in course if "other" in told}  # each a case of that procedure, by its name
    for name in {procedure, *others}:
        engine.add(shipped_definition(name))
    engine.sources._rules[compiled.hash] = compiled
    day = DAYS.get(procedure, "2026-09-24")
    for other in others:
        Play(other, engine=engine).at(f"{day} 07:00").open(OPENERS[other], case=other)
    scene = Play(compiled.procedure.procedure, engine=engine).at(f"{day} 08:00")
    scene.open(OPENERS[procedure])
    for n, (role, event, told) in enumerate(course, 1):
        more = {**told}
        scene.at(more.pop("at", f"{day} {8 + n // 4:02}:{n % 4 * 15:02}"))
        try:
            act = scene.fire(role, event, **more).acts[-1]
        except Refused as error:
            yield error.code, (), scene.state
        else:
            yield event, act.deviations, act.state


@cache
def baseline(procedure: str) -> tuple[tuple[Came, ...], ...]:
    return tuple(tuple(play(procedure, rules(procedure), course)) for course in COURSES[procedure])


@pytest.mark.parametrize("procedure", COURSES)
def test_the_courses_are_ordinary(procedure: str) -> None:
    assert [step for trace in baseline(procedure) for step in trace if step[1] or step[0] not in rules(procedure).procedure.events] == []


@pytest.mark.parametrize(
    ("procedure", "gone"), [(p, t) for p in COURSES for t in transitions(p)], ids=lambda x: ":".join(x) if isinstance(x, tuple) else x
)
def test_a_course_comes_out_otherwise_without_one_transition(procedure: str, gone: Transition) -> None:
    compiled = rules(procedure, gone)
    courses = zip(COURSES[procedure], baseline(procedure), strict=True)
    alone = compiled.procedure.events[gone.event].clockwork  # nobody fires it: it shows in the state that a later step finds
    used = [(course, trace) for course, trace in courses if alone or any(step[1] == gone.event for step in course)]
    assert any(step != was for course, trace in used for step, was in zip(play(procedure, compiled, course), trace, strict=True))
