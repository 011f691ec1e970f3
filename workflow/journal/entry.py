"""One entry of the journal: its exact bytes, and the link to the entry before it in the same case.

``docs/reference/journal.md`` specifies the bytes, so that another program can verify them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from workflow.errors import IntegrityError
from workflow.journal.canonical import Json, canonical, digest, parse_canonical, parse_known
from workflow.text import Text

FORMAT = 1
_FIELDS = ("algorithm", "body", "case", "format", "kind", "n", "prev", "private", "recorded")


@dataclass(frozen=True, slots=True)
class Private:
    """The erasable part of an entry: salted, hashed into the entry, stored apart so that it can be destroyed (promise 11)."""

    salt: bytes
    data: bytes

    def digest(self, algorithm: str) -> str:
        return digest(b"duban-private-1\n" + len(self.salt).to_bytes(2, "big") + self.salt + self.data, algorithm)

    def content(self) -> Mapping[str, Json]:
        return cast(Mapping[str, Json], parse_canonical(self.data))


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of the journal as it lies in a store or a file, not read yet: an audit must name what cannot be read, and go on."""

    case: str
    n: int
    recorded: str
    kind: str
    data: bytes
    hash: str
    seal: int | None


class Entry(NamedTuple):
    """``n`` counts from 1 in its case; ``prev`` is the hash of entry ``n - 1``, or the genesis of the case."""

    case: str
    n: int
    kind: str
    recorded: str
    body: Mapping[str, Json]
    private: str | None
    prev: str
    hash: str
    raw: bytes

    @property
    def algorithm(self) -> str:
        """That of its hash."""
        return self.hash.partition(":")[0]

    @classmethod
    def parse(cls, data: bytes, hash: str) -> Entry:
        """The entry that stored bytes hold; ``hash`` is the stored one and is not checked here (:mod:`workflow.journal.chain` does).

        Raises :class:`~workflow.errors.IntegrityError` for bytes that no entry has.
        """
        return cls._of(parse_canonical(data), data, hash)

    @classmethod
    def kept(cls, data: bytes, hash: str) -> Entry:
        """The same, in less time where the stored hash is that of the bytes: for whoever works with a journal and does not audit it."""
        return cls._of(parse_known(data, hash), data, hash)

    @classmethod
    def _of(cls, value: Json, data: bytes, hash: str) -> Entry:
        if not isinstance(value, dict) or tuple(value) != _FIELDS or not _typed(value) or value["format"] != FORMAT:
            raise IntegrityError(Text("不是日志条目", "these bytes are no journal entry"))
        found: dict[str, Any] = value
        return cls(found["case"], found["n"], found["kind"], found["recorded"], found["body"], found["private"], found["prev"], hash, data)


def _typed(value: dict[str, Any]) -> bool:
    if type(value["n"]) is not int or value["n"] <= 0 or type(value["format"]) is not int or type(value["body"]) is not dict:
        return False
    if not (
        type(value["case"]) is type(value["kind"]) is type(value["recorded"]) is type(value["prev"]) is type(value["algorithm"]) is str
    ):
        return False
    return value["private"] is None or type(value["private"]) is str


def genesis(case: str, algorithm: str) -> str:
    """What the first entry of a case links to."""
    return digest(b"duban-genesis-1\n" + canonical(case), algorithm)


def link(
    n: int,
    prev: str | None,
    *,
    case: str,
    kind: str,
    recorded: str,
    body: Mapping[str, Json],
    private: Mapping[str, Json] | None = None,
    salt: bytes = b"",
    algorithm: str = "sha256",
) -> tuple[Entry, Private | None]:
    """Entry ``n`` of a case after the entry whose hash is ``prev`` (``None`` for the first), and its erasable part."""
    hidden = Private(salt, canonical(private)) if private else None
    sealed = hidden.digest(algorithm) if hidden else None
    before = prev if prev is not None else genesis(case, algorithm)
    data = canonical(
        {
            "algorithm": algorithm,
            "body": body,
            "case": case,
            "format": FORMAT,
            "kind": kind,
            "n": n,
            "prev": before,
            "private": sealed,
            "recorded": recorded,
        }
    )
    return Entry(case, n, kind, recorded, body, sealed, before, digest(data, algorithm), data), hidden
