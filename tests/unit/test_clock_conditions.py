"""An event of the clock with a condition: it happens when it is due and its condition holds, however late the daemon looks (S3.6)."""

from __future__ import annotations

import pytest

from tests.play import PROBE, ZONE, Play
from workflow.procedure.load import load

SLEEP = "sleep: {zh: 转搁置, en: sleep, from: open, to: idle, by: clock, after: {on: step, term: 2 days}, basis: R1}"
GUARDED = SLEEP.replace("basis: R1}", "when: {deaths: {less_than: 3}}, basis: R1}")


@pytest.fixture
def play() -> Play:
    text = PROBE.read_text(encoding="utf-8")
    assert SLEEP in text
    play = Play("probe")
    play.engine.add(load(text.replace(SLEEP, GUARDED).replace("version: 1-1", "version: 9-9"), "probe.yaml"))
    play.at("09-21 10:00").open("desk")
    play.at("09-21 11:00").fire("desk", "step")
    return play


def slept(play: Play) -> str:
    acts = play.engine.case("C").case.events("sleep")
    return acts[0].happened.lo.astimezone(ZONE).strftime("%m-%d %H:%M") if acts else ""


def test_it_happens_at_its_due_instant_when_the_condition_holds_by_then(play: Play) -> None:
    play.at("09-22 09:00").revise("boss", deaths=1)
    play.at("09-30 09:00").engine.tick()
    assert (play.state, slept(play)) == (("idle",), "09-24 00:00")


@pytest.mark.parametrize("deaths", [3, "not known yet", "about 1"])
def test_it_does_not_happen_while_the_condition_is_false_or_undecided(play: Play, deaths: object) -> None:
    play.at("09-22 09:00").revise("boss", deaths=deaths)
    play.at("09-30 09:00").engine.tick()
    assert (play.state, slept(play)) == (("open.two",), "")


def test_it_happens_when_the_condition_comes_to_hold_after_the_due_instant(play: Play) -> None:
    play.at("09-22 09:00").revise("boss", deaths=5)
    play.at("09-26 09:00").revise("boss", deaths=2)
    assert (play.state, slept(play)) == (("idle",), "09-26 09:00")


@pytest.mark.parametrize("ticks", [(), ("09-24 00:00", "09-25 00:00"), ("09-25 00:00",)])
def test_a_daemon_that_is_late_or_absent_changes_nothing(play: Play, ticks: tuple[str, ...]) -> None:
    play.at("09-22 09:00").revise("boss", deaths=1)
    for tick in ticks:
        play.at(tick).engine.tick()
    play.at("09-26 09:00").revise("boss", deaths=9)
    assert (play.state, slept(play)) == (("idle",), "09-24 00:00")
