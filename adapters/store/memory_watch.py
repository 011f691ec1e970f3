"""What the daemon keeps, in the memory of a store in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from workflow.errors import DubanError, StaleVersion
from workflow.journal.entry import Entry
from workflow.outbox import Claim, Figures, Lease, Message, Parked, State
from workflow.ports import CaseRow, DueRow
from workflow.text import Text


@dataclass(slots=True)
class Watch:
    claims: dict[tuple[str, str, int, str], Claim] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    keys: set[tuple[object, ...]] = field(default_factory=set)
    parked: dict[str, Parked] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)

    def copy(self) -> Watch:
        return Watch(self.claims.copy(), self.messages.copy(), self.keys.copy(), self.parked.copy(), self.marks.copy(), self.leases.copy())


class _Held(Protocol):
    """What both mix-ins find in the state of the store."""

    @property
    def cases(self) -> Mapping[str, CaseRow]: ...

    @property
    def entries(self) -> Mapping[str, Mapping[int, Entry]]: ...

    @property
    def dues(self) -> Mapping[str, Sequence[DueRow]]: ...

    @property
    def watch(self) -> Watch: ...


class MemoryWatchReads:
    """Satisfies :class:`workflow.outbox.Watched`."""

    _state: Any

    @property
    def _held(self) -> _Held:
        held: _Held = self._state
        return held

    def next_waking(self) -> datetime | None:
        parked, cases = self._held.watch.parked, self._held.cases
        own = [at for row in cases.values() if (at := row.next_at) is not None and not (row.id in parked and parked[row.id].until > at)]
        again = [p.until for p in parked.values() if p.case in cases and (at := cases[p.case].next_at) is not None and at <= p.until]
        return min([*own, *again], default=None)

    def next_message(self, channel: str) -> datetime | None:
        messages = self._held.watch.messages.values()
        return min((m.next_at for m in messages if m.next_at is not None and m.channel == channel), default=None)

    def messages(self, states: Sequence[State] = (), case: str | None = None, limit: int = -1) -> Sequence[Message]:
        found = [m for _, m in sorted(self._held.watch.messages.items())]
        found = [m for m in found if (not states or m.state in states) and case in (None, m.case)]
        return found if limit < 0 else found[:limit]

    def message_counts(self) -> Sequence[tuple[str, State, int]]:
        counted = Counter((m.channel, m.state) for m in self._held.watch.messages.values())
        return [(channel, state, count) for (channel, state), count in sorted(counted.items())]

    def claims(self, case: str) -> Sequence[Claim]:
        return [claim for key, claim in sorted(self._held.watch.claims.items()) if key[0] == case]

    def said_after(self, instant: datetime) -> Sequence[str]:
        return sorted({claim.case for claim in self._held.watch.claims.values() if claim.said > instant})

    def parked(self) -> Sequence[Parked]:
        return [p for _, p in sorted(self._held.watch.parked.items())]

    def mark(self, name: str) -> str:
        return self._held.watch.marks.get(name, "")

    def lease(self, name: str) -> Lease | None:
        found = self._held.watch.leases.get(name)
        return found if found is not None and found.holder else None

    def figures(self, now: datetime) -> Figures:
        rows = [row for rows in self._held.dues.values() for row in rows if row.open]
        late = [row.due for row in rows if row.due is not None and row.due < now]
        waiting = [m.created for m in self._held.watch.messages.values() if m.next_at is not None]
        entries = sum(len(chain) for chain in self._held.entries.values())
        return Figures(entries, len(rows), len(late), min(late, default=None), min(waiting, default=None))


class MemoryWatchWrites(MemoryWatchReads):
    """Satisfies :class:`workflow.outbox.Watching`."""

    _alive: Callable[[], None]
    _fail: Callable[[DubanError], DubanError]

    def put_claims(self, claims: Sequence[Claim]) -> None:
        self._alive()
        for c in claims:
            key = (c.case, c.row, c.revision, c.tier)
            if key in self._held.watch.claims:
                raise self._fail(_first(c.case))
            self._held.watch.claims[key] = c

    def put_messages(self, messages: Sequence[Message]) -> None:
        self._alive()
        watch = self._held.watch
        for m in messages:
            key = (m.case, m.row, m.revision, m.tier, m.recipient, m.channel)
            if key in watch.keys:
                raise self._fail(_first(m.case))
            watch.keys.add(key)
            number = len(watch.messages) + 1
            watch.messages[number] = m._replace(id=number)

    def take_messages(self, now: datetime, holder: str, until: datetime, limit: int, channel: str) -> Sequence[Message]:
        self._alive()
        watch = self._held.watch
        waiting = [m for m in watch.messages.values() if m.channel == channel and m.next_at is not None and m.next_at <= now]
        waiting.sort(key=lambda m: (m.next_at, m.id))
        for m in waiting[:limit]:
            watch.messages[m.id] = m._replace(
                state="sending",
                attempts=m.attempts + 1,
                next_at=until,
                holder=holder,
                token=m.token + 1,
                doubtful=m.doubtful or m.state == "sending",
            )
        return [watch.messages[m.id] for m in waiting[:limit]]

    def settle_message(self, message: Message) -> bool:
        self._alive()
        there = self._held.watch.messages.get(message.id)
        if there is None or there.token != message.token or there.state != "sending":
            return False
        self._held.watch.messages[message.id] = message
        return True

    def revive_message(self, id: int, at: datetime) -> bool:
        self._alive()
        there = self._held.watch.messages.get(id)
        if there is None or there.state != "dead":
            return False
        self._held.watch.messages[id] = there._replace(state="pending", attempts=0, next_at=at)
        return True

    def hasten(self, now: datetime, until: datetime) -> None:
        self._alive()
        for m in list(self._held.watch.messages.values()):
            if m.next_at is not None and m.next_at > until and (m.attempts > 0 or m.urgent or m.created > now):
                self._held.watch.messages[m.id] = m._replace(next_at=now)

    def park(self, parked: Parked) -> None:
        self._alive()
        self._held.watch.parked[parked.case] = parked

    def unpark(self, case: str) -> None:
        self._alive()
        self._held.watch.parked.pop(case, None)

    def put_mark(self, name: str, value: str) -> None:
        self._alive()
        self._held.watch.marks[name] = value

    def take_lease(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        self._alive()
        last = self._held.watch.leases.get(name)
        token = 1
        if last is not None:
            running = bool(last.holder) and last.until > now
            if running and last.holder != holder:
                return None
            token = last.token if running else last.token + 1
        lease = Lease(name, holder, token, until)
        self._held.watch.leases[name] = lease
        return lease

    def drop_lease(self, name: str, holder: str) -> None:
        self._alive()
        last = self._held.watch.leases.get(name)
        if last is not None and last.holder == holder:
            self._held.watch.leases[name] = replace(last, holder="")


def _first(case: str) -> StaleVersion:
    return StaleVersion(
        Text(f"案件 {case} 已有新的记录", f"somebody else wrote to the case first: {case}"),
        hint=Text("重新读取后再试", "read the case again and retry"),
    )
