"""How a row of the ledger is called: its key, and what people say for it in either language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from workflow.obligation.row import Row
from workflow.procedure.legend import duty_text
from workflow.rules import Rules
from workflow.text import Text

_BETWEEN = re.compile(r"\s*(?:/|→)\s*")


class Key(NamedTuple):
    """The parts of a key such as ``feedback/complainant#1`` or, for a slot, ``follow_up/government#2026-10-02T17:00``."""

    duty: str
    to: str
    name: str

    @classmethod
    def of(cls, key: str) -> Key:
        head, _, name = key.rpartition("#")
        duty, _, to = head.partition("/")
        return cls(duty, to, name)


def title(key: str, rules: Rules) -> Text:
    """The row for people: the title of its duty, the receiver where there are several, which one where there may be several.

    A duty that rests on a text which was not read in the original is marked. A key that the procedure does not know stands for itself.
    """
    try:
        duty_id, to, name = Key.of(key)
        duty = rules.duties[duty_id]
    except KeyError:
        return Text(key, key)
    text = duty_text(rules.procedure, duty.obligation)
    if len(duty.receivers) > 1:
        receiver = rules.procedure.roles[to].text if to in rules.procedure.roles else Text(to, to)
        text = text + Text(" → ", " → ") + receiver
    if name != "1":
        which = f" #{name.replace('T', ' ')}"
        text = text + Text(which, which)
    return text


def called(row: Row, rules: Rules) -> Text:
    """A row for people, also one that only an earlier version of the procedure demands."""
    return title(row.key, rules) if row.duty.id in rules.duties else row.duty.title


def matching(word: str, rows: Iterable[Row], rules: Rules) -> list[Row]:
    """The rows that ``word`` may mean: a key; a duty, alone or as ``DUTY/RECEIVER#NAME``, each by id or by its label in either language."""
    found = list(rows)
    exact = [r for r in found if r.key == word]
    if exact:
        return exact
    wanted = word.strip().lower()
    whole = [r for r in found if wanted in _words(r.duty.id, r.duty.title)]
    if whole:
        return whole
    head, sign, name = wanted.rpartition("#")
    if not sign or not name[:1].isdigit():
        head, name = wanted, ""
    duty, *to = _BETWEEN.split(head.strip(), maxsplit=1)
    return [
        r
        for r in found
        if duty in _words(r.duty.id, r.duty.title)
        and (not name or name.replace(" ", "t") == r.name.lower())
        and (not to or to[0] in _receiver(r, rules))
    ]


def _words(name: str, label: Text) -> tuple[str, str, str]:
    return name.lower(), label.zh.strip().lower(), label.en.strip().lower()


def _receiver(row: Row, rules: Rules) -> tuple[str, ...]:
    role = rules.procedure.roles.get(row.to)
    return (row.to,) if role is None else _words(row.to, role.text)
