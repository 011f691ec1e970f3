"""One thing that the checker says of a definition."""

from __future__ import annotations

from typing import Literal, NamedTuple

from workflow.journal.canonical import Json
from workflow.procedure.source import Path, Source
from workflow.text import Lang, Text

Severity = Literal["error", "warning", "notice", "unchecked"]
"""``error``: proved to be wrong. ``warning``: wrong in some course, or in all likelihood. ``notice``: worth a look. ``unchecked``: what
was not looked at, which is never to be taken for fine."""
SEVERITIES: dict[Severity, Text] = {
    "error": Text("错误", "error"),
    "warning": Text("警告", "warning"),
    "notice": Text("提示", "notice"),
    "unchecked": Text("未检查", "unchecked"),
}


class Finding(NamedTuple):
    code: str
    severity: Severity
    at: Path
    message: Text
    hint: Text | None = None

    def say(self, source: Source, lang: Lang) -> str:
        """One line, with the place in the file."""
        problem = source.problem(self.at, Text(*(f"{SEVERITIES[self.severity].say(k)} {self.message.say(k)}" for k in _LANGS)), self.hint)
        return problem.say(source.name, lang)

    def document(self, source: Source) -> dict[str, Json]:
        problem = source.problem(self.at, self.message, self.hint)
        return {
            "file": source.name,
            "line": problem.line,
            "column": problem.column,
            "field": problem.field,
            "severity": self.severity,
            "code": self.code,
            "zh": self.message.zh,
            "en": self.message.en,
            "hint": None if self.hint is None else {"zh": self.hint.zh, "en": self.hint.en},
        }


_LANGS: tuple[Lang, Lang] = ("zh", "en")
