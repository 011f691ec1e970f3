"""A drill that is held, evaluated on its four points and closed once every finding is answered; and one that stops half way."""

from __future__ import annotations

from datetime import timedelta

from tests.play import Play
from tests.stories import Step, Story

PROCEDURE = "drill"
OPENER = "drill_organiser"
TEN = timedelta(minutes=10)
ORGANISER, COMMANDER, FORCE, EVALUATOR, OWNER = "drill_organiser", "drill_commander", "drill_force", "drill_evaluator", "plan_owner"

SCHEME = {"facts": {"form": "live", "forces": "joint"}, "elements": {"drill_scheme": "方案一"}}
ORDER = {"elements": {"order": "封控路口"}}
DONE = {"elements": {"result": "已到位"}}
FINISH = {"elements": {"participants": "民兵排、派出所"}}
FINDING = {"elements": {"point": "预案", "finding": "通信中断无备用手段"}}
ANSWER = {"elements": {"answer": "已配备对讲机"}}
SEEN = {"elements": {"observation": "见记录"}}

HELD: tuple[Step, ...] = (
    (ORGANISER, "make_scheme", SCHEME),
    (ORGANISER, "start", {}),
    (COMMANDER, "order", ORDER),
    (FORCE, "carried_out", DONE),
    (ORGANISER, "finish", FINISH),
)
EVALUATED: tuple[Step, ...] = (
    (EVALUATOR, "evaluate_plan", {**SEEN, "facts": {"plan_fit": "fair"}}),
    (
        EVALUATOR,
        "evaluate_command",
        {**SEEN, "facts": {"system_complete": "good", "flow_short": "fair", "orders_fast": "good", "system_efficient": "fair"}},
    ),
    (EVALUATOR, "evaluate_handling", {**SEEN, "facts": {"judgement": "good", "decision": "fair"}}),
    (EVALUATOR, "evaluate_force", {**SEEN, "facts": {"participation": "good", "timeliness": "poor"}}),
)
FOUND: Step = (EVALUATOR, "find", FINDING)
ANSWERED: Step = (OWNER, "answered", ANSWER)
CLOSE: Step = (ORGANISER, "close", {})


def planned() -> Play:
    play = Play(PROCEDURE).at("06-08 08:00")
    play.open(OPENER)
    return play


def course(play: Play, *steps: Step) -> Play:
    """The steps, ten minutes apart."""
    for role, event, more in steps:
        clock = play.clock
        clock.set(clock.now() + TEN)
        play.fire(role, event, **more)
    return play


def held() -> Play:
    return course(planned(), *HELD)


def closed() -> Play:
    return course(held(), *EVALUATED, FOUND, ANSWERED, CLOSE)


def stopped() -> Play:
    """Planned, and cancelled before there was a scheme."""
    return course(planned(), CANCEL)


def not_held() -> Play:
    return course(planned(), HELD[0], CANCEL)


def unexecuted() -> Play:
    """Closed with an order that nobody carried out."""
    return course(planned(), *HELD[:3], HELD[4], *EVALUATED, CLOSE)


CANCEL: Step = (ORGANISER, "cancel", {"elements": {"ground": "汛情"}})

MET: dict[str, Story] = dict.fromkeys(
    ["scheme", "hold", "carry_out", "evaluate_plan", "evaluate_command", "evaluate_handling", "evaluate_force", "answer_finding"], closed
)
MISSED: dict[str, Story] = {"scheme": stopped, "hold": not_held, "carry_out": unexecuted}

_PLAN: Step = (ORGANISER, "make_plan", {"elements": {"plan": "村专项预案", "drill_plan": "年度计划"}})
_INSPECTED: Step = ("drill_supervisor", "inspected", {"elements": {"inspection": "按计划进行"}})
_REVISED: Step = (OWNER, "plan_revised", {})
_ASK: Step = (EVALUATOR, "ask_revision", {"other": "contingency-plan"})

COURSES: tuple[tuple[Step, ...], ...] = (
    (
        _PLAN, _INSPECTED, HELD[0], _PLAN, HELD[0], _INSPECTED, HELD[1], HELD[2], FOUND, _REVISED, FOUND, ANSWERED, _INSPECTED, _ASK,
        HELD[4], HELD[3], _INSPECTED, (ORGANISER, "register_drill", {"other": "contingency-plan"}), FOUND, _ASK, _REVISED, FOUND, ANSWERED,
        *EVALUATED, CLOSE,
    ),
    (*HELD, (ORGANISER, "count_drill", {"other": "drill-duty"})),
    (CANCEL,),
    (HELD[0], CANCEL),
)  # fmt: skip
