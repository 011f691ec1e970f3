"""What the parser of the command line says, in the language of the user: its help texts, and what it finds wrong.

Help texts are written ``中文 / English``. Typer brings its own copy of click, whose classes have no public home, so they are known here by
name.
"""

from __future__ import annotations

from typing import Any

from workflow.errors import BadInput
from workflow.text import Lang, Text

BETWEEN = " / "


def half(text: str, lang: Lang) -> str:
    """The Chinese or the English part of ``中文 / English``; the whole where there is only one."""
    zh, sign, en = text.rpartition(BETWEEN)
    return text if not sign else zh.rstrip() if lang == "zh" else en.lstrip()


def speak(command: Any, lang: Lang) -> None:
    """Let the help of a command and of all below it be in one language."""
    command.help = half(command.help or "", lang)
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = half(parameter.help, lang)
    for below in getattr(command, "commands", {}).values():
        speak(below, lang)


def dress(command: Any, lang: Lang, above: Any = None) -> None:
    """Let what typer itself writes around a help text be in one language too; only where help is asked for, since it is slow to load."""
    from typer import rich_utils

    context = command.context_class(command, parent=above, **command.context_settings)
    command.get_help_option(context).help = half("显示此帮助 / show this help", lang)
    for below in getattr(command, "commands", {}).values():
        dress(below, lang, context)
    zh = lang == "zh"
    rich_utils.ARGUMENTS_PANEL_TITLE = "参数" if zh else "Arguments"
    rich_utils.OPTIONS_PANEL_TITLE = "选项" if zh else "Options"
    rich_utils.COMMANDS_PANEL_TITLE = "命令" if zh else "Commands"
    rich_utils.REQUIRED_LONG_STRING = "[必填]" if zh else "[required]"
    rich_utils.DEFAULT_STRING = "[默认:{}]" if zh else "[default: {}]"


def misused(error: Any, path: str) -> BadInput:
    """A usage error as our own, with exit code 2; ``path`` is the command as it was typed."""
    kind, said = type(error).__name__, error.format_message()
    if error.ctx is not None:
        path = error.ctx.command_path
    zh = said
    if kind == "NoSuchOption":
        zh = f"没有选项 {error.option_name}"
    elif kind == "MissingParameter":
        zh = f"缺少 {error.param.name}"
    elif kind == "BadOptionUsage":
        zh = f"选项 {error.option_name} 的用法不对"
    elif kind == "BadParameter":
        zh = f"参数的值不对:{said}"
    elif kind == "NoArgsIsHelpError":
        zh, said = "缺少子命令", "a subcommand is missing"
    elif said.startswith("Got unexpected"):
        zh = f"多余的参数:{said.partition(' ')[2].rpartition('(')[2].rstrip(')')}"
    elif said.startswith("No such command"):
        zh = f"没有子命令{said.removeprefix('No such command').rstrip('.')}"
    return BadInput(Text(zh, said), hint=Text(f"用 {path} --help 查看用法", f"see {path} --help"))
