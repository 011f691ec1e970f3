"""The words of messages: what they say, what they never say, and templates that are checked before they are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.daemon.composer import Composer, templates
from tests.play import Play, at
from tests.unit.test_dispatch import CONSOLE, outbox, town
from workflow import command as c
from workflow.act import FLAGGED, Act
from workflow.message import LANGS, Templates, words
from workflow.moment import Moment, stamp
from workflow.outbox import Message
from workflow.procedure.source import BrokenDefinition, read_source
from workflow.text import Lang


def told(play: Play, tier: str, row: str = "telephone_report/government#1") -> Message:
    return next(m for m in outbox(play) if (m.row, m.tier) == (row, tier))


def text(play: Play, messages: Sequence[Message], lang: Lang = "zh", brief: bool = False) -> tuple[str, str]:
    return Composer(play.engine, templates(), lang).compose(messages, brief)


@pytest.fixture
def late() -> Play:
    play = town(CONSOLE)
    play.at("10-02 00:10").engine.tick()
    play.clock.set(at("10-02 00:20") + timedelta(seconds=30))
    play.engine.tick()
    return play


def test_what_is_missing_in_chinese(late: Play) -> None:
    subject, body = text(late, [told(late, "missing")])
    assert subject == "疑似漏报,待认定:电话报告党委和政府 → 镇政府(C)"
    assert body.splitlines() == [
        "疑似漏报,待认定",
        "事项:电话报告党委和政府 → 镇政府",
        "案件:C 重大社会安全事件应急处置",
        "期限:2026-10-02(周五)00:20(已过 30秒)",
        "责任:事发地负责人",
        "依据:本单位规定",
        "现在办理:电话首报、当面首报",
        f"签收:duban receipt C {told(late, 'missing').n}",
        "本消息不含个人信息,详情:duban show C",
    ]


def test_a_date_that_moved_says_what_it_was_and_what_it_is() -> None:
    play = town(CONSOLE)
    play.engine.tick()
    play.case = "C"
    row = next(r for r in play.engine.ledger("C") if r.key == "telephone_report/government#1")
    assert row.due is not None
    flag = Act(2, FLAGGED, row.key, Moment.at(play.clock.now()), play.clock.now(), data={"flag": "moved", "revision": 2, "tell": []})
    flag = replace(flag, data={**flag.data, "old": stamp(row.due.instant), "new": "2026-10-04T16:00:00.000000Z"})
    standing = play.engine.case("C")
    found = words(flag, row, standing.case, play.engine.world(standing), [], play.clock.now(), False)
    assert found["moved"].zh == "2026-10-02(周五)00:20 → 2026-10-05(周一)00:00"
    flag = replace(flag, data={**flag.data, "new": None})
    found = words(flag, row, standing.case, play.engine.world(standing), [], play.clock.now(), False)
    assert found["moved"].en.endswith(" → no date")


def test_a_reminder_in_english_says_how_much_time_is_left() -> None:
    play = town(CONSOLE)
    play.at("10-02 00:10").engine.tick()
    subject, body = text(play, [told(play, "tier 0")], "en")
    assert subject == "reminder: report to party committee and government by telephone → town government (C)"
    assert "Due: 2026-10-02 (Fri) 00:20 (10 min left)" in body
    assert "Owed by: person in charge at the scene" in body


def test_a_flag_that_came_late_by_us_says_whose_delay_it_is() -> None:
    play = town(CONSOLE)
    play.at("10-02 05:00").engine.tick()
    _, body = text(play, [told(play, "missing")])
    assert "补发:系统在10-01 09:00至10-02 05:00无人值守,延误不计于任何人" in body


def test_a_message_says_why_you_got_it(late: Play) -> None:
    message = told(late, "missing")
    flag = late.engine.case("C").case.acts[message.n - 1]
    to = flag.data["to"]
    assert isinstance(to, list)
    reasons = {}
    for one in to:
        assert isinstance(one, dict)
        _, body = text(late, [message._replace(recipient=str(one["person"]))])
        reasons[str(one["post"])] = next(line for line in body.splitlines() if line.startswith("原因:"))
    assert reasons["zhongzhuang.scene_head"] == "原因:您是责任人"
    assert reasons["town.government"] == "原因:该义务以您为对象"


def test_a_drill_says_so_before_anything_else() -> None:
    play = Play("social-security-incident").at("10-01 09:00")
    play.engine.tick()
    play.engine.routing = town(CONSOLE).engine.routing
    play.at("10-01 23:50").open("village_office", drill=True)
    play.clock.set(at("10-02 00:20") + timedelta(seconds=1))
    play.engine.tick()
    subject, body = text(play, [told(play, "missing")])
    assert subject.startswith("【演练】")
    assert body.startswith("【演练】")


def test_a_possible_duplicate_says_so(late: Play) -> None:
    _, body = text(late, [told(late, "missing")._replace(doubtful=True)])
    assert body.startswith("【可能重复】")


def test_many_messages_make_one(late: Play) -> None:
    messages = outbox(late)
    subject, body = text(late, messages)
    assert subject == f"{len(messages)} 项提醒"
    assert body.count("签收:duban receipt C") == len(messages)


def test_a_line_for_a_channel_that_has_room_for_no_more(late: Play) -> None:
    _, body = text(late, [told(late, "missing")], brief=True)
    assert body == "疑似漏报,待认定:电话报告党委和政府 → 镇政府,2026-10-02(周五)00:20,案件C"
    assert len(body) <= 70


def test_over_a_safe_channel_it_says_what_the_case_is_about(late: Play) -> None:
    _, body = Composer(late.engine, templates(), "zh").compose([told(late, "missing")], safe=True)
    assert "事由:事,地" in body.splitlines()
    assert body.splitlines()[-1] == "详情:duban show C"


@given(st.text("甲乙丙丁张李王赵刘陈ABCxyz0123456789", min_size=6, max_size=12))
def test_no_fact_and_no_free_text_of_a_case_is_in_a_message(secret: str) -> None:
    play = Play("probe").at("09-24 10:00")
    play.engine.tick()
    play.engine.routing = town(CONSOLE).engine.routing
    play.open("desk", {"name": secret})
    play.do(c.Note(said=play.said("desk"), text=secret))
    play.at("09-24 10:40").engine.tick()
    for lang in LANGS:
        for message in outbox(play):
            assert secret not in "\n".join(text(play, [message], lang))


# templates -----------------------------------------------------------------------------------------------------------------------------


def read(yaml: str, whole: bool = False) -> Templates:
    return Templates.of(read_source(yaml, "messages.yaml"), None if whole else templates())


def test_a_site_says_only_what_it_wants_to_say_otherwise() -> None:
    found = read('zh: {subject: "督办:{duty}"}')
    assert found.texts["zh"]["subject"] == "督办:{duty}"
    assert found.texts["zh"]["body"] == templates().texts["zh"]["body"]
    assert found.texts["en"] == templates().texts["en"]


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("zh:\n  subject: '{name}'", "there is no {name}"),
        ("zh:\n  subject: '{duty'", "the braces do not match"),
        ("zh:\n  topic: 'x'", "'topic' is no template, or is empty"),
        ("zh:\n  body: ''", "'body' is no template, or is empty"),
        ("fr:\n  body: 'x'", "'fr' is not known: zh and en are"),
        ("[1]", "the file of templates is not a mapping"),
    ],
)
def test_a_template_that_is_wrong_is_refused_with_its_line(yaml: str, said: str) -> None:
    with pytest.raises(BrokenDefinition) as raised:
        read(yaml)
    (problem,) = raised.value.problems
    assert problem.message.en == said
    assert problem.line == (2 if "\n" in yaml and "fr" not in yaml else 1)


def test_what_is_shipped_has_every_part_in_both_languages() -> None:
    with pytest.raises(BrokenDefinition) as raised:
        read('zh: {subject: "x"}', whole=True)
    assert {p.message.en for p in raised.value.problems} >= {"en.subject is missing", "zh.body is missing"}
