"""责任倒查: from an outcome back to the missed and late duties that could bear on it, in order of time.

It says what was owed and by which post, with the clause; whether it bore on the outcome is for a person to determine. It also says what it
did not look at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from workflow.account import account
from workflow.act import FLAGGED, UNFLAGGED
from workflow.case.fold import Case
from workflow.case.link import linked
from workflow.explain import clauses
from workflow.journal.canonical import Json
from workflow.message import unwatched
from workflow.moment import stamp
from workflow.notice import STAGES, notices
from workflow.obligation.row import Outcome, Row
from workflow.organisation import Organisation
from workflow.rowname import title
from workflow.rules import Rules, World
from workflow.sheet import Peer
from workflow.text import Text

How = Literal["self", "linked", "standing"]
HOW: Mapping[str, Text] = {
    "self": Text("本案", "the case itself"),
    "linked": Text("关联案件", "linked case"),
    "standing": Text("经常性义务", "standing duty"),
}
BROKEN = (Outcome.MISSED, Outcome.MET_LATE, Outcome.UNDETERMINABLE)


class Step(NamedTuple):
    """A duty that was missed, late, or cannot be judged."""

    at: datetime
    """When it was missing, or where nothing shows that, when it began."""
    case: Case
    world: World
    row: Row
    how: How
    through: str
    """For a linked case: the case nearer to the outcome by which it was come upon."""

    def document(self) -> dict[str, Json]:
        row, rules = self.row, self.world.of(self.row.definition).rules
        label = title(row.key, rules)
        return {
            "at": stamp(self.at),
            "case": self.case.id,
            "procedure": rules.procedure.ref,
            "unit": self.case.unit,
            "how": self.how,
            "through": self.through,
            "row": row.key,
            "zh": label.zh,
            "en": label.en,
            "outcome": row.outcome.value,
            "reason": row.reason,
            "by": row.owed_by,
            "to": row.owed_to,
            "due": stamp(row.due.instant) if row.due is not None else None,
            "basis": list(clauses(row, rules.procedure)),
        }


def behind(step: Step, as_of: datetime, proofs: Mapping[int, str]) -> dict[str, Json]:
    """What stands behind a step: what started the duty, whom its flags told and how far that came, and who held the matter while it ran."""
    row, case = step.row, step.case
    begin, rules = row.begin, step.world.of(row.definition).rules
    found: dict[str, Json] = {"started": None, "start": None, "done": None, "told": list[Json](_told(row, case, rules, proofs)), "held": []}
    if begin is None:
        return found
    found["start"] = begin.moment.encode()
    found["started"] = _entry(begin.act, case, proofs)
    found["done"] = _entry(row.met_by, case, proofs)
    since, until = begin.moment.lo, row.met_at.hi if row.met_at is not None else as_of
    time = account(case, step.world, until)
    found["held"] = [
        {"from": stamp(max(s.since, since)), "until": stamp(s.until), "holder": s.holder}
        for s in (time.stretches if time is not None else ())
        if s.until > since
    ]
    return found


def _entry(n: int | None, case: Case, proofs: Mapping[int, str]) -> Json:
    act = case.act(n) if n is not None else None
    if act is None:
        return None
    by = act.actor.role if act.actor is not None else ""
    return {"n": act.n, "kind": act.kind, "name": act.name, "happened": act.happened.encode(), "by": by, "proof": proofs.get(act.n, "")}


def _told(row: Row, case: Case, rules: Rules, proofs: Mapping[int, str]) -> Iterable[dict[str, Json]]:
    """Each flag of a duty: when it was raised or withdrawn, whom it was to tell, how far that came. No ``to``: nobody was told."""
    known = {notice.flag.n: notice for notice in notices(case)}
    for act in sorted((*case.kind(FLAGGED, row.key), *case.kind(UNFLAGGED, row.key)), key=lambda a: a.n):
        notice = known.get(act.n)
        stages = {stage: first.happened.encode() for stage in STAGES if notice is not None and (first := notice.first(stage)) is not None}
        late = unwatched(act, rules)
        yield {
            "flag": act.n,
            "said": act.data["flag"],
            "at": stamp(act.recorded),
            "tell": list(act.names("tell")),
            "to": sorted({str(one["post"]) for one in notice.told}) if notice is not None else [],
            "stage": notice.stage if notice is not None else "",
            "notified": stamp(notice.notified) if notice is not None and notice.notified is not None else None,
            **stages,
            **({"overtaken": True} if act.data.get("skipped") else {}),
            **({"unwatched": [{"zh": t.zh, "en": t.en} for t in late]} if late is not None else {}),
            "proof": proofs.get(act.n, ""),
        }


class Trace(NamedTuple):
    steps: tuple[Step, ...]
    looked: Mapping[str, How]
    """Each case that was looked at."""
    unseen: tuple[Text, ...]
    """What was not looked at, and why."""


def trace(root: str, peers: Iterable[Peer], organisation: Organisation, since: datetime, also: Collection[str] = ()) -> Trace:
    """Trace a case back.

    Of the case and of every case that it came of (through links and 并案) all its broken duties. Of the recurring duties of their units and
    the units above, and of the procedures in ``also``, those that were broken from ``since`` on and before the case of that unit began.
    """
    known = {peer.case.id: peer for peer in peers}
    through, lost = _chain(root, known)
    looked: dict[str, How] = {name: "self" if name == root else "linked" for name in through}
    found = [step for name, nearer in through.items() for step in _steps(known[name], looked[name], nearer)]
    ends = _ends((known[name].case for name in through), organisation)
    passed: dict[str, int] = {}
    for peer in known.values():
        case = peer.case
        if case.id in looked or case.void or case.drill or case.unit not in ends or not case.unit:
            continue
        procedure = peer.world.rules.procedure
        if procedure.period is None and procedure.procedure not in also:
            passed[procedure.procedure] = passed.get(procedure.procedure, 0) + 1
            continue
        looked[case.id] = "standing"
        found += [s for s in _steps(peer, "standing", "") if since <= s.at < ends[case.unit]]
    found.sort(key=lambda s: (s.at, s.case.id, s.row.key))
    return Trace(tuple(found), looked, tuple(_unseen(known, through, lost, passed, ends)))


def _chain(root: str, known: Mapping[str, Peer]) -> tuple[dict[str, str], list[str]]:
    """The case and those that it came of, nearest first, each with the one through which it was come upon; and those that are not there."""
    found: dict[str, str] = {}
    lost: list[str] = []
    waiting = [(root, "")]
    while waiting:
        name, nearer = waiting.pop(0)
        if name in found:
            continue
        if name not in known:
            lost.append(name)
            continue
        found[name] = nearer
        case = known[name].case
        behind = [link.case for _, link in linked(case) if link.way == "from"]
        joined = [case.same_as] if case.same_as else []
        joined += [other.case.id for other in known.values() if other.case.same_as == name]
        waiting += [(one, name) for one in (*behind, *joined)]
    return found, lost


def _ends(cases: Iterable[Case], organisation: Organisation) -> dict[str, datetime]:
    """Each unit concerned and each above it, with the instant before which its standing duties could bear on the outcome."""
    found: dict[str, datetime] = {}
    for case in cases:
        began = case.opened.happened.hi
        for unit in (case.unit, *organisation.ancestors(case.unit)) if case.unit else ():
            found[unit] = max(began, found.get(unit, began))
    return found


def _steps(peer: Peer, how: How, through: str) -> list[Step]:
    if peer.case.void:
        return []
    broken = [r for r in peer.rows if r.outcome in BROKEN and r.duty.obligation.modality == "mandatory"]  # nobody owes a target (S3.5)
    return [Step(_when(row, peer.case), peer.case, peer.world, row, how, through) for row in broken]


def _when(row: Row, case: Case) -> datetime:
    if row.missing_from is not None:
        return row.missing_from
    if row.bounds is not None:
        return row.bounds[0]
    return row.begin.moment.lo if row.begin is not None else case.opened.happened.lo


def _unseen(
    known: Mapping[str, Peer], through: Mapping[str, str], lost: list[str], passed: Mapping[str, int], ends: Mapping[str, datetime]
) -> Iterable[Text]:
    for name in lost:
        yield Text(f"关联案件 {name} 不在库中", f"the linked case {name} is not in this store")
    for name in through:
        if known[name].case.void:
            yield Text(f"案件 {name} 已误立,未计其义务", f"the case {name} is void: its duties are not counted")
    if not ends:
        yield Text("案件没有责任单位,未查经常性义务", "the case has no responsible unit: no standing duty was looked at")
    for procedure, count in sorted(passed.items()):
        yield Text(f"{procedure}:同一单位或上级的 {count} 个案件未查", f"{procedure}: {count} case(s) of the same units were not looked at")
    open_ = sum(1 for name in through for row in known[name].rows if row.open and row.due is None)
    if open_:
        yield Text(
            f"{open_} 项无数字期限的义务仍未办,不能判定迟延", f"{open_} duties without a number are open: nothing says that they are late"
        )
    yield Text("未记入日志的指示和要求", "orders and demands that are not in the journal")
