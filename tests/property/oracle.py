"""The outcome of one obligation by a slow, obvious count: day by day, minute by minute, from a plain list of what was entered.

Written apart from the engine: it shares nothing with it but what the parsed calendar says of one day. It knows one obligation of a desk,
in a case that a boss can pause, end and open again; its numbers lie in years whose calendar is published, so that no date is provisional.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

Working = Callable[[date], bool]
Term = tuple[int, str, bool] | None
"""Amount, unit (``minute``, ``day``, ``working``), and whether the last day rolls; ``None`` has no number."""
When = tuple[datetime, bool]
"""An instant, and whether it is itself still in time (S2.1)."""


@dataclass(frozen=True)
class Entry:
    """One accepted entry: its number, what it is, from when to when it may have happened, when it was entered."""

    n: int
    what: str
    lo: datetime
    hi: datetime
    recorded: datetime
    own: bool = False
    """On the author's word alone (S1.3)."""
    by: str = "desk"
    of: int = 0
    value: Any = None


@dataclass(frozen=True)
class Spec:
    """The obligation: what starts it (``start``: the case, ``go``), its terms by the value of the fact, and its manners."""

    starts: str
    terms: dict[str, Term]
    early: str = "met"
    recount: str = "from_start"
    receiver: str = ""


@dataclass
class Verdict:
    outcome: str
    reason: str = ""
    due: datetime | None = None
    late: timedelta | None = None
    beside: tuple[str, ...] = ()


@dataclass
class Line:
    """What stands of the due date: the chain of what it is counted from, and what is still asked for."""

    date: Any
    kind: str
    asked: list[Entry] = field(default_factory=list)
    again: Entry | None = None


def outcomes(spec: Spec, log: list[Entry], as_of: datetime, working: Working) -> list[Verdict]:
    """Every row of the obligation as the record stood at ``as_of``: what was entered later is not seen."""
    seen = [e for e in log if e.recorded <= as_of]
    rounds: list[list[Entry]] = [[]]
    for entry in seen:
        if entry.what == "reopen":  # S7.2: a new round, old outcomes stay
            rounds.append([])
        place = len(rounds) - 1
        while entry.what != "close" and place and rounds[place] and entry.hi < rounds[place][0].lo:
            place -= 1  # done in an earlier round, entered in this one
        rounds[place].append(entry)
    names = (spec.starts,) if spec.starts != "start" else ("start", "reopen")
    found: list[Verdict] = []
    begun = False
    for round_number, entries in enumerate(rounds, 1):
        start = next((e for e in entries if e.what in names), None)
        begun = begun or start is not None
        nth = 1
        while start is not None:
            name = f"{round_number}.{nth}" if nth > 1 else str(round_number)
            verdict, start = _Instance(spec, entries, seen, start, as_of, working, name).judge()
            found.append(verdict)
            nth += 1
    if begun:
        return found
    if any(e.what == "done" for e in seen) or any(e.what == "close" for e in rounds[-1]):
        return [Verdict("undeterminable", "no_start")]  # S3.4
    return [Verdict("not_due", "not_started")]  # S3.1


class _Instance:
    def __init__(self, spec: Spec, entries: list[Entry], seen: list[Entry], start: Entry, as_of: datetime, working: Working, name: str):
        self.spec, self.entries, self.seen, self.as_of, self.working = spec, entries, seen, as_of, working
        self.start, self.cause, self.name = start.lo, start, name
        self.end = next((e for e in entries if e.what == "close"), None)

    # the outcome

    def judge(self) -> tuple[Verdict, Entry | None]:
        done = sorted((e for e in self.entries if e.what == "done"), key=lambda e: (self.when(e)[0], e.n))
        judged = [self.fulfilled(e) for e in done]
        # A word that nobody confirms, or a day without an hour, takes nothing from an act that is surely in time (promise 3).
        sure = next((v for v in judged if v[0].outcome == "met"), None)
        if judged and judged[0][0].reason in ("own_word", "granularity"):
            return sure or judged[0]
        return judged[0] if judged else self.unfulfilled()

    def when(self, act: Entry) -> tuple[datetime, datetime]:
        """S1.3: when somebody other than the obligor confirms, it was done then; but no later than it was entered."""
        said = [c for c in self.seen if c.what == "confirm" and c.of == act.n and c.by != "desk"]
        if not said:
            return act.lo, act.hi
        if said[-1].lo > max(act.recorded, act.lo):
            return act.recorded, act.recorded
        return said[-1].lo, said[-1].hi

    def fulfilled(self, act: Entry) -> tuple[Verdict, Entry | None]:
        lo, hi = self.when(act)
        line = self.line(lo)
        due = self.date(line.date, until=lo)
        again = line.again if line.again is not None and line.again.lo < lo else None
        stopped = self.stopped(lo)
        instant = due[0] if due else None
        if stopped is not None and in_time(due, stopped.hi):  # S3.3: from its own instant, before fulfilment and before due
            return Verdict(OVER[stopped.what], "", instant), None
        beside = (f"later_{OVER[stopped.what]}",) if stopped is not None else ()
        again = None if stopped is not None and again is not None and stopped.lo <= again.lo else again
        if hi < self.start:  # S3.2
            return (
                Verdict("undeterminable", "contradiction", instant) if self.spec.early != "met" else Verdict("met", "early", instant)
            ), again
        confirmed = any(c.what == "confirm" and c.of == act.n and c.by != "desk" for c in self.seen)
        entered = self.date(self.line(act.recorded).date, until=act.recorded)  # the date that ran when it was entered
        passed = [d for d in (due, entered) if d is not None and not in_time(d, act.recorded)]
        if act.own and not confirmed and passed and in_time(due, lo):
            over = self.stopped(None)
            if over is not None and in_time(due, over.hi):  # done or not, nothing was owed any more when it fell due
                return Verdict(OVER[over.what], "", instant), again
            return Verdict("undeterminable", "own_word", instant), again  # S1.3
        if due is None:
            return Verdict("met", "no_number"), again  # S3.1
        if in_time(due, hi):
            return Verdict("met", "", instant, beside=beside), again
        if in_time(due, lo):
            return Verdict("undeterminable", "granularity", instant), again
        if any(in_time(self.date(("plus", line.date, ask.value), until=lo), lo) for ask in line.asked):  # S8.4
            return Verdict("undeterminable", "extension_pending", instant), again
        return Verdict("met_late", "", instant, lo - due[0], beside), again

    def unfulfilled(self) -> tuple[Verdict, Entry | None]:
        until = self.end.lo if self.end else None
        line = self.line(until)
        due = self.date(line.date, until=until)
        instant = due[0] if due else None
        stopped = self.stopped(None)
        again = line.again if stopped is None or line.again is None or stopped.lo > line.again.lo else None
        ended_first = self.end is not None and (stopped is None or (self.end.lo, self.end.n) < (stopped.lo, stopped.n))
        if stopped is not None and not ended_first and in_time(due, stopped.hi):
            return Verdict(OVER[stopped.what], "", instant), None
        beside = (f"later_{OVER[stopped.what]}",) if stopped is not None else ()
        if self.end is not None and in_time(due, self.end.lo):
            return Verdict("missed", "ended", instant, beside=beside), again  # S3.2: still owed when the case ends
        now = self.end.lo if self.end is not None else self.as_of
        if due is None:
            return Verdict("not_due", "no_number"), again
        if in_time(due, now):
            return Verdict("not_due", "", instant), again
        if self.end is None and any(in_time(self.date(("plus", line.date, ask.value)), now) for ask in line.asked):
            return Verdict("undeterminable", "extension_pending", instant, beside=beside), again
        return Verdict("missed", "", instant, now - due[0], beside), again

    def stopped(self, before: datetime | None) -> Entry | None:
        """S3.3: what discharged or waived it, the first of them by when it happened."""
        found = [e for e in self.entries if e.what == "cancel" and e.hi >= self.start]
        found += [e for e in self.seen if e.what == "waive" and e.value == self.name]
        first = min(found, key=lambda e: (e.lo, e.n), default=None)
        return first if first is None or before is None or first.lo < before else None

    # the due date

    def line(self, until: datetime | None) -> Line:
        """S4.2, S4.3, S8.4: what each change before the fulfilment does to the date that runs."""
        line = Line(("span", self.start, self.spec.terms[self.known(self.start)], self.start), self.known(self.start))
        for instant, entry in self.changes():
            if entry.what == "grant":
                ask = next(e for e in self.seen if e.n == entry.of)
                if (until is None or ask.lo < until) and self.running(line, ask.lo) and self.date(line.date, instant) is not None:
                    line.date = ("plus", line.date, entry.value)
                continue
            if until is not None and instant >= until:
                continue
            if entry.what != "revise" or self.known(instant) == line.kind:
                continue
            if not self.running(line, instant) and not self.rescued(line, instant, entry.n):
                line.again = entry  # S4.3: that outcome never changes
                break
            line.kind = self.known(instant)
            line.date = self.revised(line.date, instant, self.spec.terms[line.kind])
        answered = [e.of for e in self.seen if e.what in ("grant", "refuse")]
        line.asked = [e for e in self.asked() if e.n not in answered and self.date(line.date) and self.running(line, e.lo)]
        return line

    def revised(self, old: Any, instant: datetime, term: Term) -> Any:
        """S4.2: a longer term moves the date back; a shorter one makes nobody late for the past."""
        origin = self.start if self.spec.recount == "from_start" else instant
        new = ("span", origin, term, instant)
        fresh = ("span", instant, term, instant)
        at, before, length = (self.date(d, instant) for d in (new, old, fresh))
        if at is None or length is None:
            return new
        if before is None:
            return new if in_time(at, instant) else fresh
        if at[0] >= before[0]:
            return new
        return fresh if length[0] < before[0] else old

    def changes(self) -> list[tuple[datetime, Entry]]:
        found = [(e.lo, e) for e in self.seen if e.what == "revise" and e.lo > self.start]
        found += [(e.recorded, e) for e in self.seen if e.what == "grant" and any(a.n == e.of for a in self.asked())]
        return sorted(found, key=lambda c: (c[0], c[1].n))

    def asked(self) -> list[Entry]:
        return [e for e in self.seen if e.what == "ask" and e.value[1] == self.name]

    def known(self, at: datetime) -> str:
        """The value of the fact that held at an instant."""
        found = [e.value for e in self.seen if e.what == "revise" and e.lo <= at]
        return str(found[-1]) if found else "unknown"

    def running(self, line: Line, at: datetime) -> bool:
        return in_time(self.date(line.date, at), at)

    def rescued(self, line: Line, at: datetime, n: int) -> bool:
        """S8.4: granted later, asked for in time: the date had moved, although nobody knew it yet."""
        later = [e for e in self.seen if e.what == "grant" and (e.recorded, e.n) > (at, n)]
        asks = {e.n: e for e in self.asked()}
        return any(
            e.of in asks and self.running(line, asks[e.of].lo) and in_time(self.date(("plus", line.date, e.value), at), at) for e in later
        )

    def date(self, chain: Any, at: datetime | None = None, until: datetime | None = None) -> When | None:
        """The date with every pause that began up to ``at`` and before ``until``, counted day by day."""
        pauses = [p for p in self.pauses() if (at is None or p[0] <= at) and (until is None or p[0] < until or p[0] <= self.start)]
        if chain[0] == "plus":
            base = self.date(chain[1], at, until)
            assert base is not None
            amount, unit = chain[2][0]
            if unit == "minute" or base[1]:
                origin = base[0]
            else:
                origin = base[0] - MINUTE  # an extension of days counts on from the last day
            return self.count(origin, (amount, unit, False), pauses)
        return self.count(chain[1], chain[2], pauses)

    def pauses(self) -> list[tuple[datetime, datetime]]:
        found: list[tuple[datetime, datetime]] = []
        marks = sorted((e for e in self.seen if e.what in ("hold", "resume")), key=lambda e: (e.lo, e.n))
        for n, mark in enumerate(marks):
            if mark.what == "hold" and not any(lo <= mark.lo < hi for lo, hi in found):
                end = next((e.lo for e in marks[n + 1 :] if e.what == "resume"), max(self.as_of, mark.lo))
                found.append((mark.lo, end))
        return found

    def count(self, start: datetime, term: Term, pauses: list[tuple[datetime, datetime]]) -> When | None:
        if term is None:
            return None
        amount, unit, roll = term
        if unit == "minute":
            return self.minutes(start, amount, pauses), True
        day = start.astimezone(ZONE).date()
        while amount:  # the day of the start does not count, nor a day of a pause but the one on which it ends
            day += DAY
            paused = any(lo.astimezone(ZONE).date() <= day < hi.astimezone(ZONE).date() for lo, hi in pauses)
            if not paused and (unit == "day" or self.working(day)):
                amount -= 1
        while roll and not self.working(day):
            day += DAY
        return datetime.combine(day + DAY, time(), ZONE), False

    def minutes(self, start: datetime, amount: int, pauses: list[tuple[datetime, datetime]]) -> datetime:
        """Minutes run from the instant, and stand still in a pause; those that would run out as a pause begins, run on after it."""
        at, left = start, amount * MINUTE
        for lo, hi in sorted(pauses):
            if hi <= at:
                continue
            if lo > at + left:
                break
            left -= max(lo - at, timedelta())
            at = hi
        return at + left


OVER = {"cancel": "discharged", "waive": "waived"}


def in_time(due: When | None, at: datetime) -> bool:
    """S2.1: minutes include the due instant; days end before the midnight after."""
    return due is None or (at <= due[0] if due[1] else at < due[0])
