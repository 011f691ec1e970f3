"""YAML 1.2 text as plain data that remembers where each value stood.

A definition is data from outside: its size, depth and node count are bounded, anchors and aliases are refused (an alias bomb needs them, a
procedure does not), and a duplicate key is an error. ``12:30`` stays text, ``NO`` stays a word, a date stays its text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from workflow.errors import DefinitionError
from workflow.text import Lang, Text

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_NODES = 100_000

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: where, what, and what to do."""

    line: int
    column: int
    field: str
    message: Text = dataclasses.field(compare=False)
    hint: Text | None = dataclasses.field(default=None, compare=False)

    def say(self, name: str, lang: Lang) -> str:
        hint = f"\n    → {self.hint.say(lang)}" if self.hint else ""
        at = f" {self.field}" if self.field else ""
        return f"{name}:{self.line}:{self.column}:{at} {self.message.say(lang)}{hint}"


class BrokenDefinition(DefinitionError):
    """A file that is refused, with *all* its problems in the order of the file."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.name = name
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        super().__init__(Text(f"定义有 {count} 处错误", f"the definition has {count} problem(s)"), where=name)

    def say(self, lang: Lang) -> str:
        return "\n".join([*(p.say(self.name, lang) for p in self.problems), super().say(lang)])


@dataclass(frozen=True, slots=True)
class Source:
    """Plain data and the place (line, column; both from 1) of every key and item."""

    name: str
    data: Any
    places: Mapping[Path, tuple[int, int]]

    def place(self, path: Path) -> tuple[int, int]:
        """Of the value itself, or of the nearest enclosing one that is in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def problem(self, path: Path, message: Text, hint: Text | None = None) -> Problem:
        line, column = self.place(path)
        return Problem(line, column, ".".join(str(p) for p in path), message, hint)


def read_source(text: bytes | str, name: str) -> Source:
    """Parse one YAML document. Raises :class:`BrokenDefinition`."""
    raw = text.encode() if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        raise _broken(name, (1, 1), Text(f"文件超过 {MAX_BYTES} 字节", f"the file is larger than {MAX_BYTES} bytes"))
    try:
        decoded = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _broken(name, (line, 1), Text("文件不是 UTF-8", "the file is not UTF-8"), Text("另存为 UTF-8", "save it as UTF-8")) from None
    try:
        _bounded(decoded, name)
        node = _yaml().compose(decoded)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _broken(name, (line, column), Text(f"YAML 语法错误:{error.problem}", f"not valid YAML: {error.problem}")) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise _broken(name, (1, 1), Text(f"YAML 无法读取:{error}", f"the YAML cannot be read: {error}")) from None
    if node is None:
        raise _broken(name, (1, 1), Text("文件是空的", "the file is empty"))
    places: dict[Path, tuple[int, int]] = {}
    problems: list[Problem] = []
    data = _plain(node, (), places, problems)
    if problems:
        raise BrokenDefinition(name, problems)
    return Source(name, data, places)


def _yaml() -> YAML:
    return YAML(typ="rt", pure=True)


def _broken(name: str, place: tuple[int, int], message: Text, hint: Text | None = None) -> BrokenDefinition:
    return BrokenDefinition(name, [Problem(*place, "", message, hint)])


def _bounded(text: str, name: str) -> None:
    depth = 0
    for nodes, event in enumerate(_yaml().parse(text), 1):
        kind = type(event).__name__
        mark = event.start_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            raise _broken(
                name, place, Text("不允许锚点和别名", "anchors and aliases are not allowed"), Text("把内容写全", "write the content out")
            )
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            depth += 1
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            depth -= 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise _broken(name, place, Text("嵌套过深或内容过多", "nested too deeply, or too much content"))
        if kind == "DocumentStartEvent" and nodes > 2:
            raise _broken(name, place, Text("一个文件只能有一个文档", "one document a file"))


def _plain(node: Node, path: Path, places: dict[Path, tuple[int, int]], problems: list[Problem]) -> Any:
    mark = node.start_mark
    places.setdefault(path, (mark.line + 1, mark.column + 1))
    if isinstance(node, MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, ScalarNode) else "?"
            here = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, ScalarNode):
                problems.append(Problem(*here, ".".join(map(str, path)), Text("键必须是文字", "a key must be plain text")))
                continue
            if key in found:
                first = places[(*path, key)][0]
                message = Text(f"重复的键 {key!r}(首次在第 {first} 行)", f"duplicate key {key!r} (first on line {first})")
                problems.append(Problem(*here, ".".join(map(str, (*path, key))), message, Text("删去其中一个", "remove one of them")))
                continue
            places[(*path, key)] = here
            found[key] = _plain(value_node, (*path, key), places, problems)
        return found
    if isinstance(node, SequenceNode):
        return [_plain(item, (*path, i), places, problems) for i, item in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: Node) -> Any:
    tag = str(node.tag)
    if tag.endswith(":bool"):
        return node.value.lower() == "true"
    if tag.endswith(":null"):
        return None
    if tag.endswith(":int"):
        try:
            return int(node.value, 0)
        except ValueError:
            return node.value
    return node.value  # floats, dates and times keep their text: nothing here is computed in floating point
