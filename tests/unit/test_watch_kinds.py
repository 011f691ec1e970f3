"""Everything that time alone brings is said by a watch that runs: of each kind one, with nobody doing anything."""

from __future__ import annotations

from datetime import timedelta

from adapters.daemon.pulse import Pulse
from adapters.daemon.watch import Settings, Watch
from adapters.organisations import shipped_organisation
from tests.play import Play, at
from tests.unit.test_daemon import Hands
from workflow import command as c
from workflow.act import CLOCKED, FLAGGED


def kept(play: Play, until: str) -> None:
    """A watch over a store until an instant, called whenever it asked to be."""
    watch = Watch(play.engine, Settings("one", alone=True), Pulse(), Hands(play))
    end = at(until)
    while (wakes := watch.tick()) is not None and wakes <= end:
        play.clock.set(max(wakes, play.clock.now()))
    play.clock.set(end)
    watch.tick()


def said(play: Play, case: str = "C") -> list[tuple[str, str]]:
    """(row, flag) of what was said of a case, without reminders."""
    return [(a.name, str(a.data["flag"])) for a in play.engine.case(case).case.acts if a.kind == FLAGGED and a.data["flag"] != "tier"]


def tiers(play: Play, row: str, case: str = "C") -> list[tuple[object, object]]:
    return [(a.happened.lo, a.recorded) for a in play.engine.case(case).case.kind(FLAGGED, row) if a.data["flag"] == "tier"]


def probe() -> Play:
    play = Play("probe").at("09-24 10:00")
    play.engine.tick()
    play.open("desk", {"grade": "high"})
    return play


def test_a_reminder_at_its_hour() -> None:
    play = probe()
    kept(play, "10-15 12:00")
    assert tiers(play, "answer/other#1") == [(at("10-15 09:00"), at("10-15 09:00"))]


def test_what_is_missing_the_instant_it_is() -> None:
    play = probe()
    kept(play, "09-24 11:00")
    flag = play.engine.case("C").case.kind(FLAGGED, "call/boss#1")[-1]
    assert timedelta(0) < flag.recorded - at("09-24 10:30") <= timedelta(microseconds=1)


def test_a_transition_of_the_clock() -> None:
    play = probe()
    play.fire("desk", "step")
    kept(play, "09-27 00:00")
    (act,) = [a for a in play.engine.case("C").case.acts if a.kind == CLOCKED]
    assert (act.name, act.recorded - act.happened.lo) == ("sleep", timedelta(0))
    assert play.engine.case("C").case.state == ("idle",)


def test_an_extension_that_nobody_granted_runs_out() -> None:
    play = probe()
    play.at("10-15 10:00").do(c.Extend(said=play.said("desk"), row="answer/other#1", step="ask", by="2 days", reason="等待"))
    kept(play, "10-20 00:00")
    flag = next(a for a in play.engine.case("C").case.kind(FLAGGED, "answer/other#1") if a.data["flag"] == "missing")
    assert flag.recorded >= at("10-16 00:00")


def test_a_decision_that_was_never_taken() -> None:
    play = probe()
    play.fire("desk", "paper", elements={"place": "镇口"})
    play.at("09-25 10:00").fire("boss", "close")
    kept(play, "09-25 11:00")
    assert ("decide.tell#1", "missing") in said(play)


def test_a_receipt_that_nobody_gave() -> None:
    play = probe()
    play.fire("desk", "paper", elements={"place": "镇口"})
    kept(play, "09-24 12:00")
    assert any(row.startswith("paper.receipt") and flag == "missing" for row, flag in said(play)), said(play)


def test_a_post_that_does_not_answer_and_a_period_that_begins_and_is_missed() -> None:
    play = Play("duty-watch").at("09-23 12:00")
    play.engine.organise(shipped_organisation("town"))
    play.at("09-24 12:00").engine.tick()
    case = next(r.id for r in play.engine.cases("duty-watch"))
    play.case = case
    play.fire("duty_officer", "call")
    kept(play, "09-25 12:00")
    assert ("answer#1", "missing") in [(row.replace("/duty_officer", ""), flag) for row, flag in said(play, case)], said(play, case)
    tomorrow = [r.id for r in play.engine.cases("duty-watch") if r.id.endswith("2026-09-25")]
    assert tomorrow, "the case of the next day opens by itself"
    assert {flag for _, flag in said(play, tomorrow[0])} == {"missing"}
    opened = play.engine.case(tomorrow[0]).case.opened
    assert (opened.happened.lo, opened.recorded) == (at("09-25 00:00"), at("09-25 00:00"))
