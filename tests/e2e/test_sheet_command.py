"""``duban sheet`` as an inspector runs it."""

from __future__ import annotations

from tests.e2e.conftest import Cli

INCIDENT = (
    "open",
    "social-security-incident",
    "聚集",
    "中庄",
    "村民",
    "--unit",
    "zhongzhuang",
    "--person",
    "t10",
    "-f",
    "class=mass",
    "--id",
    "M",
)
DAYS = ("-f", "from=2026-09-01", "-f", "until=2026-09-30")
INSPECTION = ("open", "inspection", "督查", "示范镇", "计划", "--unit", "town", "--person", "t21", "--id", "I", *DAYS)


def test_an_inspection_is_filled_and_read_in_both_languages(cli: Cli) -> None:
    cli.at("09-24 08:00")(*INCIDENT)
    cli.at("09-25 08:00")(*INSPECTION)
    said = cli("sheet", "I")
    assert "督查表  I  2026-09-01 至 2026-09-30" in said.out
    assert "案件 1 件 M" in said.out and "未完成" in said.out
    assert "how mass incidents were handled" in cli("sheet", "I", lang="en").out
    lines = {line["line"]: line for line in cli("sheet", "I", "--json").json["lines"]}
    assert lines["handling"]["cases"]["cases"] == ["M"]


def test_a_procedure_without_a_sheet_says_so(empty: Cli) -> None:
    cli = empty
    cli("open", "service-incident", "a", "b", "c", "--as", "service_desk", "--id", "S")
    assert cli("sheet", "S", "--json", code=7).error["error"] == "not_found.name"


def test_the_sheet_of_an_earlier_instant_can_be_computed_again(cli: Cli) -> None:
    cli.at("09-24 08:00")(*INSPECTION)
    before = cli.at("09-24 09:00")("sheet", "I", "--json").json["lines"]
    cli.at("09-25 08:00")(*INCIDENT)
    assert cli("sheet", "I", "--json").json["lines"] != before
    assert cli("sheet", "I", "--json", "--as-of", "2026-09-24 09:00").json["lines"] == before
