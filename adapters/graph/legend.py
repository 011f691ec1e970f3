"""What a picture says of a procedure, apart from where it is drawn: arrows with their events, and each duty beside what starts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from workflow.procedure.condition import Compare, Condition, Decided, Every, Happened, Not, Some
from workflow.procedure.model import CASE, CLOCK, ENGINE, Alternative, Event, Obligation, Procedure
from workflow.statechart import moves
from workflow.text import Lang, Text


class Arrow(NamedTuple):
    """One move of an event: from any of its sources to its target; ``None``: it moves nothing."""

    event: str
    sources: tuple[str, ...]
    target: str | None


def arrows(p: Procedure) -> Iterator[Arrow]:
    """Every move of every event, in the order of the file."""
    for name, event in p.events.items():
        for sources, target in moves(p, event):
            yield Arrow(name, sources, target)


def tops(p: Procedure) -> tuple[str, ...]:
    """The states that ``from: any`` means."""
    return tuple(name for name, state in p.states.items() if not state.final)


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
        text = a.term.text.say(lang)
        if a.when == Alternative.UNKNOWN:
            text += "[尚未分类]" if lang == "zh" else " [not classified yet]"
        elif a.when is not None:
            text += f"{'' if lang == 'zh' else ' '}[{condition_text(p, a.when, lang)}]"
        parts.append(text)
    return (";" if lang == "zh" else "; ").join(parts)


def short_terms(o: Obligation, lang: Lang) -> str:
    """The lengths only, each once: what stands beside an event."""
    if o.starts.every:
        return _every(o.starts.every, lang)
    return " / ".join(dict.fromkeys(a.term.text.say(lang) for a in o.term))


def _every(text: str, lang: Lang) -> str:
    if lang == "en":
        return text
    for word, zh in (("every day at", "每日"), ("every day", "每日"), ("every week", "每周"), ("every month", "每月")):
        if text.startswith(word):
            return zh + text.removeprefix(word).replace(", ", "、")
    return text.replace("every quarter", "每季度").replace("every year", "每年")


def start_text(p: Procedure, o: Obligation, lang: Lang) -> str:
    """What starts the clock of a duty."""
    s = o.starts
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


def starters(p: Procedure, o: Obligation) -> tuple[str, ...]:
    """The events beside which a duty is drawn; ``case`` for what the opening starts, ``decision:x`` for a decision."""
    s = o.starts
    if s.decision:
        return (f"decision:{s.decision}",)
    if s.received:
        return p.obligations[s.received].met_by
    if s.fact or s.date:
        return (CASE,)
    return s.on or (CASE,)


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
