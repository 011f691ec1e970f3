"""``duban audit take``: a store copied as evidence, with a note of what was taken, where and when."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters import host
from adapters.commands import frame, screen
from adapters.commands.store import allowed
from adapters.files import write_whole
from adapters.store.address import shown
from workflow.audit import audit_store
from workflow.errors import AlreadyThere, IntegrityError, StoreUnavailable
from workflow.journal.canonical import Json, canonical
from workflow.moment import stamp
from workflow.text import Text


def take(
    source: Annotated[str, typer.Argument(help="来源:路径或地址,可以正在使用 / path or address; it may be in use")],
    out: Annotated[Path, typer.Argument(help="取证文件,不得已存在 / the file to make; it must not be there")],
) -> None:
    """取证:复制正在使用的存储,核对,附取证记录 / take a store as evidence: copied, compared, with a note of it"""
    from adapters.store.taking import take as taken

    allowed(source)
    note = out.with_name(f"{out.name}.json")
    if note.exists():
        raise AlreadyThere(Text("取证记录已存在,不覆盖", "the note is there and is not written over"), where=str(note))
    began = host.clock().now()
    found = taken(source, out)
    document: dict[str, Json] = {
        "type": "duban-evidence-1",
        "source": shown(source),
        "file": out.name,
        "sha256": found.sha256,
        "bytes": found.bytes,
        "taken": [stamp(began), stamp(host.clock().now())],
        "tables": dict(found.tables),
    }
    audited, wrong = _audited(out)
    document["journal"] = audited
    write_whole(note, [canonical(document).decode() + "\n"])
    screen.emit(document, lambda: _render(document, note))
    if wrong is not None:
        raise IntegrityError(
            Text("副本与来源一致,但日志不完好:", "the copy is what its source is, but the journal does not hold: ") + wrong.message,
            where=str(out),
            hint=wrong.hint,
        )


def _audited(out: Path) -> tuple[dict[str, Json], IntegrityError | None]:
    """What there is to say of the journal in the copy."""
    from adapters.store.sql import SqlStore

    try:
        with closing(SqlStore.open(frame.as_evidence(f"sqlite:///{out}"), create=False)) as store, store.read() as view:
            found = audit_store(view, None)
            last = next(reversed(view.seals()), None)
    except StoreUnavailable as error:  # another version of the schema, or another program's database
        return {"checked": False, "why": error.message.en}, None
    wrong = found.findings[0].error(str(out)) if found.findings else None
    checkpoint = str(last.checkpoint) if last is not None else None
    return {"checked": True, "sound": wrong is None, "chains": found.cases, "entries": found.entries, "checkpoint": checkpoint}, wrong


def _render(document: dict[str, Any], note: Path) -> None:
    lang = frame.settings.lang
    rows = sum(document["tables"].values())
    lines = [
        Text(f"✓ 已取证并逐行核对:{rows} 行", f"✓ taken and compared row by row: {rows} rows"),
        Text(f"  sha256:{document['sha256']}", f"  sha256:{document['sha256']}"),
        Text(f"  取证记录 {note}", f"  note {note}"),
    ]
    journal = document["journal"]
    if not journal["checked"]:
        lines.append(Text(f"  其中的日志未核验:{journal['why']}", f"  the journal in it was not verified: {journal['why']}"))
    elif journal["sound"]:
        said = (journal["chains"], journal["entries"])
        lines.append(Text(f"  日志完整:{said[0]} 条链,{said[1]} 条记录", f"  the journal verifies: {said[0]} chains, {said[1]} entries"))
    for line in lines:
        print(line.say(lang))
