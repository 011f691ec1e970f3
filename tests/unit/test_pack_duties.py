"""Every duty of every pack, shipped and example, met and missed in a case that the pack binds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.library import find_definition, find_pack, shipped_packs
from tests.play import Play, at
from workflow import command as c
from workflow.explain import why
from workflow.obligation.row import Outcome
from workflow.organisation import Actor
from workflow.procedure.pack import Pack, compose, read_pack

EXAMPLES = Path(__file__).parents[2] / "examples" / "packs"
PACKS = {p.name: p for p in (*shipped_packs(), *(read_pack(f.read_bytes(), f.name) for f in sorted(EXAMPLES.glob("*.yaml"))))}
MAJOR = {"grade": "major"}
TOWN = ("town_office", "intake")
OCCURRED = ("09-24 08:05", "2026-09-24T08:00+08:00")
FALL = {"deaths": 12, "injured": 0, "loss": "0"}


class Tale:
    """A case that a pack binds: how it opens, what comes first, the duty, what fulfils it and by when."""

    def __init__(
        self, pack: str, opener: tuple[str, str], duty: str, event: str, due: str, before: tuple[str, ...] = (), facts: Any = None
    ) -> None:
        self.pack, self.opener, self.duty, self.event, self.due = pack, opener, duty, event, due
        self.before, self.facts = before, facts or {}

    def play(self, when: str = "") -> Play:
        pack = PACKS[self.pack]
        play = Play(pack.head.extends).at("09-24 07:00")
        play.engine.use_packs(pack.head.extends, [pack], play.said("unit"))
        role, event = self.opener
        play.at("09-24 08:00").open(role, event=event, facts=self.facts)
        if "occurred" in pack.source.data.get("facts", {}):
            play.at(OCCURRED[0]).revise("duty_officer", occurred=OCCURRED[1])
        for n, name in enumerate(self.before):
            play.at(f"09-24 08:0{n + 6}")
            self._act(play, name)
        if when:
            play.at(when)
            self._act(play, self.event)
        return play.at("2026-12-31 09:00")

    def _act(self, play: Play, name: str) -> None:
        if name.startswith("signed:"):
            play.do(c.Receipt(said=play.said(name[7:], grade="counterpart", source="x"), of=play.engine.case("C").case.n, by=name[7:]))
            return
        world = play.engine.world(play.engine.case("C"))
        declared = world.rules.procedure.events[name]
        wanted = (*declared.record, *(declared.report.elements if declared.report else ()))
        more: Mapping[str, Any] = {"elements": dict.fromkeys(wanted, "x")} if wanted else {}
        if declared.second:
            more = {**more, "second": Actor(declared.second, person="second")}
        play.record(declared.by[0], name, present=declared.present, **more)


ACCIDENT = ("on_site", "accident")
COUNTY = ("tell_head", "signed:unit_head", "report_county", "signed:county_safety")
TALES = [
    Tale("plan-filing-2024", ("plan_owner", "begin"), "file_2024", "file", "10-30 00:00", ("issue",)),
    Tale("emergency-report-2015", TOWN, "telephone_state", "telephone_state", "09-24 08:30", (), MAJOR),
    Tale("emergency-report-2015", TOWN, "written_state", "written_state", "09-24 09:00", (), MAJOR),
    Tale("chongqing-2012", TOWN, "report_chongqing", "report_chongqing", "09-24 09:00", (), MAJOR),
    Tale("jiangxi-2013", TOWN, "report_jiangxi_city", "report_jiangxi_city", "09-24 10:00", (), MAJOR),
    Tale("jiangxi-2013", TOWN, "report_jiangxi_province", "report_jiangxi_province", "09-24 11:00", (), MAJOR),
    Tale("anhui-2010", TOWN, "report_anhui", "report_anhui", "09-24 10:00", (), MAJOR),
    Tale("anhui-2010", TOWN, "report_anhui", "report_anhui", "09-24 12:00", (), {"grade": "larger"}),
    Tale("zhashui-2015", TOWN, "telephone_zhashui", "telephone_district", "09-24 08:30"),
    Tale("zhashui-2015", TOWN, "written_zhashui", "report_district", "09-24 09:00"),
    Tale("zhashui-2015", TOWN, "progress_zhashui", "instruction_progress", "09-25 08:06", ("county_instruction",)),
    Tale("shishan-town-2011", TOWN, "telephone_shishan", "telephone_shishan", "09-24 08:20", (), MAJOR),
    Tale("shandong-2021", ACCIDENT, "direct_shandong", "direct_shandong", "09-24 08:39", COUNTY, FALL),
    Tale(
        "shandong-2021",
        ACCIDENT,
        "direct_shandong_city",
        "direct_shandong_city",
        "09-24 08:37",
        ("report_city", "signed:city_safety"),
        FALL,
    ),
    Tale("shandong-2021", ACCIDENT, "written_shandong", "written_shandong", "09-24 09:09", COUNTY, FALL),
    Tale(
        "shandong-2021",
        ACCIDENT,
        "written_shandong_city",
        "written_shandong_city",
        "09-24 09:07",
        ("report_city", "signed:city_safety"),
        FALL,
    ),
    Tale("henan", ACCIDENT, "telephone_henan", "telephone_henan", "09-24 08:15", (), FALL),
    Tale("henan", ACCIDENT, "written_henan", "written_henan", "09-24 08:35", (), FALL),
    Tale("henan", ACCIDENT, "written_henan", "written_henan", "09-24 09:00", (), {**FALL, "deaths": 3}),
    Tale("henan", ACCIDENT, "written_henan", "written_henan", "09-24 14:00", (), {**FALL, "deaths": 2}),
]
RECURRING = {("henan", "follow_up_henan")}
ELSEWHERE = {("accountability-2009", "appeal_2009"), ("accountability-2009", "answer_appeal_2009")}
"""Their terms are read off the composed definition below: the way there is long and is told in the story of accountability."""
named = pytest.mark.parametrize("tale", TALES, ids=lambda t: f"{t.pack}:{t.duty}:{t.due}")


def test_every_duty_of_every_pack_is_told() -> None:
    told = {(t.pack, t.duty) for t in TALES} | RECURRING | ELSEWHERE
    assert told == {(p.name, duty) for p in PACKS.values() for duty in p.source.data["obligations"]}


@named
def test_the_duty_is_due_when_its_rule_says(tale: Tale) -> None:
    assert tale.play().due(tale.duty) == tale.due


@named
def test_the_duty_is_met_at_once(tale: Tale) -> None:
    assert tale.play("09-24 08:10").outcome(tale.duty) == Outcome.MET


@named
def test_the_duty_is_missed_when_nothing_is_done(tale: Tale) -> None:
    assert tale.play().outcome(tale.duty) == Outcome.MISSED


def test_follow_ups_come_at_eight_and_at_five_until_the_handling_is_over() -> None:
    tale = Tale("henan", ACCIDENT, "follow_up_henan", "", "", ("written_henan",), FALL)
    play = tale.play().at("2026-12-31 09:00")
    slots = [r.due.instant for r in play.rows("follow_up_henan", "09-25 12:00") if r.due is not None]
    assert slots[:2] == [at("09-24 17:00"), at("09-25 08:00")]


def test_the_terms_of_an_appeal_are_15_and_30_days() -> None:
    made = compose(find_definition("accountability"), [find_pack("accountability-2009")]).procedure.obligations
    terms = {n: str(made[n].term[0].term) for n in ("appeal_2009", "answer_appeal_2009")}
    assert terms == {"appeal_2009": "15 days", "answer_appeal_2009": "30 days"}
    assert made["appeal_2009"].modality == "permitted"
    assert (made["answer_appeal"].duty, made["answer_appeal_2009"].duty) == ("answer_appeal", "answer_appeal")


def test_s8_3_local_rules_that_contradict_each_other_stand_side_by_side() -> None:
    packs: list[Pack] = [PACKS["zhashui-2015"], PACKS["shishan-town-2011"], PACKS["chongqing-2012"]]
    play = Play("social-security-incident").at("09-24 07:00")
    play.engine.use_packs("social-security-incident", packs, play.said("government"))
    play.at("09-24 08:00").open("town_office", event="intake", facts={"grade": "larger"})
    play.at("09-24 09:12").fire(
        "town_office",
        "report_district",
        elements=dict.fromkeys(("time", "place", "nature", "scope", "measures"), "x"),
        second=Actor("government", person="second"),
    )
    assert (play.outcome("report_district"), play.outcome("written_zhashui")) == (Outcome.MET, Outcome.MET_LATE)
    case, world = play.engine.case("C").case, play.engine.world(play.engine.case("C"))
    told = why(play.row("written_zhashui"), case, world, play.engine.ledger("C")).lines("zh")
    assert any("按柞水县规定迟报12分钟" in line and "按时" in line for line in told)
