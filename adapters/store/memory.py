"""A store in memory, for the tests of a host program. It keeps nothing, and is otherwise as good as the others: it passes their contract.

Every committed state is a value that is never changed. A reader keeps the one it began with; a unit copies the tables that it writes to and
puts the new state in place at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from threading import Condition, Lock
from types import MappingProxyType

from adapters.store.bell import MemoryBell
from adapters.store.memory_watch import MemoryWatchReads, MemoryWatchWrites, Watch
from workflow.errors import DubanError, KeyReused, StaleVersion, StoreBusy, StoreUnavailable
from workflow.journal.canonical import hashed
from workflow.journal.chain import Part
from workflow.journal.entry import Entry, Private, Stored
from workflow.journal.seal import Seal, StoredSeal
from workflow.moment import stamp
from workflow.ports import Answer, CaseRow, DueRow
from workflow.text import Text

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _State:
    meta: Mapping[str, str]
    entries: dict[str, dict[int, Entry]] = field(default_factory=dict)
    private: dict[Key, Private] = field(default_factory=dict)
    cases: dict[str, CaseRow] = field(default_factory=dict)
    dues: dict[str, tuple[DueRow, ...]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    blobs: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    seals: dict[int, Seal] = field(default_factory=dict)
    sealing: dict[Key, int] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)


class MemoryView(MemoryWatchReads):
    _state: _State

    def __init__(self, state: _State) -> None:
        self._state = state

    def entries(self, case: str, after: int = 0) -> Sequence[Entry]:
        return [entry for n, entry in sorted(self._state.entries.get(case, {}).items()) if n > after]

    def head(self, case: str) -> str:
        entries = self._state.entries.get(case)
        return entries[max(entries)].hash if entries else ""

    def journal(self) -> Iterator[Entry]:
        return chain.from_iterable(self.entries(case) for case in sorted(self._state.entries))

    def private(self, case: str, n: int) -> Private | None:
        return self._state.private.get((case, n))

    def case(self, case: str) -> CaseRow | None:
        return self._state.cases.get(case)

    def cases(self, procedure: str | None = None) -> Sequence[CaseRow]:
        return [row for _, row in sorted(self._state.cases.items()) if procedure is None or row.procedure == procedure]

    def waking(self, until: datetime, limit: int) -> Sequence[CaseRow]:
        due = [(row.next_at, row.id, row) for row in self._state.cases.values() if row.next_at is not None and row.next_at <= until]
        return [row for _, _, row in sorted(due, key=lambda item: item[:2])[:limit]]

    def dues(self, case: str | None = None, until: datetime | None = None) -> Sequence[DueRow]:
        rows = self._state.dues.get(case, ()) if case is not None else chain.from_iterable(self._state.dues.values())
        owed = (row for row in rows if row.open and (until is None or (row.due is not None and row.due <= until)))
        return sorted(owed, key=_by_due)

    def answer(self, key: str) -> Answer | None:
        return self._state.answers.get(key)

    def blob(self, digest: str) -> bytes | None:
        found = self._state.blobs.get(digest)
        return found[2] if found else None

    def blobs(self, kind: str) -> Sequence[tuple[str, str]]:
        return [(name, digest) for digest, (of, name, _) in self._state.blobs.items() if of == kind]

    def unsealed(self) -> Iterator[Entry]:
        return (entry for entry in self.journal() if (entry.case, entry.n) not in self._state.sealing)

    def seals(self) -> Sequence[Seal]:
        return [seal for _, seal in sorted(self._state.seals.items())]

    def sealed(self, number: int) -> Iterator[Entry]:
        return (self._state.entries[case][n] for (case, n), of in sorted(self._state.sealing.items()) if of == number)

    def stored(self) -> Iterator[Stored]:
        sealing = self._state.sealing
        return (Stored(e.case, e.n, e.recorded, e.kind, e.raw, e.hash, sealing.get((e.case, e.n))) for e in self.journal())

    def parts(self) -> Iterator[Part]:
        return ((case, n, part) for (case, n), part in sorted(self._state.private.items(), key=lambda item: item[0]))

    def stored_seals(self) -> Sequence[StoredSeal]:
        return [StoredSeal(seal.number, seal.raw, seal.hash) for seal in self.seals()]

    def answers(self) -> Iterator[tuple[str, Answer]]:
        return iter(sorted(self._state.answers.items(), key=lambda item: item[0]))

    def meta(self) -> Mapping[str, str]:
        return self._state.meta


def _by_due(row: DueRow) -> tuple[bool, str, str, str]:
    return row.due is None, stamp(row.due) if row.due else "", row.case, row.row


class MemoryUnit(MemoryView, MemoryWatchWrites):
    """Writes to its own copy. As in every store, a unit that met an error is not committed, though the error be swallowed."""

    def __init__(self, state: _State) -> None:
        super().__init__(
            replace(
                state,
                entries=state.entries.copy(),
                private=state.private.copy(),
                cases=state.cases.copy(),
                dues=state.dues.copy(),
                answers=state.answers.copy(),
                blobs=state.blobs.copy(),
                seals=state.seals.copy(),
                sealing=state.sealing.copy(),
                watch=state.watch.copy(),
            )
        )
        self._failed: DubanError | None = None
        self._open = True

    def append(self, entries: Iterable[tuple[Entry, Private | None]]) -> None:
        self._alive()
        for entry, private in entries:
            case = self._state.entries.get(entry.case, {})
            if entry.n in case:
                text = Text(f"案件 {entry.case} 已有新的记录", f"somebody else wrote to the case first: {entry.case}")
                raise self._fail(StaleVersion(text, hint=Text("重新读取后再试", "read the case again and retry")))
            self._state.entries[entry.case] = {**case, entry.n: entry}
            if private is not None:
                self._state.private[entry.case, entry.n] = private

    def put_case(self, row: CaseRow) -> None:
        self._alive()
        self._state.cases[row.id] = row

    def put_dues(self, case: str, rows: Sequence[DueRow]) -> None:
        self._alive()
        self._state.dues[case] = tuple(rows)

    def read_ahead(self, cases: Sequence[str]) -> None:
        """Nothing: they are at hand."""

    def claim(self, until: datetime, limit: int) -> Sequence[CaseRow]:
        self._alive()
        put_off = {p.case for p in self._state.watch.parked.values() if p.until > until}
        return [row for row in self.waking(until, len(self._state.cases)) if row.id not in put_off][:limit]

    def remember(self, key: str, answer: Answer) -> None:
        self._alive()
        if key in self._state.answers:
            raise self._fail(KeyReused(Text(f"幂等键 {key!r} 已用过", f"the idempotency key {key!r} was used before")))
        self._state.answers[key] = answer

    def put_blob(self, kind: str, name: str, digest: str, data: bytes) -> None:
        self._alive()
        self._state.blobs.setdefault(digest, (kind, name, data))

    def put_seal(self, seal: Seal, entries: Iterable[tuple[str, int]]) -> None:
        self._alive()
        state, keys = self._state, list(entries)
        free = all(n in state.entries.get(case, {}) and (case, n) not in state.sealing for case, n in keys)
        if seal.number in state.seals or not free:
            zh, en = "已存在,或其中的记录已封存", "exists, or an entry of it is sealed or not there"
            raise self._fail(StaleVersion(Text(f"封印 {seal.number} {zh}", f"seal {seal.number} {en}")))
        state.seals[seal.number] = seal
        state.sealing.update(dict.fromkeys(keys, seal.number))

    def erase(self, case: str, n: int) -> bool:
        self._alive()
        for key, answer in self._state.answers.items():
            if answer.case == case and answer.first <= n <= answer.n:
                self._state.answers[key] = replace(answer, request="")
        return self._state.private.pop((case, n), None) is not None

    def finish(self) -> _State:
        """The state to commit. Raises what went wrong before, if anything did."""
        self._open = False
        if self._failed is not None:
            raise self._failed
        return self._state

    def _fail(self, error: DubanError) -> DubanError:
        self._failed = error
        return error

    def _alive(self) -> None:
        if not self._open:
            raise StoreUnavailable(
                Text("事务已经结束", "the transaction is over"), hint=Text("在 with 块之内写入", "write inside the with block")
            )


class MemoryStore:
    """A :class:`workflow.ports.Store` that is gone when the process ends. Threads may share it; writers take turns, readers never wait."""

    def __init__(self, algorithm: str = "sha256", *, timeout: float = 5.0) -> None:
        hashed(b"", algorithm)  # refused before anything is made where it is not to be had
        self._state = _State(meta=MappingProxyType({"algorithm": algorithm, "format": "1"}))
        self._turn = Lock()
        self._changed = Condition()
        self._commits = 0
        self._timeout = timeout
        self._closed = False

    @classmethod
    def open(cls, url: str = "memory:", *, create: bool = True, algorithm: str = "sha256") -> MemoryStore:
        """A new, empty store for the scheme ``memory:``. Raises :class:`~workflow.errors.StoreUnavailable` when none may be made."""
        if not create:
            raise StoreUnavailable(Text("内存中没有存储", "there is no store in memory"), where=url)
        return cls(algorithm)

    @contextmanager
    def read(self) -> Iterator[MemoryView]:
        self._check()
        yield MemoryView(self._state)

    @contextmanager
    def write(self) -> Iterator[MemoryUnit]:
        self._check()
        if not self._turn.acquire(timeout=self._timeout):
            raise StoreBusy(
                Text("存储正被占用", "the store is held by another writer"),
                hint=Text("稍后再试同一命令", "try the same command again a little later"),
            )
        try:
            unit = MemoryUnit(self._state)
            yield unit
            self._state = unit.finish()
            with self._changed:
                self._commits += 1
                self._changed.notify_all()
        finally:
            self._turn.release()

    def watch(self) -> MemoryBell:
        self._check()
        return MemoryBell(self._changed, lambda: self._commits)

    def close(self) -> None:
        """What was in it is gone."""
        self._closed = True
        self._state = _State(meta=self._state.meta)

    def _check(self) -> None:
        if self._closed:
            raise StoreUnavailable(Text("存储已关闭", "the store is closed"))
