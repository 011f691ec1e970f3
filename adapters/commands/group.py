"""A group of commands that shows when it is given nothing else to do: ``duban outbox`` is ``duban outbox show``."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

SHOW = "show"


class ShowByDefault(TyperGroup):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        return super().parse_args(ctx, args if first in self.commands or first in ("-h", "--help") else [SHOW, *args])
