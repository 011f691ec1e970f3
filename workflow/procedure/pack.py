"""Rule packs: cited rules that are added to a procedure, and the procedure that the two make together.

A pack says nothing new about the course of a case; it adds duties, and the documents, clauses, roles, facts, events and decisions that they
need. Procedure and packs make a procedure with a version of its own (``2010-1+plan-filing-2024``) and a hash, checked like any other. Where
a duty of a pack names the duty of the procedure that demands the same thing as its ``duty`` key, both keep a row each, side by side (S8.3).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from pydantic import Field, ValidationError

from workflow.errors import BadInput
from workflow.journal.canonical import Json, canonical, digest, parse_canonical
from workflow.procedure.check import Check
from workflow.procedure.load import PLUS, Definition, define, mapped, paired, settled
from workflow.procedure.model import Day, InForce, Model, Name, Procedure, Version, Words
from workflow.procedure.shape import problems
from workflow.procedure.source import BrokenDefinition, Path, Problem, Source, read_source
from workflow.text import Text

SECTIONS = ("documents", "basis", "roles", "elements", "facts", "events", "decisions", "obligations")
"""What a pack may add, by name; and ``notes``, a list."""


class Validity(Model):
    since: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    """The last day on which it is in force."""


class Head(Model):
    """What a pack says of itself."""

    pack: Name
    version: Version
    zh: Words
    en: Words
    extends: Name
    """The procedure that it adds to."""
    in_force: Validity = Validity()


@dataclass(frozen=True)
class Pack:
    """A pack as it was read; what it adds is checked with the procedure that it extends."""

    head: Head
    source: Source = field(compare=False)
    data: bytes
    hash: str

    @property
    def name(self) -> str:
        return self.head.pack

    @property
    def ref(self) -> str:
        return f"{self.head.pack}@{self.head.version}"

    @property
    def title(self) -> Text:
        return Text(self.head.zh, self.head.en)

    @property
    def tag(self) -> str:
        """What it adds to the version of the procedure."""
        return self.head.pack if self.head.version == "1" else f"{self.head.pack}.{self.head.version}"

    def in_force(self, day: date) -> bool:
        since, until = self.head.in_force.since, self.head.in_force.until
        return (since is None or since <= day) and (until is None or day <= until)


def read_pack(text: bytes | str, name: str) -> Pack:
    """Read a pack file. Raises :class:`~workflow.procedure.source.BrokenDefinition`; ``name`` is used in its messages."""
    return _pack(read_source(text, name))


def thaw_pack(data: bytes, name: str) -> Pack:
    """The pack that canonical bytes hold, as a store keeps them."""
    return _pack(Source(name, mapped(parse_canonical(data)), {}))


def is_pack(source: Source) -> bool:
    """Whether a file is a pack, and not a procedure."""
    return isinstance(source.data, dict) and "pack" in source.data


def _pack(source: Source) -> Pack:
    if not isinstance(source.data, dict):
        raise BrokenDefinition(source.name, [source.problem((), Text("文件不是一个映射", "the file is not a mapping"))])
    found: list[Problem] = []
    known = [f.alias or n for n, f in Head.model_fields.items()]
    for key, value in source.data.items():
        if key in SECTIONS or key == "notes":
            wanted, what = (list, Text("列表", "a list")) if key == "notes" else (dict, Text("映射", "a mapping"))
            if not isinstance(value, wanted):
                found.append(source.problem((key,), Text(f"应为{what.zh}", f"must be {what.en}")))
        elif key not in known:
            near = difflib.get_close_matches(key, [*known, *SECTIONS, "notes"], n=1)
            hint = Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?") if near else None
            found.append(source.problem((key,), Text(f"规则包不能有 {key}", f"a pack has no '{key}'"), hint))
    head: Head | None = None
    try:
        head = Head.model_validate({k: v for k, v in source.data.items() if k in known})
    except ValidationError as error:
        found += [p for e in error.errors() for p in problems(source, tuple(e["loc"]), e)]
    if head is not None and "+" in head.version:
        found.append(source.problem(("version",), PLUS))
    if found or head is None:
        raise BrokenDefinition(source.name, found)
    data = canonical(paired(settled(source.data)))
    return Pack(head, source, data, digest(data))


def composed_version(version: str, packs: Iterable[Pack]) -> str:
    """``2010-1+plan-filing-2024``: the same for the same packs, in whatever order they were switched on."""
    return "+".join([version, *(pack.tag for pack in _ordered(packs))])


def active(packs: Iterable[Pack], day: date) -> tuple[Pack, ...]:
    """Those of the packs that are in force on a day (S8.1)."""
    return tuple(pack for pack in packs if pack.in_force(day))


def compose(base: Definition, packs: Iterable[Pack], calendars: Collection[str] | None = None) -> Definition:
    """The procedure that a procedure and its packs make together, checked like any other.

    Raises :class:`~workflow.procedure.source.BrokenDefinition` for what does not fit, with the place in the pack, and
    :class:`~workflow.errors.BadInput` for a pack of another procedure.
    """
    added = _ordered(packs)
    for pack in added:
        if pack.head.extends != base.procedure.procedure:
            why = f"the pack {pack.name} extends {pack.head.extends}, not {base.procedure.procedure}"
            raise BadInput(Text(f"规则包 {pack.name} 补充的是 {pack.head.extends},不是 {base.procedure.procedure}", why))
    if not added:
        return base
    data, places, found = _merged(base, added)
    name = added[0].source.name if len(added) == 1 else " + ".join(pack.name for pack in added)
    if found:
        raise BrokenDefinition(name, found)
    data["version"] = composed_version(base.procedure.version, added)
    force = _in_force(base.procedure, added)
    if force:
        data["in_force"] = force
    return define(Source(name, data, places), lambda p, draft: Check(p, draft, calendars).problems())


def compositions(base: Definition, packs: Iterable[Pack], calendars: Collection[str] | None = None) -> tuple[Definition, ...]:
    """Every procedure that a procedure and the packs in force make together on some day, in order of time; each once."""
    wanted = _ordered(packs)
    force = base.procedure.in_force
    days = {force.since or date.min, *(p.head.in_force.since for p in wanted if p.head.in_force.since is not None)}
    days |= {p.head.in_force.until + timedelta(days=1) for p in wanted if p.head.in_force.until is not None}
    sets = dict.fromkeys(active(wanted, day) for day in sorted(days) if _binds(force, day))
    return tuple(compose(base, found, calendars) for found in sets if found)


def _binds(force: InForce, day: date) -> bool:
    return (force.since is None or force.since <= day) and (force.until is None or day <= force.until)


def _ordered(packs: Iterable[Pack]) -> list[Pack]:
    return sorted(packs, key=lambda pack: pack.tag)


def _merged(base: Definition, packs: Iterable[Pack]) -> tuple[dict[str, Any], dict[Path, tuple[int, int]], list[Problem]]:
    """The content of both, where each part stands in its pack, and what two of them say otherwise under one name."""
    data = cast("dict[str, Any]", base.content())
    places: dict[Path, tuple[int, int]] = {}
    found: list[Problem] = []
    for pack in packs:
        places |= pack.source.places
        said = settled(pack.source.data)
        for section in SECTIONS:
            table = data[section] = {**data.get(section, {})}
            for name, thing in said.get(section, {}).items():
                if name in table and table[name] != thing:
                    why = Text(f"{name} 已有别的内容", f"{name} is there already, with other content")
                    found.append(pack.source.problem((section, name), why, Text("换一个名称", "choose another name")))
                table[name] = thing
        if said.get("notes"):
            data["notes"] = [*data.get("notes", []), *said["notes"]]
        data["obligations"] = dict(_abreast(data["obligations"], said.get("obligations", {})))
    return data, places, found


def _abreast(duties: Mapping[str, Any], added: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The duties, where one that a pack names as its ``duty`` key bears that key itself."""
    keys = {o["duty"] for o in added.values() if isinstance(o, dict) and isinstance(o.get("duty"), str)}
    for name, duty in duties.items():
        yield name, {**duty, "duty": name} if name in keys and isinstance(duty, dict) and "duty" not in duty else duty


def _in_force(p: Procedure, packs: Iterable[Pack]) -> dict[str, Json]:
    """The days on which the procedure and all of the packs are in force."""
    spans = [(p.in_force.since, p.in_force.until), *((k.head.in_force.since, k.head.in_force.until) for k in packs)]
    since = max((s for s, _ in spans if s is not None), default=None)
    until = min((u for _, u in spans if u is not None), default=None)
    named: dict[str, Json] = {}
    if since is not None:
        named["from"] = since.isoformat()
    if until is not None:
        named["until"] = until.isoformat()
    if p.in_force.by:
        named["by"] = list(p.in_force.by)
    return named
