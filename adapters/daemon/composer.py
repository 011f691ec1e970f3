"""The letters of messages: what the ledger says now of each, in the words of the templates."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import cast

from adapters.library import read_bytes
from workflow.act import Act
from workflow.case.clockwork import catch_up
from workflow.engine import Engine
from workflow.message import Templates, compose, short, words
from workflow.moment import utc
from workflow.outbox import Message
from workflow.procedure.source import read_source
from workflow.text import Lang, Text


def templates(path: Path | None = None) -> Templates:
    """The shipped templates, with what a site's own file says instead. Raises :class:`~workflow.procedure.source.BrokenDefinition`."""
    file = files("definitions") / "templates" / "messages.yaml"
    shipped = Templates.of(read_source(file.read_bytes(), file.name))
    return shipped if path is None else Templates.of(read_source(read_bytes(path), str(path)), shipped)


class Composer:
    def __init__(self, engine: Engine, found: Templates, lang: Lang) -> None:
        self._engine = engine
        self._templates = found
        self._lang: Lang = lang

    def compose(self, messages: Sequence[Message], brief: bool = False, safe: bool = False) -> tuple[str, str]:
        """Subject and body of the letter to one recipient.

        ``brief``: a line for each message, for a channel that has room for no more; ``safe``: with what the case is about.
        """
        said = [self._words(message, safe) for message in messages]
        subject, body = compose(self._templates, said, self._lang)
        return subject, "\n".join(short(self._templates, one, self._lang) for one in said) if brief else body

    def _words(self, message: Message, safe: bool) -> dict[str, Text]:
        engine = self._engine
        now = utc(engine.clock.now())
        standing = engine.case(message.case)
        world = engine.world(standing)
        case = catch_up(standing, world, now).case
        flag = case.acts[message.n - 1]
        row = next((r for r in engine.ledger(message.case) if r.key == message.row), None)
        why = ["instead"] if message.instead_of else _why(flag, message.recipient)
        return words(flag, row, case, world, why, now, message.doubtful, self._matter(message.case) if safe else "")

    def _matter(self, case: str) -> str:
        """What was said when the case was opened: what and where; empty when it was erased."""
        said = self._engine.private(case, 1)
        return ",".join(str(said[key]) for key in ("what", "where") if said.get(key))


def _why(flag: Act, person: str) -> list[str]:
    """On which grounds the flag names a person; none for a channel that has one place to send to."""
    to = flag.data.get("to")
    for one in to if isinstance(to, list) else ():
        if isinstance(one, dict) and one["person"] == person:
            return [str(w) for w in cast(list[str], one["why"])]
    return []
