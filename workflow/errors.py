"""Everything that can go wrong, typed.

Each error has a stable ``code`` (for programs), an ``exit_code`` (for the command line), a message in both languages that says what is
wrong, ``where`` it is wrong (file, line, field) and a ``hint`` that says what to do. Programs match on the class or on ``code``, never
on the wording.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from workflow.text import Lang, Text, same


class DubanError(Exception):
    """Base of every error that duban raises on purpose."""

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 70

    def __init__(self, message: Text, *, where: str | None = None, hint: Text | None = None) -> None:
        super().__init__(message.en)
        self.message = message
        self.where = where
        self.hint = hint

    def say(self, lang: Lang) -> str:
        """The whole error as one or more lines: place, what is wrong, what to do."""
        place = f"{self.where}: " if self.where else ""
        line = f"{place}{self.message.say(lang)} [{self.code}]"
        return f"{line}\n  → {self.hint.say(lang)}" if self.hint else line

    def __str__(self) -> str:
        return self.say("en")

    def __reduce__(self) -> tuple[Any, ...]:
        """So that one of another process arrives as it was."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[DubanError], args: tuple[object, ...], content: dict[str, Any]) -> DubanError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(content)
    return error


class BadInput(DubanError):
    """What was given cannot be read or does not have the right form."""

    code, exit_code = "input.bad", 2


class BadTerm(BadInput):
    """A term (``5 working days``) that the grammar does not know."""

    code = "input.term"


class BadCondition(BadInput):
    """A condition of a definition that is not written as one; ``path`` leads to the part that is wrong."""

    code = "input.condition"

    def __init__(self, message: Text, *, where: str | None = None, hint: Text | None = None, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message, where=where, hint=hint)
        self.path = path


class BadInstant(BadInput):
    """A date or time that cannot be read."""

    code = "input.instant"


class NaiveTime(BadInstant):
    """A time without an offset where no zone policy says which zone is meant."""

    code = "input.naive_time"


class WrongType(BadInput):
    """A fact, element or option whose value has the wrong type."""

    code = "input.type"


class FutureTime(BadInput):
    """A record of something that has not happened yet."""

    code = "input.future"


class UnknownActor(BadInput):
    """Nobody is named as the author, or the person or post is not in the organisation."""

    code = "input.actor"


class WrongCase(BadInput):
    """A case that cannot be named here: of another procedure than the event links to, void, or the case itself."""

    code = "input.case"


class UnreadableLog(BadInput):
    """An event log that cannot be read at all: unknown columns, truncated, not text."""

    code = "input.log"


class UnreadableRows(BadInput):
    """Said after the report of a log of which single rows could not be read: they are counted, and the report may miss something."""

    code, exit_code = "input.rows", 1


class BadMap(BadInput):
    """A log map that does not fit its schema or its log."""

    code = "input.map"


class DefinitionError(DubanError):
    """A procedure, calendar or organisation file that is broken; see ``problems`` of the subclass."""

    code, exit_code = "definition.invalid", 3


class PlanError(DefinitionError):
    """A plan by which cases are to be moved to a new version that is broken; see ``problems`` of the subclass."""

    code = "migration.invalid"


class Refused(DubanError):
    """A request that the procedure does not allow."""

    code, exit_code = "refused", 4


class WrongRole(Refused):
    code = "refused.role"


class WrongState(Refused):
    code = "refused.state"


class MissingFacts(Refused):
    code = "refused.facts"


class ClockOnly(Refused):
    """An event of the clock or of the engine, which no person can fire."""

    code = "refused.clock"


class TooLate(Refused):
    """A request that had to be made before an instant that has passed (an extension after expiry)."""

    code = "refused.too_late"


class NotAllowed(Refused):
    """The condition, the second signer or the cap that the definition demands is not met."""

    code = "refused.not_allowed"


class BeyondAuthority(Refused):
    """The authority matrix of the organisation does not give whoever asks the power of command for it (指挥权限)."""

    code = "refused.authority"


class Held(Refused):
    """Erasure asked for while a hold stands (an open dispute, appeal or inspection)."""

    code = "refused.hold"


class Conflict(DubanError):
    """Something else was written first."""

    code, exit_code = "conflict", 5


class StaleVersion(Conflict):
    code = "conflict.version"


class KeyReused(Conflict):
    """An idempotency key that was used before with another command."""

    code = "conflict.key"


class AlreadyThere(Conflict):
    """A case id, definition version or calendar year that exists with other content."""

    code = "conflict.exists"


class IntegrityError(DubanError):
    """The journal does not verify: something was changed after it was written."""

    code, exit_code = "integrity", 6


class Drift(DubanError):
    """Said after the report of a journal whose due dates come out otherwise when they are computed again."""

    code, exit_code = "drift", 1


class NotFound(DubanError):
    code, exit_code = "not_found", 7


class UnknownCase(NotFound):
    code = "not_found.case"


class UnknownProcedure(NotFound):
    code = "not_found.procedure"


class UnsetFrequency(NotFound):
    """The unit says itself how often it owes a recurring duty, and has said nothing."""

    code = "not_found.frequency"


class UnknownName(NotFound):
    """An event, fact, obligation, decision or role that the procedure does not have."""

    code = "not_found.name"


class CalendarGap(DubanError):
    """A date beyond everything that the calendar can say, even provisionally."""

    code, exit_code = "calendar.gap", 8


class StoreUnavailable(DubanError):
    """The store cannot be opened or written: missing, locked, full, read-only."""

    code, exit_code = "store.unavailable", 69


class NoStore(StoreUnavailable):
    """There is no store yet at a place where one can be made."""


class OutcomeUnknown(StoreUnavailable):
    """The connection was lost while a commit was on its way: it was carried out whole, or not at all, and nobody here knows which."""

    code = "store.unknown"


class IncompleteStore(StoreUnavailable):
    """A copy of the file of a store that was in use, without its write-ahead log: the last commits are not in it."""

    code = "store.incomplete"


class ForeignStore(StoreUnavailable):
    """A file that is not a duban store, is truncated, or is from a newer version."""

    code = "store.foreign"


class StoreBusy(StoreUnavailable):
    """Another process holds the store; the same command can be tried again."""

    code, exit_code = "store.busy", 75


class ConfigError(DubanError):
    """Settings that cannot be used: of a file, the environment, an option or a URL."""

    code, exit_code = "config", 78


class UnknownSetting(ConfigError):
    """A key of a settings file that does not exist."""

    code = "config.unknown"


class SecretGiven(ConfigError):
    """A secret where it would be seen: in a settings file, in the environment or in an option."""

    code = "config.secret"


class MissingExtra(ConfigError):
    """Something is configured whose library is not installed; the hint names the extra."""

    code = "config.extra"


class LeaseLost(DubanError):
    """Somebody else keeps the watch over this store; what this one wanted to do is left to them."""

    code, exit_code = "watch.lease", 75


class SweepIncomplete(DubanError):
    """Said after a sweep that could not be made for some cases; all others were swept."""

    code, exit_code = "sweep.incomplete", 1
    done: tuple[object, ...] = ()
    """What the sweep did elsewhere."""
    broken: Mapping[str, Exception] = MappingProxyType({})
    """What went wrong, by case."""

    @classmethod
    def of(cls, done: Sequence[object], broken: Mapping[str, Exception]) -> SweepIncomplete:
        names = list(broken)
        some = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        first = broken[names[0]]
        reason = first.message if isinstance(first, DubanError) else same(f"{type(first).__name__}: {first}")
        error = cls(
            Text(f"{len(names)} 个案件未能巡查:{some};{reason.zh}", f"{len(names)} case(s) could not be swept: {some}; {reason.en}"),
            hint=Text("其余案件已巡查;用 duban audit verify 核验日志", "all others were swept; check the journal with duban audit verify"),
        )
        error.done, error.broken = tuple(done), dict(broken)
        return error


class ListenerFailed(DubanError):
    """A subscriber of the engine raised; what it was told of is committed."""

    code, exit_code = "listener", 70
