"""The words of a message: what is due, late or missing, until when, on which clause, why this person is told, and what to do now.

A message never accuses (疑似, 待认定) and carries no personal data: no fact and no free text of the case, only a pointer to it; over a
channel that is marked safe, what the case is about. The wording is data (``definitions/templates/messages.yaml``); a site may replace it.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow.act import UNFLAGGED, Act
from workflow.audience import WHY
from workflow.case.flags import MOVED
from workflow.case.fold import Case
from workflow.explain import clauses, duration
from workflow.lead import suspicion
from workflow.moment import unstamp
from workflow.obligation.row import Row
from workflow.procedure.legend import basis_text
from workflow.procedure.source import BrokenDefinition, Problem, Source
from workflow.rowname import title
from workflow.rules import Rules, World
from workflow.term import Due
from workflow.term.explain import shown
from workflow.text import Lang, Text, same
from workflow.words import FLAGS

PLACEHOLDERS = (
    *("drill", "doubt", "what", "duty", "case", "procedure", "matter", "due", "late", "moved", "obligor", "basis", "why", "lag", "todo"),
    *("flag", "pointer", "count"),
)
PARTS = ("subject", "body", "digest_subject", "short")
LANGS: tuple[Lang, ...] = ("zh", "en")
DRILL = Text("【演练】", "[DRILL] ")
POINTER = Text("本消息不含个人信息,", "No personal data is in this message; ")
DOUBT = Text("【可能重复】", "[possible duplicate] ")


@dataclass(frozen=True, slots=True)
class Templates:
    """By language, then by part."""

    texts: Mapping[Lang, Mapping[str, str]]

    @classmethod
    def of(cls, source: Source, base: Templates | None = None) -> Templates:
        """The templates of a file; with ``base`` what it leaves out is taken from there.

        Raises :class:`~workflow.procedure.source.BrokenDefinition` with everything that is wrong: an unknown part or placeholder, braces
        that do not match, a language or part that is missing.
        """
        found = list(_problems(source, base is None))
        if found:
            raise BrokenDefinition(source.name, found)
        data: Mapping[str, Any] = source.data
        before = base.texts if base is not None else {lang: {} for lang in LANGS}
        return cls({lang: {**before[lang], **data.get(lang, {})} for lang in LANGS})


def _problems(source: Source, whole: bool) -> Iterator[Problem]:
    data = source.data
    if not isinstance(data, Mapping):
        yield source.problem((), Text("模板文件不是映射", "the file of templates is not a mapping"))
        return
    for lang, texts in data.items():
        if lang not in LANGS or not isinstance(texts, Mapping):
            yield source.problem((lang,), Text(f"不认识 {lang!r};应为 zh、en", f"{lang!r} is not known: zh and en are"))
            continue
        for part, text in texts.items():
            if part not in PARTS or not isinstance(text, str) or not text.strip():
                known = Text("可用:" + "、".join(PARTS), "there are: " + ", ".join(PARTS))
                yield source.problem((lang, part), Text(f"{part!r} 不是模板,或为空", f"{part!r} is no template, or is empty"), known)
                continue
            try:
                used = {name for _, name, spec, how in string.Formatter().parse(text) if name is not None or spec or how}
            except ValueError:
                yield source.problem((lang, part), Text("花括号不成对", "the braces do not match"))
                continue
            for name in sorted(str(n) for n in used if n not in PLACEHOLDERS):
                known = Text("可用:" + "、".join(PLACEHOLDERS), "there are: " + ", ".join(PLACEHOLDERS))
                yield source.problem((lang, part), Text(f"没有 {{{name}}}", f"there is no {{{name}}}"), known)
    if whole:
        for lang in LANGS:
            for part in PARTS:
                if part not in data.get(lang, {}):
                    yield source.problem((lang,), Text(f"缺少 {lang}.{part}", f"{lang}.{part} is missing"))


def words(
    flag: Act, row: Row | None, case: Case, world: World, why: Sequence[str], now: datetime, doubtful: bool, matter: str = ""
) -> dict[str, Text]:
    """What the placeholders stand for. ``row`` is the ledger's at ``now``; ``None`` when it is not owed any more.

    ``matter`` is what the case is about, in the words of whoever opened it: given only for a channel that may carry personal data.
    """
    if row is not None:
        world = world.of(row.definition)
    rules = world.rules
    none = same("")
    due = row.due if row is not None else None
    return {
        "drill": DRILL if case.drill else none,
        "doubt": DOUBT if doubtful else none,
        "what": what(flag, row, world),
        "duty": title(flag.name, rules),
        "case": same(case.id),
        "procedure": rules.procedure.title,
        "matter": same(matter),
        "due": Text(*(shown(due, rules.zone, lang) for lang in LANGS)) if due is not None else none,
        "late": _late(row, now),
        "obligor": rules.roles([row.owed_by]) if row is not None else none,
        "basis": _basis(row, rules.procedure) if row is not None else none,
        "why": _joined([WHY[w] for w in why if w in WHY], Text(";", "; ")),
        "lag": _lag(flag, world),
        "moved": _moved(flag, row, world),
        "todo": _todo(row, rules.procedure) if row is not None and row.open else none,
        "flag": same(str(flag.n)),
        "pointer": none if matter else POINTER,
    }


def what(flag: Act, row: Row | None, world: World) -> Text:
    """What is said: a suspicion, never more; of a reminder its own title."""
    if flag.kind == UNFLAGGED:
        return Text("此前的标记撤销", "what was flagged before is withdrawn")
    said = str(flag.data["flag"])
    if said in ("missing", "late") and row is not None:
        return suspicion(row, world.rules, late=said == "late")
    if said == "tier" and row is not None:
        tier = row.duty.obligation.tiers[int(str(flag.data["tier"]))]
        if tier.title is not None:
            return tier.title.text
        if row.due is not None and unstamp(str(flag.data["at"])) > row.due.instant:
            return Text("催办", "overdue")
    return FLAGS[said]


def _late(row: Row | None, now: datetime) -> Text:
    """How far it is from the due date, as it stands now; that a date is provisional."""
    if row is None or row.due is None:
        return same("")
    parts = [Text("暂定", "provisional")] if row.due.provisional else []
    if row.open:
        span = row.due.instant - now
        lengths = [duration(span, lang) for lang in LANGS]
        past = span.total_seconds() < 0
        parts.append(Text(f"已过 {lengths[0]}", f"{lengths[1]} past") if past else Text(f"还有 {lengths[0]}", f"{lengths[1]} left"))
    inside = _joined(parts, Text(",", ", "))
    return Text(f"({inside.zh})", f" ({inside.en})") if parts else inside


def _basis(row: Row, p: Any) -> Text:
    return _joined(list(dict.fromkeys(basis_text(p, str(c["id"])) for c in clauses(row, p))), Text(";", "; "))


def _todo(row: Row, p: Any) -> Text:
    """The events that fulfil the duty, by their labels."""
    return _joined([p.events[name].text for name in row.duty.obligation.met_by if name in p.events], Text("、", ", "))


def _lag(flag: Act, world: World) -> Text:
    span = unwatched(flag, world.rules)
    if span is None:
        return same("")
    since, until = span
    return Text(
        f"补发:系统在{since.zh}至{until.zh}无人值守,延误不计于任何人",
        f"Sent late: the system was not watching from {since.en} to {until.en}; the delay is nobody else's",
    )


def unwatched(flag: Act, rules: Rules) -> tuple[Text, Text] | None:
    """From when to when nobody watched, so that a flag came late by us; ``None`` when it came in time."""
    said = flag.data.get("unwatched")
    if not isinstance(said, list):
        return None
    since, until = (None if at is None else same(f"{unstamp(str(at)).astimezone(rules.zone):%m-%d %H:%M}") for at in said)
    return since or Text("此前", "the beginning"), until or same("")


def _moved(flag: Act, row: Row | None, world: World) -> Text:
    """The date that was and the one that became of it, as the flag has them."""
    if flag.kind == UNFLAGGED or flag.data["flag"] != MOVED:
        return same("")
    known = [r.due for r in row.revisions if r.due is not None] if row is not None else []

    def date(key: str, lang: Lang) -> str:
        at = flag.data[key]
        if at is None:
            return Text("无期限", "no date").say(lang)
        instant = unstamp(str(at))
        due = next((due for due in known if due.instant == instant), Due(instant, True, None, False, instant, instant, None))
        return shown(due, world.rules.zone, lang)

    return Text(f"{date('old', 'zh')} → {date('new', 'zh')}", f"{date('old', 'en')} → {date('new', 'en')}")


def _joined(texts: Sequence[Text], by: Text) -> Text:
    return Text(by.zh.join(t.zh for t in texts), by.en.join(t.en for t in texts))


def compose(templates: Templates, said: Sequence[Mapping[str, Text]], lang: Lang) -> tuple[str, str]:
    """Subject and body of one message, or of a digest of many."""
    texts = templates.texts[lang]
    bodies = [_filled(texts["body"], words, lang) for words in said]
    if len(said) == 1:
        return _line(texts["subject"], said[0], lang), bodies[0]
    count = {**said[0], "count": same(str(len(said)))}
    return _line(texts["digest_subject"], count, lang), f"\n\n{'—' * 12}\n\n".join(bodies)


def short(templates: Templates, said: Mapping[str, Text], lang: Lang) -> str:
    """One line for a channel that has room for little more."""
    return _line(templates.texts[lang]["short"], said, lang)


def _line(template: str, said: Mapping[str, Text], lang: Lang) -> str:
    values = {name: said[name].say(lang) if name in said else "" for name in PLACEHOLDERS}
    return " ".join(template.format(**values).split())


def _filled(template: str, said: Mapping[str, Text], lang: Lang) -> str:
    """Line by line; one whose placeholders are all empty says nothing and is left out."""
    lines = []
    for line in template.splitlines():
        used = [name for _, name, _, _ in string.Formatter().parse(line) if name]
        if not used or any(name in said and said[name].say(lang) for name in used):
            lines.append(_line(line, said, lang))
    return "\n".join(lines)
