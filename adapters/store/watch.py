"""What the daemon keeps in a SQL database beside the journal: claims, the outbox, parked cases, marks, leases.

The rows are those of :mod:`workflow.outbox`. Here statements run at once: a sweep writes them with everything else in one transaction, and
what is leased must be seen by the next reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Dialect, and_, bindparam, case, delete, func, or_, select, update

from adapters.store.statements import CASE, DUE, ENTRY, Compiler
from adapters.store.tables import ClaimTable, LeaseTable, MarkTable, MessageTable, ParkedTable
from workflow.errors import DubanError
from workflow.moment import stamp
from workflow.outbox import Claim, Figures, Lease, Message, Parked, State

CLAIM, OUTBOX, PARKED = ClaimTable.__table__, MessageTable.__table__, ParkedTable.__table__
MARK, LEASE = MarkTable.__table__, LeaseTable.__table__
_ADDED = tuple(c.name for c in OUTBOX.columns if c.name != "id")


@dataclass(frozen=True, slots=True)
class WatchStatements:
    """Each statement as text, with its parameters in the order that is said."""

    claim_cases: str
    """until, until, limit, offset → rows of cases that wake, without those that are parked for longer; where the database can, locked,
    and without those that others lock."""
    next_waking: str
    """limit, offset: the first of them; not ``min``, which would look at all."""
    next_parked: str
    add_claim: str
    claims: str
    """case."""
    said_after: str
    """instant."""
    hasten: str
    """now, until, nought, now."""
    add_message: str
    """Without the id."""
    messages: str
    """limit, offset."""
    messages_in: str
    """state, limit, offset."""
    messages_of: str
    """case, limit, offset."""
    counts: str
    next_message: str
    """channel."""
    takeable: str
    """channel, now, limit, offset → messages, oldest first; locked."""
    lease_message: str
    """state, attempts, next_at, holder, token, doubtful, id."""
    doubt: str
    """true: every message that is neither sent nor dead."""
    settle: str
    """state, attempts, next_at, doubtful, provider, said, id, token, state before."""
    revive: str
    """state, attempts, next_at, id, state before."""
    park: str
    unpark: str
    parked: str
    put_mark: str
    mark: str
    figures: str
    """now → entries, open rows, those due before now, the oldest of them, the oldest message that waits."""
    put_lease: str
    """name, holder, token, until, now, 1, now: changes nothing while somebody else has it."""
    lease: str
    drop_lease: str
    """until, name, holder."""


def _given(name: str) -> BindParameter[Any]:
    return bindparam(name)


def watch_statements(dialect: Dialect) -> WatchStatements:
    compiler = Compiler(dialect)
    text = compiler.text
    c, m, p, x = CASE.c, OUTBOX.c, PARKED.c, CLAIM.c
    until, again, limit, skip, now = (_given(name) for name in ("until", "again", "limit", "skip", "now"))
    put_off = select(p.case).where(p.case == c.id, p.until > again).exists()
    ordered = select(*m).order_by(m.id).limit(limit).offset(skip)
    late = select(func.count().label("count"), func.min(DUE.c.due).label("oldest")).where(DUE.c.open, DUE.c.due < now)
    overdue = late.subquery()
    e = LEASE.c
    fresh = compiler.upserting(LEASE).values({column.name: bindparam(column.name) for column in e})
    kept = and_(e.holder == fresh.excluded.holder, e.until > now)
    leased = ("attempts", "next_at", "holder", "token", "doubtful")
    settled = ("state", "attempts", "next_at", "doubtful", "provider", "said")
    return WatchStatements(
        claim_cases=text(
            select(*c)
            .where(c.next_at <= until, ~put_off)
            .order_by(c.next_at, c.id)
            .limit(limit)
            .offset(skip)
            .with_for_update(skip_locked=True, of=CASE),
            *("until", "again", "limit", "skip"),
        ),
        next_waking=text(
            select(c.next_at)
            .where(c.next_at.is_not(None), ~select(p.case).where(p.case == c.id, p.until > c.next_at).exists())
            .order_by(c.next_at)
            .limit(limit)
            .offset(skip),
            *("limit", "skip"),
        ),
        next_parked=text(select(func.min(p.until)).where(select(c.id).where(c.id == p.case, c.next_at <= p.until).exists())),
        add_claim=compiler.adding(CLAIM),
        claims=text(select(*x).where(x.case == bindparam("of")).order_by(x.row, x.revision, x.tier), "of"),
        said_after=text(select(x.case).where(x.said > now).distinct().order_by(x.case), "now"),
        hasten=text(
            update(OUTBOX)
            .values(next_at=bindparam("at"))
            .where(m.next_at > until, or_(m.attempts > bindparam("nought"), m.urgent, m.created > now)),
            *("at", "until", "nought", "now"),
        ),
        add_message=compiler.adding(OUTBOX, *_ADDED),
        messages=text(ordered, "limit", "skip"),
        messages_in=text(ordered.where(m.state == bindparam("state")), "state", "limit", "skip"),
        messages_of=text(ordered.where(m.case == bindparam("of")), "of", "limit", "skip"),
        counts=text(select(m.channel, m.state, func.count()).group_by(m.channel, m.state).order_by(m.channel, m.state)),
        next_message=text(select(func.min(m.next_at)).where(m.channel == bindparam("channel"), m.next_at.is_not(None)), "channel"),
        takeable=text(
            select(*m)
            .where(m.channel == bindparam("channel"), m.next_at <= now)
            .order_by(m.next_at, m.id)
            .limit(limit)
            .offset(skip)
            .with_for_update(skip_locked=True),
            *("channel", "now", "limit", "skip"),
        ),
        lease_message=text(
            update(OUTBOX).values({name: bindparam(name) for name in ("state", *leased)}).where(m.id == bindparam("of")),
            *("state", *leased, "of"),
        ),
        doubt=text(update(OUTBOX).values(doubtful=bindparam("doubtful")).where(m.next_at.is_not(None)), "doubtful"),
        settle=text(
            update(OUTBOX)
            .values({name: bindparam(name) for name in settled})
            .where(m.id == bindparam("of"), m.token == bindparam("held"), m.state == bindparam("was")),
            *settled,
            *("of", "held", "was"),
        ),
        revive=text(
            update(OUTBOX)
            .values({name: bindparam(name) for name in ("state", "attempts", "next_at")})
            .where(m.id == bindparam("of"), m.state == bindparam("was")),
            *("state", "attempts", "next_at", "of", "was"),
        ),
        park=compiler.putting(PARKED),
        unpark=text(delete(PARKED).where(p.case == bindparam("of")), "of"),
        parked=text(select(*p).order_by(p.case)),
        put_mark=compiler.putting(MARK),
        mark=text(select(MARK.c.value).where(MARK.c.name == bindparam("of")), "of"),
        figures=text(
            select(
                select(func.count()).select_from(ENTRY).scalar_subquery(),
                select(func.count()).where(DUE.c.open).scalar_subquery(),
                overdue.c.count,
                overdue.c.oldest,
                select(func.min(m.created)).where(m.next_at.is_not(None)).scalar_subquery(),
            ),
            "now",
        ),
        put_lease=text(
            fresh.on_conflict_do_update(
                index_elements=[e.name],
                set_={
                    "holder": fresh.excluded.holder,
                    "token": case((kept, e.token), else_=e.token + _given("step")),
                    "until": fresh.excluded.until,
                },
                where=or_(e.holder == fresh.excluded.holder, e.until <= now),
            ),
            *("name", "holder", "token", "until", "now", "step", "now"),
        ),
        lease=text(select(*e).where(e.name == bindparam("of")), "of"),
        drop_lease=text(
            update(LEASE).values(until=bindparam("until")).where(e.name == bindparam("of"), e.holder == bindparam("held")),
            *("until", "of", "held"),
        ),
    )


_EVERY = 1 << 62
_LONG_AGO = ""
"""Before every stamp."""


class WatchReads:
    """The part of a view that tells of it; satisfies :class:`workflow.outbox.Watched`."""

    _watch: WatchStatements
    _all: Callable[..., list[Any]]
    _one: Callable[..., Any]

    def next_waking(self) -> datetime | None:
        found = (self._one(self._watch.next_waking, 1, 0), self._one(self._watch.next_parked))
        first = [row[0] for row in found if row is not None and row[0] is not None]
        return datetime.fromisoformat(min(first)) if first else None

    def next_message(self, channel: str) -> datetime | None:
        (first,) = self._one(self._watch.next_message, channel)
        return None if first is None else datetime.fromisoformat(first)

    def messages(self, states: Sequence[State] = (), case: str | None = None, limit: int = -1) -> Sequence[Message]:
        most = _EVERY if limit < 0 else limit
        if case is not None:
            rows = [_message(row) for row in self._all(self._watch.messages_of, case, _EVERY, 0)]
        elif len(states) == 1:
            return [_message(row) for row in self._all(self._watch.messages_in, states[0], most, 0)]
        else:
            rows = [_message(row) for row in self._all(self._watch.messages, _EVERY if states else most, 0)]
        return [row for row in rows if not states or row.state in states][:most]

    def message_counts(self) -> Sequence[tuple[str, State, int]]:
        return [(channel, state, count) for channel, state, count in self._all(self._watch.counts)]

    def claims(self, case: str) -> Sequence[Claim]:
        return [
            Claim(of, row, revision, tier, n, datetime.fromisoformat(due), datetime.fromisoformat(said))
            for of, row, revision, tier, n, due, said in self._all(self._watch.claims, case)
        ]

    def said_after(self, instant: datetime) -> Sequence[str]:
        return [case for (case,) in self._all(self._watch.said_after, stamp(instant))]

    def parked(self) -> Sequence[Parked]:
        return [
            Parked(case, tries, datetime.fromisoformat(since), datetime.fromisoformat(until), code, reason)
            for case, tries, since, until, code, reason in self._all(self._watch.parked)
        ]

    def mark(self, name: str) -> str:
        row = self._one(self._watch.mark, name)
        return row[0] if row else ""

    def lease(self, name: str) -> Lease | None:
        row = self._one(self._watch.lease, name)
        return None if row is None or not row[3] else Lease(row[0], row[1], row[2], datetime.fromisoformat(row[3]))

    def figures(self, now: datetime) -> Figures:
        entries, duties, overdue, *oldest = self._one(self._watch.figures, stamp(now))
        due, message = (None if t is None else datetime.fromisoformat(t) for t in oldest)
        return Figures(entries, duties, overdue, due, message)


class WatchWrites(WatchReads):
    """The part of a unit that writes it; satisfies :class:`workflow.outbox.Watching`."""

    _alive: Callable[[], None]
    _many: Callable[..., int]
    _stale: Callable[[set[str]], DubanError]
    _marks: dict[str, str]
    """Kept back until the very end: everybody moves the same few rows, and who moved one holds up the others until he commits."""

    def put_claims(self, claims: Sequence[Claim]) -> None:
        self._alive()
        rows = [(c.case, c.row, c.revision, c.tier, c.n, stamp(c.due), stamp(c.said)) for c in claims]
        self._many(self._watch.add_claim, rows, lambda: self._stale({c.case for c in claims}))

    def put_messages(self, messages: Sequence[Message]) -> None:
        self._alive()
        self._many(self._watch.add_message, [_row(m) for m in messages], lambda: self._stale({m.case for m in messages}))

    def take_messages(self, now: datetime, holder: str, until: datetime, limit: int, channel: str) -> Sequence[Message]:
        self._alive()
        waiting = [_message(row) for row in self._all(self._watch.takeable, channel, stamp(now), limit, 0)]
        taken = [
            m._replace(
                state="sending",
                attempts=m.attempts + 1,
                next_at=until,
                holder=holder,
                token=m.token + 1,
                doubtful=m.doubtful or m.state == "sending",
            )
            for m in waiting
        ]
        rows = [(m.state, m.attempts, stamp(until), m.holder, m.token, m.doubtful, m.id) for m in taken]
        self._many(self._watch.lease_message, rows)
        return taken

    def settle_message(self, message: Message) -> bool:
        self._alive()
        m = message
        next_at = None if m.next_at is None else stamp(m.next_at)
        changed = (m.state, m.attempts, next_at, m.doubtful, m.provider, m.said, m.id, m.token, "sending")
        return self._many(self._watch.settle, [changed]) == 1

    def revive_message(self, id: int, at: datetime) -> bool:
        self._alive()
        return self._many(self._watch.revive, [("pending", 0, stamp(at), id, "dead")]) == 1

    def hasten(self, now: datetime, until: datetime) -> None:
        self._alive()
        self._many(self._watch.hasten, [(stamp(now), stamp(until), 0, stamp(now))])

    def park(self, parked: Parked) -> None:
        self._alive()
        p = parked
        self._many(self._watch.park, [(p.case, p.tries, stamp(p.since), stamp(p.until), p.code, p.reason)])

    def unpark(self, case: str) -> None:
        self._alive()
        self._many(self._watch.unpark, [(case,)])

    def put_mark(self, name: str, value: str) -> None:
        self._alive()
        self._marks[name] = value

    def take_lease(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        self._alive()
        given = stamp(now)
        if self._many(self._watch.put_lease, [(name, holder, 1, stamp(until), given, 1, given)]) != 1:
            return None
        return self.lease(name)

    def drop_lease(self, name: str, holder: str) -> None:
        self._alive()
        self._many(self._watch.drop_lease, [(_LONG_AGO, name, holder)])


def _row(m: Message) -> tuple[object, ...]:
    return (
        *(m.case, m.row, m.revision, m.tier, m.recipient, m.channel, m.post, m.n, stamp(m.created), m.urgent, m.state, m.attempts),
        *(None if m.next_at is None else stamp(m.next_at), m.holder, m.token, m.doubtful, m.provider, m.said, m.instead_of),
    )


def _message(row: Sequence[Any]) -> Message:
    number, case, of, revision, tier, recipient, channel, post, n, created, urgent, state, attempts, next_at, *rest = row
    holder, token, doubtful, provider, said, instead_of = rest
    return Message(
        *(case, of, revision, tier, recipient, channel, post, n, datetime.fromisoformat(created), bool(urgent), state, attempts),
        *(None if next_at is None else datetime.fromisoformat(next_at), holder, token, bool(doubtful), provider, said, instead_of, number),
    )
