"""The contract of a store, as tests: derive a class, say how to make your store, and run pytest.

    class TestMyStore(StoreContract):
        def make(self, path: Path) -> Store:
            return MyStore.open(f"my:{path}")

``make`` is called once a test, with a directory of its own. A store that outlives :meth:`~workflow.ports.Store.close` says how it is opened
again with ``reopen``; for others those tests are skipped. Threads are used; no test waits on a wall clock.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from workflow.errors import KeyReused, StaleVersion, StoreUnavailable
from workflow.journal.canonical import Json, canonical
from workflow.journal.entry import Entry, Private, Stored, link
from workflow.journal.seal import Seal, StoredSeal
from workflow.moment import stamp
from workflow.ports import Answer, CaseRow, DueRow, Store, Unit, View

T0 = datetime(2026, 9, 24, 2, 20, tzinfo=UTC)


def entry(case: str, n: int, note: str = "") -> Entry:
    """An entry whose chain is made up: a store keeps what it is given, and judges nothing."""
    recorded = stamp(T0 + timedelta(minutes=n))
    return link(n, f"sha256:{n - 1:064x}", case=case, kind="note", recorded=recorded, body={"note": note})[0]


def row(case: str, n: int = 1, next_at: datetime | None = None, procedure: str = "p") -> CaseRow:
    return CaseRow(case, procedure, "1", "d" * 64, "hospital", ("evidence.open", "调查"), n, "h" * 64, T0, False, True, next_at)


def due(case: str, key: str, at: datetime | None, *, is_open: bool = True, revision: int = 1) -> DueRow:
    return DueRow(case, key, "feedback", revision, at, is_open)


def seal(number: int) -> Seal:
    said: dict[str, Json] = {
        "algorithm": "sha256",
        "count": 1,
        "format": 1,
        "number": number,
        "previous": "",
        "recorded": stamp(T0),
        "root": "",
    }
    return Seal.parse(canonical(said), f"sha256:{number:064x}")


def keys(entries: Iterable[Entry]) -> list[tuple[str, int]]:
    return [(e.case, e.n) for e in entries]


class Boom(Exception):
    """What goes wrong in the host's own code."""


class StoreContract(ABC):
    @abstractmethod
    def make(self, path: Path) -> Store:
        """A new, empty store; ``path`` is an empty directory."""

    def reopen(self, path: Path) -> Store:
        """The store that was made in ``path``, after it was closed. Leave it out for a store that keeps nothing."""
        pytest.skip("this store keeps nothing when it is closed")

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = self.make(tmp_path)
        yield store
        store.close()

    # one transaction, whole or not at all -----------------------------------------------------------------------------------------

    def test_a_unit_is_committed_on_leaving(self, store: Store) -> None:
        with store.write() as unit:
            _write_everything(unit)
        with store.read() as view:
            assert keys(view.journal()) == [("a", 1), ("a", 2)]
            assert view.case("a") == row("a", 2)
            assert view.dues() == [due("a", "r", T0)]
            assert view.answer("k") == Answer("q", "a", 2, 1)
            assert view.blob("sha256:1") == b"one"
            assert view.private("a", 1) == Private(b"salt", b"data")
            assert view.seals() == [seal(1)]

    def test_an_exception_leaves_nothing(self, store: Store) -> None:
        with pytest.raises(Boom), store.write() as unit:
            _write_everything(unit)
            raise Boom
        _assert_empty(store)

    def test_an_exception_after_reading_leaves_nothing(self, store: Store) -> None:
        """Reading may force a store to write what it had kept back; that must not escape the transaction."""
        with pytest.raises(Boom), store.write() as unit:
            _write_everything(unit)
            _read_everything(unit)
            raise Boom
        _assert_empty(store)

    def test_a_unit_reads_what_it_wrote(self, store: Store) -> None:
        with store.write() as unit:
            _write_everything(unit)
            assert keys(unit.entries("a")) == [("a", 1), ("a", 2)]
            assert keys(unit.journal()) == [("a", 1), ("a", 2)]
            assert keys(unit.sealed(1)) == [("a", 1)]
            assert keys(unit.unsealed()) == [("a", 2)]
            assert unit.private("a", 1) == Private(b"salt", b"data")
            assert unit.case("a") == row("a", 2)
            assert unit.cases() == [row("a", 2)]
            assert unit.dues("a") == [due("a", "r", T0)]
            assert unit.answer("k") == Answer("q", "a", 2, 1)
            assert unit.blobs("definition") == [("one", "sha256:1")]

    def test_writing_goes_on_after_reading(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])
            unit.put_case(row("a", 1))
            assert keys(unit.entries("a")) == [("a", 1)]
            unit.append([(entry("a", 2), None)])
            unit.put_case(row("a", 2))
        with store.read() as view:
            assert keys(view.entries("a")) == [("a", 1), ("a", 2)]
            assert view.case("a") == row("a", 2)

    def test_a_unit_is_over_when_it_is_left(self, store: Store) -> None:
        with store.write() as unit:
            pass
        with pytest.raises(StoreUnavailable):
            unit.append([(entry("a", 1), None)])

    def test_a_store_goes_on_after_an_error(self, store: Store) -> None:
        with pytest.raises(Boom), store.write():
            raise Boom
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])
        with store.read() as view:
            assert keys(view.journal()) == [("a", 1)]

    # entries ----------------------------------------------------------------------------------------------------------------------

    def test_entries_come_back_as_they_were(self, store: Store) -> None:
        given = entry("案件/2026-01", 1, "封存 ♥ \U0001f600 \n'\"")
        with store.write() as unit:
            unit.append([(given, None)])
        with store.read() as view:
            (found,) = view.entries("案件/2026-01")
        assert found == given
        assert found.raw == given.raw
        assert found.hash == given.hash

    def test_entries_are_ordered_by_number(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", n), None) for n in range(1, 12)])
        with store.read() as view:
            assert [e.n for e in view.entries("a")] == list(range(1, 12))

    def test_entries_after_a_number(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", n), None) for n in range(1, 6)])
        with store.read() as view:
            assert [e.n for e in view.entries("a", after=3)] == [4, 5]
            assert view.entries("a", after=5) == []

    def test_the_head_of_a_case_is_the_hash_of_its_last_entry(self, store: Store) -> None:
        first, second = entry("a", 1), entry("a", 2)
        with store.write() as unit:
            unit.append([(first, None)])
            assert unit.head("a") == first.hash
            unit.append([(second, None)])
            assert unit.head("a") == second.hash
        with store.read() as view:
            assert (view.head("a"), view.head("b")) == (second.hash, "")

    def test_entries_that_were_read_ahead_are_those_that_are_there(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry(case, n), None) for case in ("a", "b", 'c"') for n in (1, 2)])
        with store.write() as unit:
            unit.read_ahead([])
            unit.read_ahead(["a", 'c"', "nobody"])
            assert keys(unit.entries("b")) == [("b", 1), ("b", 2)]
            assert keys(unit.entries("a", after=1)) == [("a", 2)]
            assert keys(unit.entries("a")) == [("a", 1), ("a", 2)]
            unit.append([(entry('c"', 3), None)])
            assert keys(unit.entries('c"')) == [('c"', n) for n in (1, 2, 3)]
            assert list(unit.entries("nobody")) == []
            unit.read_ahead(["b"])
            unit.append([(entry("b", 3), None)])
            assert len(unit.entries("b")) == 3

    def test_an_unknown_case_has_no_entries(self, store: Store) -> None:
        with store.read() as view:
            assert list(view.entries("nowhere")) == []
            assert view.case("nowhere") is None

    def test_the_journal_is_ordered_by_case_and_number(self, store: Store) -> None:
        """Case ids by code point, whatever the locale; numbers as numbers."""
        cases = ["b", "a", "Z", "é", "案", "a-1", "\U0001f600", "\uffee"]
        with store.write() as unit:
            unit.append([(entry(case, n), None) for n in (10, 9, 1) for case in cases])
        with store.read() as view:
            assert keys(view.journal()) == sorted((case, n) for case in cases for n in (1, 9, 10))

    def test_a_long_journal_is_read_to_its_end(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry(f"{i:04}", 1), None) for i in range(1203)])
        with store.read() as view:
            assert [case for case, _ in keys(view.journal())] == [f"{i:04}" for i in range(1203)]

    # who was first ----------------------------------------------------------------------------------------------------------------

    def test_a_number_that_is_taken_is_stale(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", 1, "first"), None)])
        with pytest.raises(StaleVersion), store.write() as unit:
            unit.append([(entry("b", 1), None), (entry("a", 1, "second"), None)])
        with store.read() as view:
            assert list(view.journal()) == [entry("a", 1, "first")]

    def test_a_number_given_twice_in_one_unit_is_stale(self, store: Store) -> None:
        with pytest.raises(StaleVersion), store.write() as unit:
            unit.append([(entry("a", 1), None)])
            unit.append([(entry("a", 1), None)])
        _assert_empty(store)

    def test_a_swallowed_error_is_not_committed_by_halves(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])
        with pytest.raises(StaleVersion), store.write() as unit:
            unit.put_case(row("b"))
            try:
                unit.append([(entry("a", 1), None)])
                unit.entries("a")
            except StaleVersion:
                pass
        with store.read() as view:
            assert view.case("b") is None

    def test_of_two_threads_that_race_one_is_stale(self, store: Store) -> None:
        """Both have read version 1, and both want to write number 2."""
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])
        start = Barrier(2)

        def race(who: str) -> str:
            with store.read() as view:
                n = len(view.entries("a"))
            start.wait(timeout=10)
            try:
                with store.write() as unit:
                    unit.append([(entry("a", n + 1, who), None)])
            except StaleVersion:
                return "stale"
            return who

        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(race, ["x", "y"]))
        assert results.count("stale") == 1
        (winner,) = (who for who in results if who != "stale")
        with store.read() as view:
            assert list(view.entries("a")) == [entry("a", 1), entry("a", 2, winner)]

    def test_threads_share_a_store(self, store: Store) -> None:
        """Writers of different cases never make each other stale, and nothing is lost."""

        def work(case: str) -> None:
            for n in range(1, 11):
                with store.write() as unit:
                    assert len(unit.entries(case)) == n - 1
                    unit.append([(entry(case, n), None)])
                    unit.put_case(row(case, n))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, "abcd"))
        with store.read() as view:
            assert keys(view.journal()) == [(case, n) for case in "abcd" for n in range(1, 11)]
            assert [r.n for r in view.cases()] == [10] * 4

    def test_reading_while_somebody_writes(self, store: Store) -> None:
        """A reader neither waits for the writer nor sees what is not committed."""
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])

        def look() -> list[tuple[str, int]]:
            with store.read() as view:
                return keys(view.journal())

        with ThreadPoolExecutor(1) as pool:
            with store.write() as unit:
                unit.append([(entry("a", 2), None)])
                assert keys(unit.entries("a")) == [("a", 1), ("a", 2)]
                assert pool.submit(look).result(timeout=10) == [("a", 1)]
            assert pool.submit(look).result(timeout=10) == [("a", 1), ("a", 2)]

    def test_a_view_does_not_change_under_its_reader(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])

        def write() -> None:
            with store.write() as unit:
                unit.append([(entry("a", 2), None)])
                unit.put_case(row("a", 2))

        with ThreadPoolExecutor(1) as pool, store.read() as view:
            assert keys(view.journal()) == [("a", 1)]
            pool.submit(write).result(timeout=10)
            assert keys(view.journal()) == [("a", 1)]
            assert view.case("a") is None

    # what can be erased -----------------------------------------------------------------------------------------------------------

    def test_an_entry_without_a_private_part(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])
        with store.read() as view:
            assert view.private("a", 1) is None

    def test_erasing_takes_only_the_private_part(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", n), Private(b"\x00salt", f"姓名 {n}".encode())) for n in (1, 2)])
        with store.write() as unit:
            assert unit.erase("a", 1) is True
            assert unit.private("a", 1) is None
        with store.read() as view:
            assert view.private("a", 1) is None
            assert view.private("a", 2) == Private(b"\x00salt", "姓名 2".encode())
            assert list(view.entries("a")) == [entry("a", 1), entry("a", 2)]

    def test_erasing_takes_the_digest_of_the_request_that_wrote_it(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", n), Private(b"s", b"d")) for n in (1, 2, 3)])
            unit.append([(entry("b", 2), Private(b"s", b"d"))])
            for key, case, first, last in (("k1", "a", 1, 1), ("k2", "a", 2, 3), ("k3", "b", 2, 2), ("none", "a", 4, 3)):
                unit.remember(key, Answer("q", case, last, first))
        with store.write() as unit:
            unit.erase("a", 2)
        with store.read() as view:
            assert [view.answer(k) for k in ("k1", "k2", "k3", "none")] == [
                Answer("q", "a", 1, 1),
                Answer("", "a", 3, 2),
                Answer("q", "b", 2, 2),
                Answer("q", "a", 3, 4),
            ]

    def test_erasing_nothing(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])
            assert unit.erase("a", 1) is False
            assert unit.erase("nowhere", 1) is False

    def test_erasing_is_undone_with_its_unit(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", 1), Private(b"s", b"d"))])
        with pytest.raises(Boom), store.write() as unit:
            unit.erase("a", 1)
            raise Boom
        with store.read() as view:
            assert view.private("a", 1) == Private(b"s", b"d")

    # what an audit reads ----------------------------------------------------------------------------------------------------------

    def test_rows_are_shown_to_an_audit_as_they_lie_there(self, store: Store) -> None:
        first, other, last = entry("a", 1), entry("b", 1), entry("a", 2)
        with store.write() as unit:
            unit.append([(last, None), (other, Private(b"t", b"u")), (first, Private(b"s", b"d"))])
            unit.put_seal(seal(1), [("a", 1), ("b", 1)])
            unit.remember("k2", Answer("q", "a", 1, 1))
            unit.remember("k1", Answer("q", "a", 2, 2))
            inside = _audited(unit)
        with store.read() as view:
            assert _audited(view) == inside
        rows, parts, seals, answers = inside
        assert rows == [Stored(e.case, e.n, e.recorded, e.kind, e.raw, e.hash, s) for e, s in ((first, 1), (last, None), (other, 1))]
        assert parts == [("a", 1, Private(b"s", b"d")), ("b", 1, Private(b"t", b"u"))]
        assert seals == [StoredSeal(1, seal(1).raw, seal(1).hash)]
        assert answers == [("k1", Answer("q", "a", 2, 2)), ("k2", Answer("q", "a", 1, 1))]

    # derived rows -----------------------------------------------------------------------------------------------------------------

    def test_a_case_row_replaces_the_one_before(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_case(row("a", 1, next_at=T0))
            unit.put_case(row("b", 1))
        with store.write() as unit:
            unit.put_case(row("a", 2))
        with store.read() as view:
            assert view.cases() == [row("a", 2), row("b", 1)]

    def test_cases_by_procedure(self, store: Store) -> None:
        with store.write() as unit:
            for case, procedure in (("c", "p"), ("b", "q"), ("a", "p")):
                unit.put_case(row(case, procedure=procedure))
        with store.read() as view:
            assert [r.id for r in view.cases("p")] == ["a", "c"]
            assert [r.id for r in view.cases()] == ["a", "b", "c"]
            assert list(view.cases("other")) == []

    def test_waking_takes_the_earliest_and_no_more_than_asked(self, store: Store) -> None:
        tick = timedelta(microseconds=1)
        at = {"late": T0 + tick, "b": T0, "a": T0, "early": T0 - timedelta(days=400), "never": None}
        with store.write() as unit:
            for case, next_at in at.items():
                unit.put_case(row(case, next_at=next_at))
        with store.read() as view:
            assert [r.id for r in view.waking(T0, 10)] == ["early", "a", "b"]
            assert [r.id for r in view.waking(T0, 2)] == ["early", "a"]
            assert [r.id for r in view.waking(T0 + tick, 10)] == ["early", "a", "b", "late"]
            assert list(view.waking(T0 - timedelta(days=500), 10)) == []

    def test_a_case_that_was_put_off_wakes_later(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_case(row("a", 1, next_at=T0))
        with store.write() as unit:
            unit.put_case(row("a", 2, next_at=T0 + timedelta(days=1)))
            assert list(unit.waking(T0, 10)) == []
        with store.read() as view:
            assert list(view.waking(T0, 10)) == []

    def test_dues_are_ordered_and_those_without_a_date_come_last(self, store: Store) -> None:
        later = T0 + timedelta(hours=1)
        with store.write() as unit:
            unit.put_dues("b", [due("b", "1", T0), due("b", "0", None)])
            unit.put_dues("a", [due("a", "2", T0), due("a", "1", T0), due("a", "0", later), due("a", "9", None)])
        with store.read() as view:
            found = [(r.case, r.row) for r in view.dues()]
        assert found == [("a", "1"), ("a", "2"), ("b", "1"), ("a", "0"), ("a", "9"), ("b", "0")]

    def test_dues_until_an_instant_include_it(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_dues("a", [due("a", "now", T0), due("a", "later", T0 + timedelta(microseconds=1)), due("a", "open", None)])
            unit.put_dues("b", [due("b", "before", T0 - timedelta(days=1))])
        with store.read() as view:
            assert [r.row for r in view.dues(until=T0)] == ["before", "now"]
            assert [r.row for r in view.dues("a", until=T0)] == ["now"]
            assert [r.row for r in view.dues("a")] == ["now", "later", "open"]
            assert list(view.dues("nowhere")) == []

    def test_dues_that_are_closed_are_not_listed(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_dues("a", [due("a", "done", T0, is_open=False), due("a", "owed", T0)])
        with store.read() as view:
            assert [r.row for r in view.dues()] == ["owed"]
            assert [r.row for r in view.dues("a", until=T0)] == ["owed"]

    def test_dues_replace_those_before(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_dues("a", [due("a", "x", T0), due("a", "y", T0)])
            unit.put_dues("b", [due("b", "x", T0)])
        with store.write() as unit:
            unit.put_dues("a", [due("a", "x", T0 + timedelta(days=1), revision=2)])
        with store.read() as view:
            assert view.dues() == [due("b", "x", T0), due("a", "x", T0 + timedelta(days=1), revision=2)]
        with store.write() as unit:
            unit.put_dues("b", [])
        with store.read() as view:
            assert list(view.dues("b")) == []

    # answers, documents, facts ----------------------------------------------------------------------------------------------------

    def test_an_answer_is_given_again(self, store: Store) -> None:
        with store.write() as unit:
            unit.remember("键", Answer("q", "a", 3, 2))
            assert unit.answer("键") == Answer("q", "a", 3, 2)
        with store.read() as view:
            assert view.answer("键") == Answer("q", "a", 3, 2)
            assert view.answer("other") is None

    def test_a_key_is_used_once(self, store: Store) -> None:
        with store.write() as unit:
            unit.remember("k", Answer("q", "a", 1, 1))
        with pytest.raises(KeyReused), store.write() as unit:
            unit.remember("k", Answer("q", "b", 1, 1))
        with store.read() as view:
            assert view.answer("k") == Answer("q", "a", 1, 1)

    def test_blobs_are_kept_once_in_the_order_in_which_they_came(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_blob("definition", "z@1", "sha256:9", b"\x00z")
            unit.put_blob("calendar", "cn", "sha256:5", b"c")
            unit.put_blob("definition", "a@1", "sha256:1", b"a")
        with store.write() as unit:
            unit.put_blob("definition", "z@1", "sha256:9", b"\x00z")
        with store.read() as view:
            assert view.blobs("definition") == [("z@1", "sha256:9"), ("a@1", "sha256:1")]
            assert view.blobs("calendar") == [("cn", "sha256:5")]
            assert list(view.blobs("other")) == []
            assert view.blob("sha256:9") == b"\x00z"
            assert view.blob("sha256:0") is None

    def test_the_facts_of_the_store(self, store: Store) -> None:
        with store.read() as view:
            assert set(view.meta()) >= {"algorithm", "format"}

    # seals ------------------------------------------------------------------------------------------------------------------------

    def test_s10_3_a_seal_takes_what_is_not_sealed_and_later_entries_wait(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("b", 1), None), (entry("a", 1), None), (entry("a", 2), None)])
        with store.write() as unit:
            covered = keys(unit.unsealed())
            unit.put_seal(seal(1), covered)
        assert covered == [("a", 1), ("a", 2), ("b", 1)]
        with store.write() as unit:
            unit.append([(entry("a", 3), None)])
        with store.read() as view:
            assert keys(view.sealed(1)) == covered
            assert keys(view.unsealed()) == [("a", 3)]
            assert list(view.sealed(2)) == []

    def test_seals_come_oldest_first(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", n), None) for n in range(1, 13)])
            for number in range(1, 13):
                unit.put_seal(seal(number), [("a", number)])
        with store.read() as view:
            assert view.seals() == [seal(number) for number in range(1, 13)]
            assert keys(view.unsealed()) == []

    def test_a_seal_number_is_used_once(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", 1), None), (entry("a", 2), None)])
            unit.put_seal(seal(1), [("a", 1)])
        with pytest.raises(StaleVersion), store.write() as unit:
            unit.put_seal(seal(1), [("a", 2)])
        with store.read() as view:
            assert keys(view.unsealed()) == [("a", 2)]

    def test_an_entry_is_sealed_once(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])
            unit.put_seal(seal(1), [("a", 1)])
        for taken in ("a", "nowhere"):
            with pytest.raises(StaleVersion), store.write() as unit:
                unit.put_seal(seal(2), [(taken, 1)])
        with store.read() as view:
            assert view.seals() == [seal(1)]
            assert keys(view.sealed(1)) == [("a", 1)]

    # the bell ---------------------------------------------------------------------------------------------------------------------

    def test_a_bell_rings_for_what_is_committed(self, store: Store) -> None:
        with store.watch() as bell:
            assert bell.wait(0) is False
            for n in (1, 2):
                with store.write() as unit:
                    unit.append([(entry("a", n), None)])
            assert bell.wait(10) is True
            assert bell.wait(0) is False, "what has piled up rings once"

    def test_a_bell_rings_while_somebody_waits(self, store: Store) -> None:
        def write() -> None:
            with store.write() as unit:
                unit.append([(entry("a", 1), None)])

        with ThreadPoolExecutor(1) as pool, store.watch() as bell:
            done = pool.submit(write)
            assert bell.wait(10) is True
            done.result(timeout=10)

    def test_a_bell_does_not_ring_for_what_was_undone(self, store: Store) -> None:
        with store.watch() as bell:
            with pytest.raises(Boom), store.write() as unit:
                unit.append([(entry("a", 1), None)])
                raise Boom
            assert bell.wait(0) is False

    # closing ----------------------------------------------------------------------------------------------------------------------

    def test_closing_twice_does_nothing(self, store: Store) -> None:
        store.close()
        store.close()

    def test_a_closed_store_says_so(self, store: Store) -> None:
        store.close()
        with pytest.raises(StoreUnavailable), store.read():
            pass
        with pytest.raises(StoreUnavailable), store.write():
            pass

    def test_what_was_committed_is_there_after_reopening(self, tmp_path: Path) -> None:
        store = self.make(tmp_path)
        with store.write() as unit:
            _write_everything(unit)
        with store.read() as view:
            before = _read_everything(view)
        store.close()
        again = self.reopen(tmp_path)
        try:
            with again.read() as view:
                assert _read_everything(view) == before
        finally:
            again.close()


def _write_everything(unit: Unit) -> None:
    unit.append([(entry("a", 1), Private(b"salt", b"data")), (entry("a", 2), None)])
    unit.put_case(row("a", 2))
    unit.put_dues("a", [due("a", "r", T0)])
    unit.remember("k", Answer("q", "a", 2, 1))
    unit.put_blob("definition", "one", "sha256:1", b"one")
    unit.put_seal(seal(1), [("a", 1)])


def _read_everything(view: View) -> list[object]:
    return [
        list(view.journal()),
        list(view.entries("a")),
        view.private("a", 1),
        list(view.cases()),
        list(view.waking(T0, 10)),
        list(view.dues()),
        view.answer("k"),
        view.blob("sha256:1"),
        list(view.blobs("definition")),
        list(view.unsealed()),
        list(view.seals()),
        list(view.sealed(1)),
        dict(view.meta()),
    ]


def _audited(view: View) -> tuple[object, ...]:
    return list(view.stored()), list(view.parts()), list(view.stored_seals()), list(view.answers())


def _assert_empty(store: Store) -> None:
    with store.read() as view:
        *found, _ = _read_everything(view)
        assert all(not part for part in found)
