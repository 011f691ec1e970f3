"""The front door for programs that embed duban: open, fire, record, explain, replay.

An :class:`Engine` holds no state that the store does not have; it keeps folded cases in memory and checks their version in every
transaction. It may be shared by threads: each command is one transaction of the store, and two commands on one case that race end in one
success and one :class:`~workflow.errors.StaleVersion`; where no version was demanded the engine tries again, up to :data:`TRIES` times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.metadata import EntryPoints, entry_points
from typing import Any, TypeVar

from workflow import command as commands
from workflow import organisation as organisations
from workflow import sweep as sweeps
from workflow.act import Act
from workflow.batch import Batch, Result, Swept
from workflow.calendar import Calendar
from workflow.case.clockwork import catch_up, stood
from workflow.case.fold import Case
from workflow.case.joint import Known, Load, carried_out, opened
from workflow.case.migrate import movable
from workflow.case.standing import Standing
from workflow.demand import answered, demand_free, demand_version
from workflow.dispatch import Routing
from workflow.errors import (
    ConfigError,
    IntegrityError,
    ListenerFailed,
    Refused,
    StaleVersion,
    UnknownProcedure,
    UnsetFrequency,
)
from workflow.forecast import Forecast, forecast_of
from workflow.frequency import period_at
from workflow.journal.canonical import Json, digest
from workflow.journal.entry import Entry, Private, link
from workflow.journal.seal import Seal, make_seal
from workflow.migration import BrokenPlan, Plan
from workflow.moment import Moment, stamp, utc
from workflow.obligation.ledger import ledger
from workflow.obligation.row import Row
from workflow.organisation import CHAIN, Actor, Organisation
from workflow.ports import CaseRow, Clock, Entropy, Store, Unit, View
from workflow.procedure.load import Definition
from workflow.procedure.pack import Pack
from workflow.rules import Rules, World
from workflow.sources import Sources
from workflow.text import Text
from workflow.written import SALT

Listener = Callable[[str, tuple[Act, ...]], None]
Tried = TypeVar("Tried")
TRIES = 5
"""A daemon writes to a case too, when it flags and when it has told somebody: nobody need know that it was first."""


def open_store(url: str, **options: Any) -> Store:
    """The store that ``url`` names, found by its scheme in the entry-point group ``duban.stores``.

    Raises :class:`~workflow.errors.ConfigError` for an unknown scheme and :class:`~workflow.errors.StoreUnavailable` for a store that
    cannot be opened.
    """
    scheme = url.split(":", 1)[0].split("+", 1)[0]
    found = _plugged_in("duban.stores").select(name=scheme)
    if not found:
        names = ", ".join(sorted(e.name for e in _plugged_in("duban.stores")))
        raise ConfigError(
            Text(f"没有存储类型 {scheme!r}", f"there is no store for {scheme!r}"), hint=Text(f"可用:{names}", f"there are: {names}")
        )
    store: Store = next(iter(found)).load().open(url, **options)
    return store


@cache
def _plugged_in(group: str) -> EntryPoints:
    """What the installed packages offer; looked up once, for it takes a file of every package there is."""
    return entry_points(group=group)


class Engine:
    """Cases that run on declared procedures, on one store."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, calendar: Calendar, tz: str = "") -> None:
        """``tz`` is the version of the time-zone database in use, recorded with each case (promise 9)."""
        self.store = store
        self.clock = clock
        self._entropy = entropy
        self.routing = Routing()
        """Over which channels flags are told; none: nobody is told, and the flags stand in the journal all the same."""
        self._listeners: list[Listener] = []
        with store.read() as view:
            self._algorithm = view.meta()["algorithm"]
            self.sources = Sources(view, calendar, tz)

    @classmethod
    def open(cls, url: str, **options: Any) -> Engine:
        """An engine on the store that ``url`` names (``sqlite:///duban.db``, ``memory:``), with the system clock and shipped calendar.

        The scheme is looked up in the entry-point group ``duban.stores``, the rest in ``duban.hosts``. Raises
        :class:`~workflow.errors.ConfigError` for an unknown scheme and :class:`~workflow.errors.StoreUnavailable` for a store that cannot
        be opened. ``options`` go to the store.
        """
        return cls.on(open_store(url, **options))

    @classmethod
    def on(cls, store: Store) -> Engine:
        """An engine on a store that is open, with the system clock and the shipped calendar."""
        host = next(iter(_plugged_in("duban.hosts").select(name="system"))).load()
        return cls(store, host.clock(), host.entropy(), host.calendar(), host.tz())

    def within(self, store: Store) -> Engine:
        """This engine on another view of the same data: a store joined to the host's own transaction (``SqlStore.joined``).

        It shares the clock and what was read of definitions, calendars and cases, and belongs to the thread of its transaction. It has no
        subscribers: what is written is not committed until the host commits, and the host has the results at hand.
        """
        twin = object.__new__(type(self))
        twin.store, twin.clock, twin.sources = store, self.clock, self.sources
        twin._entropy, twin._algorithm, twin._listeners = self._entropy, self._algorithm, []
        twin.routing = self.routing
        return twin

    def close(self) -> None:
        self.store.close()

    @property
    def calendar(self) -> Calendar:
        """The calendar that new cases are pinned to."""
        return self.sources.calendar

    @property
    def calendars(self) -> Mapping[str, Calendar]:
        """Every calendar that this engine has met, by digest."""
        return self.sources.calendars

    def import_calendar(self, calendar: Calendar, said: commands.Said, ground: str, *, write: bool = True) -> list[tuple[str, Row, Row]]:
        """Use a calendar from now on and recompute what is open (S8.2); returns (case, row before, row after) for each date that moves.

        It takes the place of the calendar of its id, and a national one puts its notices under the local ones too. Every open case that
        counts in one of them gets an act that names the calendar, who imported it and on what ground, all in one transaction. With
        ``write`` false nothing is kept.
        """
        with self.store.read() as view:
            self.sources.refresh(view)
        renewed = self.sources.renewed(calendar)
        digests = {new.id: self.sources.meet(new) for new in renewed}
        waiting: list[tuple[str, commands.Recalendar]] = []
        moved: list[tuple[str, Row, Row]] = []
        with self.store.read() as view:
            owing = {row.case for row in view.dues()}
            concerned = [row.id for row in view.cases() if not row.ended or row.id in owing]
        for case in concerned:
            counted = self.calendars[self.case(case).case.calendar_now].id
            if counted not in digests:
                continue
            command = commands.Recalendar(said=said, calendar=digests[counted], ground=ground)
            waiting.append((case, command))
            found = self.forecast(case, command)
            before = {r.key: r for r in found.before}
            moved.extend((case, before[r.key], r) for r in found.after if r.key in before and r.open and _moved(before[r.key], r))
        if write:
            with self.batch() as batch:
                for new in renewed:
                    batch.announce(new)
                for case, command in waiting:
                    batch.do(case, command)
            self.sources.use(calendar)
        return moved

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- definitions ---------------------------------------------------------------------------------------------------------------

    def add(self, definition: Definition) -> str:
        """Keep a definition; returns its hash. A version that exists with other content raises :class:`AlreadyThere`.

        Where packs of its procedure are in use, what it makes together with them is kept too; one that does not fit them raises
        :class:`~workflow.procedure.source.BrokenDefinition`.
        """
        self.add_all([definition])
        return definition.hash

    def add_all(self, definitions: Sequence[Definition]) -> None:
        """The same of several in one transaction: all of them are kept or none."""
        with self.store.write() as unit:
            for definition in definitions:
                self.sources.keep_definition(unit, definition)
        for definition in definitions:
            self.sources.know(Rules(definition.procedure, definition.hash))

    def definitions(self) -> list[Rules]:
        """Every definition in the store, in the order in which they were added."""
        with self.store.read() as view:
            return self.sources.definitions(view)

    def rules(self, procedure: str, on: datetime | None = None) -> Rules:
        """The rules of a procedure in force on the day of ``on`` (default: now), or of one version (``id@version``) (S8.1).

        Of several in force the one that was added last. Raises :class:`~workflow.errors.UnknownProcedure`.
        """
        with self.store.read() as view:
            return self.sources.in_force(view, procedure, on or self.clock.now())

    def use_packs(self, procedure: str, packs: Sequence[Pack], said: commands.Said, *, write: bool = True) -> tuple[Definition, ...]:
        """Switch on exactly these packs of a procedure; none: all are off. Returns what it makes together with them.

        An explicit act of the unit, in the journal with who did it. It binds cases that are opened from now on, each by the packs in force
        on the day of its opening event (S8.1); a case that is open keeps the rules it began under (promise 9). Raises
        :class:`~workflow.procedure.source.BrokenDefinition` for a pack that does not fit, and
        :class:`~workflow.errors.UnknownProcedure`. With ``write`` false nothing is kept.
        """
        if not write:
            with self.store.read() as view:
                return self.sources.made_with(view, procedure, packs)
        by = said.actor.document()
        used: list[Json] = [{"ref": pack.ref, "hash": pack.hash} for pack in packs]
        with self.store.write() as unit:
            made = self.sources.keep_packs(unit, procedure, packs)
            self._organise(unit, [({"what": "packs", "procedure": procedure, "packs": used, "by": by}, None)])
        return made

    def packs(self, procedure: str) -> tuple[Pack, ...]:
        """The packs of a procedure that are switched on."""
        with self.store.read() as view:
            return self.sources.packs(view, procedure)

    def migrate(self, plan: Plan, said: commands.Said, *, write: bool = True) -> list[Forecast]:
        """Move running cases to another version of their procedure (promise 9); returns what it does to each, in order of their ids.

        Every case gets an act with its state in the new version and what became of each open obligation, all in one transaction. Cases
        that have ended, are void, or are under the new version already are left alone. Raises :class:`~workflow.migration.BrokenPlan`,
        with everything that is wrong, before anything is written. With ``write`` false nothing is.
        """
        now = utc(self.clock.now())
        with self.store.read() as view:
            by_ref = {rules.procedure.ref: rules for rules in self.sources.definitions(view)}
            old, new = by_ref.get(plan.old), by_ref.get(plan.new)
            every = [] if old is None else [r.id for r in view.cases(old.procedure.procedure) if r.definition == old.hash]
            caught: dict[str, Case | None] = {}
            for name in every if plan.cases is None else plan.cases:
                caught[name] = None
                if view.case(name) is not None:
                    standing, _ = self.sources.standing(view, name, now)
                    caught[name] = catch_up(standing, self.sources.world(view, standing.case.definition), now).case
        problems = plan.problems(old, new, caught)
        if problems:
            raise BrokenPlan(plan.source.name, problems)
        assert new is not None
        command = plan.command(said, new)
        moving = sorted(n for n, case in caught.items() if case is not None and movable(case) and case.definition != new.hash)
        found = [self.forecast(case, command) for case in moving]
        if write and moving:
            with self.batch() as batch:
                done = [batch.do(case, command) for case in moving]
            ends = [batch.standings[case][1] for case in moving]
            found = [replace(f, acts=r.acts, becomes=end) for f, r, end in zip(found, done, ends, strict=True)]
        return found

    # -- the organisation ----------------------------------------------------------------------------------------------------------

    def organise(self, entries: Iterable[tuple[Mapping[str, Json], Mapping[str, Json] | None]]) -> Organisation:
        """Journal entries of the organisation, all or none. Raises what :func:`workflow.organisation.check` raises."""
        with self.store.write() as unit:
            return self._organise(unit, entries)

    def _organise(self, unit: Unit, entries: Iterable[tuple[Mapping[str, Json], Mapping[str, Json] | None]]) -> Organisation:
        now = utc(self.clock.now())
        organisation = self.sources.organisation(unit)
        old = unit.entries(CHAIN)
        head = old[-1].hash if old else None
        linked: list[tuple[Entry, Private | None]] = []
        for body, private in entries:
            body = organisations.dated(body, now)
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
        return organisation

    def organisation(self) -> Organisation:
        with self.store.read() as view:
            return self.sources.organisation(view)

    # -- commands ------------------------------------------------------------------------------------------------------------------

    def open_case(self, procedure: str, command: commands.Open, *, case: str = "", key: str | None = None) -> Result:
        """Open a case under the rules in force on the day its opening event happened. ``case`` is its id; empty makes one."""
        source = command.origin or next((lead[0] for lead in command.leads), "")
        if not source:
            with self.batch() as batch:
                return batch.open(procedure, command, case=case, key=key)
        sent = commands.Do(said=command.said, event=command.by, case=case)  # what is refused is refused to the case that it comes from
        asked = sent if command.by else command
        return self._attempt(lambda batch: batch.open(procedure, command, case=case, key=key), source, asked, again=True)

    def do(self, case: str, command: commands.Command, *, expected: int | None = None, key: str | None = None) -> Result:
        """Carry out a command on a case, in a transaction of its own.

        ``expected`` is the version the caller saw (:class:`~workflow.errors.StaleVersion` if another is there); ``key`` makes the command
        idempotent: the same key again gives the same answer once, with another command it raises
        :class:`~workflow.errors.KeyReused`. A refused request is journaled as a refusal and raised.
        """
        return self._attempt(lambda batch: batch.do(case, command, expected=expected, key=key), case, command, again=expected is None)

    def _attempt(self, run: Callable[[Batch], Result], case: str, command: commands.Command, *, again: bool) -> Result:
        """Run in a transaction of its own, again where somebody else was first; journal a refusal in ``case`` and raise it."""
        touched = [case, str(getattr(command, "case", ""))]
        try:
            return self._tried(run, touched, TRIES if again else 1)
        except Refused as error:
            refusal = error
        self._tried(lambda batch: batch.refused(case, command, refusal), touched, TRIES)
        raise refusal

    def _tried(self, run: Callable[[Batch], Tried], touched: Sequence[str], most: int) -> Tried:
        for left in reversed(range(most)):
            try:
                with self.batch() as batch:
                    return run(batch)
            except StaleVersion:
                if not left:
                    raise
                self.sources.forget(touched)
        raise AssertionError("unreachable")

    def forecast(self, case: str, command: commands.Command, *, expected: int | None = None, key: str | None = None) -> Forecast:
        """What :meth:`do` would do now, with nothing written. Raises the same refusals."""
        now = utc(self.clock.now())
        with self.store.read() as view:
            repeated = answered(view, command, key)
            standing, _ = self.sources.standing(view, case, now)
            world = self.sources.world(view, standing.case.definition)
            if repeated is not None:
                return Forecast((), world, standing, standing, now, repeated=True)
            demand_version(standing, expected)
            parts = carried_out(Known(standing, world), command, now, self._loading(view, now))
        return forecast_of(parts, now)

    def forecast_open(self, procedure: str | Rules, command: commands.Open, *, case: str = "", key: str | None = None) -> Forecast:
        """What :meth:`open_case` would do now, with nothing written. ``procedure`` may be rules that the store does not have yet."""
        now = utc(self.clock.now())
        rules = procedure if isinstance(procedure, Rules) else self.rules(procedure, (command.said.happened or Moment.at(now)).lo)
        with self.store.read() as view:
            repeated = answered(view, command, key)
            if repeated is not None:
                standing, _ = self.sources.standing(view, repeated.case, now)
                return Forecast((), self.sources.world(view, standing.case.definition), standing, standing, now, repeated=True)
            if case:
                demand_free(view, case, self.sources.recurring(view))
            self.sources.refresh(view)
            world = self.sources.opening(rules, self.sources.organisation(view))
            parts = opened(command, world, now, case or "-", self._loading(view, now))
        return forecast_of(parts, now)

    def _loading(self, view: View, now: datetime) -> Load:
        def load(case: str) -> Known:
            standing, _ = self.sources.standing(view, case, now)
            return Known(standing, self.sources.world(view, standing.case.definition), lambda: {e.n: e.hash for e in view.entries(case)})

        return load

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Many commands in one transaction: all are written on leaving, or none when an exception leaves it."""
        with self.store.write() as unit:
            batch = Batch(self.sources, unit, self._entropy, self._algorithm, utc(self.clock.now()), self.routing)
            yield batch
            batch.flush()
        if not batch.flood:
            self.sources.remember({case: kept for case, kept in batch.standings.items() if case not in batch.erased})
        self.sources.forget(batch.erased)
        self._tell(batch.written)

    def _tell(self, written: Sequence[tuple[str, tuple[Act, ...]]]) -> None:
        failures: list[Exception] = []
        for case, acts in written:
            for listener in tuple(self._listeners):
                try:
                    listener(case, acts)
                except Exception as error:  # one subscriber must not keep the others from hearing
                    failures.append(error)
        if failures:
            raise ListenerFailed(
                Text("命令已写入,但有订阅者出错", "the command is written, but a subscriber failed"),
                hint=Text("不要重复该命令;修正订阅者", "do not repeat the command; mend the subscriber"),
            ) from ExceptionGroup("subscribers", failures)

    def tick(self) -> list[Result]:
        """One sweep: clock transitions, flags and tiers of every case that is due, until none is left.

        A case that cannot be swept keeps no other from being swept: when all the others are done,
        :class:`~workflow.errors.SweepIncomplete` names those that are not. What the store itself raises ends the sweep at once.
        """
        return sweeps.sweep(self)

    def sweep(self, size: int = sweeps.BATCH, hold: sweeps.Hold | None = None) -> Iterator[Swept]:
        """:meth:`tick` as its transactions of up to ``size`` cases, each committed when it is yielded, for whoever has a time budget.

        Nothing is raised for a case that could not be swept: it stands in :attr:`Swept.broken`, is parked, and is tried again later.
        With ``hold``, a name and for how long, each transaction takes or prolongs the lease of the watch, and is not made when somebody
        else has it: :class:`~workflow.errors.LeaseLost`.
        """
        return sweeps.parts(self, size, hold)

    def next_waking(self) -> datetime | None:
        """When a sweep has something to do next; in the past when something waits. ``None``: nothing is known to fall due."""
        periods = sweeps.periods_from(self, utc(self.clock.now()))
        with self.store.read() as view:
            case = view.next_waking()
        first = min((i for i in (periods, case) if i is not None), default=None)
        return None if first == sweeps.NEVER else first

    def forecast_tick(self) -> list[Forecast]:
        """What :meth:`tick` would do now to each case, with nothing written; cases of periods that have begun are opened in it too."""
        return sweeps.forecast(self)

    def seal(self) -> Seal | None:
        """Seal every committed entry that no seal covers (S10.3); ``None`` when there is none. Keep its checkpoint elsewhere.

        The tree is computed before the write transaction, so that writers wait only while the entries are marked; what is committed
        meanwhile goes to the next seal. Raises :class:`~workflow.errors.IntegrityError` for an entry that does not have its hash.
        """
        while True:
            with self.store.read() as view:
                entries, seals = list(view.unsealed()), view.seals()
            for entry in entries:
                if digest(entry.raw, self._algorithm) != entry.hash:
                    raise IntegrityError(
                        Text("内容被改动,不能封印", "the entry was edited, and is not sealed"),
                        where=f"{entry.case} #{entry.n}",
                        hint=Text("先用 duban audit verify 核验", "see duban audit verify first"),
                    )
            if not entries:
                return None
            seal = make_seal(seals[-1] if seals else None, entries, stamp(utc(self.clock.now())), self._algorithm)
            try:
                with self.store.write() as unit:
                    unit.put_seal(seal, [(e.case, e.n) for e in entries])
            except StaleVersion:  # another sealer was first: what it left is sealed next
                continue
            return seal

    def subscribe(self, listener: Listener) -> None:
        """Call ``listener(case, acts)`` after each transaction that wrote acts is committed, in the thread that wrote them.

        Cases come in the order in which the transaction touched them, acts in the order of the journal. A listener that raises
        keeps no other from being called and undoes nothing; when all were called :class:`~workflow.errors.ListenerFailed` is raised.
        """
        self._listeners.append(listener)

    # -- views ---------------------------------------------------------------------------------------------------------------------

    def case(self, case: str) -> Standing:
        """A folded case. Raises :class:`~workflow.errors.UnknownCase`."""
        with self.store.read() as view:
            return self.sources.standing(view, case, utc(self.clock.now()))[0]

    def world(self, standing: Standing) -> World:
        """Everything besides the case that decides its outcomes."""
        with self.store.read() as view:
            return self.sources.world(view, standing.case.definition)

    def ledger(self, case: str, as_of: datetime | None = None) -> list[Row]:
        """Every obligation of a case with its outcome as the record stood at ``as_of`` (default: now)."""
        now = utc(as_of or self.clock.now())
        with self.store.read() as view:
            standing, _ = self.sources.standing(view, case, now)
            world = self.sources.world(view, standing.case.definition)
        case_then = stood(standing.case, world, now) if as_of is not None else catch_up(standing, world, now).case
        return ledger(case_then, world, now)

    def cases(self, procedure: str | None = None) -> Sequence[CaseRow]:
        with self.store.read() as view:
            return view.cases(procedure)

    def period_case(self, procedure: str, unit: str, at: datetime) -> str:
        """The id of the case of a recurring duty in whose period an instant lies: a record fulfils the period in which it happened (S7.3).

        Raises :class:`~workflow.errors.UnknownProcedure`, also for a procedure that does not recur, and
        :class:`~workflow.errors.UnsetFrequency` where it is for the unit to set how often, and it had set nothing then.
        """
        rules = self.rules(procedure, at)
        if rules.procedure.period is None:
            raise UnknownProcedure(Text(f"{procedure} 不是周期性义务", f"{procedure} is no recurring duty"))
        period = period_at(self.organisation(), rules, unit, at)
        if period is None:
            title = rules.procedure.title
            raise UnsetFrequency(
                Text(f"{unit} 当时没有设定“{title.zh}”的频次", f"{unit} had set no frequency for '{title.en}' then"),
                where=unit,
                hint=Text("在机构文件中写 periods", "write 'periods' in the organisation file"),
            )
        return period.case(rules.procedure.procedure, unit)

    def private(self, case: str, n: int) -> Mapping[str, Json]:
        """The erasable part of an act; empty when there was none or it was erased."""
        with self.store.read() as view:
            found = view.private(case, n)
        return found.content() if found is not None else {}


def _moved(old: Row, new: Row) -> bool:
    return not new.due.same(old.due) if new.due is not None else old.due is not None


__all__ = ["Actor", "Batch", "Engine", "Forecast", "Result"]
