"""What stands in the columns of a log, before anybody said what they mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

from adapters.eventlog.stamp import Face, face_of
from adapters.eventlog.xlsxlog import SERIALS
from workflow.logmap import ISO
from workflow.spoken import Reference, Spoken, Unsaid

FORMS = (
    ISO,
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
    "%Y.%m.%d",
    "%Y年%m月%d日 %H时%M分",
    "%Y年%m月%d日%H时%M分",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日",
    "%Y%m%d%H%M%S",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%Y-%m-%dT%H:%M:%S.%f%z",
)
"""The formats that are tried, in the order in which one is preferred to another that reads as much."""
DISTINCT = 50_000
"""Different words of a column that are kept; of more only the number is known, and not exactly."""
NOTHING = frozenset({"?", "-", "--", "—", "/", "\\", "n/a", "na", "null", "none", "nan", "无", "空", "未知", "不详"})
"""Words that often stand for no value. Only said, never taken for granted."""
_CLOCK = re.compile(r"([01]?\d|2[0-4])[::][0-5]\d([::][0-5]\d)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_YES = frozenset({"true", "false", "yes", "no", "y", "n", "是", "否"})
_TIMED = re.compile(r"[月日时点:]|上午|下午|凌晨|晚|早|中午")
_TIME = re.compile(r"时间|时刻|日期|date|time|when|stamp|_at$")
_WORDS = Spoken({}, timedelta(minutes=10))
_REFERENCE = Reference(date(2020, 6, 15))


class Word(NamedTuple):
    """What a word can be."""

    kind: str
    """``instant`` (with an offset), ``stamp``, ``date``, ``clock`` (a time of day), ``words`` (a time in words), ``integer``, ``decimal``,
    ``yes_no``, ``nothing`` or ``text``."""
    faces: tuple[tuple[str, datetime], ...] = ()
    """Each format that reads it as a time, and the clock face that it reads."""
    offset: str = ""


@cache
def _form(form: str) -> Face:
    return face_of(form)


def word_of(text: str) -> Word:
    """What a word can be by its looks alone."""
    text = text.strip()
    low = text.lower()
    if low in NOTHING:
        return Word("nothing")
    if low in _YES:
        return Word("yes_no")
    faces, kind, offset = [], "", ""
    if text[:1].isdigit() and len(text) >= 8:
        for form in FORMS:
            try:
                found = _form(form).read(text)
            except ValueError:
                continue
            if found is not None:
                face, unit = found
                offset = offset or (face.strftime("%z") if face.tzinfo is not None else "")
                kind = kind or ("instant" if face.tzinfo is not None else "date" if unit == timedelta(days=1) else "stamp")
                faces.append((form, face.replace(tzinfo=None)))
    if faces:
        return Word(kind, tuple(faces), offset)
    if _CLOCK.fullmatch(text):
        return Word("clock")
    if _WHOLE.fullmatch(text):
        return Word("integer")
    if _NUMBER.fullmatch(text):
        return Word("decimal")
    if len(text) <= 40 and _TIMED.search(text):
        try:
            _WORDS.read(text, _REFERENCE)
            return Word("words")
        except (Unsaid, OverflowError, ValueError):
            pass
    return Word("text")


class Column:
    """One column, word by word."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.filled = 0
        self.kinds: Counter[str] = Counter()
        self.forms: Counter[str] = Counter()
        """Format → words that it reads."""
        self.offsets: Counter[str] = Counter()
        self.nothing: Counter[str] = Counter()
        self.more = False
        """There are more different words than are kept."""
        self.words: Counter[str] = Counter()
        self._known: dict[str, Word] = {}
        self._spans: dict[str, tuple[datetime, datetime]] = {}
        self._serials = True

    def take(self, text: str) -> None:
        if not text.strip():
            return
        self.filled += 1
        found = self._known.get(text)
        if found is None:
            found = word_of(text)
            if len(self._known) < DISTINCT:
                self._known[text] = found
            else:
                self.more = True
            for form, face in found.faces:
                lo, hi = self._spans.get(form, (face, face))
                self._spans[form] = min(lo, face), max(hi, face)
            if found.kind in ("integer", "decimal"):
                self._serials = self._serials and SERIALS[0] <= float(text) < SERIALS[1]
        if text in self._known:
            self.words[text] += 1
        self.kinds[found.kind] += 1
        if found.kind == "nothing":
            self.nothing[text.strip()] += 1
        if found.offset:
            self.offsets[found.offset] += 1
        for form, _ in found.faces:
            self.forms[form] += 1

    @property
    def distinct(self) -> int:
        return len(self._known)

    @property
    def said(self) -> int:
        """Fields that hold more than a word for nothing."""
        return self.filled - self.kinds["nothing"]

    @property
    def kind(self) -> str:
        """What most of its words are: nine in ten of them; of times four in five, or half where its name speaks of time.

        Several kinds of times together are ``words`` when words are among them, else ``stamp``.
        """
        if not self.said:
            return "empty"
        times = {k: self.kinds[k] for k in ("instant", "stamp", "date", "words") if self.kinds[k]}
        if sum(times.values()) >= (0.5 if _TIME.search(self.name.lower()) else 0.8) * self.said:
            return next(iter(times)) if len(times) == 1 else "words" if "words" in times else "stamp"
        for kind in ("clock", "integer", "yes_no"):
            if self.kinds[kind] >= 0.9 * self.said:
                return kind
        if self.kinds["integer"] + self.kinds["decimal"] >= 0.9 * self.said:
            return "decimal"
        return "text"

    @property
    def timed(self) -> bool:
        return self.kind in ("instant", "stamp", "date", "words")

    @property
    def serial(self) -> bool:
        """Every number could be a day of Excel."""
        return self.kind in ("integer", "decimal") and self._serials and self.kinds["integer"] + self.kinds["decimal"] == self.filled

    @property
    def formats(self) -> list[str]:
        """The fewest formats that read what can be read, the best first."""
        best: list[str] = []
        left = dict(self._known)
        while True:
            count: Counter[str] = Counter()
            for text, word in left.items():
                for form, _ in word.faces:
                    count[form] += self.words[text]
            if not count:
                return best
            form = max(FORMS, key=lambda f: count[f])
            best.append(form)
            left = {t: w for t, w in left.items() if all(f != form for f, _ in w.faces)}

    @property
    def either(self) -> tuple[str, str] | None:
        """Two formats, day first and month first, that read every word alike: nothing in the log says which it is."""
        for form in self.formats:
            if form.startswith("%d/%m"):
                other = form.replace("%d/%m", "%m/%d")
                if self.forms[form] == self.forms[other]:
                    return form, other
        return None

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """From the earliest clock face to the latest; ``None``: no times, or nobody knows which of two formats they have."""
        found = [self._spans[form] for form in self.formats if form in self._spans]
        if not found or self.either is not None:
            return None
        return min(lo for lo, _ in found), max(hi for _, hi in found)

    def examples(self, count: int = 3) -> list[str]:
        return [text for text, _ in self.words.most_common(count)]


def columns_of(header: Sequence[str]) -> list[Column]:
    return [Column(name) for name in header]
