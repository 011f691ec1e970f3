"""Two daemons, their senders and the commands of people, with crashes anywhere, against a plain model of who must have been told what."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from adapters.calendars import shipped
from adapters.daemon.composer import Composer, templates
from adapters.daemon.pulse import Pulse
from adapters.daemon.sender import LEASE, Line, Sender
from adapters.daemon.watch import Settings, Watch
from adapters.host import FixedClock, SystemEntropy
from adapters.store.sql import SqlStore
from tests.play import at
from tests.property import told
from tests.property.told import DUTIES, Case, Entry, Mail, Oracle, Said
from workflow import command as c
from workflow import organisation as organisations
from workflow.act import CLOCKED, FLAGGED, NOTIFIED, UNFLAGGED
from workflow.audit import audit_store
from workflow.dispatch import Route, Routing
from workflow.engine import Engine
from workflow.errors import Refused
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled, Unknown
from workflow.moment import Moment, stamp
from workflow.organisation import Actor
from workflow.procedure.load import load

DATA = Path(__file__).resolve().parents[1] / "data"
START = at("2026-09-24 23:20")
WRITES = frozenset(
    ("append", "put_case", "put_dues", "put_claims", "put_messages", "put_mark", "take_lease", "drop_lease", "claim", "remember")
)
OUTBOX = frozenset(("take_messages", "settle_message"))
CHANNELS = (Route("sms", "phone"), Route("mail", "email"), Route("board"), Route("call", "phone", fallback=True))
EXAMPLES = int(os.environ.get("DUBAN_MACHINE_EXAMPLES", "200"))
WATCH_LEASE = timedelta(seconds=90)
PAUSES = tuple(timedelta(seconds=s) for s in (0, 1, 59, 60, 61, 120, 240, 301, 600, 1800, 7200))

crashes = st.none() | st.tuples(st.integers(1, 14), st.sampled_from(("before", "after", "commit")))
results = ("accepted", "busy", "rejected", "rejected", "throttled", "lost", "taken", "killed", "slow")
answers = st.lists(st.sampled_from(results), max_size=4)
names = st.sampled_from(("a", "b"))
waits = st.sampled_from((0, 0, 1, 3, 5, 8))
"""Minutes after which a command is given."""


class Killed(BaseException):
    """The process is gone."""


class Breaking:
    """A store whose process dies before or after its ``left``-th write, or once its transaction is committed."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._left, self._how = 0, ""

    def arm(self, crash: tuple[int, str] | None) -> None:
        self._left, self._how = crash or (0, "")

    def passed(self, how: str) -> None:
        if self._how == how:
            self._left -= 1
            if self._left == 0:
                raise Killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def write(self) -> Iterator[Any]:
        with self._store.write() as unit:
            yield _Unit(unit, self)
            self.passed("before")
        self.passed("commit")


class _Unit:
    def __init__(self, unit: Any, store: Breaking) -> None:
        self._unit, self._store = unit, store

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._unit, name)
        if name not in WRITES | OUTBOX:
            return found

        def call(*args: Any) -> Any:
            self._store.passed("before")
            result = found(*args)
            self._store.passed("after")
            return result

        return call


class Channel:
    """What a service took, kept outside the database."""

    def __init__(self, machine: DaemonMachine, daemon: str) -> None:
        self._machine, self._daemon = machine, daemon
        self.answers: list[str] = []

    def send(self, letter: Letter) -> Result:
        answer = self.answers.pop(0) if self.answers else "accepted"
        if answer == "busy":
            return Rejected("450", "busy", permanent=False)
        if answer == "rejected":
            return Rejected("550", "no such recipient")
        if answer == "throttled":
            return Throttled(20)
        if answer == "lost":
            return Unknown("the connection broke before it was taken")
        if answer == "slow":  # so slow that the lease runs out and another daemon sends
            self._machine.clock.set(self._machine.clock.now() + LEASE)
            self._machine.others_send(self._daemon)
        for one in letter.data["messages"]:  # type: ignore[union-attr]
            self._machine.taken[one["id"]].append(letter.doubtful)  # type: ignore[index,call-overload]
        if answer == "taken":
            return Unknown("it was taken, and the answer was lost")
        if answer == "killed":
            raise Killed
        return Accepted(letter.id)

    def close(self) -> None:
        pass


class Steady:
    """No jump is to be seen: the stopwatch runs as the clock does."""

    def __init__(self, clock: FixedClock) -> None:
        self.running = self.boot = lambda: clock.now().timestamp()


class Process:
    """A daemon, or a client that only gives commands. After a crash it starts anew on the same database."""

    def __init__(self, machine: DaemonMachine, name: str) -> None:
        self.machine, self.name, self.starts = machine, name, 0
        self.start()

    def start(self) -> None:
        if self.starts:
            self.store.close()
        self.starts += 1
        self.store = Breaking(SqlStore.open(f"sqlite:///{self.machine.path}?timeout=2"))
        self.engine = Engine(self.store, self.machine.clock, SystemEntropy(), CALENDAR, "test")
        self.engine.routing = Routing(CHANNELS)
        holder = f"{self.name}{self.starts}"
        rules = Settings(holder, self.machine.alone, batch=2, lease=timedelta(seconds=90))
        self.watch = Watch(self.engine, rules, Pulse(), Steady(self.machine.clock), heard=self._heard)
        self.hearing: Callable[[], object] | None = None
        composer = Composer(self.engine, TEMPLATES, "zh")
        self.channels = {route.name: Channel(self.machine, self.name) for route in CHANNELS}
        lines = [Line(r.name, r.needs, self.channels[r.name], digest=r.name != "mail") for r in CHANNELS]
        self.senders = {line.name: Sender(self.engine, line, composer, holder, lambda: 0, most=7) for line in lines}

    def _heard(self, _: object) -> None:
        if self.hearing is not None:
            hearing, self.hearing = self.hearing, None
            hearing()

    def dies(self, crash: tuple[int, str] | None, act: Callable[[], object]) -> bool:
        """Whether it died of it; it is there again in any case."""
        self.store.arm(crash)
        try:
            act()
        except Killed:
            self.start()
            return True
        finally:
            self.store.arm(None)
        return False


CALENDAR = shipped("cn")
TEMPLATES = templates()


class DaemonMachine(RuleBasedStateMachine):
    alone = True

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.path = Path(self.folder, "duban.db")
        self.clock = FixedClock(START)
        self.oracle = Oracle(START)
        self.taken: dict[int, list[bool]] = defaultdict(list)
        self.buried: set[Mail] = set()
        """Messages that could not be sent, for which others were told."""
        self.commands = 0
        self.held: tuple[str, datetime] | None = None
        """Who swept last, and when; of daemons of which one keeps the watch."""

    @initialize()
    def set_up(self) -> None:
        self.client = Process(self, "c")
        for name in ("watched", "round"):
            self.client.engine.add(load((DATA / f"{name}.yaml").read_bytes(), f"{name}.yaml"))
        self.client.engine.organise(organisations.entries(ORGANISATION, lambda text: at(f"{text} 00:00")))
        self.daemons = {name: Process(self, name) for name in "ab"}
        self.opens("v1", None)
        self.opens("v2", None)

    def teardown(self) -> None:
        try:
            if hasattr(self, "daemons"):
                self.to_the_end()
        finally:
            for process in (self.client, *self.daemons.values()) if hasattr(self, "daemons") else ():
                process.store.close()
            shutil.rmtree(self.folder)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # commands of people

    def given(self, crash: tuple[int, str] | None, act: Callable[[Engine, str], Any]) -> Any:
        """What came of a command, however often the process died of it; ``None``: it was refused."""
        self.commands += 1
        key = f"k{self.commands}"
        found: list[Any] = []

        def attempt() -> None:
            try:
                found.append(act(self.client.engine, key))
            except Refused:
                found.append(None)

        while self.client.dies(crash, attempt):
            crash = None
            found.clear()
        return found[0]

    @rule(unit=st.sampled_from(("v1", "v2", "v3")), crash=crashes)
    def opens(self, unit: str, crash: tuple[int, str] | None) -> None:
        name = f"c{self.commands}"
        command = c.Open(said=said("desk"), unit=unit, what="事", where="地", told_by="人")
        assert self.given(crash, lambda engine, key: engine.open_case("watched", command, case=name, key=key)) is not None
        self.oracle.cases[name] = Case(name, "watched", unit, self.now)

    def running(self, data: st.DataObject, procedure: str = "") -> Case | None:
        found = [x for x in self.oracle.cases.values() if x.closed is None and x.procedure.startswith(procedure)]
        return data.draw(st.sampled_from(found[-6:])) if found else None

    def entered(self, case: Case, crash: Any, command: c.Command, what: str, happened: datetime | None = None, value: Any = "") -> None:
        result = self.given(crash, lambda engine, key: engine.do(case.id, command, key=key))
        if result is not None:
            case.entries.append(Entry(result.n, what, happened or self.now, self.now, value))

    @rule(data=st.data(), crash=crashes, back=st.sampled_from((0, 0, 60, 240, 900)), after=waits)
    def reports(self, data: st.DataObject, crash: Any, back: int, after: int) -> None:
        """What is entered later than it was done rests on its author's word."""
        self.waits(timedelta(minutes=after))
        if (case := self.running(data)) is None:
            return
        duty = data.draw(st.sampled_from(DUTIES[case.procedure]))
        happened = max(case.start, self.now - timedelta(seconds=back if duty.event in ("call", "checked") else 0))
        if duty.event == "reply" and case.pending(self.now) is not None:
            return  # what an extension that is pending makes of an act is for the ledger's own oracle
        when = Moment.at(happened) if happened < self.now else None
        command = c.Record(said=said("desk", when), event=duty.event)
        self.entered(case, crash, command, duty.event, happened)

    @rule(data=st.data(), crash=crashes, grade=st.sampled_from(("low", "high")), after=waits)
    def revises(self, data: st.DataObject, crash: Any, grade: str, after: int) -> None:
        self.waits(timedelta(minutes=after))
        case = self.running(data, "watched")
        if case is not None and (case.of("paper") or self.now <= case.revisions(DUTIES["watched"][1], self.now)[-1][1]):
            self.entered(case, crash, c.Revise(said=said("boss"), facts={"grade": grade}, reason="查明"), "revise", value=grade)

    @rule(data=st.data(), crash=crashes, step=st.sampled_from(("halt", "resume", "ask", "grant", "refuse")), after=waits)
    def holds_or_extends(self, data: st.DataObject, crash: Any, step: Any, after: int) -> None:
        self.waits(timedelta(minutes=after))
        case = self.running(data, "watched")
        if case is None or case.of("reply"):
            return
        if step in ("halt", "resume"):
            self.entered(case, crash, c.Record(said=said("boss"), event=step), step)
            return
        answered = {e.value for e in case.of("grant", "refuse")}
        asked = next((e.n for e in case.of("ask") if e.n not in answered), "")
        by = "" if step == "refuse" else "10 minutes"
        command = c.Extend(said=said("desk" if step == "ask" else "boss"), row="reply/boss#1", step=step, by=by, reason="等待")
        self.entered(case, crash, command, step, value="" if step == "ask" else asked)

    @rule(data=st.data(), crash=crashes)
    def closes(self, data: st.DataObject, crash: Any) -> None:
        if (case := self.running(data, "watched")) is not None and self.now - case.start > timedelta(minutes=5):
            self.entered(case, crash, c.Do(said=said("boss"), event="close"), "close")

    # who is where

    @rule(person=st.sampled_from(sorted(told.ADDRESSES)), acting=st.sampled_from(("", "b2", "d3")), minutes=st.sampled_from((10, 60)))
    def leaves(self, person: str, acting: str, minutes: int) -> None:
        since, until = self.now, self.now + timedelta(minutes=minutes)
        acting = "" if acting == person else acting
        body = {"what": "leave", "person": person, "since": stamp(since), "until": stamp(until)} | ({"acting": acting} if acting else {})
        self.client.engine.organise([(body, None)])
        self.oracle.town.leaves.append((person, since, until, acting))

    @rule(person=st.sampled_from(("d2", "d3")), minutes=st.sampled_from((10, 60)))
    def is_on_duty(self, person: str, minutes: int) -> None:
        shifts = self.oracle.town.shifts.setdefault("v2.desk", [])
        since = max([self.now, *(until for _, until, _ in shifts)])
        until = since + timedelta(minutes=minutes)
        self.client.engine.organise([({"what": "roster", "post": "v2.desk", "shifts": [[person, stamp(since), stamp(until)]]}, None)])
        shifts.append((since, until, person))

    # the clock

    @rule(by=st.sampled_from(PAUSES))
    def waits(self, by: timedelta) -> None:
        self.clock.set(self.now + by)

    @rule(data=st.data(), by=st.sampled_from((0, 0, 1, -1)))
    def waits_until_due(self, data: st.DataObject, by: int) -> None:
        later = [i for i in self.oracle.instants() if i > self.now][:4]
        if later:
            self.clock.set(max(self.now, data.draw(st.sampled_from(later)) + timedelta(microseconds=by)))

    # the daemons

    @rule(name=names, crash=crashes, between=st.booleans())
    def sweeps(self, name: str, crash: Any, between: bool) -> None:
        """``between``: the other daemon sweeps between two transactions of this one."""
        daemon, other = self.daemons[name], self.daemons["ab".replace(name, "")]
        if between:
            daemon.hearing = other.watch.tick
        self.swept(daemon, crash)

    def swept(self, daemon: Process, crash: Any) -> None:
        now = self.now
        held = self.held if self.held is not None and now < self.held[1] + WATCH_LEASE else None
        complete = False

        def ticks() -> None:
            nonlocal complete
            for _ in range(50):
                wakes = daemon.watch.tick()
                assert daemon.watch.pulse.state.error == "", daemon.watch.pulse.state.error
                if daemon.watch.pulse.state.standby or wakes is None or wakes > now:
                    complete = not daemon.watch.pulse.state.standby
                    return
            raise AssertionError("it sweeps for ever")

        died = daemon.dies(crash, ticks)
        daemon.hearing = None
        holder = daemon.watch.settings.name
        if not died and self.alone:
            mine = held is None or held[0] == holder
            if complete:
                assert mine, f"{holder} keeps the watch beside {held}"
                self.held = (holder, now)
            elif mine:  # its lease had run out, and the other one took it before the first transaction
                keeper = self.lease()
                assert keeper not in (None, holder), f"{holder} stands by, and nobody keeps the watch"
                self.held = (keeper, now)
        elif died:
            self.held = None if self.lease() is None else (self.lease(), now)
        self.compared(complete and not died)

    def lease(self) -> Any:
        with self.client.engine.store.read() as view:
            found = view.lease("watch")
        return found.holder if found is not None and found.until > self.now else None

    @rule(name=names)
    def stops_watching(self, name: str) -> None:
        daemon = self.daemons[name]
        daemon.watch.end()
        if self.held is not None and self.held[0] == daemon.watch.settings.name:
            self.held = None

    @rule(name=names)
    def is_killed(self, name: str) -> None:
        self.daemons[name].start()

    @rule(name=names, answers=answers, crash=crashes)
    def sends(self, name: str, answers: list[str], crash: Any) -> None:
        daemon = self.daemons[name]
        for channel in CHANNELS:
            daemon.channels[channel.name].answers = answers

        def sending() -> None:
            for sender in daemon.senders.values():
                sender.send_due()

        daemon.dies(crash, sending)
        answers.clear()
        self.mailed()

    def others_send(self, name: str) -> None:
        other = self.daemons["ab".replace(name, "")]
        for sender in other.senders.values():
            sender.send_due()

    # the model

    def compared(self, complete: bool) -> None:
        """What was said since the last sweep is what must have been said: all of it, or of a sweep that died all of some cases."""
        oracle = self.oracle
        rounds = oracle.rounds(self.now)
        engine = self.client.engine
        there = {row.id for row in engine.cases()}
        if any(name in there for name in rounds) or complete:
            oracle.first = oracle.first or self.now
        for name, case in rounds.items():
            assert name in there or not complete, f"{name} was not opened"
            if name in there:
                oracle.cases[name] = case
        assert there == set(oracle.cases)
        for case in oracle.cases.values():
            fresh = flags(engine, case.id)[len(case.said) :]
            wanted = list(oracle.statements(case, self.now))
            if fresh or complete:
                assert sorted(map(repr, fresh)) == sorted(repr(one) for one, _ in wanted), case
                oracle.enter(case, wanted)
        self.mailed()

    def mailed(self) -> None:
        with self.client.engine.store.read() as view:
            messages = view.messages()
        mails = {Mail(m.case, m.row, m.revision, m.tier, m.recipient, m.channel): m for m in messages}
        assert len(mails) == len(messages)
        known: set[Mail] = set()
        while fresh := [m for m in self.dead(mails) if m not in known]:
            for mail in fresh:
                self.oracle.dead(mail, self.now)
                known.add(mail)
        self.buried |= known
        assert set(mails) == set(self.oracle.mail)

    def dead(self, mails: dict[Mail, Any]) -> list[Mail]:
        found = [(m.id, mail) for mail, m in mails.items() if m.state == "dead" and mail not in self.buried]
        return [mail for _, mail in sorted(found)]

    @precondition(lambda self: hasattr(self, "daemons"))
    @invariant()
    def nothing_is_lost_and_the_audit_finds_nothing(self) -> None:
        engine = self.client.engine
        with engine.store.read() as view:
            assert audit_store(view).findings == ()
            messages = view.messages()
        for case in self.oracle.cases.values():
            acts = engine.case(case.id).case.acts
            assert len([a for a in acts if a.kind in (FLAGGED, UNFLAGGED)]) == len(case.said), f"{case.id}: said twice, or by nobody"
            for entry in case.entries:
                assert acts[entry.n - 1].recorded == entry.recorded, f"{entry} is lost"
            ended = [(a.data["person"], a.data["channel"], a.data["flag"]) for a in acts if a.kind == NOTIFIED]
            assert len(ended) == len(set(ended))
        for message in messages:
            taken = self.taken.get(message.id, [])
            assert taken.count(False) <= 1, f"message {message.id} was sent again without a mark"
            assert message.state != "sent" or taken, f"message {message.id} is entered as sent, and nobody took it"

    def to_the_end(self) -> None:
        """Nobody dies any more: everything that is due is said, every message is sent or dead, and a fold from nothing agrees."""
        self.clock.set(self.now + LEASE + WATCH_LEASE)
        daemon = self.daemons["a"]
        end = self.now + timedelta(hours=2)
        for _ in range(300):
            self.swept(daemon, None)
            while sum(sender.send_due() for sender in daemon.senders.values()):
                self.mailed()
            with daemon.engine.store.read() as view:
                waits = [view.next_message(r.name) for r in CHANNELS]
            due = [i for i in (*waits, daemon.engine.next_waking()) if i is not None and i <= end]
            if not due:
                break
            self.clock.set(max(self.now, min(due)))
        else:
            raise AssertionError("it does not come to an end")
        with daemon.engine.store.read() as view:
            assert {m.state for m in view.messages()} <= {"sent", "dead"}
            assert not view.parked()
        self.nothing_is_lost_and_the_audit_finds_nothing()
        fresh = Process(self, "z")
        try:
            for case in self.oracle.cases.values():
                acts = fresh.engine.case(case.id).case.acts
                assert [repr(r) for r in fresh.engine.ledger(case.id)] == [repr(r) for r in daemon.engine.ledger(case.id)]
                slept = [a.happened.lo for a in acts if a.kind == CLOCKED]
                last = case.start + timedelta(minutes=40)
                due = case.procedure == "watched" and last <= self.now and (case.closed is None or last <= case.closed)
                assert slept == ([last] if due else []), case
        finally:
            fresh.store.close()


class TogetherMachine(DaemonMachine):
    """Two daemons that sweep the same store side by side."""

    alone = False


def said(role: str, happened: Moment | None = None) -> c.Said:
    return c.Said(actor=Actor(role), happened=happened)


def flags(engine: Engine, case: str) -> list[Said]:
    found = []
    for act in engine.case(case).case.acts:
        if act.kind in (FLAGGED, UNFLAGGED):
            data: Any = act.data
            people = tuple(sorted(one["person"] for one in data.get("to", ())))
            found.append(Said(act.name, data["flag"], data["revision"], data.get("tier"), bool(data.get("skipped")), people))
    return found


def _post(role: str, people: tuple[str, ...]) -> dict[str, Any]:
    made = {"phone": {"phone": "000-0001"}, "email": {"contacts": {"email": "a@example.org"}}}
    holders = [{"person": p, "name": "甲", "from": "2020-01-01"} for p in people]
    for holder, person in zip(holders, people, strict=True):
        for kind in told.ADDRESSES[person]:
            holder.update(made[kind])  # type: ignore[arg-type]
    return {"role": role, "zh": "岗", "en": "post", "holders": holders}


ORGANISATION: dict[str, Any] = {
    "units": [
        {
            "id": "town",
            "zh": "镇",
            "en": "town",
            "level": "town",
            "posts": [_post("boss", told.HOLDERS["town.boss"])],
            "units": [
                {"id": v, "zh": "村", "en": v, "level": "village", "posts": [_post("desk", told.HOLDERS[f"{v}.desk"])]}
                for v in ("v1", "v2", "v3")
            ],
        }
    ]
}


@pytest.mark.parametrize("machine", [DaemonMachine, TogetherMachine])
def test_everybody_is_told_once_whatever_dies(machine: type[DaemonMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=4, stateful_step_count=20))


@pytest.mark.slow
@pytest.mark.parametrize("machine", [DaemonMachine, TogetherMachine])
def test_everybody_is_told_once_whatever_dies_a_long_campaign(machine: type[DaemonMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=EXAMPLES, stateful_step_count=60))
