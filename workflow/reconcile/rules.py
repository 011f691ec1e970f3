"""The rules by which two ledgers are matched: a small YAML file, refused with all its faults at once. No code, and no guess of ours.

Without rules only a reference, facts that both maps name, and times that can be equal bring two incidents together.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from workflow import term as terms
from workflow.errors import BadInput, DubanError
from workflow.logmap import Model, Word, Words, problem_of, wrong
from workflow.procedure.source import BrokenDefinition, Problem, read_source
from workflow.term.model import Span
from workflow.text import Lang, Text

Side = Literal["a", "b"]
OTHER: dict[Side, Side] = {"a": "b", "b": "a"}
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


class BrokenRules(BadInput):
    """A file of rules or decisions that is refused, with all its problems in the order of the file."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.name, self.problems = name, tuple(sorted(problems))
        page = "docs/how-to/reconcile-two-ledgers.md"
        super().__init__(
            Text(f"文件有 {len(self.problems)} 处错误", f"the file has {len(self.problems)} problem(s)"),
            where=name,
            hint=Text(f"见 {page}", f"see {page}"),
        )

    def say(self, lang: Lang) -> str:
        return "\n".join([*(p.say(self.name, lang) for p in self.problems), super().say(lang)])


def _length(text: str) -> str:
    _span(text)
    return text


def _span(text: str) -> timedelta:
    try:
        found = terms.parse(text)
    except DubanError:
        found = None
    if not isinstance(found, Span) or found.unit not in _UNITS or str(found).split(" ", 2)[2:]:
        raise wrong(f"{text!r} 不是一段时间,如 30 minutes、2小时", f"{text!r} is no length of time such as 30 minutes or 2 hours")
    return _UNITS[found.unit] * found.amount


class Columns(Model):
    """A column of either ledger, as its header row has it."""

    a: Word
    b: Word


class Key(Columns):
    same: dict[Word, Word] = Field(default_factory=dict)
    """Word of A → word of B that means the same."""
    must: bool = True
    """Two that differ are not the same incident; otherwise the difference only counts against the pair."""


class Times(Model):
    a: Words = ()
    b: Words = ()
    """Events of the procedure, the first of which in a case is compared; nothing: the first event of the case."""
    within: Annotated[str, BeforeValidator(str), AfterValidator(_length)] | None = None
    """How far apart the two may be; nothing: not at all."""

    @property
    def window(self) -> timedelta:
        return _span(self.within) if self.within is not None else timedelta(0)


class MatchRules(Model):
    ref: Columns | None = None
    """Columns that hold the same reference: equal, they decide; different, they exclude."""
    keys: dict[Word, Key] = Field(default_factory=dict)
    time: Times = Times()
    reports: Side | None = None
    """The side that should have what the other has."""
    duty: Word | None = None
    """The duty that an incident of the other side would have triggered."""
    note: str = ""

    @model_validator(mode="after")
    def _of_a_side(self) -> MatchRules:
        if self.duty is not None and self.reports is None:
            raise wrong("duty 需要 reports:哪一方应有记录", "'duty' needs 'reports': which side should have it")
        return self

    @property
    def mirrored(self) -> MatchRules:
        """The rules for the two ledgers the other way round."""
        keys = {
            name: Key(a=k.b, b=k.a, same={theirs: ours for ours, theirs in k.same.items()}, must=k.must) for name, k in self.keys.items()
        }
        ref = Columns(a=self.ref.b, b=self.ref.a) if self.ref is not None else None
        time = Times(a=self.time.b, b=self.time.a, within=self.time.within)
        return self.model_copy(
            update={"ref": ref, "keys": keys, "time": time, "reports": OTHER[self.reports] if self.reports is not None else None}
        )

    def columns(self, side: Side) -> list[str]:
        """The columns of a ledger that the rules name."""
        pairs = [*([self.ref] if self.ref is not None else []), *self.keys.values()]
        return [pair.a if side == "a" else pair.b for pair in pairs]


def read_rules(text: bytes | str, name: str) -> MatchRules:
    """Read a file of rules. Raises :class:`BrokenRules` with every problem, its line and its field."""
    try:
        source = read_source(text, name)
    except BrokenDefinition as broken:
        raise BrokenRules(name, broken.problems) from None
    if not isinstance(source.data, dict):
        raise BrokenRules(name, [source.problem((), Text("文件不是一个映射", "the file is not a mapping"))])
    try:
        return MatchRules.model_validate(source.data)
    except ValidationError as error:
        raise BrokenRules(name, [problem_of(source, e) for e in error.errors()]) from None
