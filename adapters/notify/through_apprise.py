"""Whatever else the library Apprise can reach. It says yes or no and nothing more, and its yes is not always one: never verified."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from pydantic import Field

from adapters.notify.deadline import Overdue, within
from adapters.notify.kind import Given, Kind, Options
from adapters.notify.wording import plain, single
from workflow.letter import Accepted, Letter, Result, Unknown
from workflow.text import Text


class Other(Options):
    url_file: str = Field(default="", description="file with the address as Apprise writes it (ntfy://…), which is a secret")


class AppriseNotifier:
    def __init__(self, options: Other, sender: Any) -> None:
        self._options, self._sender = options, sender

    def send(self, letter: Letter) -> Result:
        subject, body = single(letter.subject), plain(letter.body)

        def notify() -> bool:
            return bool(self._sender.notify(body=body or subject or " ", title=subject if body else "", body_format="text"))

        try:
            taken = within(self._options.timeout, notify)
        except Overdue as error:
            return Unknown(str(error))
        return Accepted(verified=False) if taken else Unknown("Apprise says that it failed, and not how")

    def close(self) -> None:
        """Nothing is open between two letters."""


def _make(options: Other, given: Given) -> AppriseNotifier:
    with warnings.catch_warnings():  # it loads more than a hundred modules, some of them of old libraries
        warnings.simplefilter("ignore")
        try:
            import apprise
        except ImportError:
            raise given.missing("apprise", "apprise") from None
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs addresses
        sender = apprise.Apprise()
        known = sender.add(given.needed("url"))
    if not known:
        raise given.wrong("url_file", Text("Apprise 不认识这个地址", "Apprise does not know this kind of address"))
    return AppriseNotifier(options, sender)


APPRISE = Kind("apprise", Other, _make, secrets=("url",))
