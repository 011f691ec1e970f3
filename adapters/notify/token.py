"""Access tokens of application messages: asked for once, kept until shortly before they expire, asked for anew when they are refused."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from workflow.letter import Rejected, Result, Throttled, Unknown

Failure = Rejected | Throttled | Unknown


class Token:
    def __init__(self, fetch: Callable[[], tuple[str, int] | Failure]) -> None:
        """``fetch`` gives a token and for how many seconds it is good, or why there is none."""
        self._fetch = fetch
        self._value = ""
        self._until = 0.0

    def use(self, send: Callable[[str], Result | None]) -> Result:
        """Send with the token. ``send`` returns ``None`` when the token was refused; then it is called once more, with a fresh one."""
        for fresh in (False, True):
            found = self._get(fresh)
            if not isinstance(found, str):
                return found
            result = send(found)
            if result is not None:
                return result
        self._value = ""
        return Rejected("token", "a fresh token was refused as well")

    def _get(self, fresh: bool) -> str | Failure:
        now = monotonic()
        if fresh or not self._value or now >= self._until:
            found = self._fetch()
            if not isinstance(found, tuple):
                self._value = ""
                return found
            self._value, good = found
            self._until = now + max(30.0, good - max(60, good // 10))
        return self._value
