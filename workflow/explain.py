"""Why a duty is due when it is, and why its outcome is what it is: an explanation tree as data and as sentences (promise 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workflow import term as terms
from workflow.act import Act
from workflow.case.fold import Case
from workflow.journal.canonical import Json
from workflow.margin import Margin, margin
from workflow.moment import TICK, Moment, unstamp
from workflow.obligation.clock import DueRevision
from workflow.obligation.row import Outcome, Row, same_duty
from workflow.procedure.legend import basis_text, document_text
from workflow.procedure.model import UNIT_BASIS, Procedure, basis_id
from workflow.readings import NOT_THERE_TEXT, Reading, bearing, readings
from workflow.readings import said as readings_said
from workflow.replay import row_document
from workflow.rowname import title
from workflow.rules import World
from workflow.term.explain import Explanation, shown
from workflow.text import Lang, Text
from workflow.words import DEVIATIONS, GRADES, OUTCOMES, beside


@dataclass(frozen=True, slots=True)
class Why:
    """The explanation of one row."""

    row: Row
    case: Case
    world: World
    story: Explanation | None
    """Of the due revision that stands; ``None`` without a number or a start."""
    abreast: tuple[Row, ...] = ()
    """Rows of other rules that demand the same thing (S8.3)."""
    readings: Sequence[Reading] = ()
    """Where its wording is ambiguous: its rows under every reading."""
    margin: Margin | None = None

    def document(self) -> dict[str, Json]:
        """The whole tree as canonical data."""
        p = self.world.rules.procedure
        return {
            "drill": self.case.drill,
            "pace": self.row.pace.document() if self.row.pace is not None else None,
            "title": {"zh": self.row.duty.title.zh, "en": self.row.duty.title.en},
            "owed": {"by": self.row.owed_by, "to": self.row.owed_to},
            "basis": list(clauses(self.row, p)),
            "row": row_document(self.row, self.case),
            "term": self.story.document() if self.story is not None else None,
            "readings": [reading.document(self.row) for reading in self.readings],
            "margin": self.margin.document() if self.margin is not None else None,
            "definition": {"ref": p.ref, "hash": self.world.rules.hash},
            "tz": self.case.opened.data.get("tz", ""),
        }

    def lines(self, lang: Lang) -> list[str]:
        """The sentences; the first line is the title with the due date or the outcome."""
        return list(_lines(self, lang))


def why(row: Row, case: Case, world: World, rows: Sequence[Row] = (), as_of: datetime | None = None) -> Why:
    """Explain a row of the ledger as of ``as_of`` (default: the last entry of the case).

    With the ``rows`` of the whole ledger, what other rules say of the same duty is said too.
    """
    at = as_of or case.acts[-1].recorded
    read = readings(case, [row], world, at)
    distance = margin(row, case, world, at)
    world = world.of(row.definition)
    story = None
    current = row.reckoned[-1] if row.reckoned else None
    told = next((v for v in reversed(row.reckoned) if current is not None and v.due == current.due and _counted(v, world)), None)
    if told is not None and told.term is not None:
        story = terms.explain(told.start.lo, told.term, world.calendar(told.calendar), world.rules.zone, terms.shortest(told.pauses))
    return Why(row, case, world, story, tuple(same_duty(row, rows)), bearing(row, next(iter(read.values()), ())), distance)


def _counted(v: DueRevision, world: World) -> bool:
    """Whether the date of a due revision is what its term gives from its start: not so for one that was kept from before, or clamped."""
    if v.due is None or v.term is None or v.term.qualitative:
        return False
    return terms.due(v.start.lo, v.term, world.calendar(v.calendar), world.rules.zone, terms.shortest(v.pauses)).instant == v.due.instant


def bases(row: Row) -> tuple[str, ...]:
    """The references on which a row rests: those of the term that applies, else those of the obligation."""
    current = row.current
    if current is not None and current.alternative is not None:
        found = row.duty.obligation.term[current.alternative].basis
        if found:
            return found
    return row.duty.obligation.basis


def clauses(row: Row, p: Procedure) -> Iterator[dict[str, Json]]:
    """The clauses on which a row rests, as data."""
    return (_basis_document(p, reference) for reference in bases(row))


def _basis_document(p: Procedure, reference: str) -> dict[str, Json]:
    if reference == UNIT_BASIS:
        return {"id": UNIT_BASIS, "document": "unit", "clause": "", "read": ""}
    basis = p.basis[basis_id(reference)]
    return {"id": reference, "document": basis.document, "clause": basis.clause, "read": basis.read}


def _lines(why: Why, lang: Lang) -> Iterator[str]:
    row, zone = why.row, why.world.rules.zone
    zh = lang == "zh"
    p = why.world.rules.procedure
    current = row.current
    head = title(row.key, why.world.rules).say(lang)
    if current is not None and current.due is not None:
        yield f"{head}    {'截止' if zh else 'due'} {shown(current.due, zone, lang)}"
    else:
        yield f"{head}    {OUTCOMES[row.outcome].say(lang)}"
    if why.case.drill:
        yield f"  {'演练' if zh else 'drill'}  {_practice(why).say(lang)}".rstrip()
    for text in dict.fromkeys(basis_text(p, reference).say(lang) for reference in bases(row)):
        term = f":{current.term.text.zh}" if zh and current is not None and current.term is not None else ""
        if not zh and current is not None and current.term is not None:
            term = f": {current.term.text.en}"
        yield f"  {'依据' if zh else 'basis'}  {text}{term}"
    for reference in row.duty.obligation.starts.basis:
        yield f"  {'起算依据' if zh else 'start basis'}  {basis_text(p, reference).say(lang)}"
    if why.story is not None:
        yield from (f"  {line}" for line in why.story.lines(lang))
    elif row.begin is not None:
        started = _local(row.begin.moment.lo, zone)
        yield f"  {'起算' if zh else 'start'}  {started}"
    began = why.case.act(row.begin.act) if row.begin is not None and row.begin.act is not None else None
    if began is not None and began.deviations:
        yield f"  {'起算记录有偏差' if zh else 'started by an act that deviates:'}  #{began.n} {_breaches(began, lang)}"
    if row.begin is not None and row.begin.deemed:
        yield f"  {'说明  收到时间为视为收到' if zh else 'note  the receipt is deemed'}"
    if row.begin is not None and row.begin.arose is not None:
        arose = _local(row.begin.arose, zone)
        yield f"  {'说明  义务于' if zh else 'note  the duty arose'} {arose}{' 因新事实产生' if zh else ' with a new fact'}"
    if current is not None and current.kept_old:
        yield f"  {'说明  较短的新期限不使已过去的时间成为迟延' if zh else 'note  the shorter new term makes nobody late for the past'}"
    if current is not None and current.kind == "migrated":
        anew = Text("说明  案件转入新版本时重新计算", "note  computed anew when the case was moved to a new version")
        yield f"  {anew.say(lang)} #{current.cause}"
    elif row.definition:
        former = Text("说明  按案件转入新版本以前的版本", "note  by the version that the case was under before it was moved")
        yield f"  {former.say(lang)}"
    for old in row.revisions[:-1]:
        yield f"  {'原定' if zh else 'before'}  {_revision(old, zone, why, lang)}"
    ambiguous = row.duty.obligation.ambiguous
    if ambiguous is not None and why.readings:
        noted = current is not None and current.alternative is not None and row.duty.obligation.term[current.alternative].note
        if noted or why.readings[0].read.term is None:
            yield f"  {'注意' if zh else 'note'}  {ambiguous.note.text.say(lang)}"
        for reading in why.readings:
            yield f"  {'读法' if zh else 'reading'}  {_read(reading, why, lang)}"
    if current is not None and current.alternative is not None and row.duty.obligation.term[current.alternative].provisional:
        said = Text("注意  尚未确定适用哪一期限,暂按此期限", "note  which term applies is not known yet; this one holds for the time being")
        yield f"  {said.say(lang)}"
    yield f"  {'结论' if zh else 'outcome'}  {_outcome(why, lang)}"
    if why.readings:
        yield f"  {'各读法' if zh else 'readings'}  {readings_said([r.document(row) for r in why.readings]).say(lang)}"
    if why.margin is not None and why.margin.start is not None:
        found = {**row_document(row, why.case), "margin": why.margin.document()}
        yield f"  {'余地' if zh else 'margin'}  {margin_said(found, zone).say(lang)}"
    if why.abreast:
        yield f"  {'并列' if zh else 'abreast'}  {abreast((row, *why.abreast), why.world).say(lang)}"
    yield f"  {'定义' if zh else 'definition'}  {p.ref} ({why.world.rules.hash[:19]}…)"


def _practice(why: Why) -> Text:
    """How fast the clock of a drill runs, and the date as it was counted on it."""
    pace, zone = why.row.pace, why.world.rules.zone
    if pace is None:
        return Text("", "")
    since = _local(pace.since, zone)
    said = pace.text + Text(f",自 {since};以下起算、日期按演练时钟", f" since {since}; the start and the days below are on it")
    due = why.row.reckoned[-1].due if why.row.reckoned else None
    return said if due is None else said + Text(f",截止 {shown(due, zone, 'zh')}", f", due {shown(due, zone, 'en')}")


def abreast(rows: Sequence[Row], world: World) -> Text:
    """One sentence for several rules that demand the same thing: 按县规定迟报12分钟,按国家规定按时 (S8.3)."""
    said: list[tuple[str, str]] = []
    for row in sorted(rows, key=lambda r: r.due.instant if r.due is not None else datetime.max.replace(tzinfo=UTC)):
        rules = world.of(row.definition).rules
        title = document_text(rules.procedure, next(iter(bases(row)), UNIT_BASIS))
        late = row.late.clock if row.late is not None else None
        zh, en = OUTCOMES[row.outcome].zh, OUTCOMES[row.outcome].en
        if late is not None:
            zh = "迟报" if rules.reports(row.duty) and row.outcome == Outcome.MET_LATE else zh
            zh += duration(late, "zh")
            en += f" by {duration(late, 'en')}"
        said.append((f"按{title.zh}{zh}", f"{en} under {title.en}"))
    return Text(",".join(z for z, _ in said), "; ".join(e for _, e in said))


def _read(reading: Reading, why: Why, lang: Lang) -> str:
    """What one reading gives for a row: its date, and its outcome where that depends on the reading."""
    row, outcomes = reading.row(why.row), {r.outcome if (r := one.row(why.row)) is not None else None for one in why.readings}
    parts = [reading.read.text.say(lang)]
    if row is not None and row.due is not None:
        parts.append(f" → {shown(row.due, why.world.rules.zone, lang)}")
    if len(outcomes) > 1:
        parts.append(f"  {(OUTCOMES[row.outcome] if row is not None else NOT_THERE_TEXT).say(lang)}")
    return "".join(parts)


def margin_said(row: Mapping[str, Any], zone: ZoneInfo) -> Text:
    """One sentence for the ``margin`` of a row of a dossier: how far it is from another outcome. Empty where it has none."""
    found = row.get("margin")
    if found is None:
        return Text("", "")
    said = [text for text in (_spared(row), _start_said(row, zone)) if text.en]
    return Text(";".join(t.zh for t in said), "; ".join(t.en for t in said))


def _spared(row: Mapping[str, Any]) -> Text:
    spare, days = row["margin"].get("spare"), row["margin"].get("working_days")
    if spare is None:
        return Text("", "")
    span = timedelta(seconds=spare)
    zh, en = duration(span, "zh"), duration(span, "en")
    if days is not None:
        zh, en = f"{zh}({abs(days)} 个工作日)", f"{en} ({abs(days)} working days)"
    if row["outcome"] == Outcome.NOT_DUE.value:
        return Text(f"尚余{zh}", f"{en} left")
    return Text(f"提前{zh}", f"in time by {en}") if spare >= 0 and row["outcome"] == Outcome.MET.value else Text(f"迟{zh}", f"late by {en}")


def _start_said(row: Mapping[str, Any], zone: ZoneInfo) -> Text:
    start, due = row["margin"].get("start_from"), row["revisions"][-1]
    if start is None:
        return Text("", "")
    moment, undecided = Moment.decode(start), row["outcome"] == Outcome.UNDETERMINABLE.value
    if undecided and Moment.decode(row["start"]).exact and "last" not in due and "bounds" not in due:  # what is open is the act
        last = _local(unstamp(due["due"]), zone)
        return Text(
            f"{last}{'(含)' if due['inclusive'] else ''}以前办理才按时",
            f"in time only if it was done {'by' if due['inclusive'] else 'before'} {last}",
        )
    (_, never), (since, till) = _parted(moment.lo, zone), _parted(moment.hi, zone)
    if not moment.exact:
        return Text(f"起算{since.zh}必按时,{never.zh}必迟延", f"surely in time if the start was {since.en}, surely late if {never.en}")
    if row["outcome"] in (Outcome.MET.value, Outcome.NOT_DUE.value):
        return Text(f"起算{till.zh}才迟延", f"late only if the start was {till.en}")
    return Text(f"起算{since.zh}才按时", f"in time only if the start was {since.en}")


def _parted(first: datetime, zone: ZoneInfo) -> tuple[Text, Text]:
    """The starts that are in time, of which this is the first, and those that are not; a day stands alone where it begins it."""
    last = first - TICK
    if not last.microsecond:
        at = _local(last, zone)
        return Text(f"晚于 {at} ", f"after {at}"), Text(f"不晚于 {at} ", f"not after {at}")
    local = (first + TICK if first.microsecond else first).astimezone(zone)  # the last tick of a day is as good as its end
    day = local.time() == time()
    at = f"{local:%Y-%m-%d}" if day else _local(local, zone)
    return Text(f"在 {at} 或以后", f"{'on' if day else 'at'} or after {at}"), Text(f"早于 {at} ", f"before {at}")


def _revision(old: DueRevision, zone: ZoneInfo, why: Why, lang: Lang) -> str:
    date = shown(old.due, zone, lang) if old.due is not None else (old.term.text.say(lang) if old.term is not None else "—")
    return f"{date}  [{_WHY[old.kind].say(lang)} #{old.cause}]"


_WHY = {
    "start": Text("起算", "start"),
    "facts": Text("事实变更", "facts changed"),
    "pause": Text("暂停", "pause"),
    "extension": Text("延期", "extension"),
    "calendar": Text("日历更新", "calendar revised"),
    "migrated": Text("转入新版本", "moved to a new version"),
}


def _outcome(why: Why, lang: Lang) -> str:
    row, zone = why.row, why.world.rules.zone
    zh = lang == "zh"
    parts = [OUTCOMES[row.outcome].say(lang)]
    extra = beside(row).say(lang)
    if extra:
        parts.append(f"({extra})")
    if row.met_at is not None:
        act = why.case.act(row.met_by) if row.met_by is not None else None
        parts.append(f"{'履行于' if zh else 'done'} {_local(row.met_at.lo, zone)}" + (f" #{act.n}" if act is not None else ""))
        parts.extend(_entered(act, row.met_at, zone, lang))
        if act is not None and act.deviations:
            parts.append(("偏差:" if zh else "deviates: ") + _breaches(act, lang))
    over = why.case.act(row.ended_by) if row.ended_by is not None else None
    if over is not None:
        parts.append(f"{'解除于' if zh else 'ended'} {_local(over.happened.lo, zone)} #{over.n}")
        parts.extend(_entered(over, over.happened, zone, lang))
    if row.late is not None:
        days = row.late.working_days
        counted = "" if days is None else f"({days} 个工作日)" if zh else f" ({days} working days)"
        parts.append(f"{'迟' if zh else 'late by'} {duration(row.late.clock, lang)}{counted}")
    elif row.elapsed is not None and (row.due is None or row.met_at is not None):
        parts.append(f"{'用时' if zh else 'elapsed'} {duration(row.elapsed, lang)}")
    if row.bounds is not None:
        parts.append(f"{'区间' if zh else 'between'} {_local(row.bounds[0], zone)} … {_local(row.bounds[1], zone)}")
    return "  ".join(parts)


def _breaches(act: Act, lang: Lang) -> str:
    return Text("、", ", ").say(lang).join(DEVIATIONS[d].say(lang) if d in DEVIATIONS else d for d in act.deviations)


def _entered(act: Act | None, moment: Moment, zone: ZoneInfo, lang: Lang) -> Iterator[str]:
    """When an act was entered that is said to have been done before, and on what that rests (S1.3)."""
    if act is not None and act.recorded > moment.hi and act.grade != "stated" and act.actor is not None:
        entered, grade = _local(act.recorded, zone), GRADES[act.grade].say(lang)
        yield f"补录于 {entered}({grade})" if lang == "zh" else f"entered {entered} ({grade})"


def _local(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def duration(span: timedelta, lang: Lang) -> str:
    """A length of time for people, to the minute (to the second below one hour)."""
    seconds = int(abs(span.total_seconds()))
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, secs = divmod(rest, 60)
    units = ("天", "小时", "分钟", "秒") if lang == "zh" else ("d", "h", "min", "s")
    parts = [
        f"{n}{u}" if lang == "zh" else f"{n} {u}"
        for n, u in zip((days, hours, minutes, secs if seconds < 3600 else 0), units, strict=True)
        if n
    ]
    return ("" if lang == "zh" else " ").join(parts) or f"0{' ' if lang == 'en' else ''}{units[3]}"
