"""Commands inside one transaction of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from workflow import command as commands
from workflow.act import ERASED, NOTIFIED, REFUSED, Act
from workflow.calendar import Calendar
from workflow.case.clockwork import catch_up
from workflow.case.deed import open_period
from workflow.case.flags import flags, wake
from workflow.case.joint import Known, Part, carried_out, opened
from workflow.case.standing import Standing, settle
from workflow.demand import answered, demand_free, demand_version, taken
from workflow.dispatch import Addresses, Reach, Routing, instead, notified, planned, untold
from workflow.errors import LeaseLost, Refused, StoreUnavailable
from workflow.journal.canonical import Json, canonical, digest
from workflow.moment import BEGINNING, Moment, stamp
from workflow.monitor import DEAD, PARKED, UNENTERED, UNPARKED, UNTOLD, note
from workflow.organisation import Organisation
from workflow.outbox import AHEAD, COPIED, LONGEST_WAIT, SWEPT, WATCH, Lease, Message, Parked, parking
from workflow.period import Period
from workflow.ports import Answer, CaseRow, Entropy, Unit, View
from workflow.rules import Rules, World
from workflow.sources import Sources
from workflow.text import Text
from workflow.written import SALT, Written, written_of


@dataclass(frozen=True, slots=True)
class Result:
    """What a command did: the case after it, the acts it wrote, and whether this is the answer of an earlier command with the same key."""

    case: str
    n: int
    acts: tuple[Act, ...]
    standing: Standing
    repeated: bool = False
    others: tuple[Result, ...] = ()
    """What it did to other cases that it names."""

    @property
    def deviations(self) -> tuple[str, ...]:
        return tuple(d for act in self.acts for d in act.deviations)


class Swept(NamedTuple):
    """What one transaction of a sweep did."""

    claimed: int
    """How many cases it took; fewer than it asked for when no more are due."""
    done: list[Result]
    broken: Mapping[str, Exception]
    last: bool = False
    """Nothing more is due, as of when it began."""


class Batch:
    """Commands inside one transaction; made by :meth:`workflow.engine.Engine.batch`."""

    def __init__(self, sources: Sources, unit: Unit, entropy: Entropy, algorithm: str, now: datetime, routing: Routing = Routing()) -> None:
        self._sources = sources
        self._routing = routing
        self._unit = unit
        self._entropy = entropy
        self._algorithm = algorithm
        self._now = now
        self.standings: dict[str, tuple[str, Standing]] = {}
        """For each case that was touched the head of its chain in the store, and the case with what is drafted."""
        self._drafts: dict[str, list[Act]] = {}
        self._swept: set[str] = set()
        self._sweeping = False
        self._copied = False
        """Whether what is told may have been told before, by the store that this one is a copy of."""
        self._claimed: Mapping[str, CaseRow] = {}
        self._organisation: Organisation | None = None
        self._worlds: dict[str, World] = {}
        """By definition, as this transaction sees them."""
        self._kept: set[str] = set()
        self.flood = False
        """More is due than a transaction of a sweep takes: its cases are not kept in memory, where they would push each other out."""
        self._reached: Addresses | None = None
        self._routes_of: Reach | None = None
        self._refreshed = False
        self.erased: set[str] = set()
        """Cases of which something was destroyed: no copy of it stays in memory."""
        self.written: list[tuple[str, tuple[Act, ...]]] = []
        self.broken: dict[str, Exception] = {}
        """What went wrong with cases that were to be swept; nothing of theirs is written."""
        self._messages: dict[str, list[Message]] = {}
        self._untold: dict[str, list[int]] = {}
        """Numbers of flags that nobody can be told of; noted when the flags are written, and only then."""
        self._ready: list[Written] = []
        self._settled: set[str] = set()

    def open(self, procedure: str, command: commands.Open, *, case: str = "", key: str | None = None) -> Result:
        repeated = self._repeated(command, key)
        if repeated is not None:
            return repeated
        rules = self._sources.in_force(self._unit, procedure, (command.said.happened or Moment.at(self._now)).lo)
        name = case or f"{rules.procedure.procedure}-{self._entropy.token(SALT).hex()[:10]}"
        if name in self.standings:
            raise taken(name)
        demand_free(self._unit, name, self._sources.recurring(self._unit))
        parts = opened(command, self._opening(rules), self._now, name, self._known)
        return self._write_all(parts, command, key)

    def open_period(self, rules: Rules, unit: str, period: Period) -> Result | None:
        """Open the case of one period of a unit's recurring duty; the sweep does (S7.3). ``None`` when another sweep was first."""
        name = period.case(rules.procedure.procedure, unit)
        if self._unit.case(name) is not None:
            return None
        standing = open_period(unit, period, self._opening(rules), self._now, name)
        return self._write(standing, 0, "", None, None)

    def do(self, case: str, command: commands.Command, *, expected: int | None = None, key: str | None = None) -> Result:
        repeated = self._repeated(command, key)
        if repeated is not None:
            return repeated
        known = self._known(case)
        demand_version(known.standing, expected)
        return self._write_all(carried_out(known, command, self._now, self._known), command, key)

    def announce(self, calendar: Calendar) -> None:
        """Make a calendar the one that every engine on this store uses from now on (S8.2)."""
        self._sources.announce_calendar(self._unit, calendar)
        self._worlds.clear()

    def hold(self, holder: str, ttl: timedelta) -> Lease:
        """Take or prolong the lease of the watch, in this transaction. Raises :class:`~workflow.errors.LeaseLost` if somebody has it."""
        before = self._unit.lease(WATCH)
        if before is not None and before.until > self._now + max(ttl, LONGEST_WAIT):  # of a clock that was ahead
            self._unit.drop_lease(WATCH, before.holder)
        lease = self._unit.take_lease(WATCH, holder, self._now, self._now + ttl)
        if lease is None:
            raise LeaseLost(
                Text("值守由另一个进程进行", "another process keeps the watch"), hint=Text("等待它停止", "this one waits until it stops")
            )
        return lease

    def release(self, holder: str) -> None:
        """Give up the lease of the watch."""
        self._unit.drop_lease(WATCH, holder)

    @property
    def view(self) -> View:
        """What the transaction sees."""
        return self._unit

    def sweep(self, limit: int, since: datetime | None) -> Swept:
        """Sweep up to ``limit`` cases that wake by now, and move the mark up to which everything was said.

        ``since`` is where the mark stood when the sweep began, of which this is a part.
        A case that cannot be swept is parked with the reason, in this same transaction, and keeps no other from being swept.
        """
        rows = self._unit.claim(self._now, limit)
        self._claimed = {row.id: row for row in rows}
        self.flood = len(rows) >= limit
        self._copied = bool(self._unit.mark(COPIED))
        if cold := [row.id for row in rows if not self._sources.remembers(row)]:
            self._unit.read_ahead(cold)
        parked = {p.case: p for p in self._unit.parked()} if rows else {}
        done: list[Result] = []
        for row in rows:
            try:
                result = self.tick(row.id, since)
            except StoreUnavailable:  # the store's own errors are everybody's
                raise
            except Exception as error:  # whatever it is: nobody else's deadline may depend on it
                self.broken[row.id] = error
                continue
            if result is not None:
                done.append(result)
        self._settle()
        self._take_up([parked[case] for case in sorted(parked.keys() & {row.id for row in rows} - self.broken.keys())])
        for case, problem in self.broken.items():
            put_aside = parking(parked.get(case), case, problem, self._now)
            self._unit.park(put_aside)
            if put_aside.tries == 1:
                self.note(PARKED, {"case": case, "code": put_aside.code})
        self._sweeping = True
        return Swept(len(rows), [r for r in done if r.case not in self.broken], dict(self.broken))

    def set_back(self) -> None:
        """The clock was ahead and is right now: from here on everything was said up to now, and nothing waits longer than it would have."""
        self._unit.put_mark(SWEPT, stamp(self._now))
        self._unit.hasten(self._now, self._now + LONGEST_WAIT)
        for parked in self._unit.parked():
            if parked.until > self._now + LONGEST_WAIT:
                self._unit.park(replace(parked, until=self._now))

    def _take_up(self, parked: Sequence[Parked]) -> None:
        for p in parked:
            self._unit.unpark(p.case)
            self.note(UNPARKED, {"case": p.case, "tries": p.tries})

    def note(self, kind: str, body: Mapping[str, Json]) -> None:
        """Journal something of the watch itself (:mod:`workflow.monitor`)."""
        note(self._unit, kind, body, self._now, self._algorithm)

    def tick(self, case: str, since: datetime | None = None) -> Result | None:
        """Let the clock of a case catch up and raise the flags that are due; ``None`` when there was nothing to write.

        ``since``: see :func:`workflow.case.flags.flags`.
        """
        standing, head = self._load(case)
        world = self._world(standing)
        last = standing.case.acts[-1].recorded
        now = self._now if last > self._now + AHEAD else max(self._now, last)  # what is a little later was another daemon's clock
        after = flags(catch_up(standing, world, now), world, now, since).watched(world, now)
        result = None
        messages = planned(after, standing.case.n, world, now, self._routing, self._reach())
        self._messages[case] = [m._replace(doubtful=True) for m in messages] if self._copied else messages
        if after.case.n == standing.case.n:
            self.standings[case] = (head, after)
        else:
            result = self._write(after, standing.case.n, head, None, None)
            self._untold[case] = untold(result.acts, self._messages[case], self._routing)
        self._swept.add(case)
        return result

    def told(self, message: Message) -> bool:
        """Enter what became of an attempt to send a message; what ended it is journaled in its case, what is dead is taken over.

        ``False``, and nothing is entered, when the lease of the message had run out and somebody else has it.
        """
        if not self._unit.settle_message(message):
            return False
        if message.state in ("sent", "dead"):
            standing, head = self._load(message.case)
            act = notified(standing.case, message, max(self._now, standing.case.acts[-1].recorded))
            self._write(settle(standing, act, self._world(standing)), standing.case.n, head, None, None)
        if message.state == "dead":
            self._take_over(message)
        return True

    def told_apart(self, message: Message) -> bool:
        """The same where its case cannot be read: the journal of the watch says what ended it, and nobody takes over."""
        if not self._unit.settle_message(message):
            return False
        if message.state in ("sent", "dead"):
            body: dict[str, Json] = {"case": message.case, "flag": message.n, "person": message.recipient, "channel": message.channel}
            self.note(UNENTERED, {**body, "result": "accepted" if message.state == "sent" else "dead"})
        return True

    def _take_over(self, dead: Message) -> None:
        standing, _ = self._load(dead.case)
        there = [*self._unit.messages(case=dead.case), *self._messages.get(dead.case, ())]
        found = instead(dead, standing.case, self._world(standing), self._now, self._routing, self._addresses(), there)
        self._messages.setdefault(dead.case, []).extend(found)
        body: dict[str, Json] = {"case": dead.case, "flag": dead.n, "person": dead.recipient, "channel": dead.channel}
        self.note(DEAD if found else UNTOLD, {**body, "instead": [{"person": m.recipient, "channel": m.channel} for m in found]})

    def _reach(self) -> Reach:
        if self._routes_of is None:
            self._routes_of = Reach(self._routing, self._addresses())
        return self._routes_of

    def _addresses(self) -> Addresses:
        """Who can be reached how, read once in a transaction; nothing where nobody is to be told."""
        if self._reached is None:
            self._reached = self._sources.addresses(self._unit) if self._routing.routes else {}
        return self._reached

    def refused(self, case: str, command: commands.Command, error: Refused) -> None:
        """Journal that a request was refused: an audit may ask (promise 10)."""
        standing, head = self._load(case)
        subject = str(getattr(command, "event", "") or getattr(command, "row", "") or getattr(command, "decision", ""))
        act = Act(
            standing.case.n + 1,
            REFUSED,
            command.verb,
            Moment.at(self._now),
            self._now,
            command.said.actor,
            data={"code": error.code, "subject": subject},
            state=standing.case.state,
        )
        world = self._world(standing)
        self._write(settle(standing, act, world), standing.case.n, head, None, None)

    def flush(self) -> None:
        """Journal what was drafted, and write the derived rows of every case that changed, once."""
        self._settle(every=True)
        for ready in self._ready:  # before any case: who writes to the chain of the watch and to cases does it in this order
            for n in self._untold.pop(ready.row.id, ()):
                self.note(UNTOLD, {"case": ready.row.id, "flag": n})
        over = {ready.row.id for ready in self._ready if ready.row.next_at is None}  # no sweep will take them up any more
        if over:
            self._take_up([p for p in self._unit.parked() if p.case in over])
        if claims := [claim for ready in self._ready for claim in ready.claims]:
            self._unit.put_claims(claims)
        if messages := [message for ready in self._ready for message in self._messages.pop(ready.row.id, ())]:
            self._unit.put_messages(messages)
        for ready in self._ready:
            self._write_ready(ready)
        self._ready = []
        if self._sweeping:
            self._move_marks()

    def _move_marks(self) -> None:
        """Everything was said up to now, or to where the first case still waits that this sweep left, or that another daemon holds: what
        that one does is not seen before it commits, and its case stands where it stood."""
        first = self._unit.next_waking()
        reached = self._now if first is None else min(self._now, first)
        if stamp(reached) > self._unit.mark(SWEPT):
            self._unit.put_mark(SWEPT, stamp(reached))
        if self._copied and reached == self._now:
            self._unit.put_mark(COPIED, "")

    def _settle(self, *, every: bool = False) -> None:
        """Make ready what was drafted, before any of it is written. What is wrong with a case that was swept stays with that case."""
        for case in list(self.standings):
            if case in self._settled:
                continue
            try:
                self._ready.append(self._readied(case))
            except StoreUnavailable:
                raise
            except Exception as error:
                if every or case not in self._swept:
                    raise
                self.broken[case] = error
                del self.standings[case]
                self._drafts.pop(case, None)
                self._messages.pop(case, None)
            else:
                self._settled.add(case)

    def _readied(self, case: str) -> Written:
        head, drafted = self.standings[case]
        world = self._world(drafted)
        acts = tuple(self._drafts.get(case, ()))
        standing = drafted.noted(world, self._now) if acts else drafted
        if acts and all(act.kind == NOTIFIED for act in acts):  # nothing that is due has changed by it
            known = self._unit.case(case)
            wakes = known.next_at if known is not None else None
        else:
            wakes = wake(standing, world, self._now, self._now if case in self._swept else BEGINNING)
        written = written_of(standing, head, acts, wakes, self._entropy, self._algorithm, moved=bool(acts and drafted.stale))
        self.standings[case] = (written.row.head, standing)
        return written

    def _write_ready(self, ready: Written) -> None:
        case = ready.row.id
        if ready.acts:
            self._unit.append(ready.entries)
            self.written.append((case, ready.acts))
        self._unit.put_case(ready.row)
        if ready.dues is not None:
            self._unit.put_dues(case, ready.dues)
        for act in ready.acts:
            if act.kind == ERASED:
                self._erase(case, act)

    def _organised(self) -> Organisation:
        """The organisation as this transaction sees it, read once."""
        if self._organisation is None:
            self._organisation = self._sources.organisation(self._unit)
        return self._organisation

    def _world(self, standing: Standing) -> World:
        return self._under(standing.case.definition)

    def _under(self, definition: str) -> World:
        known = self._worlds.get(definition)
        if known is None:
            sources = self._sources
            self._refresh()
            rules = sources.definition(self._unit, definition)
            known = World(rules, sources.calendars, self._organised(), sources.tz, sources.in_use, sources.versions)
            self._worlds[definition] = known
        return known

    def _opening(self, rules: Rules) -> World:
        self._refresh()
        calendar = self._sources.calendar_of(rules.procedure.calendar)
        if calendar.digest not in self._kept:
            self._kept.add(calendar.digest)
            self._sources.keep_calendar(self._unit, calendar)
        return self._sources.opening(rules, self._organised())

    def _refresh(self) -> None:
        """See once in a transaction what another process imported."""
        if not self._refreshed:
            self._sources.refresh(self._unit)
            self._refreshed = True

    def _load(self, case: str) -> tuple[Standing, str]:
        if case in self.standings:
            head, standing = self.standings[case]
            return standing, head
        return self._sources.standing(self._unit, case, self._now, self._claimed.get(case), self._under)

    def _known(self, case: str) -> Known:
        standing, _ = self._load(case)
        return Known(standing, self._world(standing), lambda: {e.n: e.hash for e in self._unit.entries(case)})

    def _write_all(self, parts: Sequence[Part], command: commands.Command, key: str | None) -> Result:
        """Draft what a command did to each case; the answer is that of the first one, and has the others beside it."""
        heads = [(0, "") if p.was is None else (p.was.case.n, self._load(p.was.case.id)[1]) for p in parts]
        done = [self._write(p.becomes, *heads[i], *((None, None) if i else (command, key))) for i, p in enumerate(parts)]
        return replace(done[0], others=tuple(done[1:])) if len(done) > 1 else done[0]

    def _write(self, after: Standing, since: int, head: str, command: commands.Command | None, key: str | None) -> Result:
        """Draft what a command did; it is journaled when the batch is flushed."""
        case = after.case
        acts = case.acts[since:]
        if key is not None and command is not None:
            self._unit.remember(key, Answer(digest(canonical(command.document())), case.id, case.n, since + 1))
        self.standings[case.id] = (head, after)
        self._drafts.setdefault(case.id, []).extend(acts)
        self._swept.discard(case.id)
        return Result(case.id, case.n, acts, after)

    def _erase(self, case: str, act: Act) -> None:
        for n in cast(Sequence[int], act.data["entries"]):
            self._unit.erase(case, n)
        self.erased.add(case)

    def _repeated(self, command: commands.Command, key: str | None) -> Result | None:
        answer = answered(self._unit, command, key)
        if answer is None:
            return None
        standing, _ = self._load(answer.case)
        return Result(answer.case, answer.n, standing.case.acts[answer.first - 1 : answer.n], standing, repeated=True)
