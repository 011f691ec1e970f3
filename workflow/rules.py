"""A procedure made ready to be applied: its statechart, its duties, and which of them an act can touch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from functools import cache, cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

from workflow import term as terms
from workflow.act import (
    ASKED,
    CONFIRMED,
    DECIDED,
    DENIED,
    GRANTED,
    JOINED,
    MIGRATED,
    RECALENDARED,
    RECEIVED,
    REOPENED,
    SEPARATED,
    VOIDED,
    WAIVED,
    WITHDRAWN,
)
from workflow.calendar import Calendar
from workflow.errors import UnknownName
from workflow.moves import Chart, Moves, tabulate
from workflow.organisation import Organisation
from workflow.procedure.condition import Condition, reads
from workflow.procedure.model import CASE, ENGINE, Alternative, Event, Label, Obligation, Owed, Procedure, Start
from workflow.statechart import Statechart
from workflow.text import Text

DutyKind = Literal["declared", "decision", "receipt", "countersign"]

RESERVED = {"withdrawn": f"{WITHDRAWN}:", "voided": f"{VOIDED}:", "reopened": f"{REOPENED}:"}
"""Names that stand in lists of events for acts that every procedure has (S7.2)."""


def act_key(name: str) -> str:
    """The key under which a case keeps the acts that a definition calls ``name``."""
    return RESERVED.get(name, name)


@cache
def act_keys(names: tuple[str, ...]) -> tuple[str, ...]:
    """:func:`act_key` of each of the names in a definition."""
    return tuple(map(act_key, names))


@dataclass(frozen=True)
class Duty:
    """One obligation of a procedure, or one that follows from it: to decide, to sign for a report, to sign afterwards."""

    id: str
    kind: DutyKind
    obligation: Obligation
    of: str = ""
    """The obligation, decision or event that it follows from."""

    @property
    def title(self) -> Text:
        return self.obligation.text

    @cached_property
    def receivers(self) -> tuple[str, ...]:
        return self.obligation.owed.to or ("",)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        found = [a.when for a in self.obligation.term if a.when is not None and a.when != Alternative.UNKNOWN]
        if self.obligation.owed_when is not None:
            found.append(self.obligation.owed_when)
        return tuple(found)

    @cached_property
    def read(self) -> frozenset[str]:
        """Keys of acts and ``fact:`` names that its conditions and terms read."""
        found = (item for condition in self.conditions for item in reads(condition))
        keys = {f"fact:{n}" if kind == "fact" else f"{DECIDED}:{n}" if kind == "decision" else act_key(n) for kind, n in found}
        days = (part for a in self.obligation.term for part in terms.of_case(a.term))
        return frozenset(keys | {f"fact:{day.fact}" if day.fact else CASE for day in days})

    @cached_property
    def met_keys(self) -> tuple[str, ...]:
        """Keys of the acts that fulfil it."""
        return tuple(act_key(n) for n in self.obligation.met_by)

    @cached_property
    def ending_keys(self) -> tuple[str, ...]:
        """Keys of the acts that discharge it."""
        return tuple(act_key(n) for n in self.obligation.discharged_by)

    @cached_property
    def counted(self) -> bool:
        """Whether time alone can bring something to say of it: it may have a number, reminders, or come again and again."""
        o = self.obligation
        return bool(o.tiers or o.starts.every) or not all(isinstance(a.term, terms.Qualitative) for a in o.term)

    @cached_property
    def inputs(self) -> frozenset[str]:
        """Keys of acts and ``fact:`` names that can change an instance of it."""
        o = self.obligation
        names = {act_key(n) for n in ((*o.starts.on, *o.starts.since) or (CASE,))} | {act_key(n) for n in o.starts.until}
        names |= {*self.met_keys, *self.ending_keys}
        names |= {act_key(n) for rule in o.pause for n in (*rule.start, *rule.end)} | self.read
        if o.starts.fact:
            names.add(f"fact:{o.starts.fact}")
        if o.starts.decision:
            names.add(f"{DECIDED}:{o.starts.decision}")
        return frozenset(names)

    @cached_property
    def input_names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Of :attr:`inputs` the keys of acts, and the names of facts."""
        facts = {n for n in self.inputs if n.startswith("fact:")}
        return self.inputs - facts, frozenset(n[5:] for n in facts)


MOVING = frozenset({ASKED, CONFIRMED, DENIED, GRANTED, MIGRATED, RECALENDARED, REOPENED, SEPARATED})
"""Kinds of acts that may change any duty."""

ENDING = frozenset({WAIVED, VOIDED, WITHDRAWN, JOINED})
"""Kinds of acts that may end any duty that is open, and move no due date."""


@dataclass(frozen=True)
class Rules:
    """A compiled procedure; made once for each definition hash and shared by all cases and threads."""

    procedure: Procedure
    hash: str
    compiled: Moves | None = field(default=None, compare=False, repr=False)
    """The table of its moves, where a replay made one: the same answers as :attr:`chart` gives."""

    @cached_property
    def chart(self) -> Statechart:
        return Statechart(self.procedure)

    @property
    def moves(self) -> Chart:
        """What is asked where a move leads: the table, or the machine itself."""
        return self.compiled or self.chart

    def tabulated(self) -> Rules:
        """The same rules with the table of their moves; themselves where they have it, or where it would be too large."""
        if self.compiled is not None:
            return self
        return replace(self, compiled=tabulate(self.chart, self.procedure.events))

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process goes the table of its moves, so that it builds no machine."""
        made = self.tabulated()
        return Rules, (made.procedure, made.hash, made.compiled)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.procedure.zone)

    @cached_property
    def hour(self) -> time:
        return time.fromisoformat(self.procedure.hour)

    def in_force(self, on: datetime) -> bool:
        """Whether it is in force on the day of an instant, in its own zone; the first and the last day are both in force."""
        force, day = self.procedure.in_force, on.astimezone(self.zone).date()
        return (force.since is None or force.since <= day) and (force.until is None or day <= force.until)

    @cached_property
    def duties(self) -> Mapping[str, Duty]:
        """Every duty by id, in the order of the file; those that follow from another stand right after it."""
        found: dict[str, Duty] = {}
        for name, obligation in self.procedure.obligations.items():
            found[name] = Duty(name, "declared", obligation)
            if obligation.receipt is not None:
                found[f"{name}.receipt"] = Duty(f"{name}.receipt", "receipt", _receipt(name, obligation), name)
        for name, decision in self.procedure.decisions.items():
            key = f"decide.{name}"
            found[key] = Duty(
                key,
                "decision",
                _follow(
                    decision, Text("作出决定:", "decide: "), Owed(by=decision.by[0]), decision.asked, (f"{DECIDED}:{name}",), decision.basis
                ),
                name,
            )
        for name, event in self.procedure.events.items():
            if event.second:
                key = f"{name}.countersign"
                start = {"on": (name,), "each": True}
                found[key] = Duty(
                    key,
                    "countersign",
                    _follow(event, Text("补签:", "sign afterwards: "), Owed(by=event.second), start, (CONFIRMED,), event.basis),
                    name,
                )
        return found

    @cached_property
    def clock_events(self) -> tuple[tuple[str, Event], ...]:
        return tuple((name, event) for name, event in self.procedure.events.items() if event.after is not None)

    @cached_property
    def recurring(self) -> frozenset[str]:
        """The ids of the duties that come again while time passes, though nothing is done in the case."""
        return frozenset(name for name, duty in self.duties.items() if duty.obligation.starts.every)

    @cached_property
    def engine_events(self) -> tuple[tuple[str, Event], ...]:
        """Events that happen by themselves once their condition holds."""
        return tuple((name, event) for name, event in self.procedure.events.items() if ENGINE in event.by and not event.opens)

    @cached_property
    def _touched(self) -> Mapping[str, frozenset[str]]:
        """For each key of an act the ids of the duties that it may change."""
        index: defaultdict[str, set[str]] = defaultdict(set)
        for duty in self.duties.values():
            for key in duty.inputs:
                index[key].add(duty.id)
            if duty.kind in ("receipt", "countersign"):
                parent = self.procedure.obligations.get(duty.of)
                for key in parent.met_by if parent else (duty.of,):
                    index[key].add(duty.id)
            if duty.obligation.starts.received:
                for key in self.procedure.obligations[duty.obligation.starts.received].met_by:
                    index[key].add(duty.id)
        return {key: frozenset(names) for key, names in index.items()}

    @cached_property
    def keys(self) -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
        """For each duty the keys of acts, and the names of facts, one of which a case must have before anything can be said of it."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for key, duties in self._touched.items():
            for name in duties:
                found[name].add(key)
        return {
            name: (
                frozenset(k for k in found[name] if not k.startswith("fact:")),
                frozenset(k[5:] for k in found[name] if k.startswith("fact:")),
            )
            for name in self.duties
        }

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """The ids of the duties of which time alone can bring something to say, while a case is in its first round."""
        return tuple(name for name, duty in self.duties.items() if duty.counted)

    @cached_property
    def waiting(self) -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
        """:attr:`keys` of the duties of which the opening alone says nothing."""
        return {name: keys for name, keys in self.keys.items() if CASE not in keys[0]}

    @cached_property
    def idle(self) -> dict[str, tuple[Any, ...]]:
        """The rows of duties of which a case has none of their :attr:`keys`, as the ledger found them first: they are always the same."""
        return {}

    def reports(self, duty: Duty) -> bool:
        """Whether a report is what is owed: what comes late is then reported late (迟报), and what never comes is not reported (漏报)."""
        events = self.procedure.events
        return any(name in events and events[name].report is not None for name in duty.obligation.met_by)

    def touched(self, kind: str, key: str, facts: Iterable[str]) -> frozenset[str]:
        """The ids of the duties that an act may change."""
        if kind in MOVING:
            return self._every
        if kind == RECEIVED:
            return self._received
        found = self._touched.get(key, frozenset())
        for name in ("case" if kind == "opened" else "", *(f"fact:{f}" for f in facts)):
            found |= self._touched.get(name, frozenset())
        return found

    @cached_property
    def _received(self) -> frozenset[str]:
        """The ids of the duties that a receipt may start or fulfil."""
        return frozenset(
            name
            for name, duty in self.duties.items()
            if duty.kind == "receipt"
            or duty.obligation.counts == "received"
            or duty.obligation.starts.received
            or duty.obligation.starts.instant == "received"
            or RECEIVED in {key.partition(":")[0] for key in duty.inputs}
        )

    @cached_property
    def _every(self) -> frozenset[str]:
        return frozenset(self.duties)

    @cached_property
    def _words(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        tables: dict[str, Mapping[str, Label]] = {
            "event": self.procedure.events,
            "role": self.procedure.roles,
            "fact": self.procedure.facts,
            "decision": self.procedure.decisions,
            "obligation": {k: d.obligation for k, d in self.duties.items()},
            "element": self.procedure.elements,
        }
        index: dict[tuple[str, str], set[str]] = {}
        for kind, table in tables.items():
            for name, label in table.items():
                for word in (name, label.zh, label.en):
                    index.setdefault((kind, word.strip().lower()), set()).add(name)
        return {key: tuple(sorted(names)) for key, names in index.items()}

    def roles(self, names: Iterable[str]) -> Text:
        """Roles for people; one that the procedure does not have stands for itself, no name for nobody."""
        table = self.procedure.roles
        found = [table[n].text if n in table else Text(n, n) for n in names if n]
        return Text("、".join(t.zh for t in found) or "无", ", ".join(t.en for t in found) or "nobody")

    def states(self, configuration: Iterable[str]) -> Text:
        """A configuration for people: ``证据:已封存`` for a leaf of a region, its own label for another."""
        found = [self._state(path) for path in configuration]
        return Text("、".join(t.zh for t in found), ", ".join(t.en for t in found))

    def _state(self, path: str) -> Text:
        table, labels = self.procedure.states, []
        for name in path.split("."):
            labels.append(table[name].text)
            table = table[name].states
        shown = labels[-2:] if len(labels) > 2 else labels[-1:]
        return Text(":".join(x.zh for x in shown), ": ".join(x.en for x in shown))

    def find(self, kind: str, word: str) -> str:
        """The id that a word means: an id or a label in either language (``seal``, ``封存``).

        Raises :class:`~workflow.errors.UnknownName` when nothing, or more than one thing, is called so; the hint lists what there is.
        """
        names = self._words.get((kind, word)) or self._words.get((kind, word.strip().lower()), ())
        if word in names:
            return word
        if len(names) == 1:
            return names[0]
        every = sorted({n for (k, _), found in self._words.items() if k == kind for n in found})
        raise UnknownName(
            Text(f"程序 {self.procedure.ref} 没有 {word!r}", f"{self.procedure.ref} has no {kind} {word!r}")
            if not names
            else Text(f"{word!r} 有多个含义:{'、'.join(names)}", f"{word!r} may mean {', '.join(names)}"),
            where=self.procedure.ref,
            hint=Text("可用:" + "、".join(every), "there are: " + ", ".join(every)),
        )


@dataclass(frozen=True)
class World:
    """Everything besides the case that decides an outcome: the rules, the calendars by digest, the organisation."""

    rules: Rules
    calendars: Mapping[str, Calendar]
    organisation: Organisation
    tz: str = ""
    """Version of the time-zone database, recorded with each case."""
    in_use: Mapping[str, str] = field(default_factory=dict)
    """Id → digest of the calendars that live cases count on from now on (S8.2); empty in a replay, which knows what the journal says."""

    versions: Mapping[str, Rules] = field(default_factory=dict)
    """Hash → rules of the definitions that a case which was moved to a new version began under."""

    def of(self, definition: str) -> World:
        """The same world under another definition by its hash; empty, or where nothing was ever moved: itself."""
        if not self.versions or definition in ("", self.rules.hash):
            return self
        return replace(self, rules=self.versions[definition])

    def newest(self, calendar: str) -> str:
        """The calendar to which a case that counts on ``calendar`` has to change: the one in use of its id, or itself."""
        return self.in_use.get(self.calendars[calendar].id, calendar) if self.in_use else calendar

    def calendar(self, digest: str) -> Calendar:
        return self.calendars[digest]


def _receipt(name: str, obligation: Obligation) -> Obligation:
    return Obligation.model_construct(
        zh=f"签收:{obligation.zh}",
        en=f"sign for: {obligation.en}",
        owed=Owed(by=obligation.owed.by, to=obligation.owed.to),
        starts=_start({"on": obligation.met_by, "each": True}),
        term=(Alternative.model_validate({"is": obligation.receipt, "basis": obligation.receipt_basis}),),
        met_by=(RECEIVED,),
        basis=obligation.basis,
    )


def _follow(label: Label, prefix: Text, owed: Owed, start: Any, met_by: tuple[str, ...], basis: tuple[str, ...]) -> Obligation:
    """A derived duty; without a word of its own, because the clause that it rests on has none for it (必要时 is no 及时)."""
    return Obligation.model_construct(
        zh=prefix.zh + label.zh,
        en=prefix.en + label.en,
        owed=owed,
        starts=_start(start) if isinstance(start, dict) else start,
        term=(Alternative.model_validate({"is": terms.parse("unset")}),),
        met_by=met_by,
        basis=basis,
    )


def _start(data: dict[str, Any]) -> Start:
    return Start.model_validate(data)
