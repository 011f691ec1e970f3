"""Commands that look: what is due, the timeline, why, the organisation, the machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from adapters.commands import screen
from tests.e2e.conftest import Cli
from workflow.journal.canonical import canonical

INCIDENT = ("open", "social-security-incident", "群众聚集", "村委会", "村信息员", "--person", "t12", "--unit", "zhongzhuang", "--id", "I")


def rows(document: Any) -> dict[str, Any]:
    return {r["row"]: r for r in document["rows"]}


@pytest.fixture
def incident(cli: Cli) -> Cli:
    """An incident ``I`` known at 23:52 on 10-01: the telephone report is due at 00:22."""
    cli.at("10-01 23:55")(*INCIDENT, "-f", "knew=2026-10-01 23:52", "-f", "grade=general", "-f", "class=mass")
    return cli


# due


def test_what_is_overdue_stands_first_and_makes_the_exit_code_1(incident: Cli) -> None:
    assert incident.at("10-02 00:00")("due", "--json").json["overdue"] == 0
    said = incident.at("10-02 00:34")("due", code=1).out.splitlines()
    assert said[1].startswith("已逾期 12分钟")
    assert "电话报告党委和政府 → 镇党委" in said[1]
    found = incident("due", "--json", code=1).json
    assert found["overdue"] == 2
    assert [r["outcome"] for r in found["rows"]][:3] == ["missed", "missed", "not_due"]


def test_what_has_no_number_shows_its_word_and_how_long_it_has_been_open(dispute: Cli) -> None:
    said = dispute.at("09-24 12:00")("due").out
    (line,) = [x for x in said.splitlines() if "封存证据" in x]
    assert line.split()[:4] == ["已过", "2小时", "立即", "封存证据"]
    assert rows(dispute("due", "--json").json)["seal/patient_side#1"]["elapsed"] == 7200


def test_only_what_falls_within_a_length_of_time(incident: Cli) -> None:
    incident.at("10-02 00:00")
    assert set(rows(incident("due", "--within", "30 minutes", "--json").json)) == {
        "telephone_report/party_committee#1",
        "telephone_report/government#1",
    }
    assert incident("due", "--within", "1 minute", "--json").json["rows"] == []
    assert incident.at("10-02 00:34")("due", "--within", "1分钟", "--json", code=1).json["overdue"] == 2  # what is overdue is always within


def test_one_case_among_many(incident: Cli) -> None:
    incident("open", "medical-dispute", "纠纷", "普外科", "家属", "--person", "h06", "--id", "D")
    assert {r["case"] for r in incident("due", "--json").json["rows"]} == {"D", "I"}
    assert {r["case"] for r in incident("due", "--case", "D", "--json").json["rows"]} == {"D"}


def test_many_cases_are_one_list_by_date(dispute: Cli) -> None:
    for n in range(12):
        dispute("open", "medical-dispute", "纠纷", "普外科", "家属", "--person", "h06", "--id", f"M{n:02}", "-f", "handling=complex")
        dispute.at(f"09-24 1{n // 6}:{n % 6}0")("fire", f"M{n:02}", "accept", "--as", "relations", "--at", "2026-09-24 10:00")
    found = dispute("due", "--json").json["rows"]
    assert len({r["case"] for r in found}) == 13
    dates = [r["due"] for r in found if r["due"]]
    assert len(dates) >= 13
    assert dates == sorted(dates)


def test_drills_and_joined_cases_are_marked_and_void_ones_are_not_there(dispute: Cli) -> None:
    opening = ("open", "medical-dispute", "纠纷", "普外科", "家属", "--person", "h06")
    dispute(*opening, "--id", "P", "--drill")
    dispute(*opening, "--id", "J")
    dispute("same-as", "J", "D", "-r", "同一事件", "--as", "relations")
    dispute(*opening, "--id", "V")
    dispute("void", "V", "-r", "误", "--as", "relations", "--second", "director:h01")
    found = dispute("due", "--json").json["rows"]
    assert {(r["case"], r["drill"], r["same_as"]) for r in found} == {("D", False, ""), ("P", True, ""), ("J", False, "D")}
    said = dispute("due").out
    assert all("演练" in line for line in said.splitlines() if " P " in line)
    assert all("并入 D" in line for line in said.splitlines() if " J " in line)


def test_a_closed_case_reminds_nobody(dispute: Cli) -> None:
    dispute("fire", "D", "answered", "--as", "relations", "-e", "result=x", "-e", "opinion=x")
    dispute("fire", "D", "close", "--as", "director")
    assert dispute.at("12-01 09:00")("due", "--json").json["rows"] == []
    assert "没有待办的期限" in dispute("due").err


def test_what_was_missed_in_a_round_that_is_over_reminds_nobody_after_a_reopening(cli: Cli) -> None:
    cli.db.unlink()  # without an organisation any role is taken as said
    cli("definitions", "add", str(Path(__file__).parents[1] / "data" / "probe.yaml"))
    cli("open", "probe", "事", "地", "人", "--as", "desk", "--id", "P")
    assert "call/boss#1" in rows(cli.at("09-24 11:00")("due", "--json", code=1).json)
    cli.at("09-24 12:00")("fire", "P", "close", "--as", "boss")
    cli.at("09-30 09:00")("reopen", "P", "-r", "新情况", "--as", "boss")
    assert "missed" in {r["outcome"] for r in cli("show", "P", "--json").json["rows"] if r["row"] == "call/boss#1"}
    found = rows(cli("due", "--json").json)
    assert "call/boss#2" in found and "call/boss#1" not in found


def test_a_pending_extension_is_not_overdue_and_says_until_when_it_was_asked(dispute: Cli) -> None:
    """S8.4"""
    dispute.at("09-29 09:00")("extend", "D", "feedback", "ask", "--by", "3 working days", "-r", "会诊", "--as", "relations")
    found = rows(dispute.at("09-30 09:00")("due", "--json").json)["feedback/complainant#1"]
    assert (found["outcome"], found["reason"]) == ("undeterminable", "extension_pending")
    assert found["pending"] is not None
    (line,) = [x for x in dispute("due").out.splitlines() if "反馈处理情况和处理意见" in x]
    assert "无法判定" in line
    assert "逾期" not in line
    assert "申请延至" in dispute("due").out
    dispute("extend", "D", "feedback", "refuse", "-r", "无据", "--as", "director")
    assert dispute("due", "--json", code=1).json["overdue"] == 1


def test_when_nothing_is_due_the_table_is_empty_and_the_exit_code_0(cli: Cli) -> None:
    said = cli("due")
    assert (said.out, said.err) == ("", "没有待办的期限\n")
    assert cli("due", "--json").json["rows"] == []


# show


def test_the_timeline_goes_by_what_happened_first_and_marks_what_was_entered_later(dispute: Cli) -> None:
    dispute.at("09-25 09:00")("record", "D", "explain", "--as", "relations", "--at", "2026-09-24 10:10")
    lines = [x for x in dispute("show", "D").out.splitlines() if x.startswith("#")]
    assert [x.split()[0] for x in lines[:4]] == ["#1", "#2", "#4", "#3"]
    assert "补录于 2026-09-25 09:00" in lines[2]


def test_a_receipt_and_a_confirmation_say_what_was_received(dispute: Cli) -> None:
    dispute("receipt", "D", "2", "--by", "head", "--person", "h05")
    dispute("confirm", "D", "2", "--as", "head")
    said = dispute("show", "D").out
    found = {x.split()[0]: x.split()[3:6] for x in said.splitlines() if x.startswith("#")}
    assert found["#4"] == ["签收", "#2", "报告科主任"]
    assert found["#5"] == ["确认", "#2", "报告科主任"]
    assert "#2 report to the head of department" in dispute("show", "D", lang="en").out


def test_flags_and_reminders_are_read_by_the_title_of_the_duty(incident: Cli) -> None:
    incident.at("10-02 00:34")("tick")
    said = incident("show", "I").out.replace(" ", "")
    assert "漏报(疑似,待认定):电话报告党委和政府→镇党委" in said
    assert "提醒:电话报告党委和政府→镇政府" in said
    assert "telephone_report" not in incident("show", "I").out.partition("义务")[0]


def test_breaches_are_read_beside_the_act(dispute: Cli) -> None:
    dispute("record", "D", "seal", "--as", "staff")
    (line,) = [x for x in dispute("show", "D").out.splitlines() if x.startswith("#4")]
    assert "办理人角色不符" in line


def test_what_was_refused_stays_in_the_timeline(dispute: Cli) -> None:
    dispute("fire", "D", "启封", "--as", "staff", code=4)
    assert "拒绝" in dispute("show", "D").out
    assert "[refused.role]" in dispute("show", "D").out


def test_the_ledger_as_it_stood_at_an_earlier_instant(dispute: Cli) -> None:
    dispute.at("09-28 09:00")("revise", "D", "handling=cross_department", "-r", "r", "--as", "director")
    now = rows(dispute("show", "D", "--json").json)["feedback/complainant#1"]
    then = rows(dispute("show", "D", "--as-of", "2026-09-25 09:00", "--json").json)["feedback/complainant#1"]
    assert (then["revisions"][-1]["due"], now["revisions"][-1]["due"]) == ("2026-09-29T16:00:00.000000Z", "2026-10-15T16:00:00.000000Z")


@pytest.mark.parametrize("words", [("show", "I"), ("due",), ("explain", "I"), ("org", "show"), ("doctor",)])
def test_what_is_shown_as_data_is_one_canonical_document(words: tuple[str, ...], incident: Cli) -> None:
    said = incident(*words, "--json", code=None)
    assert canonical(said.json).decode() + "\n" == said.out


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_line_is_wider_than_the_screen_and_no_date_is_folded(
    width: int, lang: str, incident: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident.at("10-02 00:34")("tick")
    incident("fire", "I", "telephone_report", "--person", "t10", "-e", "time=x", "-e", "place=x", "-e", "nature=x")
    monkeypatch.setattr(screen, "WIDTH", width)
    for words in (("show", "I"), ("due",)):
        said = incident(*words, lang=lang, code=None).out
        assert all(cell_len(line) <= width for line in said.splitlines())
        assert "2026-10-02 00:34" in said or words == ("due",)
        dates = "2026-10-02(周五)01:52" if lang == "zh" else "2026-10-02 (Fri) 01:52"
        assert dates in said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_there_is_room_the_key_of_each_row_stands_unfolded(lang: str, incident: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "WIDTH", 200)
    assert "telephone_report/party_committee#1" in incident("due", lang=lang).out


@pytest.mark.parametrize(
    "words", [("show", "I"), ("due",), ("explain", "I"), ("tick", "--dry-run"), ("tick",), ("org", "show"), ("doctor",), ("replay",)]
)
def test_the_interface_in_english_has_no_chinese_sign(words: tuple[str, ...], incident: Cli) -> None:
    said = incident.at("10-02 00:34")(*words, lang="en", code=None)
    left = {c for c in said.out + said.err if "\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef"} - set(
        "群众聚集村委会村信息员一二三四五六七八九十"
    )
    assert left == set(), said.out


# explain


@pytest.mark.parametrize(
    "word", ["feedback/complainant#1", "feedback", "反馈处理情况和处理意见", "Answer the complainant", "反馈处理情况和处理意见/投诉人#1"]
)
def test_a_duty_is_explained_by_key_id_or_label(word: str, dispute: Cli) -> None:
    said = dispute("explain", "D", word).out
    assert said.splitlines()[0].split() == ["反馈处理情况和处理意见", "截止", "2026-09-29(周二)24:00"]
    (found,) = dispute("explain", "D", word, "--json").json
    assert found["row"]["row"] == "feedback/complainant#1"


def test_without_a_name_every_duty_is_explained(dispute: Cli) -> None:
    assert len(dispute("explain", "D", "--json").json) == len(dispute("show", "D", "--json").json["rows"])


def test_a_duty_that_is_not_there_is_not_found(dispute: Cli) -> None:
    assert dispute("explain", "D", "nonsense", "--json", code=7).error["error"] == "not_found.name"


# the rest


def test_the_organisation_says_who_may_sign_now(cli: Cli) -> None:
    signing = {p["post"]: p["signing"] for p in cli.at("10-02 09:00")("org", "show", "--json").json["posts"]}
    assert [(a["person"], a.get("acting_for")) for a in signing["hospital.director"]] == [("h02", "h01")]


def test_the_timeline_says_which_unit_a_case_is_of_and_by_which_rule(cli: Cli) -> None:
    cli("open", "social-security-incident", "群众聚集", "中庄村村口", "村民", "--as", "duty_officer", "--id", "P")
    found = cli("show", "P", "--json").json
    assert (found["unit"], found["attribution"]) == ("zhongzhuang", "place")
    assert "责任单位  中庄村  属地:按地点" in cli("show", "P").out.splitlines()
    assert "unit  Zhongzhuang village  by its place" in cli("show", "P", lang="en").out.splitlines()


def test_the_organisation_says_what_is_missing_and_who_owes_what(incident: Cli) -> None:
    shown = incident("org", "show", "--json").json
    assert {"gap": "no_holder", "unit": "town", "about": "town.command_foreign"} in shown["gaps"]
    assert "social-security-incident@2010-1" in shown["procedures"]
    duties = incident("org", "duties", "--unit", "zhongzhuang", "--json").json
    assert {d["post"] for d in duties} == {"zhongzhuang.scene_head"}
    assert incident("org", "duties", "--unit", "nowhere", "--json", code=2).error["error"] == "input.bad"


def test_the_doctor_finds_duties_that_nobody_owes(empty: Cli, tmp_path: Path) -> None:
    post = "{role: scene_head, zh: 负责人, en: head, holders: [{person: p1, from: 2020-01-01}]}"
    file = tmp_path / "village.yaml"
    file.write_text(f"units: [{{id: v, zh: 村, en: Village, level: village, from: 2020-01-01, posts: [{post}]}}]\n", encoding="utf-8")
    empty.at("10-01 23:55")("org", "load", str(file))
    empty("open", "social-security-incident", "群众聚集", "村委会", "村信息员", "--person", "p1", "--unit", "v")
    found = {c["check"]: c for c in empty("doctor", "--json", code=1).json}["duties without an owner"]
    assert found["ok"] is False and "镇应急管理办公室" in found["value"] and "事发地负责人" not in found["value"]


@pytest.mark.parametrize(("lang", "word"), [("zh", "时区数据库"), ("en", "time-zone database")])
def test_the_doctor_looks_at_zone_data_calendar_disk_and_store(lang: str, word: str, cli: Cli) -> None:
    said = cli("doctor", lang=lang, code=None)
    assert word in said.out
    checks = {c["check"]: c["ok"] for c in cli("doctor", "--json", code=None).json}
    assert checks["time-zone database"] and checks["database"] and checks["Python"]


def test_the_doctor_finds_the_calendar_running_out_and_a_store_that_is_none(cli: Cli) -> None:
    ok = {c["check"]: c["ok"] for c in cli.at("12-20 09:00")("doctor", "--json", code=1).json}
    assert ok["days of published calendar left"] is False
    cli.db.write_bytes(b"x" * 4096)
    assert {c["check"]: c["ok"] for c in cli("doctor", "--json", code=1).json}["database"] is False


def test_the_doctor_makes_no_store(empty: Cli) -> None:
    empty("doctor", code=None)
    assert empty.bytes() == {}


def test_replay_of_the_store_of_its_export_and_of_a_copy_are_one(incident: Cli, tmp_path: Path) -> None:
    incident.at("10-02 00:34")("fire", "I", "telephone_report", "--person", "t10")
    bundle = tmp_path / "journal.jsonl"
    incident("audit", "export", "-o", str(bundle))
    here = incident("replay", "--json").json["digest"]
    assert incident("replay", str(bundle), "--json").json["digest"] == here
    shutil.copy(incident.db, tmp_path / "copy.db")
    incident.db = tmp_path / "copy.db"
    assert incident("replay", "--json").json["digest"] == here


# 时间账


def test_the_time_account_says_who_held_it_when(incident: Cli) -> None:
    assert "时间账" not in incident("show", "I").out
    assert "没有报告" in incident("show", "I", "--account").out
    incident.at("10-02 00:20")("fire", "I", "telephone_report", "--as", "duty_officer", "--person", "t12")
    said = incident("show", "I", "--account").out
    assert "时间账 28分钟" in said
    found = incident("show", "I", "--json").json["time_account"]
    assert found["seconds"] == 28 * 60 == sum(h["seconds"] for h in found["held"])
