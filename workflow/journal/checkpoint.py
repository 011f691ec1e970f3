"""Checkpoints as notes: made from a journal, and compared with it (promise 10).

The log of a note is the list of seals, its leaves are their canonical bytes. A seal is never changed and the next one comes after it, so
the log only grows; each seal ties in the entries that it covers. The heads are what the entries up to the last seal make of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from workflow.journal.chain import Finding
from workflow.journal.entry import Stored
from workflow.journal.eras import Eras
from workflow.journal.heads import Heads
from workflow.journal.note import Note, checked_origin
from workflow.journal.printed import Printed
from workflow.journal.seal import Checkpoint, StoredSeal, verify_checkpoint
from workflow.journal.tree import Tree
from workflow.text import Text

Held: TypeAlias = Checkpoint | Note | Printed
"""What somebody kept outside: number and hash of a seal, a note, or the line of one on paper."""


def make_note(origin: str, algorithm: str, seals: Sequence[StoredSeal], rows: Iterable[Stored]) -> Note:
    """The note of a journal as of its last seal, unsigned.

    Raises :class:`~workflow.errors.BadInput` for an origin that is no line of text.
    """
    heads = Heads(algorithm, len(seals))
    for row in rows:
        heads.take(row)
    tree = heads.tree()
    return Note(checked_origin(origin), len(seals), Tree(algorithm, (s.data for s in seals)).root, tree.root, tree.count)


def verify_held(held: Held, seals: Sequence[StoredSeal], heads: Heads, eras: Eras) -> list[Finding]:
    """Whether what was kept outside is still what the journal says.

    Codes: ``truncated`` (seals are gone), ``rewritten`` (others are there), ``heads`` (the case heads are others than the note names),
    ``algorithm``. Which entry an insider changed who made every hash anew cannot be told from a root: the seal is named.
    """
    if isinstance(held, Checkpoint):
        return verify_checkpoint(held, seals)
    if held.algorithm != eras.at(held.number):
        return [Finding("algorithm", "checkpoint", 0, Text("算法与日志的不同", "another algorithm than that of the journal"))]
    there = [s for s in seals if type(s.number) is int and s.number <= held.number]
    for number in range(1, held.number + 1):
        if number > len(there) or there[number - 1].number != number:
            zh, en = f"检查点有 {held.number} 个封印,第 {number} 个不在", f"the checkpoint knows of {held.number} seals; this one is gone"
            return [Finding("truncated", f"seal {number}", 0, Text(zh, en))]
    if not all(type(s.data) is bytes for s in there) or Tree(held.algorithm, (s.data for s in there)).root != held.root:
        zh, en = f"前 {held.number} 个封印与检查点不同", f"the first {held.number} seals differ from the checkpoint"
        return [Finding("rewritten", f"seal {held.number}", 0, Text(zh, en))]
    if isinstance(held, Printed):
        return []
    tree = heads.tree()
    if (tree.count, tree.root) != (held.chains, held.heads):
        zh, en = "各案件的末条记录与检查点不同", "the last entries of the cases are others than the checkpoint names"
        return [Finding("heads", "checkpoint", 0, Text(zh, en))]
    return []
