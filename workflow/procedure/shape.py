"""What is wrong with the shape of a file, in both languages: nothing that pydantic says in English reaches a reader of Chinese."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic_core import ErrorDetails

from workflow.procedure.condition import faults
from workflow.procedure.model import NAME, Procedure
from workflow.procedure.source import Path, Problem, Source
from workflow.text import Text

_QUOTE = Text("加引号", "put it in quotes")
_SHAPES: dict[str, tuple[Text, Text | None]] = {
    "string_type": (Text("应为文字", "must be text"), _QUOTE),
    "string_too_long": (Text("文字过长", "the text is too long"), None),
    "bool_parsing": (Text("应为 true 或 false", "must be true or false"), None),
    "bool_type": (Text("应为 true 或 false", "must be true or false"), None),
    "int_parsing": (Text("应为整数", "must be an integer"), None),
    "int_type": (Text("应为整数", "must be an integer"), None),
    "int_from_float": (Text("应为整数", "must be an integer"), None),
    "tuple_type": (Text("应为列表", "must be a list"), Text("写成 [甲, 乙] 或每行一个“- ”", "write [a, b], or one '- ' a line")),
    "dict_type": (Text("应为映射", "must be a mapping"), Text("写成“键: 值”", "write 'key: value'")),
    "model_type": (Text("应为映射", "must be a mapping"), Text("写成“键: 值”", "write 'key: value'")),
    "model_attributes_type": (Text("应为映射", "must be a mapping"), Text("写成“键: 值”", "write 'key: value'")),
    "date_parsing": (Text("不是日期", "not a date"), Text("写 2026-09-24", "write 2026-09-24")),
    "date_from_datetime_parsing": (Text("不是日期", "not a date"), Text("写 2026-09-24", "write 2026-09-24")),
    "date_type": (Text("不是日期", "not a date"), Text("写 2026-09-24", "write 2026-09-24")),
}
_NAMED = Text(
    "名称以小写字母开头,只用小写字母、数字、下划线和连字符",
    "a name begins with a lower-case letter; then lower-case letters, digits, _ and -",
)
_PATH = Text("状态路径是用点连接的名称", "the path of a state is names joined by dots")
_VERSIONED = Text("版本只能用字母、数字、点、下划线和连字符", "a version is letters, digits, dots, underscores and hyphens")


def problems(source: Source, path: Path, error: ErrorDetails) -> Iterator[Problem]:
    """One error of shape as the problems that it stands for: a condition may be wrong in several places."""
    if error["type"] == "condition":
        for fault in faults(error["input"]):
            yield source.problem((*path, *fault.path), fault.message, fault.hint)
    else:
        yield source.problem(path, *_said(path, error))


def _said(path: Path, error: ErrorDetails) -> tuple[Text, Text | None]:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _fields(path[:-1])
        return Text(f"不认识的项 {path[-1]}", f"unknown field {path[-1]}"), _suggest(str(path[-1]), known)
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        message = Text(f"应为其中之一:{'、'.join(allowed)}", f"must be one of {', '.join(allowed)}")
        near = difflib.get_close_matches(str(error["input"]), allowed, n=1)
        return message, _suggest(near[0], near) if near else None
    if kind == "duban":
        hint = Text(str(context["hint_zh"]), str(context["hint_en"]))
        return Text(str(context["zh"]), str(context["en"])), hint if hint.zh else None
    if kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern", ""))
        if pattern == r"\S":
            return Text("不能为空", "must not be empty"), Text("中文和英文都要写", "write it in both languages")
        what = _NAMED if pattern == NAME else _PATH if r"\." in pattern else _VERSIONED
        return Text(f"{error['input']} 不可用", f"{error['input']} cannot be used"), what
    if kind == "string_too_short":
        return Text("不能为空", "must not be empty"), None
    if kind == "greater_than_equal":
        return Text(f"不能小于 {context.get('ge')}", f"must be at least {context.get('ge')}"), None
    if kind == "missing" and path and path[-1] in ("zh", "en"):
        lack = (
            Text("缺少中文名称", "the Chinese label is missing")
            if path[-1] == "zh"
            else Text("缺少英文名称", "the English label is missing")
        )
        return lack, Text(f"写 {path[-1]}: …", f"write {path[-1]}: ...")
    if kind == "missing":
        return Text(f"缺少 {path[-1]}", f"{path[-1]} is missing"), None
    if kind in _SHAPES:
        return _SHAPES[kind]
    return Text("此值无效", f"not valid: {error['msg']}"), None


def _suggest(word: str, known: list[str]) -> Text:
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?")
    return Text("可用:" + "、".join(known), "known: " + ", ".join(known))


@cache
def _schema() -> dict[str, Any]:
    return Procedure.model_json_schema(by_alias=True)


def _fields(path: Path) -> list[str]:
    """The field names that the model knows at a path, for a suggestion; empty where it cannot be told."""
    schema: Any = _schema()
    definitions = schema.get("$defs", {})
    node: Any = schema
    for step in path:
        node = _step(node, step, definitions)
    node = _deref(node, definitions)
    return sorted(node.get("properties", {})) if isinstance(node, dict) else []


def _deref(node: Any, definitions: dict[str, Any]) -> Any:
    while isinstance(node, dict):
        if "$ref" in node:
            node = definitions[node["$ref"].rsplit("/", 1)[1]]
        elif "anyOf" in node:
            node = next((n for n in node["anyOf"] if "$ref" in n or n.get("type") in ("object", "array")), {})
        else:
            break
    return node


def _step(node: Any, step: str | int, definitions: dict[str, Any]) -> Any:
    node = _deref(node, definitions)
    if not isinstance(node, dict):
        return {}
    if isinstance(step, int):
        return node.get("items", {})
    if step in node.get("properties", {}):
        return node["properties"][step]
    extra = node.get("additionalProperties")
    patterns = list(node.get("patternProperties", {}).values())
    return extra if isinstance(extra, dict) else patterns[0] if patterns else {}
