"""What the journal says of flags and notices, against the claims and the outbox that a store keeps beside it.

Nothing here is believed either way: the journal decides, and a row that says something else is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from workflow.act import FLAGGED, NOTIFIED, UNFLAGGED, Act
from workflow.case.flags import tier_name
from workflow.case.fold import Case
from workflow.journal.canonical import Json
from workflow.journal.chain import Finding
from workflow.journal.entry import Entry
from workflow.moment import unstamp
from workflow.outbox import Claim, Message
from workflow.text import Text
from workflow.written import claims_of


class _Told(NamedTuple):
    """A message by what the journal knows of it."""

    flag: int
    person: str
    channel: str


class _End(NamedTuple):
    """How a message ended, as the journal says."""

    recorded: datetime
    n: int
    told: _Told
    result: str
    provider: str | None
    """``None``: it does not say."""


def tally(case: Case, claims: Sequence[Claim], messages: Sequence[Message], unentered: Sequence[Entry] = ()) -> Iterator[Finding]:
    """Codes: ``claim_row`` (missing, or of something that was not said), ``message_row`` (missing, of no flag, or its end is not what the
    journal says). ``unentered`` are entries of the chain of the watch: of messages of this case that ended while it could not be read."""
    yield from _claims(case, claims)
    flags = {act.n: act for act in case.acts if act.kind in (FLAGGED, UNFLAGGED)}
    kept = {_Told(m.n, m.recipient, m.channel): m for m in messages}
    for told in (wanted for act in flags.values() for wanted in _wanted(act) if wanted not in kept):
        zh, en = f"第 {told.flag} 条标记的消息({_whom(told)})不见了", f"the message of flag {told.flag} ({_whom(told)}) is gone"
        yield Finding("message_row", case.id, told.flag, Text(zh, en))
    for told, message in kept.items():
        if not _rests(message, flags.get(message.n), case, messages):
            zh, en = f"消息({_whom(told)})不是日志中任何标记的", f"the message ({_whom(told)}) is of no flag in the journal"
            yield Finding("message_row", case.id, message.n, Text(zh, en))
    yield from _ends(case, kept, unentered)


def _claims(case: Case, claims: Sequence[Claim]) -> Iterator[Finding]:
    said, kept = set(claims_of(case, case.acts)), set(claims)
    for claim in sorted(said - kept, key=lambda c: c.n):
        zh, en = (
            f"{claim.row} 的“{claim.tier}”没有登记",
            f"'{claim.tier}' of {claim.row} was said, and its claim is gone or says something else",
        )
        yield Finding("claim_row", case.id, claim.n, Text(zh, en))
    known = {(c.row, c.revision, c.tier) for c in said}
    for claim in sorted(kept - said, key=lambda c: c.n):
        if (claim.row, claim.revision, claim.tier) not in known:
            zh, en = f"{claim.row} 的“{claim.tier}”已登记,日志中没有", f"'{claim.tier}' of {claim.row} is claimed, and was never said"
            yield Finding("claim_row", case.id, claim.n, Text(zh, en))


def _wanted(flag: Act) -> Iterator[_Told]:
    """The messages that a flag names: people, each over some channels, and places."""
    to, places = flag.data.get("to"), flag.data.get("places")
    for one in to if isinstance(to, list) else ():
        if isinstance(one, Mapping):
            by = one.get("by")
            yield from (_Told(flag.n, str(one["person"]), str(channel)) for channel in (by if isinstance(by, list) else ()))
    yield from (_Told(flag.n, "", str(channel)) for channel in (places if isinstance(places, list) else ()))


def _rests(message: Message, flag: Act | None, case: Case, messages: Sequence[Message]) -> bool:
    """Whether a message is of a flag as the journal has it: named by it, or in place of one that is dead."""
    if flag is None or (message.row, message.revision, message.tier) != (flag.name, flag.data.get("revision"), tier_name(case, flag)):
        return False
    if not message.instead_of:
        return _Told(message.n, message.recipient, message.channel) in set(_wanted(flag))
    return any(m.id == message.instead_of and m.state == "dead" and m.n == message.n for m in messages)


def _ends(case: Case, kept: Mapping[_Told, Message], unentered: Sequence[Entry]) -> Iterator[Finding]:
    """Every message that is sent or dead has an act or an entry of the watch that says so, and each of these has its message."""
    ends: dict[_Told, _End] = {}
    for end in sorted((*_entered(case), *_apart(unentered)), key=lambda end: end.recorded):
        told = end.told
        if told in ends and ends[told].result != "dead":  # one that is dead may be sent all the same, when somebody says so
            zh, en = f"告知({_whom(told)})记了两次", f"the journal has the end of the message ({_whom(told)}) twice"
            yield Finding("message_row", case.id, end.n, Text(zh, en))
        ends[told] = end
    for told, end in ends.items():
        found = kept.get(told)
        ended = {"sent": "accepted"}.get(found.state, "dead") if found is not None else ""
        if found is None or ended != end.result or (ended == "accepted" and end.provider not in (None, found.provider)):
            zh, en = f"消息({_whom(told)})与告知记录不符", f"the message ({_whom(told)}) does not stand as the journal says"
            yield Finding("message_row", case.id, end.n, Text(zh, en))
    for told, message in kept.items():
        if message.state in ("sent", "dead") and told not in ends:
            zh, en = (
                f"消息({_whom(told)})已了结,日志中没有",
                f"the message ({_whom(told)}) is {message.state}, and the journal does not say so",
            )
            yield Finding("message_row", case.id, message.n, Text(zh, en))


def _entered(case: Case) -> Iterator[_End]:
    for act in case.acts:
        if act.kind == NOTIFIED:
            yield _End(act.recorded, act.n, _of(act.data), str(act.data["result"]), str(act.data["id"]))


def _apart(unentered: Sequence[Entry]) -> Iterator[_End]:
    """With the number of the flag: that of the entry is of another chain."""
    for entry in unentered:
        told = _of(entry.body)
        yield _End(unstamp(entry.recorded), told.flag, told, str(entry.body.get("result")), None)


def _of(said: Mapping[str, Json]) -> _Told:
    flag = said.get("flag")
    return _Told(flag if isinstance(flag, int) else 0, str(said.get("person")), str(said.get("channel")))


def _whom(told: _Told) -> str:
    return f"{told.person or '-'} / {told.channel}"
