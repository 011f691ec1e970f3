"""Events that stand at the same place of the order, of which only their bytes decide which comes first and whether one repeats the other.

For the totals of a log that matters only where they say different things, or where their rows are the same. So the columns of their rows
are compared, one after the other, until the rows are told apart.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adapters.eventlog.parquetlog import converted, opened

Whole = NDArray[np.int64]


def alike(path: Path, first: Whole, second: Whole) -> NDArray[np.bool_]:
    """Of pairs of rows by their numbers in the file, those that no column tells apart. Raises :class:`UnreadableLog` for a broken file."""
    found = np.ones(len(first), dtype=bool)
    about = converted(path)
    with opened(path) as file:
        groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
        size = {name: sum(g.column(n).total_compressed_size for g in groups) for n, name in enumerate(file.schema_arrow.names)}
    names = about.columns if about is not None else list(size)
    for name in sorted(names, key=lambda name: -size[name]):  # the column that takes most room tells most apart
        left = np.flatnonzero(found)
        if not len(left):
            break
        with opened(path, [name]) as file:
            column = file.read(columns=[name], use_threads=False).column(name)
            one, other = (column.take(pa.array(rows[left])).to_pylist() for rows in (first, second))
        found[left] = [a == b for a, b in zip(one, other, strict=True)]
    return found
