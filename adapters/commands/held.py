"""A checkpoint that somebody kept elsewhere, as commands are given one, and what there is to say of its signatures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from adapters.signing import read_bytes, read_line, verifies
from workflow.errors import BadInput
from workflow.journal.chain import Finding
from workflow.journal.checkpoint import Held
from workflow.journal.note import LONGEST, Key, Note
from workflow.journal.printed import Printed
from workflow.journal.seal import Checkpoint
from workflow.text import Text


def held(text: str) -> Held | None:
    """What ``--checkpoint`` names: the file of a note, the line of one from paper, or ``NUMBER:HASH``; ``None`` for nothing.

    Raises :class:`BadInput`.
    """
    if not text:
        return None
    if re.search(r" (sha256|sm3) ", text):
        return Printed.parse(text)
    if re.match(r"\s*[0-9]+:", text) or not Path(text).exists():
        return Checkpoint.parse(text)
    try:
        return Note.parse(read_bytes(Path(text), LONGEST + 1))
    except BadInput as error:
        error.where = error.where or text
        raise


def held_note(text: str) -> Note | None:
    """The same where only a note will do. Raises :class:`BadInput`."""
    found = held(text)
    if found is None or isinstance(found, Note):
        return found
    raise BadInput(
        Text("此处须用检查点文件", "the file of a checkpoint is needed here"),
        hint=Text("duban audit checkpoint -o 写出的文件", "as duban audit checkpoint -o wrote it"),
    )


def signature(point: Held | None, keys: Sequence[Path]) -> tuple[str | None, list[Finding]]:
    """What there is to say of the signatures of a note: ``none``, ``unchecked``, ``good`` (of every key) or ``bad`` with what is wrong."""
    if not isinstance(point, Note):
        if keys:
            raise BadInput(Text("--key 须与检查点文件同用", "--key goes with the file of a checkpoint"))
        return None, []
    if not keys:
        return ("unchecked" if point.signatures else "none"), []
    findings = [finding for key in keys for finding in point.findings(Key.parse(read_line(key)), verifies)]
    return ("bad" if findings else "good"), findings
