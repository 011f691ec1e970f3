"""What is wrong in time: duties that cannot be met, timers and tiers that come too late or on the wrong side of a due time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import combinations

from workflow.calendar import Calendar
from workflow.lint.course import EVENT, Courses, Node, Step
from workflow.lint.finding import Finding, Severity
from workflow.lint.meeting import Late, Meeting, unseen
from workflow.lint.spans import Spans, spans
from workflow.lint.tier import least_after, misplaced
from workflow.procedure.duties import counted
from workflow.procedure.model import CASE, Event, Obligation, Procedure
from workflow.procedure.source import Path
from workflow.term import Offset, Span, Term
from workflow.text import Text


class Timing:
    """The time of one procedure on one calendar."""

    def __init__(self, p: Procedure, calendar: Calendar) -> None:
        self.p = p
        self.courses = Courses(p)
        self.spans: Spans = spans(calendar, p.zone)
        self.meeting = Meeting(self.courses, self.spans)

    def findings(self) -> Iterator[Finding]:
        yield from self._terms()
        yield from self._met()
        yield from self._tiers()
        yield from self._timers()
        yield from self._superiors()
        yield from self._after_the_end()
        yield from self._unseen()

    def _terms(self) -> Iterator[Finding]:
        """No later start has an earlier due date, and every term leaves some time."""
        for at, term in numbered(self.p):
            back = self.spans.falls_back(term)
            if back is not None:
                one, other = back
                zh = f"{term.text.zh}:{other} 起算的先于 {one} 起算的到期"
                yield Finding("time.falls_back", "error", at, Text(zh, f"{term.text.en}: a start on {other} is due before one on {one}"))
            length = self.spans.length(term)
            if length is not None and length.longest <= 0:
                said = Text(f"{term.text.zh}:起算时即已到期", f"{term.text.en}: it is over when it starts")
                yield Finding("time.no_time", "error", at, said)
            elif isinstance(term, Span) and term.amount == 0:
                said = Text(f"{term.text.zh}:起算当日终了即到期", f"{term.text.en}: it ends with the start day")
                yield Finding("time.nought", "warning", at, said)
            elif length is None:
                said = Text(f"{term.text.zh}:长短不由起算决定", f"'{term.text.en}': how long it is does not hang on its start")
                yield Finding("time.unchecked", "unchecked", at, said)

    def _met(self) -> Iterator[Finding]:
        for name, duty in self.p.obligations.items():
            if unseen(duty) is None:
                for fault in self.meeting.faults(duty):
                    yield self._late(name, duty, fault) if isinstance(fault, Late) else self._never(name, duty, fault.start)

    def _late(self, name: str, duty: Obligation, late: Late) -> Finding:
        term, chain = duty.term[late.alternative].term.text, late.chain(self.courses)
        when = Text("", "") if late.day is None else Text(f",例如 {late.day} 起算", f", for example when it starts on {late.day}")
        plain = bool(duty.starts.on) and duty.starts.instant == "happened" and duty.owed_when is None and len(duty.term) == 1
        return Finding(
            "time.cannot_be_met",
            "error" if late.day is None and plain else "warning",
            ("obligations", name, "term", late.alternative),
            Text(f"{name} 不能按时履行:{term.zh}{when.zh};{chain.zh}", f"{name} cannot be met in {term.en}{when.en}: {chain.en}"),
            Text("延长期限,或使履行的事件更早可能发生", "give it longer, or make an event that fulfils it possible earlier"),
        )

    def _never(self, name: str, duty: Obligation, start: str) -> Finding:
        met = "、".join(duty.met_by), ", ".join(duty.met_by)
        said = Text(f"{name}:{start} 之后再也不能发生 {met[0]}", f"{name}: after {start} no course comes to {met[1]}")
        hint = Text("检查 met_by、from 和 to", "check 'met_by', 'from' and 'to'")
        return Finding("time.never_after", "error", ("obligations", name, "met_by"), said, hint)

    def _tiers(self) -> Iterator[Finding]:
        for name, duty in self.p.obligations.items():
            terms = [a.term for a in duty.term if self.spans.counted(a.term)]
            if duty.starts.every is not None or not terms:
                continue
            for i, tier in enumerate(duty.tiers):
                hour = tier.hour or self.p.hour
                found = [m for t in terms if (m := misplaced(Offset.parse(tier.at), t, hour, self.spans)) is not None]
                if not found:
                    continue
                worst = next((m for m in found if m.always), found[0])
                side = Text("早于起算", "before the start") if worst.early else Text("晚于到期", "after the due time")
                when = Text("", "") if worst.day is None else Text(f",例如 {worst.day} 起算", f", for example from {worst.day}")
                all_of_them = len(found) == len(terms) and all(m.always for m in found)
                severity: Severity = "error" if all_of_them else "warning" if worst.always else "notice"
                said = Text(
                    f"{name} 的“{tier.at}”{side.zh}({worst.term.text.zh}{when.zh})",
                    f"{name}: '{tier.at}' lies {side.en} ({worst.term.text.en}{when.en})",
                )
                yield Finding("time.tier_side", severity, ("obligations", name, "tiers", i, "at"), said)

    @cached_property
    def _clocks(self) -> list[tuple[str, Event]]:
        return [(name, event) for name, event in self.p.events.items() if event.after is not None]

    def _leads(self, name: str) -> dict[str, tuple[str, ...]]:
        """For each leaf where an event of the clock is possible, the leaves to which it leads."""
        found: dict[str, tuple[str, ...]] = {}
        for rule in self.courses.of(name):
            to = tuple(leaf for _, leaf in rule.leads[1:])
            for leaf in rule.where:
                found.setdefault(leaf, to)
        return found

    def _timers(self) -> Iterator[Finding]:
        """Two events of the clock out of one state, from one start: at one instant, or the later one after the first has left."""
        leads = {name: self._leads(name) for name, _ in self._clocks}
        kinds: dict[object, list[tuple[str, Event]]] = {}
        for name, event in self._clocks:
            assert event.after is not None
            kinds.setdefault(event.after.due or frozenset(event.after.on), []).append((name, event))
        for group in kinds.values():
            for (one, first), (other, second) in combinations(group, 2):
                shared = [leaf for leaf in leads[one] if leaf in leads[other] and leads[one][leaf] != leads[other][leaf]]
                if shared:
                    yield from self._pair(one, first, other, second, shared[0], leads)

    def _pair(
        self, one: str, first: Event, other: str, second: Event, leaf: str, leads: dict[str, dict[str, tuple[str, ...]]]
    ) -> Iterator[Finding]:
        one_after, other_after = first.after, second.after
        assert one_after is not None and other_after is not None  # they are events of the clock
        here: Path = ("events", other, "after")
        if first.when is not None and second.when is not None:
            if one_after == other_after:
                why = Text(f"{one} 与 {other} 是否同时:两者各有条件", f"whether {one} and {other} come at one instant")
                yield Finding("time.unchecked", "unchecked", here, why, Text("两者各有条件", "both have a condition"))
            return
        if one_after.due is not None or one_after.term == other_after.term:
            why = Text(
                f"{one} 与 {other} 同时从 {leaf} 触发,去向不同",
                f"{one} and {other} come at one instant in {leaf} and lead to different states",
            )
            hint = Text("只有文件中在前的发生", "only the one that stands first in the file happens")
            yield Finding("time.one_instant", "warning", here, why, hint)
            return
        apart = self.spans.apart(one_after.term, other_after.term)
        if apart is None:
            return
        if apart.least < 0 < apart.most:
            why = Text(
                f"{one} 与 {other} 的先后取决于起算日:{apart.least_day} 与 {apart.most_day} 起算的不同",
                f"which of {one} and {other} comes first hangs on the start day: {apart.least_day} and {apart.most_day} differ",
            )
            yield Finding("time.order_varies", "notice", here, why)
        elif apart.least >= 0:  # of two that sometimes come at one instant the first in the file happens
            yield from self._shadowed(one, other, leads)
        elif apart.most < 0:
            yield from self._shadowed(other, one, leads)

    def _shadowed(self, soon: str, late: str, leads: dict[str, dict[str, tuple[str, ...]]]) -> Iterator[Finding]:
        """An event of the clock that never comes, because another always leaves its states first."""
        event = self.p.events[soon]
        if event.when is not None or event.after is None or not set(leads[late]) <= {leaf for leaf, to in leads[soon].items() if to}:
            return
        onward = {leaf for to in leads[soon].values() for leaf in to}
        if self.courses.leads_back(onward, set(leads[late]), set(event.after.on)):
            return  # a case may come back to where the later one is possible, on the same start
        why = Text(
            f"{late} 永不发生:{soon}({event.after.term.text.zh})总是先离开",
            f"{late} never comes: {soon} ({event.after.term.text.en}) always leaves first",
        )
        hint = Text("缩短其期限,或改变 from", "make its term shorter, or change its 'from'")
        yield Finding("time.timer_never", "error", ("events", late, "after"), why, hint)

    def _superiors(self) -> Iterator[Finding]:
        """Somebody who is told of a missing report only when the own report upward is over."""
        for name, duty in self.p.obligations.items():
            if not duty.starts.on or duty.pause or duty.extend is not None:
                continue
            for i, tier in enumerate(duty.tiers):
                for role in tier.tell:
                    if role not in duty.owed.to:
                        continue
                    for other, upward in self.p.obligations.items():
                        if upward.owed.by == role and upward.starts == duty.starts and other != name:
                            yield from self._told_late(name, duty, i, role, other, upward)

    def _told_late(self, name: str, duty: Obligation, i: int, role: str, other: str, upward: Obligation) -> Iterator[Finding]:
        after = least_after(Offset.parse(duty.tiers[i].at), duty.tiers[i].hour or self.p.hour)
        pairs = [(a.term, b.term) for a in duty.term for b in upward.term]
        if after is None or upward.pause or upward.extend is not None or not pairs:
            return
        gaps = [self.spans.apart(b, a) for a, b in pairs]
        if all(gap is not None and gap.least + after > 0 for gap in gaps):
            first, second = pairs[0]
            said = Text(
                f"{role} 在“{duty.tiers[i].at}”才得知 {name}({first.text.zh}),而其 {other}({second.text.zh})已到期",
                f"{role} is told of {name} ({first.text.en}, {duty.tiers[i].at}) when its own {other} ({second.text.en}) is already due",
            )
            yield Finding("time.told_late", "warning", ("obligations", name, "tiers", i, "at"), said)

    @cached_property
    def _closers(self) -> list[tuple[str, Term]]:
        """Events of the clock that end every case, wherever it is: with the term after the opening."""
        every = {leaf for top, state in self.p.states.items() if not state.final for leaf in self.courses.leaves_of[top]}
        found = []
        for name, event in self._clocks:
            after = event.after
            if after is None or after.term is None or after.on != (CASE,) or event.when is not None:
                continue
            leads = self._leads(name)
            if set(leads) >= every and all(to and all(self.p.states[s.split(".")[0]].final for s in to) for to in leads.values()):
                found.append((name, after.term))
        return found

    def _after_the_end(self) -> Iterator[Finding]:
        """Tiers and due times that lie beyond the instant at which the clock has ended every case."""
        for closer, limit in self._closers:
            end = self.spans.length(limit)
            if end is None:
                continue
            for name, duty in self.p.obligations.items():
                if duty.starts.every is None and duty.starts.on:
                    yield from self._beyond(name, duty, closer, limit, end.longest)

    def _beyond(self, name: str, duty: Obligation, closer: str, limit: Term, end: int) -> Iterator[Finding]:
        begun = min((self._earliest[(EVENT, n)].at for n in duty.starts.on if (EVENT, n) in self._earliest), default=0)
        terms = [a.term for a in duty.term]
        from_opening = duty.starts.on == (CASE,)
        least: list[int] = []
        for term in terms:
            length = self.spans.length(term)
            apart = self.spans.apart(limit, term) if from_opening else None
            least.append(max(apart.least if apart is not None else -(10**12), begun + length.shortest - end) if length is not None else 0)
        if not least:
            return
        if all(n > 0 for n in least):
            said = Text(f"{name} 到期时,{closer} 已使案件结束", f"{name} falls due when {closer} has already ended the case")
            yield Finding("time.after_the_end", "warning", ("obligations", name, "term"), said)
            return
        for i, tier in enumerate(duty.tiers):
            after = least_after(Offset.parse(tier.at), tier.hour or self.p.hour)
            if after is not None and all(self.spans.length(t) is not None and n + after > 0 for n, t in zip(least, terms, strict=True)):
                said = Text(
                    f"{name} 的“{tier.at}”在 {closer} 使案件结束之后",
                    f"{name}: '{tier.at}' comes when {closer} has already ended the case",
                )
                yield Finding("time.after_the_end", "warning", ("obligations", name, "tiers", i, "at"), said)

    @cached_property
    def _earliest(self) -> Mapping[Node, Step]:
        return self.courses.reached(self.courses.outset, self.meeting.soonest)

    def _unseen(self) -> Iterator[Finding]:
        for name, duty in self.p.obligations.items():
            why = unseen(duty)
            if why is not None and counted(duty):
                said = Text(f"{name} 能否按时履行:{why.zh}", f"whether {name} can be met in time: {why.en}")
                yield Finding("time.unchecked", "unchecked", ("obligations", name), said)
        loops = self.courses.loops
        if loops:
            shown = "; ".join(" ↔ ".join(loop[:6]) + (" …" if len(loop) > 6 else "") for loop in loops[:3])
            said = Text(f"往复的累计时间:{shown}", f"how long going round takes: {shown}")
            yield Finding("time.unchecked", "unchecked", ("states",), said)


def numbered(p: Procedure) -> Iterator[tuple[Path, Term]]:
    """Every term that has a number, with its place."""
    for name, event in p.events.items():
        if event.after is not None and event.after.term is not None:
            yield ("events", name, "after", "term"), event.after.term
    for name, duty in p.obligations.items():
        for i, alternative in enumerate(duty.term):
            if not alternative.term.qualitative:
                yield ("obligations", name, "term", i, "is"), alternative.term
        if duty.extend is not None and duty.extend.cap is not None:
            yield ("obligations", name, "extend", "cap"), duty.extend.cap
        for key, term in (("receipt", duty.receipt), ("deemed", duty.deemed)):
            if term is not None and not term.qualitative:
                yield ("obligations", name, key), term
