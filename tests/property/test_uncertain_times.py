"""S3.4: an outcome that depends on what the record leaves open is undeterminable; the oracle tries instants within what it says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.audited import judged as replayed
from tests.audited import rules
from tests.play import at
from workflow.moment import TICK, Moment
from workflow.obligation.row import Row

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIRST = at("09-22 00:00")
TERMS = ["90 minutes", "30 hours", "2 days", "3 days cutoff 17:00", "2 working days", "until 17:00"]
BLURS = [timedelta(), timedelta(), MINUTE - TICK, timedelta(hours=3), DAY - TICK]
"""Exact, to the minute, somewhere in three hours, the day alone."""
SHIFTS = [timedelta(), timedelta(minutes=90), timedelta(hours=30)]
NEVER = "12-31 12:00"


@st.composite
def moments(draw: st.DrawFn, latest: int = 5 * 1440) -> Moment:
    blur = draw(st.sampled_from(BLURS))
    start = FIRST + draw(st.integers(0, latest)) * MINUTE
    if blur == DAY - TICK:
        start = start.replace(hour=0, minute=0)
    return Moment(start, start + blur)


def instants(moment: Moment, every: Iterable[Moment]) -> list[datetime]:
    """The bounds, and whatever may be a turning point within: other bounds, a term away from them, midnights and closing hours."""
    marks = {m + sign * shift for e in every for m in (e.lo, e.hi) for shift in SHIFTS for sign in (1, -1)}
    day = moment.lo.astimezone(FIRST.tzinfo).replace(hour=0, minute=0, second=0, microsecond=0)
    marks |= {(day + n * DAY).astimezone(UTC) + hour for n in (0, 1) for hour in (timedelta(), timedelta(hours=17))}
    near = {m + step for m in marks for step in (-TICK, timedelta(), TICK)}
    found = {moment.lo, moment.hi, *(m for m in near if moment.lo <= m <= moment.hi)}
    return sorted(found)


def kind(outcome: str) -> str:
    """In time or not: what was met and what was discharged is neither late nor missed."""
    return "late" if outcome in ("met_late", "missed") else "undeterminable" if outcome == "undeterminable" else "fine"


def tried(term: str, chance: Random | None = None, **course: Moment) -> set[str]:
    """What the ledger says with each choice of exact instants that keeps the opening first; by ``chance`` some of very many choices."""
    law, found = rules(term), set()
    every = [instants(moment, course.values()) for moment in course.values()]
    for chosen in product(*every) if chance is None else (tuple(map(chance.choice, every)) for _ in range(60)):
        opening, *rest = chosen
        if all(opening <= instant for instant in rest):
            events = [(name.replace("begun", "start"), Moment.at(instant)) for name, instant in zip(course, chosen, strict=True)]
            found.add(kind(replayed(law, *events, as_of=NEVER).rows[0].outcome))
    return found


def judged(term: str, **course: Moment) -> Row:
    events = [(name.replace("begun", "start"), moment) for name, moment in course.items()]
    (found,) = replayed(rules(term), *events, as_of=NEVER).rows
    return found


def agrees(term: str, **course: Moment) -> None:
    begun = course["begun"]
    assume(all(begun.lo < other.lo or begun == other for name, other in course.items() if name != "begun"))
    found, expected = judged(term, **course), tried(term, **course)
    if len(expected) > 1:
        assert found.outcome == "undeterminable" and found.bounds
    elif expected:
        assert {kind(found.outcome)} == expected


@given(st.sampled_from(TERMS), moments(), moments())
def test_start_and_fulfilment_may_both_be_uncertain(term: str, begun: Moment, done: Moment) -> None:
    agrees(term, begun=begun, done=done)


@given(st.sampled_from(TERMS), moments(), moments())
def test_a_discharge_of_which_the_instant_is_uncertain(term: str, begun: Moment, cancel: Moment) -> None:
    agrees(term, begun=begun, cancel=cancel)


@given(st.sampled_from(TERMS), moments(1440), moments(), moments())
def test_a_discharge_and_a_fulfilment_of_which_the_instants_are_uncertain(term: str, begun: Moment, cancel: Moment, done: Moment) -> None:
    agrees(term, begun=begun, cancel=cancel, done=done)


@given(st.sampled_from(TERMS), moments(1440), moments())
def test_a_case_that_ends_at_an_uncertain_instant(term: str, begun: Moment, close: Moment) -> None:
    agrees(term, begun=begun, close=close)


@st.composite
def paused(draw: st.DrawFn) -> tuple[str, dict[str, Moment]]:
    """A term with a start, a pause that begins before it runs out, its end, and an act about when the term runs out then."""
    term, length = draw(st.sampled_from([("90 minutes", 90), ("30 hours", 1800), ("2 days", 2880), ("2 working days", 2880)]))
    found: dict[str, Moment] = {}
    at = FIRST + draw(st.integers(0, 1440)) * MINUTE
    for name, most in (("begun", 0), ("hold", length // 2), ("resume", 600)):
        blur = draw(st.sampled_from(BLURS[:4]))
        since = at + draw(st.integers(0, most)) * MINUTE
        found[name], at = Moment(since, since + blur), (since + blur).replace(second=0, microsecond=0) + MINUTE
    due = found["begun"].lo + length * MINUTE + (found["resume"].lo - found["hold"].lo)
    since = max(at, due + draw(st.integers(-240, 240)) * MINUTE)
    found["done"] = Moment(since, since + draw(st.sampled_from(BLURS[:4])))
    return term, found


@given(paused(), st.randoms(use_true_random=False))
def test_a_pause_of_which_the_bounds_are_uncertain(drawn: tuple[str, dict[str, Moment]], chance: Random) -> None:
    term, course = drawn
    found, expected = judged(term, **course), tried(term, chance, **course)
    if len(expected) > 1:
        assert found.outcome == "undeterminable" and found.bounds
    elif found.outcome != "undeterminable":  # it may be the order of two marks that nothing tried here has met
        assert {kind(found.outcome)} == expected
