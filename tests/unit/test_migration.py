"""Running cases are moved to a new version of their procedure (promise 9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.play import PROBE, Play, at
from workflow import command as c
from workflow.act import MIGRATED
from workflow.case.flags import tier_instants
from workflow.engine import Forecast
from workflow.lead import leads
from workflow.migration import BrokenPlan, read_plan
from workflow.obligation.row import Outcome
from workflow.organisation import Actor
from workflow.procedure.load import load

OLD = (Path(__file__).parents[1] / "data" / "permit.yaml").read_text(encoding="utf-8")

INFORM = """
  inform:
    {zh: 通报, en: inform, owed: {by: desk, to: boss}, starts: {on: apply}, term: [{is: 3 days}], met_by: publish,
     tiers: [{at: 1 day before, tell: boss}], basis: A1}
"""
LAPSE = """  lapse:
    {zh: 失效, en: lapse, from: work.desk.busy, to: work.desk.idle, by: clock, after: {on: apply, term: 2 days}, basis: A1}
"""
NEW = (
    "".join(line for line in OLD.splitlines(keepends=True) if not line.startswith("  notice:"))
    .replace('version: "1"', 'version: "2"')
    .replace("term: [{is: 20 days}]", "term: [{is: 10 days}]")
    .replace("free: {zh: 空, en: free}", "free: {zh: 空, en: free}, idle: {zh: 候, en: idle}")
    .replace("  finish:", f"{LAPSE}  finish:")
) + INFORM
"""Ten days for an answer, another duty and a clock of its own; no notice."""

PLAN = "from: permit@1\nto: permit@2\nground: 新规程施行\n"


@pytest.fixture
def play() -> Play:
    play = Play("permit")
    play.engine.add(load(OLD.encode(), "old.yaml"))
    play.at("03-02 09:00").open("desk")
    play.engine.add(load(NEW.encode(), "new.yaml"))
    return play


SAID = c.Said(actor=Actor("boss", person="b01"))


def move(play: Play, more: str = "", **options: Any) -> list[Forecast]:
    return play.engine.migrate(read_plan(PLAN + more, "plan.yaml"), SAID, **options)


def test_promise_9_what_is_kept_keeps_its_date_by_the_old_rules(play: Play) -> None:
    move(play.at("03-06 09:00"))
    assert play.due("answer") == "03-23 00:00"
    assert play.engine.case("C").case.version == "2"


def test_promise_9_from_start_counts_the_new_term_from_the_old_start(play: Play) -> None:
    move(play.at("03-06 09:00"), "obligations: {answer: from_start}\n")
    assert play.due("answer") == "03-13 00:00"
    assert [(v.number, v.kind) for v in play.row("answer").revisions] == [(1, "start"), (2, "migrated")]


def test_promise_9_from_now_counts_the_new_term_from_the_migration(play: Play) -> None:
    move(play.at("03-06 09:00"), "obligations: {default: from_now}\n")
    assert play.due("answer") == "03-17 00:00"


def test_s4_2_a_new_term_that_is_over_makes_nobody_late_for_the_past(play: Play) -> None:
    move(play.at("03-14 09:00"), "obligations: {answer: from_start}\n")
    assert play.due("answer") == "03-23 00:00"  # ten days from now would be the 24th: the old date is the earlier one
    assert play.outcome("answer") == Outcome.NOT_DUE


def test_s4_2_ten_days_from_now_hold_where_that_is_earlier_than_the_old_date() -> None:
    play = Play("permit")
    play.engine.add(load(OLD.replace("is: 20 days", "is: 60 days").encode(), "old.yaml"))
    play.at("03-02 09:00").open("desk")
    play.engine.add(load(NEW.encode(), "new.yaml"))
    move(play.at("03-14 09:00"), "obligations: {answer: from_start}\n")
    assert play.due("answer") == "03-25 00:00"


def test_s4_3_what_has_fallen_due_before_stays_missed(play: Play) -> None:
    move(play.at("03-25 09:00"), "obligations: {default: from_now}\n")
    assert (play.outcome("answer"), play.due("answer")) == (Outcome.MISSED, "03-23 00:00")


def test_an_obligation_that_the_new_version_does_not_have_is_discharged_by_the_migration(play: Play) -> None:
    move(play.at("03-06 09:00"))
    row = play.row("notice")
    assert row.outcome == Outcome.DISCHARGED
    assert play.engine.case("C").case.acts[(row.ended_by or 0) - 1].kind == MIGRATED


def test_an_obligation_that_was_missed_stays_missed_though_the_new_version_does_not_have_it(play: Play) -> None:
    move(play.at("03-14 09:00"))
    row = play.row("notice")
    assert (row.outcome, row.beside) == (Outcome.MISSED, ("later_discharged",))


def test_s4_4_an_obligation_that_only_the_new_version_has_starts_with_the_migration(play: Play) -> None:
    move(play.at("03-06 09:00"))
    assert play.due("inform") == "03-10 00:00"


def test_what_begins_after_the_migration_stands_by_the_new_rules(play: Play) -> None:
    move(play.at("03-06 09:00"))
    play.at("03-07 09:00").fire("desk", "complete")
    assert play.due("publish") == "03-13 00:00"
    play.at("03-12 09:00").fire("desk", "publish")
    assert (play.outcome("publish"), play.outcome("inform")) == (Outcome.MET, Outcome.MET_LATE)


def test_an_act_after_the_migration_fulfils_what_was_kept(play: Play) -> None:
    move(play.at("03-06 09:00"))
    play.at("03-20 09:00").fire("desk", "answer")
    assert play.outcome("answer") == Outcome.MET  # in time by the old twenty days


def test_what_was_fulfilled_before_never_changes(play: Play) -> None:
    play.at("03-20 09:00").fire("desk", "answer")
    move(play.at("03-21 09:00"), "obligations: {default: from_start}\n")
    row = play.row("answer")
    assert (row.outcome, play.due("answer")) == (Outcome.MET, "03-23 00:00")


def test_s1_5_a_record_entered_after_the_migration_still_counts_by_the_old_rules(play: Play) -> None:
    move(play.at("03-25 09:00"))
    play.record("desk", "answer", happened="03-20 09:00", grade="counterpart", source="邮戳")
    assert play.outcome("answer") == Outcome.MET


def test_a_case_is_as_it_stood_before_the_migration(play: Play) -> None:
    move(play.at("03-06 09:00"), "obligations: {answer: from_start}\n")
    play.at("03-08 09:00")
    assert play.due("answer", as_of="03-05 09:00") == "03-23 00:00"
    assert play.rows("inform", as_of="03-05 09:00") == []
    assert play.outcome("notice", as_of="03-05 09:00") == Outcome.NOT_DUE


def test_the_clock_of_the_new_version_fires_no_earlier_than_the_migration(play: Play) -> None:
    move(play.at("03-06 09:00"))
    (lapse,) = play.engine.case("C").case.events("lapse")
    assert lapse.happened.lo == at("03-06 09:00")
    assert play.state == ("work.desk.idle", "work.file.open")


def test_reminders_of_the_new_version_are_given_after_the_migration(play: Play) -> None:
    move(play.at("03-06 09:00"))
    play.at("03-10 08:00").engine.tick()
    told = [a for a in play.engine.case("C").case.kind("flagged", "inform/boss#1") if a.data["flag"] == "tier"]
    assert [a.data["tell"] for a in told] == [["boss"]]


def test_whoever_is_owed_a_duty_is_told_that_its_date_moved(play: Play) -> None:
    move(play.at("03-06 09:00"), "obligations: {answer: from_start}\n")
    play.engine.tick()
    (told,) = [a for a in play.engine.case("C").case.kind("flagged", "answer#1") if a.data["flag"] == "moved"]
    assert told.data["revision"] == 2


def test_a_waiver_and_an_extension_find_what_was_kept(play: Play) -> None:
    move(play.at("03-06 09:00"))
    play.do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="5 days", reason="等待鉴定"))
    play.do(c.Extend(said=play.said("boss"), row="answer", step="grant", reason="同意"))
    assert play.due("answer") == "03-28 00:00"
    play.do(c.Waive(said=play.said("boss"), row="answer", ground="撤件"))
    assert play.outcome("answer") == Outcome.WAIVED


def test_a_second_run_finds_nothing_to_do(play: Play) -> None:
    assert len(move(play.at("03-06 09:00"))) == 1
    n = play.engine.case("C").case.n
    assert move(play) == []
    assert play.engine.case("C").case.n == n


def test_a_case_that_has_ended_or_is_void_is_left_alone(play: Play) -> None:
    play.engine.open_case("permit@1", c.Open(said=play.said("desk"), what="事", where="地", told_by="人"), case="V")
    play.engine.do("V", c.Void(said=play.said("desk", person="a"), reason="重复", second=Actor("boss", person="b")))
    play.fire("boss", "finish")
    assert move(play.at("03-06 09:00"), "cases: [C, V]\n") == []
    assert play.engine.case("C").case.version == "1"


def test_a_drill_is_moved_and_stays_a_drill(play: Play) -> None:
    play.engine.open_case("permit@1", c.Open(said=play.said("desk"), what="事", where="地", told_by="人", drill=True), case="D")
    found = move(play.at("03-06 09:00"), "cases: [D]\n")
    assert [(f.becomes.case.id, f.becomes.case.drill) for f in found] == [("D", True)]
    assert play.engine.case("C").case.version == "1"


def test_without_writing_nothing_is_moved(play: Play) -> None:
    (found,) = move(play.at("03-06 09:00"), write=False)
    assert found.becomes.case.version == "2"
    assert play.engine.case("C").case.version == "1"


def test_a_case_can_be_moved_again(play: Play) -> None:
    move(play.at("03-06 09:00"), "obligations: {answer: from_start}\n")
    play.engine.add(load(NEW.replace('version: "2"', 'version: "3"').replace("is: 10 days", "is: 15 days").encode(), "newer.yaml"))
    plan = read_plan("from: permit@2\nto: permit@3\nground: 再修订\nobligations: {answer: from_start}\n", "plan.yaml")
    play.engine.migrate(plan, SAID)
    assert play.due("answer") == "03-18 00:00"
    assert [v.kind for v in play.row("answer").revisions] == ["start", "migrated", "migrated"]
    assert play.outcome("notice") == Outcome.DISCHARGED


STATES = NEW.replace("whole: {zh: 已齐, en: whole}", "ready: {zh: 已齐, en: ready}").replace("work.file.whole", "work.file.ready")
STATES = STATES.replace('"2"', '"4"')
"""With another name for a state."""


def test_a_state_that_has_another_name_is_mapped(play: Play) -> None:
    play.engine.add(load(STATES.encode(), "states.yaml"))
    play.at("03-03 09:00").fire("desk", "complete")
    plan = PLAN.replace("permit@2", "permit@4") + "states: {work.file.whole: work.file.ready}\n"
    play.engine.migrate(read_plan(plan, "plan.yaml"), SAID)
    act = next(a for a in play.engine.case("C").case.acts if a.kind == MIGRATED)
    assert act.state == ("work.desk.busy", "work.file.ready")


def test_a_state_without_a_counterpart_is_refused_with_its_name_and_the_cases(play: Play) -> None:
    play.engine.add(load(STATES.encode(), "states.yaml"))
    play.at("03-03 09:00").fire("desk", "complete")
    with pytest.raises(BrokenPlan) as found:
        play.engine.migrate(read_plan(PLAN.replace("permit@2", "permit@4"), "plan.yaml"), SAID)
    assert "work.file.whole" in found.value.say("en") and ": C" in found.value.say("en")
    assert play.engine.case("C").case.version == "1"


@pytest.mark.parametrize("to", ["work.file.open", "done"], ids=["two regions in one", "the end"])
def test_a_mapping_in_which_a_case_could_not_go_on_is_refused(to: str, play: Play) -> None:
    with pytest.raises(BrokenPlan, match="problem"):
        move(play, f"states: {{work.desk.busy: {to}}}\n")


def test_everything_that_the_form_of_a_plan_gets_wrong_is_said_at_once_with_its_line() -> None:
    text = "from: permit@1\nground: ''\nwhat: 1\ncases: C\nstates: [a]\nobligations:\n  answer: later\n"
    with pytest.raises(BrokenPlan) as found:
        read_plan(text, "plan.yaml")
    assert [(p.line, p.field) for p in found.value.problems] == [
        (1, "to"),
        (2, "ground"),
        (3, "what"),
        (4, "cases"),
        (5, "states"),
        (7, "obligations.answer"),
    ]
    assert found.value.code == "migration.invalid"
    assert "plan.yaml:7" in found.value.say("zh") and "迁移方案有 6 处错误" in found.value.say("zh")


def test_everything_that_the_store_does_not_have_is_said_at_once_with_its_line(play: Play) -> None:
    more = "cases: [C, X]\nstates:\n  nowhere: work.file.open\n  work.file.whole: gone\nobligations: {nothing: keep}\n"
    with pytest.raises(BrokenPlan) as found:
        move(play, more)
    assert [(p.line, p.field) for p in found.value.problems] == [
        (4, "cases.1"),
        (6, "states.nowhere"),
        (7, "states.work.file.whole"),
        (8, "obligations.nothing"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("permit@0", "permit@2", "from"), ("permit@1", "permit@9", "to"), ("permit@1", "probe@1-1", "to"), ("permit@1", "permit@1", "to")],
)
def test_versions_that_are_not_there_or_not_of_one_procedure_are_refused(old: str, new: str, field: str, play: Play) -> None:
    with pytest.raises(BrokenPlan) as found:
        play.engine.migrate(read_plan(f"from: {old}\nto: {new}\nground: 理由\n", "plan.yaml"), SAID)
    assert field in [p.field for p in found.value.problems]


def test_a_case_of_another_procedure_is_refused(play: Play) -> None:
    play.engine.open_case("probe", c.Open(said=play.said("desk"), what="事", where="地", told_by="人"), case="P")
    with pytest.raises(BrokenPlan) as found:
        move(play, "cases: [P]\n")
    assert [p.field for p in found.value.problems] == ["cases.0"]


def test_a_plan_that_is_refused_for_one_case_moves_none(play: Play) -> None:
    play.engine.add(load(STATES.encode(), "states.yaml"))
    play.engine.open_case("permit@1", c.Open(said=play.said("desk"), what="事", where="地", told_by="人"), case="E")
    play.at("03-03 09:00").fire("desk", "complete")
    with pytest.raises(BrokenPlan):
        play.engine.migrate(read_plan(PLAN.replace("permit@2", "permit@4"), "plan.yaml"), SAID)
    assert {r.version for r in play.engine.cases("permit")} == {"1"}


def test_s4_4_a_duty_that_a_later_fact_brings_starts_when_that_was_known_though_before_the_migration() -> None:
    play = Play("probe").at("03-02 09:00")
    play.open("desk")
    text = PROBE.read_text(encoding="utf-8").replace("version: 1-1", "version: 1-2")
    play.engine.add(load(text.encode(), "probe.yaml"))
    play.at("03-06 09:00").engine.migrate(
        read_plan("from: probe@1-1\nto: probe@1-2\nground: 修订\n", "plan.yaml"), c.Said(actor=Actor("boss"))
    )
    said = play.at("03-06 10:00").said("boss", "03-06 08:00", grade="counterpart", source="电话记录")
    play.do(c.Revise(said=said, facts={"deaths": 3}, reason="查明"))
    assert play.due("deadly") == "03-06 09:00"


SLOTS = """
  weekly:
    {zh: 周报, en: weekly, owed: {by: desk}, starts: {on: case, every: "every day at 17:00"}, term: [{is: unset}], met_by: publish,
     basis: A1}
"""


def test_s4_4_slots_of_a_new_recurring_duty_that_lie_before_the_migration_are_not_owed(play: Play) -> None:
    play.engine.add(load((NEW.replace('version: "2"', 'version: "5"') + SLOTS.lstrip("\n")).encode(), "slots.yaml"))
    play.at("03-06 09:00").engine.migrate(read_plan(PLAN.replace("permit@2", "permit@5"), "plan.yaml"), SAID)
    assert [r.name for r in play.rows("weekly")] == ["2026-03-06T17:00"]


def test_a_duty_towards_somebody_whom_the_new_version_does_not_name_is_discharged(play: Play) -> None:
    move(play.at("03-06 09:00"))
    newer = NEW.replace('version: "2"', 'version: "6"').replace("owed: {by: desk, to: boss}", "owed: {by: desk}")
    play.engine.add(load(newer.encode(), "newer.yaml"))
    play.engine.migrate(read_plan("from: permit@2\nto: permit@6\nground: 再修订\n", "plan.yaml"), SAID)
    assert play.outcome("inform", to="boss") == Outcome.DISCHARGED


def test_what_belongs_to_a_round_that_is_over_gets_no_new_duty(play: Play) -> None:
    play.at("03-03 09:00").fire("boss", "finish")
    play.at("03-04 09:00").do(c.Reopen(said=play.said("boss"), reason="新情况"))
    move(play.at("03-06 09:00"))
    assert play.rows("inform") == []


def test_s9_2_a_lead_is_suspected_and_reminded_of_by_the_version_that_its_row_is_under() -> None:
    """What the old version made a report, and the hour at which it reminds, are no matter of the new one."""
    old = OLD.replace("to: work.file.whole, by: desk", "to: work.file.whole, by: desk, report: {kind: first, to: [boss]}")
    tier = "tiers: [{at: 1 working day before, tell: desk}, {at: 1 working day after, lead: later}]"
    old = old.replace("missed: {lead: late}", f"{tier}, missed: {{lead: late}}").replace('version: "1"', 'version: "1"\nhour: "10:30"')
    play = Play("permit")
    play.engine.add(load(old.encode(), "old.yaml"))
    play.at("03-02 09:00").open("desk")
    play.engine.add(load(NEW.encode(), "new.yaml"))
    play.at("03-13 09:00")
    standing = play.engine.case("C")
    before = leads(standing.case, play.engine.ledger("C"), play.engine.world(standing), play.clock.now())
    assert [lead.suspicion.en for lead in before] == ["suspected missing report, to be determined"]
    move(play)
    standing, rows = play.engine.case("C"), play.engine.ledger("C")
    world = play.engine.world(standing)
    after = leads(standing.case, rows, world, play.clock.now())
    assert [(lead.row.definition, lead.suspicion, lead.names) for lead in after] == [
        (before[0].case.definition, lead.suspicion, lead.names) for lead in before
    ]
    notice = next(row for row in rows if row.duty.id == "notice")
    assert [instant for _, instant in tier_instants(notice, world)] == [at("03-12 10:30"), at("03-13 10:30")]
