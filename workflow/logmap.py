"""The map of an event log: which column says what, in which zone, and what the activities mean.

A map is a small YAML file, documented in ``docs/reference/log-map.md``. It is data: it names columns and events, never code.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from workflow.errors import BadMap
from workflow.text import Text

FLOATING = "floating"


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Columns(Model):
    case: str
    time: str
    activity: str
    actor: str | None = None
    date_only: str | None = None
    """A column that says ``true`` where the time of day is not known: the moment is then the whole day (S10.1)."""
    sequence: str | None = None
    """A column of whole numbers that orders rows of the same instant."""


class ZonePolicy(Model):
    """How a time without an offset is read. ``name`` is a zone, or ``floating``: the local clock face, counted as if it were UTC.

    Floating times make intervals within a case meaningful and instants across cases not; the report's header says so.
    """

    name: str | None = None
    column: str | None = None
    names: dict[str, str] = {}
    otherwise: str | None = None

    @model_validator(mode="after")
    def _one(self) -> ZonePolicy:
        if (self.name is None) == (self.column is None):
            raise ValueError("a zone policy has either 'name' or 'column'")
        for name in (self.name, self.otherwise, *self.names.values()):
            if name is not None and name != FLOATING:
                try:
                    ZoneInfo(name)
                except (ZoneInfoNotFoundError, ValueError):
                    raise ValueError(f"unknown time zone {name!r}") from None
        return self


class LogMap(Model):
    procedure: str
    columns: Columns
    formats: Annotated[tuple[str, ...], BeforeValidator(_many)] = ("%Y-%m-%d %H:%M:%S",)
    zone: ZonePolicy | None = None
    granularity: Literal["second", "minute"] = "second"
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    activities: dict[str, str]
    """Activity of the log → event of the procedure, in the order that decides ties of the same instant."""
    ignore: tuple[str, ...] = ()
    """Activities that are counted as ignored."""
    missing: tuple[str, ...] = ("",)
    """Words that stand for no value."""
    role: str = ""
    """The role of every actor."""
    in_force_by: Annotated[tuple[str, ...], BeforeValidator(_many)] = ()
    """Events whose day decides which version is in force; the first that a case has."""
    trust: Literal["stated", "system", "counterpart", "own"] = "stated"
    snapshot: bool = False
    """One row for each update of a case: a row is an event only where its activity differs from that of the row before."""
    note: str = ""

    @field_validator("activities")
    @classmethod
    def _some(cls, value: dict[str, str]) -> dict[str, str]:
        if not value:
            raise ValueError("at least one activity is needed")
        return value


def read_map(data: Any, name: str) -> LogMap:
    """Validate the content of a map file. Raises :class:`~workflow.errors.BadMap` with every problem."""
    try:
        return LogMap.model_validate(data)
    except ValidationError as error:
        lines = "; ".join(f"{'.'.join(str(p) for p in e['loc']) or 'map'}: {e['msg']}" for e in error.errors())
        raise BadMap(
            Text(f"日志映射不对:{lines}", f"the log map is wrong: {lines}"), where=name, hint=Text("见 docs/reference/log-map.md", "see docs/reference/log-map.md")
        ) from None
