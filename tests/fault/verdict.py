"""What is left after the kills: nothing lost, nothing twice, nothing half-written, and nothing left undone."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.daemon.composer import Composer, templates
from adapters.daemon.pulse import Pulse
from adapters.daemon.sender import LEASE, Line, Sender
from adapters.daemon.watch import Settings, Watch
from adapters.host import FixedClock
from tests.fault.client import deed_of, key_of
from tests.fault.site import LASTING, ROUTING, QuickClock, Site
from tests.fault.victim import QuickStopwatch, Recorder, Trap
from workflow.act import FLAGGED, UNFLAGGED
from workflow.audit import audit_store
from workflow.case.fold import Case
from workflow.engine import Engine
from workflow.monitor import GAP, MONITOR, STARTED, TOOK_OVER

CALL_DUE = timedelta(minutes=4)
"""The term of ``errand.call``, said again: what must be flagged is found without the code that flags."""


@dataclass(frozen=True, slots=True)
class Verdict:
    findings: tuple[str, ...]
    commands: int
    """Acknowledged commands."""
    cases: int
    entries: int
    flags: int
    messages: int
    letters: int
    """Messages that a channel took, each time that it did."""
    repeated: int
    """Of those, how often again; each was marked as a possible duplicate, or it is a finding."""
    starts: int
    """Times that a daemon began to watch, as the monitor's chain has it."""
    gaps: int

    @property
    def summary(self) -> str:
        said = f"{self.commands} commands, {self.flags} flags, {self.letters} letters ({self.repeated} possible duplicates)"
        return f"{said}, {len(self.findings)} findings"


def judge(site: Site) -> Verdict:
    """Let a daemon that nobody kills do what is left, then look at everything."""
    clock = FixedClock(QuickClock(site.begun).now())
    engine = site.engine(clock)
    engine.routing = ROUTING
    try:
        findings = list(_drained(engine, site, clock))
        findings += _errors(site)
        commands = [line for line in site.answers.read() if "case" in line]
        findings += _commands(engine, commands)
        findings += _flags(engine, clock.now())
        sent = _letters(site)
        findings += _sent(engine, sent)
        with engine.store.read() as view:
            audited = audit_store(view)
            findings += [f"audit: {f.code} {f.case} #{f.n} {f.message.en}" for f in audited.findings]
            monitor = Counter(e.kind for e in view.entries(MONITOR))
            messages = view.messages()
        flags = sum(act.kind == FLAGGED for row in engine.cases() for act in engine.case(row.id).case.acts)
    finally:
        engine.close()
    if site.alone:
        findings += _file(site.file)
    letters = sum(len(doubtful) for doubtful in sent.values())
    return Verdict(
        tuple(findings),
        len(commands),
        audited.cases,
        audited.entries,
        flags,
        len(messages),
        letters,
        letters - len(sent),
        monitor[STARTED] + monitor[TOOK_OVER],
        monitor[GAP],
    )


def _drained(engine: Engine, site: Site, clock: FixedClock) -> Iterator[str]:
    """Sweep and send until nothing is due any more and nothing waits; the clock is moved on to the next retry."""
    trap, composer = Trap("", 0, -1), Composer(engine, templates(), "zh")
    luck = random.Random(0)
    lines = [Line(r.name, r.needs, Recorder(r.name, site, trap, luck, whims=False)) for r in ROUTING.routes]
    senders = [Sender(engine, line, composer, "last", lambda: 0) for line in lines]
    clock.set(clock.now() + LEASE)
    watch = Watch(engine, Settings("last", site.alone, lease=LASTING), Pulse(), QuickStopwatch(clock))  # type: ignore[arg-type]
    end = clock.now() + timedelta(hours=1)
    for _ in range(2000):
        watch.tick()
        if watch.pulse.state.error:
            yield f"the last daemon failed: {watch.pulse.state.error}"
            return
        if sum(sender.send_due() for sender in senders):
            continue
        with engine.store.read() as view:
            waiting = [at for r in ROUTING.routes if (at := view.next_message(r.name)) is not None]
        wake = engine.next_waking()
        due = [at for at in (*waiting, wake) if at is not None and at <= end]
        if not due:
            break
        clock.set(max(min(due), clock.now()))
    else:
        yield "the last daemon does not come to an end"
    watch.end()
    clock.set(end)
    with engine.store.read() as view:
        for message in view.messages(("pending", "sending")):
            yield f"message {message.id} is still {message.state}"
        for parked in view.parked():
            yield f"{parked.case} is parked: {parked.reason}"
    for found in engine.forecast_tick():
        for act in found.acts:
            yield f"{found.becomes.case.id} #{act.n}: {act.kind} {act.name} {act.data.get('flag', '')} was left undone"


def _errors(site: Site) -> Iterator[str]:
    if site.log.exists():
        for line in site.log.read_text(encoding="utf-8").splitlines():
            if line.startswith("ERROR"):
                yield f"log: {line[:300]}"


def _commands(engine: Engine, answers: list[dict[str, Any]]) -> Iterator[str]:
    """Every command that was answered is in the journal as it was answered, and no command is there twice."""
    notes: Counter[str] = Counter()
    with engine.store.read() as view:
        chains = {row.id: {e.n: e for e in view.entries(row.id)} for row in view.cases()}
        for case, chain in chains.items():
            for n in chain:
                if (part := view.private(case, n)) is not None and (note := part.content().get("note")):
                    notes[str(note)] += 1
        for line in answers:
            key, case, n = key_of(line["i"]), line["case"], line["n"]
            answer = view.answer(key)
            entry = chains.get(case, {}).get(n)
            if answer is None or (answer.case, answer.n) != (case, n) or entry is None or entry.hash != line["hash"]:
                yield f"command {key} ({deed_of(line['i'])}) was acknowledged and is lost: {case} #{n}"
            expected = 2 if deed_of(line["i"]) == "pair" else 1
            if line["wrote"] and notes[key] != expected:
                yield f"command {key} ({deed_of(line['i'])}) stands {notes[key]} times in the journal"


def _flags(engine: Engine, now: datetime) -> Iterator[str]:
    """Read from the bare acts of every case: nothing was said twice, and what must have been said was said."""
    for row in engine.cases():
        case = engine.case(row.id).case
        yield from twice(case)
        if row.procedure == "errand":
            due = case.opened.happened.lo + CALL_DUE
            called = any(act.name == "call" and act.kind == "acted" and act.happened.lo <= due for act in case.acts)
            if not called and now > due and not any(act.data["flag"] in ("missing", "late") for act in case.kind(FLAGGED, "call/boss#1")):
                yield f"{row.id}: the call was due at {due} and nobody was told that it is missing or late"


def twice(case: Case) -> Iterator[str]:
    """What was said again of the same row though nothing had changed."""
    standing: dict[str, str] = {}
    tiers: Counter[tuple[str, str, str]] = Counter()
    for act in case.acts:
        if act.kind not in (FLAGGED, UNFLAGGED):
            continue
        flag = str(act.data["flag"])
        if flag == "tier":
            tiers[act.name, str(act.data["revision"]), str(act.data["tier"])] += 1
        elif flag == "moved":
            tiers[act.name, str(act.data["revision"]), "moved"] += 1
        else:
            now_flagged = "" if flag == "withdrawn" else flag  # a flag that says something else takes the place of the one before
            if standing.get(act.name, "") == now_flagged:
                yield f"{case.id} {act.name} was {flag} and is again (#{act.n})"
            standing[act.name] = now_flagged
    for (name, revision, tier), count in tiers.items():
        if count > 1:
            yield f"{case.id} {name} revision {revision}: tier {tier} fired {count} times"


def _letters(site: Site) -> dict[int, list[bool]]:
    """For each message, in the order in which a channel took it, whether it was marked as a possible duplicate."""
    found: dict[int, list[bool]] = defaultdict(list)
    for line in site.receipts.read():
        for number in line["messages"]:
            found[number].append(bool(line["doubtful"]))
    return found


def _sent(engine: Engine, letters: dict[int, list[bool]]) -> Iterator[str]:
    with engine.store.read() as view:
        messages = {m.id: m for m in view.messages()}
    for number, doubtful in letters.items():
        if doubtful.count(False) > 1:
            yield f"message {number} was sent {len(doubtful)} times, {doubtful.count(False)} of them without a mark"
        if number not in messages:
            yield f"message {number} was sent and is not in the outbox"
    for number, message in messages.items():
        if message.state == "sent" and number not in letters:
            yield f"message {number} is entered as sent, and no channel took it"


def _file(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    if said != "ok":
        yield f"the file: {said}"
