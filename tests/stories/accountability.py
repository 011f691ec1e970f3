"""A matter that goes its whole way, one that a serious outcome brings and nobody takes further, and an appeal."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from workflow.organisation import Actor

PROCEDURE = "accountability"
OPENER = "proposer"

EVIDENCE = {"elements": {"evidence": "登记簿"}}
FOUND = {"facts": {"finding": "late"}, **EVIDENCE}
GROUND = {"elements": {"ground": "见卷"}}
PROPOSED = {
    "facts": {"circumstance": "dereliction", "failed_link": "scene", "leader": "no"},
    "elements": {"report": "调查报告", "proposal": "批评教育"},
}
HEARD = {"present": ("person_concerned",), "elements": {"hearing": "笔录"}}
BODY = {"second": Actor("decider_member"), "elements": {"participants": "五人", "ground": "见卷", "decision_text": "批评教育"}}
UNPURSUED = {"second": Actor("decider_member"), "elements": {"participants": "五人", "ground": "情节轻微"}}
RESULT = {"elements": {"result": "已办"}}
ANSWER = {"facts": {"appeal_result": "changed"}, "elements": {"ground": "见卷"}}


def investigated(event: str = "complaint") -> Play:
    play = Play(PROCEDURE).at("09-24 08:00")
    play.open(OPENER, {"suspected": "late"}, event=event)
    play.at("09-24 09:00").fire("proposer", "investigate")
    return play


def heard() -> Play:
    play = investigated()
    play.at("09-25 09:00").fire("investigator", "find", **FOUND)
    play.at("09-25 10:00").fire("proposer", "propose", **PROPOSED)
    play.at("09-26 09:00").fire("proposer", "hear", **HEARD)
    return play


def decided() -> Play:
    play = heard()
    play.at("09-27 09:00").fire("decider", "decide_on", **BODY)
    return play


def finished() -> Play:
    play = decided()
    play.at("09-28 09:00").fire("executor", "serve")
    play.at("09-28 10:00").fire("executor", "execute", **RESULT)
    play.at("09-28 11:00").fire("executor", "report_execution", **RESULT)
    play.at("09-29 09:00").fire("person_concerned", "appeal")
    play.at("09-30 09:00").fire("appeal_body", "answer_appeal", **ANSWER)
    play.at("09-30 10:00").fire("executor", "redress", **RESULT)
    play.at("09-30 11:00").fire("proposer", "archive")
    return play


def traced() -> Play:
    play = investigated("trace_back")
    play.at("09-24 10:00").fire("investigator", "traced", elements={"trace": "见附表"})
    return play


def untold() -> Play:
    """Archived while the decision was never served, and what was done never reported."""
    play = decided()
    play.at("09-28 10:00").fire("executor", "execute", **RESULT)
    play.at("09-28 11:00").fire("proposer", "archive")
    return play


MET: dict[str, Story] = {
    **dict.fromkeys(
        ("investigate", "propose", "hear", "decide_on", "serve", "execute", "report_execution", "answer_appeal", "redress"), finished
    ),
    "trace": traced,
}
MISSED: dict[str, Story] = {"serve": untold, "report_execution": untold}

_LEAD: Step = ("proposer", "take_lead", {"other": "social-security-incident"})
_TRACE: Step = ("proposer", "trace_back", {"other": "social-security-incident"})
_COMPLAINT: Step = ("decider", "complaint", {})
_STATEMENT: Step = ("person_concerned", "statement", {"elements": {"statement_text": "当晚信号中断"}})
_INVESTIGATE: Step = ("proposer", "investigate", {})
_INQUIRE: Step = ("investigator", "inquire", EVIDENCE)
_TRACED: Step = ("investigator", "traced", {"elements": {"trace": "见附表"}})
_FIND: Step = ("investigator", "find", FOUND)
_PROPOSE: Step = ("proposer", "propose", PROPOSED)
_INFORM: Step = ("proposer", "inform", {"elements": {"told": "见告知书"}})
_HEAR: Step = ("proposer", "hear", HEARD)
_WAIVE: Step = ("person_concerned", "waive_hearing", {})
_BACK: Step = ("decider", "send_back", GROUND)
_DECIDE: Step = ("decider", "decide_on", BODY)
_SERVE: Step = ("executor", "serve", {})
_EXECUTE: Step = ("executor", "execute", RESULT)
_REPORT: Step = ("executor", "report_execution", RESULT)
_APPEAL: Step = ("person_concerned", "appeal", {})
_ANSWER: Step = ("appeal_body", "answer_appeal", ANSWER)
_REDRESS: Step = ("executor", "redress", RESULT)
_ARCHIVE: Step = ("proposer", "archive", {})
_DROP: Step = ("proposer", "drop", GROUND)

COURSES: tuple[tuple[Step, ...], ...] = (
    (_LEAD, _TRACE, _COMPLAINT, _STATEMENT, _INVESTIGATE, _LEAD, _TRACE, _COMPLAINT, _STATEMENT, _INQUIRE, _TRACED, _FIND, _PROPOSE),
    (_INVESTIGATE, _FIND, _PROPOSE, _STATEMENT, _INFORM, _HEAR, _STATEMENT),
    (_INVESTIGATE, _FIND, _PROPOSE, _BACK, _PROPOSE, _WAIVE, _BACK, _PROPOSE, _HEAR, _DECIDE, _STATEMENT, _SERVE, _EXECUTE, _REPORT),
    (_INVESTIGATE, _FIND, _PROPOSE, _WAIVE, _DECIDE, _EXECUTE, _APPEAL, _ANSWER, _REDRESS, _APPEAL, _ANSWER, _ARCHIVE),
    (_INVESTIGATE, _FIND, _PROPOSE, _WAIVE, ("decider", "no_action", UNPURSUED)),
    (_DROP,),
    (_INVESTIGATE, _DROP),
)
