"""Leads: suspected late and missing acts, listed by the engine, opened, put together or dismissed by a person (S9.2)."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from adapters.commands import wording
from tests.play import Play, at
from workflow import command as c
from workflow.act import Act
from workflow.case.clockwork import catch_up
from workflow.case.link import linked
from workflow.engine import Result
from workflow.errors import BadInput, ClockOnly, NotAllowed, UnknownCase, UnknownName, WrongCase, WrongRole
from workflow.lead import Lead, leads
from workflow.obligation.ledger import ledger
from workflow.obligation.row import Outcome
from workflow.organisation import Actor
from workflow.procedure.load import load

LATE, MISSING = "telephone_report/government#1", "written_report/government#1"


@pytest.fixture
def play() -> Play:
    """An incident ``I`` of which the telephone report came 12 minutes late, and the written one never."""
    play = Play("social-security-incident").at("10-01 23:55")
    known = {"class": "mass", "knew": "2026-10-01 23:52:00", "grade": "general"}
    play.open("informant", known, "10-01 23:50", case="I")
    play.at("10-02 00:34").fire("scene_head", "telephone_report", elements=dict.fromkeys(("time", "place", "nature"), "见记录"))
    return play.at("10-02 03:00")


def found(play: Play, case: str = "I") -> dict[str, Lead]:
    now = play.clock.now()
    standing = play.engine.case(case)
    world = play.engine.world(standing)
    known = catch_up(standing, world, now).case
    there = leads(known, ledger(known, world, now), world, now)
    assert len({lead.row.key for lead in there}) == len(there)
    return {lead.row.key: lead for lead in there}


def take(play: Play, *rows: str, case: str = "A", role: str = "proposer", event: str = "take_lead", **more: Any) -> Result:
    command = c.Open(
        said=play.said(role), event=event, what="线索", where="中庄村", told_by="线索清单", leads=tuple(("I", r) for r in rows), **more
    )
    return play.engine.open_case("accountability", command, case=case)


def dismiss(play: Play, row: str, role: str = "town_office", reason: str = "信号中断,已核实", person: str = "") -> Result:
    return play.engine.do("I", c.Dismiss(said=play.said(role, person=person or None), row=row, reason=reason))


def last(play: Play, case: str) -> Act:
    return play.engine.case(case).case.acts[-1]


def test_what_is_late_or_missing_is_a_suspicion_and_never_more(play: Play) -> None:
    there = found(play)
    assert there[LATE].suspicion.zh == "疑似迟报,待认定" and there[MISSING].suspicion.zh == "疑似漏报,待认定"
    assert there[LATE].names == ("late_report",) and {lead.state for lead in there.values()} == {"open"}


def test_a_lead_depends_on_no_sweep(play: Play) -> None:
    """S3.6"""
    quiet = {k: (v.names, v.suspicion, v.state) for k, v in found(play).items()}
    play.engine.tick()
    assert {k: (v.names, v.suspicion, v.state) for k, v in found(play).items()} == quiet


def test_a_duty_that_is_not_over_is_no_lead(play: Play) -> None:
    assert MISSING not in found(play.at("10-02 00:40"))


def test_what_is_shown_to_have_been_in_time_is_a_lead_no_longer(play: Play) -> None:
    play.record("scene_head", "telephone_report", "10-02 00:10", grade="counterpart", elements={"time": "x", "place": "x", "nature": "x"})
    assert LATE not in found(play)


def test_a_practice_case_and_a_void_one_have_no_leads(play: Play) -> None:
    play.engine.do("I", c.Void(said=play.said("town_office"), reason="误立", second=Actor("government")))
    assert found(play) == {}
    play.at("10-01 23:55").open("informant", {"class": "mass", "knew": "2026-10-01 23:52:00"}, case="E", drill=True)
    assert found(play.at("10-03 00:00"), "E") == {}


def test_a_target_raises_no_lead() -> None:
    """S3.5"""
    play = Play("probe").at("09-24 10:00")
    play.open("desk")
    rows = play.at("12-30 00:00").engine.ledger("C")
    targets = {r.key for r in rows if r.duty.obligation.modality == "target" and r.outcome == Outcome.MISSED}
    assert targets and not targets & {*found(play, "C")}


def test_what_no_definition_puts_on_the_list_is_no_lead(play: Play) -> None:
    late = {r.key for r in play.engine.ledger("I") if r.outcome in (Outcome.MISSED, Outcome.MET_LATE)}
    named = {k for k in late if play.engine.rules(play.procedure).duties[k.split("/")[0].split("#")[0]].obligation.missed.lead}
    assert {*found(play)} == named


def test_a_lead_of_a_reminder_is_there_once_the_reminder_is_reached() -> None:
    play = Play("medical-dispute").at("09-24 09:00")
    play.open("staff", {"handling": "complex"})
    play.fire("relations", "accept")
    assert "feedback/complainant#1" not in found(play.at("09-29 23:00"), "C")
    assert found(play.at("09-30 00:00"), "C")["feedback/complainant#1"].names == ("late_answer",)


def test_a_reminder_alone_puts_a_lead_on_the_list_and_not_before_it_is_reached() -> None:
    text = (files("definitions") / "procedures" / "medical-dispute.yaml").read_text(encoding="utf-8")
    text = text.replace("version: 2010-1", "version: tier", 1).replace("    missed: {lead: late_answer}\n", "", 1)
    play = Play("medical-dispute@tier")
    play.engine.add(load(text, "tier.yaml"))
    play.at("09-24 09:00").open("staff", {"handling": "complex"})
    play.fire("relations", "accept")
    assert play.at("09-30 12:00").outcome("feedback") == Outcome.MISSED and found(play, "C") == {}
    assert found(play.at("10-13 12:00"), "C")["feedback/complainant#1"].names == ("late_answer",)


def test_dismissing_needs_a_reason_and_the_outcome_stays(play: Play) -> None:
    with pytest.raises(BadInput):
        dismiss(play, LATE, reason=" ")
    dismiss(play, LATE)
    lead = found(play)[LATE]
    assert lead.state == "dismissed" and lead.row.outcome == Outcome.MET_LATE
    with pytest.raises(NotAllowed):
        dismiss(play, LATE)


def test_nobody_disposes_of_a_lead_about_themselves(play: Play) -> None:
    play.record("scene_head", "written_report", "10-02 02:50", person="t10")
    with pytest.raises(WrongRole):
        dismiss(play, LATE, role="scene_head")
    with pytest.raises(WrongRole):
        dismiss(play, MISSING, role="town_office", person="t10")  # the same person in another capacity
    assert last(play, "I").kind == "refused"


def test_a_lead_that_is_not_there_is_not_dismissed(play: Play) -> None:
    with pytest.raises(UnknownName) as refused:
        dismiss(play, "final_report")
    assert refused.value.hint is not None and LATE in refused.value.hint.en


def test_a_person_takes_leads_up_and_the_evidence_comes_along(play: Play) -> None:
    opening = take(play, LATE, MISSING).acts[0]
    docs: list[Any] = opening.data["leads"]  # type: ignore[assignment]
    assert [(d["case"], d["row"], d["outcome"], d["suspicion"]["zh"]) for d in docs] == [
        ("I", LATE, "met_late", "疑似迟报,待认定"),
        ("I", MISSING, "missed", "疑似漏报,待认定"),
    ]
    assert docs[0]["due"] == "2026-10-01T16:22:00.000000Z" and docs[0]["revision"] == 1 and docs[0]["basis"]
    with play.engine.store.read() as view:
        hashes = {e.n: e.hash for e in view.entries("I")}
    assert docs[0]["entries"] == [{"n": n, "hash": hashes[n]} for n in (1, 2)]
    (link,) = (link for _, link in linked(play.engine.case("A").case))
    assert (link.case, link.way) == ("I", "from")


def test_the_case_that_a_lead_comes_from_has_an_act_that_says_so(play: Play) -> None:
    take(play, LATE)
    act = last(play, "I")
    assert act.kind == "linked" and act.names("taken") == (LATE,)
    assert (found(play)[LATE].state, found(play)[LATE].into) == ("taken", "A")
    assert found(play)[MISSING].state == "open"


def test_the_evidence_stays_as_it_was_computed_then(play: Play) -> None:
    take(play, LATE)
    play.record("scene_head", "telephone_report", "10-02 00:10", grade="counterpart", elements={"time": "x", "place": "x", "nature": "x"})
    docs: list[Any] = play.engine.case("A").case.acts[0].data["leads"]  # type: ignore[assignment]
    assert LATE not in found(play) and docs[0]["outcome"] == "met_late"


def test_a_lead_is_taken_up_once(play: Play) -> None:
    take(play, LATE)
    with pytest.raises(NotAllowed):
        take(play, LATE, case="B")
    with pytest.raises(NotAllowed):
        dismiss(play, LATE)
    assert [row.id for row in play.engine.cases("accountability")] == ["A"]


def test_a_lead_that_a_case_opened_by_mistake_took_up_is_open_again(play: Play) -> None:
    """S7.2, S9.2: nobody makes a lead vanish by opening a case for it and voiding that."""
    dismiss(play, MISSING)
    take(play, LATE, MISSING)
    play.engine.do("A", c.Void(said=play.said("proposer"), reason="误立", second=Actor("decider")))
    assert {(lead.state, lead.into) for lead in found(play).values()} == {("open", "")}
    told = last(play, "I")
    assert (told.kind, told.names("released")) == ("linked", (LATE, MISSING))
    assert [(link.case, link.way) for act, link in linked(play.engine.case("I").case) if act is told] == [("A", "to")]
    shown = wording.name(told, play.engine.case("I").case, play.engine.rules("social-security-incident"), {"A"})
    assert shown.zh.startswith("线索重新待处理:电话报告") and shown.zh.endswith("→ A(误立)")
    dismiss(play, MISSING)
    take(play, LATE, case="B")
    assert (found(play)[LATE].into, found(play)[MISSING].state) == ("B", "dismissed")


def test_what_a_voided_case_had_nothing_of_stays_as_it_is(play: Play) -> None:
    take(play, LATE)
    take(play, MISSING, case="B")
    play.engine.do("B", c.Void(said=play.said("proposer"), reason="误立", second=Actor("decider")))
    assert (found(play)[LATE].into, found(play)[MISSING].state) == ("A", "open")


def test_who_may_not_take_leads_up_takes_none_off_the_list(play: Play) -> None:
    """S9.2: the case is opened all the same, and deviates."""
    assert take(play, LATE, role="person_concerned").acts[0].deviations == ("wrong_role",)
    assert found(play)[LATE].state == "open"


def test_a_practice_case_takes_no_lead_up(play: Play) -> None:
    with pytest.raises(WrongCase):
        take(play, LATE, drill=True)


def test_one_that_was_dismissed_may_still_be_taken_up(play: Play) -> None:
    dismiss(play, LATE)
    take(play, LATE)
    lead = found(play)[LATE]
    assert lead.state == "taken" and [a.kind for a in lead.done] == ["lead_dismissed", "linked"]


def test_further_leads_are_put_into_a_case_that_is_open(play: Play) -> None:
    take(play, LATE)
    play.engine.do("A", c.Do(said=play.said("proposer"), event="take_lead", leads=(("I", MISSING),)))
    assert found(play)[MISSING].into == "A"
    docs: list[Any] = last(play, "A").data["leads"]  # type: ignore[assignment]
    assert [d["row"] for d in docs] == [MISSING]


def test_leads_of_several_cases_are_taken_up_together(play: Play) -> None:
    play.at("10-01 23:55").open("informant", {"class": "mass", "knew": "2026-10-01 23:52:00", "grade": "general"}, case="J")
    play.at("10-03 00:00")
    command = c.Open(said=play.said("proposer"), what="x", where="x", told_by="x", leads=(("I", LATE), ("J", MISSING)))
    result = play.engine.open_case("accountability", command, case="A")
    assert [r.case for r in result.others] == ["I", "J"]
    assert found(play, "J")[MISSING].into == "A" and found(play)[LATE].into == "A"


@pytest.mark.parametrize("role", ("engine", "clock"))
def test_only_a_person_takes_a_lead_up(play: Play, role: str) -> None:
    with pytest.raises((ClockOnly, UnknownName)):
        take(play, LATE, role=role)
    assert play.engine.cases("accountability") == []


def test_no_sweep_opens_an_accountability_case(play: Play) -> None:
    play.at("12-30 00:00").engine.tick()
    assert play.engine.cases("accountability") == []


def test_an_event_without_a_link_takes_no_lead_up(play: Play) -> None:
    with pytest.raises(WrongCase):
        take(play, LATE, event="complaint")


def test_a_lead_of_a_case_that_is_not_there_is_refused(play: Play) -> None:
    with pytest.raises(UnknownCase):
        play.engine.open_case("accountability", c.Open(said=play.said("proposer"), what="x", where="x", told_by="x", leads=(("X", LATE),)))


def test_a_dry_run_shows_what_a_lead_would_bring_and_writes_nothing(play: Play) -> None:
    command = c.Open(said=play.said("proposer"), what="x", where="x", told_by="x", leads=(("I", LATE),))
    shown = play.engine.forecast_open("accountability", command, case="A")
    assert [a.names("taken") for f in shown.others for a in f.acts] == [(LATE,)]
    assert found(play)[LATE].state == "open" and play.engine.cases("accountability") == []


def test_a_statement_and_a_finding_stand_beside_the_lead(play: Play) -> None:
    """S9.2"""
    for role, kind, text in (("scene_head", "statement", "当晚无信号"), ("town_office", "finding", "情况属实")):
        play.engine.do("I", c.Note(said=play.said(role), text=text, kind=kind, about=LATE))  # type: ignore[arg-type]
    lead = found(play)[LATE]
    assert [a.name for a in lead.statements] == ["statement", "finding"]
    assert lead.state == "open" and lead.row.outcome == Outcome.MET_LATE


def test_the_ledger_knows_nothing_of_what_became_of_a_lead(play: Play) -> None:
    before = [(r.key, r.outcome) for r in play.engine.ledger("I", at("10-02 03:00"))]
    dismiss(play, LATE)
    take(play, MISSING)
    assert [(r.key, r.outcome) for r in play.engine.ledger("I", at("10-02 03:00"))] == before
