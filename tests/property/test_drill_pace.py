"""A drill on a faster clock has the outcomes of the same case played so many times slower; on the real clock those of the real case."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.bundle import lines, read_bundle
from tests.examples import examples
from tests.play import Play, at
from workflow import command as c
from workflow.act import Act
from workflow.case.clockwork import catch_up
from workflow.errors import DubanError
from workflow.journal.canonical import canonical, digest
from workflow.moment import Moment
from workflow.obligation.row import Row
from workflow.organisation import Actor
from workflow.replay import case_document, replay_cases

TIMES = 60
START = at("09-24 10:20")
EVENTS = ("call", "paper", "forward", "step", "answer", "follow", "cancel", "hold", "resume", "close")
ROLES = ("desk", "boss", "office")

Clock = Callable[[int], datetime]
"""When a second of the script comes, counted from the opening."""


def slowly(second: int) -> datetime:
    return START + timedelta(seconds=second * TIMES)


def quickly(second: int) -> datetime:
    return START + timedelta(seconds=second)


def played(seed: int, clock: Clock, **opening: Any) -> Play:
    """A script of commands, legal and illegal, some of them entered late; swept now and then."""
    chance = random.Random(seed)
    play = Play("probe")
    play.clock.set(clock(0))
    play.open("desk", facts={"grade": "low"} if chance.random() < 0.5 else {}, **opening)
    second = 0
    for _ in range(chance.randint(3, 12)):
        second += chance.choice((1, 7, 29, 31, 240, 1441, 4400, 9000))
        play.clock.set(clock(second))
        said = c.Said(actor=Actor(chance.choice(ROLES)))
        if chance.random() < 0.4:
            earlier = Moment.at(clock(max(0, second - chance.choice((1, 20, 900)))))
            said = c.Said(actor=said.actor, happened=earlier, grade=chance.choice(("own", "counterpart")))
        kind = chance.randrange(8)
        command: c.Command
        if kind == 0:
            command = c.Revise(said=said, facts={"grade": chance.choice(("low", "high")), "deaths": chance.randint(0, 4)}, reason="r")
        elif kind == 1:
            command = c.Revise(said=said, facts={"knew": clock(max(0, second - 5)).isoformat()}, reason="r")
        elif kind == 2:
            command = c.Extend(said=said, row="answer", step=chance.choice(("ask", "grant")), by="4 days", reason="r")
        elif kind == 3:
            command = c.Receipt(said=said, of=chance.randint(1, 5), by="boss", how="signature")
        else:
            command = c.Record(said=said, event=chance.choice(EVENTS))
        with suppress(DubanError):
            play.do(command)
        if chance.random() < 0.4:
            play.engine.tick()
    play.clock.set(clock(second + chance.choice((0, 1, 1500, 20000))))
    if chance.random() < 0.5:
        play.engine.tick()
    return play


def judged(row: Row) -> tuple[Any, ...]:
    """What decides something of a row, with its dates on the clock of the case."""
    dates = [(v.kind, str(v.term), v.at, v.start, v.due, v.last, v.pauses, v.kept_old) for v in row.reckoned]
    return (
        row.key,
        row.outcome,
        row.reason,
        row.elapsed,
        row.late,
        row.met_by and bool(row.met_by),
        row.beside,
        row.blank,
        row.suspected,
        dates,
    )


@examples(60)
@given(st.integers(0, 2**32))
def test_a_drill_at_sixty_times_has_the_outcomes_and_dates_of_the_case_played_sixty_times_slower(seed: int) -> None:
    drill, real = played(seed, quickly, drill=True, pace=TIMES), played(seed, slowly)
    assert drill.state == real.state
    assert [judged(r) for r in drill.engine.ledger("C")] == [judged(r) for r in real.engine.ledger("C")]


@examples(20)
@given(st.integers(0, 2**32))
def test_a_drill_on_the_real_clock_has_the_outcomes_and_dates_of_the_real_case(seed: int) -> None:
    drill, real = played(seed, slowly, drill=True, pace=1), played(seed, slowly)
    assert [judged(r) for r in drill.engine.ledger("C")] == [judged(r) for r in real.engine.ledger("C")]


@examples(20)
@given(st.integers(0, 2**32))
def test_a_real_date_of_a_drill_is_in_time_exactly_when_the_one_on_its_clock_is(seed: int) -> None:
    for row in played(seed, quickly, drill=True, pace=TIMES).engine.ledger("C"):
        for real, counted in zip(row.revisions, row.counted, strict=True):
            if real.due is None or counted.due is None or row.pace is None:
                continue
            for step in range(-2, 3):
                instant = real.due.instant + timedelta(microseconds=step)
                assert real.due.in_time(instant) == counted.due.in_time(row.pace.shown(instant))


@examples(8)
@given(st.integers(0, 2**32))
def test_a_drill_that_was_played_live_replays_from_its_bundle_to_the_same_without_drift(seed: int) -> None:
    play = played(seed, quickly, drill=True, pace=TIMES)
    as_of = play.clock.now().astimezone(UTC)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.jsonl"
        path.write_text("".join(lines(play.engine, as_of)), encoding="utf-8")
        bundle = read_bundle(path)
    acts = [(case, [Act.decode(e) for e in entries]) for case, entries in bundle.cases]
    standing = play.engine.case("C")
    world = play.engine.world(standing)
    found = replay_cases(acts, bundle.rules, bundle.calendars, play.engine.organisation(), as_of)
    live = digest(canonical(case_document(catch_up(standing, world, as_of).case, play.engine.ledger("C"))))
    assert found.cases == {"C": live}
    assert found.deviations["drift"] == 0
