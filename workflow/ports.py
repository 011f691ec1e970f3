"""What the engine needs from the world, as small protocols.

``adapters/`` satisfies them; a host program may bring its own. The contract of :class:`Store` is the test class
``adapters.store.contract.StoreContract``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workflow.journal.chain import Part
from workflow.journal.entry import Entry, Private, Stored
from workflow.journal.note import Key
from workflow.journal.seal import Seal, StoredSeal
from workflow.outbox import Watched, Watching


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, aware."""


class Entropy(Protocol):
    def token(self, size: int) -> bytes:
        """``size`` unpredictable bytes (salts, ids). Never part of a digest of outcomes."""


class Signer(Protocol):
    """Whoever signs checkpoints: a file with a key, a card, another machine."""

    @property
    def key(self) -> Key:
        """The public key with its name."""

    def sign(self, message: bytes) -> bytes:
        """The signature of these bytes: 64 bytes, Ed25519 of RFC 8032."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """The derived row of a case: a cache of its fold that can be made again from the journal."""

    id: str
    procedure: str
    version: str
    definition: str
    """Content hash of the definition that the case is pinned to."""
    unit: str
    state: tuple[str, ...]
    n: int
    """Number of the last entry: the version of the case."""
    head: str
    """Hash of the last entry."""
    opened: datetime
    """When the opening event happened."""
    ended: bool
    listed: bool
    """False when the case is void: counted nowhere, listed always."""
    next_at: datetime | None
    """The next instant at which a clock transition, due time or tier of this case falls; ``None`` when there is none."""


@dataclass(frozen=True, slots=True)
class DueRow:
    """The derived row of one obligation of a case, indexed by ``due``."""

    case: str
    row: str
    """Key of the obligation instance within the case, for example ``feedback/complainant#1``; it stays, whatever is entered later."""
    obligation: str
    revision: int
    due: datetime | None
    """``None``: without a number, or not started."""
    open: bool
    """Still owed and neither fulfilled, discharged nor waived."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command with an idempotency key was answered, to be given again."""

    request: str
    """Digest of the command; empty after the part of an entry that it wrote was erased, for a short text could be guessed from it."""
    case: str
    n: int
    """The case version after the command."""
    first: int
    """Number of the first entry that the command wrote; ``n + 1`` when it wrote none."""


class View(Watched, Protocol):
    """What can be read, consistently, inside one transaction."""

    def entries(self, case: str, after: int = 0) -> Sequence[Entry]:
        """Entries of one case with ``n > after`` in order of ``n``; empty for an unknown case."""

    def head(self, case: str) -> str:
        """Hash of the last entry of a case; empty for an unknown case."""

    def journal(self) -> Iterator[Entry]:
        """Every entry, ordered by (case id, number in case)."""

    def private(self, case: str, n: int) -> Private | None:
        """The erasable part of an entry; ``None`` when there was none or it was erased."""

    def case(self, case: str) -> CaseRow | None: ...

    def cases(self, procedure: str | None = None) -> Sequence[CaseRow]:
        """All cases, by id."""

    def waking(self, until: datetime, limit: int) -> Sequence[CaseRow]:
        """Cases whose ``next_at`` is at or before ``until``, earliest first, at most ``limit``."""

    def dues(self, case: str | None = None, until: datetime | None = None) -> Sequence[DueRow]:
        """Open rows ordered by (due, case, row), those without a due date last; of one case or all; due at or before ``until`` or all."""

    def answer(self, key: str) -> Answer | None: ...

    def blob(self, digest: str) -> bytes | None:
        """A content-addressed document (definition, calendar, organisation) by its digest."""

    def blobs(self, kind: str) -> Sequence[tuple[str, str]]:
        """(name, digest) of the documents of a kind, in the order in which they were put."""

    def unsealed(self) -> Iterator[Entry]:
        """Committed entries that no seal covers, ordered by (case id, number in case)."""

    def seals(self) -> Sequence[Seal]:
        """Every seal, oldest first."""

    def sealed(self, number: int) -> Iterator[Entry]:
        """The entries that seal ``number`` covers, ordered by (case id, number in case)."""

    # as it lies there, for an audit: nothing is read, nothing is refused

    def stored(self) -> Iterator[Stored]:
        """Every row of the journal, ordered by (case id, number in case), whatever it holds."""

    def parts(self) -> Iterator[Part]:
        """Every erasable part with the entry it belongs to, in the same order."""

    def stored_seals(self) -> Sequence[StoredSeal]:
        """Every seal, by number."""

    def answers(self) -> Iterator[tuple[str, Answer]]:
        """Every answer with its key, by key."""

    def meta(self) -> Mapping[str, str]:
        """Facts of the store that were fixed when it was made: ``algorithm``, ``format``."""


class Unit(View, Watching, Protocol):
    """One write transaction: everything below is committed together, or not at all.

    A unit may keep rows back and write them together, so the errors named below come from the call or, at the latest, on leaving the
    block. A unit that met one is not committed, even if it was caught.
    """

    def append(self, entries: Iterable[tuple[Entry, Private | None]]) -> None:
        """Add entries. Raises :class:`~workflow.errors.StaleVersion` when a (case, n) is taken: somebody else was first."""

    def put_case(self, row: CaseRow) -> None: ...

    def put_dues(self, case: str, rows: Sequence[DueRow]) -> None:
        """Replace the derived rows of a case."""

    def claim(self, until: datetime, limit: int) -> Sequence[CaseRow]:
        """As :meth:`waking`, to be swept in this transaction: without cases that are parked for longer than ``until``, and where the store
        can do that, locked and without those that another transaction has locked."""

    def read_ahead(self, cases: Sequence[str]) -> None:
        """Read the entries of these cases at once, for :meth:`entries` to have them at hand; of those of an earlier call no more."""

    def remember(self, key: str, answer: Answer) -> None:
        """Keep an answer. Raises :class:`~workflow.errors.KeyReused` when the key is taken."""

    def put_blob(self, kind: str, name: str, digest: str, data: bytes) -> None:
        """Keep a document; putting the same digest again does nothing."""

    def put_seal(self, seal: Seal, entries: Iterable[tuple[str, int]]) -> None:
        """Add a seal over the entries (case, n). Raises :class:`~workflow.errors.StaleVersion` when its number is taken, or an entry is
        sealed already or not there."""

    def erase(self, case: str, n: int) -> bool:
        """Destroy the erasable part of an entry for good, and the digest of the request that wrote it; ``False`` when there was none."""


class Bell(Protocol):
    """Rings when somebody, in this process or another, has committed. It belongs to the thread that entered it."""

    def wait(self, seconds: float) -> bool:
        """Wait until something is committed, at most ``seconds``. ``True``: something was committed since the last ring, or may have been
        while the store could not be reached; ``False``: the time is over. Commits that pile up ring once, and nothing is lost between two
        calls. Never raises because the store is away: whoever sweeps next is told so."""


class Store(Protocol):
    def read(self) -> AbstractContextManager[View]: ...

    def write(self) -> AbstractContextManager[Unit]:
        """A write transaction: commits on leaving, rolls back on an exception.

        Raises :class:`~workflow.errors.StoreBusy` or :class:`~workflow.errors.StoreUnavailable`.
        """

    def watch(self) -> AbstractContextManager[Bell]:
        """A bell that rings for what is committed from now on. Raises :class:`~workflow.errors.StoreUnavailable`."""

    def close(self) -> None:
        """Closing twice does nothing; using a closed store raises :class:`~workflow.errors.StoreUnavailable`."""
