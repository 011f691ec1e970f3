"""The declarative model of a procedure: frozen pydantic models that a YAML file is validated into.

Nothing here computes an outcome. The names are those of the YAML file, so that this module is also the reference of the language.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from workflow import term as terms
from workflow.errors import BadCondition, DubanError
from workflow.procedure import condition as conditions
from workflow.procedure.fact import FactType
from workflow.text import Text

NAME = r"^[a-z][a-z0-9_]*(?:-[a-z0-9_]+)*$"
Name = Annotated[str, Field(pattern=NAME, max_length=80)]
Path = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$", max_length=200)]
CLOCK, ENGINE, ANY, CASE = "clock", "engine", "any", "case"
"""Actors no person can be; ``from: any`` is every state that is not final; ``starts: {on: case}`` is the opening."""


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _explain(error: DubanError) -> PydanticCustomError:
    hint = error.hint or Text("", "")
    said = {"zh": error.message.zh, "en": error.message.en, "hint_zh": hint.zh, "hint_en": hint.en}
    return PydanticCustomError("duban", "{en}", said)


def _term(value: Any) -> Any:
    if value is None or isinstance(value, terms.Term):
        return value
    try:
        return terms.parse(value)
    except DubanError as error:
        raise _explain(error) from None


def _condition(value: Any) -> Any:
    if value is None or isinstance(value, conditions.Condition):
        return value
    try:
        return conditions.read(value)
    except BadCondition:
        raise PydanticCustomError("condition", "not a condition") from None  # the loader asks for all that is wrong with it


def _alternative(value: Any) -> Any:
    return value if value == Alternative.UNKNOWN else _condition(value)


def _day(value: Any) -> Any:
    """A date is written in one way; a number is never taken for the seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.match(value)):
        return value
    raise PydanticCustomError("date_parsing", "not a date")


def _recurrence(value: Any) -> Any:
    try:
        terms.Recurrence.parse(str(value))
    except DubanError as error:
        raise _explain(error) from None
    return str(value)


def _offset(value: Any) -> Any:
    try:
        terms.Offset.parse(str(value))
    except DubanError as error:
        raise _explain(error) from None
    return str(value)


def _version(value: Any) -> Any:
    return str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else value


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
Day = Annotated[date, BeforeValidator(_day)]
Words = Annotated[str, Field(pattern=r"\S", max_length=2000)]
"""What people read: at least one character that is no space."""
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}], "description": "One name, or a list."}),
]
When = Annotated[Any, BeforeValidator(_condition), WithJsonSchema({"x-duban": "condition"})]
TermText = Annotated[Any, BeforeValidator(_term), WithJsonSchema({"x-duban": "term"})]
Version = Annotated[
    str,
    BeforeValidator(_version),
    Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._+-]*$", max_length=400),  # a file has no '+': procedure and packs together do
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^[0-9A-Za-z][0-9A-Za-z._-]*$", "maxLength": 60}),
]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Label(Model):
    """What people read, in both languages."""

    zh: Words
    en: Words

    @property
    def text(self) -> Text:
        return Text(self.zh, self.en)


class Basis(Model):
    """Document and clause on which a rule rests, with its validity and how surely it was read."""

    document: Words
    clause: str = ""
    read: Literal["A", "B", "C"]
    valid_from: Day | None = None
    valid_until: Day | None = None
    note: Label | None = None


class Role(Label):
    """A post on a level of the organisation."""

    level: str


class Fact(Label):
    type: FactType
    of: dict[Name, Label] = {}
    unit: str = ""
    personal: bool = False
    required_when: When = None
    """Where an event requires it: only while this holds. Nothing: always."""
    revise: Names = ()
    """Roles that may revise it; nobody named means: anybody but an obligor alone (S4.1)."""


class State(Label):
    initial: Name | None = None
    parallel: bool = False
    final: bool = False
    states: dict[Name, State] = {}


class Move(Model):
    source: Names = Field(alias="from")
    target: Path | None = Field(default=None, alias="to")
    """Left out: the event is possible there and moves nothing."""


class Start(Model):
    """What starts a clock. Exactly one of ``on``, ``received``, ``fact``, ``decision``, ``date``, ``every`` is given."""

    on: Names = ()
    instant: Literal["happened", "submitted", "received", "recorded"] = "happened"
    each: bool = False
    """Every occurrence starts an instance of its own, not only the first of a round."""
    received: Name | None = None
    """Chained: the instant at which the report of this obligation was received (S1.1)."""
    fact: Name | None = None
    """The instant or date that a fact names; while it is unknown the start lies between ``since`` and now."""
    since: Names = ()
    decision: Name | None = None
    answer: bool = True
    date: str | None = None
    every: Annotated[str, BeforeValidator(_recurrence)] | None = None
    until: Names = ()
    basis: Names = ()


class Clock(Model):
    """When the clock fires an event: a term after a start, or the due instant of an obligation."""

    on: Names = ()
    term: TermText = None
    due: Name | None = None


class Report(Model):
    kind: Literal["first", "follow_up", "correction", "supplement", "verification", "final"]
    medium: Literal["telephone", "written", "in_person", "any"] = "any"
    to: Names = ()
    elements: Names = ()


class Link(Model):
    """The event names another case, and both have an act of it."""

    to: Names
    """Procedures whose cases it may name; ``any``: of every procedure."""
    event: Name | None = None
    """The event that is recorded in the other case; left out: a plain ``linked``."""


class Authority(Model):
    """The power of command that an event takes, as the authority matrix of the organisation gives it (指挥权限)."""

    action: Name
    kind: Name | None = Field(default=None, alias="class")
    """The fact that says of which class a case is."""
    grade: Name | None = None
    """The fact that says of which grade a case is."""


class Event(Label):
    kind: Literal["record", "request"] = "record"
    opens: bool = False
    source: Names = Field(default=(), alias="from")
    target: Path | None = Field(default=None, alias="to")
    moves: tuple[Move, ...] = ()
    by: Names = ()
    after: Clock | None = None
    when: When = None
    require: Names = ()
    record: Names = ()
    """Evidence items: elements that the record of this event must hold."""
    present: Names = ()
    second: Name | None = None
    report: Report | None = None
    link: Link | None = None
    authority: Authority | None = None
    basis: Names = ()

    @property
    def clockwork(self) -> bool:
        return CLOCK in self.by or ENGINE in self.by


class Decision(Label):
    """A question that 必要时 leaves to a person: yes or no, with reason and decider. Not deciding is itself visible."""

    by: Names
    asked: Start
    basis: Names = ()


class Owed(Model):
    by: Name
    to: Names = ()


class Alternative(Model):
    when: Annotated[Any, BeforeValidator(_alternative), WithJsonSchema({"anyOf": [{"const": "unknown"}, {"x-duban": "condition"}]})] = None
    """A condition, ``unknown`` (the facts do not decide it yet), or nothing: always."""
    term: TermText = Field(alias="is")
    provisional: bool = False
    note: str = ""
    basis: Names = ()

    UNKNOWN: ClassVar[str] = "unknown"


class PauseRule(Model):
    start: Names = Field(alias="from")
    end: Names = Field(alias="until")
    basis: Names = ()


class Extension(Model):
    """Who asks, who grants, how far in all, how often. An extension is asked for before expiry (S8.4)."""

    ask: Names = ()
    grant: Names
    cap: TermText = None
    times: int = Field(default=1, ge=1)
    basis: Names = ()


class Tier(Model):
    """A point before or after the due time at which something is said or done."""

    at: Annotated[str, BeforeValidator(_offset)]
    tell: Names = ()
    lead: Name | None = None
    hour: str | None = None
    title: Label | None = None
    basis: Names = ()


class Missed(Model):
    lead: Name | None = None
    """The lead that a late or missing act puts on the review list; never an accusation (promise 7)."""


class Ambiguity(Model):
    """A wording with more than one reading, kept visible beside the reading in use."""

    note: Label
    use: TermText = None
    """The reading in use; every term that says ``is: as read`` is this one, so that a unit which reads it otherwise changes one line."""
    readings: tuple[TermText, ...] = ()
    starts: tuple[Start, ...] = ()
    """Other readings of what starts the clock; the one in use is that of the obligation. Each is combined with each reading of the term."""

    AS_READ: ClassVar[str] = "as read"


class Obligation(Label):
    owed: Owed
    counts: Literal["submitted", "received"] = "submitted"
    starts: Start
    owed_when: When = None
    term: tuple[Alternative, ...]
    modality: Literal["mandatory", "target", "permitted"] = "mandatory"
    met_by: Names
    discharged_by: Names = ()
    waive: Names = ()
    pause: tuple[PauseRule, ...] = ()
    extend: Extension | None = None
    elements: Names = ()
    tiers: tuple[Tier, ...] = ()
    missed: Missed = Missed()
    early: Literal["met", "contradiction"] = "met"
    recount: Literal["from_start", "from_change"] = "from_start"
    counts_from: Literal["knowledge", "occurrence"] = "knowledge"
    """A duty that a later fact brings counts from when that was known, or, where the cited rule says so, from its legal start (S4.4)."""
    receipt: TermText = None
    """The receiver's own duty to sign for it (签收), as a term."""
    receipt_basis: Names = ()
    """On what that term rests; left out: on the basis of the obligation."""
    deemed: TermText = None
    """When a report counts as received where nothing shows it earlier (视为收到): a term after its submission, set by the unit (S1.2)."""
    duty: Name | None = None
    """Key shared with the same duty of other rules (S8.3)."""
    ambiguous: Ambiguity | None = None
    basis: Names = ()

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        """Put the reading in use into the terms that ask for it."""
        ambiguous = data.get("ambiguous") if isinstance(data, dict) else None
        use = ambiguous.get("use") if isinstance(ambiguous, dict) else None
        if use is None or not isinstance(data.get("term"), list):
            return data
        term = [{**a, "is": use} if isinstance(a, dict) and a.get("is") == Ambiguity.AS_READ else a for a in data["term"]]
        return {**data, "term": term}

    @property
    def unclear(self) -> tuple[int, ...]:
        """The alternatives of the term that an ambiguous wording is about: those with its note, and those that are the reading in use."""
        if self.ambiguous is None or not self.ambiguous.readings:
            return ()
        return tuple(i for i, a in enumerate(self.term) if a.note or a.term == self.ambiguous.use)

    @property
    def read_as(self) -> tuple[terms.Term, ...]:
        """Every reading of the term, in the order of the file; one in use that is not listed comes first. Empty: there is one reading."""
        if self.ambiguous is None or not self.unclear:
            return ()
        used = (self.term[i].term for i in self.unclear)
        return tuple(dict.fromkeys((*(t for t in used if t not in self.ambiguous.readings), *self.ambiguous.readings)))


class InForce(Model):
    since: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    """The last day on which it is in force."""
    by: Names = ()
    """Events whose day decides; the first that is present. Default: the opening event (S8.1)."""


class Period(Model):
    """A recurring duty: the sweep opens one case for each unit of its levels and each period (S7.3)."""

    every: Literal["day", "week", "month", "quarter", "year", "unset"]
    """``unset``: the source names none; each unit sets its own in the organisation."""
    level: Names
    joins: Literal["next", "at_once"] = "next"
    """A unit that starts in the middle of a period owes from the next one, or at once."""


class Window(Model):
    """From when to when a sheet looks at other cases: two facts that name days, both included."""

    since: Name = Field(alias="from")
    until: Name


class Gather(Model):
    """Other cases of the same unit and the units below it."""

    procedures: Names
    where: dict[Name, Names] = {}
    """Fact → what it is there; a case that does not say so is left out."""
    events: Names = ()
    """Events of these cases to be counted."""
    duties: Names = ()
    """Duties of these cases to be tallied; nothing: all of them."""


class Line(Label):
    """One line of a sheet: what it is filled from."""

    facts: Names = ()
    elements: Names = ()
    """What the last act that says this element said."""
    durations: Names = ()
    """Duties of this case: how long each took from its start to its fulfilment, to the second (指令下达到落实)."""
    cases: Gather | None = None
    basis: Names = ()


class Sheet(Label):
    """A form that is filled from the ledger (检查表, 评估表, 考核表); nobody types its figures."""

    window: Window | None = None
    """Nothing: the period of a recurring duty, else from the beginning until now."""
    lines: dict[Name, Line]


class Procedure(Model):
    procedure: Name
    version: Version
    zh: Words
    en: Words
    calendar: str = "cn"
    zone: str = "Asia/Shanghai"
    hour: str = "09:00"
    """The unit's stated hour for reminders counted in working days (S2.2)."""
    in_force: InForce = InForce()
    documents: dict[Name, Label] = {}
    basis: dict[str, Basis] = {}
    roles: dict[Name, Role]
    elements: dict[Name, Label] = {}
    facts: dict[Name, Fact] = {}
    initial: Name
    states: dict[Name, State]
    events: dict[Name, Event]
    decisions: dict[Name, Decision] = {}
    obligations: dict[Name, Obligation] = {}
    erase: Names = ()
    """Roles that may decide that personal data be destroyed; nobody named: nobody may (S9.3)."""
    period: Period | None = None
    sheet: Sheet | None = None
    notes: tuple[Label, ...] = ()

    @property
    def title(self) -> Text:
        return Text(self.zh, self.en)

    @property
    def ref(self) -> str:
        return f"{self.procedure}@{self.version}"

    @property
    def packs(self) -> tuple[str, ...]:
        """The packs that it was composed with."""
        return tuple(self.version.split("+")[1:])


UNIT_BASIS = "unit"
"""The basis of what the unit decided itself, visible as such."""

_CLAUSE = re.compile(r"^([^.]+)(?:\.(.+))?$")


def basis_id(reference: str) -> str:
    """``E07`` of ``E07``, and of ``E07.三``: the part before the first dot names the entry."""
    match = _CLAUSE.match(reference)
    return match.group(1) if match else reference
