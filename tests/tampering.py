"""``python -m tests.tampering``: tamper with journals in real databases, and say what the audit finds; write it to ``docs/reliability.md``.

Each attempt takes a journal as it was, changes the rows of the database as an editor without care or an insider would, and audits the
store as ``duban audit verify`` does: once with a checkpoint that was kept outside, once without. The insider makes every hash anew from
there on, the seals, the rows of the cases and the remembered answers; he cannot reach the checkpoint.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine as Database
from sqlalchemy import create_engine, delete, insert, update

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store import tables
from adapters.store.memory import MemoryStore
from adapters.store.sql import SqlStore
from tests import postgres
from tests.play import PROBE, at
from tests.tamper import Copy, entry_hash
from workflow import command as c
from workflow.audit import audit_store
from workflow.engine import Engine
from workflow.journal.canonical import canonical
from workflow.journal.checkpoint import make_note
from workflow.journal.entry import Private, Stored, genesis
from workflow.journal.note import Note
from workflow.organisation import Actor
from workflow.ports import Store
from workflow.procedure.load import load

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"
HEADING = "## Tampered with, and what was found"
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
LEAST, CLEAN = 100, 1000
"""Attempts of each kind, and clean journals, below which nothing is written."""

_INTRO = """Journals of two to four cases lie in a real database. Each attempt changes the rows of one as somebody with every right on the
database does, and audits the store as `duban audit verify` does, without a checkpoint and with a note that was made before. The editor
changes what he sees and knows of no chain, or of the hash of one entry only. The insider hashes everything anew: entries, chains, seals,
the rows of the cases, the remembered answers; he does not have the checkpoint. *Named*: the first finding is the entry at which the chain
breaks. For the insider no entry can be named from a root; the finding names the seal."""
_LIMITS = """Without one it has
nothing to hold against a rewrite that fits together; where it found one all the same, something derived from the entries was left as it
was. Not protected even with a checkpoint: entries that no seal covered when it was made, and what was false when it was entered."""

Place = tuple[str, int]
Chain = list[tuple[Stored, Private | None]]


# the journal that is attacked


def play(store: Store, chance: random.Random) -> Engine:
    """Some cases with notes, sealed now and then; the last seal covers everything."""
    clock = FixedClock(at("09-24 10:00"))
    engine = Engine(store, clock, SystemEntropy(), shipped("cn"), "test")
    engine.add(load(PROBE.read_bytes(), "probe.yaml"))
    said = c.Said(actor=Actor("desk"))
    cases = [f"C{i}" for i in range(chance.randint(2, 4))]
    for case in cases:
        engine.open_case("probe", c.Open(said=said, what="事", where="地", told_by="人"), case=case, key=case)
    for step in range(chance.randint(8, 14)):
        clock.set(clock.now() + timedelta(minutes=chance.randint(1, 9)))
        for case in cases if step < 3 else [chance.choice(cases)]:
            engine.do(case, c.Note(said=said, text=f"第 {step} 步"), key=f"{case}.{step}")
        if chance.random() < 0.3:
            engine.seal()
    engine.seal()
    return engine


# attacks: each changes a copy and returns where it departs from what was there


@dataclass
class Attack:
    """One attempt on a copy; ``insider``: every hash is made anew."""

    copy: Copy
    chance: random.Random
    insider: bool

    def chain(self, case: str) -> Chain:
        return [(row, self.copy.hidden.get((case, row.n))) for row in self.copy.of_case(case)]

    def pick(self, *, last: bool = True) -> Stored:
        """An entry after the opening one; of the last in its case only where ``last``."""
        ends = {row.case: row.n for row in self.copy.stored()}
        return self.chance.choice([r for r in self.copy.stored() if r.n > 1 and (last or r.n < ends[r.case])])

    def rebuild(self, case: str, chain: Chain) -> None:
        """Put these entries in place of those of a case, numbered, linked and hashed anew; its row and what is remembered fit them."""
        copy = self.copy
        copy.rows = [r for r in copy.rows if r.case != case]
        copy.hidden = {place: part for place, part in copy.hidden.items() if place[0] != case}
        prev = genesis(case, copy.facts["algorithm"])
        for n, (row, part) in enumerate(chain, 1):
            data = canonical({**json.loads(row.data), "case": case, "n": n, "prev": prev})
            prev = entry_hash(data, copy.facts["algorithm"])
            copy.rows.append(replace(row, case=case, n=n, data=data, hash=prev))
            if part is not None:
                copy.hidden[case, n] = part
        copy.case_rows[case] = replace(copy.case_rows[case], n=len(chain), head=prev)
        copy.kept = {key: answer for key, answer in copy.kept.items() if answer.case != case}
        copy.reseal()

    def forged(self, row: Stored) -> Stored:
        body = json.loads(row.data)
        body["body"]["actor"] = {"role": "desk", "person": "别人"}
        return replace(row, data=canonical(body))

    def edit(self) -> set[Place]:
        row = self.pick()
        if self.insider:
            self.rebuild(row.case, [(self.forged(r) if r.n == row.n else r, part) for r, part in self.chain(row.case)])
            return {(row.case, row.n)}
        forged = self.forged(row)
        if self.chance.random() < 0.5:
            self.copy.put(row, data=forged.data)
            return {(row.case, row.n)}
        self.copy.put(row, data=forged.data, hash=entry_hash(forged.data, "sha256"))  # he knows of the hash of an entry, and of no chain
        return {(row.case, row.n + 1), (row.case, row.n)}

    def delete(self) -> set[Place]:
        row = self.pick(last=False)
        if self.insider:
            self.rebuild(row.case, [(r, part) for r, part in self.chain(row.case) if r.n != row.n])
            return {(row.case, row.n)}
        self.copy.rows.remove(row)
        self.copy.hidden.pop((row.case, row.n), None)
        return {(row.case, row.n)}

    def insert(self) -> set[Place]:
        row = self.pick()
        chain = self.chain(row.case)
        if self.insider:
            body = {**json.loads(self.forged(row).data), "private": None}
            self.rebuild(row.case, [*chain[: row.n], (replace(row, data=canonical(body)), None), *chain[row.n :]])
            return {(row.case, row.n + 1)}
        end = chain[-1][0]
        data = canonical({**json.loads(self.forged(end).data), "n": end.n + 1, "prev": end.hash, "private": None})
        self.copy.rows.append(replace(end, n=end.n + 1, data=data, hash=entry_hash(data, "sha256")))
        return {(row.case, end.n + 1)}

    def swap(self) -> set[Place]:
        row = self.pick(last=False)
        chain = self.chain(row.case)
        other = self.chance.choice([r for r, _ in chain if r.n > row.n])
        if self.insider:
            i, j = row.n - 1, other.n - 1
            chain[i], chain[j] = chain[j], chain[i]
            self.rebuild(row.case, chain)
            return {(row.case, row.n)}
        self.copy.put(row, data=other.data, hash=other.hash)
        self.copy.put(other, data=row.data, hash=row.hash)
        return {(row.case, row.n)}

    def move(self) -> set[Place]:
        row = self.pick(last=False)
        there = self.chance.choice([x for x in self.copy.case_rows if x != row.case])
        mine, theirs = self.chain(row.case), self.chain(there)
        part = self.copy.hidden.get((row.case, row.n))
        if self.insider:
            self.rebuild(row.case, [x for x in mine if x[0].n != row.n])
            self.rebuild(there, [*theirs, (row, part)])
            return {(row.case, row.n)}
        place = (there, len(theirs) + 1)
        self.copy.put(row, case=place[0], n=place[1])
        if part is not None:
            self.copy.hidden[place] = self.copy.hidden.pop((row.case, row.n))
        return {min((row.case, row.n), place)}

    def truncate(self) -> set[Place]:
        row = self.pick()
        if self.insider:
            self.rebuild(row.case, [(r, part) for r, part in self.chain(row.case) if r.n < row.n])
            return {(row.case, row.n)}
        for gone in [r for r in self.copy.of_case(row.case) if r.n >= row.n]:
            self.copy.rows.remove(gone)
            self.copy.hidden.pop((gone.case, gone.n), None)
        return {(row.case, row.n)}


ATTACKS: dict[str, Callable[[Attack], set[Place]]] = {
    "edit": Attack.edit,
    "delete": Attack.delete,
    "insert": Attack.insert,
    "swap": Attack.swap,
    "move": Attack.move,
    "truncate": Attack.truncate,
}


# in a database


def put(database: Database, copy: Copy) -> None:
    """Make the rows of a database those of a copy, as somebody with every right on it does."""
    entry, private, seal, case, answer = (
        getattr(tables, name).__table__ for name in ("EntryTable", "PrivateTable", "SealTable", "CaseTable", "AnswerTable")
    )
    with database.begin() as connection:
        for table in (private, entry, seal, answer):
            connection.execute(delete(table))
        connection.execute(insert(seal), [{"number": s.number, "hash": s.hash, "data": s.data} for s in copy.sealed_by])
        rows = [{name: getattr(r, name) for name in ("case", "n", "recorded", "kind", "data", "hash", "seal")} for r in copy.rows]
        connection.execute(insert(entry), rows)
        parts = [{"case": place[0], "n": place[1], "salt": p.salt, "data": p.data} for place, p in copy.hidden.items()]
        connection.execute(insert(private), parts)
        for row in copy.case_rows.values():
            connection.execute(update(case).where(case.c.id == row.id).values(n=row.n, head=row.head))
        kept = [{"key": k, "request": a.request, "case": a.case, "n": a.n, "first": a.first} for k, a in copy.kept.items()]
        if kept:
            connection.execute(insert(answer), kept)


@dataclass
class Tally:
    """What became of the attempts of one kind in one database."""

    attempts: int = 0
    found: Counter[bool] = field(default_factory=Counter)
    """With a checkpoint (``True``) and without."""
    named: Counter[bool] = field(default_factory=Counter)
    """Of these, where the first finding is the first bad entry."""
    codes: Counter[str] = field(default_factory=Counter)
    """Of what was found only with a checkpoint, the code that came first."""


Key = tuple[str, bool, str]
"""Database, insider, attack."""


def attempt(store: Store, database: Database, pristine: Copy, note: Note, key: Key, chance: random.Random, tally: Tally) -> None:
    """One attempt; the rows stay changed."""
    copy = deepcopy(pristine)
    expected = ATTACKS[key[2]](Attack(copy, chance, key[1]))
    put(database, copy)
    tally.attempts += 1
    for held in (False, True):
        with store.read() as view:
            findings = audit_store(view, note if held else None).findings
        if findings:
            tally.found[held] += 1
            tally.named[held] += (findings[0].case, findings[0].n) in expected
            if held and key[1]:
                tally.codes[findings[0].code] += 1


def campaign(name: str, fresh: Callable[[], str], attempts: int, seed: int, tallies: dict[Key, Tally], journals: int = 10) -> None:
    """Every attack by both on ``journals`` journals in turn, in a new database for each; honest ones have no finding before and after."""
    chance = random.Random(f"{seed} {name}")
    journals = min(journals, attempts)
    for number in range(journals):
        url = fresh()
        store = SqlStore.open(url)
        play(store, chance)
        database = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        pristine = Copy.of(store)
        note = note_of(store)
        share = attempts // journals + (number < attempts % journals)
        for insider in (False, True):
            for attack in ATTACKS:
                key = (name, insider, attack)
                for _ in range(share):
                    attempt(store, database, pristine, note, key, chance, tallies.setdefault(key, Tally()))
        put(database, pristine)
        with store.read() as view:
            assert audit_store(view, note).findings == (), "it was put back as it was"
        database.dispose()
        store.close()


def note_of(store: Store) -> Note:
    with store.read() as view:
        return make_note("campaign", view.meta()["algorithm"], view.stored_seals(), view.stored())


def alarms(count: int, seed: int) -> int:
    """False alarms on clean journals, each of another shape, with a checkpoint made half-way or at the end."""
    found = 0
    for number in range(count):
        chance = random.Random(f"{seed} clean {number}")
        with play(MemoryStore(), chance) as engine:
            note = note_of(engine.store)
            if chance.random() < 0.5:
                engine.do("C0", c.Note(said=c.Said(actor=Actor("desk")), text="之后"))
            if chance.random() < 0.5:
                engine.seal()
            with engine.store.read() as view:
                found += bool(audit_store(view, note).findings)
    return found


@contextmanager
def databases(names: list[str]) -> Iterator[dict[str, Callable[[], str]]]:
    """By name, what gives the address of a new database."""
    with tempfile.TemporaryDirectory(prefix="duban-tamper-") as folder:
        count = itertools.count()
        postgres.imported()
        server = postgres.Server.make() if POSTGRESQL in names else None
        try:
            found: dict[str, Callable[[], str]] = {}
            if SQLITE in names:
                found[SQLITE] = lambda: f"sqlite:///{folder}/{next(count)}.db"
            if server is not None:
                found[POSTGRESQL] = server.fresh
            yield found
        finally:
            if server is not None:
                server.remove()


# the page


def section(tallies: dict[Key, Tally], clean: int, false: int, seconds: float) -> str:
    """The part of ``docs/reliability.md`` that this campaign writes."""
    attempts = sum(t.attempts for t in tallies.values())
    lines = [
        HEADING,
        "",
        "Generated by `python -m tests.tampering --write`; no figure here was typed.",
        "",
        _INTRO,
        "",
        f"**{attempts:,} attempts. {clean:,} clean journals with a checkpoint: {false} false alarms.**",
        "",
        "| database | by | attempt | tried | found without | named | found with a checkpoint | named |",
        "|---|---|---|---:|---:|---:|---:|---:|",
    ]
    for (name, insider, attack), t in tallies.items():
        who = "insider" if insider else "editor"
        named = "seal" if insider else str(t.named[True])
        first = "–" if insider else str(t.named[False])
        lines.append(f"| {name} | {who} | {attack} | {t.attempts} | {t.found[False]} | {first} | {t.found[True]} | {named} |")
    codes = sum((t.codes for t in tallies.values()), Counter[str]())
    told = ", ".join(f"{count:,} × `{code}`" for code, count in sorted(codes.items()))
    lines += [
        "",
        f"What the audit said first of the insider when it had the checkpoint: {told}. {_LIMITS}",
        "",
        f"All of it took {seconds / 60:.1f} minutes.",
        "",
    ]
    return "\n".join(lines)


def kept() -> str:
    """The section as it stands in the page, to follow the rest of it; empty where there is none."""
    _, heading, below = PAGE.read_text(encoding="utf-8").partition(f"\n{HEADING}\n")
    return heading + below


def put_section(text: str) -> None:
    """Put the section at the end of the page, in place of the one that is there."""
    above = PAGE.read_text(encoding="utf-8").partition(f"\n{HEADING}\n")[0].rstrip("\n")
    PAGE.write_text(f"{above}\n\n{text}", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 1 when something was not found that a checkpoint must show, or there was a false alarm."""
    parser = argparse.ArgumentParser(prog="python -m tests.tampering", description="Tamper with journals, and say what is found.")
    parser.add_argument("--attempts", type=int, default=LEAST, help="of each kind (default 100)")
    parser.add_argument("--clean", type=int, default=CLEAN, help="journals that nobody touched (default 1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--write", action="store_true", help=f"write the section of {PAGE.name} (at least {LEAST} attempts, {CLEAN} journals)"
    )
    options = parser.parse_args(arguments)
    if options.write and (options.attempts < LEAST or options.clean < CLEAN):
        parser.error(f"--write takes at least {LEAST} attempts of each kind and {CLEAN} clean journals")
    start = time.monotonic()
    tallies: dict[Key, Tally] = {}
    with databases([SQLITE, POSTGRESQL]) as found:
        for name, fresh in found.items():
            campaign(name, fresh, options.attempts, options.seed, tallies)
            print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
    false = alarms(options.clean, options.seed)
    text = section(tallies, options.clean, false, time.monotonic() - start)
    print(text)
    missed = [key for key, t in tallies.items() if t.found[True] < t.attempts or (not key[1] and t.named[True] < t.attempts)]
    print(f"not found, or not named: {missed}" if missed else "with a checkpoint everything was found", file=sys.stderr)
    if options.write:
        put_section(text)
    return int(bool(missed) or bool(false))


if __name__ == "__main__":
    sys.exit(main())
