"""The time account against a walk over every minute, on random lines of reports."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.custody import LINE, clock, course, held
from workflow.account import ON_THE_WAY, UNKNOWN

MINUTE = timedelta(minutes=1)
Line = tuple[str, ...]


def minutes(at: int) -> str:
    return f"{at // 60:02}:{at % 60:02}"


@st.composite
def lines(draw: st.DrawFn, follow_ups: bool = False) -> list[Line]:
    """The village opens it; each office passes it on some minutes after it got it, shown as received or not; follow-ups in between."""
    at = draw(st.integers(0, 60))
    found: list[Line] = [("open", "village", minutes(at))]
    for sender, receiver in pairwise(LINE):
        sent = at + draw(st.integers(1, 90))
        width = draw(st.sampled_from([0, 0, 0, 7]))
        when = minutes(sent) if not width else f"{minutes(sent)}/{minutes(sent + width)}"
        at = sent + width + draw(st.integers(0, 30))
        got = draw(st.sampled_from(["shown", "telephone", "not"]))
        if got == "telephone":
            found.append((f"call_{receiver}", sender, when))
            at = sent + width
        else:
            found.append((f"to_{receiver}", sender, when, *([minutes(at)] if got == "shown" else [])))
        if follow_ups and draw(st.booleans()):
            again = at + draw(st.integers(1, 20))
            found.append((f"to_{receiver}", sender, minutes(again), *draw(st.sampled_from([[], [minutes(again + 20)]]))))
        if draw(st.integers(0, 3)) == 0:
            break
    return found


def walk(found: list[Line]) -> list[str]:
    """The holder of each minute, told by the story itself: forwards, one minute after the other."""
    last = max(int(t[:2]) * 60 + int(t[3:]) for line in found for cell in line[2:] for t in cell.split("/"))
    first = int(found[0][2][:2]) * 60 + int(found[0][2][3:])
    told = []
    for minute in range(first, last):
        holder = "village"
        for event, sender, sent, *got in found[1:]:
            receiver = event.partition("_")[2]
            low, high = (int(t[:2]) * 60 + int(t[3:]) for t in (sent.split("/")[0], sent.split("/")[-1]))
            fresh = LINE.index(receiver) > LINE.index(sender) and holder in (sender, UNKNOWN)
            if minute < low or not fresh:
                continue
            if minute < high:
                holder = UNKNOWN
                break
            if event.startswith("call_"):
                holder = receiver
            elif got:
                holder = receiver if minute >= int(got[0][:2]) * 60 + int(got[0][3:]) else ON_THE_WAY
                if holder == ON_THE_WAY:
                    break
            else:
                holder = UNKNOWN
        told.append(holder)
    return told


@given(lines())
def test_every_minute_belongs_to_the_holder_whom_the_story_gives_it(found: list[Line]) -> None:
    told = [s.holder for s in held(course(*found)).stretches for _ in range((s.until - s.since) // MINUTE)]
    assert told == walk(found)


@given(lines(follow_ups=True), st.randoms(use_true_random=False))
def test_the_parts_are_disjoint_and_cover_and_add_up_whatever_the_order_of_the_rows(found: list[Line], chance: Random) -> None:
    result = held(course(*found))
    for before, after in pairwise(result.stretches):
        assert before.until == after.since and before.since < before.until and before.holder != after.holder
    parts = sum(s.seconds for s in result.stretches)
    assert parts == result.seconds == sum(result.held.values()) == (result.until - result.since).total_seconds()
    assert clock(result.since) == found[0][2]
    sent = [line[2][:5] for line in found]
    if len(set(sent)) == len(sent):
        opening, *rest = found
        chance.shuffle(rest)
        assert held(course(opening, *rest)) == result, "entered in another order"
