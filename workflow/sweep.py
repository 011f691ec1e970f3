"""One sweep of the clock over every case of a store, and what it has to open.

The cases of recurring duties whose period has begun are opened by it (SEMANTICS S7.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from workflow import command as commands
from workflow.batch import Result, Swept
from workflow.case.clockwork import catch_up
from workflow.case.deed import open_period
from workflow.case.flags import flags, wake
from workflow.case.standing import Standing
from workflow.errors import LeaseLost, ListenerFailed, StaleVersion, StoreBusy, StoreUnavailable, SweepIncomplete, UnknownProcedure
from workflow.forecast import Forecast
from workflow.frequency import Spell, spells
from workflow.moment import BEGINNING, TICK, unstamp, utc
from workflow.organisation import CHAIN, Actor, Unit
from workflow.outbox import AHEAD, SWEPT
from workflow.period import Period
from workflow.ports import View
from workflow.rules import Rules
from workflow.sources import Sources

if TYPE_CHECKING:
    from workflow.engine import Engine

EVERY = 1 << 31  # more cases than any store holds
BATCH = 200
"""Cases in one transaction of a sweep."""
NEVER = datetime.max.replace(tzinfo=UTC)
Hold = tuple[str, timedelta]
"""Who takes the lease of the watch with each transaction, and for how long."""


def sweep(engine: Engine) -> list[Result]:
    """Clock transitions, flags and tiers of every case that is due, until none is left.

    A case that cannot be swept keeps no other from being swept: when all the others are done,
    :class:`~workflow.errors.SweepIncomplete` names those that are not. What the store itself raises ends the sweep at once.
    """
    done: list[Result] = []
    broken: dict[str, Exception] = {}
    for part in parts(engine):
        done.extend(part.done)
        broken.update(part.broken)
    complete(done, broken)
    return done


def parts(engine: Engine, size: int = BATCH, hold: Hold | None = None) -> Iterator[Swept]:
    """A sweep as its transactions, each committed when it is yielded; whoever stops in between loses nothing.

    The cases of periods that have begun are opened first, then every case that wakes is swept, the earliest first. What could not be done
    stands in the parts; a case that could not be swept is parked and not tried again before its time. With ``hold`` every transaction is
    the holder's of the lease, or is not made at all.
    """
    now = utc(engine.clock.now())
    broken: dict[str, Exception] = {}
    with _apart("calendar", broken):
        _adopt(engine)
    if periods_from(engine, now) <= now:
        yield from _open_periods(engine, now, hold, broken)
    with engine.store.read() as view:
        mark = view.mark(SWEPT)
    since = unstamp(mark) if mark else None
    if since is not None and since > now + AHEAD:
        yield _set_back(engine, size, now, hold, broken)
        since = now
    while True:
        swept = _part(engine, size, since, hold, broken)
        last = swept.claimed < size
        yield swept._replace(last=last)
        if last:
            return


def _set_back(engine: Engine, size: int, now: datetime, hold: Hold | None, broken: dict[str, Exception]) -> Swept:
    """A clock that was ahead was put right: sweep the cases of which it said something again, which withdraws what was said too early."""
    with engine.store.read() as view:
        cases = view.said_after(now)
    done: list[Result] = []
    for start in range(0, len(cases), size):
        with engine.batch() as batch:
            if hold is not None:
                batch.hold(*hold)
            for case in cases[start : start + size]:
                with _apart(case, broken):
                    result = batch.tick(case, now)
                    done.extend([] if result is None else [result])
    with engine.batch() as batch:
        if hold is not None:
            batch.hold(*hold)
        batch.set_back()
    return Swept(len(cases), done, dict(broken))


def _part(engine: Engine, size: int, since: datetime | None, hold: Hold | None, broken: dict[str, Exception]) -> Swept:
    swept = Swept(0, [], broken)
    try:
        for attempt in range(3):
            touched: Mapping[str, object] = {}
            try:
                with engine.batch() as batch:
                    touched = batch.standings
                    if hold is not None:
                        batch.hold(*hold)
                    swept = batch.sweep(size, since)
                break
            except (StaleVersion, StoreBusy):  # a command or another daemon was first with a case; it is read again
                if attempt == 2:
                    raise
                engine.sources.forget(touched)
    except ListenerFailed as error:  # what was done is committed
        return Swept(swept.claimed, swept.done, {**swept.broken, "subscribers": error})
    return swept


def _open_periods(engine: Engine, now: datetime, hold: Hold | None, broken: dict[str, Exception]) -> Iterator[Swept]:
    with engine.store.read() as view:
        known = _known(view)
    missing = _missing(engine, now, broken)
    opened: list[Result] = []
    raced = False
    for procedure, unit, period in missing:
        if f"{procedure}.{unit}" in broken:
            continue  # the periods after one that cannot be opened wait: the next sweep looks back to the last that is there
        with _apart(f"{procedure}.{unit}", broken):
            try:
                with engine.batch() as batch:
                    if hold is not None:
                        batch.hold(*hold)
                    result = batch.open_period(engine.rules(procedure, period.since), unit, period)
            except StaleVersion:  # another daemon was first; the next sweep looks again
                raced = True
                continue
            if result is not None:
                opened.append(result)
    if not broken and not raced:
        engine.sources.periods_open = (known, now)
    yield Swept(len(missing), opened, broken)


def forecast(engine: Engine) -> list[Forecast]:
    """What :func:`sweep` would do now to each case, with nothing written; cases of periods that have begun are opened in it too."""
    now = utc(engine.clock.now())
    found: list[Forecast] = []
    broken: dict[str, Exception] = {}
    missing = _missing(engine, now, broken)
    waking: list[tuple[datetime, str, Standing | None]] = []
    with engine.store.read() as view:
        engine.sources.refresh(view)
        organisation = engine.sources.organisation(view)
        for procedure, unit, period in missing:
            with _apart(f"{procedure}.{unit}", broken):
                world = engine.sources.opening(engine.sources.in_force(view, procedure, period.since), organisation)
                opened = open_period(unit, period, world, now, period.case(procedure, unit)).noted(world, now)
                found.append(Forecast(opened.case.acts, world, None, opened, now))
                if (first := wake(opened, world, now, BEGINNING)) is not None and first <= now:
                    waking.append((first, opened.case.id, opened))  # it opens in the middle of its period, and has flags at once
        waking.extend((row.next_at, row.id, None) for row in view.waking(now, EVERY) if row.next_at is not None)
        for _, case, fresh in sorted(waking, key=lambda one: one[:2]):
            with _apart(case, broken):
                standing = fresh or engine.sources.standing(view, case, now)[0]
                world = engine.sources.world(view, standing.case.definition)
                after = flags(catch_up(standing, world, now), world, now).noted(world, now)
                if after.case.n > standing.case.n:
                    found.append(Forecast(after.case.acts[standing.case.n :], world, standing, after, now))
    complete(found, broken)
    return found


def periods_from(engine: Engine, now: datetime) -> datetime:
    """From when on the case of a period may have to be opened: ``now`` or before, unless all were opened since the last time that one
    could begin. They begin at midnight, or when the organisation says something new from an instant on."""
    with engine.store.read() as view:
        engine.sources.refresh(view)
        organisation, zones = engine.sources.organisation(view), {r.zone for r in engine.sources.definitions(view) if r.procedure.period}
        known, opened = engine.sources.periods_open
        if known != _known(view) or opened > now:
            return now
    said = [i for u in organisation.units.values() for i in (u.since, u.merged_from)] + [f.since for f in organisation.frequencies]
    midnights = (datetime.combine(opened.astimezone(z).date() + timedelta(days=1), time(), z) for z in zones)
    return min((utc(i) for i in (*midnights, *said) if i is not None and i > opened), default=NEVER)


def _known(view: View) -> tuple[object, ...]:
    return view.head(CHAIN), tuple(view.blobs("definition"))


def _adopt(engine: Engine) -> None:
    """Move the open cases to the calendar in use when a newer release of duban brought more of it than the store knew (S8.2)."""
    with engine.store.read() as view:
        known = engine.sources.is_announced(view)
    if not known:
        engine.import_calendar(engine.calendar, commands.Said(actor=Actor("engine")), "shipped")


def _missing(engine: Engine, now: datetime, broken: dict[str, Exception]) -> list[tuple[str, str, Period]]:
    """(procedure, unit, period) of each case of a recurring duty that is not there yet: of the present period, later those missing."""
    found: list[tuple[str, str, Period]] = []
    recurring: list[str] = []
    with _apart("definitions", broken), engine.store.read() as view:
        recurring = engine.sources.recurring(view)
    for procedure in recurring:
        with _apart(procedure, broken), engine.store.read() as view:
            found.extend((procedure, unit, period) for unit, period in missing_periods(engine.sources, view, procedure, now))
    return found


@contextmanager
def _apart(name: str, broken: dict[str, Exception]) -> Iterator[None]:
    """Keep what goes wrong with one case apart. The store's own errors are everybody's."""
    try:
        yield
    except (StoreUnavailable, LeaseLost):
        raise
    except Exception as error:  # whatever it is: nobody else's deadline may depend on it
        broken[name] = error


def complete(done: Sequence[object], broken: Mapping[str, Exception]) -> None:
    """Raises what kept a sweep from being whole, now that everything else is done."""
    unheard = [e for e in broken.values() if isinstance(e, ListenerFailed)]  # these cases were swept
    unswept = {name: e for name, e in broken.items() if not isinstance(e, ListenerFailed)}
    if unswept:
        raise SweepIncomplete.of(done, unswept) from ExceptionGroup("cases", list(broken.values()))
    if unheard:
        raise unheard[0]


def missing_periods(sources: Sources, view: View, procedure: str, now: datetime) -> Iterator[tuple[str, Period]]:
    """Units and the periods of theirs that have begun and have no case yet, oldest first.

    A period is owed when a version of the procedure was in force on its first day, also if none is in force any more. Where no case of the
    procedure is there at all, its first sweep is now: what lay before is not owed to a system that did not exist.
    """
    rules = _version(sources, view, procedure, now)
    declared = rules.procedure.period if rules is not None else None
    if rules is None or declared is None:
        return
    organisation = sources.organisation(view)
    until = rules.procedure.in_force.until
    last = now if until is None else min(now, datetime.combine(until, time(), rules.zone))
    behind: list[tuple[Unit, Spell, Period]] = []
    for unit in organisation.units.values():
        if unit.level not in declared.level or (unit.since is not None and unit.since > now):
            continue
        merged = unit.merged_from is not None and unit.merged_from <= last  # it owes what began before, whenever the sweep comes
        end = unit.merged_from - TICK if merged and unit.merged_from is not None else last
        for spell in spells(organisation, rules, unit.id):
            if spell.since <= end:
                latest = Period.of(end if spell.until is None else min(end, spell.until - TICK), spell.every, rules.zone, spell.set_by)
                if _owed(latest, unit, spell, declared.joins) and view.case(latest.case(procedure, unit.id)) is None:
                    behind.append((unit, spell, latest))
    first = _first_sweep(view, procedure, now) if behind else now
    found: dict[str, tuple[str, Period]] = {}
    for unit, spell, period in behind:
        begun = Period.of(first, spell.every, rules.zone).since
        missing: list[Period] = []
        while period.since >= begun and _owed(period, unit, spell, declared.joins) and view.case(period.case(procedure, unit.id)) is None:
            if _in_force(sources, view, procedure, period.since):
                missing.append(period)
            period = period.before()
        for owed in reversed(missing):
            found.setdefault(owed.case(procedure, unit.id), (unit.id, owed))
    yield from found.values()


def _owed(period: Period, unit: Unit, spell: Spell, joins: str) -> bool:
    return period.owed_by(unit, joins) and spell.begins(period, joins)


def _first_sweep(view: View, procedure: str, now: datetime) -> datetime:
    """When the first case of a procedure was entered. Not where its period begins: that of a year began long before that of a week."""
    rows = view.cases(procedure)
    if not rows:
        return now
    return unstamp(view.entries(min(rows, key=lambda row: (row.opened, row.id)).id)[0].recorded)


def _version(sources: Sources, view: View, procedure: str, now: datetime) -> Rules | None:
    """The version in force, or the one that was added last; ``None`` when there is none."""
    try:
        return sources.in_force(view, procedure, now)
    except UnknownProcedure:
        return next((r for r in reversed(sources.definitions(view)) if r.procedure.procedure == procedure), None)


def _in_force(sources: Sources, view: View, procedure: str, on: datetime) -> bool:
    try:
        sources.in_force(view, procedure, on)
    except UnknownProcedure:
        return False
    return True
