"""The JSON Schema of the definition language, as editors use it: enumerations, patterns, and what each field means.

It describes the shape; what the parts say of each other (names, exactly one term) only the loader knows.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from workflow.procedure import model
from workflow.procedure.condition import OPERATORS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SCALAR = {"type": ["string", "integer", "boolean", "number"]}
_CONDITION: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "description": "Comparisons of facts; several keys must all hold. {handling: complex}, {grade: [major, extreme]}, "
    "{deaths: {at_least: 3}}, "
    "{knew: {known: yes}}, {all: [...]}, {any: [...]}, {not: {...}}, {happened: seal}, {decided: {report_up: yes}}, {open: answer}.",
    "properties": {
        "all": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Condition"}, "description": "Each of them holds."},
        "any": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Condition"}, "description": "At least one of them holds."},
        "not": {"$ref": "#/$defs/Condition", "description": "It does not hold."},
        "happened": {"type": "string", "description": "An event that is in the case."},
        "open": {
            "type": "string",
            "description": "An obligation that has begun and is neither fulfilled nor ended; in the 'when' of an event.",
        },
        "decided": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {"enum": [True, False, "yes", "no", "是", "否"]},
            "description": "A decision and its answer.",
        },
    },
    "additionalProperties": {
        "description": "A fact: a value, a list of values, or comparisons.",
        "anyOf": [
            _SCALAR,
            {"type": "array", "minItems": 1, "items": _SCALAR},
            {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": False,
                "properties": {
                    o: {"type": "array", "minItems": 1, "items": _SCALAR}
                    if o == "in"
                    else {"enum": [True, False, "yes", "no"]}
                    if o == "known"
                    else _SCALAR
                    for o in OPERATORS
                },
            },
        ],
    },
}
_TERM: dict[str, Any] = {
    "description": "5 working days, 1 hour, 30日 roll, 5 days cutoff 17:30, promptly, immediately, by reference, unset, by 05-31, "
    "until 17:00, end of quarter; or a mapping such as {earlier_of: [5 working days, 10 days]}.",
    "anyOf": [
        {"type": "string", "examples": ["5 working days", "1 hour", "30 days roll", "promptly", "5个工作日"]},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "is": {"$ref": "#/$defs/Term", "description": "The term that the other keys qualify."},
                "earlier_of": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/Term"}},
                "later_of": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/Term"}},
                "not_later_than": {"$ref": "#/$defs/Term"},
                "roll": {"type": "boolean", "description": "The last day rolls past a holiday."},
                "cutoff": {"type": "string", "description": "The last day ends at this time of day."},
                "count_start_day": {"type": "boolean"},
                "window": {
                    "type": "object",
                    "properties": {"from": {"type": "string"}, "to": {"type": "string"}},
                    "required": ["from", "to"],
                },
                "date": {"type": "string"},
                "by": {"type": "string"},
                "inclusive": {"type": "boolean"},
                "until": {"type": "string"},
                "end_of": {"enum": ["week", "month", "quarter", "year"]},
            },
        },
    ],
}
_YES_NO = [True, False, "yes", "no"]


def json_schema() -> dict[str, Any]:
    """The schema as plain data."""
    found = model.Procedure.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = found.setdefault("$defs", {})
    for name, schema in [(model.Procedure.__name__, found), *definitions.items()]:
        _describe(name, schema)
    placed: dict[str, Any] = _place(found)
    placed["$defs"] |= {"Condition": _CONDITION, "Term": _TERM}
    return {"$schema": DIALECT, "title": "duban procedure", **{k: v for k, v in placed.items() if k != "title"}}


def models() -> Iterator[type[BaseModel]]:
    """Every part of a definition."""
    for thing in vars(model).values():
        if isinstance(thing, type) and issubclass(thing, model.Model) and thing is not model.Model:
            yield thing


def _describe(name: str, schema: dict[str, Any]) -> None:
    """Put what the model says beside a field into its schema."""
    said = _said().get(name, {})
    part = next((m for m in models() if m.__name__ == name), None)
    for field, info in part.model_fields.items() if part is not None else ():
        alias = info.alias or field
        if field in said and alias in schema.get("properties", {}):
            schema["properties"][alias]["description"] = said[field]


def _said() -> dict[str, dict[str, str]]:
    """For each model the text below each of its fields; empty where the source is not at hand."""
    try:
        tree = ast.parse(inspect.getsource(model))
    except OSError:
        return {}
    found: dict[str, dict[str, str]] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for field, text in zip(node.body, node.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
                    value = text.value
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        found.setdefault(node.name, {})[field.target.id] = " ".join(value.value.replace("``", "").split())
    return found


def _place(node: Any) -> Any:
    """Conditions and terms by reference; ``yes`` beside ``true``, as YAML 1.2 reads it as a word."""
    if isinstance(node, list):
        return [_place(n) for n in node]
    if not isinstance(node, dict):
        return node
    kept = {k: node[k] for k in ("description", "default") if k in node}
    if node.get("x-duban") == "condition":
        return {"$ref": "#/$defs/Condition", **kept}
    if node.get("x-duban") == "term":
        return {"$ref": "#/$defs/Term", **kept}
    if node.get("type") == "boolean":
        return {**kept, "enum": _YES_NO}
    placed = {k: _place(v) for k, v in node.items() if k != "title" or not isinstance(v, str)}
    if "patternProperties" in placed:
        placed.setdefault("additionalProperties", False)
    return placed


__all__ = ["DIALECT", "json_schema", "models"]
