"""``duban definitions packs`` and ``use``: rule packs, and which of them the unit has switched on."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from adapters.commands import frame, screen
from adapters.commands.cases import As, Author, Dry, Person
from adapters.library import find_pack, shipped_packs
from workflow.engine import Engine
from workflow.errors import UnknownProcedure
from workflow.journal.canonical import Json
from workflow.procedure.pack import Pack
from workflow.text import Text


def packs() -> None:
    """列出随附的规则包和已启用的规则包 / list the packs that are shipped and those in use"""
    used: dict[str, Pack] = {}
    if not frame.absent():
        with frame.engine() as engine:
            for procedure in engine.organisation().packs:
                used |= {pack.ref: pack for pack in engine.packs(procedure)}
    found = {**{pack.ref: pack for pack in shipped_packs()}, **used}
    document: list[Json] = [
        {
            "pack": pack.name,
            "version": pack.head.version,
            "zh": pack.head.zh,
            "en": pack.head.en,
            "extends": pack.head.extends,
            "from": _day(pack.head.in_force.since),
            "until": _day(pack.head.in_force.until),
            "hash": pack.hash,
            "in_use": ref in used,
        }
        for ref, pack in found.items()
    ]
    lang = frame.settings.lang
    headings = (
        Text("规则包", "pack"),
        Text("名称", "title"),
        Text("补充", "extends"),
        Text("施行", "in force"),
        Text("状态", "state"),
    )
    rows = [
        [
            ref,
            pack.title.say(lang),
            pack.head.extends,
            f"{pack.head.in_force.since or ''} … {pack.head.in_force.until or ''}",
            (Text("已启用", "in use") if ref in used else Text("未启用", "off")).say(lang),
        ]
        for ref, pack in found.items()
    ]
    screen.emit(document, lambda: screen.table(headings, rows))


def _day(day: object) -> str | None:
    return None if day is None else str(day)


def use(
    pack: Annotated[str, typer.Argument(help="规则包或文件 / pack or file")],
    off: Annotated[bool, typer.Option("--off", help="停用 / switch it off")] = False,
    role: As = "",
    person: Person = "",
    dry_run: Dry = False,
) -> None:
    """启用或停用一个规则包,只对以后立案的案件有效 / switch a pack on or off, for the cases that are opened from now on"""
    author = Author(role, person, "", "", "", "", "", "")
    with frame.engine(create=not off, dry_run=dry_run) as engine:
        chosen, wanted = _off(engine, pack) if off else _on(engine, pack)
        procedure = chosen.head.extends
        made = engine.use_packs(procedure, wanted, author.said(ZoneInfo("UTC")), write=not dry_run)
    refs = [d.procedure.ref for d in made]
    document: dict[str, Json] = {
        "pack": chosen.ref,
        "procedure": procedure,
        "in_use": [p.ref for p in wanted],
        "versions": list(refs),
        "dry_run": dry_run,
    }

    def render() -> None:
        frame.say(Text(f"{chosen.ref} {'停用' if off else '启用'}", f"{chosen.ref} switched {'off' if off else 'on'}"))
        print("\n".join(refs or [procedure]))
        if dry_run:
            frame.say(Text("预演,不写入", "dry run, nothing is written"))

    screen.emit(document, render)


def _on(engine: Engine, name: str) -> tuple[Pack, list[Pack]]:
    """The pack, and all of its procedure with it; another version of it is replaced."""
    found = find_pack(name)
    if not any(r.procedure.procedure == found.head.extends for r in engine.definitions()):
        frame.rules_for(engine, found.head.extends)
    return found, [*(p for p in engine.packs(found.head.extends) if p.name != found.name), found]


def _off(engine: Engine, name: str) -> tuple[Pack, list[Pack]]:
    """The pack in use of that name, and those of its procedure without it."""
    for procedure in engine.organisation().packs:
        used = engine.packs(procedure)
        found = next((p for p in used if name in (p.name, p.ref, p.head.zh, p.head.en)), None)
        if found is not None:
            return found, [p for p in used if p.name != found.name]
    hint = Text("用 duban definitions packs 查看", "see duban definitions packs")
    raise UnknownProcedure(Text(f"规则包 {name!r} 未启用", f"the pack {name!r} is not in use"), hint=hint)
