"""``duban store``: move a store from one place to another; ``duban backup``: keep all of it in one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from adapters.commands import frame, place, screen
from adapters.config.secret import carries_secret
from adapters.store.address import shown
from adapters.store.copying import Copied
from workflow.audit import audit_store
from workflow.errors import ConfigError, IntegrityError
from workflow.journal.canonical import Json
from workflow.ports import Store
from workflow.text import Text

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})


@app.callback()
def _group() -> None:
    """存储:复制到另一处 / stores: copy to another place"""


@app.command()
def copy(
    source: Annotated[str, typer.Argument(help="来源:路径或地址 / path or address")],
    target: Annotated[str, typer.Argument(help="目标:新的路径或空数据库 / new path or empty database")],
) -> None:
    """把整个存储复制到另一处,逐条核对 / copy a whole store to another place, and compare entry by entry"""
    from adapters.store.copying import copy as copied
    from adapters.store.sql import SqlStore

    for address in (source, target):
        allowed(address)
    with closing(SqlStore.open(source, create=False)) as old:
        with old.read() as view:
            algorithm = view.meta()["algorithm"]
        with fresh(target), closing(SqlStore.open(target, algorithm=algorithm)) as new:
            found = copied(old, new)
    with closing(SqlStore.open(target, create=False)) as new:
        told(found, new, {"from": shown(source), "to": shown(target)})


@app.command()
def accept(file: Annotated[Path, typer.Argument(help="缺少 -wal 文件的副本 / a copy without its -wal file")]) -> None:
    """不完整的副本是仅存的一份时,按现状使用 / use an incomplete copy as it is, when it is all there is"""
    from adapters.store.backup import accept as accepted
    from adapters.store.sql import SqlStore

    if not accepted(file):
        frame.say(Text("这个存储是完整的,什么也没有改", "this store is complete, nothing was changed"))
        return
    with closing(SqlStore.open(str(file), create=False)) as store, store.read() as view:
        count, last = 0, ""
        for entry in view.stored():
            count, last = count + 1, max(last, str(entry.recorded))
    document: dict[str, Json] = {"store": str(file), "entries": count, "last": last or None}
    screen.emit(document, lambda: _accepted(count, last))


def _accepted(count: int, last: str) -> None:
    print(
        Text(
            f"✓ 按现状使用:{count} 条记录,最后写入 {last or '-'};其后的记录已失去,请补记",
            f"✓ used as it is: {count} entries, the last written {last or '-'}; what came after is lost, record it again",
        ).say(frame.settings.lang)
    )


def backup(file: Annotated[Path, typer.Argument(help="备份文件,不得已存在 / the file to make; it must not be there")]) -> None:
    """备份到一个文件(使用中也可),逐条核对 / make a backup, also of a store in use, and compare it entry by entry"""
    from adapters.store.backup import backup as made
    from adapters.store.sql import SqlStore

    with frame.store() as store:
        if not isinstance(store, SqlStore):
            raise ConfigError(Text("内存中的存储不能备份", "a store in memory cannot be backed up"), where=place.name())
        found = made(store, file)
    with closing(SqlStore.open(str(file), create=False)) as copied:
        told(found, copied, {"from": place.name(), "file": str(file)})


@contextmanager
def fresh(target: str) -> Iterator[None]:
    """A file that is made inside is taken away again where that fails: one that holds half of it helps nobody."""
    made = new_file(target)
    try:
        yield
    except BaseException:
        if made is not None:
            for name in (made, made.with_name(f"{made.name}-wal"), made.with_name(f"{made.name}-shm")):
                name.unlink(missing_ok=True)
        raise


def new_file(address: str) -> Path | None:
    """The file that will be made for an address; ``None`` where one is there already, or it is a server's."""
    if "://" in address and not address.startswith("sqlite:///"):
        return None
    path = Path(address.removeprefix("sqlite:///").partition("?")[0] if "://" in address else address)
    return None if path.exists() else path


def told(found: Copied, made: Store, document: dict[str, Json]) -> None:
    """Say what was copied; raises :class:`~workflow.errors.IntegrityError` after it when the journal does not verify."""
    with made.read() as view:
        audited = audit_store(view, None)
    document = {**document, "entries": found.entries, "digest": found.digest, "rows": dict(found.rows), "sound": not audited.findings}
    screen.emit(document, lambda: _render(found))
    if audited.findings:
        first = audited.findings[0].error()
        raise IntegrityError(
            Text("逐条相同,但来源的日志本已损坏:", "equal row by row, but the journal of the source was broken before: ") + first.message,
            hint=first.hint,
        )


def _render(found: Copied) -> None:
    lang = frame.settings.lang
    rows = sum(found.rows.values())
    print(
        Text(
            f"✓ 已复制并逐条核对:{found.entries} 条记录,共 {rows} 行",
            f"✓ copied and compared one by one: {found.entries} entries, {rows} rows in all",
        ).say(lang)
    )
    print(Text(f"  日志摘要 {found.digest}", f"  digest of the journal {found.digest}").say(lang))


def allowed(address: str) -> None:
    """Raises :class:`ConfigError` for an address with a secret in it, and for a store that is no SQL database."""
    if carries_secret(address):
        raise ConfigError(
            Text("地址中不能写密码", "an address cannot hold a password here"),
            where=shown(address),
            hint=Text("口令放在 .pgpass 文件,或用环境变量 PGPASSFILE", "put it into .pgpass, or a file that PGPASSFILE names"),
        )
    kept = "://" not in address or address.startswith(("sqlite:", "postgresql:", "postgresql+"))
    if not kept or address.startswith("memory:") or ":memory:" in address:
        raise ConfigError(
            Text("只能在 SQLite 和 PostgreSQL 之间复制", "only SQLite and PostgreSQL stores can be copied"), where=shown(address)
        )
