"""The SQL of a store: written with SQLAlchemy Core, compiled once for a database, then run as text.

A command writes a handful of rows, and building a statement object costs more than running it. So each is compiled to text with
positional parameters when the store is opened, and goes straight to the driver, which keeps it prepared. No SQL is written by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from sqlalchemy import BindParameter, Dialect, Executable, Select, Table, bindparam, cast, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.compiler import SQLCompiler

from adapters.store.tables import AnswerTable, BlobTable, CaseTable, DueTable, EntryTable, MetaTable, PrivateTable, SealTable

ENTRY, PRIVATE, CASE, DUE = EntryTable.__table__, PrivateTable.__table__, CaseTable.__table__, DueTable.__table__
ANSWER, BLOB, SEAL, META = AnswerTable.__table__, BlobTable.__table__, SealTable.__table__, MetaTable.__table__


@dataclass(frozen=True, slots=True)
class Statements:
    """Each statement as text. Rows go in and come out in the order of the table's columns, unless the name of the field says otherwise."""

    add_entry: str
    """Without ``seal``."""
    has_entry: str
    """case, n → a row when there is one."""
    entries: str
    """case, after → (case, n, data, hash) by n."""
    entries_of: str
    """JSON array of cases → (case, n, data, hash) by (case, n)."""
    head: str
    """case, limit, offset → (hash,), last entry first."""
    journal: str
    stored: str
    """(case, n, recorded, kind, data, hash, seal) by (case, n)."""
    parts: str
    """(case, n, salt, data) by (case, n)."""
    unsealed: str
    sealed: str
    """number → (case, n, data, hash) by (case, n), as for the two above."""
    add_private: str
    private: str
    """case, n → (salt, data)."""
    erase: str
    """case, n."""
    blind: str
    """nothing, case, n, n: takes the digest out of the answers for an entry."""
    put_case: str
    case: str
    cases: str
    cases_of: str
    """procedure."""
    waking: str
    """until, limit, offset."""
    clear_dues: str
    """case."""
    add_due: str
    dues: str
    dues_of: str
    """case."""
    dues_until: str
    """until."""
    dues_of_until: str
    """case, until."""
    add_answer: str
    answer: str
    """key → without the key."""
    answers: str
    """With the key, by key."""
    add_blob: str
    """kind, name, digest, data; nothing when the digest is there."""
    blob: str
    blobs: str
    """kind → (name, digest)."""
    add_seal: str
    mark: str
    """number, case, n: puts an entry that is not sealed under a seal."""
    seals: str
    """(number, data, hash), oldest first."""
    meta: str
    add_meta: str


def _given(name: str) -> BindParameter[Any]:
    return bindparam(name)


class Compiler:
    """Makes text of statements for a dialect whose parameters are positional (``qmark``, ``format``)."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def text(self, statement: Executable, *order: str) -> str:
        """``order`` says in which order the parameters are given; it is checked against the text."""
        compiler = statement.compile(dialect=self.dialect)  # type: ignore[attr-defined]
        assert isinstance(compiler, SQLCompiler)
        assert not order or tuple(compiler.positiontup or ()) == order, (str(compiler), compiler.positiontup)
        return str(compiler)

    def members(self, name: str) -> Select[Any]:
        """The texts of a parameter that is a JSON array."""
        if self.dialect.name == "postgresql":
            return select(func.jsonb_array_elements_text(cast(_given(name), JSONB)).column_valued())
        return select(func.json_each(_given(name)).table_valued("value").c.value)

    def upserting(self, table: Table) -> Any:
        return import_module(f"sqlalchemy.dialects.{self.dialect.name}").insert(table)

    def adding(self, table: Table, *columns: str) -> str:
        names = columns or tuple(column.name for column in table.columns)
        return self.text(insert(table).values({name: bindparam(name) for name in names}), *names)

    def putting(self, table: Table) -> str:
        """Add a row, or replace the one with its primary key."""
        fresh = self.upserting(table).values({column.name: bindparam(column.name) for column in table.columns})
        keys = [c for c in table.columns if c.primary_key]
        changed = {c.name: fresh.excluded[c.name] for c in table.columns if not c.primary_key}
        return self.text(fresh.on_conflict_do_update(index_elements=keys, set_=changed), *(c.name for c in table.columns))


def compiled(dialect: Dialect) -> Statements:
    """The statements for a dialect whose parameters are positional (``qmark``, ``format``)."""
    compiler = Compiler(dialect)
    text, adding = compiler.text, compiler.adding
    e, p, c, d, a, b = ENTRY.c, PRIVATE.c, CASE.c, DUE.c, ANSWER.c, BLOB.c
    case, n, until, skip = (_given(name) for name in ("of", "at", "until", "skip"))
    entries: Select[Any] = select(e.case, e.n, e.data, e.hash).order_by(e.case, e.n)
    dues = select(*d).where(d.open).order_by(d.due.nulls_last(), d.case, d.row)
    blob = compiler.upserting(BLOB).values({name: bindparam(name) for name in ("kind", "name", "digest", "data")})
    return Statements(
        add_entry=adding(ENTRY, "case", "n", "recorded", "kind", "data", "hash"),
        has_entry=text(select(e.n).where(e.case == case, e.n == n), "of", "at"),
        entries=text(entries.where(e.case == case, e.n > n), "of", "at"),
        entries_of=text(entries.where(e.case.in_(compiler.members("of"))), "of"),
        head=text(select(e.hash).where(e.case == case).order_by(e.n.desc()).limit(n).offset(skip), "of", "at", "skip"),
        journal=text(entries),
        stored=text(select(e.case, e.n, e.recorded, e.kind, e.data, e.hash, e.seal).order_by(e.case, e.n)),
        parts=text(select(p.case, p.n, p.salt, p.data).order_by(p.case, p.n)),
        unsealed=text(entries.where(e.seal.is_(None))),
        sealed=text(entries.where(e.seal == n), "at"),
        add_private=adding(PRIVATE),
        private=text(select(p.salt, p.data).where(p.case == case, p.n == n), "of", "at"),
        erase=text(delete(PRIVATE).where(p.case == case, p.n == n), "of", "at"),
        blind=text(
            update(ANSWER).values(request=bindparam("request")).where(a.case == case, a.first <= n, a.n >= until),
            "request",
            "of",
            "at",
            "until",
        ),
        put_case=compiler.putting(CASE),
        case=text(select(*c).where(c.id == case), "of"),
        cases=text(select(*c).order_by(c.id)),
        cases_of=text(select(*c).where(c.procedure == case).order_by(c.id), "of"),
        waking=text(select(*c).where(c.next_at <= until).order_by(c.next_at, c.id).limit(n).offset(skip), "until", "at", "skip"),
        clear_dues=text(delete(DUE).where(d.case == case), "of"),
        add_due=adding(DUE),
        dues=text(dues),
        dues_of=text(dues.where(d.case == case), "of"),
        dues_until=text(dues.where(d.due <= until), "until"),
        dues_of_until=text(dues.where(d.case == case, d.due <= until), "of", "until"),
        add_answer=adding(ANSWER),
        answer=text(select(a.request, a.case, a.n, a.first).where(a.key == case), "of"),
        answers=text(select(a.key, a.request, a.case, a.n, a.first).order_by(a.key)),
        add_blob=text(blob.on_conflict_do_nothing(index_elements=[b.digest]), "kind", "name", "digest", "data"),
        blob=text(select(b.data).where(b.digest == case), "of"),
        blobs=text(select(b.name, b.digest).where(b.kind == case).order_by(b.position), "of"),
        add_seal=adding(SEAL),
        mark=text(update(ENTRY).values(seal=bindparam("number")).where(e.case == case, e.n == n, e.seal.is_(None)), "number", "of", "at"),
        seals=text(select(SEAL.c.number, SEAL.c.data, SEAL.c.hash).order_by(SEAL.c.number)),
        meta=text(select(META.c.key, META.c.value).order_by(META.c.key)),
        add_meta=adding(META),
    )
