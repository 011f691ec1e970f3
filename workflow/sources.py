"""What one store holds that decides outcomes: definitions, calendars, the organisation, folded cases.

Each is read once and kept by its digest, so nothing here can go stale without showing: a definition and a calendar never change under
their digest, the organisation and a case are compared with the head of their chain every time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from threading import Lock

from workflow import organisation as organisations
from workflow.act import MIGRATED, Act
from workflow.calendar import Calendar
from workflow.case.standing import Standing
from workflow.dispatch import Addresses
from workflow.errors import AlreadyThere, ConfigError, IntegrityError, UnknownCase, UnknownProcedure
from workflow.journal.canonical import digest, parse_canonical
from workflow.journal.entry import Entry
from workflow.moment import BEGINNING
from workflow.organisation import CHAIN, Organisation
from workflow.organisation.addresses import addresses
from workflow.ports import CaseRow, Unit, View
from workflow.procedure.load import Definition, thaw
from workflow.procedure.pack import Pack, active, composed_version, compositions, thaw_pack
from workflow.rules import Rules, World
from workflow.text import Text

KEEP = 4096
"""Folded cases kept in memory."""

_IN_USE = "calendar-in-use"


def _sound(data: bytes | None, name: str, found: Callable[[bytes], str] = digest) -> bytes:
    """The bytes of a document, if they are those that were put under its digest: every outcome rests on them."""
    if not isinstance(data, bytes) or found(data) != name:
        raise IntegrityError(
            Text("存储中的定义或日历被改动", "a definition or calendar in the store was edited"),
            where=name,
            hint=Text("用 duban audit verify 核验", "see duban audit verify"),
        )
    return data


def announcement(data: bytes, number: int) -> str:
    """The key of an announcement, numbered: going back to an earlier content is an announcement too."""
    return digest(b"in use %d " % number + data)


def version_taken(ref: str) -> AlreadyThere:
    """A version of a procedure that is there with other content."""
    return AlreadyThere(
        Text(f"{ref} 已存在,内容不同", f"{ref} is there already with other content"),
        hint=Text("换一个版本号", "give it another version"),
    )


class Sources:
    """Shared by all threads of an engine."""

    def __init__(self, view: View, calendar: Calendar, tz: str) -> None:
        """``calendar`` is the shipped one; what was imported into the store goes before it. ``tz`` is the version of the zone database."""
        self.tz = tz
        self.calendars: dict[str, Calendar] = {}
        """Every calendar that was met, by digest."""
        self._lock = Lock()
        self._main = calendar.id
        self._in_use: dict[str, str] = {}
        self._read: Sequence[tuple[str, str]] = ()
        self.use(calendar)
        self.refresh(view)
        self._rules: dict[str, Rules] = {}
        self._packs: dict[str, Pack] = {}
        self._organisation: tuple[str, Organisation] = ("", Organisation())
        self._standings: OrderedDict[str, tuple[str, Standing]] = OrderedDict()
        self._addresses: tuple[str, Addresses] = ("", {})
        self.periods_open: tuple[object, datetime] = (None, BEGINNING)
        """What was known of organisation and definitions when the cases of all periods were last opened, and when that was."""

    # definitions

    def know(self, rules: Rules) -> None:
        self._rules[rules.hash] = rules

    def definition(self, view: View, definition: str) -> Rules:
        """The rules by the hash of their definition. Raises :class:`~workflow.errors.UnknownProcedure`."""
        if definition not in self._rules:
            data = view.blob(definition)
            if data is None:
                raise UnknownProcedure(Text(f"存储中没有定义 {definition}", f"the store has no definition {definition}"))
            self._rules[definition] = Rules(thaw(_sound(data, definition), definition).procedure, definition)
        return self._rules[definition]

    @property
    def versions(self) -> Mapping[str, Rules]:
        """Every definition that was met, by its hash: with each case that was read, those that it was moved from are among them."""
        return self._rules

    def _versions_of(self, view: View, entries: Iterable[Entry]) -> None:
        for entry in entries:
            data = entry.body.get("data")
            if entry.kind == MIGRATED and isinstance(data, Mapping):
                self.definition(view, str(data["from"]))
                self.definition(view, str(data["definition"]))

    def definitions(self, view: View) -> list[Rules]:
        """Every definition, in the order in which they were added."""
        return [self.definition(view, found) for _, found in view.blobs("definition")]

    def recurring(self, view: View) -> list[str]:
        """The procedures that are a recurring duty in any of their versions."""
        return list(dict.fromkeys(r.procedure.procedure for r in self.definitions(view) if r.procedure.period is not None))

    def in_force(self, view: View, procedure: str, on: datetime) -> Rules:
        """The rules in force on the day of ``on`` in the procedure's zone, or of one version (``id@version``) (S8.1).

        Of several in force the one that was added last, with its packs. Raises :class:`~workflow.errors.UnknownProcedure`.
        """
        found: Rules | None = None
        for rules in self.definitions(view):
            p = rules.procedure
            if procedure == p.ref:
                return rules
            if procedure in (p.procedure, p.zh, p.en) and not p.packs and rules.in_force(on):
                found = rules
        if found is None:
            raise UnknownProcedure(
                Text(f"没有在施行的程序 {procedure!r}", f"no procedure {procedure!r} is in force"),
                hint=Text("用 duban definitions list 查看", "see duban definitions list"),
            )
        return self._with_packs(view, found, on)

    def _with_packs(self, view: View, base: Rules, on: datetime) -> Rules:
        """What a procedure and the packs that are switched on, and in force on that day, make together (S8.1)."""
        used = active(self.packs(view, base.procedure.procedure), on.astimezone(base.zone).date())
        if not used:
            return base
        ref = f"{base.procedure.procedure}@{composed_version(base.procedure.version, used)}"
        made = next((rules for rules in self.definitions(view) if rules.procedure.ref == ref), None)
        if made is None:
            raise UnknownProcedure(Text(f"存储中没有程序 {ref}", f"the store has no procedure {ref}"))
        return made

    def packs(self, view: View, procedure: str) -> tuple[Pack, ...]:
        """The packs of a procedure that are switched on."""
        return tuple(self._pack(view, found) for _, found in self.organisation(view).packs.get(procedure, ()))

    def _pack(self, view: View, found: str) -> Pack:
        if found not in self._packs:
            self._packs[found] = thaw_pack(_sound(view.blob(found), found), found)
        return self._packs[found]

    def keep_definition(self, unit: Unit, definition: Definition) -> None:
        """Put a definition into the store, with what it makes together with the packs in use. Raises :class:`AlreadyThere`."""
        p = definition.procedure
        for made in (definition, *([] if p.packs else compositions(definition, self.packs(unit, p.procedure)))):
            self._keep(unit, "definition", made.procedure.ref, made.hash, made.data)

    def keep_packs(self, unit: Unit, procedure: str, packs: Sequence[Pack]) -> tuple[Definition, ...]:
        """Put packs into the store, and what every version of their procedure makes together with them; these are returned."""
        for pack in packs:
            self._keep(unit, "pack", pack.ref, pack.hash, pack.data)
        made = self.made_with(unit, procedure, packs)
        for definition in made:
            self._keep(unit, "definition", definition.procedure.ref, definition.hash, definition.data)
        return made

    def made_with(self, view: View, procedure: str, packs: Sequence[Pack]) -> tuple[Definition, ...]:
        """What every version of a procedure makes together with packs. Raises :class:`~workflow.errors.UnknownProcedure`."""
        own = [r for r in self.definitions(view) if r.procedure.procedure == procedure and not r.procedure.packs]
        if not own:
            raise UnknownProcedure(Text(f"存储中没有程序 {procedure!r}", f"the store has no procedure {procedure!r}"))
        bases = [Definition(r.procedure, _sound(view.blob(r.hash), r.hash), r.hash) for r in own]
        return tuple(made for base in bases for made in compositions(base, packs))

    def _keep(self, unit: Unit, kind: str, ref: str, hash: str, data: bytes) -> None:
        """A version that was kept with other content is refused: cases may rest on it."""
        if any(name == ref and known != hash for name, known in unit.blobs(kind)):
            raise version_taken(ref)
        unit.put_blob(kind, ref, hash, data)

    # calendars

    def meet(self, calendar: Calendar) -> str:
        """Know a calendar; returns its digest."""
        self.calendars.setdefault(calendar.digest, calendar)
        return calendar.digest

    def use(self, calendar: Calendar) -> None:
        """Pin new cases that count in the calendar of this id to this one from now on; local ones keep their days on top of it."""
        changed = {new.id: self.meet(new) for new in self.renewed(calendar)}
        self._in_use = {**self._in_use, **changed}

    def renewed(self, calendar: Calendar) -> tuple[Calendar, ...]:
        """What a calendar in use makes of the others: itself, and under a national one every local one with its notices."""
        local = [c for c in map(self.calendars.__getitem__, self._in_use.values()) if c.overlays and c.id != calendar.id]
        return (calendar, *(calendar.under(c.overlays) for c in local if not calendar.overlays and c.base == calendar.id))

    @property
    def calendar(self) -> Calendar:
        """The calendar in use of the engine itself; :meth:`calendar_of` is that of a procedure."""
        return self.calendars[self._in_use[self._main]]

    @property
    def in_use(self) -> Mapping[str, str]:
        """The digest of each calendar in use, by its id."""
        return self._in_use

    def calendar_of(self, name: str) -> Calendar:
        """The calendar in use that a procedure names. Raises :class:`~workflow.errors.ConfigError`."""
        found = self._in_use.get(name)
        if found is None:
            there = ", ".join(sorted(self._in_use))
            raise ConfigError(
                Text(f"存储中没有日历 {name!r}", f"the store has no calendar {name!r}"),
                hint=Text(f"用 duban calendar import 导入;现有 {there}", f"put it in with duban calendar import; there are: {there}"),
            )
        return self.calendars[found]

    def refresh(self, view: View) -> None:
        """Use what was imported into the store since, by whichever process; what it does not have of ours stays."""
        announced = view.blobs(_IN_USE)
        with self._lock:
            same = announced[: len(self._read)] == self._read  # unless a host rolled back what was read
            done = len(self._read) if same else 0
            for number, (_, found) in enumerate(announced[done:], done):
                data = _sound(view.blob(found), found, partial(announcement, number=number))
                calendar = Calendar.of(parse_canonical(data))
                if calendar.base in self._in_use:
                    ours = self.calendars[self._in_use[calendar.base]]
                    calendar = ours.under(calendar.overlays) if calendar.overlays else calendar.extended(ours)
                self.use(calendar)
            self._read = announced

    def keep_calendar(self, unit: Unit, calendar: Calendar) -> None:
        """Put a calendar into the store: what a case is pinned to must be there."""
        unit.put_blob("calendar", calendar.id, self.meet(calendar), calendar.data)

    def announce_calendar(self, unit: Unit, calendar: Calendar) -> None:
        """Make a calendar the one of its id that every engine on this store uses from now on."""
        self.keep_calendar(unit, calendar)
        if not self._is_announced(unit, calendar):
            unit.put_blob(_IN_USE, calendar.id, announcement(calendar.data, len(unit.blobs(_IN_USE))), calendar.data)

    def is_announced(self, view: View) -> bool:
        """Whether the calendar in use is the one of its id that was announced last."""
        return self._is_announced(view, self.calendar)

    def _is_announced(self, view: View, calendar: Calendar) -> bool:
        found = view.blobs(_IN_USE)
        last = max((n for n, (name, _) in enumerate(found) if name == calendar.id), default=None)
        return last is not None and found[last][1] == announcement(calendar.data, last)

    def calendars_of(self, view: View, entries: Iterable[Entry]) -> Mapping[str, Calendar]:
        """The calendars by digest, with those that the entries are pinned to loaded from the store."""
        for entry in entries:
            data = entry.body.get("data")
            name = data.get("calendar") if isinstance(data, Mapping) else None
            if isinstance(name, str) and name not in self.calendars:
                blob = view.blob(name)
                if blob is None:
                    raise ConfigError(Text(f"存储中没有日历 {name}", f"the store has no calendar {name}"))
                self.calendars[name] = Calendar.of(parse_canonical(_sound(blob, name)))
        return self.calendars

    # the organisation

    def organisation(self, view: View) -> Organisation:
        """The organisation as the transaction sees it."""
        kept, organisation = self._organisation
        head = view.head(CHAIN)
        if head == kept:
            return organisation
        entries = view.entries(CHAIN, after=max(0, organisation.n - 1))
        if organisation.n and (not entries or entries[0].hash != kept):  # a host rolled back what was kept
            organisation, entries = Organisation(), view.entries(CHAIN)
        for entry in entries:
            if entry.n > organisation.n:
                organisation = organisations.evolve(organisation, entry.body)
        self._organisation = (head, organisation)
        return organisation

    def addresses(self, view: View) -> Addresses:
        """Person → kind of address → address, from the erasable parts of the organisation's entries; what was erased is gone.

        They are read again when the organisation has a new entry, and never written anywhere.
        """
        head = view.head(CHAIN)
        if self._addresses[0] != head:
            parts = [(entry.body, view.private(CHAIN, entry.n)) for entry in view.entries(CHAIN)]
            self._addresses = (head, addresses((body, part.content()) for body, part in parts if part is not None))
        return self._addresses[1]

    # cases

    def world(self, view: View, definition: str) -> World:
        self.refresh(view)
        return World(self.definition(view, definition), self.calendars, self.organisation(view), self.tz, self._in_use, self.versions)

    def opening(self, rules: Rules, organisation: Organisation) -> World:
        """The world of a case that is about to open: the calendar that its procedure counts in stands first; the case is pinned to it."""
        calendar = self.calendar_of(rules.procedure.calendar)
        return World(rules, {calendar.digest: calendar, **self.calendars}, organisation, self.tz, {}, self.versions)

    def standing(
        self, view: View, case: str, now: datetime, row: CaseRow | None = None, world: Callable[[str], World] | None = None
    ) -> tuple[Standing, str]:
        """A folded case and the head of its chain. Raises :class:`~workflow.errors.UnknownCase`.

        Whoever has them at hand gives the derived row of the case, and the world under a definition, as the view shows them.
        """
        row = row or view.case(case)
        if row is None:
            raise UnknownCase(Text(f"没有案件 {case!r}", f"there is no case {case!r}"))
        kept = self._kept(row)
        if kept is not None:
            return kept, row.head
        entries = view.entries(case)
        self.calendars_of(view, entries)
        self._versions_of(view, entries)
        under = self.world(view, row.definition) if world is None else world(row.definition)
        return Standing.replayed(case, (Act.decode(e) for e in entries), under, now), row.head

    def remembers(self, row: CaseRow) -> bool:
        """Whether a case is at hand as it stands in the store."""
        return self._kept(row) is not None

    def _kept(self, row: CaseRow) -> Standing | None:
        with self._lock:
            head, kept = self._standings.get(row.id, ("", None))
        return kept if head == row.head else None

    def remember(self, standings: Mapping[str, tuple[str, Standing]]) -> None:
        """Keep folded cases, each with the head of its chain."""
        with self._lock:
            for case, kept in standings.items():
                self._standings[case] = kept
                self._standings.move_to_end(case)
            while len(self._standings) > KEEP:
                self._standings.popitem(last=False)

    def forget(self, cases: Iterable[str]) -> None:
        with self._lock:
            for case in cases:
                self._standings.pop(case, None)
