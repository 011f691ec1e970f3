"""Labels that are there and say nothing in one of the languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workflow.journal.canonical import Json
from workflow.lint.finding import Finding
from workflow.lint.subject import Subject
from workflow.procedure.source import Path
from workflow.text import Text

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z]{2}")
_PLACEHOLDER = re.compile(r"(?:todo|tbd|fixme|xxx+|n/?a|[-–—.?…_ ]+|待定|待补|待译|占位)\Z", re.IGNORECASE)


def has_chinese(text: str) -> bool:
    return bool(_CHINESE.search(text))


def labels(subject: Subject) -> Iterator[Finding]:
    yield from _labels(subject.content, ())


def _labels(value: Json, at: Path) -> Iterator[Finding]:
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _labels(item, (*at, i))
    elif isinstance(value, dict):
        zh, en = value.get("zh"), value.get("en")
        if isinstance(zh, str) and isinstance(en, str):
            yield from _label(zh.strip(), en.strip(), at)
        for key, item in value.items():
            yield from _labels(item, (*at, key))


def _label(zh: str, en: str, at: Path) -> Iterator[Finding]:
    for key, text in (("zh", zh), ("en", en)):
        if _PLACEHOLDER.match(text):
            yield Finding("label.placeholder", "warning", (*at, key), Text(f"“{text}”只是占位", f"'{text}' only holds a place"))
            return
    if zh == en and _WORD.search(en) and not en.isupper():
        yield Finding("label.same", "notice", (*at, "zh"), Text(f"两种语言都写“{zh}”", f"both languages say '{zh}'"))
    elif _CHINESE.search(en) and not _WORD.search(en):
        said = Text(f"英文名称是中文:“{en}”", f"the English label is Chinese: '{en}'")
        yield Finding("label.language", "warning", (*at, "en"), said)
    elif _WORD.search(zh) and not _CHINESE.search(zh) and not zh.isupper():
        yield Finding(
            "label.language", "warning", (*at, "zh"), Text(f"中文名称没有汉字:“{zh}”", f"the Chinese label has no Chinese: '{zh}'")
        )
