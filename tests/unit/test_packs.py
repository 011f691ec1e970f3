"""Rule packs: what a procedure and its packs make together, which cases they bind, and the same duty under several rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.commands.frame import main
from adapters.library import check_file, find_definition, shipped_definitions, shipped_packs
from tests.play import Play, at
from tests.tamper import Copy
from workflow import command as c
from workflow.audit import audit_store
from workflow.engine import Engine
from workflow.errors import AlreadyThere, BadInput, UnknownActor, UnknownProcedure
from workflow.explain import why
from workflow.obligation.row import Outcome
from workflow.organisation import Actor
from workflow.procedure.load import Definition, load
from workflow.procedure.pack import Pack, compose, compositions, read_pack, thaw_pack
from workflow.procedure.source import BrokenDefinition

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "packs").glob("*.yaml"))
PACKS = {pack.name: pack for pack in (*shipped_packs(), *(read_pack(f.read_bytes(), f.name) for f in EXAMPLES))}

NATION = """
procedure: incident
version: "1"
zh: 事件
en: incident
in_force: {from: 2010-01-01}
documents: {nation: {zh: 国家规定, en: national rule}}
basis: {one: {document: nation, clause: 第九条, read: A}}
roles: {unit: {zh: 单位, en: unit, level: unit}, county: {zh: 县, en: county, level: county}}
initial: open
states: {open: {zh: 在办, en: open}, closed: {zh: 办结, en: closed, final: true}}
events:
  came: {zh: 接报, en: told, opens: true, by: unit}
  tell: {zh: 报告, en: report, by: unit, report: {kind: first, medium: telephone, to: county}, basis: one}
  close: {zh: 办结, en: close, from: open, to: closed, by: unit}
obligations:
  tell:
    zh: 报告
    en: report
    owed: {by: unit, to: county}
    starts: {on: came}
    term: [{is: 1 hour}]
    met_by: tell
    tiers: [{at: 10 minutes before, tell: unit, basis: unit}]
    basis: one
"""
COUNTY = """
pack: some-county
version: "1"
zh: 某县规定
en: a county
extends: incident
in_force: {from: 2024-01-31, until: 2025-12-31}
documents: {county: {zh: 县规定, en: county rule}}
basis: {two: {document: county, clause: 三, read: B}}
obligations:
  tell_county:
    zh: 按县规定报告
    en: report under the county's rule
    owed: {by: unit, to: county}
    starts: {on: came}
    term: [{is: 30 minutes}]
    met_by: tell
    duty: tell
    tiers: [{at: 10 minutes before, tell: unit, basis: unit}]
    missed: {lead: late_report}
    basis: two
"""


def nation(*changes: tuple[str, str]) -> Definition:
    return load(changed(NATION, changes), "nation.yaml")


def county(*changes: tuple[str, str]) -> Pack:
    return read_pack(changed(COUNTY, changes), "county.yaml")


def changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def other_pack() -> Pack:
    return county(
        ("pack: some-county", "pack: another"),
        ("tell_county", "tell_another"),
        ("zh: 按县规定报告", "zh: 按另一规定报告"),
        ("en: report under the county's rule", "en: report under another"),
        ("from: 2024-01-31, until: 2025-12-31", "from: 2024-06-01"),
    )


def problems(run: BrokenDefinition) -> list[tuple[int, str]]:
    return [(p.line, p.message.en) for p in run.problems]


def played(*packs: Pack) -> Play:
    play = Play("incident").at("2025-03-01 08:00")
    play.engine.add(nation())
    if packs:
        play.engine.use_packs("incident", packs, play.said("unit"))
    return play


# what a procedure and packs make together


def test_a_composed_procedure_has_a_version_and_a_hash_of_its_own() -> None:
    made = compose(nation(), [county()])
    assert made.procedure.ref == "incident@1+some-county"
    assert made.procedure.packs == ("some-county",)
    assert made.hash != nation().hash
    assert list(made.procedure.obligations) == ["tell", "tell_county"]


def test_no_pack_makes_the_procedure_itself() -> None:
    assert compose(nation(), []) == nation()


def test_the_order_in_which_packs_are_given_does_not_matter() -> None:
    one, two = compose(nation(), [county(), other_pack()]), compose(nation(), [other_pack(), county()])
    assert one.hash == two.hash and one.procedure.version == "1+another+some-county"


def test_a_later_version_of_a_pack_shows_in_the_version() -> None:
    assert compose(nation(), [county(('version: "1"', 'version: "2"'))]).procedure.version == "1+some-county.2"


def test_s8_3_the_duty_that_a_pack_names_bears_the_key_too() -> None:
    duties = compose(nation(), [county()]).procedure.obligations
    assert [duties[name].duty for name in ("tell", "tell_county")] == ["tell", "tell"]


def test_a_composed_procedure_is_in_force_while_all_of_it_is() -> None:
    force = compose(nation(), [county(), other_pack()]).procedure.in_force
    assert (str(force.since), str(force.until)) == ("2024-06-01", "2025-12-31")


def test_every_set_of_packs_that_is_in_force_on_some_day_is_made_once() -> None:
    made = [d.procedure.version for d in compositions(nation(), [county(), other_pack()])]
    assert made == ["1+some-county", "1+another+some-county", "1+another"]


def test_a_pack_that_is_never_in_force_with_the_procedure_makes_nothing() -> None:
    assert compositions(nation(("from: 2010-01-01", "from: 2010-01-01, until: 2020-01-01")), [county()]) == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("owed: {by: unit, to: county}", "owed: {by: nobody, to: county}", 14, "there is no role nobody"),
        ("basis: two", "basis: three", 21, "there is no basis three"),
        ("  tell_county:\n", "  tell:\n", 11, "tell is there already, with other content"),
        ("term: [{is: 30 minutes}]", "term: [{is: 30 moments}]", 16, "30 moments"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place_in_the_pack(old: str, new: str, line: int, said: str) -> None:
    with pytest.raises(BrokenDefinition) as caught:
        compose(nation(), [county((old, new))])
    assert caught.value.name == "county.yaml"
    assert any(at == line and said in message for at, message in problems(caught.value))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("zh: 某县规定\n", "", "the Chinese label is missing"),
        ("extends: incident", "extend: incident", "a pack has no 'extend'"),
        ("extends: incident", "extends: incident\nstates: {}", "a pack has no 'states'"),
        ('version: "1"', 'version: "1+2"', "a '+' in a version"),
        ("obligations:\n", "notes: {}\nobligations:\n", "must be a list"),
        ("from: 2024-01-31", "from: 31.1.2024", "not a date"),
    ],
)
def test_a_pack_that_is_no_pack_says_what_is_wrong(old: str, new: str, said: str) -> None:
    with pytest.raises(BrokenDefinition) as caught:
        county((old, new))
    assert any(said in message for _, message in problems(caught.value))


def test_a_pack_of_another_procedure_is_refused() -> None:
    with pytest.raises(BadInput, match="extends other, not incident"):
        compose(nation(), [county(("extends: incident", "extends: other"))])


def test_a_file_cannot_call_itself_composed() -> None:
    with pytest.raises(BrokenDefinition) as caught:
        nation(('version: "1"', 'version: "1+some-county"'))
    assert "a '+' in a version" in problems(caught.value)[0][1]


def test_two_packs_may_bring_the_same_thing_and_not_two_things_of_one_name() -> None:
    same = other_pack()
    assert "county" in compose(nation(), [county(), same]).procedure.documents
    other = county(("pack: some-county", "pack: another"), ("tell_county", "tell_another"), ("clause: 三", "clause: 四"))
    with pytest.raises(BrokenDefinition, match="problem"):
        compose(nation(), [county(), other])


def test_a_pack_comes_out_of_a_store_as_it_went_in() -> None:
    assert thaw_pack(county().data, "x") == county()


# which cases they bind


def test_packs_are_off_until_the_unit_switches_them_on() -> None:
    play = played()
    play.open("unit")
    assert [r.duty.id for r in play.rows("tell_county")] == []
    assert play.engine.packs("incident") == ()


def test_a_pack_binds_what_is_opened_from_then_on() -> None:
    play = played()
    play.open("unit", case="before")
    play.engine.use_packs("incident", [county()], play.said("unit"))
    play.open("unit", case="after")
    definitions = [play.engine.case(case).case.definition for case in ("before", "after")]
    assert definitions == [nation().hash, compose(nation(), [county()]).hash]


@pytest.mark.parametrize(
    ("day", "version"),
    [("2024-01-30", "1"), ("2024-01-31", "1+some-county"), ("2025-12-31", "1+some-county"), ("2026-01-01", "1")],
)
def test_s8_1_a_pack_binds_a_case_whose_opening_lies_on_a_day_on_which_it_is_in_force(day: str, version: str) -> None:
    play = played(county()).at("2026-02-01 08:00")
    play.open("unit", happened=f"{day} 12:00", grade="counterpart", source="登记")
    assert play.engine.world(play.engine.case("C")).rules.procedure.version == version


def test_s8_1_packs_in_force_on_different_days_bind_different_cases() -> None:
    play = played(county(), other_pack()).at("2026-02-01 08:00")
    days = ("2023-01-01 12:00", "2024-03-01 12:00", "2024-07-01 12:00", "2026-01-02 12:00")
    assert [play.engine.rules("incident", at(day)).procedure.version for day in days] == [
        "1",
        "1+some-county",
        "1+another+some-county",
        "1+another",
    ]


def test_switched_off_a_pack_binds_nothing_any_more_and_its_cases_keep_it() -> None:
    play = played(county())
    play.open("unit", case="with")
    play.engine.use_packs("incident", [], play.said("unit"))
    play.open("unit", case="without")
    versions = [play.engine.world(play.engine.case(case)).rules.procedure.version for case in ("with", "without")]
    assert versions == ["1+some-county", "1"]


def test_a_version_that_is_added_later_has_the_packs_too() -> None:
    play = played(county())
    play.engine.add(nation(('version: "1"', 'version: "2"'), ("is: 1 hour", "is: 2 hours")))
    play.open("unit")
    assert play.engine.world(play.engine.case("C")).rules.procedure.version == "2+some-county"


def test_a_version_that_the_packs_in_use_do_not_fit_is_not_added() -> None:
    play = played(county())
    with pytest.raises(BrokenDefinition):
        play.engine.add(
            nation(('version: "1"', 'version: "2"'), ("  tell: {zh: 报告", "  say: {zh: 报告"), ("met_by: tell", "met_by: say"))
        )
    refs = [r.procedure.ref for r in play.engine.definitions() if r.procedure.procedure == "incident"]
    assert refs == ["incident@1", "incident@1+some-county"]


def test_one_version_by_its_name_is_that_version_without_packs() -> None:
    assert played(county()).engine.rules("incident@1").procedure.packs == ()


def test_a_pack_that_changed_without_a_new_version_is_refused() -> None:
    play = played(county())
    with pytest.raises(AlreadyThere):
        play.engine.use_packs("incident", [county(("is: 30 minutes", "is: 20 minutes"))], play.said("unit"))


def test_who_switches_a_pack_on_stands_in_the_journal() -> None:
    play = played(county())
    with play.engine.store.read() as view:
        (entry,) = [e for e in view.entries("organisation") if e.kind == "packs"]
    assert entry.body["by"] == {"role": "unit"}
    assert [p["ref"] for p in entry.body["packs"]] == ["some-county@1"]  # type: ignore[index,union-attr]


def test_nobody_switches_a_pack_on_without_a_name() -> None:
    play = played()
    with pytest.raises(UnknownActor):
        play.engine.use_packs("incident", [county()], c.Said(actor=Actor("")))


def test_a_pack_of_a_procedure_that_is_not_there_is_not_switched_on() -> None:
    play = Play("incident")
    with pytest.raises(UnknownProcedure):
        play.engine.use_packs("incident", [county()], play.said("unit"))


def test_another_engine_on_the_store_knows_what_is_switched_on() -> None:
    play = played(county())
    again = Engine(play.engine.store, play.clock, None, play.engine.calendar, "test")  # type: ignore[arg-type]
    assert again.rules("incident").procedure.version == "1+some-county"


def test_a_pack_that_was_edited_in_the_store_is_found() -> None:
    play = played(county())
    play.open("unit")
    copy = Copy.of(play.engine.store)
    (found,) = [digest for digest, (kind, _, _) in copy.documents.items() if kind == "pack"]
    kind, name, data = copy.documents[found]
    copy.documents[found] = (kind, name, data.replace(b"30 minutes", b"90 minutes"))
    assert ("document", "pack some-county@1") in [(f.code, f.case) for f in audit_store(copy).findings]


# the same duty under several rules


def abreast(minutes: int) -> str:
    play = played(county())
    play.at("2025-03-01 09:00").open("unit")
    play.at(f"2025-03-01 09:{minutes:02}").fire("unit", "tell")
    case, world = play.engine.case("C").case, play.engine.world(play.engine.case("C"))
    rows = play.engine.ledger("C")
    return next(line for line in why(play.row("tell_county"), case, world, rows).lines("zh") if "并列" in line)


def test_s8_3_late_under_the_county_rule_and_in_time_under_the_national_one() -> None:
    assert abreast(42).split("  ")[-1] == "按县规定迟报12分钟,按国家规定按时"


def test_s8_3_each_rule_keeps_a_row_of_its_own() -> None:
    play = played(county())
    play.at("2025-03-01 09:00").open("unit")
    play.at("2025-03-01 09:42").fire("unit", "tell")
    assert (play.outcome("tell_county"), play.outcome("tell")) == (Outcome.MET_LATE, Outcome.MET)


def test_s8_3_the_earliest_mandatory_date_reminds() -> None:
    play = played(county())
    play.at("2025-03-01 09:00").open("unit")
    for instant in ("09:20", "09:50"):
        play.at(f"2025-03-01 {instant}").engine.tick()
    told = [(a.name.partition("/")[0], a.data["flag"]) for a in play.engine.case("C").case.acts if a.kind == "flagged"]
    assert told == [("tell_county", "tier"), ("tell_county", "missing")]


# what is shipped


@pytest.mark.parametrize("pack", PACKS.values(), ids=lambda p: p.name)
def test_every_pack_makes_a_sound_procedure_with_the_one_that_it_extends(pack: Pack) -> None:
    made = compose(find_definition(pack.head.extends), [pack])
    assert {*pack.source.data["obligations"]} <= {*made.procedure.obligations}


@pytest.mark.parametrize("pack", PACKS.values(), ids=lambda p: p.name)
def test_every_duty_of_a_pack_rests_on_a_cited_text_that_somebody_read(pack: Pack) -> None:
    made = compose(find_definition(pack.head.extends), [pack]).procedure
    added = set(pack.source.data["obligations"])
    read = {made.basis[b].read for name in added for b in made.obligations[name].basis if b != "unit"}
    assert read <= {"A", "B"}
    assert all(any(b != "unit" for b in made.obligations[name].basis) for name in added)


def test_the_packs_of_one_procedure_can_all_be_on_at_once() -> None:
    for procedure in {pack.head.extends for pack in PACKS.values()}:
        compose(find_definition(procedure), [p for p in PACKS.values() if p.head.extends == procedure])


def test_no_shipped_procedure_is_composed() -> None:
    assert [d.procedure.ref for d in shipped_definitions() if d.procedure.packs] == []


def test_an_aim_has_an_outcome_and_raises_no_lead() -> None:
    made = compose(find_definition("social-security-incident"), [PACKS["emergency-report-2015"]]).procedure
    aims = [made.obligations[name] for name in ("telephone_state", "written_state")]
    assert [(o.modality, o.missed.lead) for o in aims] == [("target", None), ("target", None)]


# the command line


def test_a_pack_is_switched_on_and_off_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> object:
        assert main(["--json", "--db", "p.db", *words]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    def state() -> dict[str, bool]:
        return {p["pack"]: p["in_use"] for p in run("definitions", "packs")}  # type: ignore[attr-defined]

    assert not any(state().values())
    said = run("definitions", "use", "plan-filing-2024", "--as", "plan_issuer", "--dry-run")
    assert said["versions"] == ["contingency-plan@2010-1+plan-filing-2024"] and not any(state().values())  # type: ignore[index]
    run("definitions", "use", "plan-filing-2024", "--as", "plan_issuer")
    assert state()["plan-filing-2024"]
    run("open", "contingency-plan", "修订预案", "示范村", "镇", "--as", "plan_owner", "--id", "P-1")
    run("definitions", "use", "plan-filing-2024", "--off", "--as", "plan_issuer")
    assert not state()["plan-filing-2024"]
    run("open", "contingency-plan", "修订预案", "示范村", "镇", "--as", "plan_owner", "--id", "P-2")
    refs = [run("show", case)["procedure"] for case in ("P-1", "P-2")]  # type: ignore[index]
    assert refs == ["contingency-plan@2010-1+plan-filing-2024", "contingency-plan@2010-1"]


def test_switching_off_what_is_not_in_use_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--db", "p.db", "init"]) == 0
    assert main(["--db", "p.db", "--lang", "en", "definitions", "use", "plan-filing-2024", "--off", "--as", "plan_issuer"]) == 7
    assert "is not in use" in capsys.readouterr().err


def test_a_pack_is_checked_with_the_procedure_that_it_extends(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    text = (Path(__file__).parents[2] / "definitions" / "packs" / "plan-filing-2024.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("met_by: file", "met_by: filed"), encoding="utf-8")
    with pytest.raises(BrokenDefinition, match="problem"):
        check_file(file)
