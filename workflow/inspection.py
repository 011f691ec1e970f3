"""One case as an inspector needs it, as of an instant: who knew what when, what was owed and why then, and what was entered only later.

It is made of the dossier of the case as it stood at that instant and of what stands behind its broken duties (:mod:`workflow.trace`). What
was entered after the instant is kept apart: it decides nothing of what is said of the instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from workflow.account import reached, receivers
from workflow.act import ACKNOWLEDGED, FLAGGED, NOTED, NOTIFIED, UNFLAGGED, Act
from workflow.case.fold import Case
from workflow.dossier import dossier, legend
from workflow.explain import why
from workflow.journal.canonical import Json, canonical, digest
from workflow.moment import stamp
from workflow.obligation.evidence import received
from workflow.obligation.row import Row
from workflow.organisation import Organisation
from workflow.replay import Judged
from workflow.rowname import title
from workflow.rules import Rules, World
from workflow.sheet import Peer
from workflow.text import Text
from workflow.trace import behind, trace

TOLD = frozenset({FLAGGED, UNFLAGGED, NOTIFIED, ACKNOWLEDGED})
"""What says that somebody was told stands with the duties that it is about."""
STATEMENT, FINDING = "statement", "finding"


class Source(NamedTuple):
    """Where a case was read from."""

    kind: str
    """``journal``, or ``log``: a log knows no instant at which anything was recorded, and nothing of who was told."""
    document: Mapping[str, Json] = {}
    """What identifies it."""

    @property
    def records(self) -> bool:
        return self.kind == "journal"


class Course(NamedTuple):
    """A case and those around it, as they stood at the instant, and the case as it stands at the end of the record."""

    then: Judged
    now: Judged
    peers: Sequence[Judged]
    """Every case that can bear on it, as of the instant, the case itself included."""
    organisation: Organisation
    texts: Mapping[int, str] = {}
    """By number of the entry the text of what people wrote; where the source holds it."""


def inspect(course: Course, source: Source, since: datetime, also: Iterable[str] = ()) -> dict[str, Json]:
    """The inspection of a case as canonical data: ``docs/how-to/inspect-a-case.md``. ``since`` and ``also`` are those of a trace."""
    then, now = course.then, course.now
    case, world, at = then.case, then.world, then.as_of
    found = dossier(then).document
    found["acts"] = [_act(a, case, world, then.proofs, source) for a in case.acts if a.kind not in TOLD]
    found["rows"] = [_explained(made, row, then) for made, row in zip(_list(found["rows"]), then.rows, strict=True)]
    later = [a for a in now.case.acts if a.recorded > at and a.kind not in TOLD]
    back, involved = _back(course, since, tuple(also), source)
    document: dict[str, Json] = {
        "as_of": stamp(at),
        "source": {"kind": source.kind, **source.document},
        "case": found,
        "knew": [{"role": role, "at": moment.encode()} for moment, role in reached(case, world)],
        "statements": list[Json](_statements(then, course.texts, source)),
        "later": {
            "acts": [_act(a, now.case, now.world, now.proofs, source) for a in later],
            "rows": list[Json](_changed(then.rows, now.rows)) if later else [],
            "statements": list[Json](_statements(now, course.texts, source, at)),
        },
        "back": back,
        "legend": {rules.procedure.ref: _legend(rules) for rules in (world.rules, now.world.rules, *involved)},
    }
    return {**document, "digest": digest(canonical(document))}


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []


def _act(act: Act, case: Case, world: World, proofs: Mapping[int, str], source: Source) -> dict[str, Json]:
    """An act with its instants, each apart, on whose word they rest, and whom it reached."""
    found: dict[str, Json] = {"n": act.n, "kind": act.kind, "name": act.name, "happened": act.happened.encode(), "grade": act.grade}
    if act.submitted is not None:
        found["submitted"] = act.submitted.encode()
    if act.received is not None:
        found["received"] = act.received.encode()
    if source.records:
        found["recorded"] = act.stamp
    if act.actor is not None:
        found["actor"] = act.actor.document()
    to: list[Json] = []
    for role in receivers(act, world):
        moment = received(case, act, role)
        to.append({"role": role, "received": moment.encode() if moment is not None else None})
    if to:
        found["to"] = to
    for name in ("facts", "given", "about", "answer", "by", "role"):
        if act.data.get(name) not in (None, "", [], {}):
            found[name] = act.data[name]
    if act.deviations:
        found["deviations"] = list(act.deviations)
    if act.n in proofs:
        found["proof"] = proofs[act.n]
    found["state"] = list(act.state)
    return found


def _explained(made: dict[str, Json], row: Row, judged: Judged) -> dict[str, Json]:
    """A row of the dossier with its title and the explanation of its date and outcome."""
    told = why(row, judged.case, judged.world, judged.rows, judged.as_of)
    label = title(row.key, judged.world.of(row.definition).rules)
    return {
        **made,
        "zh": label.zh,
        "en": label.en,
        "explanation": {
            "zh": list[Json](told.lines("zh")),
            "en": list[Json](told.lines("en")),
            "term": told.story.document() if told.story is not None else None,
        },
    }


def _changed(then: Iterable[Row], now: Iterable[Row]) -> Iterable[dict[str, Json]]:
    """The duties of which the end of the record says something else."""
    before = {row.key: row for row in then}
    for row in now:
        old = before.get(row.key)
        if old is None or (old.outcome, old.due, old.met_at) != (row.outcome, row.due, row.met_at):
            yield {
                "row": row.key,
                "then": old.outcome.value if old is not None else None,
                "now": row.outcome.value,
                "due": stamp(row.due.instant) if row.due is not None else None,
                "inclusive": row.due.inclusive if row.due is not None else True,
                "met": row.met_at.encode() if row.met_at is not None else None,
            }


def _statements(judged: Judged, texts: Mapping[int, str], source: Source, after: datetime | None = None) -> Iterable[dict[str, Json]]:
    """What people stated or found, word for word where the source holds it; ``text`` is ``None`` where it does not."""
    for act in judged.case.acts:
        if act.kind != NOTED or act.name not in (STATEMENT, FINDING) or (after is not None and act.recorded <= after):
            continue
        made = _act(act, judged.case, judged.world, judged.proofs, source)
        yield {**made, "about": str(act.data.get("about", "")), "text": texts.get(act.n)}


def _back(course: Course, since: datetime, also: tuple[str, ...], source: Source) -> tuple[dict[str, Json], list[Rules]]:
    """责任倒查, with what stands behind each step; and the rules of the cases that it came upon."""
    then = course.then
    peers = [Peer(j.case, j.world, tuple(j.rows)) for j in course.peers]
    proofs = {j.case.id: j.proofs for j in course.peers}
    found = trace(then.case.id, peers, course.organisation, since, also)
    unseen = list(found.unseen)
    if not source.records:
        unseen.append(Text("谁被提醒、谁被告知(事件日志没有)", "who was reminded or told (an event log does not have it)"))
    document: dict[str, Json] = {
        "since": stamp(since),
        "steps": [{**s.document(), "duty": s.row.duty.id, **behind(s, then.as_of, proofs[s.case.id])} for s in found.steps],
        "looked": dict(found.looked),
        "unseen": [{"zh": t.zh, "en": t.en} for t in unseen],
    }
    return document, [s.world.rules for s in found.steps]


def _legend(rules: Rules) -> dict[str, Json]:
    p = rules.procedure
    return {
        **legend(rules),
        "facts": {
            name: {"zh": f.zh, "en": f.en, "type": f.type, "of": {v: {"zh": label.zh, "en": label.en} for v, label in f.of.items()}}
            for name, f in p.facts.items()
        },
        "decisions": {name: {"zh": d.zh, "en": d.en} for name, d in p.decisions.items()},
    }
