"""Commands that write: in both languages, as JSON, rehearsed and done."""

from __future__ import annotations

import json
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import typer

from adapters.commands import frame
from tests.e2e.conftest import DISPUTE, Cli, opened
from tests.scenes import staged
from workflow.journal.canonical import canonical

PROBE = Path(__file__).parents[1] / "data" / "probe.yaml"
MEDICAL = Path(__file__).parents[2] / "definitions" / "procedures" / "medical-dispute.yaml"

WRITES: dict[str, tuple[str, ...]] = {
    "open": ("open", "medical-dispute", "纠纷", "门诊部", "家属", "--person", "h06", "--id", "E"),
    "fire": ("fire", "D", "send_people", "--person", "h07"),
    "record": ("record", "D", "explain", "--as", "relations", "--at", "2026-09-25 14:00"),
    "revise": ("revise", "D", "handling=cross_department", "-r", "涉及两科", "--as", "director"),
    "decide": ("decide", "D", "report_up", "no", "-r", "未达到", "--as", "director"),
    "receipt": ("receipt", "D", "2", "--by", "head", "--person", "h05"),
    "confirm": ("confirm", "D", "2", "--as", "head"),
    "note": ("note", "D", "家属情绪平稳", "--as", "relations"),
    "correct": ("correct", "D", "1", "-f", "deaths=0", "-r", "误填", "--as", "director"),
    "dismiss": ("dismiss", "T", "written_report/government#1", "-r", "另案处理", "--as", "town_office"),
    "waive": ("waive", "D", "feedback", "--ground", "家属书面放弃", "--as", "director"),
    "extend": ("extend", "D", "feedback", "ask", "--by", "3 working days", "-r", "等待会诊", "--as", "relations"),
    "withdraw": ("withdraw", "D", "-r", "家属撤回", "--as", "complainant"),
    "void": ("void", "D", "-r", "重复登记", "--as", "relations", "--second", "director:h01"),
    "same-as": ("same-as", "D", "L", "-r", "同一事件", "--as", "relations"),
    "reopen": ("reopen", "Z", "-r", "新情况", "--as", "director"),
    "hold": ("hold", "D", "dispute", "-r", "诉讼中", "--as", "director"),
    "release": ("release", "D", "4", "-r", "诉讼终结", "--as", "director"),
    "erase": ("erase", "Z", "--entry", "1", "--ground", "保存期满", "--decider", "director:h01", "--as", "relations"),
    "migrate": ("migrate", "--plan", "plan.yaml", "--as", "director", "--person", "h01"),
    "tick": ("tick",),
    "org load": ("org", "load", "leave.yaml"),
    "roster swap": ("roster", "swap", "town.duty_officer", "t07", "t62", "--from", "2026-09-28 10:00", "--ground", "出差"),
    "definitions add": ("definitions", "add", str(PROBE)),
    "calendar import": ("calendar", "import", "2027.json", "--issued", "2026-11-01"),
    "audit seal": ("audit", "seal"),
}


@pytest.fixture
def scene(dispute: Cli, tmp_path: Path) -> Cli:
    """The dispute with a hold (#4), a case ``L`` that could lead, a closed case ``Z``, and what is to be imported."""
    cli = dispute
    (tmp_path / "leave.yaml").write_text("leave: [{person: h05, from: 2026-12-01, until: 2026-12-08, acting: h06}]\n", encoding="utf-8")
    notice = {"year": 2027, "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": True}], "papers": ["http://example.invalid/2027"]}
    (tmp_path / "2027.json").write_text(json.dumps(notice), encoding="utf-8")
    text = (
        MEDICAL.read_text(encoding="utf-8")
        .replace("version: 2010-1", "version: 2027-1")
        .replace("{from: 2010-01-01}", "{from: 2027-01-01}")
    )
    (tmp_path / "next.yaml").write_text(text.replace("is: 5 days,", "is: 7 days,"), encoding="utf-8")
    plan = "from: medical-dispute@2010-1\nto: medical-dispute@2027-1\nground: order 12\nobligations: {feedback: from_start}\n"
    (tmp_path / "plan.yaml").write_text(plan, encoding="utf-8")

    def play() -> None:
        cli("hold", "D", "inspection", "-r", "巡查", "--as", "director")
        cli("open", "medical-dispute", "纠纷", "普外科", "家属", "--person", "h06", "--id", "L")
        cli("open", "medical-dispute", "纠纷", "普外科", "家属", "--person", "h06", "--id", "Z")
        cli("fire", "Z", "answered", "--as", "relations", "-e", "result=已查", "-e", "opinion=致歉")
        cli("fire", "Z", "close", "--as", "director")
        cli("open", "social-security-incident", "聚集", "村委会", "信息员", "--as", "informant", "--id", "T", "-f", "knew=2026-09-24 09:50")
        cli("definitions", "add", "next.yaml")

    staged("writes", cli.db, play)
    return cli.at("09-28 09:00")


def rehearsed() -> set[str]:
    """Every command that can be rehearsed, by its words."""
    found = set()
    for name, (module, attribute, _) in frame.TABLE.items():
        target = getattr(import_module(f"adapters.commands.{module}"), attribute)
        app = target if isinstance(target, typer.Typer) else typer.Typer()
        if target is not app:
            app.command(name)(target)
        for command in app.registered_commands:
            assert command.callback is not None
            words = name if target is not app else f"{name} {command.name or command.callback.__name__.rstrip('_')}"
            if "dry_run" in signature(command.callback).parameters:
                found.add(words)
    return found


ELSEWHERE = {"init", "definitions use"}
"""Rehearsed in tests of their own."""


def test_the_table_above_knows_every_command_that_can_be_rehearsed() -> None:
    assert set(WRITES) | ELSEWHERE == rehearsed() | ELSEWHERE


@pytest.mark.parametrize("name", WRITES)
def test_a_rehearsal_writes_not_one_byte(name: str, scene: Cli) -> None:
    before = scene.bytes()
    for lang in ("zh", "en"):
        scene(*WRITES[name], "--dry-run", lang=lang)
    scene(*WRITES[name], "--dry-run", "--json")
    assert scene.bytes() == before


@pytest.mark.parametrize("name", WRITES)
def test_with_json_the_answer_is_one_canonical_document(name: str, scene: Cli) -> None:
    for more in (("--dry-run",), ()):
        out = scene(*WRITES[name], *more, "--json").out
        assert canonical(json.loads(out)).decode() + "\n" == out


@pytest.mark.parametrize(
    "name", [n for n in WRITES if n not in ("org load", "roster swap", "definitions add", "calendar import", "audit seal")]
)
def test_a_rehearsal_foretells_the_very_acts_that_are_written(name: str, scene: Cli) -> None:
    def acts(document: Any) -> Any:
        return [one["acts"] for one in document] if isinstance(document, list) else document["acts"]

    foretold = acts(scene(*WRITES[name], "--dry-run", "--json").json)
    assert foretold
    assert acts(scene(*WRITES[name], "--json").json) == foretold


@pytest.mark.parametrize("name", WRITES)
def test_the_answer_in_english_has_no_word_of_the_interface_in_chinese(name: str, scene: Cli) -> None:
    words = WRITES[name]
    typed = set("".join(w for w in words)) | set("术后并发症普外科家属误填重复登记纠纷门诊部元旦")
    for more in (("--dry-run",), ()):
        said = scene(*words, *more, lang="en")
        left = {c for c in said.out + said.err if "\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef"} - typed
        assert left == set(), said.out


# opening


def test_a_case_opens_in_one_line_with_three_things_said_and_says_what_is_due_next(cli: Cli) -> None:
    said = cli("open", "medical-dispute", "术后并发症", "普外科", "家属", "--as", "staff", "--id", "D", "-f", "matter=medical_fault")
    assert said.out.splitlines()[0] == "D  第 1 版"
    assert "接下来" in said.out
    next_line = next(line for line in said.out.splitlines() if "立即报告科主任" in line)
    assert next_line.split() == ["立即", "立即报告科主任", "责任人"]


def test_after_opening_what_has_a_date_comes_first(cli: Cli) -> None:
    cli.at("10-01 23:55")
    opening = (
        "open",
        "social-security-incident",
        "群众聚集",
        "村委会",
        "村信息员",
        "--person",
        "t12",
        "--unit",
        "zhongzhuang",
        "--id",
        "I",
    )
    rows = cli(*opening, "-f", "knew=2026-10-01 23:52", "--json").json["next"]
    assert [(r["row"], r["due"]) for r in rows][:2] == [
        ("telephone_report/party_committee#1", "2026-10-01T16:22:00.000000Z"),
        ("telephone_report/government#1", "2026-10-01T16:22:00.000000Z"),
    ]
    dates = [r["due"] for r in rows]
    assert dates == sorted(dates, key=lambda d: (d is None, d or ""))


def test_the_first_case_makes_the_store(empty: Cli) -> None:
    empty("open", "medical-dispute", "事", "地", "人", "--as", "staff", "--id", "D")
    assert empty("show", "D", "--json").json["version"] == 1


def test_a_store_is_made_by_init_and_not_by_its_rehearsal(empty: Cli) -> None:
    for lang in ("zh", "en"):
        empty("init", "--algorithm", "sm3", "--dry-run", lang=lang)
    assert empty("init", "--algorithm", "sm3", "--dry-run", "--json").json["algorithm"] == "sm3"
    assert empty.bytes() == {}
    assert empty("init", "--algorithm", "sm3", "--json").json["algorithm"] == "sm3"
    for more in ((), ("--dry-run",)):
        assert empty("init", "--json", *more, code=5).error["error"] == "conflict.exists"


def test_an_opening_that_is_refused_leaves_no_store(empty: Cli) -> None:
    empty("open", "medical-dispute", "事", "地", " ", "--as", "staff", code=2)
    empty("open", "no-such-procedure", "事", "地", "人", "--as", "staff", code=7)
    empty("open", "medical-dispute", "事", "地", "人", "--as", "staff", "--dry-run")
    assert empty.bytes() == {}


@pytest.mark.parametrize("name", [n for n in WRITES if n not in ("open", "org load", "definitions add", "calendar import")])
def test_a_mistyped_path_does_not_become_a_store(name: str, empty: Cli) -> None:
    for more in ((), ("--dry-run",)):
        assert empty(*WRITES[name], *more, "--json", code=69).error["error"] == "store.unavailable"
    assert empty.bytes() == {}


@pytest.mark.parametrize(
    "words", [("show", "D"), ("due",), ("explain", "D"), ("replay",), ("org", "show"), ("audit", "verify"), ("audit", "export")]
)
def test_looking_makes_no_store(words: tuple[str, ...], empty: Cli) -> None:
    assert empty(*words, "--json", code=69).error["error"] == "store.unavailable"
    assert empty.bytes() == {}


@pytest.mark.parametrize(
    "word", ["medical-dispute", "medical-dispute@2010-1", "重大医疗纠纷应急处置", "Major medical dispute", "MAJOR MEDICAL DISPUTE"]
)
def test_a_procedure_is_named_by_id_version_or_title(word: str, cli: Cli) -> None:
    cli("open", word, "事", "地", "人", "--as", "staff", "--id", "D")
    assert cli("show", "D", "--json").json["procedure"] == "medical-dispute@2010-1"


def test_a_time_is_read_in_the_zone_of_the_procedure_and_its_version_of_that_day(cli: Cli, tmp_path: Path) -> None:
    """S8.1: also for a procedure that is not in force today."""
    head, sign, tail = PROBE.read_text(encoding="utf-8").partition("en: probe\n")
    where = "zone: America/New_York\nin_force: {from: 2015-01-01, until: 2020-12-31}\n"
    path = tmp_path / "elsewhere.yaml"
    path.write_text(head.replace("procedure: probe", "procedure: elsewhere") + sign + where + tail, encoding="utf-8")
    cli("definitions", "add", str(path))
    assert cli("open", "elsewhere", "事", "地", "人", "--as", "desk", code=7, lang="en").err.startswith("no procedure 'elsewhere'")
    cli.db.unlink()  # without an organisation any role is taken as said
    cli("definitions", "add", str(path))
    cli("open", "elsewhere", "事", "地", "人", "--as", "desk", "--at", "2020-07-01 08:00", "--id", "N")
    assert cli("show", "N", "--json").json["acts"][0]["happened"] == "2020-07-01T12:00:00.000000Z"


# names in either language


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("fire", "D", "派人到场", "--as", "相关科室"), "send_people"),
        (("fire", "D", "Send people to the spot", "--as", "department concerned"), "send_people"),
        (("decide", "D", "是否上报卫生厅", "否", "-r", "r", "--as", "主管院长"), "report_up"),
        (("decide", "D", "report to the health authority?", "no", "-r", "r", "--as", "director in charge"), "report_up"),
        (("revise", "D", "处理类别=涉及多个科室需共同研究", "-r", "r", "--as", "主管院长"), "handling"),
        (("revise", "D", "handling=cross-department", "-r", "r", "--as", "director"), "handling"),
        (("waive", "D", "反馈处理情况和处理意见", "--ground", "r", "--as", "主管院长"), "feedback/complainant#1"),
        (("waive", "D", "answer the complainant", "--ground", "r", "--as", "director"), "feedback/complainant#1"),
        (("extend", "D", "feedback/投诉人#1", "申请", "--by", "3个工作日", "-r", "r", "--as", "relations"), "feedback/complainant#1"),
    ],
)
def test_everything_is_named_by_its_id_or_its_label_in_either_language(words: tuple[str, ...], name: str, dispute: Cli) -> None:
    (act,) = dispute(*words, "--json").json["acts"]
    assert act["name"] == name
    assert "deviations" not in act


def test_elements_and_people_present_are_named_by_label_too(dispute: Cli) -> None:
    words = ("fire", "D", "封存", "--as", "医教科", "--present", "患者或家属", "-e", "封存物品=病历", "-e", "seal numbers=F-1")
    (act,) = dispute(*words, "--json").json["acts"]
    assert (act["data"]["elements"], act["data"]["present"]) == ({"items": "given", "seal_numbers": "given"}, ["patient_side"])


# rehearsals, to be read at three in the morning


def test_a_rehearsal_shows_the_date_that_moves_who_is_told_and_what_is_read_later(dispute: Cli) -> None:
    """S4.5: 09-29 becomes 10-15."""
    said = dispute.at("09-28 09:00")("revise", "D", "handling=cross_department", "-r", "r", "--person", "h01", "--dry-run").out
    lines = [line.split() for line in said.splitlines()]
    assert lines[0] == ["预演,不写入任何内容", "D"]
    assert ["改期", "反馈处理情况和处理意见", "2026-09-29(周二)24:00", "→", "2026-10-15(周四)24:00"] in lines
    assert ["2026-10-15", "09:00", "医患关系办公室、主管院长", "反馈处理情况和处理意见"] in lines
    assert ["#4", "2026-09-28", "09:00", "修改事实", "处理类别:涉及多个科室需共同研究", "主管院长", "h01"] in lines


def test_a_rehearsal_as_data_says_what_starts_moves_and_ends(dispute: Cli) -> None:
    fire = dispute(
        "fire", "D", "seal", "--as", "medical", "--present", "patient_side", "-e", "items=x", "-e", "seal_numbers=1", "--dry-run", "--json"
    )
    changes = {(c["row"], c["change"]) for c in fire.json["clocks"]}
    assert {("seal/patient_side#1", "ended"), ("custody#1", "started")} <= changes
    revise = dispute("revise", "D", "handling=cross_department", "-r", "r", "--as", "director", "--dry-run", "--json").json
    (moved,) = revise["clocks"]
    assert (moved["row"], moved["change"]) == ("feedback/complainant#1", "moved")
    assert (moved["before"]["due"], moved["after"]["due"]) == ("2026-09-29T16:00:00.000000Z", "2026-10-15T16:00:00.000000Z")
    assert [t["tell"] for t in revise["told"]] == [["relations"], ["relations", "director"], ["director"]]


def test_a_rehearsal_warns_of_the_breaches_that_an_auditor_will_read(dispute: Cli) -> None:
    said = dispute("record", "D", "seal", "--as", "staff", "--at", "2026-09-24 10:10", "--dry-run")
    assert "办理人角色不符" in said.out
    assert "应到场者不在场" in said.out
    assert "补录于 2026-09-24 10:20,仅本人陈述" in said.out.replace("\n", "")


def test_a_rehearsal_of_a_request_that_would_be_refused_is_refused_and_not_journaled(dispute: Cli) -> None:
    before = dispute.bytes()
    assert dispute("fire", "D", "close", "--as", "staff", "--dry-run", "--json", code=4).error["error"] == "refused.role"
    assert dispute.bytes() == before


def test_a_rehearsed_sweep_shows_the_flags_it_would_raise(dispute: Cli) -> None:
    said = dispute.at("09-30 08:00")("tick", "--dry-run").out
    assert "漏报(疑似,待认定):反馈处理情况和处理意见" in said


# idempotency and versions


def test_the_same_key_gives_the_same_answer_once(dispute: Cli) -> None:
    first = dispute("note", "D", "x", "--as", "relations", "--key", "k1", "--json").json
    again = dispute.at("09-24 11:00")("note", "D", "x", "--as", "relations", "--key", "k1", "--json").json
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["acts"] == first["acts"]
    assert dispute("note", "D", "x", "--as", "relations", "--key", "k1", "--dry-run", "--json").json["repeated"] is True


def test_a_rehearsal_judges_the_key_and_the_version_like_the_deed(dispute: Cli) -> None:
    dispute("note", "D", "x", "--as", "relations", "--key", "k1")
    for more in ((), ("--dry-run",)):
        assert dispute("note", "D", "y", "--as", "relations", "--key", "k1", "--json", *more, code=5).error["error"] == "conflict.key"
        assert (
            dispute("note", "D", "y", "--as", "relations", "--expected", "1", "--json", *more, code=5).error["error"] == "conflict.version"
        )


def test_the_version_that_was_seen_lets_a_command_through(dispute: Cli) -> None:
    version = dispute("show", "D", "--json").json["version"]
    assert dispute("note", "D", "y", "--as", "relations", "--expected", str(version), "--json").json["version"] == version + 1


def test_the_author_may_come_from_the_environment(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_PERSON", "h06")
    cli("open", "medical-dispute", "事", "地", "人", "--unit", "surgery", "--id", "D")
    assert cli("show", "D", "--json").json["acts"][0]["actor"]["role"] == "staff"


def test_a_personal_fact_is_shown_and_not_journaled(cli: Cli) -> None:
    cli(*DISPUTE, "-f", "patient=患者甲")
    shown = cli("show", "D", "--json").json["acts"][0]
    assert shown["private"]["facts"] == {"patient": "患者甲"}
    with opened(cli) as engine, engine.store.read() as view:
        assert all("患者甲" not in e.raw.decode() for e in view.journal())


# a sweep


def test_one_broken_case_keeps_no_other_from_being_swept(dispute: Cli) -> None:
    import sqlite3

    for name in ("A", "E"):  # one before and one after the broken one, by id
        dispute("open", "medical-dispute", "事", "地", "人", "--person", "h06", "--id", name, "-f", "handling=complex")
        dispute("fire", name, "accept", "--as", "relations")
    with sqlite3.connect(dispute.db) as connection:
        connection.execute("UPDATE duban_entry SET data = x'00' WHERE \"case\" = 'D' AND n = 2")
    connection.close()
    dispute.at("09-30 08:00")
    rehearsed = dispute("tick", "--dry-run", "--json", code=1)
    assert {f["case"] for f in rehearsed.json if "." not in f["case"]} == {"A", "E"}  # with a dot: the day of a recurring duty
    said = dispute("tick", "--json", code=1)
    assert {r["case"] for r in said.json if "." not in r["case"]} == {"A", "E"}
    assert said.error["error"] == "sweep.incomplete"
    assert "D" in said.error["message"]
    assert dispute("tick", "--json", code=1).json == []  # the others are done, and the sweep ends
