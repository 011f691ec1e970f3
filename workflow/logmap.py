"""The map of an event log: which column says what, in which zone, and what the activities mean.

A map is a small YAML file, documented in ``docs/reference/log-map.md``. It is data: it names columns and events, never code. Stamp formats
are numeric only (``%d`` but not ``%b``), so that no locale has a say in what a log means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from workflow.errors import BadMap
from workflow.procedure.model import Procedure
from workflow.procedure.source import BrokenDefinition, Path, Problem, Source, read_source
from workflow.spoken import part_of_day
from workflow.text import Lang, Text

FLOATING = "floating"
ISO = "iso"
ZH = "zh"
DIRECTIVES: Mapping[str, str] = {
    "Y": r"(?P<Y>\d{4})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "f": r"(?P<f>\d{1,6})",
    "z": r"(?P<z>Z|[+-]\d{2}:?\d{2})",
}
"""What a stamp format may hold, as ``strptime`` has it, and the text that it matches."""


class BrokenMap(BadMap):
    """A map that is refused, with *all* its problems in the order of the file."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.name = name
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        hint = Text("见 docs/reference/log-map.md", "see docs/reference/log-map.md")
        super().__init__(Text(f"日志映射有 {count} 处错误", f"the log map has {count} problem(s)"), where=name, hint=hint)

    def say(self, lang: Lang) -> str:
        return "\n".join([*(p.say(self.name, lang) for p in self.problems), super().say(lang)])


def wrong(zh: str, en: str) -> PydanticCustomError:
    """What a validator raises, in both languages."""
    return PydanticCustomError("duban", "{en}", {"zh": zh, "en": en})


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _rows(value: Any) -> Any:
    return [value] if isinstance(value, int) else value


def _upward(rows: tuple[int, ...]) -> tuple[int, ...]:
    if list(rows) != sorted(set(rows)):
        raise wrong("标题行应由上到下", "the rows of the header go from above to below")
    return rows


def _step(value: Any) -> Any:
    return {"activity": value} if isinstance(value, str) else value


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _zone(name: str) -> str:
    if name != FLOATING:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise wrong(f"未知时区 {name!r}", f"unknown time zone {name!r}") from None
    return name


def stamp_pattern(form: str) -> re.Pattern[str]:
    """What a stamp in this format looks like; its groups are named by their directives.

    Directives that touch each other (``%Y%m%d``) take their full width, or the text would have two readings. Raises ``ValueError`` for a
    directive that is not in :data:`DIRECTIVES`, one used twice, or a format without year, month and day.
    """
    touching = re.search("%[a-zA-Z]%", form) is not None
    parts: list[str] = []
    seen: set[str] = set()
    at = 0
    while at < len(form):
        if form[at] != "%":
            parts.append(re.escape(form[at]))
            at += 1
            continue
        letter = form[at + 1 : at + 2]
        if letter not in DIRECTIVES or letter in seen:
            raise ValueError(f"%{letter}")
        seen.add(letter)
        parts.append(DIRECTIVES[letter].replace("{1,2}", "{2}") if touching else DIRECTIVES[letter])
        at += 2
    halves = ("H" in seen) != ("M" in seen) or ("S" in seen and "M" not in seen) or ("f" in seen and "S" not in seen)
    if not {"Y", "m", "d"} <= seen or halves:
        raise ValueError(form)
    return re.compile("".join(parts), re.ASCII)


def _format(form: str) -> str:
    if form not in (ISO, ZH):
        try:
            stamp_pattern(form)
        except ValueError as error:
            known = " ".join(f"%{d}" for d in DIRECTIVES)
            raise wrong(
                f"时间格式 {form!r} 不能用({error});可用 iso、zh 或年月日俱全的 {known}",
                f"the time format {form!r} cannot be used ({error}); write 'iso', 'zh', or year, month and day at least, of {known}",
            ) from None
    return form


def _part(text: str) -> str:
    try:
        part_of_day(text)
    except ValueError:
        raise wrong(f"{text!r} 不是一段时刻,如 17:00-24:00", f"{text!r} is no part of a day, such as 17:00-24:00") from None
    return text


Word = Annotated[str, Field(min_length=1)]
Zone = Annotated[str, AfterValidator(_zone)]
Format = Annotated[str, AfterValidator(_format)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_many)]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Columns(Model):
    """The names of the columns, as the header row has them."""

    case: Word
    time: Words = ()
    """The column of the time, or those of its parts (a date and a time of day), which are read with a space between them."""
    activity: Word | None = None
    actor: Word | None = None
    role: Word | None = None
    date_only: Word | None = None
    """A column that says ``true`` where the time of day is not known: the moment is then the whole day (S10.1)."""
    sequence: Word | None = None
    """A column of whole numbers that orders rows of the same instant."""


class ZonePolicy(Model):
    """How a time without an offset is read. ``name`` is a zone, or ``floating``: the local clock face, counted as if it were UTC.

    Floating times make intervals within a case meaningful and instants across cases not; the report's header says so. With ``column`` the
    zone is that column's word, translated by ``names``, and ``otherwise`` where the word is not among them; without ``otherwise`` such a
    row is unreadable.
    """

    name: Zone | None = None
    column: Word | None = None
    names: dict[str, Zone] = {}
    otherwise: Zone | None = None

    @model_validator(mode="after")
    def _one(self) -> ZonePolicy:
        if (self.name is None) == (self.column is None):
            raise wrong("时区规则要么写 name,要么写 column", "a zone policy has either 'name' or 'column'")
        if self.column is None and (self.names or self.otherwise is not None):
            raise wrong("没有 column 时,names 和 otherwise 没有意义", "'names' and 'otherwise' mean nothing without 'column'")
        if self.column is not None and not self.names:
            raise wrong("column 需要 names:该列的词 → 时区", "'column' needs 'names': word of the column → zone")
        return self

    def of(self, word: str) -> str | None:
        """The zone for a word of the zone column; ``None`` when the policy has no answer."""
        return self.name if self.column is None else self.names.get(word, self.otherwise)


class Chinese(Model):
    """How times in words (format ``zh``) are read."""

    year: Annotated[int, Field(ge=1900, le=2200)] | None = None
    """The year of dates without one, in a row that has no other date."""
    date: Word | None = None
    """A column with another date of the row, in one of the other formats."""
    about: Annotated[int, Field(ge=0, le=720)] | None = None
    """Minutes by which 许, 左右 and 约 widen on both sides; without it such a time is unreadable."""
    parts: dict[Word, Annotated[str, AfterValidator(_part)]] = {}
    """Word → part of the day, ``17:00-24:00``, besides and in place of :data:`~workflow.spoken.PARTS`."""


class FactColumn(Model):
    """A column that states a fact of the case, with the type that the procedure gives it."""

    column: Word
    type: Literal["choice", "integer", "decimal", "money", "date", "yes_no"]
    of: dict[str, Word] = {}
    """Word of the column → value of the fact, for a choice."""

    @model_validator(mode="after")
    def _choices(self) -> FactColumn:
        if (self.type == "choice") != bool(self.of):
            raise wrong("of 列出 choice 的各个取值,且只用于 choice", "'of' lists the values of a choice, and of nothing else")
        return self


class Step(Model):
    """A column of a wide table that holds the times of one activity."""

    activity: Word
    date: Word | None = None
    """The column of the date, where this one holds the time of day alone."""
    actor: Word | None = None
    role: Word | None = None
    """Columns that say who did this activity, in place of those in ``columns``."""


class LogMap(Model):
    """The whole map. Of its orders only that of ``activities`` matters."""

    procedure: Word
    columns: Columns
    formats: Annotated[tuple[Format, ...], BeforeValidator(_many), Field(min_length=1)] = ("%Y-%m-%d %H:%M:%S",)
    zone: Annotated[ZonePolicy | None, BeforeValidator(_named)] = None
    zh: Chinese | None = None
    granularity: Literal["second", "minute"] | None = None
    """How exact a time of day is; ``None``: as exact as its format writes it."""
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    delimiter: Annotated[str, Field(pattern=r'^[^"\r\n\x00]$')] = ","
    sheet: Word | None = None
    """The sheet of a workbook; ``None``: the first."""
    object_type: Word | None = None
    """Of an OCEL log: the type of the objects that are the cases."""
    header: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1000)], ...], BeforeValidator(_rows), AfterValidator(_upward), Field(min_length=1)
    ] = (1,)
    """The row of the names of the columns, or the rows of their parts, from above."""
    wide: dict[Word, Annotated[Step, BeforeValidator(_step)]] = {}
    """One row a case: column → the activity whose times it holds. Then ``columns`` names neither a time nor an activity."""
    activities: Annotated[dict[Word, Word], Field(min_length=1)]
    """Activity of the log → event of the procedure, in the order that decides ties of the same instant."""
    ignore: Words = ()
    """Activities that are counted as ignored."""
    missing: Annotated[tuple[str, ...], BeforeValidator(_many)] = ("",)
    """Words that stand for no value."""
    role: str = ""
    """The role of an actor of whom the log says no other."""
    roles: dict[Word, Word] = {}
    """Word of the role column → role of the procedure; a word that is not here stands for itself."""
    facts: dict[Word, FactColumn] = {}
    trust: Literal["stated", "system", "counterpart", "own"] = "stated"
    snapshot: bool = False
    """One row for each update of a case: a row is an event only where its activity differs from that of the row before."""
    note: str = ""

    @property
    def clock(self) -> ZoneInfo | None:
        """The one zone in which the times of the log are read; ``None`` when they float, or differ from row to row."""
        name = self.zone.name if self.zone is not None else None
        return ZoneInfo(name) if name is not None and name != FLOATING else None

    @property
    def timed(self) -> frozenset[str]:
        """The columns that are read as times, or as parts of them."""
        said = {*self.columns.time, *self.wide, *(step.date for step in self.wide.values()), self.zh.date if self.zh else None}
        return frozenset(name for name in said if name is not None)

    @property
    def named(self) -> frozenset[str]:
        """Every column that the map names."""
        columns = self.columns
        said = {columns.case, columns.activity, columns.actor, columns.role, columns.date_only, columns.sequence}
        said |= {self.zone.column if self.zone else None, *(f.column for f in self.facts.values())}
        said |= {word for step in self.wide.values() for word in (step.actor, step.role)}
        return self.timed | {name for name in said if name is not None}


def read_map(text: bytes | str, name: str) -> LogMap:
    """Read a map file; ``name`` is used in its messages. Raises :class:`BrokenMap` with every problem, its line and its field."""
    try:
        source = read_source(text, name)
    except BrokenDefinition as broken:
        raise BrokenMap(name, broken.problems) from None
    if not isinstance(source.data, dict):
        raise BrokenMap(name, [source.problem((), Text("文件不是一个映射", "the file is not a mapping"))])
    try:
        log_map = LogMap.model_validate(source.data)
    except ValidationError as error:
        raise BrokenMap(name, [problem_of(source, e) for e in error.errors()]) from None
    problems = list(_cross_check(log_map, source))
    if problems:
        raise BrokenMap(name, problems)
    return log_map


def problem_of(source: Source, error: ErrorDetails) -> Problem:
    """What a model refuses, at its line and field."""
    path: Path = tuple(p for p in error["loc"] if p != "[key]")
    context = error.get("ctx", {})
    if error["type"] == "duban":
        message = Text(str(context["zh"]), str(context["en"]))
    elif error["type"] == "missing":
        message = Text("缺少这一项", "this field is missing")
    elif error["type"] == "extra_forbidden":
        message = Text(f"不认识的项 {path[-1]!r}", f"unknown field {path[-1]!r}")
    elif error["type"] == "literal_error":
        message = Text(f"应为 {context['expected']} 之一", f"must be one of {context['expected']}")
    else:
        message = Text(f"无效:{error['msg']}", error["msg"])
    return source.problem(path, message)


def _cross_check(log_map: LogMap, source: Source) -> Iterator[Problem]:
    for name, said in (("time", log_map.columns.time), ("activity", log_map.columns.activity)):
        if not said and not log_map.wide:
            yield source.problem(("columns", name), Text("缺少这一项", "this field is missing"))
        elif said and log_map.wide:
            yield source.problem(("columns", name), Text("有 wide 时由它来写", "it means nothing with 'wide', which says it"))
    if log_map.zh is not None and ZH not in log_map.formats:
        yield source.problem(("zh",), Text("formats 中没有 zh", "'zh' is not among the formats"))
    if log_map.wide and log_map.snapshot:
        yield source.problem(("snapshot",), Text("与 wide 不能并用", "it cannot go with 'wide'"))
    for column, step in log_map.wide.items():
        if step.activity not in log_map.activities and step.activity not in log_map.ignore:
            word = step.activity
            yield source.problem(("wide", column), Text(f"activities 中没有 {word!r}", f"{word!r} is not among the activities"))
    for i, word in enumerate(log_map.ignore):
        if word in log_map.activities:
            yield source.problem(("ignore", i), Text(f"{word!r} 又在 activities 中", f"{word!r} is among the activities too"))
    if log_map.roles and log_map.columns.role is None and not any(step.role for step in log_map.wide.values()):
        yield source.problem(("roles",), Text("没有 columns.role 列", "there is no columns.role"))


def check_fit(log_map: LogMap, procedures: Sequence[Procedure], name: str) -> None:
    """Raise :class:`~workflow.errors.BadMap` when the map names events, roles or facts that no version of the procedure has."""
    events = {e for p in procedures for e in p.events}
    roles = {r for p in procedures for r in p.roles}
    facts = {f: fact for p in procedures for f, fact in p.facts.items()}
    said_roles = {"role": log_map.role} if log_map.role else {}
    said_roles |= {f"roles.{word}": role for word, role in log_map.roles.items()}
    wrong = [f"activities.{a} → {e}" for a, e in log_map.activities.items() if e not in events]
    wrong += [f"{place} → {role}" for place, role in said_roles.items() if role not in roles]
    wrong += [f"facts.{f}" for f in log_map.facts if f not in facts]
    wrong += [
        f"facts.{f}.of.{word} → {value}"
        for f, column in log_map.facts.items()
        if f in facts
        for word, value in column.of.items()
        if value not in facts[f].of
    ]
    if wrong:
        raise BadMap(
            Text(f"程序 {log_map.procedure} 没有:{'、'.join(wrong)}", f"the procedure {log_map.procedure} has no {', '.join(wrong)}"),
            where=name,
            hint=Text("映射右边写程序的标识", "the right-hand side is an id of the procedure"),
        )
