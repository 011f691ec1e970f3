"""A village's plan: drafted, reviewed, issued, filed, practised and revised; and one that was on the year's list and never came."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story

PROCEDURE = "contingency-plan"
OPENER = "plan_owner"
OWNER, ISSUER, REVIEWER, FILING = "plan_owner", "plan_issuer", "plan_reviewer", "filing_office"

CLASSED = {"facts": {"kind": "special", "class": "mass"}}
SECTIONS = {"elements": {"prevention": "日常排查", "handling": "报告、疏导、处置"}}
OPINION = {"elements": {"opinion": "同意"}}
MANUAL = {"elements": {"operation": "操作规程一", "manual": "手册一"}}
LINKED = {"elements": {"linked_plan": "镇专项预案", "linkage": "报告与响应"}}
SCHEDULED = {"elements": {"drill_plan": "年度演练计划", "drill_scheme": "演练方案一"}}
FINDING = {"elements": {"finding": "通信中断无备用手段"}}
LESSON = {"elements": {"lesson": "报告过晚"}}
GROUND = {"elements": {"ground": "新增矿区"}}
FIRST = {"facts": {"edition": 1}}
CHANGED = {"facts": {"change": "revision"}, "elements": {"changes": "增加备用通信"}}

MADE: tuple[Step, ...] = (
    (OWNER, "submit_review", CLASSED),
    (REVIEWER, "review_passed", OPINION),
    (ISSUER, "issue", SECTIONS),
    (OWNER, "file", {}),
    (ISSUER, "take_effect", FIRST),
)
REVISED: tuple[Step, ...] = (
    (OWNER, "begin_revision", CHANGED),
    (OWNER, "submit_review", {}),
    (REVIEWER, "review_passed", OPINION),
    (ISSUER, "issue_revision", SECTIONS),
    (OWNER, "file", {}),
    (ISSUER, "take_effect", {"facts": {"edition": 2}}),
)


def made(**facts: str) -> Play:
    """A plan in force, one step a day from 2 March on."""
    play = Play(PROCEDURE).at("03-02 09:00")
    play.open(OWNER, {"kind": "special", "class": "mass", **facts})
    return steps(play, MADE)


def steps(play: Play, course: tuple[Step, ...], month: str = "03", day: int = 3) -> Play:
    """The steps of a course, one a day."""
    for n, (role, event, more) in enumerate(course, day):
        play.at(f"{month}-{n:02} 09:00").fire(role, event, **more)
    return play


def lived() -> Play:
    """In force, with its manual, links and drill; then everything that asks for a revision, and each answered by one."""
    play = made(this_year="yes")
    follow = ((OWNER, "adopt_manual", MANUAL), (OWNER, "link_outside", LINKED), (OWNER, "schedule_drill", SCHEDULED))
    steps(play, (*follow, (OWNER, "drilled", {})), "04")
    for month, asked in {
        "05": (FILING, "situation_changed", GROUND),
        "06": (OWNER, "finding_raised", FINDING),
        "07": (OWNER, "lesson_raised", LESSON),
    }.items():
        steps(play, (asked, *REVISED), month)
    return steps(play, ((OWNER, "adopt_manual", MANUAL),), "08")


def forgotten() -> Play:
    """On the year's list, drafted, and never issued."""
    play = Play(PROCEDURE).at("03-02 09:00")
    play.open(OWNER, {"kind": "grassroots", "this_year": "yes"})
    return play.at("2027-01-04 09:00")


def abolished() -> Play:
    """Asked to be revised from every side, revised once, and abolished with everything open."""
    play = made()
    steps(play, ((OWNER, "schedule_drill", SCHEDULED), *REVISED[:4], (OWNER, "submit_review", {})), "04")
    asked: tuple[Step, ...] = ((FILING, "situation_changed", GROUND), (OWNER, "finding_raised", FINDING), (OWNER, "lesson_raised", LESSON))
    return steps(play, (*asked, (ISSUER, "abolish", GROUND)), "05")


def issued_only() -> Play:
    """Issued, and abolished before it was filed or practised."""
    play = Play(PROCEDURE).at("03-02 09:00")
    play.open(OWNER, {"kind": "special", "class": "mass"})
    return steps(play, (*MADE[:3], (ISSUER, "take_effect", FIRST), (ISSUER, "abolish", GROUND)))


def abandoned() -> Play:
    """Abolished while it lay with the reviewers."""
    play = Play(PROCEDURE).at("03-02 09:00")
    play.open(OWNER, {"kind": "special", "class": "mass"})
    return steps(play, (MADE[0], (ISSUER, "abolish", GROUND)))


MET: dict[str, Story] = dict.fromkeys(
    [
        "establish",
        "review",
        "file",
        "manual",
        "manual_update",
        "link",
        "schedule_drill",
        "drill",
        "revise_by_situation",
        "revise_by_drill",
        "revise_by_lesson",
    ],
    lived,
)
MISSED: dict[str, Story] = {
    "establish": forgotten,
    "review": abandoned,
    "file": issued_only,
    "manual": issued_only,
    "link": issued_only,
    "schedule_drill": issued_only,
    "manual_update": abolished,
    "drill": abolished,
    "revise_by_situation": abolished,
    "revise_by_drill": abolished,
    "revise_by_lesson": abolished,
}

_FAILED: Step = (REVIEWER, "review_failed", OPINION)
_BEGIN: Step = (OWNER, "begin_revision", CHANGED)
_NEXT: Step = (ISSUER, "take_effect", {"facts": {"edition": 2}})
_DECLINE: Step = (ISSUER, "decline_revision", GROUND)
_ABOLISH: Step = (ISSUER, "abolish", GROUND)
_FILE: Step = (OWNER, "file", {})
_ANY: tuple[Step, ...] = (
    (FILING, "registered", {"elements": {"filing_number": "备1"}}),
    (OWNER, "adopt_manual", MANUAL),
    (OWNER, "link_outside", LINKED),
)
_OTHERS: tuple[Step, ...] = ((OWNER, "link_plan", {"other": PROCEDURE}), (OWNER, "linked_by", {}))
_TOLD: tuple[Step, ...] = (
    ("drill_evaluator", "finding_from_drill", {}),
    ("town_office", "lesson_passed", {}),
    (OWNER, "report_to_drill", {"other": "drill"}),
)
_ASKS: tuple[Step, ...] = (
    (OWNER, "schedule_drill", SCHEDULED),
    (OWNER, "drilled", {}),
    (FILING, "situation_changed", GROUND),
    (OWNER, "finding_raised", FINDING),
    (OWNER, "lesson_raised", LESSON),
)

COURSES: tuple[tuple[Step, ...], ...] = (
    # By the book, then a revision by the book, each sent back once at every stage.
    (MADE[0], _FAILED, *MADE[:2], _FAILED, *MADE, *_ANY, *_ASKS, _BEGIN, _FAILED, *REVISED[1:3], _FAILED, *REVISED[1:]),
    # Filed twice, and once more after it came into force.
    (*MADE[:4], _FILE, MADE[4], _FILE, _BEGIN, _FILE, REVISED[2], _FILE, REVISED[3], _FILE, _FILE, _NEXT),
    # In force before it was filed, and the same for its revision.
    (*MADE[:3], MADE[4], _BEGIN, *REVISED[2:4], _NEXT),
    # No revision after all.
    (*MADE, _DECLINE, _BEGIN, _DECLINE, _BEGIN, REVISED[2], _DECLINE),
    # Given up before it was in force; abolished afterwards.
    (*_ANY, *_OTHERS, _ABOLISH),
    (*MADE, *_OTHERS, *_TOLD, _ABOLISH),
    ((OWNER, "begin", CLASSED), MADE[0]),
)
