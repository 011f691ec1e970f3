"""The tables of a store.

``duban_entry`` is the journal: its rows are written once, and only their ``seal`` is ever set afterwards. ``duban_private`` holds what can
be erased. ``duban_case``, ``duban_due`` and ``duban_claim`` are derived: they can be made again from the journal. ``duban_outbox`` is what
is on its way; what ended there stands in the journal as well. Every name is prefixed, so that the tables can lie in the database of a host
program.

Instants are canonical text stamps (:func:`workflow.moment.stamp`), so the order of the text is the order of time, and text is compared by
code point on every database.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import ForeignKeyConstraint, Index, String, Table, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

Word: Any = String().with_variant(String(collation="C"), "postgresql")
"""Text ordered by code point: what SQLite does anyway, and what Python does."""

VERSION_TABLE = "duban_version"
"""Where Alembic keeps the revision of the schema."""


class Model(SQLModel, registry=registry()):
    """Base with its own metadata: a host's SQLModel tables stay out of ours, and ours out of theirs."""

    __table__: ClassVar[Table]


class SealTable(Model, table=True):
    __tablename__ = "duban_seal"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hash: str = Field(sa_type=Word)
    data: bytes


class EntryTable(Model, table=True):
    __tablename__ = "duban_entry"

    case: str = Field(primary_key=True, sa_type=Word)
    n: int = Field(primary_key=True)
    recorded: str = Field(sa_type=Word)
    kind: str = Field(sa_type=Word)
    data: bytes
    """The canonical bytes; every other column but ``seal`` repeats a part of them, for people who query the tables."""
    hash: str = Field(sa_type=Word)
    seal: int | None = Field(default=None, foreign_key="duban_seal.number", index=True)


class PrivateTable(Model, table=True):
    __tablename__ = "duban_private"
    # On SQLite a table with row ids only grows at its end: rows are never moved, and leave no copy behind that erasing would miss.
    __table_args__ = (ForeignKeyConstraint(["case", "n"], ["duban_entry.case", "duban_entry.n"]),)

    case: str = Field(primary_key=True, sa_type=Word)
    n: int = Field(primary_key=True)
    salt: bytes
    data: bytes


class CaseTable(Model, table=True):
    __tablename__ = "duban_case"
    # With the id: very many wake at one midnight, and are taken in the order of both.
    __table_args__ = (Index("ix_duban_case_wake", "next_at", "id"),)

    id: str = Field(primary_key=True, sa_type=Word)
    procedure: str = Field(sa_type=Word)
    version: str = Field(sa_type=Word)
    definition: str = Field(sa_type=Word)
    unit: str = Field(sa_type=Word)
    state: str = Field(sa_type=Word)
    """A JSON array of state names."""
    n: int
    head: str = Field(sa_type=Word)
    opened: str = Field(sa_type=Word)
    ended: bool
    listed: bool
    next_at: str | None = Field(default=None, sa_type=Word)


class DueTable(Model, table=True):
    __tablename__ = "duban_due"
    __table_args__ = (Index("ix_duban_due_due", "due"), {"sqlite_with_rowid": False})

    case: str = Field(primary_key=True, sa_type=Word)
    row: str = Field(primary_key=True, sa_type=Word)
    obligation: str = Field(sa_type=Word)
    revision: int
    due: str | None = Field(default=None, sa_type=Word)
    open: bool


class AnswerTable(Model, table=True):
    __tablename__ = "duban_answer"

    key: str = Field(primary_key=True, sa_type=Word)
    request: str = Field(sa_type=Word)
    case: str = Field(sa_type=Word)
    n: int
    first: int


class BlobTable(Model, table=True):
    __tablename__ = "duban_blob"

    position: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_type=Word, index=True)
    name: str = Field(sa_type=Word)
    digest: str = Field(sa_type=Word, unique=True)
    data: bytes


class ClaimTable(Model, table=True):
    __tablename__ = "duban_claim"
    __table_args__ = ({"sqlite_with_rowid": False},)

    case: str = Field(primary_key=True, sa_type=Word)
    row: str = Field(primary_key=True, sa_type=Word)
    revision: int = Field(primary_key=True)
    tier: str = Field(primary_key=True, sa_type=Word)
    n: int
    due: str = Field(sa_type=Word)
    said: str = Field(sa_type=Word)


class MessageTable(Model, table=True):
    __tablename__ = "duban_outbox"
    __table_args__ = (
        UniqueConstraint("case", "row", "revision", "tier", "recipient", "channel", name="uq_duban_outbox"),
        Index("ix_duban_outbox_take", "channel", "next_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case: str = Field(sa_type=Word)
    row: str = Field(sa_type=Word)
    revision: int
    tier: str = Field(sa_type=Word)
    recipient: str = Field(sa_type=Word)
    channel: str = Field(sa_type=Word)
    post: str = Field(sa_type=Word)
    n: int
    created: str = Field(sa_type=Word)
    urgent: bool
    state: str = Field(sa_type=Word)
    attempts: int
    next_at: str | None = Field(default=None, sa_type=Word)
    holder: str = Field(sa_type=Word)
    token: int
    doubtful: bool
    provider: str = Field(sa_type=Word)
    said: str = Field(sa_type=Word)
    instead_of: int


class ParkedTable(Model, table=True):
    __tablename__ = "duban_parked"

    case: str = Field(primary_key=True, sa_type=Word)
    tries: int
    since: str = Field(sa_type=Word)
    until: str = Field(sa_type=Word)
    code: str = Field(sa_type=Word)
    reason: str = Field(sa_type=Word)


class MarkTable(Model, table=True):
    __tablename__ = "duban_mark"

    name: str = Field(primary_key=True, sa_type=Word)
    value: str = Field(sa_type=Word)


class LeaseTable(Model, table=True):
    __tablename__ = "duban_lease"

    name: str = Field(primary_key=True, sa_type=Word)
    holder: str = Field(sa_type=Word)
    token: int
    until: str = Field(sa_type=Word)


class MetaTable(Model, table=True):
    __tablename__ = "duban_meta"

    key: str = Field(primary_key=True, sa_type=Word)
    value: str = Field(sa_type=Word)


metadata = Model.metadata
