"""``duban audit prove --since`` and ``check-proof`` of what it writes: a later checkpoint only adds to an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adapters.commands import frame, screen
from adapters.commands.held import held, signature
from adapters.files import write_whole
from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.journal.checkpoint import verify_held
from workflow.journal.eras import Eras
from workflow.journal.growth import Growth, Root
from workflow.journal.heads import Heads
from workflow.journal.note import Note
from workflow.journal.printed import Printed
from workflow.journal.seal import Checkpoint, StoredSeal
from workflow.text import Text


def root(text: str) -> Root | None:
    """A checkpoint that names a root, which a proof of growth leads to. Raises :class:`BadInput`."""
    found = held(text)
    if isinstance(found, Checkpoint):
        raise BadInput(
            Text("编号:哈希 不含封印树的根", "NUMBER:HASH does not name the root of the tree of seals"),
            hint=Text("用检查点文件,或纸上的一行", "give the file of a checkpoint, or its line on paper"),
        )
    return found


def prove_growth(since: str, checkpoint: str, output: Path) -> None:
    """Write the proof from ``since`` to ``checkpoint``, or to the last seal."""
    old, new = root(since), root(checkpoint)
    assert old is not None
    with frame.evidence() as store, store.read() as view:
        seals = view.stored_seals()
        eras = Eras.of(seals, str(view.meta()["algorithm"]))
        for point in (old, new):
            if point is not None:
                _must_be_there(point, seals, eras)
        proof = Growth.of(eras, seals, old.number, new.number if new is not None else len(seals))
    write_whole(output, [bytes(proof).decode() + "\n"])
    screen.emit(
        {"number": proof.number, "later": proof.later, "nodes": len(proof.path), "file": str(output)},
        lambda: frame.say(
            Text(f"已写入 {output}:封印 {proof.number} 至 {proof.later}", f"wrote {output}: from seal {proof.number} to {proof.later}")
        ),
    )


def _must_be_there(point: Root, seals: Sequence[StoredSeal], eras: Eras) -> None:
    """Raises :class:`IntegrityError` for a checkpoint that the journal contradicts."""
    line = Printed(point.origin, point.number, point.root)
    for finding in verify_held(line, seals, Heads(point.algorithm, 0), eras):
        raise finding.error()


def check_growth(proof: Growth, since: str, checkpoint: str, keys: Sequence[Path]) -> bool:
    """Say what is wrong with a proof of growth; ``True`` for nothing."""
    old, new = root(since), root(checkpoint)
    notes = [held for held in (old, new) if isinstance(held, Note)]
    if keys and not notes:
        signature(None, keys)
    findings = proof.findings(old, new)
    states: list[str | None] = []
    for note in notes:
        state, wrong = signature(note, keys)
        states.append(state)
        findings += wrong
    found: list[Json] = [f.document for f in findings]
    document: dict[str, Json] = {
        "ok": not findings,
        "number": proof.number,
        "root": proof.root,
        "later": proof.later,
        "later_root": proof.later_root,
        "since": str(old) if old is not None else None,
        "checkpoint": str(new) if new is not None else None,
        "signatures": states,
        "findings": found,
    }

    def render() -> None:
        lang = frame.settings.lang
        for f in findings:
            print(f"✗ {f.case}  {f.message.say(lang)} [{f.code}]")
        if not findings:
            zh = f"✓ 检查点 {proof.later} 延续检查点 {proof.number}:前 {proof.number} 个封印没有改动"
            print(Text(zh, f"✓ checkpoint {proof.later} continues {proof.number}: the first {proof.number} seals are unchanged").say(lang))
        if old is None or new is None:
            zh, en = f"  {proof.root} → {proof.later_root}", "two checkpoints are needed: this only agrees with itself"
            print(Text(f"  须给出两个检查点:否则只证明自身一致\n{zh}", f"  {en}\n{zh}").say(lang))
        elif {"unchecked", "none"} & set(states):
            print(Text("  未核验签名", "  signature not checked").say(lang))

    screen.emit(document, render)
    return not findings
