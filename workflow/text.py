"""What is said to people, in Chinese first and in English."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or label in both languages of the interface."""

    zh: str
    en: str

    def say(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en

    def __str__(self) -> str:
        return self.en

    def __add__(self, other: Text) -> Text:
        return Text(self.zh + other.zh, self.en + other.en)


def same(word: str) -> Text:
    """A word that reads the same in both languages (an id, a date, a number)."""
    return Text(word, word)


def join(parts: Iterable[Text], zh: str = "", en: str = " ") -> Text:
    """The parts one after the other, separated as each language does it."""
    texts = list(parts)
    return Text(zh.join(t.zh for t in texts), en.join(t.en for t in texts))
