"""An inspection from the journal of a town: linked cases, standing duties, who was told, what was erased, a record that does not hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from adapters.documents.finding import sheets
from adapters.documents.inspection import sections
from adapters.inspected import of_journal
from adapters.journaled import of_store
from tests.play import Play, at
from tests.unit.test_dispatch import town
from tests.unit.test_trace import LATE, incident, traced
from tests.unit.test_trace import play as play
from workflow import command as c
from workflow.dispatch import Route
from workflow.errors import UnknownCase
from workflow.inspection import Course, Source, inspect
from workflow.notice import notices

SINCE = at("2025-10-01 00:00")
KEPT = ("at", "case", "row", "outcome", "how", "through", "by", "due")


def course(play: Play, case: str, as_of: datetime) -> Course:
    with play.engine.store.read() as view:
        found = of_store(view, "memory")
    return of_journal(found, case, as_of, play.clock.now(), lambda _, __: None)


def inspected(play: Play, case: str, as_of: str = "") -> dict[str, Any]:
    instant = at(as_of) if as_of else play.clock.now()
    found: dict[str, Any] = inspect(course(play, case, instant), Source("journal"), SINCE)
    return found


def told(document: dict[str, Any], lang: Any = "zh") -> str:
    return "\n".join(line for s in sections(document, lang) for line in (s.heading.say(lang), *s.lines))


def test_it_goes_back_as_a_trace_of_every_case_does_though_it_judges_only_those_that_bear_on_it(play: Play) -> None:
    incident(play, "J")
    incident(play, "K", unit="xiazhuang")
    play.at("10-20 09:00")
    wanted = traced(play)
    back = inspected(play, "A")["back"]
    assert [[s[k] for k in KEPT] for s in back["steps"]] == [[s.document()[k] for k in KEPT] for s in wanted.steps]
    assert back["looked"] == dict(wanted.looked) and [t["en"] for t in back["unseen"]] == [t.en for t in wanted.unseen]
    peers = {judged.case.id for judged in course(play, "A", at("10-20 09:00")).peers}
    assert {"A", "I", "J"} <= peers and "K" not in peers and len(peers) < len(list(play.engine.cases()))


def test_a_linked_case_says_what_started_its_duty_and_who_held_the_matter(play: Play) -> None:
    (step,) = [s for s in inspected(play, "A")["back"]["steps"] if (s["case"], s["row"]) == ("I", LATE)]
    assert (step["how"], step["through"], step["by"]) == ("linked", "A", "scene_head")
    assert step["done"]["name"] == "telephone_report" and step["done"]["proof"].startswith("sha256:")
    assert step["held"][0]["from"] == step["start"] and step["held"][-1]["until"] == step["done"]["happened"]
    assert "关联案件 ← A" in told(inspected(play, "A")) and "linked case ← A" in told(inspected(play, "A"), "en")


def test_a_flag_that_came_late_because_nobody_watched_says_so(play: Play) -> None:
    play.at("10-20 10:00").engine.tick()
    flags = [f for s in inspected(play, "I")["back"]["steps"] if s["case"] == "I" for f in s["told"]]
    assert all(f["proof"] for f in flags) and all(f["tell"] for f in flags if f["said"] == "tier")
    late = next(f for f in flags if "unwatched" in f)
    assert late["unwatched"][1]["en"] and late["to"] == [], "no channel: nobody was told"
    assert "无人值守" in told(inspected(play, "I")) and "(无人)" in told(inspected(play, "I"))


def test_who_was_told_by_each_flag_is_said_with_roles_and_posts_and_how_far_it_came() -> None:
    play = town(Route("sms", "phone"))
    play.at("10-02 00:10").engine.tick()
    first = notices(play.engine.case("C").case)[0]
    play.at("10-02 00:13").do(c.Receipt(said=play.said("scene_head"), of=first.flag.n, stage="received"))
    play.at("10-02 03:00").engine.tick()
    step = next(s for s in inspected(play, "C")["back"]["steps"] if s["row"] == first.flag.name)
    flag = next(f for f in step["told"] if f["flag"] == first.flag.n)
    assert flag["to"] == ["zhongzhuang.scene_head", "zhongzhuang.village_office"] and flag["tell"] == ["scene_head", "village_office"]
    assert flag["received"] == "2026-10-01T16:13:00.000000Z" and flag["stage"] == "received"
    assert "(zhongzhuang.scene_head、zhongzhuang.village_office);已签收 2026-10-02 00:13:00 +08:00" in told(inspected(play, "C"))
    before = inspected(play, "C", "10-02 00:12")["back"]["steps"]
    assert not [f for s in before for f in s["told"] if "received" in f]


def test_what_was_told_after_the_instant_is_not_said_of_it(play: Play) -> None:
    play.at("10-20 10:00").engine.tick()
    before = inspected(play, "I", "10-10 00:00")
    assert not [f for s in before["back"]["steps"] if s["case"] == "I" for f in s["told"]]
    assert before["later"]["acts"] == [], "flags are no acts of anybody"


def test_the_links_that_came_after_the_instant_are_not_followed(play: Play) -> None:
    with pytest.raises(UnknownCase):
        course(play, "A", at("10-04 00:00"))
    assert "A" not in inspected(play, "I", "10-04 00:00")["back"]["looked"]
    play.engine.do("I", c.Note(said=play.said("town_office"), text="已核", kind="finding", about=LATE))
    found = inspected(play, "I", "10-10 00:00")
    assert [s["kind"] for s in found["later"]["statements"]] == ["noted"] and found["later"]["statements"][0]["text"] is None
    assert "认定" in told(found) and "之后记入" in told(found) and "可删除部分" in told(found)


def test_standing_duties_stand_in_groups_with_how_often_and_from_when_to_when(play: Play) -> None:
    play.at("10-20 10:00").engine.tick()
    found = inspected(play, "I")
    standing = [s for s in found["back"]["steps"] if s["how"] == "standing"]
    groups = {(s["unit"], s["procedure"], s["duty"], s["outcome"]) for s in standing}
    lines = [line for line in told(found, "en").splitlines() if "standing duty" in line and line[0].isdigit()]
    assert len(lines) == len(groups) < len(standing)
    handover = [s for s in standing if (s["unit"], s["duty"]) == ("zhongzhuang", "handover")]
    assert any(f"missed {len(handover)} times  zhongzhuang" in line for line in lines)


def test_the_role_of_another_procedure_is_called_by_its_title(play: Play) -> None:
    act = next(a for a in inspected(play, "I")["case"]["acts"] if a["kind"] == "linked")
    assert act["actor"]["role"] == "proposer" and act["role"]["zh"]
    rows = [row for s in sections(inspected(play, "I"), "zh") for row in s.rows]
    assert any(act["role"]["zh"] in row for row in rows) and not any("proposer" in row for row in rows)


def test_a_start_that_an_act_states_is_not_taken_for_when_the_act_was_done(play: Play) -> None:
    sheet: Any = next(s for s in sheets(inspected(play, "I")) if s["row"] == LATE)
    (said,) = [s["zh"] for s in sheet["sentences"] if "起算" in s["zh"]]
    assert said == "期限自 2026-10-01 23:52:00 +08:00 起算,据 2026-10-01 23:50:00 +08:00 信息员 事发(#1)。"
