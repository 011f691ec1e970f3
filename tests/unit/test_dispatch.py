"""Who is told of what, over which channel, when, and what follows a message that could not be sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from adapters.organisations import shipped_organisation
from tests.play import Play, at
from workflow import dispatch
from workflow.act import FLAGGED, NOTIFIED
from workflow.command import Void
from workflow.dispatch import Route, Routing
from workflow.errors import SweepIncomplete
from workflow.letter import Accepted, Rejected, Throttled, Unknown
from workflow.organisation import Actor
from workflow.outbox import Message, Parked

SMS, MAIL, CONSOLE = Route("sms", "phone", fallback=True), Route("mail", "email"), Route("console")
MINUTE = timedelta(minutes=1)


def town(*routes: Route, **more: Any) -> Play:
    """An incident in a village at 23:50, of which nothing is reported."""
    play = Play("social-security-incident").at("10-01 09:00")
    play.engine.organise(shipped_organisation("town"))
    play.engine.tick()
    play.engine.routing = Routing(routes, **more)
    play.at("10-01 23:50").open("village_office", unit="zhongzhuang")
    return play


def outbox(play: Play) -> list[Message]:
    with play.engine.store.read() as view:
        return list(view.messages())


def flags(play: Play) -> dict[str, dict[str, Any]]:
    """The flags of the telephone report to the government, by what they say."""
    acts = play.engine.case("C").case.kind(FLAGGED, "telephone_report/government#1")
    return {f"tier {a.data['tier']}" if a.data["flag"] == "tier" else str(a.data["flag"]): dict(a.data) for a in acts}


def told(flag: dict[str, Any]) -> dict[str, list[str]]:
    return {one["post"]: one["why"] for one in flag["to"]}


def test_a_reminder_tells_the_people_in_the_posts_that_its_tier_names() -> None:
    play = town(CONSOLE)
    play.at("10-02 00:10").engine.tick()
    assert told(flags(play)["tier 0"]) == {"zhongzhuang.scene_head": ["obligor"], "zhongzhuang.village_office": ["named"]}


def test_what_is_missing_is_told_to_who_owes_it_their_superiors_and_to_whom_it_is_owed() -> None:
    play = town(CONSOLE)
    play.clock.set(at("10-02 00:20") + timedelta(seconds=1))
    play.engine.tick()
    to = told(flags(play)["missing"])
    assert to["zhongzhuang.scene_head"] == ["obligor"]
    assert to["town.government"] == ["owed_to"]
    assert to["town.town_office"] == ["superior", "acting"], "its holder is on leave, and somebody acts"
    assert to["district.district_office"] == ["level_above"]
    (acting,) = [one for one in flags(play)["missing"]["to"] if one["post"] == "town.town_office"]
    assert (acting["person"], acting["acting_for"]) == ("t07", "t06")


def test_of_a_post_with_a_roster_who_is_on_duty_is_told() -> None:
    play = Play("duty-watch").at("10-01 06:00")
    play.engine.organise(shipped_organisation("town"))
    play.engine.tick()
    play.engine.routing = Routing((CONSOLE,))
    for when in ("06:00", "08:30", "09:01"):
        play.at(f"10-02 {when}").engine.tick()
    said = [
        (one["person"], one["why"])
        for row in play.engine.cases()
        for act in play.engine.case(row.id).case.acts
        for one in cast(list[Any], act.data.get("to", []))
        if one["post"] == "town.duty_officer"
    ]
    assert said
    assert {(person, *why) for person, why in said} == {("t61", "named", "on_duty")}, "t07 holds the post, and t61 is on duty"


def test_nobody_is_told_where_no_channel_is_set() -> None:
    play = town()
    play.at("10-02 00:10").engine.tick()
    assert "to" not in flags(play)["tier 0"]
    assert outbox(play) == []


def test_each_person_is_told_over_every_channel_that_reaches_them_and_each_place_once() -> None:
    play = town(Route("sms", "phone"), MAIL, CONSOLE)
    play.at("10-02 00:10").engine.tick()
    found = [(m.channel, m.recipient) for m in outbox(play) if m.row == "telephone_report/government#1"]
    assert found == [("sms", "t10"), ("sms", "t11"), ("console", "")]


def test_a_fallback_is_used_for_whom_nothing_else_reaches() -> None:
    play = town(MAIL, SMS)
    play.at("10-02 00:10").engine.tick()
    assert {(m.channel, m.recipient) for m in outbox(play)} == {("sms", "t10"), ("sms", "t11")}


def test_the_same_is_said_once() -> None:
    play = town(CONSOLE)
    for minute in ("00:10", "00:11", "00:19"):
        play.at(f"10-02 {minute}").engine.tick()
    assert len(outbox(play)) == len({(m.row, m.revision, m.tier, m.recipient, m.channel) for m in outbox(play)}) == 2


def test_quiet_hours_hold_back_only_what_no_rule_demands() -> None:
    play = town(CONSOLE, quiet=(at("10-01 22:00").time(), at("10-02 07:00").time()))
    play.clock.set(at("10-02 00:20") + timedelta(seconds=1))
    play.engine.tick()
    when = {m.tier: m.next_at for m in outbox(play)}
    assert when["missing"] == play.clock.now(), "late and missing acts are told at any hour"
    assert when["tier 0"] == at("10-02 07:00"), "the unit's own reminder waits until the morning"


@pytest.mark.parametrize(
    ("start", "end", "now", "then"),
    [
        ("22:00", "07:00", "10-01 21:59", "10-01 21:59"),
        ("22:00", "07:00", "10-01 22:00", "10-02 07:00"),
        ("22:00", "07:00", "10-02 06:59", "10-02 07:00"),
        ("22:00", "07:00", "10-02 07:00", "10-02 07:00"),
        ("12:00", "14:00", "10-02 13:00", "10-02 14:00"),
        ("12:00", "14:00", "10-02 14:00", "10-02 14:00"),
        ("12:00", "14:00", "10-02 11:59", "10-02 11:59"),
    ],
)
def test_the_end_of_quiet_hours(start: str, end: str, now: str, then: str) -> None:
    quiet = (at(f"10-01 {start}").time(), at(f"10-01 {end}").time())
    zone = at(now).tzinfo
    assert dispatch._awake(at(now), quiet, zone) == at(then)  # type: ignore[arg-type]


BASE = Message("C", "r#1", 1, "missing", "t10", "sms", "p", 3, at("10-01 10:00"), True, "sending", attempts=1, token=1, id=7)


def after(result: Any, jitter: int = 0, **more: Any) -> Message:
    return dispatch.outcome(BASE._replace(**more), result, at("10-01 10:00"), jitter)


def test_what_was_accepted_is_sent_and_keeps_the_id_of_the_service() -> None:
    sent = after(Accepted("x-1"))
    assert (sent.state, sent.provider, sent.next_at, sent.doubtful) == ("sent", "x-1", None, False)
    assert after(Accepted("x-1", verified=False)).said == "accepted, unverified"


def test_what_was_rejected_for_good_is_dead_at_once() -> None:
    assert (after(Rejected("550", "no such user")).state, after(Rejected("550", "no such user")).next_at) == ("dead", None)


def test_what_was_rejected_for_now_comes_again_later_and_later_and_is_dead_in_the_end() -> None:
    pauses = []
    for attempts in range(1, 8):
        again = after(Rejected("450", "busy", permanent=False), attempts=attempts)
        assert again.state == "pending" and again.next_at is not None and not again.doubtful
        pauses.append((again.next_at - at("10-01 10:00")).total_seconds())
    assert pauses == [15, 30, 60, 120, 240, 480, 900]
    assert after(Rejected("450", "busy", permanent=False), attempts=8).state == "dead"


def test_pauses_are_spread() -> None:
    plain, spread = after(Rejected("450", "", permanent=False)), after(Rejected("450", "", permanent=False), jitter=999)
    assert plain.next_at is not None and spread.next_at is not None
    assert timedelta(0) < spread.next_at - plain.next_at < timedelta(seconds=4)


def test_a_throttled_message_waits_as_long_as_the_service_says_however_often() -> None:
    again = after(Throttled(600, "130101"), attempts=50)
    assert (again.state, again.next_at) == ("pending", at("10-01 10:10"))


def test_an_urgent_message_does_not_wait_for_ever_for_a_channel_that_takes_no_more() -> None:
    long_ago = at("10-01 09:29")
    assert after(Throttled(600), created=long_ago).state == "dead"
    assert after(Throttled(600), created=long_ago, urgent=False).state == "pending"


def test_what_may_have_arrived_is_sent_again_as_a_possible_duplicate() -> None:
    again = after(Unknown("the connection broke"))
    assert (again.state, again.doubtful) == ("pending", True)
    assert after(Unknown("the connection broke"), attempts=8).state == "dead"


# the journal ---------------------------------------------------------------------------------------------------------------------------


def taken(play: Play, channel: str) -> list[Message]:
    now = play.clock.now()
    with play.engine.store.write() as unit:
        return list(unit.take_messages(now, "me", now + 5 * MINUTE, 50, channel))


def enter(play: Play, *messages: Message) -> list[bool]:
    with play.engine.batch() as batch:
        return [batch.told(m) for m in messages]


def test_who_was_told_stands_in_the_journal() -> None:
    play = town(Route("sms", "phone"))
    play.at("10-02 00:10").engine.tick()
    first, *_ = taken(play, "sms")
    assert enter(play, first._replace(state="sent", next_at=None, provider="x-1")) == [True]
    (act,) = [a for a in play.engine.case("C").case.acts if a.kind == NOTIFIED]
    assert act.data["flag"] == first.n
    assert (act.data["person"], act.data["channel"], act.data["result"], act.data["id"]) == (first.recipient, "sms", "accepted", "x-1")


def test_telling_somebody_changes_nothing_that_is_due() -> None:
    play = town(Route("sms", "phone"))
    play.at("10-02 00:10").engine.tick()
    before = play.engine.next_waking()
    ledger = play.engine.ledger("C")
    first, *_ = taken(play, "sms")
    enter(play, first._replace(state="sent", next_at=None))
    assert play.engine.next_waking() == before
    assert [(r.key, r.outcome, r.due) for r in play.engine.ledger("C")] == [(r.key, r.outcome, r.due) for r in ledger]


def test_a_result_that_comes_after_the_lease_was_lost_is_not_entered() -> None:
    play = town(Route("sms", "phone"))
    play.at("10-02 00:10").engine.tick()
    first, *_ = taken(play, "sms")
    play.at("10-02 00:16")
    second = next(m for m in taken(play, "sms") if m.id == first.id)
    assert second.doubtful
    assert enter(play, first._replace(state="sent", next_at=None)) == [False]
    assert enter(play, second._replace(state="sent", next_at=None)) == [True]


def test_a_dead_message_goes_over_the_next_channel_and_then_to_the_next_person() -> None:
    play = town(Route("sms", "phone"), Route("wechat", "phone", fallback=True))
    play.at("10-02 00:10").engine.tick()
    first = taken(play, "sms")[0]
    enter(play, first._replace(state="dead", next_at=None, said="no such number"))
    (second,) = [m for m in outbox(play) if m.instead_of]
    assert (second.channel, second.recipient, second.instead_of) == ("wechat", first.recipient, first.id)
    again = taken(play, "wechat")[0]
    enter(play, again._replace(state="dead", next_at=None, said="no such number"))
    others = [m for m in outbox(play) if m.instead_of == again.id]
    assert others
    assert {m.recipient for m in others}.isdisjoint({first.recipient})
    with play.engine.store.read() as view:
        kinds = [(e.kind, e.body["channel"]) for e in view.entries("monitor")]
    assert kinds == [("dead_letter", "sms"), ("dead_letter", "wechat")]


def test_whom_a_dead_message_may_have_reached_is_told_of_a_possible_duplicate_and_nobody_else_is() -> None:
    play = town(Route("sms", "phone"), Route("wechat", "phone", fallback=True))
    play.at("10-02 00:10").engine.tick()
    enter(play, taken(play, "sms")[0]._replace(state="dead", next_at=None, said="the answer was lost", doubtful=True))
    (second,) = [m for m in outbox(play) if m.instead_of]
    assert second.doubtful
    enter(play, taken(play, "wechat")[0]._replace(state="dead", next_at=None, said="no such number"))
    others = [m for m in outbox(play) if m.instead_of == second.id]
    assert others and not any(m.doubtful for m in others)


def test_when_nobody_is_left_the_watch_says_so() -> None:
    play = town(CONSOLE)
    play.at("10-02 00:10").engine.tick()
    first = taken(play, "console")[0]
    enter(play, first._replace(state="dead", next_at=None, said="broken pipe"))
    with play.engine.store.read() as view:
        assert [e.kind for e in view.entries("monitor")] == ["untold"]


def test_for_whom_no_channel_reaches_somebody_above_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    play = town(Route("sms", "phone"))
    reading = play.engine.sources.addresses
    monkeypatch.setattr(play.engine.sources, "addresses", lambda view: {p: a for p, a in reading(view).items() if p != "t10"})
    play.at("10-02 00:10").engine.tick()
    to = flags(play)["tier 0"]["to"]
    assert [(one["person"], one["by"]) for one in to][:2] == [("t10", []), ("t11", ["sms"])]
    assert len(to) == 3 and "instead" in to[2]["why"]


def test_a_flag_of_which_nobody_can_be_told_is_journaled_by_the_watch() -> None:
    play = town(Route("pigeon", "pigeon"))  # nobody there has an address for it
    play.at("10-02 00:10").engine.tick()
    assert outbox(play) == []
    with play.engine.store.read() as view:
        said = [(e.kind, e.body["case"]) for e in view.entries("monitor")]
    assert said == [("untold", "C")] * len([a for a in play.engine.case("C").case.acts if a.kind == FLAGGED])


def test_a_drill_tells_nobody_above_those_who_take_part() -> None:
    play = Play("social-security-incident").at("10-01 09:00")
    play.engine.organise(shipped_organisation("town"))
    play.engine.tick()
    play.engine.routing = Routing((CONSOLE,))
    play.at("10-01 23:50").open("village_office", unit="zhongzhuang", drill=True)
    play.clock.set(at("10-02 00:20") + timedelta(seconds=1))
    play.engine.tick()
    assert {why for reasons in told(flags(play)["missing"]).values() for why in reasons} == {"obligor", "owed_to"}


def test_of_a_sweep_that_failed_nobody_is_said_to_be_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    play = town(Route("pager", "pager"))
    with monkeypatch.context() as patched:
        patched.setattr("workflow.batch.written_of", lambda *_: 1 / 0)
        with pytest.raises(SweepIncomplete):
            play.at("10-02 00:10").engine.tick()
    play.at("10-02 00:12").engine.tick()
    said = [a.n for a in play.engine.case("C").case.acts if a.kind == FLAGGED and not a.data.get("skipped")]
    with play.engine.store.read() as view:
        assert [e.body["flag"] for e in view.entries("monitor") if e.kind == "untold"] == said


def test_a_parked_case_that_wakes_no_more_is_parked_no_more() -> None:
    play = town()
    with play.engine.store.write() as unit:
        unit.park(Parked("C", 1, play.clock.now(), play.clock.now() + MINUTE, "internal", "it broke"))
    play.do(Void(said=play.said("town_office"), reason="误立", second=Actor("government")))
    with play.engine.store.read() as view:
        assert list(view.parked()) == []
        assert [e.kind for e in view.entries("monitor")] == ["unparked"]


def test_nobody_above_takes_over_what_a_drill_could_not_say() -> None:
    play = Play("social-security-incident").at("10-01 09:00")
    play.engine.organise(shipped_organisation("town"))
    play.engine.tick()
    play.engine.routing = Routing((Route("sms", "phone"), Route("wechat", "phone", fallback=True)))
    play.at("10-01 23:50").open("village_office", unit="zhongzhuang", drill=True)
    play.at("10-02 00:10").engine.tick()
    for channel in ("sms", "wechat"):
        enter(play, *(m._replace(state="dead", next_at=None) for m in taken(play, channel)))
    assert {m.channel for m in outbox(play)} == {"sms", "wechat"}
    assert {m.recipient for m in outbox(play) if m.instead_of} == {m.recipient for m in outbox(play) if not m.instead_of}


def test_what_was_throttled_was_not_tried() -> None:
    assert after(Throttled(60), attempts=8).attempts == 7
