"""YAML 1.2 text as plain data that remembers where each value stood.

A definition is data from outside: its size, depth and node count are bounded; anchors, aliases, merge keys and tags are refused (an alias
bomb needs them, a procedure does not), and a duplicate key is an error. Scalars are read by the core schema of YAML 1.2 and no further:
``12:30`` stays text, ``NO`` and ``yes`` stay words, a date and a decimal number stay their text.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from unicodedata import normalize

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from workflow.errors import DefinitionError
from workflow.text import Lang, Text

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_NODES = 100_000
MAX_INTEGER = 2**53
"""Beyond it other readers of JSON round, so that a content hash would not be the same everywhere."""

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

    what: ClassVar[Text] = Text("定义", "definition")

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.name = name
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        zh, en = self.what.zh, self.what.en
        super().__init__(Text(f"{zh}有 {count} 处错误", f"the {en} has {count} problem{'s' if count != 1 else ''}"), where=name)

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
        while path and isinstance(path[-1], int) and path not in self.places:
            path = path[:-1]  # one name that stands for a list of one
        line, column = self.place(path)
        return Problem(line, column, ".".join(str(p) for p in path), message, hint)


def read_source(text: bytes | str, name: str) -> Source:
    """Parse one YAML document. Raises :class:`BrokenDefinition`."""
    if len(text) > MAX_BYTES or len(raw := text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text) > MAX_BYTES:
        raise _broken(
            name,
            (1, 1),
            Text(f"文件超过 {MAX_BYTES} 字节", f"the file is larger than {MAX_BYTES} bytes"),
            Text("一个程序一个文件", "one procedure a file"),
        )
    try:
        decoded = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        place = before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        raise _broken(name, place, Text("文件不是 UTF-8", "the file is not UTF-8"), Text("另存为 UTF-8", "save it as UTF-8")) from None
    reader = _Reader(name)
    try:
        data = reader.document(iter(YAML(typ="safe", pure=True).parse(decoded)))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what, hint = _syntax(str(error.problem or error.context or ""))
        raise _broken(name, (mark.line + 1, mark.column + 1) if mark else (1, 1), what, hint) from None
    except YAMLError as error:
        raise _unreadable(name, decoded, error) from None
    except RecursionError:
        raise _broken(name, (1, 1), _TOO_MUCH) from None
    if reader.problems:
        raise BrokenDefinition(name, reader.problems)
    return Source(name, data, reader.places)


_TOO_MUCH = Text("嵌套过深或内容过多", "nested too deeply, or too much content")

_SYNTAX: tuple[tuple[str, Text, Text | None], ...] = (
    (
        "mapping values are not allowed",
        Text("此处不能再有“键: 值”", "a 'key: value' is not possible here"),
        Text("检查缩进;含冒号的文字加引号", "check the indentation; put text that holds a colon in quotes"),
    ),
    (
        "found character '\\t'",
        Text("制表符不能用于缩进", "a tab cannot indent"),
        Text("改用空格", "use spaces"),
    ),
    (
        "unexpected end of stream",
        Text("文件提前结束:引号没有闭合", "the file ends inside quotes"),
        Text("补上引号", "close the quotes"),
    ),
    (
        "expected ',' or",
        Text("方括号或花括号没有闭合,或缺少逗号", "a bracket or brace is not closed, or a comma is missing"),
        Text("补上 ] 或 } 或逗号", "add ] or } or a comma"),
    ),
    (
        "expected <block end>",
        Text("缩进不一致", "the indentation does not match"),
        Text("同一层的键对齐", "align the keys of one level"),
    ),
    (
        "could not find expected ':'",
        Text("键后缺少冒号", "a key without its colon"),
        Text("写“键: 值”", "write 'key: value'"),
    ),
    (
        "cannot start any token",
        Text("文字不能以此字符开头", "text cannot begin with this character"),
        Text("给文字加引号", "put the text in quotes"),
    ),
)


def _syntax(problem: str) -> tuple[Text, Text | None]:
    """What the parser says, in both languages; what it says in English only is not put into a Chinese sentence."""
    for part, what, hint in _SYNTAX:
        if part in problem:
            return what, hint
    return Text("YAML 语法错误", f"not valid YAML: {problem}"), None


def _unreadable(name: str, text: str, error: YAMLError) -> BrokenDefinition:
    """A character that YAML does not allow at all, such as NUL: the reader gives its position only."""
    position = getattr(error, "position", 0)
    before = text[:position] if isinstance(position, int) else ""
    char = text[len(before) : len(before) + 1]
    code = f"U+{ord(char):04X}" if char else ""
    what = Text(f"文件含有不允许的字符 {code}", f"the file holds a character that is not allowed: {code}")
    place = before.count("\n") + 1, len(before) - before.rfind("\n")
    return _broken(name, place, what, Text("文件应为纯文本", "the file must be plain text"))


def _broken(name: str, place: tuple[int, int], message: Text, hint: Text | None = None) -> BrokenDefinition:
    return BrokenDefinition(name, [Problem(*place, "", message, hint)])


class _Reader:
    """Builds the data from the events of the parser, in one pass and within the bounds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self._nodes = 0

    def document(self, events: Iterator[Any]) -> Any:
        documents, data = 0, None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _broken(
                        self.name,
                        _place(event),
                        Text("一个文件只能有一个文档", "one document a file"),
                        Text("删去 --- 及其后的内容", "remove --- and what follows"),
                    )
                if event.version not in (None, (1, 2)):
                    raise _broken(
                        self.name,
                        _place(event),
                        Text("只支持 YAML 1.2", "only YAML 1.2 is read"),
                        Text("删去 %YAML 一行", "remove the %YAML line"),
                    )
            elif isinstance(event, (AliasEvent, ScalarEvent, MappingStartEvent, SequenceStartEvent)):
                data = self._value(event, events, (), 1)
        if not documents or (data is None and not self.problems):
            raise _broken(self.name, (1, 1), Text("文件是空的", "the file is empty"))
        return data

    def _value(self, event: Any, events: Iterator[Any], path: Path, depth: int) -> Any:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise _broken(self.name, _place(event), _TOO_MUCH)
        if isinstance(event, AliasEvent) or event.anchor:
            raise _broken(
                self.name,
                _place(event),
                Text("不允许锚点和别名", "anchors and aliases are not allowed"),
                Text("把内容写全", "write it out"),
            )
        if event.tag is not None:
            self._complain(
                event, path, Text(f"不允许标签 {event.tag}", f"tags are not allowed: {event.tag}"), Text("删去标签", "remove it")
            )
        self.places.setdefault(path, _place(event))
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(inner := next(events), SequenceEndEvent):
                items.append(self._value(inner, events, (*path, len(items)), depth + 1))
            return items
        return self._mapping(events, path, depth)

    def _mapping(self, events: Iterator[Any], path: Path, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(key_event := next(events), MappingEndEvent):
            if not isinstance(key_event, ScalarEvent):
                self._value(key_event, events, (*path, "?"), depth + 1)
                self._value(next(events), events, (*path, "?"), depth + 1)
                self._complain(key_event, path, Text("键必须是文字", "a key must be plain text"))
                continue
            key = normalize("NFC", str(key_event.value))
            self._value(key_event, events, (*path, "?"), depth + 1)
            here = (*path, key)
            if key == "<<" and key_event.style is None:
                self._complain(key_event, here, Text("不允许合并键 <<", "merge keys are not allowed"), Text("把内容写全", "write it out"))
            if key in found:
                first = self.places[here][0]
                self._complain(
                    key_event,
                    here,
                    Text(f"重复的键 {key!r}(首次在第 {first} 行)", f"duplicate key {key!r} (first on line {first})"),
                    Text("删去其中一个", "remove one of them"),
                )
                self._value(next(events), events, (*path, "?"), depth + 1)
                continue
            self.places[here] = _place(key_event)
            found[key] = self._value(next(events), events, here, depth + 1)
        return found

    def _scalar(self, event: Any, path: Path) -> Any:
        text = normalize("NFC", str(event.value))
        if _UNSPEAKABLE.search(text):
            self._complain(event, path, Text("文字含有控制字符", "the text holds control characters"), Text("删去它们", "remove them"))
            return ""
        if event.style is not None or event.tag is not None:
            return text
        if text in ("", "~", "null", "Null", "NULL"):
            return None
        if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
            return text.lower() == "true"
        if not _INTEGER.match(text):
            return text  # floats, dates and times keep their text: nothing here is computed in floating point
        digits = text.lower()
        base = 8 if digits.startswith("0o") else 16 if digits.startswith("0x") else 10
        if len(text) > 30 or abs(number := int(digits.removeprefix("0o"), base)) > MAX_INTEGER:
            self._complain(
                event,
                path,
                Text("整数过大", "the integer is too large"),
                Text("若是编号,加引号", "quote it if it only names something"),
            )
            return 0
        return number

    def _complain(self, event: Any, path: Path, message: Text, hint: Text | None = None) -> None:
        self.problems.append(Problem(*_place(event), ".".join(map(str, path)), message, hint))


_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What an escape in double quotes may smuggle in: it cannot be printed to a terminal, or has no UTF-8."""
_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z", re.ASCII)


def _place(event: Any) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
