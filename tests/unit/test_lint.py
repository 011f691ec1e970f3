# ruff: noqa: E501
"""What the checker says of people, reports, facts, labels, links and what is left open: each of a definition that is sound but for one place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from adapters.calendars import shipped
from adapters.organisations import organisation_named
from tests.play import at
from workflow.lint import SEVERITIES, lint
from workflow.lint.spans import Spans
from workflow.moment import stamp
from workflow.organisation import evolve
from workflow.procedure.load import load
from workflow.procedure.model import Procedure

ROOT = Path(__file__).resolve().parents[2]
SOUND = """
procedure: sound
version: 1
zh: 小
en: small
documents: {plan: {zh: 预案, en: the plan}}
basis: {R1: {document: plan, read: A}}
roles:
  duty_officer: {zh: 值班, en: desk, level: town}
  town_office: {zh: 乡镇, en: the town, level: town}
  citizen: {zh: 群众, en: citizen, level: outside}
elements: {place: {zh: 地点, en: place}}
facts:
  grade: {zh: 等级, en: grade, type: choice, of: {low: {zh: 低, en: low}, high: {zh: 高, en: high}}, revise: [town_office]}
  deaths: {zh: 死亡, en: deaths, type: integer, revise: [town_office]}
initial: open
states:
  open: {zh: 在办, en: open}
  closed: {zh: 结束, en: closed, final: true}
events:
  start: {zh: 开始, en: start, opens: true, by: duty_officer}
  grade: {zh: 定级, en: grade it, by: town_office, require: [grade, deaths], second: duty_officer}
  tell: {zh: 报告, en: report, by: duty_officer, report: {kind: first, to: [town_office], elements: [place]}, basis: R1}
  close: {zh: 结束, en: close, from: open, to: closed, present: citizen, by: town_office}
obligations:
  tell:
    zh: 报告
    en: report
    owed: {by: duty_officer, to: [town_office]}
    starts: {on: case}
    term:
      - {when: {grade: high}, is: 1 hour}
      - {when: {grade: low, deaths: {at_least: 3}}, is: 2 hours}
      - {when: {grade: low, deaths: {less_than: 3}}, is: 3 hours}
      - {when: unknown, is: 1 hour}
    met_by: tell
    elements: [place]
    extend: {ask: duty_officer, grant: town_office}
    tiers: [{at: 1 hour after, tell: town_office}]
"""


def found(text: str, organisation: str = "", others: Mapping[str, Procedure] | None = None) -> list[tuple[str, str, str]]:
    definition = load(text, "sound.yaml")
    crew = organisation_named(organisation) if organisation else None
    return [(f.code, f.severity, ".".join(map(str, f.at))) for f in lint(definition, shipped("cn"), organisation=crew, others=others)]


def changed(old: str, new: str) -> str:
    assert SOUND.count(old) == 1
    return SOUND.replace(old, new)


def test_of_a_sound_definition_nothing_is_said() -> None:
    assert found(SOUND, "town", {}) == []


DUTY = "obligations.tell"
ONE_PLACE = [
    ("people.same_second", "notice", "events.grade.second", "second: duty_officer", "second: town_office"),
    ("people.to_itself", "warning", "events.grade.report.to", "second: duty_officer}", "report: {kind: first, to: town_office}}"),
    ("people.to_itself", "warning", f"{DUTY}.owed.to", "by: duty_officer, to: [town_office]}", "by: duty_officer, to: [duty_officer, town_office]}"),
    ("people.own_extension", "warning", f"{DUTY}.extend.grant", "grant: town_office", "grant: duty_officer"),
    ("people.own_extension", "warning", f"{DUTY}.extend.grant", "ask: duty_officer, grant: town_office", "grant: duty_officer"),
    ("people.escalates_to_itself", "warning", f"{DUTY}.tiers.0.tell", "after, tell: town_office", "after, tell: duty_officer"),
    ("people.own_date", "notice", "facts.deaths.revise", "type: integer, revise: [town_office]", "type: integer, revise: duty_officer"),
    ("report.elements", "warning", f"{DUTY}.elements", "to: [town_office], elements: [place]", "to: [town_office]"),
    ("report.never_made", "error", f"{DUTY}.met_by", "en: report, by", "en: report, when: {happened: tell}, by"),
    ("fact.never_asked", "notice", "facts.deaths", "require: [grade, deaths]", "require: grade"),
    ("fact.never_read", "notice", "facts.cost", "  deaths:", "  cost: {zh: 损失, en: cost, type: money}\n  deaths:"),
    ("label.placeholder", "warning", "states.open.en", "zh: 在办, en: open", "zh: 在办, en: todo"),
    ("label.placeholder", "warning", "states.open.zh", "zh: 在办, en: open", "zh: 待定, en: open"),
    ("label.same", "notice", "states.open.zh", "zh: 在办, en: open", "zh: open, en: open"),
    ("label.language", "warning", "states.open.en", "zh: 在办, en: open", "zh: 在办, en: 办理"),
    ("label.language", "warning", "states.open.zh", "zh: 在办, en: open", "zh: handling, en: open"),
    ("unset.term", "notice", f"{DUTY}.term.3.is", "when: unknown, is: 1 hour", "when: unknown, is: promptly"),
    ("unset.term", "notice", f"{DUTY}.receipt", "met_by: tell", "met_by: tell\n    receipt: promptly"),
    ("unset.period", "notice", "period.every", "initial: open", "period: {every: unset, level: town}\ninitial: open"),
    ("unset.reading", "notice", f"{DUTY}.ambiguous", "met_by: tell", "ambiguous: {note: {zh: 含糊, en: vague}}\n    met_by: tell"),
    ("spare.unused", "warning", "basis.R2", "R1: {document: plan, read: A}", "R1: {document: plan, read: A}, R2: {document: plan, read: A}"),
    ("spare.twice", "warning", "events.grade.require.2", "require: [grade, deaths]", "require: [grade, deaths, grade]"),
    ("time.nought", "warning", f"{DUTY}.term.3.is", "when: unknown, is: 1 hour", "when: unknown, is: 0 days"),
    ("condition.undecided", "notice", f"{DUTY}.term", "      - {when: unknown, is: 1 hour}\n", ""),
    ("condition.never", "warning", f"{DUTY}.term.4.is", "is: 1 hour}\n    met", "is: 1 hour}\n      - {is: 4 hours}\n    met"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "severity", "place", "old", "new"), ONE_PLACE)
def test_what_is_wrong_in_one_place_is_found_there(code: str, severity: str, place: str, old: str, new: str) -> None:
    assert (code, severity, place) in found(changed(old, new), others={})


def test_a_fact_that_starts_a_duty_under_another_reading_alone_is_read_and_is_no_date_of_the_obligors_own() -> None:
    knew = "knew: {zh: 知悉, en: knew, type: instant, revise: duty_officer}\n  deaths:"
    law = changed("met_by: tell", "ambiguous: {note: {zh: 含糊, en: vague}, starts: [{fact: knew}]}\n    met_by: tell")
    assert {(code, place) for code, _, place in found(law.replace("deaths:", knew, 1))} == {
        ("unset.reading", f"{DUTY}.ambiguous"),
        ("fact.never_asked", "facts.knew"),
        ("people.own_date", "facts.knew.revise"),
    }


def test_a_tier_that_also_goes_on_the_list_or_comes_before_the_due_time_is_no_escalation_to_oneself() -> None:
    for tier in ("after, tell: duty_officer, lead: late", "before, tell: duty_officer"):
        assert "people.escalates_to_itself" not in {f[0] for f in found(changed("after, tell: town_office", tier), others={})}


def test_an_event_that_one_of_several_roles_reports_to_another_of_them_is_no_report_to_oneself() -> None:
    text = changed("en: report, by: duty_officer", "en: report, by: [duty_officer, town_office]")
    assert "people.to_itself" not in {f[0] for f in found(text, others={})}


def test_a_term_for_the_unknown_never_applies_where_nothing_can_be_unknown() -> None:
    rules = SOUND[SOUND.index("      - {when: {grade: high}") : SOUND.index("      - {when: unknown")]
    text = SOUND.replace(rules, "      - {when: {happened: grade}, is: 1 hour}\n      - {when: {not: {happened: grade}}, is: 2 hours}\n")
    assert ("condition.never", "warning", f"{DUTY}.term.2.when") in found(text, others={})


def test_a_term_without_condition_that_stands_for_the_unknown_is_no_dead_one() -> None:
    assert "condition.never" not in {f[0] for f in found(changed("{when: unknown, is: 1 hour}", "{is: 1 hour}"), others={})}


def test_a_choice_with_too_many_cases_is_said_to_be_unchecked() -> None:
    facts = "".join(f"  n{i}: {{zh: 数{i}, en: number {i}, type: integer}}\n" for i in range(3))
    many = "{any: [" + ", ".join(f"{{n{i}: {{is: {v}}}}}" for i in range(3) for v in range(0, 60, 4)) + "]}"
    text = changed("  deaths:", facts + "  deaths:").replace("when: {grade: high}", f"when: {{all: [{{grade: high}}, {many}]}}")
    assert ("condition.unchecked", "unchecked", f"{DUTY}.term") in found(text, others={})


def test_a_role_without_a_post_is_found_with_the_organisation_and_so_is_the_duty_that_nobody_can_fulfil() -> None:
    text = SOUND.replace("duty_officer", "night_porter")
    assert found(text, "", {}) == []
    assert found(text, "town", {}) == [
        ("people.nobody", "warning", "roles.night_porter"),
        ("people.nobody_fulfils", "warning", f"{DUTY}.met_by"),
    ]


def test_a_role_whose_post_is_vacant_is_held_by_nobody() -> None:
    text = SOUND.replace("duty_officer", "command_foreign")  # vacant in the example town
    assert ("people.nobody", "warning", "roles.command_foreign") in found(text, "town", {})
    town = organisation_named("town")
    shift = {"what": "roster", "post": "town.command_foreign", "shifts": [["t07", stamp(at("10-01 08:00")), stamp(at("10-02 08:00"))]]}
    definition = load(text, "sound.yaml")
    said = {f.code for f in lint(definition, shipped("cn"), organisation=evolve(town, shift), others={})}
    assert "people.nobody" not in said, "a roster mans a post"


LINK = "by: town_office, link: {to: other, event: begun}}"


def linked(known: Mapping[str, Procedure] | None) -> list[tuple[str, str, str]]:
    return found(changed("present: citizen, by: town_office}", "present: citizen, " + LINK), others=known)


def other(event: str) -> dict[str, Procedure]:
    text = SOUND.replace("procedure: sound", "procedure: other").replace("  start:", f"  {event}:")
    return {"other": load(text, "other.yaml").procedure}


def test_procedures_that_nobody_named_are_said_to_be_unchecked() -> None:
    assert linked(None) == [("link.unchecked", "unchecked", "events")]


def test_a_link_to_a_procedure_that_is_not_there_is_found() -> None:
    assert linked({}) == [("link.unknown", "warning", "events.close.link.to")]


def test_a_link_to_an_event_that_the_other_procedure_has_not_is_found() -> None:
    assert linked(other("start")) == [("link.unanswered", "error", "events.close.link.event")]
    assert linked(other("begun")) == []


SHEET = """
sheet:
  zh: 表
  en: sheet
  lines:
    cases: {zh: 案件, en: cases, cases: {procedures: other, events: begun, duties: tell, where: {grade: high}}}
"""


def test_what_a_sheet_counts_in_other_procedures_has_to_be_there() -> None:
    assert found(SOUND + SHEET, others=other("begun")) == []
    assert found(SOUND + SHEET, others=other("start")) == [("link.gathered", "error", "sheet.lines.cases.cases.events")]
    text = SOUND + SHEET.replace("duties: tell", "duties: told").replace("where: {grade", "where: {kind")
    assert [f[2].rsplit(".", 1)[1] for f in found(text, others=other("begun"))] == ["duties", "where"]


def test_s9_3_a_sheet_chooses_no_cases_of_others_by_a_personal_fact() -> None:
    there = other("begun")["other"]
    facts = {name: fact.model_copy(update={"personal": True}) for name, fact in there.facts.items()}
    personal = {"other": there.model_copy(update={"facts": facts})}
    assert found(SOUND + SHEET, others=personal) == [("link.personal", "error", "sheet.lines.cases.cases.where")]


def test_a_sheet_that_shows_what_nothing_records_is_found() -> None:
    sheet = "sheet: {zh: 表, en: sheet, lines: {where: {zh: 何处, en: where, elements: place}}}\n"
    assert found(SOUND + sheet, others={}) == []
    text = SOUND.replace("elements: [place]}, basis", "elements: []}, basis").replace("    elements: [place]\n", "")
    assert ("report.never_recorded", "warning", "sheet.lines.where.elements") in found(text + sheet, others={})


def test_a_fact_that_others_may_revise_too_is_not_the_obligors_own() -> None:
    text = changed("type: integer, revise: [town_office]", "type: integer, revise: [duty_officer, town_office]")
    assert "people.own_date" not in {f[0] for f in found(text, others={})}


def test_the_worst_is_said_first() -> None:
    text = changed("when: unknown, is: 1 hour", "when: unknown, is: promptly").replace(
        "en: report, by", "en: report, when: {happened: tell}, by"
    )
    order = [list(SEVERITIES).index(f[1]) for f in found(text)]  # type: ignore[arg-type]
    assert order == sorted(order) and len(set(order)) > 1


def test_the_same_definition_gives_the_same_findings_in_the_same_order() -> None:
    text = SOUND.replace("duty_officer", "night_porter")
    assert found(text, "town") == found(text, "town")


def test_a_term_that_is_due_earlier_for_a_later_start_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """No term of the language does it; should one ever, the days are named."""
    monkeypatch.setattr(Spans, "falls_back", lambda self, term: (date(2026, 1, 1), date(2026, 1, 2)) if str(term) == "2 hours" else None)
    assert ("time.falls_back", "error", f"{DUTY}.term.1.is") in found(SOUND)


CODE = r"(?:chart|condition|duty|fact|label|link|people|report|spare|time|unset)\.[a-z_]+"


def codes() -> set[str]:
    text = "".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "workflow" / "lint").glob("*.py")))
    assert set(re.findall(r'Finding\(\s*"([^"]+)"', text)) <= set(re.findall(f'"({CODE})"', text))
    return set(re.findall(f'"({CODE})"', text))


def test_every_code_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "checker.md").read_text(encoding="utf-8")
    documented = set(re.findall(f"`({CODE})`", page))
    assert codes() == documented


def test_every_code_has_a_test_that_brings_it_about() -> None:
    tests = "".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "tests").glob("*/test_lint*.py")))
    assert {code for code in codes() if f'"{code}"' not in tests} == set()
