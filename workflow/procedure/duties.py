"""What is checked of a duty: its terms, of which exactly one applies, its start, pauses, extensions and tiers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflow.procedure.alternative import Fault, faults
from workflow.procedure.model import Alternative, Ambiguity, Obligation, Start
from workflow.procedure.naming import ELEMENT, EVENT, FACT, NUMBER_NEEDED, ROLE, Naming
from workflow.procedure.source import Path, Problem
from workflow.term import OfCase, of_case
from workflow.text import Text

MOST_READINGS = 64
"""Each is assessed for each row that rests on the wording."""


class Duties(Naming):
    """The obligations of one procedure under examination."""

    def duty(self, at: Path, name: str, o: Obligation) -> Iterator[Problem]:
        yield from self.names((*at, "owed", "by"), (o.owed.by,), self.roles, ROLE)
        yield from self.names((*at, "owed", "to"), o.owed.to, self.roles, ROLE)
        yield from self.names((*at, "met_by"), o.met_by, self.events, EVENT)
        yield from self.some((*at, "met_by"), o.met_by, Text("写明什么事件算履行", "say which event fulfils it"))
        for event in o.met_by:
            if event in self.p.events and self.p.events[event].clockwork:
                why = Text(f"时钟事件 {event} 不能代人履行义务", f"the clock event {event} fulfils nobody's duty")
                yield self.problem((*at, "met_by"), why)
        yield from self.names((*at, "discharged_by"), o.discharged_by, self.keyed, EVENT)
        yield from self.names((*at, "waive"), o.waive, self.roles, ROLE)
        yield from self.names((*at, "elements"), o.elements, self.elements, ELEMENT)
        yield from self.start((*at, "starts"), o.starts, name)
        yield from self.basis((*at, "basis"), o.basis)
        if o.owed.by in o.waive:
            yield self.problem((*at, "waive"), Text("义务人不能免除自己的义务", "nobody waives their own duty"))
        yield from self.basis((*at, "receipt_basis"), o.receipt_basis)
        if o.receipt_basis and o.receipt is None:
            yield self.problem(
                (*at, "receipt_basis"), Text("没有 receipt,receipt_basis 不起作用", "there is no 'receipt': 'receipt_basis' does nothing")
            )
        if o.receipt is not None and not o.owed.to:
            why = Text("没有 owed.to,无人签收", "nobody can sign for it: there is no owed.to")
            yield self.problem((*at, "receipt"), why)
        if o.deemed is not None and o.deemed.qualitative:
            yield self.problem((*at, "deemed"), NUMBER_NEEDED)
        for field, term in (("receipt", o.receipt), ("deemed", o.deemed)):
            yield from self.caseless((*at, field), term)
        if o.ambiguous is not None:
            yield from self._readings((*at, "ambiguous"), name, o, o.ambiguous)
        yield from self._terms(at, o)
        yield from self._unread(at, o)
        for i, rule in enumerate(o.pause):
            for key, names in (("from", rule.start), ("until", rule.end)):
                yield from self.names((*at, "pause", i, key), names, self.keyed, EVENT)
                yield from self.some((*at, "pause", i, key), names, Text("至少写一个事件", "name at least one event"))
            for both in sorted({*rule.start} & {*rule.end}):
                why = Text(f"{both} 不能既暂停又恢复", f"{both} cannot both pause and resume")
                yield self.problem((*at, "pause", i), why)
            yield from self.basis((*at, "pause", i, "basis"), rule.basis)
        if o.extend is not None:
            yield from self.names((*at, "extend", "ask"), o.extend.ask, self.roles, ROLE)
            yield from self.names((*at, "extend", "grant"), o.extend.grant, self.roles, ROLE)
            yield from self.some((*at, "extend", "grant"), o.extend.grant, Text("写明由谁批准", "say who grants it"))
            if o.extend.cap is not None and o.extend.cap.qualitative:
                yield self.problem((*at, "extend", "cap"), NUMBER_NEEDED)
            yield from self.caseless((*at, "extend", "cap"), o.extend.cap)
            yield from self.basis((*at, "extend", "basis"), o.extend.basis)
        for i, tier in enumerate(o.tiers):
            here = (*at, "tiers", i)
            yield from self.names((*here, "tell"), tier.tell, self.roles, ROLE)
            if tier.hour is not None:
                yield from self.hour((*here, "hour"), tier.hour)
            if not tier.tell and tier.lead is None and self.draft.whole(here):
                why = Text("既不通知人(tell)也不列线索(lead)", "it tells nobody ('tell') and puts nothing on the list ('lead')")
                yield self.problem(here, why)
            yield from self.basis((*here, "basis"), tier.basis)

    def _readings(self, at: Path, name: str, o: Obligation, ambiguity: Ambiguity) -> Iterator[Problem]:
        for term in (ambiguity.use, *ambiguity.readings):
            yield from self.caseless(at, term)
        known = [_alike(o.starts)]
        for i, start in enumerate(ambiguity.starts):
            here = (*at, "starts", i)
            yield from self.start(here, start, name)
            if not (self.draft.whole(here) and self.draft.whole((*at[:-1], "starts"))):
                continue
            if start.every is not None or o.starts.every is not None:
                zh, en = "周期义务的时刻已定,起算没有别的读法", "what recurs has the instants of its slots: its start has no other reading"
                yield self.problem(here, Text(zh, en))
            elif start.each != o.starts.each:
                zh, en = "each 须与在用的起算相同,各读法才能逐项对应", "'each' is as in the start in use, or the rows do not correspond"
                yield self.problem(here, Text(zh, en))
            elif _alike(start) in known:
                hint = Text("只写在用起算以外的读法", "list the readings other than the one in use")
                yield self.problem(here, Text("此起算已经写过", "this start is there already"), hint)
            known.append(_alike(start))
        terms, starts = len(o.read_as) or 1, 1 + len(ambiguity.starts)
        if terms * starts > MOST_READINGS:
            zh = f"期限 {terms} 种读法、起算 {starts} 种读法,组合起来 {terms * starts} 种,至多 {MOST_READINGS} 种"
            en = f"{terms} readings of the term and {starts} of the start make {terms * starts} combinations; {MOST_READINGS} are the most"
            yield self.problem(at, Text(zh, en), Text("只留认真主张的读法", "keep the readings that somebody seriously holds"))

    def _unread(self, at: Path, o: Obligation) -> Iterator[Problem]:
        for i, alternative in enumerate(o.term):
            if not alternative.term.qualitative:
                yield from self.unread((*at, "term", i), alternative.basis, o.basis)
        if o.starts.every is not None:
            yield from self.unread((*at, "starts", "every"), o.starts.basis, o.basis)
        if o.receipt is not None and not o.receipt.qualitative:
            yield from self.unread((*at, "receipt"), o.receipt_basis, o.basis)
        if o.deemed is not None:
            yield from self.unread((*at, "deemed"), o.basis)
        if o.extend is not None and o.extend.cap is not None:
            yield from self.unread((*at, "extend", "cap"), o.extend.basis, o.basis)
        for i, tier in enumerate(o.tiers):
            yield from self.unread((*at, "tiers", i), tier.basis)

    def _terms(self, at: Path, o: Obligation) -> Iterator[Problem]:
        whole = self.draft.whole((*at, "term"))
        if not o.term and whole:
            yield self.problem((*at, "term"), Text("至少写一个期限", "give at least one term"))
        sound = whole and self.draft.whole((*at, "owed_when")) and self.draft.whole(("facts",))
        if o.owed_when is not None:
            wrong = list(self.condition((*at, "owed_when")))
            sound = sound and not wrong
            yield from wrong
        for i, alternative in enumerate(o.term):
            yield from self.basis((*at, "term", i, "basis"), alternative.basis)
            for day in of_case(alternative.term):
                yield from self._day((*at, "term", i, "is"), day)
            if alternative.when is not None and alternative.when != Alternative.UNKNOWN:
                wrong = list(self.condition((*at, "term", i, "when")))
                sound = sound and not wrong
                yield from wrong
        for word, text in (
            (None, Text("没有条件的期限", "a term without a condition")),
            (Alternative.UNKNOWN, Text("when: unknown", "when: unknown")),
        ):
            same = [i for i, a in enumerate(o.term) if (a.when is None if word is None else a.when == word)]
            for i in same[1:]:
                yield self.problem((*at, "term", i), Text(f"{text.zh}只能有一个", f"there is one '{text.en}' at most"))
        used = whole and any(isinstance(a, dict) and a.get("is") == Ambiguity.AS_READ for a in self.draft.value((*at, "term")))
        if whole and o.ambiguous is not None and o.ambiguous.use is not None and not used:
            why = Text("没有期限写 is: as read,use 不起作用", "no term says 'is: as read': 'use' does nothing")
            yield self.problem((*at, "ambiguous", "use"), why)
        conditional = [a for a in o.term if a.when is not None and a.when != Alternative.UNKNOWN]
        if whole and not conditional and len(o.term) > 1 and any(a.when == Alternative.UNKNOWN for a in o.term):
            i = next(i for i, a in enumerate(o.term) if a.when == Alternative.UNKNOWN)
            why = Text("没有带条件的期限,unknown 永不适用", "no term has a condition: 'unknown' never applies")
            yield self.problem((*at, "term", i, "when"), why)
        if whole and len(o.term) == 1 and o.term[0].when == Alternative.UNKNOWN:
            why = Text("唯一的期限不能是 unknown", "the only term cannot be for 'unknown'")
            yield self.problem((*at, "term", 0, "when"), why)
        if sound:
            yield from (self._fault(at, fault) for fault in faults(o, self.p.facts))
        if whole and not counted(o):
            for field in ("pause", "extend", "tiers"):
                if getattr(o, field) and self.draft.whole((*at, field)):
                    why = Text(f"没有数字期限,{field} 不起作用", f"no term has a number: '{field}' does nothing")
                    yield self.problem((*at, field), why)

    def _day(self, at: Path, day: OfCase) -> Iterator[Problem]:
        if not day.fact:
            if self.p.period is None and self.draft.whole(("period",)):
                why = Text("只有周期性程序有“本期末”", "only a recurring duty has an 'end of period'")
                yield self.problem(at, why, Text("写 period,或用 end of month", "write 'period', or end of month"))
            return
        yield from self.names(at, (day.fact,), self.facts, FACT)
        fact = self.p.facts.get(day.fact)
        if fact is not None and fact.type != "date":
            yield self.problem(at, Text(f"期限所依的事实 {day.fact} 应为日期", f"the fact {day.fact} that a term ends on is a date"))
        if fact is not None and fact.personal:
            yield self.personal(at, day.fact)

    def _fault(self, at: Path, fault: Fault) -> Problem:
        case = ", ".join(f"{k} = {'yes' if v is True else 'no' if v is False else v}" for k, v in fault.example.items())
        ids = [i + 1 for i in fault.alternatives]
        if fault.kind == "never_owed":
            return self.problem((*at, "owed_when"), Text("owed_when 永不成立", "owed_when can never hold"))
        if fault.kind == "never":
            return self.problem((*at, "term", fault.alternatives[0], "when"), Text("此条件永不成立", "this condition can never hold"))
        if fault.kind == "overlap":
            return self.problem(
                (*at, "term", fault.alternatives[1]),
                Text(
                    f"同时适用第 {'、'.join(map(str, ids))} 个期限({case})", f"the terms {', '.join(map(str, ids))} apply at once ({case})"
                ),
                Text("任何情形只能适用一个期限", "exactly one term applies in every case"),
            )
        return self.problem(
            (*at, "term"),
            Text(f"没有适用的期限({case})", f"no term applies ({case})"),
            Text(
                "补上该情形,或加一个没有条件的期限,或用 owed_when 排除",
                "add that case, a term without a condition, or exclude it with owed_when",
            ),
        )


def _alike(start: Start) -> dict[str, Any]:
    """What makes a start another one."""
    return start.model_dump(exclude={"basis"})


def counted(o: Obligation) -> bool:
    """Whether any term of a duty has a number, so that it can fall due."""
    return o.starts.every is not None or any(not a.term.qualitative for a in o.term)
