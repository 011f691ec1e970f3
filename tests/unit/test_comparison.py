"""Two sides of one record: what changed, why, what has no counterpart; the totals add up and each side keeps its digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.audited import CALENDAR, LOG_MAP, log, rules
from tests.play import ZONE, Play, at
from workflow.act import Act
from workflow.comparison import differences
from workflow.dossier import dossier
from workflow.errors import IntegrityError, UnknownProcedure
from workflow.moment import stamp
from workflow.obligation.row import Outcome
from workflow.organisation import Organisation
from workflow.otherwise import Otherwise, beside, compared, other_cases, other_log, rules_of
from workflow.procedure.load import load
from workflow.recast import recast
from workflow.replay import Judged, Report, replay_cases, replay_log
from workflow.rules import Rules, World
from workflow.term import parse

COURSE = [("start", "09-24 10:00"), ("done", "09-30 12:00")]
AS_OF = at("12-31 12:00")
NOTICE = {"calendar": "cn", "year": 2026, "revision": 2, "off": [["2026-09-25", "2026-09-28", "中秋节"]], "work": []}


def side_by_side(law: Rules, other: Otherwise, *courses: Sequence[tuple[str, str]]) -> tuple[Report, dict[str, Any]]:
    cases = [(f"C{n}", log(course)) for n, course in enumerate(courses)]
    comparison = other_log(cases, LOG_MAP, [law], CALENDAR, AS_OF, other)
    found: dict[str, Any] = {}

    def keep(judged: Judged) -> None:
        found[judged.case.id] = judged.comparison

    read = sum(map(len, courses))
    base = replay_log(cases, LOG_MAP, [law], CALENDAR, read=read, ignored=0, unreadable=0, as_of=AS_OF, each=beside(comparison, keep))
    return compared(base, comparison), found


def under(law: Rules) -> Otherwise:
    return Otherwise({"mode": "what_if"}, {"audited": law})


def test_another_term_changes_the_outcome_and_the_comparison_says_so() -> None:
    base, cases = side_by_side(rules("5 days"), under(rules("5 working days", version="2")), COURSE, [("start", "09-24 10:00")])
    document: Any = base.document()["comparison"]
    assert document["rows"] == {"same": 0, "changed": 2, "not_there": 0, "new": 0} and document["why"] == {"term": 2}
    assert document["outcomes"] == [["met_late", "met", 1], ["missed", "missed", 1]]
    (row,) = cases["C0"]["rows"]
    assert (row["row"], row["why"]) == ("duty#1", ["term"])
    assert (row["base"]["term"], row["base"]["outcome"], row["other"]["term"], row["other"]["outcome"]) == (
        "5 days", "met_late", "5 working days", "met"
    )  # fmt: skip


def test_each_side_keeps_the_digest_that_it_has_alone() -> None:
    law, there = rules("5 days"), rules("5 working days", version="2")
    base, _ = side_by_side(law, under(there), COURSE)
    alone = [
        replay_log([("C0", log(COURSE))], LOG_MAP, [law], CALENDAR, read=2, ignored=0, unreadable=0, as_of=AS_OF, under=one)
        for one in (None, there)
    ]
    assert base.digest == alone[0].digest and base.comparison is not None
    document: Any = base.comparison
    assert document["base"] == base.digest and document["other"]["digest"] != base.digest
    assert base.cases == alone[0].cases and base.cases != alone[1].cases


def test_a_side_that_is_no_other_changes_nothing() -> None:
    law = rules("5 days")
    base, cases = side_by_side(law, under(law), COURSE)
    document: Any = base.document()["comparison"]
    assert cases == {"C0": None} and document["why"] == {} and document["rows"]["same"] == 1


def test_what_the_other_version_knows_nothing_of_is_reported_and_not_dropped() -> None:
    other = rules("5 days", version="2")
    p = other.procedure
    fewer = {name: event for name, event in p.events.items() if name not in ("hold", "resume")}
    duty = p.obligations["duty"].model_copy(update={"pause": ()})
    there = Rules(p.model_copy(update={"events": fewer, "obligations": {"other": duty}}), "sha256:other")
    course = [("start", "09-24 10:00"), ("hold", "09-25 10:00"), ("resume", "09-26 10:00"), ("done", "09-30 12:00")]
    base, cases = side_by_side(rules("5 days"), under(there), course)
    document: Any = base.document()["comparison"]
    assert document["unmapped"] == {"event": {"hold": 1, "resume": 1}}
    assert document["rows"] == {"same": 0, "changed": 0, "not_there": 1, "new": 1} and document["why"] == {"new": 1, "not_there": 1}
    assert [(r["row"], r["base"] is None, r["other"] is None) for r in cases["C0"]["rows"]] == [
        ("duty#1", False, True), ("other#1", True, False)
    ]  # fmt: skip
    assert document["other"]["deviations"] == {"unknown_activity": 2}


def test_another_calendar_gives_another_day_for_the_same_reason_only() -> None:
    there = CALENDAR.with_notice({**NOTICE, "issued": "2026-09-01"})
    _, cases = side_by_side(rules("3 working days"), Otherwise({"mode": "what_if"}, {}, there), COURSE)
    (row,) = cases["C0"]["rows"]
    assert row["why"] == ["calendar"] and row["base"]["due"] != row["other"]["due"]


def test_as_known_then_sees_only_what_was_there_and_the_notices_that_were_issued() -> None:
    law, until = rules("10 working days"), at("10-01 12:00")
    then = Otherwise({"mode": "as_known"}, {}, CALENDAR.known(until.date()), until)
    _, cases = side_by_side(law, then, [("start", "09-24 10:00"), ("done", "10-20 12:00")], [("start", "10-08 10:00")])
    assert [(r["base"]["outcome"], r["other"]["outcome"], r["why"]) for r in cases["C0"]["rows"]] == [("met_late", "not_due", ["act"])]
    assert [r["why"] for r in cases["C1"]["rows"]] == [["no_case"]], "it had not begun"


def test_a_notice_that_was_not_issued_by_then_is_not_counted_in() -> None:
    law, until = rules("3 working days"), at("09-26 12:00")
    new = CALENDAR.with_notice({**NOTICE, "issued": "2026-09-27"})
    cases = [("C", log([("start", "09-24 10:00")]))]
    comparison = other_log(cases, LOG_MAP, [law], new, until, Otherwise({"mode": "as_known"}, {}, new.known(until.date()), until))
    base = replay_log(cases, LOG_MAP, [law], new, read=1, ignored=0, unreadable=0, as_of=until, each=beside(comparison, None))
    assert compared(base, comparison).comparison is not None and comparison.why == {"calendar": 1}


def test_a_case_that_only_the_other_side_has_yet_is_new_there() -> None:
    law, until = rules("5 days"), at("09-25 12:00")
    cases = [("C0", log(COURSE)), ("C1", log([("start", "10-08 10:00")]))]
    comparison = other_log(cases, LOG_MAP, [law], CALENDAR, AS_OF, Otherwise({"mode": "as_known"}, {}, None, AS_OF))
    base = replay_log(cases, LOG_MAP, [law], CALENDAR, read=3, ignored=0, unreadable=0, as_of=until, each=beside(comparison, None))
    document: Any = compared(base, comparison).comparison
    assert document["rows"] == {"same": 0, "changed": 1, "not_there": 0, "new": 1}
    assert document["cases"] == {"same": 0, "changed": 2} and document["why"] == {"act": 1, "new": 1}


def test_the_rules_of_another_date_are_the_version_that_was_in_force_then() -> None:
    p = rules("5 days").procedure
    last, first = (p.in_force.model_copy(update=u) for u in ({"until": date(2020, 12, 31)}, {"since": date(2021, 1, 1)}))
    old, new = (Rules(p.model_copy(update={"in_force": f}), name) for f, name in ((last, "a"), (first, "b")))
    assert rules_of(at("2020-06-01 00:00"), [old, new]) == {"audited": old}
    assert rules_of(at("2021-06-01 00:00"), [old, new]) == {"audited": new}
    with pytest.raises(UnknownProcedure):
        rules_of(at("2020-06-01 00:00"), [new])


def test_totals_that_do_not_add_up_are_refused() -> None:
    law = rules("5 days")
    comparison = other_log([("C", log(COURSE))], LOG_MAP, [law], CALENDAR, AS_OF, under(law))
    base = replay_log([("C", log(COURSE))], LOG_MAP, [law], CALENDAR, read=2, ignored=0, unreadable=0, as_of=AS_OF)
    with pytest.raises(IntegrityError):
        comparison.document(base)


def test_differences_say_what_differs_and_nothing_else() -> None:
    row = {"outcome": "met", "start": "a", "clauses": [], "revisions": [{"why": "start", "term": "1 day", "due": "x", "pauses": []}]}
    assert differences(row, row) == []
    assert differences(row, None) == ["not_there"] and differences(None, row) == ["new"]
    assert differences(row, {**row, "outcome": "not_due"}) == ["instant"]
    assert differences(row, {**row, "start": "b"}) == ["start"]
    assert differences(row, {**row, "clauses": [["A", "1"]]}) == ["clause"]
    assert differences(row, {**row, "met": "m"}) == ["act"] and differences(row, {**row, "ended_by": "e"}) == ["ended"]
    longer = [*row["revisions"], {"why": "extension", "term": "3 days", "due": "y", "pauses": []}]  # type: ignore[misc]
    assert differences(row, {**row, "revisions": longer}) == ["revision"]


# journals


def journal() -> tuple[list[Act], World]:
    """A dispute that was accepted, classified again, and answered late."""
    play = Play("medical-dispute").at("09-24 10:20")
    play.open("relations", {"handling": "complex"})
    play.fire("relations", "accept")
    play.at("09-25 09:00").revise("director", handling="cross_department")
    play.at("10-19 10:00").fire("relations", "answered", elements={"result": "已答复", "opinion": "已答复"})
    standing = play.engine.case("C")
    return list(standing.case.acts), play.engine.world(standing)


def sides(acts: list[Act], world: World, other: Otherwise) -> tuple[Report, dict[str, Any]]:
    known = {world.rules.hash: world.rules}
    given = [("C", acts)], known, world.calendars, Organisation()
    comparison = other_cases(*given, at("12-31 12:00"), other)
    found: dict[str, Any] = {}

    def keep(judged: Judged) -> None:
        found[judged.case.id] = judged.comparison

    base = replay_cases(*given, at("12-31 12:00"), each=beside(comparison, keep))
    return compared(base, comparison), found


def test_a_case_that_is_cast_under_its_own_version_is_itself() -> None:
    acts, world = journal()
    again = recast("C", acts, world.rules, world, str(acts[0].data["calendar"]))
    assert not again.unmapped
    known = {world.rules.hash: world.rules}
    one, other = (replay_cases([("C", a)], known, world.calendars, Organisation(), at("12-31 12:00")) for a in (acts, again.acts))
    assert one.cases == other.cases and one.digest == other.digest


def test_a_recorded_due_date_that_comes_out_otherwise_stands_in_its_row_and_makes_nobody_late() -> None:
    acts, world = journal()

    def misrecorded(act: Act) -> Act:
        dues: Any = act.data.get("dues", [])
        wrong = [{**d, "due": stamp(at("10-20 00:00"))} if d["row"].startswith("feedback/") and d["revision"] == 2 else d for d in dues]
        return replace(act, data={**act.data, "dues": wrong}) if dues else act

    found: dict[bool, Any] = {}
    for wrong in (False, True):
        judged: list[Judged] = []
        cases = [("C", [misrecorded(a) if wrong else a for a in acts])]
        report = replay_cases(
            cases, {world.rules.hash: world.rules}, world.calendars, Organisation(), at("10-20 12:00"), each=judged.append
        )
        found[wrong] = dossier(judged[0]).document
        assert report.deviations["drift"] == wrong
    (right,), (row,) = ([r for r in found[w]["rows"] if r["duty"] == "feedback"] for w in (False, True))
    assert "recorded_due" not in right and {k: v for k, v in row.items() if k != "recorded_due"} == right
    (said,) = row["recorded_due"]
    assert said["revision"] == 2 and said["recorded"] == {"due": stamp(at("10-20 00:00"))}
    assert said["recomputed"] == {"due": row["revisions"][-1]["due"]}
    assert (row["outcome"], found[False]["verdict"], found[True]["verdict"]) == ("met_late", "deviates", "undeterminable")


def test_what_if_of_a_journal_judges_the_acts_under_the_other_definition() -> None:
    acts, world = journal()
    p = world.rules.procedure
    duty = p.obligations["feedback"]
    terms = tuple(a.model_copy(update={"term": parse("20 working days")}) if str(a.term) == "10 working days" else a for a in duty.term)
    longer = p.model_copy(update={"obligations": {**p.obligations, "feedback": duty.model_copy(update={"term": terms})}})
    base, cases = sides(acts, world, Otherwise({"mode": "what_if"}, {"medical-dispute": Rules(longer, "sha256:what-if")}))
    document: Any = base.document()["comparison"]
    (row,) = cases["C"]["rows"]
    assert row["row"] == "feedback/complainant#1" and row["why"] == ["revision"], "the first date stood on 'complex', only the second moves"
    assert (row["base"]["outcome"], row["other"]["outcome"]) == (Outcome.MET_LATE.value, Outcome.MET.value)
    assert document["unmapped"] == {} and document["other"]["deviations"] == {}


def test_as_known_then_of_a_journal_is_the_record_of_that_day() -> None:
    acts, world = journal()
    then = at("09-24 18:00").astimezone(ZONE)
    base, cases = sides(acts, world, Otherwise({"mode": "as_known"}, {}, None, then))
    found = {r["row"]: r for r in cases["C"]["rows"]}
    assert (
        found["feedback/complainant#1"]["other"]["outcome"] == "not_due"
        and found["feedback/complainant#1"]["base"]["outcome"] == "met_late"
    )
    alone = replay_cases([("C", acts)], {world.rules.hash: world.rules}, world.calendars, Organisation(), then)
    assert base.comparison is not None and base.comparison["other"] == alone.document()


def test_s8_2_as_known_now_the_newest_calendar_judges_closed_outcomes_too() -> None:
    acts, world = journal()
    newer = next(iter(world.calendars.values())).with_notice({**NOTICE, "issued": "2026-11-01"})
    there = replace(world, calendars={**world.calendars, newer.digest: newer})
    _, same = sides(acts, world, Otherwise({"mode": "as_known"}, {}, newest=True))
    assert same == {"C": None}, "nothing newer is known"
    _, cases = sides(acts, there, Otherwise({"mode": "as_known"}, {}, newest=True))
    found = {r["row"]: (r["why"], r["base"]["outcome"], r["other"]["outcome"]) for r in cases["C"]["rows"]}
    assert found["feedback/complainant#1"] == (["calendar"], "met_late", "met_late")


def test_a_calendar_of_another_country_is_not_put_in_place_of_that_of_a_case() -> None:
    acts, world = journal()
    foreign = replace(next(iter(world.calendars.values())).known(date(2020, 1, 1)), id="xx")
    _, cases = sides(acts, world, Otherwise({"mode": "what_if"}, {}, foreign))
    assert cases == {"C": None}


SMALL = """
procedure: small
version: "{version}"
zh: 小
en: small
roles: {{desk: {{zh: 值班, en: desk, level: town}}}}
initial: {first}
states: {{{first}: {{zh: 在办, en: open}}, closed: {{zh: 结束, en: closed, final: true}}}}
events:
  start: {{zh: 开始, en: start, opens: true, by: desk, basis: unit}}
  expire: {{zh: 到期, en: expire, from: {first}, to: closed, by: clock, after: {{on: case, term: {term}}}, basis: unit}}
  done: {{zh: 办结, en: done, from: {first}, by: desk, basis: unit}}
obligations:
  duty: {{zh: 义务, en: duty, owed: {{by: desk}}, starts: {{on: case}}, term: [{{is: 3 days}}], met_by: done, basis: unit}}
"""


def test_what_the_clock_did_is_what_the_other_clock_does() -> None:
    definitions = [load(SMALL.format(version=v, first="open", term=term), "small.yaml") for v, term in (("1", "2 days"), ("2", "10 days"))]
    play = Play("small")
    play.engine.add(definitions[0])
    play.at("03-02 09:00").open("desk")
    play.at("03-06 09:00").record("desk", "done")
    standing = play.engine.case("C")
    acts, world = list(standing.case.acts), play.engine.world(standing)
    assert [a.name for a in acts if a.kind == "clocked"] == ["expire"]
    there = Rules(definitions[1].procedure, definitions[1].hash)
    base, cases = sides(acts, world, Otherwise({"mode": "what_if"}, {"small": there}))
    document: Any = base.document()
    assert document["deviations"] == {"not_enabled": 1} and document["comparison"]["other"]["deviations"] == {}
    assert cases["C"] == {"deviations": [[["done", "not_enabled"]], []]}, "the case was not closed yet"


def test_what_names_an_act_of_the_clock_names_it_still_though_its_number_is_another() -> None:
    found = load(SMALL.format(version="1", first="open", term="2 days"), "small.yaml")
    play = Play("small")
    play.engine.add(found)
    play.at("03-02 09:00").open("desk")
    play.at("03-06 09:00").engine.tick()
    standing = play.engine.case("C")
    acts, world = list(standing.case.acts), play.engine.world(standing)
    acts.insert(1, replace(acts[0], n=2, kind="flagged", name="duty#1", data={}))
    acts = [replace(act, n=n) for n, act in enumerate(acts, 1)]
    (clocked,) = (a for a in acts if a.kind == "clocked")
    assert clocked.n > 2
    acts.append(
        replace(acts[0], n=len(acts) + 1, kind="confirmed", name=str(clocked.n), data={}, recorded=at("03-06 10:00"), state=clocked.state)
    )
    again = recast("C", acts, world.rules, world, str(acts[0].data["calendar"])).acts
    named = again[int(again[-1].name) - 1]
    assert (named.kind, named.name) == ("clocked", "expire") and named.n != clocked.n
