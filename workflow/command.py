"""What may be asked of a case: the commands, and what every one of them says about who and when.

A command is a value. ``decide`` of :mod:`workflow.case` turns it into acts or refuses it; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from workflow.journal.canonical import Json
from workflow.moment import Moment
from workflow.organisation import Actor
from workflow.pace import Pace

Grade = Literal["system", "counterpart", "own", "stated"]
"""How sure an instant is (S1.3): the receiving system's stamp, the other side, the author's own word, or an imported log."""

Stage = Literal["delivered", "received", "accepted"]
How = Literal["signature", "call", "system"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who says it, and when it is said to have happened. ``None`` for an instant means: as it is entered."""

    actor: Actor
    happened: Moment | None = None
    submitted: Moment | None = None
    received: Moment | None = None
    grade: Grade | None = None
    """``None``: ``system`` when nothing earlier than the entry itself is claimed, else ``own``."""
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Base of all commands. ``verb`` is its name on the command line and in the journal's idempotency record."""

    verb: ClassVar[str] = ""
    said: Said

    def document(self) -> dict[str, Json]:
        """The canonical content, for the digest that an idempotency key is bound to."""
        content: dict[str, Json] = {"verb": self.verb}
        for item in fields(self):
            content[item.name] = _plain(getattr(self, item.name))
        return content


def _plain(value: Any) -> Json:
    if isinstance(value, Moment):
        return value.encode()
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if isinstance(value, (Said, Actor)):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Command):
    """Open a case. Three things are needed: what, where, who told us (S5.4)."""

    verb: ClassVar[str] = "open"
    event: str = ""
    unit: str = ""
    what: str
    where: str
    told_by: str
    elsewhere: bool = False
    """Known from elsewhere first (110, 12345, the press, a superior): the unit itself has not reported yet (S7.1)."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    drill: bool = False
    pace: int = 1
    """How many times faster the clock of a drill runs, from its opening on."""
    clock: Pace | None = None
    """The clock that it shares: that of the drill that it comes from."""
    origin: str = ""
    """The case that it comes from: it gets an act that names this one, in the same transaction."""
    by: str = ""
    """The event of the case that it comes from; empty where the opening event itself declares the link."""
    leads: tuple[tuple[str, str], ...] = ()
    """Leads that it takes up, each by its case and row: it gets the evidence, and each of their cases an act that says so (S9.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Do(Command):
    """Something a procedure declares. As a request it may be refused; as a record it is accepted with its deviations (S5)."""

    verb: ClassVar[str] = "fire"
    event: str
    to: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    elements: Mapping[str, str] = field(default_factory=dict)
    present: tuple[str, ...] = ()
    second: Actor | None = None
    oral: str = ""
    """An oral approval in place of the second signature: who, when, by which telephone (S5.5)."""
    of: tuple[int, ...] = ()
    """The entries that this answers, where a duty begins with each of several: an order, a report that was sent back."""
    case: str = ""
    """The other case, for an event that links to one."""
    leads: tuple[tuple[str, str], ...] = ()
    """Further leads that it takes up, each by its case and row."""
    slot: Moment | None = None
    """The slot of a recurring duty that this is for; otherwise the one in which it happened (S7.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Do):
    """A record of an act that was done, never refused for a breach of procedure (S5.2)."""

    verb: ClassVar[str] = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise(Command):
    verb: ClassVar[str] = "revise"
    facts: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide(Command):
    verb: ClassVar[str] = "decide"
    decision: str
    answer: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Command):
    """A report was received: signed for, confirmed by a call that names who took it, or stamped by the receiving system (S1.2).

    Deemed receipt is no command: the definition says after which term it holds (``deemed``). ``of`` may be a flag too: then its notice
    was delivered, received (签收) or accepted.
    """

    verb: ClassVar[str] = "receipt"
    of: int
    by: str = ""
    how: How = "signature"
    stage: Stage = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(Command):
    """Somebody other than the obligor confirms when an act was done (S1.3)."""

    verb: ClassVar[str] = "confirm"
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct(Command):
    """A 更正: replaces named elements or facts of an earlier act and says why. Instants are not corrected but confirmed."""

    verb: ClassVar[str] = "correct"
    of: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    elements: Mapping[str, str] = field(default_factory=dict)
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Command):
    verb: ClassVar[str] = "note"
    text: str
    kind: Literal["note", "statement", "finding"] = "note"
    about: str = ""
    """Key of the obligation that a statement (情况说明) or a finding is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waive(Command):
    verb: ClassVar[str] = "waive"
    row: str
    ground: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismiss(Command):
    """A lead is looked at and not pursued (S9.2); the outcome of the row stays what it is."""

    verb: ClassVar[str] = "dismiss"
    row: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend(Command):
    """Ask for an extension, grant it or refuse it."""

    verb: ClassVar[str] = "extend"
    row: str
    step: Literal["ask", "grant", "refuse"]
    by: str = ""
    """The term that is added, for ``ask`` and ``grant``: ``30 days``."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Command):
    verb: ClassVar[str] = "withdraw"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(Command):
    """Opened by mistake (误立): needs a second person."""

    verb: ClassVar[str] = "void"
    reason: str
    second: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class SameAs(Command):
    """The same incident as another case, which leads; ``lead`` empty undoes it."""

    verb: ClassVar[str] = "same-as"
    lead: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen(Command):
    verb: ClassVar[str] = "reopen"
    reason: str


HoldKind = Literal["dispute", "appeal", "inspection"]
HOLDS: tuple[HoldKind, ...] = ("dispute", "appeal", "inspection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Command):
    """An open dispute, appeal or inspection: until it is released nothing of the case is erased (S9.3)."""

    verb: ClassVar[str] = "hold"
    kind: HoldKind
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Command):
    verb: ClassVar[str] = "release"
    of: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase(Command):
    """Destroy the erasable part of entries for good: names, telephone numbers, free text. The entries themselves stay (promise 11)."""

    verb: ClassVar[str] = "erase"
    entries: tuple[int, ...]
    ground: str
    decider: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalendar(Command):
    """A calendar revision was imported (S8.2)."""

    verb: ClassVar[str] = "calendar"
    calendar: str
    ground: str


Choice = Literal["keep", "from_start", "from_now"]
CHOICES: tuple[Choice, ...] = ("keep", "from_start", "from_now")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrate(Command):
    """Move a running case to another version of its procedure (promise 9); what is open keeps its date or is computed anew."""

    verb: ClassVar[str] = "migrate"
    to: str
    """Hash of the definition."""
    ground: str
    states: Mapping[str, str] = field(default_factory=dict)
    """State of the old version → of the new one; a state that both have stands for itself."""
    obligations: Mapping[str, Choice] = field(default_factory=dict)
    default: Choice = "keep"
