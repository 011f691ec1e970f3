"""What people decided of pairs and of what one side does not have: shown beside what was computed, which it never changes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import BeforeValidator, ValidationError, model_validator

from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.logmap import Model, Word, problem_of, wrong
from workflow.procedure.source import BrokenDefinition, read_source
from workflow.reconcile.match import Matching
from workflow.reconcile.rules import BrokenRules
from workflow.text import Text


def _id(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[Word, BeforeValidator(_id)]


class Decision(Model):
    """``same`` or ``different`` of a pair; ``missing`` or ``explained`` of an incident that the other side does not have."""

    a: Id | None = None
    b: Id | None = None
    finding: Literal["same", "different", "missing", "explained"]
    who: Word
    why: Word

    @model_validator(mode="after")
    def _about(self) -> Decision:
        pair = self.a is not None and self.b is not None
        if pair != (self.finding in ("same", "different")) or (self.a is None and self.b is None):
            en = "same and different name a and b; missing and explained one of them"
            raise wrong("same、different 写明 a 和 b;missing、explained 只写一方", en)
        return self

    @property
    def about(self) -> tuple[str | None, str | None]:
        return self.a, self.b

    def document(self) -> dict[str, Json]:
        found: dict[str, Json] = {"finding": self.finding, "who": self.who, "why": self.why}
        return {**{side: name for side, name in (("a", self.a), ("b", self.b)) if name is not None}, **found}


def read_decisions(text: bytes | str, name: str) -> list[Decision]:
    """Read a file of decisions, a list. Raises :class:`~workflow.reconcile.rules.BrokenRules` with every problem."""
    try:
        source = read_source(text, name)
    except BrokenDefinition as broken:
        raise BrokenRules(name, broken.problems) from None
    if not isinstance(source.data, list):
        raise BrokenRules(name, [source.problem((), Text("文件不是一个列表", "the file is not a list"))])
    found: list[Decision] = []
    problems = []
    for n, item in enumerate(source.data):
        try:
            found.append(Decision.model_validate(item))
        except ValidationError as error:
            problems += [problem_of(source, {**e, "loc": (n, *e["loc"])}) for e in error.errors()]
    if problems:
        raise BrokenRules(name, problems)
    return found


def check_decisions(decisions: Collection[Decision], matching: Matching, name: str) -> None:
    """Raise :class:`~workflow.errors.BadInput` for a decision on what is not there to be decided, or a second one on the same."""
    pairs = {p.ids for p in matching.matched} | {p.ids for group in matching.ambiguous for p in group}
    pairs |= {p.ids for found in matching.beaten.values() for p in found}
    open_a = {i.id for i in matching.alone_a} | {p.a.id for group in matching.ambiguous for p in group}
    open_b = {i.id for i in matching.alone_b} | {p.b.id for group in matching.ambiguous for p in group}
    seen: set[tuple[str | None, str | None]] = set()
    for decision in decisions:
        a, b = decision.about
        fits = decision.about in pairs if a is not None and b is not None else a in open_a if a is not None else b in open_b
        what = " ".join(f"{side}: {word}" for side, word in (("a", a), ("b", b)) if word is not None)
        if not fits:
            raise BadInput(
                Text(
                    f"没有可以这样认定的:{what} {decision.finding}", f"nothing that is listed can be decided so: {what} {decision.finding}"
                ),
                where=name,
                hint=Text("只能认定列出的对应或未对应的", "only a pair or an unmatched incident that is listed can be decided"),
            )
        if decision.about in seen:
            raise BadInput(Text(f"重复认定:{what}", f"decided twice: {what}"), where=name)
        seen.add(decision.about)
