"""What stands around every notifier: it raises nothing, and what it says of a failure shows no address, number of a person or secret."""

from __future__ import annotations

import re
from dataclasses import replace

from loguru import logger

from adapters.config.secret import conceal
from adapters.masking import masked
from adapters.notify.wording import shortened, single
from workflow.letter import Accepted, Letter, Notifier, Rejected, Result, Throttled, Unknown

LONGEST_WAIT = 3600
"""Seconds that a service may ask to wait: what is longer is asked again after this."""


class Guarded:
    """A notifier as the sender has it."""

    def __init__(self, notifier: Notifier, needs: str, name: str) -> None:
        self._notifier = notifier
        self._needs = needs
        self._name = name

    def send(self, letter: Letter) -> Result:
        if self._needs and not letter.to.strip():
            return Rejected("no_address", f"no address of kind {self._needs}")
        try:
            result = self._notifier.send(letter)
        except Exception as error:  # a mistake in the channel; what it did before is not known
            logger.error("the channel {} failed: {}", self._name, _clean(f"{type(error).__name__}: {error}", letter))
            return Unknown(_clean(f"{type(error).__name__}: {error}", letter))
        if isinstance(result, Accepted):
            return replace(result, id=_clean(result.id, letter))
        if isinstance(result, Rejected):
            return replace(result, code=_clean(result.code, letter), message=_clean(result.message, letter))
        if isinstance(result, Throttled):
            seconds = min(max(1, result.seconds), LONGEST_WAIT)
            return Throttled(seconds, _clean(result.code, letter), _clean(result.message, letter))
        return Unknown(_clean(result.message, letter))

    def close(self) -> None:
        try:
            self._notifier.close()
        except Exception as error:
            logger.warning("the channel {} could not be closed: {}", self._name, type(error).__name__)


def _clean(said: str, letter: Letter) -> str:
    said = conceal(said)
    if len(letter.to) > 2:
        said = re.sub(re.escape(letter.to), "[address]", said, flags=re.IGNORECASE)
    return shortened(single(masked(said)), 300)
