"""Where a history departs from its procedure, as records: code, severity, the place that proves it, what was expected and what is so.

:data:`CODES` is the one table of them. ``expected`` and ``actual`` are data and in no language. A record states what the record of the
case shows; what follows from it for a person is for people to determine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from workflow.act import Act
from workflow.case.fold import Case
from workflow.journal.canonical import Json
from workflow.journal.chain import Finding
from workflow.moment import stamp
from workflow.obligation.row import Outcome, Row
from workflow.procedure.model import Event
from workflow.rules import World
from workflow.text import Text

if TYPE_CHECKING:
    from workflow.replay import Judged

SECOND = timedelta(seconds=1)

SEVERITIES = {"high": Text("重", "high"), "medium": Text("中", "medium"), "low": Text("轻", "low")}
"""``high``: a duty broken, a power not held, a record changed; ``medium``: out of the order or the form; ``low``: about the record."""

KINDS = {
    "illegal_transition": Text("不应发生的步骤", "illegal transition"),
    "skipped_mandatory": Text("缺少必经步骤", "skipped mandatory step"),
    "late_report": Text("迟报", "late report"),
    "missing_report": Text("报告缺失(疑似漏报,待认定)", "missing report (suspected, to be determined)"),
    "breached_deadline": Text("超过期限", "breached deadline"),
    "wrong_actor": Text("办理人不符", "wrong actor"),
    "four_eyes": Text("双人办理不符", "four eyes"),
    "out_of_order": Text("顺序不符", "out of order"),
    "duplicate": Text("重复", "duplicate"),
    "unknown_activity": Text("未知活动", "unknown activity"),
    "sequence_gap": Text("记录缺号", "gap in the sequence"),
    "tampered": Text("记录被改动", "tampered"),
    "data_quality": Text("数据质量", "data quality"),
}


class Code(NamedTuple):
    kind: str
    """One of :data:`KINDS`."""
    severity: str
    text: Text


CODES = {
    "wrong_role": Code("wrong_actor", "high", Text("办理人角色不符", "wrong role")),
    "not_enabled": Code("illegal_transition", "medium", Text("当前状态不应发生", "not possible in this state")),
    "missing_facts": Code("data_quality", "medium", Text("缺少事实", "facts are missing")),
    "blank_element": Code("data_quality", "medium", Text("要素空缺", "an element is blank")),
    "absent": Code("skipped_mandatory", "high", Text("应到场者不在场", "somebody who must be present is not")),
    "no_second": Code("four_eyes", "high", Text("缺少会签", "the second signature is missing")),
    "four_eyes": Code("four_eyes", "high", Text("经办人与会签人相同", "signed twice by one person")),
    "beyond_authority": Code("wrong_actor", "high", Text("超出指挥权限", "beyond the powers of command")),
    "condition": Code("illegal_transition", "medium", Text("条件不满足", "the condition does not hold")),
    "unknown_activity": Code("unknown_activity", "low", Text("未知活动", "unknown activity")),
    "not_opened": Code("out_of_order", "medium", Text("立案前发生", "before the case")),
    "duplicate": Code("duplicate", "low", Text("重复记录", "duplicate")),
    "not_revisable": Code("wrong_actor", "medium", Text("无权修改事实", "a fact stated otherwise by somebody who may not revise it")),
    "no_case": Code("data_quality", "low", Text("未写明所涉案件", "the other case is not named")),
    "other_side": Code("illegal_transition", "low", Text("对方案件的办理有偏差", "the act in the other case deviates")),
    "no_such_slot": Code("data_quality", "low", Text("没有这个时点", "no such slot")),
    "own_receipt": Code("data_quality", "medium", Text("送出方自称已签收", "receipt on the sender's own word")),
    "drift": Code("data_quality", "low", Text("重算日期与记录不同", "a date recomputed differs from the recorded one")),
    "late_report": Code("late_report", "high", Text("报告迟于期限", "the report came after its due time")),
    "missing_report": Code("missing_report", "high", Text("应报未见报告(疑似漏报,待认定)", "no report is shown (suspected missing)")),
    "late_step": Code("breached_deadline", "high", Text("办理迟于期限", "done after its due time")),
    "overdue_step": Code("breached_deadline", "high", Text("逾期未办", "due and not done")),
    "skipped_step": Code("skipped_mandatory", "high", Text("案件结束,必经步骤未办", "the case ended without a mandatory step")),
    "unclear_times": Code("data_quality", "low", Text("时间不足以判定", "the times do not decide")),
    "sequence_gap": Code("sequence_gap", "high", Text("记录缺号或被截去", "entries are missing or cut off")),
    "tampered": Code("tampered", "high", Text("记录与其哈希或前一条不符", "an entry does not fit its hash or the one before")),
}
"""Code → what it is. Those of an act stand in the digest of its case; ``drift`` is about the engine; the rest say of a duty what its
outcome says."""

_GAPS = frozenset({"missing", "truncated"})
_UNCLEAR = frozenset({"no_start", "contradiction", "granularity"})


def kind_of(code: str) -> str:
    return CODES[code].kind if code in CODES else "data_quality"


def deviations(judged: Judged) -> Iterator[dict[str, Json]]:
    """The records of a case: of its acts in their order, then of its mandatory duties.

    Of a duty whose date was recorded otherwise that alone is said: it is about the engine and makes nobody late.
    """
    case, rows, world, proofs = judged.case, judged.rows, judged.world, judged.proofs
    for act in case.acts:
        for code in act.deviations:
            yield _of_act(code, act, case, world, proofs)
    for drift in judged.drift:
        recorded, again = drift.recorded, drift.recomputed
        proof = [proofs[drift.entry]] if drift.entry in proofs else []
        yield _record(
            "drift", {"row": drift.row}, proof, {"due": recorded.get("due")}, {"due": again.get("due") if again is not None else None}
        )
    drifted = {drift.row for drift in judged.drift}
    for row in rows:
        if row.key in drifted:
            continue
        found = of_row(row, case, world, proofs)
        if found is not None:
            yield found


def broken(findings: Iterable[Finding]) -> list[dict[str, Json]]:
    """The records of a case whose journal does not hold."""
    return [
        _record(
            "sequence_gap" if f.code in _GAPS else "tampered",
            {"entry": f.n},
            [],
            {},
            {"finding": f.code, "zh": f.message.zh, "en": f.message.en},
        )
        for f in findings
    ]


def _record(
    code: str, about: Mapping[str, Json], proof: list[str], expected: Mapping[str, Json], actual: Mapping[str, Json], kind: str = ""
) -> dict[str, Json]:
    severity = CODES[code].severity if code in CODES else "medium"
    found: dict[str, Json] = {"code": code, "kind": kind or kind_of(code), "severity": severity, **about}
    for name, value in (("proof", proof), ("expected", expected), ("actual", actual)):
        if value:
            found[name] = value
    return found


def _of_act(code: str, act: Act, case: Case, world: World, proofs: Mapping[int, str]) -> dict[str, Json]:
    event = world.rules.procedure.events.get(act.name)
    expected: dict[str, Json] = {}
    actual: dict[str, Json] = {}
    kind = ""
    role = act.actor.role if act.actor is not None else ""
    if code == "wrong_role" and event is not None:
        expected, actual = {"roles": list(event.by)}, {"role": role}
    elif code == "beyond_authority":
        actual = {"role": role}
    elif code == "not_opened":
        opening = [name for name, e in world.rules.procedure.events.items() if e.opens]
        expected, actual = {"events": opening}, {"event": act.name}
    elif code == "not_enabled":
        chart = world.rules.moves
        elsewhere = [s for s in _visited(case, world) if s != act.state and chart.fire(s, act.name) is not None]
        if elsewhere:
            kind, expected = "out_of_order", {"states": [list(s) for s in elsewhere]}
        else:
            expected = {"events": [name for name in chart.enabled(act.state) if not world.rules.procedure.events[name].clockwork]}
        actual = {"event": act.name, "state": list(act.state)}
    elif code == "unknown_activity":
        actual = {"event": act.name}
    elif code == "condition" and event is not None:
        expected, actual = {"condition": act.name}, {"event": act.name}
    elif event is not None:
        expected, actual = _form(code, event, act)
    return _record(code, {"act": act.n}, [proofs[act.n]] if act.n in proofs else [], expected, actual, kind)


def _form(code: str, event: Event, act: Act) -> tuple[dict[str, Json], dict[str, Json]]:
    """What the form of an act asks for, and what it has."""
    second = act.data.get("second")
    if code == "absent":
        return {"present": list(event.present)}, {"present": list(act.names("present"))}
    if code in ("no_second", "four_eyes"):
        signer: dict[str, Json] = {"second": event.second} if event.second else {}
        return signer, ({"second": str(second.get("role", ""))} if isinstance(second, Mapping) else {"second": None})
    if code == "blank_element":
        elements = (*event.record, *(event.report.elements if event.report else ()))
        return {"elements": list(dict.fromkeys(elements))}, {}
    if code == "missing_facts":
        return {"facts": list(event.require)}, {}
    return {}, {}


def _visited(case: Case, world: World) -> list[tuple[str, ...]]:
    return list(dict.fromkeys([world.rules.moves.initial, *(a.state for a in case.acts if a.state)]))


def of_row(row: Row, case: Case, world: World, proofs: Mapping[int, str]) -> dict[str, Json] | None:
    """The record of a row; ``None`` where it is no deviation, or nobody owes it."""
    obligation = row.duty.obligation
    if obligation.modality != "mandatory":
        return None
    due: dict[str, Json] = {"due": stamp(row.due.instant), "inclusive": row.due.inclusive} if row.due is not None else {}
    events = world.of(row.definition).rules.procedure.events
    report = row.duty.kind != "receipt" and any(events[e].report is not None for e in obligation.met_by if e in events)
    actual: dict[str, Json] = {}
    if row.outcome is Outcome.MET_LATE:
        code = "late_report" if report else "late_step"
        if row.met_at is not None:
            actual["met"] = row.met_at.encode()
    elif row.outcome is Outcome.MISSED:
        code = "missing_report" if report else "skipped_step" if case.ended is not None else "overdue_step"
        actual = {"met": row.met_at.encode() if row.met_at is not None else None}
    elif row.outcome is Outcome.UNDETERMINABLE and row.reason in _UNCLEAR:
        code, actual = "unclear_times", {"reason": row.reason}
        if row.bounds is not None:
            actual["bounds"] = [stamp(row.bounds[0]), stamp(row.bounds[1])]
    else:
        return None
    if row.late is not None:
        actual["late"] = [row.late.clock // SECOND, row.late.working_days]
    numbers = (row.begin.act if row.begin is not None else None, row.met_by)
    expected: dict[str, Json] = {"events": list(obligation.met_by), "role": row.owed_by, **due}
    return _record(code, {"row": row.key}, [proofs[n] for n in numbers if n is not None and n in proofs], expected, actual)
