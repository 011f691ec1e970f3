"""The road log of ``../shared/logs`` as Parquet, once and many times over, for the benchmarks of replay."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from adapters.calendars import shipped
from adapters.eventlog import load_map
from adapters.eventlog.convert import convert
from adapters.eventlog.split import KEY
from adapters.law import Law
from adapters.library import definition_file
from benchmarks.measure import Skipped
from benchmarks.page import PAGE
from workflow.logmap import LogMap
from workflow.rules import Rules

ROOT = PAGE.parent.parent
LOG = ROOT.parent / "shared" / "logs" / "Road_Traffic_Fine_Management_Process.xes.gz"
DIGEST = "dc9e0e65c964c8ce2a720687ecf17d8204a5cced5db2267c717ed39ada665da8"
CASE = "case:concept:name"


def road_map() -> LogMap:
    return load_map(ROOT / "examples" / "maps" / "road.yaml")


def parquet(folder: Path) -> Path:
    """The log as ``duban log convert`` writes it. Raises :class:`Skipped` where the log is absent."""
    if not LOG.is_file():
        raise Skipped("../shared/logs has no road log")
    assert hashlib.sha256(LOG.read_bytes()).hexdigest() == DIGEST, f"{LOG} is another file"
    path = folder / "road.parquet"
    if not path.is_file():
        convert(LOG, road_map(), path)
    return path


def law(definition: Path, as_of: datetime | None = None) -> Law:
    found = definition_file(definition)
    log_map = road_map().model_copy(update={"procedure": found.procedure.procedure})
    return Law(log_map, [Rules(found.procedure, found.hash).tabulated()], shipped("cn"), as_of)


def copies(path: Path, folder: Path, first: int, last: int, of: int) -> None:
    """Copies of the log with ids of their own, as the parts ``first`` to ``last`` of ``of``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(exist_ok=True)
    table = pq.read_table(path, use_threads=False).unify_dictionaries()
    place = table.column_names.index(CASE)
    cases = table.column(CASE).combine_chunks()
    cases = cases.chunk(0) if isinstance(cases, pa.ChunkedArray) else cases
    ids = cases.dictionary.to_pylist()
    for number in range(first, last):
        renamed = pa.DictionaryArray.from_arrays(cases.indices, pa.array([f"{number}-{name}" for name in ids]))
        said = {**(table.schema.metadata or {}), KEY: json.dumps({"part": number, "parts": of, "of": DIGEST}).encode()}
        made = table.set_column(place, table.schema.field(CASE), renamed).replace_schema_metadata(said)
        pq.write_table(made, folder / f"part-{number:04d}.parquet", compression="zstd", row_group_size=65_536)
