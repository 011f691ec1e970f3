"""How well a store and this machine can be trusted with deadlines, as plain figures: for the health port and for ``duban doctor``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from adapters.store import migrations
from adapters.store.sql import SqlStore
from workflow.calendar import Calendar
from workflow.errors import DubanError
from workflow.moment import stamp, utc
from workflow.outbox import Figures, State
from workflow.ports import Store
from workflow.text import Text

if TYPE_CHECKING:
    from workflow.engine import Engine

WANTED_DAYS = 90
"""Days of published calendar that must lie ahead."""
PROBE = "probe"
"""The mark that is written to see whether anything can be."""
_OFTEN = 10.0
_SHARE = 20


@dataclass(frozen=True, slots=True)
class Vitals:
    """What was counted in one store at one instant. Lengths are seconds."""

    figures: Figures
    outbox: Mapping[tuple[str, State], int]
    parked: int
    oldest_unswept: float
    """How long ago the earliest instant was that no sweep has handled; 0 where all is handled. Parked cases are not among them."""
    oldest_overdue: float
    """How long ago the oldest duty fell due that is still owed."""
    oldest_message: float
    """How long the oldest message has waited that is neither sent nor dead."""
    calendar_days: int
    skew: float
    """The clock of the database minus ours; 0 where the database has none of its own."""


def last_day(calendar: Calendar) -> date | None:
    """The last day up to which every year is published without a gap; ``None`` for a calendar without a year."""
    used = calendar.used
    if not used:
        return None
    year = min(used)
    while year + 1 in used:
        year += 1
    return date(year, 12, 31)


def calendar_days(calendars: Iterable[Calendar], today: date) -> int:
    """Days of published calendar ahead, in the one that ends first; negative when it has ended. 0 where there is none."""
    ends = [end for end in map(last_day, calendars) if end is not None]
    return min(((end - today).days for end in ends), default=0)


def skew(store: Store) -> float:
    """Seconds by which the clock of the database is ahead of ours, as of the middle of asking; 0 where it has none of its own."""
    if not isinstance(store, SqlStore) or store.engine.dialect.name != "postgresql":
        return 0.0
    with store.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")  # connecting takes its own time
        before = datetime.now(UTC)
        there: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        after = datetime.now(UTC)
    return (there - (before + (after - before) / 2)).total_seconds()


def measure(engine: Engine) -> Vitals:
    """Count everything. Raises what the store raises."""
    now = utc(engine.clock.now())
    with engine.store.read() as view:
        engine.sources.refresh(view)
        calendars = [engine.sources.calendars[digest] for digest in engine.sources.in_use.values()]
        figures, first = view.figures(now), view.next_waking()
        outbox = {(channel, state): count for channel, state, count in view.message_counts()}
        parked = len(view.parked())

    def ago(at: datetime | None) -> float:
        return 0.0 if at is None else max(0.0, (now - at) / timedelta(seconds=1))

    return Vitals(
        figures=figures,
        outbox=outbox,
        parked=parked,
        oldest_unswept=ago(first),
        oldest_overdue=ago(figures.oldest_due),
        oldest_message=ago(figures.oldest_message),
        calendar_days=calendar_days(calendars, now.date()),
        skew=skew(engine.store),
    )


def unwritable(store: Store, now: datetime) -> Text | None:
    """Why nothing can be written, or that the schema is another version's; ``None`` when all is well. Writes one mark."""
    try:
        if isinstance(store, SqlStore):
            with store.engine.connect() as connection:
                found = migrations.revision(connection)
            if found != migrations.HEAD:
                return Text(f"表结构版本为 {found},应为 {migrations.HEAD}", f"the schema is at {found}, not at {migrations.HEAD}")
        with store.write() as unit:
            unit.put_mark(PROBE, stamp(utc(now)))
    except DubanError as error:
        return error.message
    except Exception as error:  # a driver may say anything; whoever asks wants an answer
        return Text(f"存储不可用:{type(error).__name__}", f"the store cannot be used: {type(error).__name__}")
    return None


class Reading:
    """The vitals as they were last counted, counted again at most every ten seconds and in at most a twentieth of the time."""

    def __init__(self, count: Callable[[], Vitals]) -> None:
        self._count = count
        self._lock = Lock()
        self._last: Vitals | None = None
        self._again = 0.0

    def __call__(self) -> Vitals:
        """Raises what counting raises; then nothing is kept, and the next call counts again."""
        with self._lock:
            begun = monotonic()
            if self._last is None or begun >= self._again:
                self._last = None
                self._last = self._count()
                ended = monotonic()
                self._again = ended + max(_OFTEN, _SHARE * (ended - begun))
            return self._last
