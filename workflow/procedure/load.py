"""A procedure file, validated: refused with all its errors at once, each with its place, or a frozen model with its content hash."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError

from workflow.journal.canonical import Json, canonical, digest, parse_canonical
from workflow.procedure import model
from workflow.procedure.check import Check
from workflow.procedure.draft import Draft
from workflow.procedure.model import Procedure
from workflow.procedure.shape import problems
from workflow.procedure.source import BrokenDefinition, Problem, Source, read_source
from workflow.text import Text


@dataclass(frozen=True)
class Definition:
    """A validated procedure, the canonical bytes of its content, and their hash."""

    procedure: Procedure
    data: bytes
    hash: str

    def content(self) -> Json:
        """What the file says, as plain data."""
        return cast(Json, mapped(parse_canonical(self.data)))


def load(text: bytes | str, name: str, calendars: Collection[str] | None = None) -> Definition:
    """Read a procedure file. Raises :class:`~workflow.procedure.source.BrokenDefinition`; ``name`` is used in its messages.

    ``calendars`` are the names of those there are; without it the calendar that the procedure names is not looked up.
    """
    return of_source(read_source(text, name), calendars)


def of_source(source: Source, calendars: Collection[str] | None = None) -> Definition:
    """The same of a file that was read already."""
    return define(source, lambda p, draft: (*Check(p, draft, calendars).problems(), *_reserved(p, draft)))


@lru_cache(maxsize=128)
def thaw(data: bytes, name: str) -> Definition:
    """The definition that canonical bytes hold, as a store keeps them; all engines of a process share it.

    It was checked when it was added; what a later version checks besides does not make the rules of a case unreadable (promise 9).
    """
    content = mapped(parse_canonical(data))
    try:
        return Definition(Procedure.model_validate(content), data, digest(data))
    except ValidationError:  # told as of a file
        return define(Source(name, content, {}), lambda p, draft: ())


def _reserved(p: Procedure, draft: Draft) -> Iterable[Problem]:
    """What only a procedure that was composed with packs has in its version."""
    if "+" in p.version:
        yield draft.problem(("version",), PLUS)
    elif len(p.version) > 60:
        yield draft.problem(("version",), Text("文字过长", "the text is too long"))


PLUS = Text("版本中的 + 由规则包的组合使用", "a '+' in a version is kept for what procedures and packs make together")


def define(source: Source, check: Callable[[Procedure, Draft], Iterable[Problem]]) -> Definition:
    """A procedure out of plain data. ``check`` says what is wrong besides its shape."""
    if not isinstance(source.data, dict):
        hint = Text("以 procedure: 开头", "begin with 'procedure:'")
        raise BrokenDefinition(source.name, [source.problem((), Text("文件不是一个映射", "the file is not a mapping"), hint)])
    draft = Draft(source)
    procedure, errors = draft.validate()
    found = [p for path, error in errors for p in problems(source, path, error)]
    if procedure is not None:
        found.extend(check(procedure, draft))
    if found or procedure is None:
        raise BrokenDefinition(source.name, found)
    data = canonical(paired(settled(source.data)))
    return Definition(procedure, data, digest(data))


@cache
def _scalars() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The names of fields whose value is yes or no, a number, or text that may look like a number."""
    yes_no, number, text = set(), set(), {"version"}
    for thing in vars(model).values():
        if isinstance(thing, type) and issubclass(thing, BaseModel):
            for name, field in thing.model_fields.items():
                if field.annotation is bool:
                    yes_no.add(field.alias or name)
                elif int in (field.annotation, *get_args(field.annotation)):
                    number.add(field.alias or name)
    return frozenset(yes_no), frozenset(number), frozenset(text)


def settled(value: Any, field: str = "") -> Any:
    """The same content in one spelling: ``yes`` and ``true``, ``1`` and ``"1"`` are the same where a field can only mean one."""
    if isinstance(value, dict):
        return {k: settled(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [settled(v) for v in value]
    yes_no, number, text = _scalars()
    if field in yes_no and isinstance(value, (str, int)) and str(value).lower() in _SPELLED:
        return _SPELLED[str(value).lower()]
    if field in number and isinstance(value, str) and value.isdecimal():
        return int(value)
    return str(value) if field in text and isinstance(value, int) and not isinstance(value, bool) else value


_SPELLED = {**dict.fromkeys(("true", "yes", "y", "on", "t", "1"), True), **dict.fromkeys(("false", "no", "n", "off", "f", "0"), False)}


def paired(value: Any) -> Json:
    """Mappings as lists of pairs: the order of a file decides ties between clock events, so it is part of the content."""
    if isinstance(value, dict):
        return {"map": [[k, paired(v)] for k, v in value.items()]}
    if isinstance(value, list):
        return [paired(v) for v in value]
    return cast(Json, value)


def mapped(value: Json) -> Any:
    """The plain data of :func:`paired`."""
    if isinstance(value, dict):
        return {str(pair[0]): mapped(pair[1]) for pair in cast(list[list[Json]], value["map"])}
    if isinstance(value, list):
        return [mapped(v) for v in value]
    return value
