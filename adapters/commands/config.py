"""``duban config``: what is set, where it was set, and whether it can be used."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from adapters.commands import frame, screen
from adapters.config.load import Configuration, Origin, examine, load
from adapters.notify.catalogue import faults
from workflow.errors import DubanError
from workflow.text import Text, same

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})

_KINDS = {
    "default": Text("默认", "default"),
    "system": Text("系统文件", "system file"),
    "user": Text("用户文件", "user file"),
    "file": Text("配置文件", "settings file"),
    "environment": Text("环境变量", "environment"),
    "flag": Text("选项", "option"),
    "credentials": Text("凭据", "credential"),
}


@app.command()
def show(
    origin: Annotated[bool, typer.Option("--origin", help="每个值来自何处 / where each value came from")] = False,
) -> None:
    """查看生效的设置 / show the settings that hold"""
    found = load(frame.settings.flags, config=frame.settings.config)
    document: dict[str, Any] = {key: _entry(value, found.origin(key)) if origin else value for key, value in found.values()}
    headings: list[Text | screen.Column] = [screen.Column("设置", "setting", whole=True), Text("值", "value")]
    headings += [Text("来源", "from")] if origin else []
    rows = [[key, _shown(value), *([_from(found.origin(key))] if origin else [])] for key, value in found.values()]
    screen.emit(document, lambda: screen.table(headings, rows))


def _entry(value: object, origin: Origin) -> dict[str, object]:
    return {"value": value, "origin": origin.kind, "place": origin.place}


def _from(origin: Origin) -> str:
    return (_KINDS[origin.kind] + same(f" {origin.place}" if origin.place else "")).say(frame.settings.lang)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


@app.command()
def check() -> None:
    """检查设置:列出全部错误和提醒 / check the settings: every error and every caution"""
    found, problems = examine(frame.settings.flags, config=frame.settings.config)
    if found is not None:
        problems = [*problems, *faults(found)]
    cautions = [] if found is None else list(found.cautions())
    lang = frame.settings.lang
    told = [{"error": p.code, "message": p.message.say(lang), "where": p.where, "hint": p.hint and p.hint.say(lang)} for p in problems]
    document: Any = {
        "problems": told,
        "cautions": [c.say(lang) for c in cautions],
    }
    screen.emit(document, lambda: _tell(found, problems, cautions))
    if problems:
        raise typer.Exit(problems[0].exit_code)
    if cautions:
        raise typer.Exit(frame.EXIT_FINDINGS)


def _tell(found: Configuration | None, problems: list[Any], cautions: list[Text]) -> None:
    lang = frame.settings.lang
    problem: DubanError
    for problem in problems:
        print(frame.visible("✗ " + problem.say(lang)))
    for caution in cautions:
        print(frame.visible("! " + caution.say(lang)))
    if not problems and not cautions and found is not None:
        files = sorted({o.place.rpartition(":")[0] or o.place for o in found.origins.values() if o.kind in ("system", "user", "file")})
        read = ", ".join(files)
        print(frame.visible(Text(f"✓ 设置可用({read or '无文件'})", f"✓ the settings can be used ({read or 'no file'})").say(lang)))
