"""What must hold of every history: one outcome, fixed by the record and by nothing else."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.play import Play
from tests.property.test_engine_replay import Counting, command, steps
from workflow import command as c
from workflow import sources
from workflow.act import EVIDENCE, Act
from workflow.case.fold import evolve, fold
from workflow.case.standing import Standing
from workflow.errors import DubanError
from workflow.journal.canonical import Json, canonical, digest
from workflow.moment import Moment
from workflow.obligation.ledger import ledger
from workflow.obligation.row import Outcome, Row
from workflow.organisation import Actor
from workflow.replay import case_document, row_document

Script = list[tuple[Any, ...]]
scripts = st.lists(steps, max_size=10)
quiet = st.lists(steps.filter(lambda s: s[0] != "tick"), max_size=10)
SECOND = timedelta(seconds=1)
FINAL = (Outcome.MET, Outcome.MET_LATE, Outcome.MISSED, Outcome.DISCHARGED, Outcome.WAIVED)


def begun() -> Play:
    play = Play("probe").at("09-24 10:00")
    play.engine._entropy = Counting()
    play.open("desk", case="D")  # a case that may lead
    play.open("desk", facts={"name": "张三"})
    return play


def step_on(play: Play, step: tuple[Any, ...]) -> None:
    if step[0] == "wait":
        play.clock.set(play.clock.now() + timedelta(minutes=step[1]))
    elif step[0] == "tick":
        play.engine.tick()
    else:
        with contextlib.suppress(DubanError):
            play.do(command(step, play.clock.now()))  # type: ignore[arg-type]


def played(script: Script) -> Play:
    play = begun()
    for step in script:
        step_on(play, step)
    return play


def instants(play: Play) -> list[datetime]:
    """The instants at which something could turn: every entry, every due date, a little before and after; and long after."""
    rows = play.engine.ledger("C")
    found = {a.recorded for a in play.engine.case("C").case.acts}
    found |= {d.instant for r in rows for v in (*r.revisions, *r.pending) if (d := v.due) is not None}
    return sorted({t + s for t in found for s in (-SECOND, timedelta(), SECOND)} | {play.clock.now() + timedelta(days=90)})


def documents(play: Play, as_of: datetime) -> list[dict[str, Json]]:
    standing = play.engine.case("C")
    return [row_document(r, standing.case) for r in ledger(standing.case, play.engine.world(standing), as_of)]


def journal(play: Play) -> list[bytes]:
    with play.engine.store.read() as view:
        return [e.raw for e in view.journal()]


@examples(40)
@given(scripts)
def test_every_row_has_one_outcome_of_seven_at_any_instant(script: Script) -> None:
    play = played(script)
    standing = play.engine.case("C")
    world = play.engine.world(standing)
    for as_of in instants(play):
        rows = ledger(standing.case, world, as_of)
        assert len({r.key for r in rows}) == len(rows)
        for row in rows:
            assert row.outcome in Outcome
            assert (row.outcome == Outcome.UNDETERMINABLE) <= bool(row.reason)
            if row.outcome == Outcome.MET_LATE:
                assert row.missing_from is not None and row.late is not None and row.late.clock >= timedelta()
                assert row.met_at is not None and row.missing_from <= row.met_at.lo
            if row.outcome == Outcome.MISSED:
                assert row.missing_from is not None and row.missing_from <= as_of
            if row.outcome in (Outcome.DISCHARGED, Outcome.WAIVED):
                assert row.ended_by is not None
            assert row.open <= (row.outcome in (Outcome.NOT_DUE, Outcome.MISSED, Outcome.UNDETERMINABLE))


@examples(40)
@given(scripts)
def test_time_alone_changes_no_outcome_that_is_final(script: Script) -> None:
    play = played(script)
    standing = play.engine.case("C")
    world = play.engine.world(standing)
    last = standing.case.acts[-1].recorded
    before: dict[str, Row] = {}
    for as_of in [t for t in instants(play) if t >= last]:
        now = {r.key: r for r in ledger(standing.case, world, as_of)}
        assert before.keys() <= now.keys()
        for key, row in before.items():
            if row.outcome in FINAL:
                assert now[key].outcome == row.outcome
        before = now


@examples(40)
@given(scripts, st.sampled_from(("call", "paper", "answer", "follow")), st.sampled_from((1, 40, 200, 2000, 9000)))
def test_s1_3_a_late_word_makes_nothing_late_and_launders_no_lateness(script: Script, event: str, back: int) -> None:
    """Promise 3, on the strength of the author's word alone."""
    play = played(script)
    before = {r.key: r for r in play.engine.ledger("C")}
    happened = max(play.clock.now() - timedelta(minutes=back), play.engine.case("C").case.opened.happened.lo)
    play.do(c.Record(said=c.Said(actor=Actor("desk"), happened=Moment.at(happened), grade="own"), event=event))
    after = {r.key: r for r in play.engine.ledger("C")}
    for key, row in before.items():
        if row.outcome == Outcome.MET:
            assert after[key].outcome == Outcome.MET
        if row.outcome == Outcome.MET_LATE or (row.outcome == Outcome.MISSED and row.reason != "ended"):
            assert after[key].outcome in (row.outcome, Outcome.MET_LATE, Outcome.UNDETERMINABLE)


@examples(40)
@given(scripts)
def test_as_of_an_instant_is_what_a_journal_cut_there_says(script: Script) -> None:
    play = played(script)
    standing = play.engine.case("C")
    world = play.engine.world(standing)
    with play.engine.store.read() as view:
        acts = [Act.decode(e) for e in view.entries("C")]
    for as_of in instants(play):
        seen = [a for a in acts if a.recorded <= as_of]
        if seen:
            cut = Standing.replayed("C", seen, world, as_of)
            assert ledger(standing.case, world, as_of) == ledger(cut.case, world, as_of) == cut.all_rows()


@examples(40)
@given(scripts)
def test_evolving_act_by_act_is_folding_at_once(script: Script) -> None:
    acts = played(script).engine.case("C").case.acts
    blank = Standing.fresh("C", acts[0]).case
    case = blank
    for act in acts:
        case = evolve(case, act)
    assert case == fold(blank, acts)


@examples(40)
@given(quiet, st.lists(st.integers(0, 3000), max_size=12))
def test_s3_6_ticks_at_any_instant_change_no_outcome_date_or_digest(script: Script, ticks: list[int]) -> None:
    untouched, ticked = begun(), begun()
    for step in script:
        step_on(untouched, step)
        if step[0] == "wait":
            until = ticked.clock.now() + timedelta(minutes=step[1])
            for after in sorted(t for t in ticks if t < step[1]):
                ticked.clock.set(until - timedelta(minutes=step[1] - after))
                ticked.engine.tick()
            ticked.clock.set(until)
        else:
            step_on(ticked, step)
    found = []
    for play in (untouched, ticked):
        play.clock.set(play.clock.now() + timedelta(days=3))
        play.engine.tick()
        standing = play.engine.case("C")
        rows = ledger(standing.case, play.engine.world(standing), play.clock.now())
        found.append((documents(play, play.clock.now()), digest(canonical(case_document(standing.case, rows)))))
    assert found[0] == found[1]


@examples(30)
@given(st.lists(st.tuples(st.sampled_from("AB"), steps.filter(lambda s: s[0] != "same")), max_size=14))
def test_commands_on_other_cases_change_nothing(script: list[tuple[str, tuple[Any, ...]]]) -> None:
    def alone(*cases: str) -> dict[str, list[bytes]]:
        play = Play("probe").at("09-24 10:00")
        play.engine._entropy = Counting()
        for case in cases:
            play.open("desk", case=case)
        for case, step in script:
            if case in cases or step[0] in ("wait", "tick"):
                play.case = case
                step_on(play, step)
        with play.engine.store.read() as view:
            return {case: [e.raw for e in view.entries(case)] for case in cases}

    assert alone("A", "B") == {**alone("A"), **alone("B")}


@examples(30)
@given(st.lists(st.tuples(st.integers(0, 2000), st.lists(steps.filter(lambda s: s[0] not in ("tick", "wait")), max_size=5)), max_size=4))
def test_one_transaction_for_many_commands_gives_the_outcomes_of_one_for_each(bursts: list[tuple[int, Script]]) -> None:
    single, many = begun(), begun()
    for wait, burst in bursts:
        for play in (single, many):
            play.clock.set(play.clock.now() + timedelta(minutes=wait))
        for step in burst:
            step_on(single, step)
        with many.engine.batch() as batch:
            for step in burst:
                step = _renumbered(step, single, many)
                with contextlib.suppress(DubanError):
                    batch.do("C", command(step, many.clock.now()))  # type: ignore[arg-type]
    until = single.clock.now() + timedelta(days=1)
    assert documents(single, until) == documents(many, until)
    assert single.state == many.state


def _renumbered(step: tuple[Any, ...], single: Play, many: Play) -> tuple[Any, ...]:
    """A receipt names an entry by its number, and a refusal takes one where each command has a transaction of its own."""
    if step[0] != "receipt":
        return step
    acts = [a for a in single.engine.case("C").case.acts[: step[1]] if a.kind not in EVIDENCE]
    target = single.engine.case("C").case.act(step[1])
    return (step[0], len(acts) if target is not None and target.kind not in EVIDENCE else 10_000)


@pytest.mark.parametrize("keep", [0, 1])
@examples(15)
@given(script=scripts)
def test_an_engine_that_keeps_nothing_in_memory_writes_the_same_bytes(keep: int, script: Script) -> None:
    with pytest.MonkeyPatch.context() as patch:
        warm = journal(played(script))
        patch.setattr(sources, "KEEP", keep)
        assert journal(played(script)) == warm


@examples(15)
@given(scripts)
def test_equal_commands_with_equal_chance_give_equal_bytes(script: Script) -> None:
    assert journal(played(script)) == journal(played(script))
