"""Who must have been told what, by a plain count over a list of what was entered: slow, obvious, and written apart from the engine.

It knows the two procedures of the daemon's machine (``watched``, ``round``), one town with three villages, and nothing of the code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
ROUTES = (("sms", "phone"), ("mail", "email"), ("call", "phone"))
"""Channels to people with what they need; ``call`` is used only for what the others could not send."""
ADDRESSES = {"b1": ("phone", "email"), "b2": ("email",), "d1": ("phone",), "d2": ("phone",), "d3": ("email",), "d4": ()}
HOLDERS = {"town.boss": ("b1", "b2"), "v1.desk": ("d1", "d4"), "v2.desk": ("d2", "d3"), "v3.desk": ()}
Pause = tuple[datetime, datetime | None]


class Duty(NamedTuple):
    name: str
    minutes: int
    tiers: tuple[tuple[int, tuple[str, ...]], ...]
    """Minutes from the due date, and the roles that are told."""
    to_boss: bool = True
    event: str = ""


DUTIES = {
    "watched": (
        Duty("call/boss#1", 4, ((-2, ("desk",)), (5, ("boss",))), event="call"),
        Duty("paper/boss#1", 30, ((-10, ("desk",)), (0, ("boss",))), event="paper"),
        Duty("reply/boss#1", 20, ((-5, ("desk", "boss")), (1, ("desk",))), event="reply"),
    ),
    "round": (Duty("check#1", 20, ((-5, ("desk",)),), to_boss=False, event="checked"),),
}


class Entry(NamedTuple):
    """What was entered in a case; of a ``grant`` and a ``refuse`` the value is the number of the ask."""

    n: int
    what: str
    happened: datetime
    recorded: datetime
    value: str | int = ""


class Said(NamedTuple):
    """Something that is said of a row: once, and to whom."""

    row: str
    flag: str
    revision: int
    tier: int | None
    skipped: bool
    to: tuple[str, ...]


class Mail(NamedTuple):
    """A message, as the outbox tells it from all others."""

    case: str
    row: str
    revision: int
    tier: str
    person: str
    channel: str


@dataclass
class Town:
    """Who is where."""

    leaves: list[tuple[str, datetime, datetime, str]] = field(default_factory=list)
    shifts: dict[str, list[tuple[datetime, datetime, str]]] = field(default_factory=dict)

    def present(self, person: str, at: datetime) -> str:
        passed: list[str] = []
        while person and person not in passed:
            passed.append(person)
            away = [acting for who, since, until, acting in self.leaves if who == person and since <= at < until]
            if not away:
                return person
            person = away[0]
        return ""

    def there(self, post: str, at: datetime, everybody: bool) -> list[str]:
        on = [who for since, until, who in self.shifts.get(post, ()) if since <= at < until]
        people = on if on and any(self.present(p, at) for p in on) and not everybody else [*HOLDERS[post], *on]
        return [p for p in dict.fromkeys(self.present(person, at) for person in people) if p]

    def reached(self, post: str, at: datetime, everybody: bool = False) -> list[tuple[str, str]]:
        """(person, post): of the post, else of the one above."""
        found = [(p, post) for p in self.there(post, at, everybody)]
        return found or ([] if post == "town.boss" else self.reached("town.boss", at))


@dataclass
class Case:
    id: str
    procedure: str
    unit: str
    start: datetime
    entries: list[Entry] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    @property
    def closed(self) -> datetime | None:
        return next((e.recorded for e in self.entries if e.what == "close"), None)

    def of(self, *what: str) -> list[Entry]:
        return [e for e in self.entries if e.what in what]

    def until(self, event: str) -> datetime | None:
        """Up to when something may move a date: until it is fulfilled, or the case ends."""
        return min((e.happened for e in self.of(event, "close")), default=None)

    # due dates

    def revisions(self, duty: Duty, now: datetime) -> list[tuple[datetime, datetime]]:
        """(from when it holds, the due date) of each date that the duty has had."""
        if duty.event == "paper":
            return self._graded()
        if duty.event == "reply":
            return self._paused(now)
        return [(self.start, self.start + duty.minutes * MINUTE)]

    def _graded(self) -> list[tuple[datetime, datetime]]:
        done = self.until("paper")
        grade, found = "unknown", [(self.start, self.start + 30 * MINUTE)]
        for entry in self.of("revise"):
            at = entry.recorded
            last = [e.value for e in self.of("revise") if e.recorded == at][-1]  # of one instant the last word counts
            if last == grade or (done is not None and at >= done):
                continue
            grade = str(last)
            length = (15 if grade == "high" else 30) * MINUTE
            if at <= self.start:
                found = [(self.start, self.start + length)]
                continue
            old = found[-1][1]
            anew = self.start + length
            found.append((at, anew if anew >= old else min(old, at + length)))
        return found

    def pauses(self) -> list[Pause]:
        found: list[Pause] = []
        for entry in self.of("halt", "resume"):
            running = bool(found) and found[-1][1] is None
            if entry.what == "halt" and not running:
                found.append((entry.recorded, None))
            elif entry.what == "resume" and running:
                found[-1] = (found[-1][0], entry.recorded)
        return found

    def _paused(self, now: datetime) -> list[tuple[datetime, datetime]]:
        done = self.until("reply")
        pauses = [p for p in self.pauses() if done is None or p[0] < done or p[0] <= self.start]
        asks = {e.n: e for e in self.of("ask")}
        added = 0
        found = [(self.start, self._run(20, [p for p in pauses if p[0] <= self.start], now))]
        for entry in self.of("halt", "resume", "grant"):
            at = entry.recorded
            if at <= self.start and entry.what != "grant":
                continue
            begun = [p for p in pauses if p[0] <= at]
            if entry.what == "grant":
                if asks[int(entry.value)].happened <= found[-1][1] and (done is None or asks[int(entry.value)].happened < done):
                    added += 10
                    found.append((at, self._run(20 + added, begun, now)))
            elif at <= found[-1][1] and (done is None or at < done) and (due := self._run(20 + added, begun, now)) != found[-1][1]:
                found.append((at, due))
        return found

    def _run(self, minutes: int, pauses: list[Pause], now: datetime) -> datetime:
        """When so many minutes have run, standing still in pauses."""
        at, left = self.start, minutes * MINUTE
        for lo, end in pauses:
            hi = max(lo, now) if end is None else end
            if hi > at and lo <= at + left:
                left -= max(lo - at, timedelta())
                at = hi
        return at + left

    def pending(self, now: datetime) -> datetime | None:
        """Until when an extension that was asked for in time and is not answered would reach."""
        answered = {e.value for e in self.of("grant", "refuse")}
        due = self.revisions(DUTIES["watched"][2], now)[-1][1]
        if any(e.n not in answered and e.happened <= due for e in self.of("ask")):
            return self._run(20 + 10 * (1 + len(self.of("grant"))), self.pauses(), now)
        return None

    def stopped(self, duty: Duty, now: datetime) -> bool:
        pauses = self.pauses() if duty.event == "reply" else []
        return bool(pauses) and pauses[-1][1] is None and pauses[-1][0] <= self.revisions(duty, now)[-1][1]

    # outcomes

    def verdict(self, duty: Duty, now: datetime) -> str:
        """``open``, ``missed``, ``met``, ``late``, ``unsure``, or ``ended``: still owed when the case ended."""
        due = self.revisions(duty, now)[-1][1]
        found = [self._judged(e, due) for e in sorted(self.of(duty.event), key=lambda e: (e.happened, e.n))]
        if found:
            return "met" if found[0] == "unsure" and "met" in found else found[0]
        if self.closed is not None:
            return "ended"
        reach = self.pending(now) if duty.event == "reply" else None
        return "missed" if now > max(due, reach or due) else "open"

    def _judged(self, act: Entry, due: datetime) -> str:
        if act.happened > due:
            return "late"
        return "met" if act.recorded <= due else "unsure"  # on its author's word alone (S1.3)


class Oracle:
    """What the daemons have to say, whoever of them says it."""

    def __init__(self, entered: datetime) -> None:
        self.entered = entered
        self.town = Town()
        self.cases: dict[str, Case] = {}
        self.first: datetime | None = None
        """When the first sweep was, from which on rounds are owed."""
        self.mail: dict[Mail, str] = {}
        """The messages there must be, with the post in which somebody is told."""

    def rounds(self, now: datetime) -> dict[str, Case]:
        """The rounds that a sweep has to open by now: none of the day on which the villages were entered (S7.3)."""
        day = max((self.first or now).astimezone(ZONE).date(), self.entered.astimezone(ZONE).date() + timedelta(days=1))
        found = {}
        while day <= now.astimezone(ZONE).date():
            for unit in ("v1", "v2", "v3"):
                name = f"round.{unit}.{day}"
                if name not in self.cases:
                    found[name] = Case(name, "round", unit, datetime.combine(day, time(), ZONE))
            day += timedelta(days=1)
        return found

    def instants(self) -> list[datetime]:
        """Every instant that something is due at, reminders and midnights too, without what moves while a clock stands still."""
        found = []
        for case in self.cases.values():
            for duty in DUTIES[case.procedure]:
                if case.stopped(duty, case.start):
                    continue
                due = case.revisions(duty, case.start)[-1][1]
                found += [due, *(due + offset * MINUTE for offset, _ in duty.tiers)]
            found.append(case.start + 40 * MINUTE)
        return sorted(set(found))

    def statements(self, case: Case, now: datetime) -> Iterator[tuple[Said, list[tuple[str, str]]]]:
        """What a sweep of a case at ``now`` has to say that was not said before, with whom it tells in which post."""
        for duty in DUTIES[case.procedure]:
            dates, verdict = case.revisions(duty, now), case.verdict(duty, now)
            number, (since, due) = len(dates), dates[-1]
            is_open = verdict in ("open", "missed") and case.closed is None
            speaks = is_open and not case.stopped(duty, now)
            of_row = [s for s in case.said if s.row == duty.name]
            moved = {s.revision for s in of_row if s.flag == "moved"}
            for n in range(2, number + 1) if speaks else ():
                if n not in moved and dates[n - 1][1] != dates[n - 2][1]:
                    yield self._say(now, duty, "moved", n, None, False, self._roles(("boss", "desk"), case, now))
            wanted = {"missed": "missing", "ended": "missing", "late": "late"}.get(verdict, "")
            last = next((s for s in reversed(of_row) if s.flag in ("missing", "late", "withdrawn")), None)
            standing = last.flag if last is not None and last.flag != "withdrawn" else ""
            if wanted and wanted != standing:
                told = [*self.town.reached(f"{case.unit}.desk", now, everybody=True), *self._roles(("boss",), case, now)]
                yield self._say(now, duty, wanted, number, None, False, told)
            elif standing and not wanted:
                before = dict.fromkeys(p for s in of_row if s.flag == standing for p in s.to)
                told = [(p, self.post_told(case, duty.name, standing, p)) for p in before]
                yield self._say(now, duty, "withdrawn", number, None, False, told)
            done = {(s.revision, s.tier) for s in of_row if s.flag == "tier"}
            fresh = [(i, due + offset * MINUTE, roles) for i, (offset, roles) in enumerate(duty.tiers)]
            fresh = [(i, at, r) for i, at, r in fresh if speaks and since <= at <= now and (number, i) not in done]
            for i, at, roles in fresh:
                later = {role for _, when, more in fresh if when > at for role in more}
                if verdict == "missed" and at < due:
                    later.add("desk")
                skipped = now - at >= MINUTE and set(roles) <= later
                yield self._say(now, duty, "tier", number, i, skipped, [] if skipped else self._roles(roles, case, now))

    def post_told(self, case: Case, row: str, flag: str, person: str) -> str:
        """In which post somebody was told of a flag before."""
        told = (m for m in self.mail if (m.case, m.row, m.person) == (case.id, row, person) and m.tier.startswith(flag))
        return next((self.mail[m] for m in told), "")

    def _roles(self, roles: tuple[str, ...], case: Case, now: datetime) -> list[tuple[str, str]]:
        posts = ["town.boss" if role == "boss" else f"{case.unit}.desk" for role in roles]
        return [one for post in posts for one in self.town.reached(post, now)]

    def _say(
        self, now: datetime, duty: Duty, flag: str, revision: int, tier: int | None, skipped: bool, told: list[tuple[str, str]]
    ) -> tuple[Said, list[tuple[str, str]]]:
        people: dict[str, str] = {}
        for person, post in told:
            people.setdefault(person, post)
        for person, post in list(people.items()):
            if not ADDRESSES[person] and post != "town.boss":  # nothing reaches them: those above are told as well
                for other, where in self.town.reached("town.boss", now):
                    people.setdefault(other, where)
        return Said(duty.name, flag, revision, tier, skipped, tuple(sorted(people))), list(people.items())

    def enter(self, case: Case, found: list[tuple[Said, list[tuple[str, str]]]]) -> None:
        """It was said: the messages that follow must be there from now on."""
        for said, told in found:
            before = Counter(s.flag for s in case.said if s.row == said.row and s.revision == said.revision)[said.flag]
            case.said.append(said)
            if said.skipped:
                continue
            tier = f"tier {said.tier}" if said.flag == "tier" else said.flag if not before else f"{said.flag}#{before + 1}"
            mail = Mail(case.id, said.row, said.revision, tier, "", "board")
            self.mail[mail] = ""
            for person, post in told:
                for channel, needs in ROUTES[:2]:
                    if needs in ADDRESSES[person]:
                        self.mail[mail._replace(person=person, channel=channel)] = post

    def dead(self, mail: Mail, now: datetime) -> None:
        """It could not be sent: the person's next channel takes over, else everybody who stands above."""
        if not mail.person:
            return
        post = self.mail[mail]
        own = [mail._replace(channel=channel) for channel, needs in ROUTES if needs in ADDRESSES[mail.person]]
        if fresh := [m for m in own if m not in self.mail]:
            self.mail[fresh[0]] = post
        elif post and post != "town.boss":
            for person, where in self.town.reached("town.boss", now):
                for channel, needs in ROUTES:
                    if needs in ADDRESSES[person]:
                        self.mail.setdefault(mail._replace(person=person, channel=channel), where)
