"""An inspection of a case as tables and sentences. It reads the canonical document of :mod:`workflow.inspection` and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from adapters.documents.table import Cell, Column, deviation_rows, held_rows
from adapters.documents.wording import Found, Wording, word
from workflow.procedure.fact import is_unknown
from workflow.text import Lang, Text
from workflow.trace import HOW
from workflow.words import FLAGS, STAGES

NOTES = {"note": Text("", ""), "statement": Text("情况说明", "statement"), "finding": Text("认定", "finding")}


def _columns(*found: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(Text(zh, en), 20) for zh, en in found)


ACTS = _columns(
    ("号", "n"),
    ("发生", "happened"),
    ("报出", "submitted"),
    ("收到", "received"),
    ("记录", "recorded"),
    ("事项", "what"),
    ("办理人", "by"),
    ("凭据", "on whose word"),
    ("来源", "source"),
)
KNEW = _columns(("知悉", "knew"), ("自何时起(有记录可查)", "from when on, as the record shows"))
CHANGED = _columns(("义务", "duty"), ("当时", "then"), ("记录末", "at the end of the record"), ("截止", "due"), ("完成", "met"))
DEVIATIONS = _columns(
    ("偏差", "deviation"), ("程度", "severity"), ("事项", "about"), ("应当", "expected"), ("实际", "actual"), ("证据", "proof")
)
HELD = _columns(("起", "from"), ("止", "until"), ("在谁手上", "held by"), ("时长", "for"))
CAUTION = Text("以上为计算结果;是否迟报、漏报及其责任由人认定", "computed; what follows from it is for a person to determine")


class Section(NamedTuple):
    """``lines`` stand under the heading, then the table, if it has one."""

    heading: Text
    lines: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()


def sections(document: Found, lang: Lang) -> Iterator[Section]:
    """Everything, in the order in which it is read."""
    say = Wording(document["legend"], document["source"], lang)
    case, later = document["case"], document["later"]
    yield _head(document, say)
    yield Section(Text("一、经过", "1. What happened"), (), ACTS, tuple(_act(case, act, say) for act in in_order(case["acts"])))
    knew = tuple((say.label(case, "roles", k["role"]), say.moment(case, k["at"])) for k in document["knew"])
    yield Section(Text("二、知悉", "2. Who knew when"), () if knew else (say.say("记录未显示", "the record does not show it"),), KNEW, knew)
    yield Section(Text("三、义务", "3. Duties"), tuple(line for row in case["rows"] for line in duty(case, row, say)))
    records = tuple((r[2], r[4], r[6], r[8], r[9], proofs(str(r[10]), say)) for r in deviation_rows(case, say))
    yield Section(Text("四、偏差", "4. Deviations"), () if records else (say.say("无", "none"),), DEVIATIONS, records)
    held = tuple(row[1:5] for row in held_rows(case, say))
    yield Section(
        Text("五、时间账", "5. Time account"), () if held else (say.say("没有报告,无从计算", "nothing was reported"),), HELD, held
    )
    said = (*document["statements"], *({**s, "after": True} for s in later["statements"]))
    lines = tuple(statement(case, s, say) for s in said)
    yield Section(Text("六、情况说明与认定", "6. Statements and findings"), lines or (say.say("无", "none"),))
    yield Section(Text("七、责任倒查", "7. Traced back"), tuple(back(document["back"], case, say)))
    yield Section(
        Text(f"八、{say.instant(case, document['as_of'])} 之后记入", f"8. Entered after {say.instant(case, document['as_of'])}"),
        () if later["acts"] else (say.say("无", "none"),),
        ACTS,
        tuple(_act(case, act, say) for act in in_order(later["acts"])),
    )
    if later["rows"]:
        changed = tuple(_changed(case, row, say) for row in later["rows"])
        yield Section(Text("其后的结果", "Outcomes after that"), (), CHANGED, changed)
    yield Section(Text("", ""), (CAUTION.say(lang), str(document["digest"])))


def _head(document: Found, say: Wording) -> Section:
    case = document["case"]
    title = say.of(case)
    lines = (
        say.say("程序  ", "procedure  ") + f"{title.get(say.lang, '')} {case['procedure']}",
        say.say("截至  ", "as of  ") + say.instant(case, document["as_of"]),
        say.say("状态  ", "state  ") + " + ".join(say.label(case, "states", s) for s in case["state"]),
        say.say("结论  ", "verdict  ") + word("verdict", case["verdict"], say.lang),
        *((say.say("单位  ", "unit  ") + case["unit"],) if case["unit"] else ()),
    )
    return Section(Text(f"案件 {case['case']}", f"case {case['case']}"), lines)


def in_order(acts: Iterable[Found]) -> list[Found]:
    """As things happened; the number says in which order they were entered."""
    return sorted(acts, key=lambda a: (a["happened"] if isinstance(a["happened"], str) else a["happened"][0], a["n"]))


def _act(case: Found, act: Found, say: Wording) -> tuple[Cell, ...]:
    received = [say.moment(case, act.get("received"))]
    for to in act.get("to", ()):
        when = say.moment(case, to["received"]) or say.say("未见签收", "no receipt shown")
        received.append(f"{say.label(case, 'roles', to['role'])} {when}")
    about = [what(case, act, say), stated(case, act, say)]
    about += [word("deviation", code, say.lang) for code in act.get("deviations", ())]
    return (
        f"#{act['n']}",
        say.moment(case, act["happened"]),
        say.moment(case, act.get("submitted")),
        say.join(dict.fromkeys(received)),
        say.instant(case, act["recorded"]) if act.get("recorded") else "",
        say.join(about),
        by(case, act, say),
        word("grade", act["grade"], say.lang),
        short(act.get("proof", "")),
    )


def what(case: Found, act: Found, say: Wording) -> str:
    """What an act was, with what it is about."""
    if act["kind"] == "noted":
        text = NOTES.get(act["name"], Text(act["name"], act["name"])).say(say.lang) or word("kind", "noted", say.lang)
        return f"{text} {title_of(case, act['about'], say)}".strip() if act.get("about") else text
    if act["kind"] == "decided":
        answer = say.say("是", "yes") if act.get("answer") else say.say("否", "no")
        return f"{say.label(case, 'decisions', act['name'])} {answer}"
    text = say.happened(case, act)
    return text if text.strip() else act["kind"]


def title_of(case: Found, key: str, say: Wording) -> str:
    row = next((r for r in case["rows"] if r["row"] == key), None)
    return str(row[say.lang]) if row is not None else key


def by(case: Found, act: Found, say: Wording) -> str:
    actor = act.get("actor") or {}
    acting, foreign = actor.get("acting_for", ""), act.get("role")
    if isinstance(foreign, Mapping):  # a role of the procedure of another case
        return f"{foreign[say.lang]} {actor.get('person', '')}".rstrip()
    return say.actor(case, act) + (say.say(f"(代 {acting})", f" (for {acting})") if acting else "")


def stated(case: Found, act: Found, say: Wording) -> str:
    """The facts that an act states; personal ones by their name alone."""
    facts = say.of(case).get("facts", {})
    found = [(name, _value(case, facts.get(name, {}), value, say)) for name, value in (act.get("facts") or {}).items()]
    found += [(name, "") for name in act.get("given", ()) if name in facts]
    labelled = ((facts[name][say.lang] if name in facts else name, value) for name, value in found)
    return say.say("、", ", ").join(say.say(f"{n}:{v}", f"{n}: {v}") if v else n for n, v in labelled)


def _value(case: Found, fact: Found, value: Any, say: Wording) -> str:
    if is_unknown(value):
        return say.say("待核", "not known yet")
    if isinstance(value, bool):
        return say.say("是", "yes") if value else say.say("否", "no")
    if isinstance(value, Mapping):
        return " ".join(f"{k} {v}" for k, v in value.items() if k != "given")
    if fact.get("type") == "instant":
        return say.instant(case, str(value))
    found = fact.get("of", {}).get(str(value))
    return str(found[say.lang]) if found else str(value)


def short(proof: str) -> str:
    """A place as it stands, a hash by its first figures."""
    kind, sign, figures = proof.partition(":")
    return f"{kind}:{figures[:12]}…" if sign and len(figures) > 40 else proof


def proofs(joined: str, say: Wording) -> str:
    return say.join(short(part.strip()) for part in joined.split(say.say(";", "; ")))


def duty(case: Found, row: Found, say: Wording) -> Iterator[str]:
    """The explanation of a row as the case stood, with the proof."""
    yield from row["explanation"][say.lang]
    distance, read = say.margin(case, row), say.readings(row)
    told = [text for text in (distance, read) if text]
    if told and not any(told[0] in line for line in row["explanation"][say.lang]):
        yield f"  {say.say('余量', 'margin')}  {say.join(told)}"
    if row.get("recorded_due"):
        yield f"  {say.recorded(row)}"
    if row.get("proof"):
        parts = (f"#{n} {short(proof)}" for n, proof in sorted(row["proof"].items(), key=lambda item: int(item[0])))
        yield f"  {say.say('来源', 'source')}  " + "  ".join(parts)


def statement(case: Found, found: Found, say: Wording) -> str:
    text = found.get("text")
    if text is None:
        text = say.say("(内容在可删除部分,此处没有)", "(its text lies in the erasable part, which is not here)")
    late = say.say("[之后记入]", " [entered after]") if found.get("after") else ""
    head = f"#{found['n']} {say.moment(case, found['happened'])} {what(case, found, say)} {by(case, found, say)}{late}"
    return f"{head}  {text}  {short(found.get('proof', ''))}".rstrip()


def _changed(case: Found, row: Found, say: Wording) -> tuple[Cell, ...]:
    return (
        title_of(case, row["row"], say),
        word("outcome", row["then"], say.lang) if row["then"] else "—",
        word("outcome", row["now"], say.lang),
        say.due(case, row) if row["due"] else "",
        say.moment(case, row["met"]),
    )


def back(found: Found, case: Found, say: Wording) -> Iterator[str]:
    """From the broken duties back: what started each, who owed it, who had been told, who held the matter.

    Standing duties, of which there may be very many, stand in groups: which duty of which unit, how often, from when to when.
    """
    steps = [step for step in found["steps"] if step["how"] != "standing"]
    for number, step in enumerate(steps, 1):
        yield from _step(number, step, say)
    groups: dict[tuple[str, ...], list[Found]] = {}
    for step in found["steps"]:
        if step["how"] == "standing":
            groups.setdefault((step["unit"], step["procedure"], step["duty"], step["outcome"]), []).append(step)
    for number, group in enumerate(groups.values(), len(steps) + 1):
        yield from _standing(number, group, say)
    if not found["steps"]:
        yield say.say("没有查到未履行、迟延或无法判定的义务", "nothing that was missed, late or undeterminable was found")
    counts = {how: sum(1 for h in found["looked"].values() if h == how) for how in HOW}
    yield say.say("已查:", "looked at: ") + say.join(f"{HOW[how].say(say.lang)} {n}" for how, n in counts.items())
    for text in found["unseen"]:
        yield say.say("未查:", "not looked at: ") + str(text[say.lang])


def _standing(number: int, group: Sequence[Found], say: Wording) -> Iterator[str]:
    first, last = group[0], group[-1]
    title = say.label(first, "duties", first["duty"])
    outcome, how = word("outcome", first["outcome"], say.lang), HOW["standing"].say(say.lang)
    span = say.instant(first, first["at"]) + (f" … {say.instant(last, last['at'])}" if len(group) > 1 else "")
    times = say.say(f"{len(group)} 次", f"{len(group)} times" if len(group) > 1 else "once")
    yield f"{number}. {span}  {title}  {outcome} {times}  {first['unit']} {how}"
    yield f"   {say.say('责任', 'owed by')}  {_owed(first, say)}"
    told = sum(1 for step in group if any(flag["to"] for flag in step["told"]))
    yield f"   {say.say('告知', 'told')}  {say.say(f'其中 {told} 次有人被告知', f'somebody was told {told} of {len(group)} times')}"
    yield f"   {say.say('案件', 'case')}  {first['case']}" + (f" … {last['case']}" if last["case"] != first["case"] else "")


def _owed(step: Found, say: Wording) -> str:
    to = f" → {say.label(step, 'roles', step['to'])}" if step["to"] else ""
    unit = f" {step['unit']}" if step["unit"] else ""
    clauses = say.clauses(step, {"duty": step["duty"], "clauses": step["basis"]})
    return f"{say.label(step, 'roles', step['by'])}{unit}{to}  {clauses}"


def _step(number: int, step: Found, say: Wording) -> Iterator[str]:
    case = step  # the procedure by which its names are read
    near = f" ← {step['through']}" if step["through"] else ""
    reason = f"({word('reason', step['reason'], say.lang)})" if step["reason"] else ""
    outcome = word("outcome", step["outcome"], say.lang) + reason
    yield f"{number}. {say.instant(case, step['at'])}  {step[say.lang]}  {outcome}  {step['case']} {HOW[step['how']].say(say.lang)}{near}"
    yield f"   {say.say('责任', 'owed by')}  {_owed(step, say)}"
    if step["started"]:
        yield f"   {say.say('起算', 'started by')}  {say.moment(case, step['start'])}  {_entry(case, step['started'], say)}"
    elif step["start"]:
        yield f"   {say.say('起算', 'start')}  {say.moment(case, step['start'])}"
    if step["done"]:
        yield f"   {say.say('履行', 'done')}  {_entry(case, step['done'], say)}"
    for flag in step["told"]:
        yield f"   {say.say('告知', 'told')}  {_flag(case, flag, say)}"
    if not step["told"]:
        yield f"   {say.say('告知', 'told')}  {say.say('记录中没有', 'nothing on record')}"
    for part in step["held"]:
        span = f"{say.instant(case, part['from'])} … {say.instant(case, part['until'])}"
        yield f"   {say.say('在谁手上', 'held by')}  {span}  {say.holder(case, part['holder'])}"


def _entry(case: Found, entry: Found, say: Wording) -> str:
    who = say.label(case, "roles", entry["by"]) if entry["by"] else ""
    parts = (f"#{entry['n']}", say.moment(case, entry["happened"]), say.happened(case, entry), who, short(entry["proof"]))
    return " ".join(p for p in parts if p)


def _flag(case: Found, flag: Found, say: Wording) -> str:
    said = FLAGS.get(flag["said"], Text(flag["said"], flag["said"])).say(say.lang)
    return f"#{flag['flag']} {say.instant(case, flag['at'])} {said} → {told(case, flag, say)}  {short(flag['proof'])}".rstrip()


def told(case: Found, flag: Found, say: Wording) -> str:
    """Whom a flag told, how far that came, and whether it came late because nobody watched."""
    named = say.labels(case, "roles", flag["tell"])
    posts = say.say("、", ", ").join(flag["to"]) or say.say("无人", "nobody")
    stages = [f"{STAGES['notified'].say(say.lang)} {say.instant(case, flag['notified'])}"] if flag["notified"] else []
    stages += [f"{STAGES[s].say(say.lang)} {say.moment(case, flag[s])}" for s in ("delivered", "received", "accepted") if s in flag]
    if not stages and flag["stage"]:
        stages = [STAGES[flag["stage"]].say(say.lang)]
    if flag.get("overtaken"):
        stages.append(say.say("已被后来的提醒取代,未发", "overtaken by what came later, not sent"))
    if flag.get("unwatched"):
        since, until = (text[say.lang] for text in flag["unwatched"])
        stages.append(say.say(f"补发:{since}至{until}无人值守", f"sent late: nobody watched from {since} to {until}"))
    return say.join([say.say(f"{named}({posts})", f"{named} ({posts})") if named else posts, *stages])
