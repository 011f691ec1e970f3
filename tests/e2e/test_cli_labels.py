"""What is missing is called by its label, in what a command answers and in a refusal; help is in one language (read at 3 a.m.)."""

from __future__ import annotations

import shlex

import pytest

from tests.e2e.conftest import Cli
from workflow.term import Offset

INCIDENT = ("open", "social-security-incident", "群众聚集", "中庄村", "村信息员", "--id", "I", "--person", "t07", "--event", "intake")


@pytest.mark.parametrize(("lang", "blank"), [("zh", "要素空缺:时间、起因和性质"), ("en", "an element is blank: time, cause and nature")])
def test_an_answer_names_the_elements_that_were_left_blank(cli: Cli, lang: str, blank: str) -> None:
    cli(*INCIDENT)
    said = cli("fire", "I", "telephone_report", "--person", "t10", "-e", "place=村口", lang=lang)
    assert blank in said.out
    assert blank in cli("show", "I", lang=lang).out.replace("\n", "")


def test_a_refusal_names_the_elements_by_their_labels_and_says_what_to_type(cli: Cli) -> None:
    cli(*INCIDENT)
    said = cli("fire", "I", "order", "--person", "t05", "--as", "government", code=4)
    assert "要素未填:指令" in said.err and "-e" in said.err


def test_a_refusal_names_the_facts_with_what_can_be_said_of_them(cli: Cli) -> None:
    cli("open", "early-warning", "可能聚集", "下庄村", "信息员", "--id", "W", "--person", "t07")
    cli("fire", "W", "judge", "--person", "t06", "-e", "研判结论=可能")
    said = cli("fire", "W", "issue", "--person", "t05", "--as", "command", code=4)
    assert "还缺:预警级别" in said.err and "预警级别=蓝色" in said.err


def test_a_person_in_several_posts_is_told_which_with_their_names(cli: Cli) -> None:
    said = cli("open", "hazard", "纠纷", "中庄村", "自查", "--person", "t11", code=2)
    assert "self_checker(中庄村应急办(自查))" in said.err and "village_office(中庄村应急办)" in said.err


def test_an_explanation_says_to_whom_each_row_is_owed(cli: Cli) -> None:
    cli(*INCIDENT)
    heads = [line for line in cli("explain", "I", "lateral_notice").out.splitlines() if line and line[0] != " "]
    assert len(heads) == len(set(heads)) == 4


@pytest.mark.parametrize(
    ("point", "zh", "en"),
    [
        ("at due", "到期时", "at due"),
        ("30 minutes before", "到期前 30 分钟", "30 minutes before"),
        ("3 working days after", "到期后 3 个工作日", "3 working days after"),
        ("50%", "期限过去 50% 时", "50% of the way"),
        ("09:00 on the last day", "末日 09:00", "09:00 on the last day"),
    ],
)
def test_a_reminder_says_its_point_in_both_languages(point: str, zh: str, en: str) -> None:
    text = Offset.parse(point).text
    assert (text.zh, text.en) == (zh, en)


def test_what_is_due_in_an_incident_stands_above_the_recurring_duties(cli: Cli) -> None:
    cli.at("09-28 08:00")("tick")
    cli(*INCIDENT)
    lines = cli.at("09-28 12:00")("due", code=1).out.splitlines()
    recurring = next(i for i, line in enumerate(lines) if line.startswith("经常性义务(逾期 "))
    assert any(" I " in line for line in lines[:recurring]) and not any(" I " in line for line in lines[recurring:])
    assert not any("duty-watch" in line for line in lines[:recurring])


def test_what_several_units_owe_alike_is_one_line_that_names_them(cli: Cli) -> None:
    cli.at("09-28 08:00")("tick")
    lines = [line for line in cli.at("09-28 08:10")("due").out.splitlines() if "交接班" in line]
    assert len(lines) == 1 and "中庄村" in lines[0] and "下庄村" in lines[0] and "duty-watch.*.2026-09-28" in lines[0]
    one = [line for line in cli("due", "--unit", "中庄村").out.splitlines() if "交接班" in line]
    assert len(one) == 1 and "duty-watch.zhongzhuang.2026-09-28" in one[0] and "下庄村" not in one[0]


def test_the_list_of_leads_says_what_to_type_next_and_that_runs_as_shown(cli: Cli) -> None:
    cli(*INCIDENT)
    cli.at("09-28 12:00")("tick")
    lines = cli("leads", "--case", "I").err.splitlines()
    opening, dismissal = (shlex.split(line.partition(":")[2]) for line in lines[-2:])
    assert opening[:3] == ["duban", "open", "accountability"] and dismissal[:2] == ["duban", "dismiss"]
    cli(*opening[1:], "--as", "proposer", "--person", "t21", "--dry-run")
    cli(*dismissal[1:], "--as", "town_office", "--person", "t06", "--dry-run")


@pytest.mark.parametrize("command", ["due", "stats"])
def test_a_unit_that_is_not_there_is_an_error_and_no_empty_list(cli: Cli, command: str) -> None:
    assert cli(command, "--unit", "zhongzhaung", "--json", code=7).error["error"] == "not_found.name"


@pytest.mark.parametrize("command", [("matrix",), ("org", "show"), ("due",)])
def test_the_help_of_a_command_is_in_one_language(empty: Cli, command: tuple[str, ...]) -> None:
    zh = empty(*command, "-h").out
    assert "选项" in zh and not {"Options", "Arguments", "Show", "[required]", "[default"} & set(zh.split())
    assert "选项" not in empty(*command, "-h", lang="en").out
