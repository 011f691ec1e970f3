"""The front door for programs that embed duban: open, fire, record, explain, replay.

An :class:`Engine` holds no state that the store does not have; it keeps folded cases in memory and checks their version in every
transaction. It may be shared by threads: each command is one transaction of the store, and two commands on one case that race end in one
success and one :class:`~workflow.errors.StaleVersion`, which the engine retries once when no version was demanded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import entry_points
from threading import Lock
from typing import Any, cast

from workflow import command as commands
from workflow import organisation as organisations
from workflow.act import ERASED, REFUSED, Act
from workflow.calendar import Calendar
from workflow.case.clockwork import catch_up
from workflow.case.decide import decide
from workflow.case.deed import open_period
from workflow.case.flags import flags, wake
from workflow.case.fold import Case
from workflow.case.standing import Standing, settle
from workflow.errors import (
    AlreadyThere,
    ConfigError,
    KeyReused,
    Refused,
    StaleVersion,
    UnknownCase,
    UnknownProcedure,
)
from workflow.journal.canonical import Json, canonical, digest, parse_canonical
from workflow.journal.entry import Entry, Private, link
from workflow.moment import Moment, stamp, utc
from workflow.obligation.ledger import Row, ledger
from workflow.organisation import CHAIN, Actor, Organisation
from workflow.period import Period
from workflow.ports import Answer, CaseRow, Clock, DueRow, Entropy, Store, Unit, View
from workflow.procedure.load import Definition, thaw
from workflow.rules import Rules, World
from workflow.text import Text

SALT = 16
KEEP = 4096
"""Folded cases kept in memory."""
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Result:
    """What a command did: the case after it, the acts it wrote, and whether this is the answer of an earlier command with the same key."""

    case: str
    n: int
    acts: tuple[Act, ...]
    standing: Standing
    repeated: bool = False

    @property
    def deviations(self) -> tuple[str, ...]:
        return tuple(d for act in self.acts for d in act.deviations)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a command would do (``--dry-run``): the acts, the rows before and after, and who would be told of what by when."""

    acts: tuple[Act, ...]
    before: tuple[Row, ...]
    after: tuple[Row, ...]
    calendars: Mapping[str, Calendar]


Listener = Callable[[str, tuple[Act, ...]], None]


class Engine:
    """Cases that run on declared procedures, on one store."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, calendar: Calendar, tz: str = "") -> None:
        """``tz`` is the version of the time-zone database in use, recorded with each case (promise 9)."""
        self.store = store
        self.clock = clock
        self._entropy = entropy
        self._tz = tz
        self._calendars: dict[str, Calendar] = {}
        self._use(calendar)
        self._rules: dict[str, Rules] = {}
        self._standings: OrderedDict[str, tuple[str, Standing]] = OrderedDict()
        self._organisation: tuple[int, Organisation] = (0, Organisation())
        self._listeners: list[Listener] = []
        self._lock = Lock()
        with store.read() as view:
            self._algorithm = view.meta()["algorithm"]
            imported = view.blobs("calendar-in-use")
            if imported:  # the newest calendar that was imported into this store is the one in use
                data = view.blob(imported[-1][1])
                assert data is not None
                self._use(Calendar.of(parse_canonical(data)))

    @classmethod
    def open(cls, url: str, **options: Any) -> Engine:
        """An engine on the store that ``url`` names (``sqlite:///duban.db``, ``memory:``), with the system clock and shipped calendar.

        The scheme is looked up in the entry-point group ``duban.stores``, the rest in ``duban.hosts``. Raises
        :class:`~workflow.errors.ConfigError` for an unknown scheme and :class:`~workflow.errors.StoreUnavailable` for a store that cannot
        be opened. ``options`` go to the store.
        """
        scheme = url.split(":", 1)[0].split("+", 1)[0]
        found = entry_points(group="duban.stores", name=scheme)
        if not found:
            names = ", ".join(sorted(e.name for e in entry_points(group="duban.stores")))
            raise ConfigError(
                Text(f"没有存储类型 {scheme!r}", f"there is no store for {scheme!r}"), hint=Text(f"可用:{names}", f"there are: {names}")
            )
        host = next(iter(entry_points(group="duban.hosts", name="system"))).load()
        store = next(iter(found)).load().open(url, **options)
        return cls(store, host.clock(), host.entropy(), host.calendar(), host.tz())

    def close(self) -> None:
        self.store.close()

    @property
    def calendar(self) -> Calendar:
        """The calendar that new cases are pinned to."""
        return self._calendars[self._calendar]

    @property
    def calendars(self) -> Mapping[str, Calendar]:
        """Every calendar that this engine has met, by digest."""
        return self._calendars

    def _use(self, calendar: Calendar) -> None:
        self._calendar_data = canonical(calendar.document())
        self._calendar = digest(self._calendar_data)
        self._calendars[self._calendar] = calendar

    def import_calendar(self, calendar: Calendar, command: commands.Recalendar, *, write: bool) -> list[tuple[str, Row, Row]]:
        """Use a calendar from now on and recompute what is open (S8.2); returns (case, row before, row after) for each date that moves.

        Each case that it touches gets an act with old, new and ground. With ``write`` false nothing is kept.
        """
        moved: list[tuple[str, Row, Row]] = []
        previous = (self._calendar, self._calendar_data)
        self._use(calendar)
        for row in self.cases():
            if row.ended:
                continue
            found = self.forecast(row.id, command)
            before = {r.key: r for r in found.before}
            changed = [(row.id, before[r.key], r) for r in found.after if r.key in before and r.open and r.due != before[r.key].due]
            moved.extend(changed)
            if changed and write:
                with self.batch() as batch:
                    batch.keep_calendar()
                    batch.do(row.id, command)
        if write:
            with self.store.write() as unit:
                unit.put_blob("calendar", calendar.id, self._calendar, self._calendar_data)
                unit.put_blob("calendar-in-use", calendar.id, digest(b"in use " + self._calendar_data), self._calendar_data)
        else:
            self._calendar, self._calendar_data = previous
        return moved

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- definitions ---------------------------------------------------------------------------------------------------------------

    def add(self, definition: Definition) -> str:
        """Keep a definition; returns its hash. A version that exists with other content raises :class:`AlreadyThere`."""
        ref = definition.procedure.ref
        with self.store.write() as unit:
            for name, known in unit.blobs("definition"):
                if name == ref and known != definition.hash:
                    raise AlreadyThere(
                        Text(f"{ref} 已存在,内容不同", f"{ref} is there already with other content"),
                        hint=Text("换一个版本号", "give it another version"),
                    )
            unit.put_blob("definition", ref, definition.hash, definition.data)
        self._rules[definition.hash] = Rules(definition.procedure, definition.hash)
        return definition.hash

    def definitions(self) -> list[Rules]:
        """Every definition in the store, in the order in which they were added."""
        with self.store.read() as view:
            return [self._load(view, found) for _, found in view.blobs("definition")]

    def rules(self, procedure: str, on: datetime | None = None) -> Rules:
        """The rules of a procedure in force on the day of ``on`` (default: now), or of one version (``id@version``) (S8.1).

        Of several in force the one that was added last. Raises :class:`~workflow.errors.UnknownProcedure`.
        """
        with self.store.read() as view:
            return self.in_force(view, procedure, on or self.clock.now())

    def in_force(self, view: View, procedure: str, on: datetime) -> Rules:
        """:meth:`rules` inside a transaction that is open."""
        found: Rules | None = None
        for _, definition in view.blobs("definition"):
            rules = self._load(view, definition)
            p = rules.procedure
            if procedure == p.ref:
                return rules
            if procedure in (p.procedure, p.zh, p.en):
                day = on.astimezone(rules.zone).date()
                if (p.in_force.since is None or p.in_force.since <= day) and (p.in_force.until is None or day <= p.in_force.until):
                    found = rules
        if found is None:
            raise UnknownProcedure(
                Text(f"没有在施行的程序 {procedure!r}", f"no procedure {procedure!r} is in force"),
                hint=Text("用 duban definitions list 查看", "see duban definitions list"),
            )
        return found

    def _load(self, view: View, definition: str) -> Rules:
        if definition not in self._rules:
            data = view.blob(definition)
            if data is None:
                raise UnknownProcedure(Text(f"存储中没有定义 {definition}", f"the store has no definition {definition}"))
            self._rules[definition] = Rules(thaw(data, definition).procedure, definition)
        return self._rules[definition]

    # -- the organisation ----------------------------------------------------------------------------------------------------------

    def organise(self, entries: Iterable[tuple[Mapping[str, Json], Mapping[str, Json] | None]]) -> Organisation:
        """Journal entries of the organisation, all or none. Raises what :func:`workflow.organisation.check` raises."""
        now = utc(self.clock.now())
        with self.store.write() as unit:
            organisation = self._organise(unit)
            old = unit.entries(CHAIN)
            head = old[-1].hash if old else None
            linked: list[tuple[Entry, Private | None]] = []
            for body, private in entries:
                if body["what"] == "unit" and "since" not in body:
                    body = {**body, "since": stamp(now)}
                organisations.check(organisation, body)
                organisation = organisations.evolve(organisation, body)
                pair = link(
                    organisation.n,
                    head,
                    case=CHAIN,
                    kind=str(body["what"]),
                    recorded=stamp(now),
                    body=body,
                    private=private,
                    salt=self._entropy.token(SALT),
                    algorithm=self._algorithm,
                )
                head = pair[0].hash
                linked.append(pair)
            unit.append(linked)
        self._organisation = (organisation.n, organisation)
        return organisation

    def organisation(self) -> Organisation:
        with self.store.read() as view:
            return self._organise(view)

    def _organise(self, view: View) -> Organisation:
        n, organisation = self._organisation
        for entry in view.entries(CHAIN, after=n):
            organisation = organisations.evolve(organisation, entry.body)
        self._organisation = (organisation.n, organisation)
        return organisation

    # -- commands ------------------------------------------------------------------------------------------------------------------

    def open_case(self, procedure: str, command: commands.Open, *, case: str = "", key: str | None = None) -> Result:
        """Open a case under the rules in force on the day its opening event happened. ``case`` is its id; empty makes one."""
        with self.batch() as batch:
            return batch.open(procedure, command, case=case, key=key)

    def do(self, case: str, command: commands.Command, *, expected: int | None = None, key: str | None = None) -> Result:
        """Carry out a command on a case, in a transaction of its own.

        ``expected`` is the version the caller saw (:class:`~workflow.errors.StaleVersion` if another is there); ``key`` makes the command
        idempotent: the same key again gives the same answer once, with another command it raises
        :class:`~workflow.errors.KeyReused`. A refused request is journaled as a refusal and raised.
        """
        refusal: Refused
        try:
            with self.batch() as batch:
                return batch.do(case, command, expected=expected, key=key)
        except StaleVersion:
            if expected is not None:
                raise
            with self._lock:
                self._standings.pop(case, None)
            with self.batch() as batch:
                return batch.do(case, command, key=key)
        except Refused as error:
            refusal = error
        with self.batch() as batch:
            batch.refused(case, command, refusal)
        raise refusal

    def forecast(self, case: str, command: commands.Command) -> Forecast:
        """What :meth:`do` would do now, with nothing written. Raises the same refusals."""
        with self.store.read() as view:
            standing = self._standing(view, case)
            world = self._world(view, standing)
            now = utc(self.clock.now())
            after = decide(standing, command, world, now)
        acts = after.case.acts[standing.case.n :]
        later = max([now, *(a.recorded for a in acts)])
        return Forecast(acts, tuple(ledger(standing.case, world, now)), tuple(ledger(after.case, world, later)), world.calendars)

    def forecast_open(self, procedure: str, command: commands.Open) -> Forecast:
        """What :meth:`open_case` would do now, with nothing written."""
        now = utc(self.clock.now())
        rules = self.rules(procedure, (command.said.happened or Moment.at(now)).lo)
        with self.store.read() as view:
            world = World(rules, self._calendars, self._organise(view), self._tz)
            after = decide(None, command, self._current_first(world), now, "-")
        return Forecast(after.case.acts, (), tuple(ledger(after.case, world, now)), world.calendars)

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Many commands in one transaction: all are written on leaving, or none when an exception leaves it."""
        with self.store.write() as unit:
            batch = Batch(self, unit, utc(self.clock.now()))
            yield batch
            batch.flush()
        with self._lock:
            for case, (head, standing) in batch.standings.items():
                if case in batch.erased:
                    self._standings.pop(case, None)
                    continue
                self._standings[case] = (head, standing)
                self._standings.move_to_end(case)
            while len(self._standings) > KEEP:
                self._standings.popitem(last=False)
        for case, acts in batch.written:
            for listener in self._listeners:
                listener(case, acts)

    def tick(self) -> list[Result]:
        """One sweep: clock transitions, flags and tiers of every case that is due, each case in its own transaction, until none is left."""
        now = utc(self.clock.now())
        done = self._open_periods(now)
        while True:
            with self.store.read() as view:
                waiting = view.waking(now, 200)
            if not waiting:
                return done
            for row in waiting:
                with self.batch() as batch:
                    result = batch.tick(row.id)
                    if result is not None:
                        done.append(result)

    def _open_periods(self, now: datetime) -> list[Result]:
        """Open the cases of recurring duties; the first sweep opens those of the present period, later ones those missing."""
        done: list[Result] = []
        organisation = self.organisation()
        for name in dict.fromkeys(r.procedure.procedure for r in self.definitions() if r.procedure.period is not None):
            for rules, unit, period in self._missing_periods(name, organisation, now):
                with self.batch() as batch:
                    done.append(batch.open_period(rules, unit, period))
        return done

    def _missing_periods(self, procedure: str, organisation: Organisation, now: datetime) -> list[tuple[Rules, organisations.Unit, Period]]:
        found: list[tuple[Rules, organisations.Unit, Period]] = []
        try:
            newest = self.rules(procedure, now)
        except UnknownProcedure:  # no version is in force any more
            return found
        declared = newest.procedure.period
        if declared is None:
            return found
        present = Period.of(now, declared.every, newest.zone)
        with self.store.read() as view:
            behind = [
                unit
                for unit in organisation.units.values()
                if unit.level == declared.level
                and organisation.unit_at(unit.id, now) == unit.id
                and present.owed_by(unit, declared.joins)
                and view.case(present.case(procedure, unit.id)) is None
            ]
            begun = min((row.opened for row in view.cases(procedure)), default=present.since) if behind else present.since
            for unit in behind:
                missing: list[Period] = []
                period = present
                while period.since >= begun and period.owed_by(unit, declared.joins) and view.case(period.case(procedure, unit.id)) is None:
                    missing.append(period)
                    period = period.before()
                found.extend((self.rules(procedure, p.since), unit, p) for p in reversed(missing))
        return found

    def subscribe(self, listener: Listener) -> None:
        """Call ``listener(case, acts)`` after each transaction that wrote acts, in the thread that wrote them."""
        self._listeners.append(listener)

    # -- views ---------------------------------------------------------------------------------------------------------------------

    def case(self, case: str) -> Standing:
        """A folded case. Raises :class:`~workflow.errors.UnknownCase`."""
        with self.store.read() as view:
            return self._standing(view, case)

    def world(self, standing: Standing) -> World:
        with self.store.read() as view:
            return self._world(view, standing)

    def ledger(self, case: str, as_of: datetime | None = None) -> list[Row]:
        """Every obligation of a case with its outcome as the record stood at ``as_of`` (default: now)."""
        with self.store.read() as view:
            standing = self._standing(view, case)
            world = self._world(view, standing)
        now = utc(as_of or self.clock.now())
        if as_of is None:
            standing = catch_up(standing, world, now)
        return ledger(standing.case, world, now)

    def cases(self, procedure: str | None = None) -> Sequence[CaseRow]:
        with self.store.read() as view:
            return view.cases(procedure)

    def period_case(self, procedure: str, unit: str, at: datetime) -> str:
        """The id of the case of a recurring duty in whose period an instant lies: a record fulfils the period in which it happened (S7.3).

        Raises :class:`~workflow.errors.UnknownProcedure`, also for a procedure that does not recur.
        """
        rules = self.rules(procedure, at)
        if rules.procedure.period is None:
            raise UnknownProcedure(Text(f"{procedure} 不是周期性义务", f"{procedure} is no recurring duty"))
        return Period.of(at, rules.procedure.period.every, rules.zone).case(rules.procedure.procedure, unit)

    def private(self, case: str, n: int) -> Mapping[str, Json]:
        """The erasable part of an act; empty when there was none or it was erased."""
        with self.store.read() as view:
            found = view.private(case, n)
        return found.content() if found is not None else {}

    # -- inside --------------------------------------------------------------------------------------------------------------------

    def _standing(self, view: View, case: str) -> Standing:
        row = view.case(case)
        if row is None:
            raise UnknownCase(Text(f"没有案件 {case!r}", f"there is no case {case!r}"))
        with self._lock:
            kept = self._standings.get(case)
        if kept is not None and kept[0] == row.head:
            return kept[1]
        entries = view.entries(case)
        rules = self._load(view, row.definition)
        calendars = self.calendars_of(view, entries)
        world = World(rules, calendars, self._organise(view), self._tz)
        return Standing.replayed(case, (Act.decode(e) for e in entries), world, utc(self.clock.now()))

    def calendars_of(self, view: View, entries: Iterable[Entry]) -> Mapping[str, Calendar]:
        """The calendars by digest, with those that the entries are pinned to loaded from the store."""
        for entry in entries:
            data = entry.body.get("data")
            name = data.get("calendar") if isinstance(data, Mapping) else None
            if isinstance(name, str) and name not in self._calendars:
                blob = view.blob(name)
                if blob is None:
                    raise ConfigError(Text(f"存储中没有日历 {name}", f"the store has no calendar {name}"))
                self._calendars[name] = Calendar.of(parse_canonical(blob))
        return self._calendars

    def _world(self, view: View, standing: Standing) -> World:
        return World(self._load(view, standing.case.definition), self._calendars, self._organise(view), self._tz)

    def _current_first(self, world: World) -> World:
        """The world with the calendar in use first: the one that a new case is pinned to."""
        first = {self._calendar: self._calendars[self._calendar]}
        return replace(world, calendars={**first, **self._calendars})

    def token(self) -> bytes:
        return self._entropy.token(SALT)


class Batch:
    """Commands inside one transaction of the store; made by :meth:`Engine.batch`."""

    def __init__(self, engine: Engine, unit: Unit, now: datetime) -> None:
        self._engine = engine
        self._unit = unit
        self._now = now
        self.standings: dict[str, tuple[str, Standing]] = {}
        self._swept: set[str] = set()
        self._organisation: Organisation | None = None
        self._kept = ""
        self.erased: set[str] = set()
        """Cases of which something was destroyed: no copy of it stays in memory."""
        self.written: list[tuple[str, tuple[Act, ...]]] = []

    def open(self, procedure: str, command: commands.Open, *, case: str = "", key: str | None = None) -> Result:
        repeated = self._repeated(command, key)
        if repeated is not None:
            return repeated
        engine = self._engine
        rules = engine.in_force(self._unit, procedure, (command.said.happened or Moment.at(self._now)).lo)
        name = case or f"{rules.procedure.procedure}-{engine.token().hex()[:10]}"
        if name == CHAIN or self._unit.case(name) is not None or name in self.standings:
            raise AlreadyThere(Text(f"案件 {name} 已存在", f"the case {name} is there already"))
        world = engine._current_first(World(rules, engine._calendars, self._organised(), engine._tz))
        self.keep_calendar()
        standing = decide(None, command, world, self._now, name)
        return self._write(standing, 0, None, command, key)

    def open_period(self, rules: Rules, unit: organisations.Unit, period: Period) -> Result:
        """Open the case of one period of a unit's recurring duty; the sweep does (S7.3)."""
        engine = self._engine
        world = engine._current_first(World(rules, engine._calendars, self._organised(), engine._tz))
        self.keep_calendar()
        standing = open_period(unit.id, period, world, self._now, period.case(rules.procedure.procedure, unit.id))
        return self._write(standing, 0, None, None, None)

    def do(self, case: str, command: commands.Command, *, expected: int | None = None, key: str | None = None) -> Result:
        repeated = self._repeated(command, key)
        if repeated is not None:
            return repeated
        standing, head = self._load(case)
        if expected is not None and expected != standing.case.n:
            raise StaleVersion(
                Text(
                    f"案件 {case} 已到第 {standing.case.n} 版,不是 {expected}",
                    f"the case {case} is at version {standing.case.n}, not {expected}",
                ),
                hint=Text("重新查看后再办理", "look at it again, then repeat the command"),
            )
        world = self._world(standing)
        after = decide(standing, command, world, self._now)
        return self._write(after, standing.case.n, head, command, key)

    def tick(self, case: str) -> Result | None:
        """Let the clock of a case catch up and raise the flags that are due; ``None`` when there was nothing to write."""
        standing, head = self._load(case)
        world = self._world(standing)
        after = flags(catch_up(standing, world, self._now), world, self._now)
        result = None
        if after.case.n == standing.case.n:
            self.standings[case] = (head, after)
        else:
            result = self._write(after, standing.case.n, head, None, None)
        self._swept.add(case)
        return result

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
        self._write(settle(standing, act, world, self._now), standing.case.n, head, None, None)

    def keep_calendar(self) -> None:
        """Put the calendar in use into the store: what a case is pinned to must be there."""
        engine = self._engine
        if self._kept == engine._calendar:
            return
        self._kept = engine._calendar
        self._unit.put_blob("calendar", engine.calendar.id, engine._calendar, engine._calendar_data)

    def flush(self) -> None:
        """Write the derived rows of every case that changed, once."""
        for case, (head, behind) in self.standings.items():
            world = self._world(behind)
            standing = behind.refreshed(world, self._now)
            self.standings[case] = (head, standing)
            after = self._now if case in self._swept else BEGINNING
            self._unit.put_case(_case_row(standing, head, wake(standing, world, self._now, after)))
            self._unit.put_dues(case, [_due_row(case, row) for row in standing.all_rows() if row.open])

    def _organised(self) -> Organisation:
        """The organisation as this transaction sees it, read once."""
        if self._organisation is None:
            self._organisation = self._engine._organise(self._unit)
        return self._organisation

    def _world(self, standing: Standing) -> World:
        engine = self._engine
        return World(engine._load(self._unit, standing.case.definition), engine._calendars, self._organised(), engine._tz)

    def _load(self, case: str) -> tuple[Standing, str]:
        if case in self.standings:
            head, standing = self.standings[case]
            return standing, head
        row = self._unit.case(case)
        if row is None:
            raise UnknownCase(Text(f"没有案件 {case!r}", f"there is no case {case!r}"))
        return self._engine._standing(self._unit, case), row.head

    def _write(self, after: Standing, since: int, head: str | None, command: commands.Command | None, key: str | None) -> Result:
        acts = after.case.acts[since:]
        engine = self._engine
        linked: list[tuple[Entry, Private | None]] = []
        for act in acts:
            pair = link(
                act.n,
                head,
                case=after.case.id,
                kind=act.kind,
                recorded=act.stamp,
                body=act.body(),
                private=act.private,
                salt=engine.token() if act.private else b"",
                algorithm=engine._algorithm,
            )
            head = pair[0].hash
            linked.append(pair)
        self._unit.append(linked)
        assert head is not None
        for act in acts:
            if act.kind == ERASED:
                self._erase(after.case, act)
        if key is not None and command is not None:
            request = digest(canonical(command.document()))
            self._unit.remember(key, Answer(request, after.case.id, after.case.n, since + 1))
        self.standings[after.case.id] = (head, after)
        self._swept.discard(after.case.id)
        if acts:
            self.written.append((after.case.id, acts))
        return Result(after.case.id, after.case.n, acts, after)

    def _erase(self, case: Case, act: Act) -> None:
        for n in cast(Sequence[int], act.data["entries"]):
            self._unit.erase(case.id, n)
        self.erased.add(case.id)

    def _repeated(self, command: commands.Command, key: str | None) -> Result | None:
        if key is None:
            return None
        answer = self._unit.answer(key)
        if answer is None:
            return None
        if answer.request != digest(canonical(command.document())):
            raise KeyReused(
                Text(f"幂等键 {key!r} 已用于另一个命令", f"the key {key!r} was used for another command"),
                hint=Text("换一个键", "use another key"),
            )
        standing, _ = self._load(answer.case)
        return Result(answer.case, answer.n, standing.case.acts[answer.first - 1 : answer.n], standing, repeated=True)


def _case_row(standing: Standing, head: str, wakes: datetime | None) -> CaseRow:
    case = standing.case
    return CaseRow(
        case.id,
        case.procedure,
        case.version,
        case.definition,
        case.unit,
        case.state,
        case.n,
        head,
        case.opened.happened.lo,
        case.ended is not None,
        case.listed,
        wakes,
    )


def _due_row(case: str, row: Row) -> DueRow:
    revision = row.current
    due = revision.due.instant if revision is not None and revision.due is not None else None
    return DueRow(case, row.key, row.duty.id, revision.number if revision is not None else 0, due, row.open)


__all__ = ["Actor", "Batch", "Engine", "Forecast", "Result"]
