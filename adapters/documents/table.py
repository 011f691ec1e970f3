"""A report as tables: summary, duties, deviations, acts, time account. What is written of it as Excel, CSV or Word is made of these.

Rows are made one by one from the cases as they are read, so that a report that does not fit into memory can be written out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from adapters.documents.report import Kept
from adapters.documents.wording import Found, Wording, field, word
from workflow.dossier import VERDICTS
from workflow.obligation.row import Outcome
from workflow.rowname import Key
from workflow.text import Lang, Text

Cell = str | int


class Column(NamedTuple):
    heading: Text
    width: int
    """In characters of half width."""


class Table(NamedTuple):
    name: str
    """Of a file: ``duties``."""
    title: Text
    columns: tuple[Column, ...]
    rows: Callable[[], Iterable[tuple[Cell, ...]]]


def _columns(*found: tuple[str, str, int]) -> tuple[Column, ...]:
    return tuple(Column(Text(zh, en), width) for zh, en, width in found)


SUMMARY = _columns(("项目", "item", 30), ("内容", "what", 74), ("数", "count", 12), ("说明", "remark", 70))
DUTIES = _columns(
    ("案件", "case", 18),
    ("单位", "unit", 14),
    ("义务", "duty", 28),
    ("编号", "row", 24),
    ("条款", "clause", 34),
    ("性质", "modality", 10),
    ("责任", "owed by", 16),
    ("对象", "owed to", 16),
    ("起算", "start", 28),
    ("期限", "term", 16),
    ("暂停", "pauses", 30),
    ("截止", "due", 28),
    ("完成", "met", 28),
    ("结果", "outcome", 12),
    ("原因", "reason", 26),
    ("迟(时钟)", "late by the clock", 18),
    ("迟(秒)", "late in seconds", 12),
    ("迟(工作日)", "late in working days", 12),
    ("用时", "elapsed", 16),
    ("余量", "margin", 40),
    ("读法", "readings", 28),
    ("证据", "proof", 30),
    ("其他", "also", 40),
)
DEVIATIONS = _columns(
    ("案件", "case", 18),
    ("单位", "unit", 14),
    ("偏差", "deviation", 28),
    ("类别", "kind", 24),
    ("程度", "severity", 8),
    ("代码", "code", 16),
    ("事项", "about", 28),
    ("时间", "when", 28),
    ("应当", "expected", 46),
    ("实际", "actual", 46),
    ("证据", "proof", 30),
)
ACTS = _columns(
    ("案件", "case", 18),
    ("序号", "number", 8),
    ("发生", "happened", 28),
    ("事项", "what", 28),
    ("办理人", "by", 22),
    ("状态", "state", 26),
    ("偏差", "deviations", 28),
    ("时间依据", "how sure", 16),
    ("记录于", "recorded", 28),
    ("证据", "proof", 30),
)
HELD = _columns(
    ("案件", "case", 18),
    ("起", "from", 28),
    ("止", "until", 28),
    ("在谁手上", "held by", 24),
    ("时长", "for", 18),
    ("秒", "seconds", 12),
)
COMPARED = _columns(
    ("案件", "case", 18),
    ("义务", "duty", 28),
    ("编号", "row", 24),
    ("本侧", "here", 44),
    ("另一侧", "other side", 44),
    ("原因", "why", 40),
)
UNREADABLE = _columns(("证据", "proof", 24), ("原因", "why", 90))
_SHOWN = frozenset(
    {
        *("row", "duty", "unit", "month", "modality", "clauses", "owed_by", "owed_to", "start", "revisions", "pending", "met", "met_by"),
        *("outcome", "reason", "late", "elapsed", "bounds", "ended_by", "beside", "blank", "suspected", "pace", "proof"),
        *("margin", "readings", "recorded_due"),
    }
)
"""What of a row has a column of its own, or is not shown in a table; anything else stands under "also"."""


def tables(report: Kept, lang: Lang) -> tuple[Table, ...]:
    """All of them, in the order in which they are read."""
    say = Wording(report.legend, report.summary["header"], lang)

    def each(make: Callable[[Found, Wording], Iterator[tuple[Cell, ...]]]) -> Callable[[], Iterable[tuple[Cell, ...]]]:
        return lambda: chain.from_iterable(make(case, say) for case in report.cases())

    compared = Table("comparison", Text("对照", "comparison"), COMPARED, each(compared_rows))
    unreadable = Table("unreadable", Text("不可读的行", "unreadable rows"), UNREADABLE, lambda: unreadable_rows(report, say))
    return (
        Table("summary", Text("汇总", "summary"), SUMMARY, lambda: summary_rows(report, say)),
        Table("duties", Text("义务", "duties"), DUTIES, each(duty_rows)),
        Table("deviations", Text("偏差", "deviations"), DEVIATIONS, each(deviation_rows)),
        Table("acts", Text("经过", "acts"), ACTS, each(act_rows)),
        Table("time", Text("时间账", "time account"), HELD, each(held_rows)),
        *((compared,) if "comparison" in report.summary else ()),
        *((unreadable,) if report.unreadable else ()),
    )


def summary_rows(report: Kept, say: Wording) -> Iterator[tuple[Cell, ...]]:
    """What decided, the control totals, the figures."""
    found, lang = report.summary, say.lang
    totals = found["totals"]
    yield say.say("报告", "report"), report.digest, "", say.say("报告文件的哈希", "hash of the report file")
    yield say.say("结果", "outcome"), found["digest"], "", say.say("全部结果的哈希", "digest of every outcome")
    first = {"procedure": next(iter(report.legend), "")}
    for name, value in found["header"].items():
        said = say.instant(first, value) if name == "as_of" and value else plain(value)
        yield say.say("依据", "what decided"), field(name, lang), "", said
    for name, value in report.provenance.items():
        for one in say.items(value):
            yield say.say("来源", "where from"), field(name, lang), "", plain(one)
    yield say.say("案件", "cases"), "", totals["cases"], ""
    for verdict in VERDICTS:
        count = found.get("verdicts", {}).get(verdict, 0)
        if count:
            yield say.say("结论", "verdict"), word("verdict", verdict, lang), count, verdict
    yield from ((say.say("事件", "events"), event_word(name).say(lang), count, name) for name, count in totals["events"].items())
    yield say.say("义务", "duties"), "", totals["obligations"], ""
    for key, counts in found["obligations"].items():
        ref, _, duty = key.partition("/")
        title = say.label({"procedure": ref}, "duties", duty)
        for outcome in Outcome:
            if counts.get(outcome.value):
                yield title, word("outcome", outcome.value, lang), counts[outcome.value], key
    for code, count in (found.get("records") or found["deviations"]).items():
        yield say.say("偏差", "deviation"), word("deviation", code, lang), count, code
    other = found.get("comparison")
    if other:
        told = {name: value for name, value in other.items() if name in ("mode", "definitions", "calendar", "rules_of", "as_known")}
        yield say.say("对照", "comparison"), say.say("另一侧", "other side"), "", plain(told)
        yield from ((say.say("对照", "comparison"), word("compared", kind, lang), count, kind) for kind, count in other["rows"].items())
        yield from ((say.say("对照:原因", "comparison: why"), word("why", code, lang), n, code) for code, n in other["why"].items())
    for case in found["unlisted"]:
        yield say.say("不计入(误立)", "not counted (void)"), case, "", ""
    for case, lead in found["joined"].items():
        yield say.say("并案", "joined"), case, "", lead
    for case, why in found.get("unverifiable", {}).items():
        yield say.say("不可核验", "unverifiable"), case, "", why


_EVENTS = {
    "read": Text("读取", "read"),
    "applied": Text("采用", "applied"),
    "deviating": Text("偏差", "deviating"),
    "ignored": Text("忽略", "ignored"),
    "unreadable": Text("不可读", "unreadable"),
}


def event_word(name: str) -> Text:
    return _EVENTS.get(name, Text(name, name))


def plain(value: Any, between: str = "; ") -> str:
    """Data as text; ``between`` parts what stands side by side."""
    if isinstance(value, dict):
        inner = (f"{name}: {plain(v, ', ')}" for name, v in value.items() if v is not None)
        return (between if any(isinstance(v, (dict, list)) or len(str(v)) > 60 for v in value.values()) else ", ").join(inner)
    if isinstance(value, list):
        return between.join(plain(v, ", ") for v in value)
    return "" if value is None else str(value)


def duty_rows(case: Found, say: Wording) -> Iterator[tuple[Cell, ...]]:
    for row in case["rows"]:
        revisions: Sequence[Found] = row.get("revisions") or ({},)
        last = revisions[-1]
        late = row.get("late")
        pauses = (f"{say.instant(case, lo)} … {say.instant(case, hi)}" for lo, hi in last.get("pauses") or ())
        bounds = row.get("bounds")
        also = [f"{name}: {plain(value)}" for name, value in row.items() if name not in _SHOWN and value]
        if bounds:
            also.insert(0, say.say("上下界 ", "bounds ") + say.moment(case, bounds))
        if len(revisions) > 1:
            also.insert(0, say.say("原定 ", "before ") + say.join(say.due(case, v) for v in revisions[:-1]))
        if row.get("recorded_due"):
            also.insert(0, say.recorded(row))
        if row.get("suspected"):
            also.insert(0, say.say("疑似漏报,待认定", "suspected missing, to be determined"))
        yield (
            case["case"],
            row.get("unit", case["unit"]),
            say.label(case, "duties", row["duty"]),
            row["row"],
            say.clauses(case, row),
            word("modality", row.get("modality", "mandatory"), say.lang),
            say.label(case, "roles", row.get("owed_by", "")),
            say.label(case, "roles", row.get("owed_to", "")),
            say.moment(case, row.get("start")),
            say.term(last.get("term")),
            say.join(pauses),
            say.due(case, last),
            say.moment(case, row.get("met")),
            word("outcome", row["outcome"], say.lang),
            say.reason(row),
            say.span(late[0]) if late else "",
            late[0] if late else "",
            late[1] if late and late[1] is not None else "",
            say.span(row.get("elapsed")),
            say.margin(case, row),
            say.readings(row),
            say.join(dict.fromkeys(row.get("proof", {}).values())),
            say.join(also),
        )


def deviation_rows(case: Found, say: Wording) -> Iterator[tuple[Cell, ...]]:
    acts = {act["n"]: act for act in case["acts"]}
    duties = {row["row"]: row for row in case["rows"]}
    for record in case.get("deviations", ()):
        act: Found = acts.get(record.get("act"), {})
        row: Found = duties.get(record.get("row"), {})
        about = say.happened(case, act) if act else say.label(case, "duties", row["duty"]) if row else f"#{record.get('entry', '')}"
        yield (
            case["case"],
            str(row.get("unit", case["unit"])),
            word("deviation", record["code"], say.lang),
            word("deviation_kind", record["kind"], say.lang),
            word("severity", record["severity"], say.lang),
            record["code"],
            about,
            say.moment(case, act["happened"] if act else row.get("met")),
            say.expected(case, record),
            say.actual(case, record),
            say.join(record.get("proof", ())),
        )


def act_rows(case: Found, say: Wording) -> Iterator[tuple[Cell, ...]]:
    for act in case["acts"]:
        yield (
            case["case"],
            act["n"],
            say.moment(case, act["happened"]),
            say.happened(case, act),
            say.actor(case, act),
            " + ".join(say.label(case, "states", s) for s in act["state"]),
            say.join(word("deviation", code, say.lang) for code in act.get("deviations", ())),
            word("grade", act["grade"], say.lang),
            say.instant(case, act["recorded"]),
            act.get("proof", ""),
        )


def held_rows(case: Found, say: Wording) -> Iterator[tuple[Cell, ...]]:
    """The time account of a case, stretch by stretch."""
    for part in (case.get("time_account") or {}).get("stretches", ()):
        since, until, seconds = part["from"], part["until"], part["seconds"]
        yield case["case"], say.instant(case, since), say.instant(case, until), say.holder(case, part["holder"]), say.span(seconds), seconds


def compared_rows(case: Found, say: Wording) -> Iterator[tuple[Cell, ...]]:
    """What comes out otherwise on the other side of a comparison."""
    for found in (case.get("comparison") or {}).get("rows", ()):
        duty = say.label(case, "duties", Key.of(found["row"]).duty)
        yield case["case"], duty, found["row"], say.side(case, found["base"]), say.side(case, found["other"]), say.why(found["why"])


def unreadable_rows(report: Kept, say: Wording) -> Iterator[tuple[Cell, ...]]:
    """The rows of a log that could not be read."""
    return ((row["proof"], row[say.lang]) for row in report.unreadable)
