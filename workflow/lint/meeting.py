"""Whether a duty can be met after the steps that must precede it: the term against the shortest course to an event that fulfils it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workflow import term as terms
from workflow.lint.course import EVENT, Courses, Node, Outset, Step, trail
from workflow.lint.network import Network
from workflow.lint.spans import DAY, Spans, seconds
from workflow.procedure.model import CASE, Obligation
from workflow.term import Term
from workflow.text import Text


@dataclass(frozen=True, slots=True)
class Late:
    """A term of a duty that is over before any course fulfils it."""

    start: str
    alternative: int
    steps: tuple[tuple[Node, Step], ...]
    """The shortest course."""
    day: date | None
    """A start day on which it is so; ``None``: on all."""

    def chain(self, courses: Courses) -> Text:
        """The steps, each with what it waits for."""
        return Text(" → ".join(self._said(courses, "zh")), " → ".join(self._said(courses, "en")))

    def _said(self, courses: Courses, lang: str) -> Iterator[str]:
        last = self.start
        yield _label(courses, last).say("zh" if lang == "zh" else "en")
        for (kind, name), step in self.steps:
            event = step.event or (name if kind == EVENT else "")
            if event and event != last:
                wait = "/".join(t.text.zh if lang == "zh" else t.text.en for t in step.terms)
                said = _label(courses, event)
                yield (said.zh if lang == "zh" else said.en) + (f" (+{wait})" if wait else "")
                last = event


@dataclass(frozen=True, slots=True)
class Never:
    """No course that begins with ``start`` comes to an event that fulfils the duty."""

    start: str


def _label(courses: Courses, event: str) -> Text:
    known = courses.p.events.get(event)
    return known.text if known is not None else Text("立案", "opening") if event == CASE else Text(event, event)


class Meeting:
    """The duties of a procedure, each against the courses that lead to it."""

    def __init__(self, courses: Courses, spans: Spans) -> None:
        self._courses, self._spans = courses, spans

    def faults(self, duty: Obligation) -> Iterator[Late | Never]:
        """What is wrong with a duty whose clock an event starts and nothing stops; see :func:`unseen`."""
        starts = sorted({n for kind, n in self._courses.starters(duty) if kind == EVENT})
        for start in starts:
            if start not in duty.met_by:
                yield from self._after(duty, start, starts)

    def _after(self, duty: Obligation, start: str, starts: Collection[str]) -> Iterator[Late | Never]:
        courses, again = self._courses, duty.starts.each
        if any(courses.always_at_once(start, event) for event in duty.met_by):
            return
        outset = courses.after(start, starts, again=again)
        if outset is None or any(courses.at_once(outset, event) for event in duty.met_by):
            return
        if not again and duty.early == "met" and any((EVENT, event) in outset.before for event in duty.met_by):
            return  # it may be met before it starts
        reached = courses.reached(outset, self.soonest, goals=duty.met_by)
        goal = next(((EVENT, m) for m in duty.met_by if (EVENT, m) in reached), None)
        if goal is None:
            yield Never(start)
            return
        steps = tuple(trail(reached, goal))
        chain = [step.terms for _, step in steps if step.terms]
        if not chain:
            return
        for i, alternative in enumerate(duty.term):
            if self._spans.counted(alternative.term):
                found = self._over(duty, alternative.term, outset, reached[goal].at, chain)
                if found is not None:
                    yield Late(start, i, steps, found[0] if found else None)

    def _over(self, duty: Obligation, term: Term, outset: Outset, soonest: int, chain: Sequence[Sequence[Term]]) -> tuple[date, ...] | None:
        """``None``: there is time. Empty: a start on any day falls due too early; else the day that shows it."""
        length = self._spans.length(term)
        assert length is not None
        more = self._spans.length(duty.extend.cap) if duty.extend is not None and duty.extend.cap is not None else None
        network: Network[str] = Network()
        network.at_least("start", "met", soonest, "the shortest course")
        network.at_most("start", "due", length.longest + (more.longest if more is not None else 0), "the term")
        network.at_most("due", "met", 0, "met by then")
        if network.conflict():
            return ()
        longest = sum(max(self._most(t) for t in choice) for choice in chain)
        if more is not None or longest < length.shortest:
            return None
        last = len(self._spans.begins) - 2 - (longest + length.longest) // DAY
        late = [(by, index, end) for index in range(last) for end in (False, True) if (by := self._by(term, chain, index, end)) >= 0]
        if not late:
            return None
        _, index, end = max(late)
        if not self._missed(duty, term, outset, index, end, end):
            return None
        if len(late) == 2 * last and all(self._missed(duty, term, outset, n, False, True) for n in range(last)):
            return ()
        return (self._spans.day(index),)

    def _by(self, term: Term, chain: Sequence[Sequence[Term]], index: int, end: bool) -> int:
        """By how many seconds the chain is over after the term, from the first or the last minute of a day; negative: in time."""
        start = at = self._spans.start(index, late=end)
        for choice in chain:
            at = self._first(at, choice)
        due = self._due(start, term)
        return seconds(at) - seconds(due.instant) if not due.in_time(at) else -1

    def _missed(self, duty: Obligation, term: Term, outset: Outset, index: int, end: bool, due_end: bool) -> bool:
        """Whether no course that starts at that minute of a day fulfils the duty before the term, from that minute, is over."""
        begin = self._spans.start(index, late=end)

        def advance(at: int, choice: Sequence[Term]) -> int:
            return seconds(self._first(begin + timedelta(seconds=at), choice)) - seconds(begin)

        reached = self._courses.reached(outset, advance, goals=duty.met_by)
        met = min(reached[(EVENT, m)].at for m in duty.met_by if (EVENT, m) in reached)
        return not self._due(self._spans.start(index, late=due_end), term).in_time(begin + timedelta(seconds=met))

    def _due(self, start: datetime, term: Term) -> terms.Due:
        return terms.due(start, term, self._spans.calendar, self._spans.zone)

    def _first(self, at: datetime, choice: Sequence[Term]) -> datetime:
        return min(self._due(at, t).instant if self._spans.counted(t) else at for t in choice)

    def soonest(self, at: int, choice: Sequence[Term]) -> int:
        """The earliest instant at which one of several terms may have run out."""
        return at + min(length.shortest if (length := self._spans.length(t)) is not None else 0 for t in choice)

    def _most(self, term: Term) -> int:
        length = self._spans.length(term)
        return length.longest if length is not None else 0


def unseen(duty: Obligation) -> Text | None:
    """Why it is not looked at whether a duty can be met in time."""
    start = duty.starts
    if duty.pause:
        return Text("期限可能暂停", "its clock may be paused")
    if start.every is not None:
        return Text("周期性义务", "it recurs")
    if start.fact is not None:
        return Text(f"起算时刻由事实 {start.fact} 给出", f"the fact {start.fact} says when it starts")
    if start.date is not None:
        return Text("自固定日期起算", "it starts on a fixed date")
    if start.decision is not None:
        return Text("起算于决定,决定可在任何状态作出", "it starts with a decision, which may be taken in any state")
    return None
