"""Gaps of rosters, seen beforehand: when a post that has a roster will have nobody on duty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.organisation.model import Organisation
from workflow.text import Text

REASONS = {
    "nobody": Text("无人排班", "nobody is on the roster"),
    "away": Text("值班人请假,无人代理", "who is on the roster is away, and nobody acts"),
}


class RosterGap(NamedTuple):
    """A span ``[since, until)`` in which nobody is on duty in a post that has a roster."""

    post: str
    unit: str
    since: datetime
    until: datetime
    """The end of the span that was looked at, where the gap lasts longer."""
    why: str
    """A key of :data:`REASONS`."""
    people: tuple[str, ...] = ()
    """Who is on the roster, and away."""

    def document(self) -> dict[str, Json]:
        return {
            "post": self.post,
            "unit": self.unit,
            "since": stamp(self.since),
            "until": stamp(self.until),
            "why": self.why,
            "people": list(self.people),
        }


def roster_gaps(organisation: Organisation, now: datetime, days: int = 7) -> list[RosterGap]:
    """The gaps of every roster in the next ``days`` of 24 hours, by post and then by time. A post that never had a roster has none."""
    return [gap for post in sorted(organisation.rosters) for gap in _gaps(organisation, post, now, now + timedelta(days=days))]


def _gaps(organisation: Organisation, post: str, since: datetime, until: datetime) -> Iterator[RosterGap]:
    unit, roster = organisation.posts[post].unit, organisation.rosters[post]
    if organisation.unit_at(unit, since) != unit:  # it went with its unit
        return
    found: RosterGap | None = None
    for start, end in pairwise(_edges(organisation, post, since, until)):
        if not roster.is_kept(start) or organisation.on_duty(post, start):
            continue
        people = tuple(dict.fromkeys(shift.person for shift in roster.at(start)))
        gap = RosterGap(post, unit, start, end, "away" if people else "nobody", people)
        if found is not None and found._replace(until=end) == gap._replace(since=found.since) and found.until == start:
            found = found._replace(until=end)
            continue
        if found is not None:
            yield found
        found = gap
    if found is not None:
        yield found


def _edges(organisation: Organisation, post: str, since: datetime, until: datetime) -> list[datetime]:
    """Every instant of a span at which it may change who is on duty, with both ends."""
    roster = organisation.rosters[post]
    found: set[datetime | None] = {since, until}
    for shift in roster.between(since, until):
        found |= {shift.since, shift.until}
    for kept in roster.kept:
        found |= set(kept)
    for away in (*organisation.leaves, *organisation.delegations):
        found |= {away.since, away.until}
    return sorted(at for at in found if at is not None and since <= at <= until)
