"""A log in Parquet as arrays: each event a case, an instant and a symbol, in the order that SEMANTICS S10.1 gives.

Only what needs no second thought is taken by columns: exact instants, one row an event. A case in which two events stand at the same place
of the order, so that their bytes would decide, is marked and read row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from adapters.columns.ties import alike
from adapters.eventlog.parquetlog import OWN, converted, opened
from adapters.eventlog.row import UNSEQUENCED, Rows
from adapters.eventlog.stamp import BadRow
from adapters.eventlog.table import CONTROLLED, Table, controlled
from workflow.journal.canonical import Json
from workflow.logmap import ISO, LogMap

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
Whole = NDArray[np.int64]


class Symbol(NamedTuple):
    """What an event says besides its instant."""

    name: str
    known: bool
    role: str
    facts: tuple[tuple[str, Json], ...] = ()


class Columns(NamedTuple):
    """The events of a log, those of a case together and in their order."""

    ids: Sequence[str]
    """Of the cases, in the order in which their events stand here."""
    first: Whole
    """Where the events of each case begin; one more than there are cases."""
    at: Whole
    """Instants: microseconds since 1970 in UTC."""
    symbol: NDArray[np.int32]
    symbols: Sequence[Symbol]
    row: Whole
    """The row of the file, from 0."""
    tied: NDArray[np.bool_]
    """Cases of which the columns do not decide the order."""
    doubtful: NDArray[np.bool_]
    """Of these the ones in which the order may move the totals too."""
    read: int
    ignored: int

    @property
    def case(self) -> NDArray[np.int64]:
        """The number of the case of each event."""
        return np.repeat(np.arange(len(self.ids)), np.diff(self.first))


def by_id(columns: Columns) -> Columns:
    """The same events, the cases in the order of their ids by code point."""
    order = np.array(sorted(range(len(columns.ids)), key=columns.ids.__getitem__), dtype=np.int64)
    return columns if bool((order[1:] > order[:-1]).all()) else taken(columns, order)


def taken(columns: Columns, cases: Whole) -> Columns:
    """Some of the cases, in this order."""
    count = np.diff(columns.first)[cases]
    first = np.r_[0, np.cumsum(count)]
    events = np.repeat(columns.first[:-1][cases] - first[:-1], count) + np.arange(first[-1])
    return columns._replace(
        ids=[columns.ids[n] for n in cases.tolist()],
        first=first,
        at=columns.at[events],
        symbol=columns.symbol[events],
        row=columns.row[events],
        tied=columns.tied[cases],
        doubtful=columns.doubtful[cases],
    )


def up_to(columns: Columns, until: int) -> Columns:
    """The events up to an instant; what comes after it is ignored."""
    kept = columns.at <= until
    if bool(kept.all()):
        return columns
    first = np.r_[0, np.cumsum(kept)][columns.first]
    some = np.diff(first) > 0
    return columns._replace(
        ids=[name for name, any_ in zip(columns.ids, some.tolist(), strict=True) if any_],
        first=np.r_[first[:-1][some], first[-1]],
        at=columns.at[kept],
        symbol=columns.symbol[kept],
        row=columns.row[kept],
        tied=columns.tied[some],
        doubtful=columns.doubtful[some],
    )


def micros(instant: datetime) -> int:
    return (instant - EPOCH) // _TICK


def instant(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=int(micros))


_EARLIEST, _LATEST = (micros(datetime(year, 1, 1, tzinfo=UTC)) for year in (1000, 9000))
"""Beyond them, where nothing happens but placeholders stand, a day or a term may lead out of the years that there are."""


def _plain(log_map: LogMap, schema: pa.Schema, typed: bool) -> bool:
    """Whether every row is an event with an exact instant, whatever its words are."""
    columns = log_map.columns
    if (
        not (typed or ISO in log_map.formats)
        or log_map.wide
        or log_map.snapshot
        or log_map.granularity == "minute"
        or len(columns.time) != 1
        or columns.date_only
    ):
        return False
    wanted = [columns.case, columns.activity, columns.time[0], columns.actor, columns.role, columns.sequence]
    wanted += [f.column for f in log_map.facts.values()]
    names = [name for name in wanted if name is not None]
    if any(name.startswith(OWN) for name in names):  # of the place of a row; what the source calls so has another name in the file
        return False
    if any(len(schema.get_all_field_indices(name)) != 1 for name in names):
        return False
    time = schema.field(columns.time[0]).type
    words = (columns.case, columns.activity, columns.actor, columns.role, *(f.column for f in log_map.facts.values()))
    return (
        pa.types.is_timestamp(time)
        and time.tz is not None
        and time.unit in ("s", "ms", "us")
        and all(_text(schema.field(n).type) for n in words if n is not None)
        and (columns.sequence is None or pa.types.is_integer(schema.field(columns.sequence).type))
    )


def last_said(path: Path, log_map: LogMap) -> datetime | None:
    """The last instant as the file's own statistics say; ``None`` where they do not, or rows without an event might be among them."""
    about = converted(path)
    c = log_map.columns
    with opened(path) as file:
        if about is None or log_map.ignore or log_map.facts or set(log_map.missing) != {""}:
            return None
        if not _plain(log_map, file.schema_arrow, about.typed):
            return None
        places = [file.schema_arrow.names.index(name) for name in (c.time[0], c.case, c.activity)]
        found: list[datetime] = []
        for group in range(file.metadata.num_row_groups):
            said = [file.metadata.row_group(group).column(n).statistics for n in places]
            if any(s is None or not s.has_null_count or s.null_count or not s.has_min_max for s in said):
                return None
            if not all(_never_blank(str(s.min), str(s.max)) for s in said[1:]):
                return None
            found.append(said[0].max)
    return max(found, default=None)


def _never_blank(low: str, high: str) -> bool:
    """Whether no word between these two is made of blanks alone: these lie up to U+0020 and from U+0085 to U+3000."""
    return (low > "\x21" and high < "\x85") or low > "\u3001"


def _text(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))


def columns_of(path: Path, log_map: LogMap) -> Columns | None:
    """The log in a Parquet file by columns; ``None`` where it has to be read row by row: times that are not instants, rows of which one
    cannot be read, more than one row an event."""
    about = converted(path)
    with opened(path) as file:
        schema = file.schema_arrow
    if not _plain(log_map, schema, about is None or about.typed):
        return None
    c = log_map.columns
    assert c.activity is not None
    facts = [f.column for f in log_map.facts.values()]
    words = list(dict.fromkeys(n for n in (c.case, c.activity, c.role, *facts) if n is not None))
    wanted = [*words, c.time[0], *([c.sequence] if c.sequence else [])]
    if about is None and not _sound(path, wanted):
        return None
    with opened(path, words) as file:
        table = file.read(columns=wanted, use_threads=False).combine_chunks().unify_dictionaries()
        table.validate(full=True)  # of what no checksum covers
    if any(table.column(name).null_count for name in (c.case, c.activity, c.time[0])):
        return None
    try:
        coded = {name: _coded(table.column(name), log_map) for name in words}
    except (BadRow, UnicodeDecodeError):
        return None
    made = _symbols(coded, log_map)
    sequence = _sequence(table.column(c.sequence), log_map) if c.sequence else None
    at = _numbers(_instants(table.column(c.time[0])).cast(pa.int64()))
    if made is None or "" in coded[c.case][1] or (c.sequence and sequence is None):
        return None
    if len(at) and (at.min() < _EARLIEST or at.max() >= _LATEST):
        return None
    symbol, symbols, orders = made
    case, ids = coded[c.case]
    return _sorted(path, case, ids, at, sequence, symbol, symbols, orders)


def _instants(column: Any) -> Any:
    """As the reader of rows takes them."""
    return column.cast(pa.timestamp("us", "UTC"), safe=False)


def _sequence(column: Any, log_map: LogMap) -> Whole | None:
    """The sequence numbers; ``None`` where a row has one that is no such number, or a word that means nothing."""
    low, high = (pc.min_max(column)[end].as_py() for end in ("min", "max"))
    if (low is not None and (low <= UNSEQUENCED or high >= -UNSEQUENCED)) or any(word.lstrip("-").isdigit() for word in log_map.missing):
        return None
    return _numbers(column.cast(pa.int64()).fill_null(UNSEQUENCED))


def _sound(path: Path, wanted: Collection[str]) -> bool:
    """Whether the other columns of a foreign file hold nothing for which a row cannot be read: rows are judged whole."""
    with opened(path) as file:
        rest = [field for field in file.schema_arrow if field.name not in wanted]
        if len({field.name for field in rest}) < len(rest) or not all(_text(f.type) or _harmless(f.type) for f in rest):
            return False
        texts = [field.name for field in rest if _text(field.type)]
        for group in range(file.metadata.num_row_groups if texts else 0):
            for name in texts:
                column = file.read_row_group(group, columns=[name], use_threads=False).column(0)
                column = column.cast(pa.large_string()).combine_chunks()
                try:
                    column.validate(full=True)
                except pa.ArrowInvalid:
                    return False
                if pc.any(pc.match_substring_regex(column, "[\\x00\\x1f]")).as_py():
                    return False
    return True


def _harmless(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind))


def _numbers(column: Any) -> Whole:
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _coded(column: Any, log_map: LogMap) -> tuple[NDArray[np.int64], list[str]]:
    """The words of a column as numbers of a list; a word that means nothing is empty. As the reader of rows does it.

    Raises :class:`BadRow` for a word that no row may hold.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], pa.dictionary(pa.int32(), pa.string()))
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    words = array.dictionary.to_pylist()
    if controlled(words):
        raise BadRow(CONTROLLED)
    words = [word.strip() for word in words]
    missing = set(log_map.missing)
    words = ["" if word in missing else word for word in words]
    indices = array.indices
    if indices.null_count:
        indices, words = indices.fill_null(len(words)), [*words, ""]
    codes = np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    if len(set(words)) == len(words):
        return codes, words
    index = {word: n for n, word in enumerate(dict.fromkeys(words))}
    return np.array([index[word] for word in words], dtype=np.int64)[codes], list(index)


_MOST_SYMBOLS = 65_536


def _symbols(
    coded: dict[str, tuple[NDArray[np.int64], list[str]]], log_map: LogMap
) -> tuple[NDArray[np.int32], list[Symbol | None], NDArray[np.int64]] | None:
    """The symbol of each row (``None`` among them: to be ignored), and where its activity stands in the order of the map."""
    c = log_map.columns
    assert c.activity is not None
    names = [c.activity, *([c.role] if c.role else []), *(f.column for f in log_map.facts.values())]
    mixed = np.zeros(len(coded[c.activity][0]), dtype=np.int64)
    size = 1
    for name in names:
        codes, words = coded[name]
        size *= max(1, len(words))
        if size >= 2**62:
            return None
        mixed = mixed * len(words) + codes
    used, first, symbol = _distinct(mixed, size)
    if len(used) > _MOST_SYMBOLS:
        return None
    fields = list(dict.fromkeys(names))
    reader = Rows(log_map, Table(sorted(log_map.named), iter(()), True), "")
    symbols: list[Symbol | None] = []
    orders = np.empty(len(used), dtype=np.int64)
    for n, row in enumerate(first):
        said = {name: coded[name][1][coded[name][0][row]] for name in fields}
        try:
            found = reader.symbol(said.get(c.activity, ""), said.get(c.role or "", ""), [said[f.column] for f in log_map.facts.values()])
        except BadRow:
            return None
        orders[n] = -1 if found is None else found[0]
        symbols.append(None if found is None else Symbol(*found[1:]))
    return symbol.astype(np.int32), symbols, orders


def _distinct(codes: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The codes that occur, the first place of each, and for every place the number of its code."""
    if size > _MOST_SYMBOLS * 16:
        return np.unique(codes, return_index=True, return_inverse=True)
    first = np.full(size, -1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    used = np.flatnonzero(first >= 0)
    number = np.empty(size, dtype=np.int64)
    number[used] = np.arange(len(used))
    return used, first[used], number[codes]


def _sorted(
    path: Path,
    case: NDArray[np.int64],
    ids: list[str],
    at: Whole,
    sequence: Whole | None,
    symbol: NDArray[np.int32],
    symbols: list[Symbol | None],
    orders: NDArray[np.int64],
) -> Columns:
    read = len(at)
    row = np.arange(read)
    blank = np.array([s is None for s in symbols], dtype=bool)
    if blank.any():
        kept = ~blank[symbol]
        case, at, symbol, row = case[kept], at[kept], symbol[kept], row[kept]
        sequence = sequence[kept] if sequence is not None else None
    order = orders[symbol]
    keys = [order, at, case] if sequence is None else [order, sequence, at, case]
    if not _in_order(keys[::-1]):
        by = np.lexsort(keys)
        case, at, symbol, row, order = case[by], at[by], symbol[by], row[by], order[by]
        sequence = sequence[by] if sequence is not None else None
    same = (case[1:] == case[:-1]) & (at[1:] == at[:-1]) & (order[1:] == order[:-1])
    if sequence is not None:
        same &= sequence[1:] == sequence[:-1]
    starts = np.flatnonzero(np.r_[True, case[1:] != case[:-1]]) if len(case) else np.zeros(0, dtype=np.int64)
    pairs = np.flatnonzero(same)
    of = np.searchsorted(starts, pairs, side="right") - 1
    tied, doubtful = np.zeros(len(starts), dtype=bool), np.zeros(len(starts), dtype=bool)
    tied[of] = True
    several = np.r_[False, pairs[1:] == pairs[:-1] + 1]  # of three rows the first and the last may be the same
    unlike = (symbol[pairs] != symbol[pairs + 1]) | several | np.r_[several[1:], False][: len(pairs)]
    doubtful[of[unlike]] = True
    rest = pairs[~unlike]
    doubtful[of[~unlike][alike(path, row[rest], row[rest + 1])]] = True
    used = [Symbol("", False, "") if s is None else s for s in symbols]
    return Columns([ids[n] for n in case[starts]], np.r_[starts, len(at)], at, symbol, used, row, tied, doubtful, read, read - len(at))


def _in_order(keys: Sequence[NDArray[np.int64]]) -> bool:
    """Whether rows stand in the order of ``keys``, the first of which weighs most."""
    equal = np.ones(max(0, len(keys[0]) - 1), dtype=bool)
    for key in keys:
        if bool((equal & (key[1:] < key[:-1])).any()):
            return False
        equal &= key[1:] == key[:-1]
    return True
