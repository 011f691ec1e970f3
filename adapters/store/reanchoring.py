"""A store copied into a new one whose journal goes on in another algorithm; the act that says so is its first entry in it.

The store that is copied keeps its algorithm for good, so that no program that has it open goes on in the wrong one.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from adapters.store.copying import copy
from adapters.store.sql import SqlStore
from adapters.store.statements import META
from workflow.errors import BadInput, StoreBusy
from workflow.journal.eras import REANCHORED, Anchor
from workflow.monitor import note
from workflow.ports import Entropy
from workflow.text import Text
from workflow.written import SALT


def reanchor(source: SqlStore, target: str, algorithm: str, ground: str, now: datetime, entropy: Entropy) -> None:
    """Copy ``source``, of which everything is sealed, to the address ``target``; the copy goes on in ``algorithm``.

    Raises :class:`~workflow.errors.BadInput` where it is in that algorithm already, :class:`~workflow.errors.StoreBusy` where somebody has
    written since the last seal, and what :func:`adapters.store.copying.copy` raises; the target is then not to be used.
    """
    with source.read() as view:
        before = view.meta()["algorithm"]
    if before == algorithm:
        raise BadInput(Text(f"日志已用 {algorithm}", f"the journal is in {algorithm} already"))
    with closing(SqlStore.open(target, algorithm=algorithm)) as made:
        copy(source, made)
        with made.transaction(write=True) as cursor:
            cursor.execute(made.backend.compiler.putting(META), ("algorithm", algorithm))
    with closing(SqlStore.open(target, create=False)) as made, made.write() as unit:
        if next(iter(unit.unsealed()), None) is not None:
            raise StoreBusy(
                Text("封印之后又有人写入", "somebody has written since everything was sealed"),
                hint=Text("先停下值守和其他写入,再做一次", "stop the daemon and whoever writes, and do it again"),
            )
        seals = unit.stored_seals()
        if not seals:
            raise BadInput(
                Text("日志是空的,不必重新锚定", "the journal is empty, there is nothing to re-anchor"),
                hint=Text(f"duban init --algorithm {algorithm}", f"duban init --algorithm {algorithm}"),
            )
        anchor = Anchor(seals[-1].number, before, algorithm)
        for row in unit.stored():
            anchor.take(row)
        note(unit, REANCHORED, anchor.body(seals), now, algorithm, {"ground": ground}, entropy.token(SALT))
