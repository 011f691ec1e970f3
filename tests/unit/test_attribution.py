"""Which unit a case is of (B45, 属地管理、谁主管谁负责): said, by place, by post, or nobody; the rule stands in the opening act."""

from __future__ import annotations

import pytest

from adapters.organisations import shipped_organisation
from tests.play import Play, at
from workflow import command as c
from workflow.case.attribution import by_place
from workflow.organisation import Actor, Organisation, dated, fold


@pytest.fixture(scope="module")
def town() -> Organisation:
    return fold([dated(body, at("2020-01-01 00:00")) for body, _ in shipped_organisation("town")])


def opened(where: str, role: str, unit: str = "", organised: bool = True, happened: str = "") -> Play:
    play = Play("social-security-incident").at("10-15 08:00")
    if organised:
        play.engine.organise(shipped_organisation("town"))
    command = c.Open(said=play.said(role, happened), what="群众聚集", where=where, told_by="村民", unit=unit)
    play.engine.open_case("social-security-incident", command, case="C")
    return play


def attribution(play: Play) -> tuple[object, object]:
    act = play.engine.case("C").case.acts[0]
    return act.data["unit"], act.data.get("attribution")


@pytest.mark.parametrize(
    ("where", "role", "unit", "found"),
    [
        ("中庄村", "duty_officer", "xiazhuang", ("xiazhuang", "said")),  # what is said goes before the place
        ("示范镇中庄村村委会门口", "duty_officer", "", ("zhongzhuang", "place")),  # the lower of two that lie in each other
        ("zhongzhuang", "duty_officer", "", ("zhongzhuang", "place")),
        ("school of Zhongzhuang Village", "duty_officer", "", ("zhongzhuang", "place")),
        ("上庄村", "duty_officer", "", ("zhongzhuang", "place")),  # merged into it
        ("中庄村与下庄村交界处", "duty_officer", "", ("town", "post")),  # two: no guess
        ("国道旁", "duty_officer", "", ("town", "post")),
        ("国道旁", "scene_head", "", ("", "nobody")),  # three villages have such a post
    ],
)
def test_b45_the_first_rule_that_names_a_unit_holds(where: str, role: str, unit: str, found: tuple[str, str]) -> None:
    assert attribution(opened(where, role, unit)) == found


def test_b45_a_place_outside_is_nobodys_of_ours(town: Organisation) -> None:
    outside = [u for u in town.units.values() if u.level == "outside"]
    assert outside and [u.id for u in outside if by_place(town, u.zh, at("10-15 08:00"))] == []


def test_b45_a_merger_counts_from_its_day(town: Organisation) -> None:
    assert by_place(town, "上庄村", at("2025-12-31 23:59")) == "shangzhuang"
    assert by_place(town, "上庄村", at("2026-01-01 00:00")) == "zhongzhuang"


def test_without_an_organisation_nothing_is_attributed() -> None:
    assert attribution(opened("中庄村", "duty_officer", organised=False)) == ("", None)


def test_s7_1_a_case_that_the_town_opened_does_not_show_when_the_village_knew() -> None:
    by_village, by_town = opened("中庄村", "village_office"), opened("中庄村", "duty_officer")
    assert attribution(by_village) == attribution(by_town) == ("zhongzhuang", "place")
    away = [p.engine.case("C").case.acts[0].data.get("away") for p in (by_village, by_town)]
    assert away == [None, "village"]


def test_s9_1_a_unit_that_is_renamed_into_being_later_changes_no_case() -> None:
    play = opened("东庄村", "duty_officer")
    body = {"what": "unit", "id": "dongzhuang", "zh": "东庄村", "en": "Dongzhuang", "level": "village", "parent": "town"}
    play.engine.organise([(body, None)])
    assert attribution(play) == ("town", "post")


def test_the_post_of_the_author_is_found_with_the_unit_of_the_place() -> None:
    play = opened("下庄村", "scene_head")
    assert play.engine.case("C").case.acts[0].actor == Actor("scene_head", None, "xiazhuang.scene_head", "xiazhuang")
