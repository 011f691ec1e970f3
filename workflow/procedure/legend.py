"""The parts of a procedure in the words of its readers: who owes whom, from when, how long, under which condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workflow.procedure.condition import Compare, Condition, Decided, Every, Happened, Not, Open, Some
from workflow.procedure.model import (
    CASE,
    CLOCK,
    ENGINE,
    UNIT_BASIS,
    Alternative,
    Event,
    Label,
    Obligation,
    Procedure,
    Report,
    Start,
    basis_id,
)
from workflow.term import Term, of_case
from workflow.text import Lang, Text

REPORTS = {
    "first": Text("首报", "first report"),
    "follow_up": Text("续报", "follow-up"),
    "correction": Text("更正", "correction"),
    "supplement": Text("补报", "supplement"),
    "verification": Text("核报", "verification"),
    "final": Text("终报", "final report"),
}
MEDIA = {
    "telephone": Text("电话", "by telephone"),
    "written": Text("书面", "in writing"),
    "in_person": Text("当面", "in person"),
    "any": Text("", ""),
}
MODALITIES = {"mandatory": Text("", ""), "target": Text("力争", "target"), "permitted": Text("可以", "permitted")}


def event_text(p: Procedure, event: Event, lang: Lang, most: int = 2) -> str:
    """``封存(医教科)``, with at most so many roles; of a clock event when it comes."""
    if event.after is not None:
        return f"{event.text.say(lang)} {_after(p, event, lang)}"
    who = [p.roles[r].text.say(lang) for r in event.by if r in p.roles]
    if ENGINE in event.by and event.when is not None:
        who = [Text("条件成立时:", "once ").say(lang) + condition_text(p, event.when, lang)]
    more = Text("等", ", ...").say(lang) if len(who) > most else ""
    named = ("、" if lang == "zh" else ", ").join(who[:most]) + more
    if not named:
        return event.text.say(lang)
    return event.text.say(lang) + aside(named, lang)


def _after(p: Procedure, event: Event, lang: Lang) -> str:
    after = event.after
    assert after is not None and CLOCK in event.by
    if after.due is not None:
        duty = p.obligations[after.due].text.say(lang)
        return f"(“{duty}”到期时自动)" if lang == "zh" else f"(by the clock when '{duty}' is due)"
    starts = _events(p, after.on, lang)
    return f"({starts}后 {after.term.text.zh}自动)" if lang == "zh" else f"(by the clock {after.term.text.en} after {starts})"


def _events(p: Procedure, names: tuple[str, ...], lang: Lang) -> str:
    words = {CASE: Text("立案", "opening"), "withdrawn": Text("撤回", "withdrawal"), "voided": Text("误立", "voiding")}
    words["reopened"] = Text("重新立案", "reopening")
    said = [(p.events[n].text if n in p.events else words[n]).say(lang) for n in names]
    return (" 或 " if lang == "zh" else " or ").join(said)


def terms_text(p: Procedure, o: Obligation, lang: Lang) -> str:
    """Every term of a duty, with the condition under which it applies."""
    parts: list[str] = [_every(o.starts.every, lang)] if o.starts.every else []
    for a in o.term:
        if o.starts.every and a.term.qualitative:
            continue
        text = term_text(p, a.term, lang)
        if a.when == Alternative.UNKNOWN:
            text += "[尚未分类]" if lang == "zh" else " [not classified yet]"
        elif a.when is not None:
            text += f"{'' if lang == 'zh' else ' '}[{condition_text(p, a.when, lang)}]"
        parts.append(text)
    return (";" if lang == "zh" else "; ").join(parts)


def term_text(p: Procedure, term: Term, lang: Lang) -> str:
    """A term, with the labels of the facts that it names."""
    text = term.text.say(lang)
    for day in of_case(term):
        if day.fact:
            text = text.replace(day.text.say(lang), day.text.say(lang).replace(day.fact, p.facts[day.fact].text.say(lang)))
    return text


def short_terms(p: Procedure, o: Obligation, lang: Lang) -> str:
    """The lengths only, each once: what stands beside an event."""
    if o.starts.every:
        return _every(o.starts.every, lang)
    return " / ".join(dict.fromkeys(term_text(p, a.term, lang) for a in o.term))


def _every(text: str, lang: Lang) -> str:
    if lang == "en":
        return text
    for word, zh in (("every day at", "每日"), ("every day", "每日"), ("every week", "每周"), ("every month", "每月")):
        if text.startswith(word):
            return zh + text.removeprefix(word).replace(", ", "、")
    return text.replace("every quarter", "每季度").replace("every year", "每年")


def start_text(p: Procedure, o: Obligation, lang: Lang) -> str:
    """What starts the clock of a duty."""
    return begin_text(p, o.starts, lang)


def begin_text(p: Procedure, s: Start, lang: Lang) -> str:
    """What a start is: an event, the receipt of a report, a fact, a decision, a date."""
    if s.fact:
        return p.facts[s.fact].text.say(lang)
    if s.decision:
        return f"{p.decisions[s.decision].text.say(lang)} {Text('是' if s.answer else '否', 'yes' if s.answer else 'no').say(lang)}"
    if s.received:
        name = p.obligations[s.received].text.say(lang)
        return f"收到:{name}" if lang == "zh" else f"receipt of: {name}"
    if s.date:
        return s.date
    return _events(p, s.on or (CASE,), lang)


_INSTANTS = {
    "submitted": Text("以报出为准", "when it was submitted"),
    "received": Text("以收到为准", "when it was received"),
    "recorded": Text("以录入为准", "when it was recorded"),
}


def start_reading(p: Procedure, s: Start) -> Text:
    """A start among other readings of it: also at which instant of the act it counts, and what bounds it while it is unknown."""

    def say(lang: Lang) -> str:
        said = begin_text(p, s, lang)
        if s.instant in _INSTANTS:
            said += aside(_INSTANTS[s.instant].say(lang), lang)
        if s.since:
            said += aside(Text("不早于", "not before ").say(lang) + _events(p, s.since, lang), lang)
        return said

    return Text(say("zh"), say("en"))


def start_readings(p: Procedure, o: Obligation) -> tuple[tuple[Start, Text], ...]:
    """Every reading of what starts a duty, with its name, the one in use first; empty where the wording leaves nothing open."""
    if o.ambiguous is None or not o.ambiguous.starts:
        return ()
    return tuple((s, start_reading(p, s)) for s in (o.starts, *o.ambiguous.starts))


def aside(text: str, lang: Lang) -> str:
    """In brackets, as each language sets them."""
    return f"({text})" if lang == "zh" else f" ({text})"


def parties(p: Procedure, o: Obligation, lang: Lang) -> str:
    """``医患关系办公室 → 投诉人``."""
    names = ("、" if lang == "zh" else ", ").join(p.roles[r].text.say(lang) for r in o.owed.to)
    return p.roles[o.owed.by].text.say(lang) + (f" → {names}" if names else "")


_OPERATORS = {"at_least": "≥", "at_most": "≤", "more_than": ">", "less_than": "<", "is": "=", "is_not": "≠"}


def condition_text(p: Procedure, condition: Condition, lang: Lang) -> str:
    """A condition as people read it."""
    match condition:
        case Every(parts):
            return Text("且", " and ").say(lang).join(_inner(p, c, lang) for c in parts)
        case Some(parts):
            return Text("或", " or ").say(lang).join(_inner(p, c, lang) for c in parts)
        case Not(part):
            return Text("非", "not ").say(lang) + _inner(p, part, lang)
        case Happened(event):
            return Text("已", "").say(lang) + p.events[event].text.say(lang) + Text("", " happened").say(lang)
        case Decided(decision, answer):
            return f"{p.decisions[decision].text.say(lang)} {Text('是' if answer else '否', 'yes' if answer else 'no').say(lang)}"
        case Open(obligation):
            return Text("有未了的", "open: ").say(lang) + p.obligations[obligation].text.say(lang)
        case Compare():
            return _compare(p, condition, lang)


def _inner(p: Procedure, condition: Condition, lang: Lang) -> str:
    text = condition_text(p, condition, lang)
    return f"({text})" if isinstance(condition, (Every, Some)) else text


def _compare(p: Procedure, test: Compare, lang: Lang) -> str:
    fact = p.facts[test.fact]
    name = fact.text.say(lang)
    if test.operator == "known":
        return name + Text("已知" if test.value else "未知", " known" if test.value else " not known").say(lang)

    def value(v: object) -> str:
        if isinstance(v, bool) or fact.type == "yes_no":
            return Text("是" if v in (True, "yes", "是") else "否", "yes" if v in (True, "yes", "是") else "no").say(lang)
        return fact.of[str(v)].text.say(lang) if str(v) in fact.of else f"{v}{fact.unit}"

    if test.operator == "in":
        return Text("或", " or ").say(lang).join(value(v) for v in test.value)
    if fact.type == "choice" and test.operator == "is":
        return value(test.value)
    return f"{name} {_OPERATORS[test.operator]} {value(test.value)}"


def labels(table: Mapping[str, Label], names: Iterable[str], lang: Lang) -> str:
    """``医教科、主管院长``; a name that is not in the table, such as ``clock``, stands as it is."""
    found = (table[n].text.say(lang) if n in table else n for n in names)
    return ("、" if lang == "zh" else ", ").join(found)


def labelled(table: Mapping[str, Label], names: Iterable[str]) -> Text:
    """The same in both languages."""
    found = tuple(names)
    return Text(labels(table, found, "zh"), labels(table, found, "en"))


def report_text(p: Procedure, report: Report, lang: Lang) -> str:
    """``书面 首报 → 县级卫生主管部门``."""
    what = f"{MEDIA[report.medium].say(lang)} {REPORTS[report.kind].say(lang)}".strip()
    return f"{what} → {labels(p.roles, report.to, lang)}" if report.to else what


def modality_text(modality: str) -> Text:
    """力争, 可以; nothing for what is mandatory."""
    return MODALITIES[modality]


def basis_text(p: Procedure, reference: str) -> Text:
    """A basis for people: document and clause, and how surely it was read where that is not certain."""
    if reference == UNIT_BASIS:
        return Text("本单位规定", "set by the unit")
    basis = p.basis[basis_id(reference)]
    title = document_text(p, reference)
    sure = "" if basis.read == "A" else f"({basis.read} 级来源,未核实)"
    sure_en = "" if basis.read == "A" else f" (source grade {basis.read}, unverified)"
    within = reference.removeprefix(basis_id(reference)).removeprefix(".")  # of an entry that covers several clauses
    clause = f" {basis.clause}{within}" if basis.clause or within else ""
    return Text(f"{title.zh}{clause}{sure}", f"{title.en}{clause}{sure_en}")


def unverified(p: Procedure, o: Obligation) -> bool:
    """Whether a duty rests on a text that was not read in the original."""
    references = (*o.basis, *(b for a in o.term for b in a.basis))
    return any(r != UNIT_BASIS and p.basis[basis_id(r)].read != "A" for r in references)


def duty_text(p: Procedure, o: Obligation) -> Text:
    """The title of a duty, marked where it is unverified: in every view, not only where its basis stands."""
    return o.text + UNVERIFIED if unverified(p, o) else o.text


UNVERIFIED = Text("(未核实)", " (unverified)")


def document_text(p: Procedure, reference: str) -> Text:
    """The title of the document on which a rule rests."""
    if reference == UNIT_BASIS:
        return Text("本单位规定", "the unit's own rule")
    document = p.basis[basis_id(reference)].document
    return p.documents[document].text if document in p.documents else Text(document, document)
