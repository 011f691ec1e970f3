"""``duban audit re-anchor``: the journal goes on in another algorithm, in a new store, and says so."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from adapters import host
from adapters.commands import frame, place, screen
from adapters.commands.store import allowed, fresh
from workflow.audit import audit_store
from workflow.engine import Engine
from workflow.errors import ConfigError
from workflow.journal.canonical import Algorithm, hashed
from workflow.moment import utc
from workflow.text import Text


def re_anchor(
    target: Annotated[str, typer.Argument(help="新的存储:路径或空数据库 / the new store: path or empty database")],
    algorithm: Annotated[Algorithm, typer.Option("--algorithm", help="此后的杂凑算法 / hash from here on")],
    ground: Annotated[str, typer.Option("--ground", help="根据 / on what ground")],
) -> None:
    """重新锚定:日志在新存储里改用另一种算法,原有内容不动 / go on in another algorithm, in a new store; nothing that was there changes"""
    from adapters.store.reanchoring import reanchor
    from adapters.store.sql import SqlStore

    allowed(target)
    hashed(b"", algorithm)
    with frame.engine() as engine:
        if not isinstance(engine.store, SqlStore):
            raise ConfigError(Text("内存中的存储不能重新锚定", "a store in memory cannot be re-anchored"), where=place.name())
        with engine.store.read() as view:
            audited = audit_store(view)
        if audited.findings:  # nobody puts a broken past under a new anchor
            raise audited.findings[0].error(place.name())
        engine.seal()
        with fresh(target):
            reanchor(engine.store, target, algorithm, ground, utc(engine.clock.now()), host.entropy())
            with closing(Engine.on(SqlStore.open(target, create=False))) as made:
                seal = made.seal()
                with made.store.read() as view:
                    audited = audit_store(view)
                if audited.findings:
                    raise audited.findings[0].error(target)
    assert seal is not None
    point = str(seal.checkpoint)
    frame.say(
        Text(f"已在新存储里改用 {algorithm.value};此后使用新存储", f"the new store goes on in {algorithm.value}; use it from here on")
    )
    screen.emit({"from": place.name(), "to": target, "algorithm": algorithm.value, "checkpoint": point}, lambda: print(point))
