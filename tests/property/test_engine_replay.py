"""The live engine and a fresh fold of its journal never differ: not in outcomes, not in what is journaled."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.store.memory import MemoryStore
from tests.examples import examples
from tests.play import Play
from workflow import command as c
from workflow.act import Act
from workflow.case.standing import Standing
from workflow.engine import Engine
from workflow.errors import DubanError
from workflow.moment import Moment
from workflow.obligation.ledger import ledger
from workflow.organisation import Actor

EVENTS = ("call", "paper", "forward", "step", "answer", "follow", "cancel", "hold", "resume", "close")
ROLES = ("desk", "boss", "office")
steps = st.one_of(
    st.tuples(st.just("event"), st.sampled_from(EVENTS), st.sampled_from(ROLES), st.sampled_from((0, 20, 600)), st.booleans()),
    st.tuples(st.just("revise"), st.sampled_from(("low", "high", "not known yet")), st.sampled_from(("grade",))),
    st.tuples(st.just("revise"), st.sampled_from(("a", "b")), st.sampled_from(("kind",))),
    st.tuples(st.just("receipt"), st.integers(1, 6)),
    st.tuples(st.just("decide"), st.booleans()),
    st.tuples(st.just("withdraw")),
    st.tuples(st.just("reopen")),
    st.tuples(st.just("same"), st.booleans()),
    st.tuples(st.just("tick")),
    st.tuples(st.just("wait"), st.sampled_from((1, 31, 125, 1500, 9000))),
)


def command(step: tuple[Any, ...], now: Any) -> c.Command | None:
    kind = step[0]
    if kind == "event":
        _, event, role, back, record = step
        said = c.Said(actor=Actor(role), happened=Moment.at(now - timedelta(minutes=back)) if back else None)
        return (c.Record if record else c.Do)(said=said, event=event)
    said = c.Said(actor=Actor("boss"))
    if kind == "revise":
        return c.Revise(said=said, facts={step[2]: step[1]}, reason="查明")
    if kind == "receipt":
        return c.Receipt(said=said, of=step[1], by="boss")
    if kind == "decide":
        return c.Decide(said=said, decision="tell", answer=step[1], reason="r")
    if kind == "withdraw":
        return c.Withdraw(said=said, reason="r")
    if kind == "reopen":
        return c.Reopen(said=said, reason="r")
    if kind == "same":
        return c.SameAs(said=said, lead="D" if step[1] else "", reason="r")
    return None


class Counting:
    """Salts that are the same in every run."""

    def token(self, size: int) -> bytes:
        return bytes(size)


def engine_on(store: MemoryStore, play: Play) -> Engine:
    engine = Engine(store, play.clock, Counting(), play.engine.calendar, "test")
    play.engine = engine
    return engine


def run(script: list[tuple[Any, ...]], fresh: bool) -> list[bytes]:
    """The journal of a script; with ``fresh`` every step is done by an engine that has folded the case anew."""
    play = Play("probe").at("09-24 10:00")
    definitions = [r.procedure.ref for r in play.engine.definitions()]
    assert "probe@1-1" in definitions
    play.engine._entropy = Counting()
    play.open("desk", case="D")  # a case that may lead
    play.open("desk")
    for step in script:
        if fresh:
            engine_on(play.engine.store, play)  # type: ignore[arg-type]
        now = play.clock.now()
        if step[0] == "wait":
            play.clock.set(now + timedelta(minutes=step[1]))
        elif step[0] == "tick":
            play.engine.tick()
        else:
            with contextlib.suppress(DubanError):
                play.do(command(step, now))  # type: ignore[arg-type]
        standing = play.engine.case("C")
        world = play.engine.world(standing)
        now = play.clock.now()
        with play.engine.store.read() as view:
            acts = [Act.decode(e) for e in view.entries("C")]
        again = Standing.replayed("C", acts, world, now)
        assert ledger(again.case, world, now) == ledger(standing.case, world, now)
        assert again.case.state == standing.case.state
    with play.engine.store.read() as view:
        return [e.raw for e in view.entries("C")]


@examples(40)
@given(st.lists(steps, max_size=12))
def test_what_is_journaled_does_not_depend_on_what_is_kept_in_memory(script: list[tuple[Any, ...]]) -> None:
    assert run(script, fresh=False) == run(script, fresh=True)


@examples(40)
@given(st.lists(steps, max_size=8), steps)
def test_a_forecast_is_what_happens(script: list[tuple[Any, ...]], last: tuple[Any, ...]) -> None:
    play = Play("probe").at("09-24 10:00")
    play.open("desk", case="D")  # a case that may lead
    play.open("desk")
    for step in script:
        if step[0] == "wait":
            play.clock.set(play.clock.now() + timedelta(minutes=step[1]))
        elif (given_command := command(step, play.clock.now())) is not None:
            with contextlib.suppress(DubanError):
                play.do(given_command)
    final = command(last, play.clock.now())
    if final is None:
        return
    before = play.engine.case("C").case.n
    try:
        forecast = play.engine.forecast("C", final)
    except DubanError as error:
        try:
            play.do(final)
        except DubanError as other:
            assert other.code == error.code
            return
        raise AssertionError("the forecast refused what was done") from error
    assert play.engine.case("C").case.n == before  # nothing was written
    done = play.do(final)
    assert [a.body() for a in done.acts] == [a.body() for a in forecast.acts]
    assert [(r.key, r.outcome) for r in forecast.after] == [(r.key, r.outcome) for r in play.engine.ledger("C")]
