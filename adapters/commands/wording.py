"""An act of a case in words, the same in the timeline, in what a command answers, and in the demonstration."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, cast

from workflow import act as kinds
from workflow import term as terms
from workflow.act import Act
from workflow.case.fold import GIVEN, Case
from workflow.case.link import links
from workflow.journal.canonical import Json
from workflow.message import unwatched
from workflow.moment import unstamp
from workflow.procedure.fact import UNKNOWN
from workflow.procedure.legend import labels
from workflow.rowname import title
from workflow.rules import Rules
from workflow.text import Lang, Text, same
from workflow.words import AUTHORITY, DEVIATIONS, FLAGS, KINDS, STAGES

LIST = Text("、", ", ")
COLON = Text(":", ": ")
NOTES = {"note": Text("", ""), "statement": Text("情况说明", "statement"), "finding": Text("认定", "finding")}
_HOLDS = {"dispute": Text("争议", "dispute"), "appeal": Text("申诉", "appeal"), "inspection": Text("检查", "inspection")}
_HOW = {
    "signature": Text("", ""),
    "call": Text("电话确认", "confirmed by telephone"),
    "system": Text("系统回执", "stamped by the system"),
}
_VERBS = {
    "open": KINDS[kinds.OPENED],
    "dismiss": KINDS[kinds.DISMISSED],
    "fire": Text("办理", "do"),
    "record": Text("补记", "record"),
    "revise": KINDS[kinds.REVISED],
    "waive": KINDS[kinds.WAIVED],
    "extend": Text("延期", "extension"),
    "withdraw": KINDS[kinds.WITHDRAWN],
    "void": KINDS[kinds.VOIDED],
    "same-as": KINDS[kinds.JOINED],
    "reopen": KINDS[kinds.REOPENED],
    "erase": KINDS[kinds.ERASED],
}
_WRITTEN = {
    "what": (0, Text("", "")),
    "where": (1, Text("", "")),
    "told_by": (2, Text("告知人:", "told by: ")),
    "facts": (3, Text("", "")),
    "elements": (4, Text("", "")),
    "reason": (5, Text("理由:", "reason: ")),
    "ground": (6, Text("依据:", "ground: ")),
    "oral": (7, Text("口头同意:", "oral approval: ")),
}
_LAST = (8, Text("", ""))
BACK_FILLED = timedelta(minutes=1)
"""An act that was entered this much after it happened is marked as back-filled."""


def role(name: str, rules: Rules) -> Text:
    """A role by its label; what the procedure does not know stands for itself."""
    found = rules.procedure.roles.get(name)
    return found.text if found is not None else same(name)


def listed(names: Any, rules: Rules) -> Text:
    """Several roles."""
    found = [role(str(n), rules) for n in names]
    return Text(LIST.zh.join(t.zh for t in found), LIST.en.join(t.en for t in found))


def author(act: Act, rules: Rules) -> Text:
    """Who did it: role, person, and for whom they acted; empty for the clock."""
    if act.actor is None:
        return same("")
    text = role(act.actor.role, rules)
    foreign = act.data.get("role")
    if isinstance(foreign, Mapping):  # a role of the procedure of another case
        text = Text(str(foreign["zh"]), str(foreign["en"]))
    if act.actor.person:
        text += same(f" {act.actor.person}")
    if act.actor.acting_for:
        text += Text(f"(代 {act.actor.acting_for})", f" (for {act.actor.acting_for})")
    return text


def name(act: Act, case: Case, rules: Rules, void: Collection[str] = ()) -> Text:
    """What an act is about, and the other cases that it names (``void``: those that are)."""
    text = _about(act, case, rules)
    for row in act.names("taken"):
        text += Text("线索:", "lead: ") + title(row, rules)
    for row in act.names("released"):
        text += Text("线索重新待处理:", "lead open again: ") + title(row, rules)
    for link in links(act):
        sign = "→" if link.way == "to" else "←"
        text += same(f" {sign} {link.case}") + (Text("(误立)", " (void)") if link.case in void else same(""))
    return text


def _about(act: Act, case: Case, rules: Rules) -> Text:
    """The event, the facts with their values, the report that was received, the duty that was flagged."""
    p, data = rules.procedure, act.data
    if act.kind in kinds.DEEDS:
        found = p.events.get(act.name)
        if found is None:
            return same(act.name)
        number = data.get("number")
        numbered = found.report is not None and (found.report.kind == "follow_up" or number != 1) and isinstance(number, int)
        return found.text + same(f" {number}" if numbered else "")
    if act.kind == kinds.DECIDED:
        decision = p.decisions.get(act.name)
        text = decision.text if decision is not None else same(act.name)
        return text + COLON + (Text("是", "yes") if data.get("answer") else Text("否", "no"))
    if act.kind == kinds.REVISED:
        return facts(data, rules) or same(act.name)
    if act.kind in (kinds.RECEIVED, kinds.CONFIRMED, kinds.CORRECTED, kinds.RELEASED):
        return _of(act, case, rules)
    if act.kind in (kinds.FLAGGED, kinds.UNFLAGGED):
        return _flag(act, rules)
    if act.kind == kinds.NOTIFIED:
        return STAGES["notified" if data.get("result") == "accepted" else "dead"] + COLON + _flagged(str(data["flag"]), case, rules)
    if act.kind == kinds.ACKNOWLEDGED:
        return STAGES[str(data["stage"])] + COLON + _flagged(act.name, case, rules)
    if act.kind == kinds.DISMISSED:
        return title(act.name, rules)
    if act.kind in (kinds.WAIVED, kinds.ASKED, kinds.GRANTED, kinds.DENIED):
        text = title(act.name, rules)
        by = data.get("by")
        return text + (COLON + terms.parse(str(by)).text if by else same(""))
    if act.kind == kinds.NOTED:
        about = COLON + title(str(data["about"]), rules) if data.get("about") else same("")
        return NOTES.get(act.name, same(act.name)) + about
    if act.kind == kinds.HELD:
        return _HOLDS.get(act.name, same(act.name))
    if act.kind == kinds.ERASED:
        return same(" ".join(f"#{n}" for n in act.names("entries")))
    if act.kind == kinds.REFUSED:
        return _refused(act, rules)
    if act.kind == kinds.MIGRATED:
        return same(f"{data['from_version']} → {data['version']}") + COLON + same(str(data["ground"]))
    if act.kind == kinds.LINKED:
        return same("")
    return same(act.name)


def facts(data: Mapping[str, Json], rules: Rules) -> Text:
    """The facts that an act states, with their values; a personal one, or free text, by its name alone."""
    stated = data.get("facts")
    found = [(fact, _value(fact, value, rules)) for fact, value in (stated.items() if isinstance(stated, dict) else ())]
    given = data.get("given")
    found += [(str(f), same("")) for f in (given if isinstance(given, list) else ()) if f in rules.procedure.facts]
    zh, en = [], []
    for fact, value in found:
        label = rules.procedure.facts[fact].text if fact in rules.procedure.facts else same(fact)
        zh.append(f"{label.zh}:{value.zh}" if value.zh else label.zh)
        en.append(f"{label.en}: {value.en}" if value.en else label.en)
    return Text(LIST.zh.join(zh), LIST.en.join(en)) if found else Text("", "")


def breach(code: str, act: Act, case: Case, rules: Rules) -> Text:
    """A breach of procedure in words, with what was left blank or not stated by name."""
    text = DEVIATIONS.get(code, same(code))
    p, event = rules.procedure, rules.procedure.events.get(act.name)
    if event is None or code not in ("blank_element", "missing_facts"):
        return text
    table: Mapping[str, Any]
    if code == "blank_element":
        given = cast(Mapping[str, Json], act.data.get("elements") or {})
        wanted = (*event.record, *(event.report.elements if event.report else ()))
        table, names = p.elements, [e for e in wanted if given.get(e, "blank") == "blank"]
    else:
        stated = {f for f, changes in case.facts.items() if any(c.act <= act.n and c.value != UNKNOWN for c in changes)}
        table, names = p.facts, [f for f in event.require if f not in stated and p.facts[f].required_when is None]
    listed = Text(labels(table, names, "zh"), labels(table, names, "en"))
    return text + COLON + listed if names else text


def remarks(act: Act, case: Case, private: Mapping[str, Json], rules: Rules, lang: Lang, shown: str = "") -> str:
    """What else must be read beside an act: breaches, that it was back-filled (``shown``: when it was entered), what was written."""
    found = [breach(d, act, case, rules).say(lang) for d in act.deviations]
    if "authority" in act.data:
        found.append(AUTHORITY[str(act.data["authority"])].say(lang))
    if shown and act.kind not in kinds.EVIDENCE and act.recorded - act.happened.hi >= BACK_FILLED:
        found.append(Text(f"补录于 {shown}", f"entered {shown}").say(lang))
    found.append(told(act, rules).say(lang))
    found += [_lead(doc).say(lang) for doc in cast(list[dict[str, Any]], act.data.get("leads", []))]
    if act.kind in (kinds.OPENED, kinds.ACTED):
        found.append(facts({"facts": act.data.get("facts")}, rules).say(lang))
    found += [written(key, private[key], rules).say(lang) for key in sorted(private, key=lambda k: (_WRITTEN.get(k, _LAST)[0], k))]
    return Text(";", "; ").say(lang).join(f for f in found if f)


def _lead(doc: Mapping[str, Any]) -> Text:
    """A lead that was taken up, as it was computed then."""
    suspicion = Text(doc["suspicion"]["zh"], doc["suspicion"]["en"])
    return same(f"{doc['case']} ") + Text(doc["zh"], doc["en"]) + COLON + suspicion


def written(key: str, value: Json, rules: Rules) -> Text:
    """A part of what was written in free text, with what it is."""
    if not isinstance(value, dict):
        return _WRITTEN.get(key, _LAST)[1] + same(str(value))
    table: Mapping[str, Any] = rules.procedure.elements if key == "elements" else rules.procedure.facts
    found = [((table[k].text if k in table else same(k)) + COLON + same(str(v))) for k, v in value.items()]
    return Text(LIST.zh.join(t.zh for t in found), LIST.en.join(t.en for t in found))


def _value(fact: str, value: Json, rules: Rules) -> Text:
    if value == UNKNOWN:
        return Text("待核", "not known yet")
    if value == GIVEN:
        return Text("", "")
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    if isinstance(value, dict) and len(value) == 1:
        ((word, number),) = value.items()
        return {"about": Text("约", "about "), "at_least": Text("至少", "at least ")}.get(word, same(f"{word} ")) + same(str(number))
    declared = rules.procedure.facts.get(fact)
    if declared is not None and declared.type == "instant":
        here = unstamp(str(value)).astimezone(rules.zone)
        return same(f"{here:%Y-%m-%d %H:%M:%S}" if here.second else f"{here:%Y-%m-%d %H:%M}")
    if declared is not None and str(value) in declared.of:
        return declared.of[str(value)].text
    return same(str(value))


def _of(act: Act, case: Case, rules: Rules) -> Text:
    """``#11 书面首报``: the entry that a receipt, a confirmation or a correction is about."""
    text = same(f"#{act.name}")
    subject = case.act(int(act.name)) if act.name.isdigit() else None
    if subject is not None:
        about = name(subject, case, rules)
        text += same(" ") + (about if about.zh else KINDS[subject.kind])
    how = _HOW.get(str(act.data.get("how", "")), same(""))
    if how.zh:
        text += Text(f"({how.zh})", f" ({how.en})")
    if act.kind == kinds.CORRECTED:
        stated = facts(act.data, rules)
        text += COLON + stated if stated.zh else stated
    return text


def _flagged(n: str, case: Case, rules: Rules) -> Text:
    found = case.act(int(n))
    return _flag(found, rules) if found is not None else same(f"#{n}")


def _flag(act: Act, rules: Rules) -> Text:
    word = FLAGS[str(act.data["was"] if act.kind == kinds.UNFLAGGED and act.data.get("was") else act.data["flag"])]
    return word + COLON + title(act.name, rules)


def _lagged(act: Act, rules: Rules) -> Text:
    """That a reminder was overtaken, or that a flag came late because nobody watched; empty when it came in time."""
    if act.data.get("skipped"):
        return Text("已被后来的提醒取代,未发", "overtaken by what came later, not sent")
    span = unwatched(act, rules)
    if span is None:
        return same("")
    since, until = span
    return Text(f"补发:{since.zh}至{until.zh}无人值守", f"sent late: nobody watched from {since.en} to {until.en}")


def told(act: Act, rules: Rules) -> Text:
    """Who was told by a flag, and that it came late or was overtaken; empty where there is nothing to say."""
    tell = act.data.get("tell")
    who = Text("告知 ", "told: ") + listed(tell, rules) if isinstance(tell, list) and tell else same("")
    parts = [part for part in (who, _lagged(act, rules)) if part.zh]
    return Text(";".join(p.zh for p in parts), "; ".join(p.en for p in parts))


def _refused(act: Act, rules: Rules) -> Text:
    verb, subject = _VERBS.get(act.name, same(act.name)), str(act.data.get("subject", ""))
    p = rules.procedure
    event, decision = p.events.get(subject), p.decisions.get(subject)
    label = event.text if event is not None else decision.text if decision is not None else title(subject, rules)
    return verb + (COLON + label if subject else same("")) + same(f" [{act.data.get('code', '')}]")


def mark(case: Case) -> Text:
    """``演练``, ``误立``, ``并入 X``: what must be known of a case before anything else."""
    found = [
        text
        for text, on in (
            (Text("演练", "drill"), case.drill),
            (case.pace.text if case.pace is not None else same(""), case.pace is not None),
            (Text("误立", "void"), case.void),
            (Text(f"并入 {case.same_as}", f"same as {case.same_as}"), bool(case.same_as)),
        )
        if on
    ]
    return Text(" ".join(t.zh for t in found), ", ".join(t.en for t in found))
