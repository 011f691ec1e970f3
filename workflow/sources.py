"""What one store holds that decides outcomes: definitions, calendars, the organisation, folded cases.

Each is read once and kept by its digest, so nothing here can go stale without showing: a definition and a calendar never change under
their digest, the organisation and a case are compared with the head of their chain every time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from threading import Lock

from workflow import organisation as organisations
from workflow.act import Act
from workflow.calendar import Calendar
from workflow.case.standing import Standing
from workflow.errors import ConfigError, UnknownCase, UnknownProcedure
from workflow.journal.canonical import digest, parse_canonical
from workflow.journal.entry import Entry
from workflow.organisation import CHAIN, Organisation
from workflow.ports import Unit, View
from workflow.procedure.load import thaw
from workflow.rules import Rules, World
from workflow.text import Text

KEEP = 4096
"""Folded cases kept in memory."""

_IN_USE = "calendar-in-use"


def _announced(calendar: Calendar) -> str:
    """The key of an announcement: the same calendar is kept under its own digest as well."""
    return digest(b"in use " + calendar.data)


class Sources:
    """Shared by all threads of an engine."""

    def __init__(self, view: View, calendar: Calendar, tz: str) -> None:
        """``calendar`` is the shipped one; what was imported into the store goes before it. ``tz`` is the version of the zone database."""
        self.tz = tz
        self.calendars: dict[str, Calendar] = {}
        """Every calendar that was met, by digest."""
        self.use(calendar)
        imported = view.blobs(_IN_USE)
        if imported:
            data = view.blob(imported[-1][1])
            assert data is not None
            self.use(Calendar.of(parse_canonical(data)).extended(calendar))
        self._rules: dict[str, Rules] = {}
        self._organisation: tuple[str, Organisation] = ("", Organisation())
        self._standings: OrderedDict[str, tuple[str, Standing]] = OrderedDict()
        self._lock = Lock()

    # definitions

    def know(self, rules: Rules) -> None:
        self._rules[rules.hash] = rules

    def definition(self, view: View, definition: str) -> Rules:
        """The rules by the hash of their definition. Raises :class:`~workflow.errors.UnknownProcedure`."""
        if definition not in self._rules:
            data = view.blob(definition)
            if data is None:
                raise UnknownProcedure(Text(f"存储中没有定义 {definition}", f"the store has no definition {definition}"))
            self._rules[definition] = Rules(thaw(data, definition).procedure, definition)
        return self._rules[definition]

    def definitions(self, view: View) -> list[Rules]:
        """Every definition, in the order in which they were added."""
        return [self.definition(view, found) for _, found in view.blobs("definition")]

    def in_force(self, view: View, procedure: str, on: datetime) -> Rules:
        """The rules in force on the day of ``on`` in the procedure's zone, or of one version (``id@version``) (S8.1).

        Of several in force the one that was added last. Raises :class:`~workflow.errors.UnknownProcedure`.
        """
        found: Rules | None = None
        for rules in self.definitions(view):
            p = rules.procedure
            if procedure == p.ref:
                return rules
            if procedure in (p.procedure, p.zh, p.en) and rules.in_force(on):
                found = rules
        if found is None:
            raise UnknownProcedure(
                Text(f"没有在施行的程序 {procedure!r}", f"no procedure {procedure!r} is in force"),
                hint=Text("用 duban definitions list 查看", "see duban definitions list"),
            )
        return found

    # calendars

    def meet(self, calendar: Calendar) -> str:
        """Know a calendar; returns its digest."""
        self.calendars.setdefault(calendar.digest, calendar)
        return calendar.digest

    def use(self, calendar: Calendar) -> None:
        """Pin new cases to this calendar from now on."""
        self._calendar = self.meet(calendar)

    @property
    def calendar(self) -> Calendar:
        """The calendar in use."""
        return self.calendars[self._calendar]

    @property
    def in_use(self) -> str:
        """Its digest."""
        return self._calendar

    def keep_calendar(self, unit: Unit, calendar: Calendar) -> None:
        """Put a calendar into the store: what a case is pinned to must be there."""
        unit.put_blob("calendar", calendar.id, self.meet(calendar), calendar.data)

    def announce_calendar(self, unit: Unit, calendar: Calendar) -> None:
        """Make a calendar the one that every engine on this store uses from now on."""
        self.keep_calendar(unit, calendar)
        unit.put_blob(_IN_USE, calendar.id, _announced(calendar), calendar.data)

    def is_announced(self, view: View) -> bool:
        """Whether the calendar in use is the one that was announced last."""
        found = view.blobs(_IN_USE)
        return bool(found) and found[-1][1] == _announced(self.calendar)

    def calendars_of(self, view: View, entries: Iterable[Entry]) -> Mapping[str, Calendar]:
        """The calendars by digest, with those that the entries are pinned to loaded from the store."""
        for entry in entries:
            data = entry.body.get("data")
            name = data.get("calendar") if isinstance(data, Mapping) else None
            if isinstance(name, str) and name not in self.calendars:
                blob = view.blob(name)
                if blob is None:
                    raise ConfigError(Text(f"存储中没有日历 {name}", f"the store has no calendar {name}"))
                self.calendars[name] = Calendar.of(parse_canonical(blob))
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

    # cases

    def world(self, view: View, definition: str) -> World:
        return World(self.definition(view, definition), self.calendars, self.organisation(view), self.tz, self._calendar)

    def opening(self, rules: Rules, organisation: Organisation) -> World:
        """The world of a case that is about to open: the calendar in use stands first, which is the one that it is pinned to."""
        first = {self._calendar: self.calendar}
        return World(rules, {**first, **self.calendars}, organisation, self.tz)

    def standing(self, view: View, case: str, now: datetime) -> tuple[Standing, str]:
        """A folded case and the head of its chain. Raises :class:`~workflow.errors.UnknownCase`."""
        row = view.case(case)
        if row is None:
            raise UnknownCase(Text(f"没有案件 {case!r}", f"there is no case {case!r}"))
        with self._lock:
            kept = self._standings.get(case)
        if kept is not None and kept[0] == row.head:
            return kept[1], row.head
        entries = view.entries(case)
        self.calendars_of(view, entries)
        return Standing.replayed(case, (Act.decode(e) for e in entries), self.world(view, row.definition), now), row.head

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
