"""A log or a journal replayed on a Dask cluster: the same shares, the same function, the same report. Needs the extra ``cluster``.

Workers must see the files under the same names, and reach the store under the same address; what they find comes back over the wire,
dossiers too.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from importlib import import_module
from pathlib import Path
from typing import Any

from adapters.documents import provenance
from adapters.partition import B, Engine, Found, Share, Task, died, found
from workflow.errors import ConfigError, MissingExtra, StoreUnavailable
from workflow.journal.canonical import Json
from workflow.text import Text

PATIENCE = 10
"""Seconds in which a scheduler must answer."""


def dask(scheduler: str, jobs: int) -> Engine:
    """On the cluster of a scheduler (``tcp://host:8786``); with none on so many processes of this machine.

    Raises :class:`~workflow.errors.MissingExtra`, and :class:`~workflow.errors.StoreUnavailable` where no scheduler answers or workers die.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise MissingExtra(
            Text("--engine dask 需要 Dask", "--engine dask needs Dask"), hint=Text("安装 duban[cluster]", "install duban[cluster]")
        ) from None

    def run(tasks: Sequence[Task[B]], law: B) -> Iterator[tuple[Task[B], Found]]:
        try:
            if scheduler:
                client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
            else:
                client = distributed.Client(n_workers=jobs, threads_per_worker=1, dashboard_address="127.0.0.1:0", set_as_default=False)
        except (OSError, ValueError) as error:
            raise StoreUnavailable(Text(f"连不上调度器:{error}", f"no scheduler answers: {error}"), where=scheduler) from None
        with client:
            packed, here = client.scatter(pickle.dumps(law), broadcast=True, hash=False), provenance.program()
            waiting = {client.submit(_worked, task.share, packed, task.place is not None, here, pure=False): task for task in tasks}
            for future in distributed.as_completed(list(waiting), loop=client.loop):
                task = waiting[future]
                try:
                    one, dossiers = future.result()
                except (distributed.KilledWorker, CancelledError):
                    raise died() from None
                future.release()
                if task.place is not None:
                    task.place.write_bytes(dossiers)
                    one = one._replace(files=[task.place])
                yield task, one

    return run


def _worked(share: Share[Any], law: bytes, wanted: bool, program: Mapping[str, Json]) -> tuple[Found, bytes]:
    """What is found in a share, and its dossiers. Raises :class:`~workflow.errors.ConfigError` in another program than asked for it."""
    here = provenance.program()
    if here != program:
        other = "、".join(f"{name} {here.get(name)} ≠ {program[name]}" for name in program if here.get(name) != program[name])
        raise ConfigError(
            Text(f"Dask 节点上的程序不同:{other}", f"another program on a worker of the cluster: {other}"),
            hint=Text("各节点安装同一版本", "install the same version on every worker"),
        )
    with tempfile.TemporaryDirectory(prefix="duban-") as folder:
        place = Path(folder) / "cases" if wanted else None
        one = found(share, pickle.loads(law), place)
        return one._replace(files=[]), place.read_bytes() if place is not None else b""
