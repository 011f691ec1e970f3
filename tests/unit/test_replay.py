"""Replay of a log, rule by rule: which version judges, what deviates, and what the clock does between two rows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.library import shipped_definitions
from tests.play import PROBE
from workflow.case.clockwork import catch_up
from workflow.case.standing import Standing, settle
from workflow.errors import IntegrityError, UnknownProcedure
from workflow.logevent import LogEvent, Place
from workflow.logmap import LogMap, read_map
from workflow.moment import Moment
from workflow.obligation.ledger import ledger
from workflow.procedure.load import load
from workflow.replay import Report, case_document, in_force, replay_case, replay_log
from workflow.rules import Rules, World

PIPELINE = [Rules(d.procedure, d.hash) for d in shipped_definitions("pipeline-incident")]
DESK = [Rules(d.procedure, d.hash) for d in shipped_definitions("service-incident")]
GATE = """\
procedure: gate
version: "1"
zh: 门
en: gate
roles: {guard: {zh: 门卫, en: guard, level: x}}
facts: {colour: {zh: 色, en: colour, type: choice, of: {red: {zh: 红, en: red}, green: {zh: 绿, en: green}}}}
initial: shut
states: {shut: {zh: 关, en: shut}, free: {zh: 开, en: free}}
events:
  begin: {zh: 开始, en: begin, opens: true, by: guard, basis: unit}
  pass: {zh: 通过, en: pass, from: shut, to: free, by: guard, when: {colour: green}, basis: unit}
obligations:
  go: {zh: 走, en: go, owed: {by: guard}, starts: {on: case}, term: [{is: promptly}], met_by: pass, basis: unit}
"""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def event(name: str, when: str, known: bool = True, **more: Any) -> LogEvent:
    moment = Moment(utc(when), utc(when) + timedelta(days=1)) if len(when) == 10 else Moment.at(utc(when))
    return LogEvent(name, known, moment, "x", Place(0), f"{name}{when}", **more)


def a_map(procedure: str) -> LogMap:
    return read_map(f"procedure: {procedure}\ncolumns: {{case: c, time: t, activity: a}}\nactivities: {{a: a}}\n", "m.yaml")


def replay(versions: list[Rules], *events: LogEvent, as_of: str = "") -> Report:
    until = utc(as_of) if as_of else None
    log_map = a_map(versions[0].procedure.procedure)
    cases = [("1", list(events))]
    report = replay_log(cases, log_map, versions, shipped("cn"), read=len(events), ignored=0, unreadable=0, as_of=until)
    report.check()
    return report


def rules(text: str) -> list[Rules]:
    found = load(text, "x.yaml")
    return [Rules(found.procedure, found.hash)]


# S8.1


@pytest.mark.parametrize(("day", "version"), [("2017-03-23 23:59", "2010-1"), ("2017-03-24 00:00", "2017-1")])
def test_s8_1_the_day_of_identification_decides_the_version(day: str, version: str) -> None:
    report = replay(PIPELINE, event("occurred", "2017-01-01 00:00"), event("identified", day))
    assert set(report.outcomes) == {f"pipeline-incident@{version}/telephone", f"pipeline-incident@{version}/written"}


def test_s8_1_without_an_identification_the_day_of_the_occurrence_decides() -> None:
    report = replay(PIPELINE, event("on_site", "2017-01-01 00:00"), event("occurred", "2017-03-24 00:00"))
    assert "pipeline-incident@2017-1/telephone" in report.outcomes


def test_what_happens_after_the_as_of_instant_does_not_decide_the_version_either() -> None:
    events = (event("occurred", "2017-03-23 00:00"), event("identified", "2017-03-24 00:00"))
    assert "pipeline-incident@2010-1/telephone" in replay(PIPELINE, *events, as_of="2017-03-23 12:00").outcomes


def test_no_version_in_force_is_an_error_that_names_the_case() -> None:
    with pytest.raises(UnknownProcedure, match="case 1"):
        replay(PIPELINE, event("occurred", "2009-12-31 00:00"))
    assert in_force(PIPELINE, utc("2009-12-31")) is None


# deviations


def codes(report: Report) -> dict[str, int]:
    return dict(report.deviations)


def test_s5_2_a_record_is_accepted_whatever_it_breaches() -> None:
    report = replay(PIPELINE, event("phone_report", "2018-01-01 00:00"), event("riot", "2018-01-02 00:00", known=False))
    assert codes(report) == {"not_opened": 1, "unknown_activity": 1} and report.events["deviating"] == 2


def test_a_wrong_role_deviates_and_an_unsaid_one_does_not() -> None:
    wrong = replay(PIPELINE, event("occurred", "2018-01-01 00:00", role="responder"))
    assert codes(wrong) == {"wrong_role": 1}
    assert codes(replay(PIPELINE, event("occurred", "2018-01-01 00:00"))) == {}


def test_a_condition_that_does_not_hold_deviates_and_an_undecided_one_does_not() -> None:
    gate = rules(GATE)
    begin = event("begin", "2018-01-01 00:00")
    assert codes(replay(gate, begin, event("pass", "2018-01-02 00:00", facts=(("colour", "red"),)))) == {"condition": 1}
    assert codes(replay(gate, begin, event("pass", "2018-01-02 00:00", facts=(("colour", "green"),)))) == {}
    assert codes(replay(gate, begin, event("pass", "2018-01-02 00:00"))) == {}


def test_s5_3_a_deviating_event_does_not_move_the_state_and_the_ledger_sees_it() -> None:
    red = event("pass", "2018-01-02 00:00", facts=(("colour", "red"),))
    report = replay(rules(GATE), event("begin", "2018-01-01 00:00"), red, red._replace(facts=(("colour", "green"),)))
    assert codes(report) == {"condition": 1} and report.outcomes["gate@1/go"] == {"met": 1}


# the clock between two rows


def test_s3_6_the_clock_moves_the_case_between_two_rows() -> None:
    probe = rules(PROBE.read_text(encoding="utf-8"))
    late = replay(probe, event("start", "2018-01-01 00:00"), event("step", "2018-01-02 00:00"), event("approve", "2018-01-06 00:00"))
    soon = replay(probe, event("start", "2018-01-01 00:00"), event("step", "2018-01-02 00:00"), event("approve", "2018-01-03 00:00"))
    assert (codes(late), codes(soon)) == ({"not_enabled": 1}, {})


def test_one_fold_of_a_case_gives_what_act_by_act_gives() -> None:
    """The slow way, as the live engine goes it, is the oracle of the fast one."""
    [probe] = rules(PROBE.read_text(encoding="utf-8"))
    log_map, until = a_map("probe"), utc("2018-02-01 00:00")
    names = ["start", "call", "hold", "paper", "step", "resume", "follow", "approve", "cancel", "close", "answer"]
    events = [event(n, f"2018-01-{i + 2:02d} 0{i % 10}:00") for i, n in enumerate(names)]
    world = World(probe, {"cal": shipped("cn")}, None)  # type: ignore[arg-type]
    fast = replay_case("1", events, log_map, world, "cal", until, Report({}), {})
    slow = Standing.fresh("1", fast.acts[0])
    for act in fast.acts:
        if act.kind == "clocked":
            continue
        slow = settle(catch_up(slow, world, act.recorded) if slow.case.acts else slow, act, world)
    slow = catch_up(slow, world, until)
    assert case_document(fast, ledger(fast, world, until)) == case_document(slow.case, ledger(slow.case, world, until))
    assert any(a.kind == "clocked" for a in fast.acts)


# moments that cover a day


def test_a_day_without_an_hour_may_or_may_not_be_in_time() -> None:
    identified = event("identified", "2018-01-01 12:00")
    report = replay(PIPELINE, event("phone_report", "2018-01-01"), identified, as_of="2018-01-03 00:00")
    assert report.outcomes["pipeline-incident@2017-1/telephone"] == {"undeterminable": 1}


def test_an_event_of_the_day_of_the_as_of_instant_is_seen_with_its_doubt() -> None:
    events = (event("phone_report", "2018-01-01"), event("identified", "2018-01-01 08:00"), event("on_site", "2018-01-01 09:00"))
    report = replay(PIPELINE, *events, as_of="2018-01-01 12:00")
    assert report.events["ignored"] == 0
    assert report.outcomes["pipeline-incident@2017-1/telephone"] == {"undeterminable": 1}


# pauses


def resolve(*steps: tuple[str, str]) -> dict[str, int]:
    report = replay(DESK, *(event(n, t) for n, t in steps))
    return dict(report.outcomes["service-incident@1/resolve"])


def test_a_clock_that_starts_in_a_pause_waits_for_its_end() -> None:
    assert resolve(("awaiting_user", "2018-01-01 00:00"), ("resolved", "2018-01-20 00:00")) == {"met": 1}
    assert resolve(("created", "2018-01-01 00:00"), ("resolved", "2018-01-20 00:00")) == {"met_late": 1}


def test_a_pause_is_not_ended_by_what_came_before_it_at_the_same_instant() -> None:
    steps = (("created", "2018-01-01 00:00"), ("activated", "2018-01-02 00:00"), ("awaiting_user", "2018-01-02 00:00"))
    assert resolve(*steps, ("resolved", "2018-01-20 00:00")) == {"met": 1}


# the report


def test_control_totals_that_do_not_add_up_are_an_integrity_error() -> None:
    report = Report({})
    report.events.update(read=3, applied=1, deviating=1)
    with pytest.raises(IntegrityError, match="read 3, accounted for 2"):
        report.document()


def test_s10_2_the_header_is_part_of_the_digest() -> None:
    events = (event("occurred", "2018-01-01 00:00"), event("identified", "2018-01-01 01:00"))
    assert replay(PIPELINE, *events, as_of="2018-06-01 00:00").digest != replay(PIPELINE, *events, as_of="2018-06-02 00:00").digest


def test_a_case_that_is_lost_or_found_twice_stops_the_report() -> None:
    report = Report({})
    report.cases["T1"] = "sha256:0"
    report.later = 1
    report.check_cases(2)
    for given in (1, 3):
        with pytest.raises(IntegrityError, match=f"{given} cases given, 1 \\+ 1 came out"):
            report.check_cases(given)


def test_outcomes_that_are_not_those_of_the_rows_stop_the_report() -> None:
    report = Report({})
    report.outcomes["p@1/d"] = Counter({"met": 2})
    report.rows = 1
    with pytest.raises(IntegrityError, match="1 duties, 2 outcomes"):
        report.check()
