# ruff: noqa: E501
"""``duban definitions`` and ``duban schema``: what they print, in both languages and as JSON, and how they end."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import definitions
from adapters.commands import frame
from adapters.library import shipped_definitions
from workflow.procedure.load import load
from workflow.procedure.model import Model
from workflow.procedure.schema import json_schema, models
from workflow.procedure.source import read_source

DATA = Path(__file__).parents[1] / "data"
SMALL = DATA / "small.yaml"


class Run:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.err = ""

    def __call__(self, *words: str, code: int = 0) -> str:
        assert frame.main([*words]) == code
        out, self.err = self.capsys.readouterr()
        return out

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUBAN_LANG", "zh")
    monkeypatch.delenv("DUBAN_DB", raising=False)
    return Run(capsys)


def test_list_names_every_shipped_procedure_with_its_hash(run: Run) -> None:
    found = run.json("definitions", "list")
    assert {f"{d['procedure']}@{d['version']}": d["hash"] for d in found} == {d.procedure.ref: d.hash for d in shipped_definitions()}
    text = run("definitions", "list")
    assert all(d.procedure.ref in text and d.procedure.zh in text for d in shipped_definitions())


@pytest.mark.parametrize("name", ["medical-dispute", "medical-dispute@2010-1", "重大医疗纠纷应急处置", "Major medical dispute"])
def test_a_procedure_is_found_by_id_version_or_title(run: Run, name: str) -> None:
    assert run.json("definitions", "show", name)["ref"] == "medical-dispute@2010-1"


def test_of_several_versions_the_last_is_shown(run: Run) -> None:
    assert run.json("definitions", "show", "pipeline-incident")["ref"] == "pipeline-incident@2017-1"


def test_an_unknown_procedure_is_not_found(run: Run) -> None:
    run("definitions", "show", "nothing", code=7)
    assert "没有程序" in run.err and "not_found.procedure" in run.err


def test_show_as_json_holds_the_whole_content(run: Run) -> None:
    found = run.json("definitions", "show", str(SMALL))
    assert found["content"] == read_source(small().replace("answer: yes", "answer: true"), "small.yaml").data
    assert found["hash"] == load(SMALL.read_bytes(), "small.yaml").hash


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", [d.procedure.ref for d in shipped_definitions()])
def test_show_names_every_part_in_the_language_of_the_reader(run: Run, name: str, lang: str) -> None:
    p = next(d.procedure for d in shipped_definitions() if d.procedure.ref == name)
    said = "".join(run("definitions", "show", name, "--lang", lang).split())
    for table in (p.roles, p.facts, p.events, p.decisions, p.obligations):
        for key in table:
            assert key in said
    for role in p.roles.values():
        assert "".join(role.text.say("zh" if lang == "zh" else "en").split()) in said


@cache
def small() -> str:
    return SMALL.read_text(encoding="utf-8")


SHOWN = [
    ("level: town}\n  boss", "level: borough}\n  boss", "borough"), ("unit: 人", "unit: 名", "名"), ("valid_from: 2020-01-01", "valid_from: 2019-05-06", "2019-05-06"),
    ("valid_until: 2030-12-31", "valid_until: 2031-05-06", "2031-05-06"), ("read: A", "read: B", "B 级来源"), ("clause: 一", "clause: 第九条", "第九条"),
    ("plan: {zh: 预案", "plan: {zh: 新预案", "新预案"), ("type: person, personal: true", "type: person", "~个人信息"), ("revise: boss", "revise: desk", "可修改:值班"),
    ("kind: request", "kind: record", "~请求"), ("{kind: first, to", "{kind: final, to", "终报"), ("{kind: first, to", "{kind: first, medium: telephone, to", "电话 首报"),
    ("hour: \"10:00\", basis: unit}", "hour: \"10:00\", basis: unit, title: {zh: 催办, en: urge}}", "催办"), ("cap: 10 days}", "cap: 12 days, times: 3}", "至多 3 次 12 日"),
    ("cap: 10 days}", "cap: 10 days, basis: R1}", "R1"), ("    owed: {by: desk, to: other}\n", "    owed: {by: desk, to: other}\n    modality: target\n", "力争"),
    ("until: step}]", "until: step, basis: R1.九}]", "R1.九"), ("tell: desk, hour", "tell: desk, lead: slow, hour", "slow"), ("require: grade", "require: deaths", "须有:死亡"),
    ("    record: place\n", "", "~记录:"), ("    present: other\n", "", "~在场:"), ("    second: boss\n", "", "~会签:"), ("    when: {grade: high}\n", "", "~条件:高"),
    ("basis: R1.二", "basis: R1.七", "R1.七"), ("asked: {on: call}", "asked: {on: step}", "何时:推进"), ("in_force: {from: 2020-01-01", "in_force: {from: 2018-01-01", "2018-01-01"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "word"), SHOWN)
def test_every_option_that_only_describes_is_shown(run: Run, old: str, new: str, word: str) -> None:
    assert old in small()
    Path("other.yaml").write_text(small().replace(old, new, 1), encoding="utf-8")
    before = "".join(run("definitions", "show", str(SMALL)).split())
    after = "".join(run("definitions", "show", "other.yaml").split())
    wanted = "".join(word.removeprefix("~").split())
    assert before != after
    assert after.count(wanted) < before.count(wanted) if word.startswith("~") else after.count(wanted) > before.count(wanted)


def test_notes_are_shown(run: Run) -> None:
    Path("other.yaml").write_text(small() + "notes: [{zh: 特别注意, en: mind this}]\n", encoding="utf-8")
    assert "特别注意" in run("definitions", "show", "other.yaml")
    assert "mind this" in run("definitions", "show", "other.yaml", "--lang", "en")


def test_check_says_that_a_file_is_right_and_prints_no_data(run: Run) -> None:
    assert run("definitions", "check", str(SMALL)) == ""
    assert "正确" in run.err and "small@1-1" in run.err
    assert run("definitions", "check", str(SMALL), "-q") == "" and run.err == ""


def test_check_of_a_broken_file_ends_with_3_and_says_all(run: Run) -> None:
    Path("bad.yaml").write_text(
        small().replace("kind: request", "kind: requst").replace("by: boss\n    asked", "by: bos\n    asked"), encoding="utf-8"
    )
    run("definitions", "check", "bad.yaml", code=3)
    assert "requst" not in run.err and "应为其中之一" in run.err and "没有角色 bos" in run.err and "有 2 处错误" in run.err
    run("definitions", "check", "bad.yaml", "--lang", "en", code=3)
    assert "did you mean request?" in run.err and "the definition has 2 problems" in run.err


def test_an_unknown_calendar_is_refused_by_the_command(run: Run) -> None:
    Path("bad.yaml").write_text(small().replace("zone:", "calendar: mars\nzone:"), encoding="utf-8")
    run("definitions", "check", "bad.yaml", code=3)
    assert "未知日历 mars" in run.err


def wanting() -> None:
    """A file in which one label only holds a place: no error, and a warning."""
    Path("wanting.yaml").write_text(small().replace("{zh: 地点, en: place}", "{zh: 待定, en: place}"), encoding="utf-8")


def test_a_warning_stops_a_strict_check_only(run: Run) -> None:
    wanting()
    run("definitions", "check", "wanting.yaml")
    assert "正确" in run.err
    run("definitions", "check", "wanting.yaml", "--strict", code=3)
    assert "wanting.yaml:19:" in run.err and "“待定”只是占位" in run.err and "处错误" in run.err


def test_a_strict_check_that_is_quiet_still_says_what_is_wrong(run: Run) -> None:
    wanting()
    run("definitions", "check", "wanting.yaml", "--strict", "--quiet", code=3)
    assert "占位" in run.err and "提示" not in run.err


def test_the_findings_are_data_too_with_line_and_code(run: Run) -> None:
    wanting()
    found = run.json("definitions", "check", "wanting.yaml")
    (label,) = [f for f in found["findings"] if f["code"] == "label.placeholder"]
    assert (label["file"], label["line"], label["field"], label["severity"]) == ("wanting.yaml", 19, "elements.place.zh", "warning")
    assert label["en"] and found["ok"][0]["ref"] == "small@1-1"


@pytest.mark.parametrize("name", ["town", "town.yaml", "store"])
def test_roles_that_nobody_holds_are_told_of_an_organisation(run: Run, name: str) -> None:
    if name == "town.yaml":
        Path(name).write_text((Path(definitions.__file__).parent / "organisations" / name).read_text(encoding="utf-8"), encoding="utf-8")
    if name == "store":
        run("init")
        run("org", "load", "town")
    run("definitions", "check", str(SMALL), "--org", name)
    assert "角色 desk 在该机构没有岗位" in run.err and "角色 other" not in run.err


def test_files_that_name_each_other_are_checked_together(run: Run) -> None:
    linked, linking = DATA / "linked.yaml", DATA / "linking.yaml"
    codes = {f["code"] for f in run.json("definitions", "check", str(linking))["findings"]}
    assert "link.unknown" in codes
    found = run.json("definitions", "check", str(linking), str(linked), code=3)["findings"]
    assert [(f["code"], f["field"]) for f in found if f["code"].startswith("link")] == [("link.unanswered", "events.lost.link.event")]


@pytest.mark.parametrize("form", ["svg", "mermaid"])
def test_graph_writes_a_file_or_to_standard_output(run: Run, form: str) -> None:
    text = run("definitions", "graph", "medical-dispute", "--format", form)
    assert run("definitions", "graph", "medical-dispute", "--format", form, "-o", "out") == ""
    assert Path("out").read_text(encoding="utf-8") == text.removesuffix("\n")
    assert "封存" in text
    if form == "svg":
        ElementTree.fromstring(text)


def test_graph_speaks_the_language_of_the_reader(run: Run) -> None:
    assert "seal the evidence" in run("definitions", "graph", "medical-dispute", "--lang", "en")


def test_an_unknown_form_of_graph_is_a_misuse(run: Run) -> None:
    run("definitions", "graph", "medical-dispute", "--format", "png", code=2)
    assert "mermaid | svg" in run.err


def test_a_graph_that_cannot_be_written_is_a_typed_error(run: Run) -> None:
    run("definitions", "graph", "medical-dispute", "-o", "no/such/folder/out.svg", code=2)
    assert "不能写" in run.err and "内部错误" not in run.err


def test_add_puts_a_definition_into_the_store_and_a_case_can_open(run: Run) -> None:
    assert run("definitions", "add", str(SMALL)) == "small@1-1\n"
    run("open", "small", "事", "地", "人", "--as", "desk")


def test_another_content_under_the_same_version_is_a_conflict(run: Run) -> None:
    run("definitions", "add", str(SMALL))
    Path("other.yaml").write_text(small().replace("en: small", "en: tiny"), encoding="utf-8")
    run("definitions", "add", "other.yaml", code=5)
    assert "conflict.exists" in run.err


def test_nothing_is_added_when_one_of_several_is_broken(run: Run) -> None:
    Path("bad.yaml").write_text("a: 1\n", encoding="utf-8")
    run("definitions", "add", str(SMALL), "bad.yaml", code=3)
    assert not Path("duban.db").exists()


# the schema


@cache
def validate() -> Any:
    """The schema compiled; without the package, which the extra ``test`` brings, what needs it is skipped."""
    return pytest.importorskip("fastjsonschema", reason="needs fastjsonschema").compile(
        {**json_schema(), "$schema": "http://json-schema.org/draft-07/schema#"}
    )


def test_schema_prints_the_schema(run: Run) -> None:
    assert json.loads(run("schema")) == json_schema()


@pytest.mark.parametrize("path", [SMALL, DATA / "probe.yaml"], ids=lambda p: p.name)
def test_the_schema_accepts_what_the_loader_accepts(path: Path) -> None:
    validate()(read_source(path.read_bytes(), path.name).data)


@pytest.mark.parametrize("definition", shipped_definitions(), ids=lambda d: d.procedure.ref)
def test_the_schema_accepts_every_shipped_definition(definition: Any) -> None:
    validate()(definition.content())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    kind: request", "    kind: requst"), ("    opens: true", "    opens: perhaps"), ("zh: 小程序\n", ""), ("initial: open", "initial: [open]"),
        ("  place: {zh", "  Place: {zh"), ("from: left.one", "form: left.one"), ("when: {grade: high}\n", "when: high\n"), ("when: {grade: high}\n", "when: {grade: {iss: high}}\n"),
        ("when: {grade: high}\n", "when: {all: {grade: high}}\n"), ("when: {grade: high}\n", "when: {decided: {tell: 5}}\n"), ("is: 10 working days", "is: [10]"),
        ("read: A", "read: D"), ("cap: 10 days", "cap: 10 days, times: 0"), ("{at: 1 working day before,", "{"), ("type: integer", "type: int"), ("version: 1-1", "version: [1]"),
        ("in_force: {from: 2020-01-01", "in_force: {from: 5"), ("is: 10 working days", "is: {erlier_of: [1 day, 2 days]}"),
    ],
)  # fmt: skip
def test_the_schema_refuses_what_is_broken_in_shape(old: str, new: str) -> None:
    assert old in small()
    accepts = validate()
    with pytest.raises(Exception, match=r"must|can") as caught:
        accepts(read_source(small().replace(old, new, 1), "small.yaml").data)
    assert type(caught.value).__name__ == "JsonSchemaValueException"


def test_the_schema_explains_conditions_terms_and_fields_to_an_editor() -> None:
    schema = json_schema()
    parts = schema["$defs"]
    assert schema["$schema"].endswith("2020-12/schema") and schema["additionalProperties"] is False
    assert "at_least" in parts["Condition"]["description"] and "working days" in parts["Term"]["description"]
    assert parts["Obligation"]["properties"]["term"]["items"] == {"$ref": "#/$defs/Alternative"}
    assert parts["Alternative"]["properties"]["is"]["$ref"] == "#/$defs/Term"
    assert parts["Event"]["properties"]["when"]["$ref"] == "#/$defs/Condition"
    assert set(parts["Fact"]["properties"]["type"]["enum"]) >= {"choice", "money", "instant", "yes_no"}
    assert "never an accusation" in parts["Missed"]["properties"]["lead"]["description"]
    assert "x-duban" not in json.dumps(schema)


def test_every_model_of_the_language_is_in_the_schema() -> None:
    parts = json_schema()["$defs"]
    for model in models():
        if model.__name__ in ("Procedure", "Model"):
            continue
        assert issubclass(model, Model)
        names = {f.alias or n for n, f in model.model_fields.items()}
        assert names == set(parts[model.__name__]["properties"]), model.__name__


def test_what_is_proved_wrong_makes_check_fail_with_its_place(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "late.yaml"
    event = "  never: {zh: 永不, en: never, when: {happened: never}, by: desk}\n"
    path.write_text(SMALL.read_text(encoding="utf-8").replace("\nevents:\n", f"\nevents:\n{event}"), encoding="utf-8")
    findings = run.json("definitions", "check", str(path), "--lang", "en", code=3)["findings"]
    assert "events.never error the event never can never happen" in run.err
    assert [f["field"] for f in findings if f["code"] == "chart.never_happens"] == ["events.never"]


def test_a_file_called_svg_is_svg(run: Run) -> None:
    run("definitions", "graph", "medical-dispute", "-o", "x.svg")
    run("definitions", "graph", "medical-dispute", "-o", "x.mmd")
    assert Path("x.svg").read_text(encoding="utf-8").startswith("<svg")
    assert Path("x.mmd").read_text(encoding="utf-8").startswith("stateDiagram")
