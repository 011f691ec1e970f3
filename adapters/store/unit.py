"""Reading and writing inside one transaction of a SQL database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from adapters.store.backend import Backend
from adapters.store.watch import WatchReads, WatchWrites
from workflow.errors import DubanError, IntegrityError, KeyReused, StaleVersion, StoreUnavailable
from workflow.journal.chain import Part
from workflow.journal.entry import Entry, Private, Stored
from workflow.journal.seal import Seal, StoredSeal
from workflow.moment import stamp
from workflow.outbox import Figures
from workflow.ports import Answer, CaseRow, DueRow
from workflow.text import Text

_encode = json.JSONEncoder(ensure_ascii=False).encode


class SqlView(WatchReads):
    """Reads inside one transaction."""

    def __init__(self, cursor: Any, backend: Backend, meta: Mapping[str, str]) -> None:
        self._cursor = cursor
        self._backend = backend
        self._sql = backend.statements
        self._watch = backend.watching
        self._results = 0
        self._meta = meta

    def _all(self, sql: str, *values: object) -> list[Any]:
        rows: list[Any] = self._cursor.execute(sql, values).fetchall()
        return rows

    def _one(self, sql: str, *values: object) -> Any:
        return self._cursor.execute(sql, values).fetchone()

    def _rows(self, sql: str, *values: object) -> Iterator[Any]:
        self._results += 1
        for rows in self._backend.rows(self._cursor, self._results, sql, values, 500):
            yield from rows

    def _each(self, sql: str, *values: object) -> Iterator[Entry]:
        return map(_entry, self._rows(sql, *values))

    def head(self, case: str) -> str:
        row = self._one(self._sql.head, case, 1, 0)
        return row[0] if row else ""

    def entries(self, case: str, after: int = 0) -> Sequence[Entry]:
        return [_entry(row) for row in self._all(self._sql.entries, case, after)]

    def journal(self) -> Iterator[Entry]:
        return self._each(self._sql.journal)

    def private(self, case: str, n: int) -> Private | None:
        row = self._one(self._sql.private, case, n)
        return Private(*row) if row else None

    def case(self, case: str) -> CaseRow | None:
        row = self._one(self._sql.case, case)
        return _case(row) if row else None

    def cases(self, procedure: str | None = None) -> Sequence[CaseRow]:
        rows = self._all(self._sql.cases) if procedure is None else self._all(self._sql.cases_of, procedure)
        return [_case(row) for row in rows]

    def waking(self, until: datetime, limit: int) -> Sequence[CaseRow]:
        return [_case(row) for row in self._all(self._sql.waking, stamp(until), limit, 0)]

    def dues(self, case: str | None = None, until: datetime | None = None) -> Sequence[DueRow]:
        sql = self._sql
        if until is None:
            rows = self._all(sql.dues) if case is None else self._all(sql.dues_of, case)
        else:
            rows = self._all(sql.dues_until, stamp(until)) if case is None else self._all(sql.dues_of_until, case, stamp(until))
        return [_due(row) for row in rows]

    def answer(self, key: str) -> Answer | None:
        row = self._one(self._sql.answer, key)
        return Answer(*row) if row else None

    def blob(self, digest: str) -> bytes | None:
        row = self._one(self._sql.blob, digest)
        return row[0] if row else None

    def blobs(self, kind: str) -> Sequence[tuple[str, str]]:
        return [(name, digest) for name, digest in self._all(self._sql.blobs, kind)]

    def unsealed(self) -> Iterator[Entry]:
        return self._each(self._sql.unsealed)

    def seals(self) -> Sequence[Seal]:
        return [Seal.parse(row.data, row.hash) for row in self.stored_seals()]

    def sealed(self, number: int) -> Iterator[Entry]:
        return self._each(self._sql.sealed, number)

    def stored(self) -> Iterator[Stored]:
        return (Stored(*row) for row in self._rows(self._sql.stored))

    def parts(self) -> Iterator[Part]:
        return ((case, n, Private(salt, data)) for case, n, salt, data in self._rows(self._sql.parts))

    def stored_seals(self) -> Sequence[StoredSeal]:
        return [StoredSeal(*row) for row in self._all(self._sql.seals)]

    def answers(self) -> Iterator[tuple[str, Answer]]:
        return ((key, Answer(*rest)) for key, *rest in self._rows(self._sql.answers))

    def meta(self) -> Mapping[str, str]:
        return self._meta


class SqlUnit(SqlView, WatchWrites):
    """Writes inside one transaction.

    Rows are kept back and written together, at the end or before a read that they could bear on: a statement run once with a thousand rows
    is several times faster than a thousand times with one. An error that was met on the way is raised again at the end, so that a unit
    whose error was swallowed is not committed by halves.
    """

    def __init__(self, cursor: Any, backend: Backend, meta: Mapping[str, str]) -> None:
        super().__init__(cursor, backend, meta)
        self._entries: list[tuple[object, ...]] = []
        self._private: list[tuple[object, ...]] = []
        self._fresh: set[str] = set()
        self._ahead: dict[str, list[Any]] = {}
        self._cases: dict[str, CaseRow] = {}
        self._dues: dict[str, Sequence[DueRow]] = {}
        self._answers: dict[str, Answer] = {}
        self._marks = {}
        self._failed: BaseException | None = None
        self._open = True
        self.erased = False

    # writes -----------------------------------------------------------------------------------------------------------------------

    def append(self, entries: Iterable[tuple[Entry, Private | None]]) -> None:
        self._alive()
        for entry, private in entries:
            self._entries.append((entry.case, entry.n, entry.recorded, entry.kind, entry.raw, entry.hash))
            self._fresh.add(entry.case)
            if private is not None:
                self._private.append((entry.case, entry.n, private.salt, private.data))

    def put_case(self, row: CaseRow) -> None:
        self._alive()
        self._cases[row.id] = row

    def put_dues(self, case: str, rows: Sequence[DueRow]) -> None:
        self._alive()
        self._dues[case] = tuple(rows)

    def remember(self, key: str, answer: Answer) -> None:
        self._alive()
        if key in self._answers:
            raise self._fail(_reused(key))
        self._answers[key] = answer

    def put_blob(self, kind: str, name: str, digest: str, data: bytes) -> None:
        self._alive()
        self._many(self._sql.add_blob, [(kind, name, digest, data)])

    def put_seal(self, seal: Seal, entries: Iterable[tuple[str, int]]) -> None:
        self._alive()
        self._flush_entries()
        marks = [(seal.number, case, n) for case, n in entries]
        self._many(self._sql.add_seal, [(seal.number, seal.hash, seal.raw)], lambda: self._sealed(seal))
        if self._many(self._sql.mark, marks) != len(marks):
            raise self._fail(self._sealed(seal))

    def erase(self, case: str, n: int) -> bool:
        self._alive()
        self._flush_entries()
        self._flush_answers()
        self.erased = True
        try:
            self._backend.erase(self._cursor, self._sql.blind, ("", case, n, n))
            return self._backend.erase(self._cursor, self._sql.erase, (case, n))
        except Exception as e:
            self._fail(e)
            raise

    # reads: what is kept back is written first where it could matter -------------------------------------------------------------

    def entries(self, case: str, after: int = 0) -> Sequence[Entry]:
        ahead = self._ahead.pop(case, None)
        if case in self._fresh:
            self._flush_entries()
        elif ahead is not None and after == 0:
            return [_entry(row) for row in ahead]
        return super().entries(case, after)

    def read_ahead(self, cases: Sequence[str]) -> None:
        self._ahead = {case: [] for case in cases}
        for row in self._all(self._sql.entries_of, json.dumps(list(cases))):
            self._ahead[row[0]].append(row)

    def head(self, case: str) -> str:
        if case in self._fresh:
            self._flush_entries()
        return super().head(case)

    def journal(self) -> Iterator[Entry]:
        self._flush_entries()
        return super().journal()

    def private(self, case: str, n: int) -> Private | None:
        self._flush_entries()
        return super().private(case, n)

    def case(self, case: str) -> CaseRow | None:
        return self._cases.get(case) or super().case(case)

    def cases(self, procedure: str | None = None) -> Sequence[CaseRow]:
        self._flush_cases()
        return super().cases(procedure)

    def waking(self, until: datetime, limit: int) -> Sequence[CaseRow]:
        self._flush_cases()
        return super().waking(until, limit)

    def claim(self, until: datetime, limit: int) -> Sequence[CaseRow]:
        self._alive()
        self._flush_cases()
        return [_case(row) for row in self._all(self._watch.claim_cases, stamp(until), stamp(until), limit, 0)]

    def next_waking(self) -> datetime | None:
        self._flush_cases()
        return super().next_waking()

    def figures(self, now: datetime) -> Figures:
        self._flush_entries()
        self._flush_dues()
        return super().figures(now)

    def mark(self, name: str) -> str:
        return self._marks[name] if name in self._marks else super().mark(name)

    def dues(self, case: str | None = None, until: datetime | None = None) -> Sequence[DueRow]:
        if case is None or case in self._dues:
            self._flush_dues()
        return super().dues(case, until)

    def answer(self, key: str) -> Answer | None:
        return self._answers.get(key) or super().answer(key)

    def unsealed(self) -> Iterator[Entry]:
        self._flush_entries()
        return super().unsealed()

    def stored(self) -> Iterator[Stored]:
        self._flush_entries()
        return super().stored()

    def parts(self) -> Iterator[Part]:
        self._flush_entries()
        return super().parts()

    def answers(self) -> Iterator[tuple[str, Answer]]:
        self._flush_answers()
        return super().answers()

    # the end ----------------------------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Write what is left. Raises what went wrong before, if anything did."""
        self._open = False
        if self._failed is not None:
            raise self._failed
        self._flush_entries()
        self._flush_cases()
        self._flush_dues()
        self._flush_answers()
        if self._marks:
            self._backend.move_marks(self._cursor, self._watch.put_mark, list(self._marks.items()))

    def _flush_entries(self) -> None:
        if not self._entries:
            return
        rows, private, cases = self._entries, self._private, self._fresh
        self._entries, self._private, self._fresh = [], [], set()
        try:
            self._backend.hold(self._cursor, sorted(cases))
        except Exception as e:
            if self._backend.overtaken(e):
                raise self._fail(self._stale(cases)) from e
            self._fail(e)
            raise
        self._many(self._sql.add_entry, rows, lambda: self._stale(cases))
        self._many(self._sql.add_private, private)

    def _flush_cases(self) -> None:
        rows, self._cases = self._cases, {}
        self._many(
            self._sql.put_case,
            [
                (
                    r.id,
                    r.procedure,
                    r.version,
                    r.definition,
                    r.unit,
                    _encode(r.state),
                    r.n,
                    r.head,
                    stamp(r.opened),
                    r.ended,
                    r.listed,
                    None if r.next_at is None else stamp(r.next_at),
                )
                for r in rows.values()
            ],
        )

    def _flush_dues(self) -> None:
        cases, self._dues = self._dues, {}
        self._many(self._sql.clear_dues, [(case,) for case in cases])
        self._many(
            self._sql.add_due,
            [
                (case, r.row, r.obligation, r.revision, None if r.due is None else stamp(r.due), r.open)
                for case, rows in cases.items()
                for r in rows
            ],
        )

    def _flush_answers(self) -> None:
        answers, self._answers = self._answers, {}
        rows = [(key, a.request, a.case, a.n, a.first) for key, a in answers.items()]
        self._many(self._sql.add_answer, rows, lambda: _reused(rows[0][0] if len(rows) == 1 else None))

    def _many(self, sql: str, rows: Sequence[tuple[object, ...]], taken: Callable[[], DubanError] | None = None) -> int:
        """Run a statement for each row; how many rows it changed. ``taken`` makes the error for a key that is taken."""
        if not rows:
            return 0
        try:
            self._cursor.executemany(sql, rows)
        except Exception as e:
            if taken is not None and self._backend.duplicate(e):
                raise self._fail(taken()) from e
            self._fail(e)
            raise
        return int(self._cursor.rowcount)

    def _fail(self, error: BaseException) -> BaseException:
        self._failed = error
        return error

    def _stale(self, cases: set[str]) -> StaleVersion:
        named = "、".join(sorted(cases)[:3])
        return StaleVersion(
            Text(f"案件 {named} 已有新的记录", f"somebody else wrote to the case first: {named}"),
            where=self._backend.location,
            hint=Text("重新读取后再试", "read the case again and retry"),
        )

    def _sealed(self, seal: Seal) -> StaleVersion:
        zh, en = "已存在,或其中的记录已封存", "exists, or an entry of it is sealed or not there"
        return StaleVersion(Text(f"封印 {seal.number} {zh}", f"seal {seal.number} {en}"), where=self._backend.location)

    def _alive(self) -> None:
        if not self._open:
            raise StoreUnavailable(
                Text("事务已经结束", "the transaction is over"), hint=Text("在 with 块之内写入", "write inside the with block")
            )


def _reused(key: str | None) -> KeyReused:
    named = "" if key is None else f" {key!r}"
    return KeyReused(Text(f"幂等键{named} 已用过", f"the idempotency key{named} was used before"))


def _entry(row: tuple[Any, ...]) -> Entry:
    """Raises :class:`~workflow.errors.IntegrityError`, saying where, for bytes that are no entry or belong elsewhere."""
    case, n, data, digest = row
    try:
        if not isinstance(data, bytes) or not isinstance(digest, str):
            raise IntegrityError(Text("不是日志条目", "these bytes are no journal entry"))
        entry = Entry.kept(data, digest)
    except IntegrityError as e:
        raise IntegrityError(e.message, where=f"{case} #{n}", hint=e.hint) from e
    if entry.case != case or entry.n != n:
        found = f"{entry.case} #{entry.n}"
        raise IntegrityError(Text(f"此处存放的是 {found} 的记录", f"the entry that is kept here is {found}"), where=f"{case} #{n}")
    return entry


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _due(row: Sequence[Any]) -> DueRow:
    """Raises :class:`~workflow.errors.IntegrityError` for a row that cannot be read."""
    case, key, duty, revision, due, is_open = row
    try:
        return DueRow(case, key, duty, revision, _instant(due), bool(is_open))
    except (ValueError, TypeError) as e:
        raise _broken(case) from e


@lru_cache(maxsize=1024)
def _state(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _case(row: Sequence[Any]) -> CaseRow:
    """Raises :class:`~workflow.errors.IntegrityError` for a row that cannot be read."""
    case, procedure, version, definition, unit, state, n, head, opened, ended, listed, next_at = row
    try:
        states, opening, wakes = _state(state), datetime.fromisoformat(opened), _instant(next_at)
    except (ValueError, TypeError) as e:
        raise _broken(case) from e
    return CaseRow(case, procedure, version, definition, unit, states, n, head, opening, bool(ended), bool(listed), wakes)


def _broken(case: Any) -> IntegrityError:
    return IntegrityError(Text("派生表中的一行无法读取", "a derived row cannot be read"), where=str(case))
