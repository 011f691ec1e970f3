"""A converted log in parts: whole cases, each in the part that our own hash of its id names (:func:`adapters.partition.part_of`).

Each part is a Parquet file like the whole one, with the same rows in the same order, so that the same map reads it; its metadata says
under ``duban.part`` which part of how many it is, and of which file. No more than a row group and one buffer a part is held.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

from adapters.eventlog.parquetlog import converted, opened, writer
from adapters.files import replacing
from workflow.errors import BadInput, UnreadableLog
from workflow.logmap import LogMap
from workflow.text import Text

KEY = b"duban.part"
MOST = 4096


def part_of(case: str, parts: int) -> int:
    """The part of a case: a hash of our own choice, since Python's differs from run to run."""
    return int.from_bytes(blake2b(case.encode(), digest_size=8).digest(), "big") % parts


def split(path: Path, log_map: LogMap, folder: Path, parts: int, progress: Callable[[int], None] | None = None) -> int:
    """Write the parts of a converted log into ``folder``; returns the rows.

    Raises :class:`~workflow.errors.BadInput` for a folder that has something in it already, and
    :class:`~workflow.errors.UnreadableLog` for a file that ``duban log convert`` did not write.
    """
    about = converted(path)
    if about is None or log_map.wide:
        raise UnreadableLog(
            Text(
                "只能切分 duban log convert 写出的日志",
                "only a log of duban log convert is split, with one event a row",
            ),
            where=path.name,
            hint=Text("先 duban log convert", "convert it first"),
        )
    if log_map.columns.case not in about.columns:
        raise UnreadableLog(Text(f"没有列 {log_map.columns.case}", f"it has no column {log_map.columns.case}"), where=path.name)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BadInput(Text("文件夹不是空的", "the folder is not empty"), where=str(folder))
    with path.open("rb") as raw:
        of = file_digest(raw, "sha256").hexdigest()
    rows = 0
    with opened(path) as file, ExitStack() as stack:
        schema = file.schema_arrow
        writers: list[Any] = []
        for part in range(parts):
            beside = stack.enter_context(replacing(folder / f"part-{part:04d}.parquet"))
            said = {**(schema.metadata or {}), KEY: json.dumps({"part": part, "parts": parts, "of": of}).encode()}
            writers.append(stack.enter_context(writer(beside, schema.with_metadata(said))))
        waiting = _Waiting(writers)
        for number in range(file.metadata.num_row_groups):
            table = file.read_row_group(number, use_threads=False)
            waiting.take(table, _parts(table.column(log_map.columns.case), parts))
            rows += table.num_rows
            if progress is not None:
                progress(rows)
        waiting.close()
    return rows


_GROUP = 65_536


class _Waiting:
    """The rows of each part that are not written yet: row groups of some size are read much faster."""

    def __init__(self, writers: list[Any]) -> None:
        self._writers = writers
        self._tables: list[list[Any]] = [[] for _ in writers]
        self._rows = [0] * len(writers)

    def take(self, table: Any, part: Any) -> None:
        import numpy as np

        order = np.argsort(part, kind="stable")
        ends = np.searchsorted(part[order], np.arange(len(self._writers) + 1))
        for n in range(len(self._writers)):
            if ends[n + 1] > ends[n]:
                self._tables[n].append(table.take(order[ends[n] : ends[n + 1]]))
                self._rows[n] += int(ends[n + 1] - ends[n])
                if self._rows[n] >= _GROUP:
                    self._write(n)

    def close(self) -> None:
        for n in range(len(self._writers)):
            self._write(n)

    def _write(self, n: int) -> None:
        import pyarrow

        if self._tables[n]:
            self._writers[n].write_table(pyarrow.concat_tables(self._tables[n]).unify_dictionaries())
        self._tables[n], self._rows[n] = [], 0


def _parts(column: Any, parts: int) -> Any:
    """The part of each row; of rows without a case the first. Blanks around an id are no part of it, as the reader has it."""
    import numpy as np

    array = column.combine_chunks()
    array = array.chunk(0) if hasattr(array, "chunk") else array
    array = array if hasattr(array, "dictionary") else array.dictionary_encode()
    of = np.array([part_of((word or "").strip(), parts) for word in array.dictionary.to_pylist()] + [0], dtype=np.int64)
    return of[array.indices.fill_null(len(of) - 1).to_numpy(zero_copy_only=False)]


def parts_in(folder: Path) -> list[Path]:
    """The files of all parts of one log, in their order.

    Raises :class:`~workflow.errors.UnreadableLog` where a part is missing or stands twice, or files of different logs lie together: the
    totals would be wrong in silence.
    """
    found: dict[int, Path] = {}
    wholes: set[tuple[int, str]] = set()
    for path in sorted(folder.glob("*.parquet")):
        with opened(path) as file:
            said = (file.schema_arrow.metadata or {}).get(KEY)
        try:
            part = json.loads(said or b"")
            number = int(part["part"])
            wholes.add((int(part["parts"]), str(part["of"])))
        except (TypeError, ValueError, KeyError):
            raise UnreadableLog(
                Text("不是 duban log split 写出的部分", "it is no part that duban log split wrote"), where=str(path)
            ) from None
        if number in found:
            raise UnreadableLog(Text(f"第 {number} 部分有两份", f"part {number} is there twice"), where=str(path))
        found[number] = path
    if len(wholes) != 1:
        raise UnreadableLog(Text("文件夹里没有部分,或属于不同的日志", "it has no parts, or those of different logs"), where=str(folder))
    [(parts, _)] = wholes
    missing = [str(n) for n in range(parts) if n not in found]
    if missing:
        raise UnreadableLog(
            Text(f"缺少第 {'、'.join(missing[:10])} 部分(共 {parts})", f"of {parts} parts there is no {missing[0]}"),
            where=str(folder),
        )
    return [found[n] for n in range(parts)]
