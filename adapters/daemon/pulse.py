"""How the daemon is: what it did last, for health checks, metrics and the log. Threads share it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock


@dataclass(frozen=True, slots=True)
class State:
    """A snapshot. Lengths are seconds; instants are aware."""

    started: datetime | None = None
    standby: bool = False
    """Another daemon keeps the watch over this store."""
    swept_at: datetime | None = None
    """When the last sweep was complete."""
    took: float = 0.0
    """How long the last sweep took."""
    sweeps: int = 0
    cases: int = 0
    """Cases that were swept since the start."""
    flags: int = 0
    failures: int = 0
    """Sweeps that could not be made."""
    error: str = ""
    """What the last sweep failed with; empty when it did not."""
    next_at: datetime | None = None


@dataclass(slots=True)
class Pulse:
    _state: State = field(default_factory=State)
    _lock: Lock = field(default_factory=Lock)

    @property
    def state(self) -> State:
        return self._state

    def note(self, **changed: object) -> State:
        with self._lock:
            self._state = replace(self._state, **changed)  # type: ignore[arg-type]
            return self._state
