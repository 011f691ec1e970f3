"""Ways to damage a definition, one place at a time, made from the kinds of fields that the JSON Schema of the language declares."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

from workflow.errors import BadTerm
from workflow.procedure.schema import json_schema
from workflow.term import Offset, Recurrence
from workflow.term.model import clock, parse

Kind = Literal["name", "term", "condition", "choice", "switch", "number", "point", "label", "text", "part", "list", "table"]
Place = tuple[str | int, ...]
Class = Literal["defect", "rule", "prose"]
"""``defect``: it counts. ``rule``: another rule that somebody could mean, which no checker can know to be wrong. ``prose``: what only
people read."""

WHO_AND_WHY = frozenset({"roles", "basis", "elements", "documents"})
"""Who, on what ground, with what evidence: another one that is there is another rule."""


class Site(NamedTuple):
    """One place of a definition that can be damaged."""

    place: Place
    field: str
    """Part and field: ``Obligation.met_by``."""
    kind: Kind
    schema: Mapping[str, Any]
    value: Any
    required: bool


class Mutant(NamedTuple):
    site: Site
    operator: str
    value: Any
    """What stands there instead; ``GONE``: nothing."""
    group: Class


GONE: Any = object()


# the places


@cache
def language() -> Mapping[str, Any]:
    return json_schema()


def sites(data: Mapping[str, Any]) -> Iterator[Site]:
    """Every place of a definition, with the kind of field that the schema says it is."""
    yield from _part("Procedure", language(), data, ())


def _part(name: str, schema: Mapping[str, Any], value: Any, place: Place) -> Iterator[Site]:
    for field, inner in schema.get("properties", {}).items():
        if isinstance(value, dict) and field in value:
            yield from _field(f"{name}.{field}", inner, value[field], (*place, field), field in schema.get("required", ()))


def _field(field: str, schema: Mapping[str, Any], value: Any, place: Place, required: bool) -> Iterator[Site]:
    options = [o for o in schema.get("anyOf", ()) if o.get("type") != "null"]
    if len(options) == 1:
        schema = options[0]
    kind = _kind(schema, value)
    yield Site(place, field, kind, schema, value, required)
    reference = schema.get("$ref", "").rsplit("/", 1)[-1]
    if kind == "part":
        yield from _part(reference, language()["$defs"][reference], value, place)
    elif kind == "list":
        for i, item in enumerate(value):
            yield from _field(f"{field}[]", schema["items"], item, (*place, i), True)
    elif kind == "table":
        inner = next(iter(schema["patternProperties"].values())) if "patternProperties" in schema else schema["additionalProperties"]
        for key, item in value.items():
            yield from _field(f"{field}{{}}", inner, item, (*place, key), True)


def _kind(schema: Mapping[str, Any], value: Any) -> Kind:
    reference = schema.get("$ref", "").rsplit("/", 1)[-1]
    if reference in ("Term", "Condition"):
        return "term" if reference == "Term" else "condition"
    if reference:
        return "part"
    if any(o.get("$ref", "").endswith("Condition") for o in schema.get("anyOf", ())):
        return "condition"
    if "enum" in schema:
        return "switch" if True in schema["enum"] else "choice"
    if schema.get("type") == "array":
        return "list"
    if schema.get("type") == "object":
        return "table"
    if schema.get("type") == "integer":
        return "number"
    if schema.get("pattern", "").startswith("^[a-z]") or any(o.get("type") == "array" for o in schema.get("anyOf", ())):
        return "name"
    if schema.get("pattern") == "\\S":
        return "label"
    return "point" if any(c.isdigit() for c in str(value)) and field_of_time(str(value)) else "text"


def field_of_time(value: str) -> bool:
    """Whether a text is a point in time, a day or a recurrence."""
    for read in (Offset.parse, Recurrence.parse, clock, lambda t: parse(f"by {t}")):
        try:
            read(value)
        except BadTerm:
            continue
        return True
    return False


def tables(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names that a definition declares, by table; states by their paths."""
    found = {k: list(v) for k, v in data.items() if isinstance(v, dict) and k not in ("states", "in_force", "period")}
    found["states"] = []

    def walk(states: Any, prefix: str) -> None:
        for name, state in states.items():
            found["states"].append(f"{prefix}{name}")
            walk(state.get("states", {}), f"{prefix}{name}.")

    walk(data["states"], "")
    return found


def table_of(site: Site, names: Mapping[str, Sequence[str]]) -> str:
    """The table that the names in a field come from; empty for a name that is declared where it stands (a lead, an own id)."""
    values = [v for v in (site.value if isinstance(site.value, list) else [site.value]) if isinstance(v, str)]

    def there(value: str, table: str) -> bool:
        if table == "states":
            return any(s == value or s.endswith("." + value) for s in names[table])
        return value in names[table] or (table == "basis" and value.split(".")[0] in names[table])

    ready = [v for v in values if v not in _SPECIAL]
    return next((t for t in sorted(names) if ready and all(there(v, t) for v in ready) and t in _TABLES.get(site.field, (t,))), "")


_TABLES: dict[str, set[str]] = {}
"""For each field the tables that its names come from in every shipped definition: one name may stand in two tables."""


def learn(definitions: Sequence[Mapping[str, Any]]) -> None:
    """Read off the shipped definitions which table each field refers to: the one in which all its names are, everywhere."""
    for data in definitions:
        names = tables(data)
        for site in sites(data):
            if site.kind == "name":
                values = [v for v in (site.value if isinstance(site.value, list) else [site.value]) if v not in _SPECIAL]
                fits = {t for t in names if all(v in _paths(names, t) or (t == "basis" and v.split(".")[0] in names[t]) for v in values)}
                if values:
                    _TABLES[site.field] = _TABLES.get(site.field, fits) & fits


_SPECIAL = ("case", "any", "clock", "engine", "unit", "withdrawn", "voided", "reopened")


def _paths(names: Mapping[str, Sequence[str]], table: str) -> set[str]:
    if table != "states":
        return set(names[table])
    return {".".join(s.split(".")[-n:]) for s in names[table] for n in range(1, s.count(".") + 2)}


# the ways to damage


def mutants(data: Mapping[str, Any], chance: random.Random) -> Iterator[Mutant]:
    names = tables(data)
    for site in sites(data):
        if site.place in (("procedure",), ("version",)):
            continue
        for operator, value, group in OPERATORS[site.kind](site, names, chance):
            yield Mutant(site, operator, value, group)
        if site.required and isinstance(site.place[-1], str) and not site.field.endswith("}"):
            yield Mutant(site, "a required field is dropped", GONE, "defect")


Damage = Iterator[tuple[str, Any, Class]]


def _policy(site: Site, names: Mapping[str, Sequence[str]]) -> bool:
    table = table_of(site, names)
    return table in WHO_AND_WHY or not table


def _names(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    several = isinstance(site.value, list)
    values = list(site.value) if several else [site.value]
    at = chance.randrange(len(values)) if values else 0
    group: Class = "rule" if _policy(site, names) else "defect"
    table = table_of(site, names)
    if table and values:
        wrong = [*values[:at], "nobody_of_that_name", *values[at + 1 :]]
        yield "a name is misspelt", wrong if several else wrong[0], "defect"
        others = [n for n in names[table] if n not in values and not any(n.endswith("." + v) for v in values)]
        if others:
            other = [*values[:at], chance.choice(others), *values[at + 1 :]]
            yield "a name is another of its kind", other if several else other[0], group
    if len(values) > 1:
        yield "a list loses a name", [*values[:at], *values[at + 1 :]], group
    if not site.required:
        yield "an optional is dropped", GONE, group


def _terms(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    text = site.value if isinstance(site.value, str) else ""
    number = next((w for w in text.split() if w.isdigit()), "")
    if number:
        yield "an amount is scaled", text.replace(number, str(int(number) * chance.choice((2, 3, 10))), 1), "rule"
        yield "an amount is nought", text.replace(number, "0", 1), "defect"
        yield "an amount is negative", text.replace(number, f"-{number}", 1), "defect"
        for one, other in (("working day", "hour"), ("hour", "day"), ("day", "hour"), ("month", "day"), ("minute", "hour")):
            if one in text:
                yield "a unit is another", f"{number} {other}s", "rule"
                break
        yield "a number becomes a word", "promptly", "rule"
    elif text:
        yield "a word becomes a number", "2 hours", "rule"
    yield "a term cannot be read", "soonish", "defect"
    if not site.required:
        yield "an optional is dropped", GONE, "rule"


def _conditions(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    if isinstance(site.value, dict):
        yield "a condition is negated", {"not": site.value}, "defect"
        yield "a condition is doubled with its contrary", {"all": [site.value, {"not": site.value}]}, "defect"
        key = chance.choice(list(site.value))
        yield "a condition reads something unknown", {**{k: v for k, v in site.value.items() if k != key}, "nothing_known": "x"}, "defect"
        if len(site.value) > 1:
            yield "a condition loses a part", {k: v for k, v in site.value.items() if k != key}, "rule"
        yield "a compared value is misspelt", {**site.value, key: "misspelt"}, "defect"
    if not site.required:
        yield "a condition is dropped", GONE, "defect"


def _choices(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    others = [o for o in site.schema["enum"] if o != site.value]
    if others:
        yield "a choice is another", chance.choice(others), "rule"
    yield "a choice is misspelt", f"{site.value}x", "defect"
    if not site.required:
        yield "an optional is dropped", GONE, "rule"


def _switches(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    on = site.value in (True, "yes")
    yield "a switch is flipped", not on, "defect" if site.field.startswith(("State.", "Event.")) else "rule"
    yield "a switch is misspelt", "perhaps", "defect"


def _numbers(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    yield "an amount is scaled", int(site.value) * 3, "rule"
    yield "an amount is nought", 0, "defect"
    yield "an amount is negative", -int(site.value), "defect"


def _points(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    text = str(site.value)
    digits = next((w for w in text.split() if w.isdigit()), "")
    if digits:
        yield "an amount is scaled", text.replace(digits, str(int(digits) * 10), 1), "rule"
        yield "an amount is negative", text.replace(digits, f"-{digits}", 1), "defect"
    for one, other in (("before", "after"), ("after", "before")):
        if text.endswith(one):
            yield "before and after change places", text[: -len(one)] + other, "rule"
    yield "a point in time cannot be read", "25:61", "defect"
    if not site.required:
        yield "an optional is dropped", GONE, "rule"


def _labels(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    yield "a label is another", f"{site.value} x", "prose"
    yield "a label is blank", " ", "defect"


def _texts(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    yield "a text is another", f"{site.value}x", "prose" if site.field.rsplit(".", 1)[-1] in _SHOWN else "defect"
    if not site.required:
        yield "an optional is dropped", GONE, "prose" if site.field.rsplit(".", 1)[-1] in _SHOWN else "rule"


_SHOWN = {"clause", "note", "unit"}
"""Texts that the reference of the language says are only shown."""


def _parts(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    if site.place and isinstance(site.place[-1], str) and not site.required and not site.field.endswith("}"):
        yield "an optional is dropped", GONE, "prose" if site.schema.get("$ref", "").endswith("/Label") else "rule"
    yield "a part becomes a word", "word", "defect"


def _lists(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    shown = site.schema["items"].get("$ref", "").endswith("/Label")
    if site.value:
        at = chance.randrange(len(site.value))
        yield "a list loses an item", [*site.value[:at], *site.value[at + 1 :]], "prose" if shown else "defect"
        yield "an item is doubled", [*site.value, copy.deepcopy(site.value[at])], "prose" if shown else "defect"
    yield "a list becomes a word", "word", "defect"


def _entries(site: Site, names: Mapping[str, Sequence[str]], chance: random.Random) -> Damage:
    keys = list(site.value)
    for key in chance.sample(keys, min(len(keys), 4)):
        yield "a table loses an entry", {k: v for k, v in site.value.items() if k != key}, "defect"
        yield "an entry is renamed", {(f"{k}_x" if k == key else k): v for k, v in site.value.items()}, "defect"
    if not site.required:
        yield "an optional is dropped", GONE, "defect"


OPERATORS: Mapping[Kind, Callable[[Site, Mapping[str, Sequence[str]], random.Random], Damage]] = {
    "name": _names,
    "term": _terms,
    "condition": _conditions,
    "choice": _choices,
    "switch": _switches,
    "number": _numbers,
    "point": _points,
    "label": _labels,
    "text": _texts,
    "part": _parts,
    "list": _lists,
    "table": _entries,
}
