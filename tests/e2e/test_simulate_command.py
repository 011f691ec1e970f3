"""``duban simulate`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from tests.e2e.conftest import Cli
from tests.unit.test_simulate import IMPOSSIBLE

NAME = "social-security-incident"


def test_the_same_seed_prints_the_same_bytes_and_another_seed_others(empty: Cli) -> None:
    first = empty("simulate", "medical-dispute", "--cases", "4", "--from", "2026-01-01", "--json").out
    assert empty("simulate", "medical-dispute", "--cases", "4", "--from", "2026-01-01", "--json").out == first
    assert empty("simulate", "medical-dispute", "--cases", "4", "--from", "2026-01-01", "--seed", "2", "--json").out != first


def test_an_empty_post_is_shown_beside_the_year(empty: Cli) -> None:
    said = json.loads(empty("simulate", NAME, "--cases", "4", "--from", "2026-01-01", "--json").out)
    role, (week, most) = next((load["role"], load["peak"]) for load in said["load"] if load["role"] == "scene_head")
    assert most == max(n for load in said["load"] if load["role"] == role for n in load["weeks"].values())
    words = ("simulate", NAME, "--cases", "4", "--from", "2026-01-01", "--empty", role, "--week", week)
    changes = json.loads(empty(*words, "--json").out)["empty"]["changes"]
    assert any(after > before for before, after in (c["late_or_missed"] for c in changes))
    told = empty(*words).out
    assert "空缺" in told and "→" in told


def test_the_picture_is_svg_in_either_language(empty: Cli, tmp_path: Path) -> None:
    for lang, word in (("zh", "迟误"), ("en", "failed")):
        file = tmp_path / f"{lang}.svg"
        empty("simulate", NAME, "--cases", "2", "--from", "2026-01-01", "-o", str(file), lang=lang)
        root = ElementTree.fromstring(file.read_text(encoding="utf-8"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert word in "".join(root.itertext())


def test_the_total_is_the_sum_of_the_duties(empty: Cli) -> None:
    said = json.loads(empty("simulate", "medical-dispute", "--cases", "4", "--from", "2026-01-01", "--json").out)
    for column, total in said["total"].items():
        assert sum(line[column] for line in said["obligations"]) == total


def test_a_post_without_its_week_is_refused(empty: Cli) -> None:
    assert "--week" in empty("simulate", NAME, "--empty", "scene_head", code=2).err


def test_cases_have_no_place_where_the_period_opens_them(empty: Cli) -> None:
    assert "--cases" in empty("simulate", "screening-monthly", "--cases", "3", code=2).err


def test_a_frequency_that_the_unit_sets_is_said_to_be_assumed(empty: Cli) -> None:
    assert "频次由单位设定,此处按每季试算" in empty("simulate", "joint-meeting", "--cases", "4").out


def test_a_duty_that_cannot_be_fulfilled_is_shown_with_its_state(empty: Cli, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"

    file.write_text(IMPOSSIBLE, encoding="utf-8")
    told = empty("simulate", str(file), "--cases", "2").out
    assert "办不到的义务" in told and "办理中" in told
