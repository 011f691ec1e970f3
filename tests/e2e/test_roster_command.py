"""``duban roster``: who is on duty, who is next, gaps, swaps; and what ``duban doctor`` says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Cli

DUTY = "town.duty_officer"


def test_who_is_on_duty_and_who_is_next(cli: Cli) -> None:
    said = cli.at("10-02 12:00")("roster", DUTY, "--days", "2").out
    lines = [line.split() for line in said.splitlines()]
    assert ["示范镇", "镇值班员", "t61", "t62", "2026-10-03", "08:00"] in lines
    assert ["镇值班员", "2026-10-02", "08:00", "2026-10-03", "08:00", "t61"] in lines
    found = cli("roster", "--json", "--days", "2").json
    assert {p["post"] for p in found["posts"]} == {DUTY, "surgery.department"}
    (town,) = [p for p in found["posts"] if p["post"] == DUTY]
    assert [a["person"] for a in town["on_duty"]] == ["t61"]
    assert [s["person"] for s in town["shifts"]] == ["t61", "t62", "t07"]
    assert found["gaps"] == []


def test_at_another_time(cli: Cli) -> None:
    assert cli("roster", DUTY, "--json").json["posts"][0]["on_duty"][0]["person"] == "t62"
    found = cli("roster", "show", DUTY, "--json", "--at", "2026-10-03 12:00", "--from", "2026-10-01", "--days", "1").json
    assert [a["person"] for a in found["posts"][0]["on_duty"]] == ["t62"]
    assert [s["since"] for s in found["posts"][0]["shifts"]] == ["2026-09-30T00:00:00.000000Z", "2026-10-01T00:00:00.000000Z"]


def test_a_gap_makes_the_exit_code_1_here_and_for_the_doctor(cli: Cli) -> None:
    cli.at("12-20 12:00")("roster")
    said = cli.at("12-29 12:00")("roster", DUTY, code=1)
    assert ["镇值班员", "2027-01-01", "08:00", "2027-01-05", "12:00", "无人排班"] in [line.split() for line in said.out.splitlines()]
    (gap,) = cli("roster", DUTY, "--json", code=1).json["gaps"]
    assert (gap["post"], gap["why"], gap["since"]) == (DUTY, "nobody", "2027-01-01T00:00:00.000000Z")
    checks = {c["check"]: c for c in cli("doctor", "--json", code=1).json}
    assert not checks["gaps of rosters in 7 days"]["ok"]
    assert "镇值班员" in checks["gaps of rosters in 7 days"]["value"]
    cli.at("12-20 12:00")
    assert {c["check"]: c for c in cli("doctor", "--json", code=None).json}["gaps of rosters in 7 days"]["ok"]


SWAP = ("roster", "swap", DUTY, "t61", "t31", "--from", "2026-10-02 20:00")


def test_a_swap_is_kept_with_its_ground(cli: Cli) -> None:
    cli.at("10-01 12:00")
    before = cli.bytes()
    cli(*SWAP, "--ground", "家中有事", "--dry-run")
    assert cli.bytes() == before
    said = cli(*SWAP, "--ground", "家中有事")
    assert "2026-10-02 20:00 至 2026-10-03 08:00 由 t31 代 t61 值班" in said.err
    listed = [line.split() for line in cli.at("10-02 21:00")("roster", DUTY, "--days", "1").out.splitlines()]
    assert ["示范镇", "镇值班员", "t31", "t62", "2026-10-03", "08:00"] in listed
    assert ["镇值班员", "2026-10-02", "20:00", "2026-10-03", "08:00", "t31", "代", "t61:家中有事"] in listed
    (shift,) = [s for s in cli("roster", DUTY, "--json").json["posts"][0]["shifts"] if "instead_of" in s]
    assert (shift["person"], shift["instead_of"], shift["ground"]) == ("t31", "t61", "家中有事")
    assert "for t61: 家中有事" in " ".join(cli("roster", DUTY, "--days", "1", lang="en").out.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("roster", "town.mayor"), "没有值班表"),
        (("roster", "--days", "0"), "--days"),
        (("roster", "--at", "soon"), "无法读取的时间"),
        (("roster", "swap", DUTY, "t07", "t31", "--from", "2026-10-02 20:00", "-g", "x"), "不值班"),
        (("roster", "swap", DUTY, "t61", "t99", "--from", "2026-10-02 20:00", "-g", "x"), "没有 t99"),
        (("roster", "swap", "nowhere", "t61", "t31", "--from", "2026-10-02 20:00", "-g", "x"), "没有岗位 nowhere"),
        ((*SWAP, "--ground", " "), "写明换班原因"),
        (SWAP, "缺少 ground"),
    ],
)
def test_bad_input(cli: Cli, words: tuple[str, ...], said: str) -> None:
    before = cli.bytes()
    assert said in cli(*words, code=2).err
    assert cli.bytes() == before


def test_without_a_roster_there_is_nothing_to_show_and_no_gap(empty: Cli, tmp_path: Path) -> None:
    file = tmp_path / "o.yaml"
    file.write_text("units: [{id: a, zh: 甲, en: A, level: town}]\n", encoding="utf-8")
    empty("org", "load", str(file))
    assert "没有值班表" in empty("roster").err
    assert empty("roster", "--json").json["posts"] == []


def test_whoever_is_on_duty_may_sign_for_the_post(cli: Cli) -> None:
    opening = ("open", "social-security-incident", "群众聚集", "村委会", "村信息员", "--unit", "town", "--as", "duty_officer")
    assert "t61" in cli.at("10-02 12:00")(*opening, "--person", "t61", "--id", "A", "--json").out
    cli.at("10-03 12:00")(*opening, "--person", "t61", "--id", "B", "--json", code=2)
