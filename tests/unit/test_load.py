# ruff: noqa: E501
"""A broken definition is refused with all its errors at once, each with its place, what is wrong and what to do, in both languages."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from workflow.procedure.load import load
from workflow.procedure.source import BrokenDefinition, Problem

SMALL = (Path(__file__).parents[1] / "data" / "small.yaml").read_text(encoding="utf-8")

# what is replaced, by what; where the problem must stand ("|" marks it in the replacement); words of the message in zh and en
BROKEN: dict[str, tuple[str, str, str, str]] = {
    # shape
    "unknown field": ("    by: desk\n    report:", "    |bye: desk\n    report:", "不认识的项 bye", "unknown field bye"),
    "missing field": ("procedure: small\n", "|zone2: x\n", "缺少 procedure", "procedure is missing"),
    "missing Chinese": ("  call:\n    zh: 报告\n", "  |call:\n", "缺少中文名称", "Chinese label is missing"),
    "missing English": ("place: {zh: 地点, en: place}", "|place: {zh: 地点}", "缺少英文名称", "English label is missing"),
    "empty label": ("place: {zh: 地点, en: place}", 'place: {|zh: " ", en: place}', "不能为空", "must not be empty"),
    "label is a number": ("place: {zh: 地点, en: place}", "place: {zh: 地点, |en: 5}", "应为文字", "must be text"),
    "bad name": ("\n  place: {zh", "\n  |Place: {zh", "Place 不可用", "Place cannot be used"),
    "bad version": ("version: 1-1", '|version: "1 1"', "1 1 不可用", "1 1 cannot be used"),
    "bad state path": ("from: left.one\n    to: left.two", "from: left.one\n    |to: Left.Two", "Left.Two 不可用", "Left.Two cannot be used"),
    "unknown word": ("    kind: request", "    |kind: requst", "应为其中之一:record、request", "must be one of record, request"),
    "not yes or no": ("    opens: true", "    |opens: perhaps", "应为 true 或 false", "must be true or false"),
    "not a mapping": ("    owed: {by: desk, to: other}", "    |owed: desk", "应为映射", "must be a mapping"),
    "not a list": ("term: [{is: 1 day}]", "|term: 1 day", "应为列表", "must be a list"),
    "not an integer": ("cap: 10 days}", "cap: 10 days, |times: often}", "应为整数", "must be an integer"),
    "too small": ("cap: 10 days}", "cap: 10 days, |times: 0}", "不能小于 1", "must be at least 1"),
    "not a date": ("in_force: {from: 2020-01-01,", "in_force: {|from: 2020-13-01,", "不是日期", "not a date"),
    "a date is no number": ("in_force: {from: 2020-01-01,", "in_force: {|from: 1577836800,", "不是日期", "not a date"),
    "term": ("is: 10 working days, basis: R1", "|is: 10 wroking days, basis: R1", "不认识的期限", "cannot read the term"),
    "term that contradicts itself": ("term: [{is: 1 hour}]", "term: [{|is: 1 hour roll}]", "自相矛盾", "contradicts itself"),
    "recurrence": ('every: "every day at 08:00"', "|every: now and then", "不认识的周期", "cannot read the recurrence"),
    "tier": ("{at: 1 working day before,", "{|at: a while before,", "不认识的期限", "cannot read the term"),
    # conditions
    "condition is text": ("    when: {grade: high}\n", "    |when: high\n", "条件应为映射", "a condition is a mapping"),
    "comparison": ("when: {grade: high}\n", "when: {|grade: {iss: high}}\n", "“iss”不是比较", "'iss' is not a comparison"),
    "empty comparison": ("when: {grade: high}\n", "when: {|grade: {}}\n", "比较是空的", "an empty comparison"),
    "empty list": ("when: {grade: high}\n", "when: {|grade: []}\n", "不能与 [] 比较", "cannot compare with []"),
    "all without a list": ("when: {grade: high}\n", "when: {|all: high}\n", "应为条件的列表", "takes a list of conditions"),
    "decided": ("when: {grade: high}\n", "when: {|decided: tell}\n", "应为一个决定及其答案", "one decision and its answer"),
    "answer": ("when: {grade: high}\n", "when: {|decided: {tell: 1}}\n", "yes 或 no", "yes or no"),
    "known": ("when: {grade: high}\n", "when: {|grade: {known: perhaps}}\n", "known 后应为 yes 或 no", "'known' takes yes or no"),
    "in": ("when: {grade: high}\n", "when: {|grade: {in: high}}\n", "in 后应为列表", "'in' takes a list"),
    "happened": ("when: {grade: high}\n", "when: {|happened: [call]}\n", "happened 后应为一个事件", "'happened' takes one event"),
    "deep": ("when: {grade: high}\n", "when: " + "{not: " * 20 + "{|not: {grade: high}}" + "}" * 20 + "\n", "嵌套过深", "too deeply"),
    "condition on no such fact": ("when: {grade: high}\n", "when: {|grad: high}\n", "没有事实 grad", "there is no fact grad"),
    "open": ("when: {grade: high}\n", "when: {|open: [answer]}\n", "open 后应为一个义务", "'open' takes one obligation"),
    "condition on no such obligation": ("when: {grade: high}\n", "when: {|open: anser}\n", "没有义务 anser", "there is no obligation anser"),
    "condition on no such event": ("when: {grade: high}\n", "when: {not: {|happened: cal}}\n", "没有事件 cal", "there is no event cal"),
    "condition on no such decision": ("when: {grade: high}\n", "when: {|decided: {tel: yes}}\n", "没有决定 tel", "there is no decision tel"),
    "personal": ("when: {grade: high}\n", "when: {|name: {known: yes}}\n", "个人信息 name", "personal fact name"),
    "free text": ("when: {grade: high}\n", "when: {|remark: burnt}\n", "remark 的内容可能被销毁", "remark may be erased"),
    "no such choice": ("when: {grade: high}\n", "when: {any: [{grade: low}, {|grade: hihg}]}\n", "grade 不可能是 hihg", "grade cannot be hihg"),
    "label of a choice": ("when: {grade: high}\n", "when: {|grade: 高}\n", "grade 不可能是 高", "grade cannot be 高"),
    "choice without order": ("when: {grade: high}\n", "when: {|grade: {at_least: low}}\n", "grade 没有大小", "grade has no order"),
    "not a number": ("when: {grade: high}\n", "when: {|deaths: {at_least: many}}\n", "deaths 不可能是 many", "deaths cannot be many"),
    "integer with decimals": ("when: {grade: high}\n", "when: {|deaths: 2.5}\n", "deaths 不可能是 2.5", "deaths cannot be 2.5"),
    "about": ("when: {grade: high}\n", "when: {|deaths: about 3}\n", "deaths 不可能是 about 3", "deaths cannot be about 3"),
    "money": ("when: {grade: high}\n", "when: {|cost: {less_than: 0.001}}\n", "cost 不可能是 0.001", "cost cannot be 0.001"),
    "neither yes nor no": ("when: {grade: high}\n", "when: {|fire: maybe}\n", "fire 不可能是 maybe", "fire cannot be maybe"),
    "instant without offset": ("when: {grade: high}\n", "when: {|knew: {at_least: 2026-09-24 08:00}}\n", "knew 不可能是", "knew cannot be"),
    "impossible date": ("when: {grade: high}\n", "when: {|day: {at_least: 2026-02-30}}\n", "day 不可能是 2026-02-30", "day cannot be 2026-02-30"),
    # names
    "role of an event": ("    by: desk\n    report:", "    |by: dsek\n    report:", "没有角色 dsek", "there is no role dsek"),
    "role that tells": ("tell: desk, hour", "|tell: clock, hour", "没有角色 clock", "there is no role clock"),
    "required fact": ("require: grade", "|require: garde", "没有事实 garde", "there is no fact garde"),
    "element": ("record: place", "|record: palce", "没有要素 palce", "there is no element palce"),
    "present": ("present: other", "|present: othr", "没有角色 othr", "there is no role othr"),
    "second": ("second: boss", "|second: bos", "没有角色 bos", "there is no role bos"),
    "receiver of a report": ("{kind: first, to: boss,", "{kind: first, |to: bos,", "没有角色 bos", "there is no role bos"),
    "element of a report": ("to: boss, elements: place}", "to: boss, |elements: [plac]}", "没有要素 plac", "there is no element plac"),
    "basis": ("basis: R1.二", "|basis: R2.二", "没有依据 R2.二", "there is no basis R2.二"),
    "document": ("R1: {document: plan,", "R1: {|document: paln,", "没有文件 paln", "there is no document paln"),
    "reviser": ("revise: boss", "|revise: bss", "没有角色 bss", "there is no role bss"),
    "decider": ("by: boss\n    asked", "|by: boos\n    asked", "没有角色 boos", "there is no role boos"),
    "asked": ("asked: {on: call}", "asked: {|on: cal}", "没有事件 cal", "there is no event cal"),
    "obligor": ("owed: {by: boss, to: other}", "owed: {|by: bos, to: other}", "没有角色 bos", "there is no role bos"),
    "receiver": ("owed: {by: boss, to: other}", "owed: {by: boss, |to: othr}", "没有角色 othr", "there is no role othr"),
    "what fulfils": ("provisional: true}\n    met_by: call", "provisional: true}\n    |met_by: cal", "没有事件 cal", "there is no event cal"),
    "what discharges": ("[shut, withdrawn]", "[shut, |withdrwan]", "没有事件 withdrwan", "there is no event withdrwan"),
    "pause": ("{from: sleep, until: step}", "{from: sleep, |until: stp}", "没有事件 stp", "there is no event stp"),
    "extension": ("grant: boss, cap", "|grant: bos, cap", "没有角色 bos", "there is no role bos"),
    "link": ("starts: {received: answer}", "starts: {|received: anser}", "没有义务 anser", "there is no obligation anser"),
    "decision that starts": ("{decision: tell,", "{|decision: tel,", "没有决定 tel", "there is no decision tel"),
    "fact that starts": ("{fact: knew,", "{|fact: kenw,", "没有事实 kenw", "there is no fact kenw"),
    "since": ("since: start}", "|since: strat}", "没有事件 strat", "there is no event strat"),
    "who erases": ("erase: boss", "|erase: bos", "没有角色 bos", "there is no role bos"),
    "in force by": ("by: start}\nerase", "|by: strat}\nerase", "没有事件 strat", "there is no event strat"),
    "initial": ("initial: open", "|initial: opne", "没有状态 opne", "there is no state opne"),
    "inner initial": ("left: {zh: 左, en: left, initial: one", "left: {zh: 左, en: left, |initial: on", "没有子状态 on", "there is no inner state on"),
    "source": ("from: left.one", "|from: left.on", "没有状态 left.on", "there is no state left.on"),
    "ambiguous state": ("from: left.one", "|from: one", "状态 one 不明确", "the state one may be"),
    # what cannot be
    "reserved event": ("  call:\n    zh: 报告\n    en: call\n", "  |withdrawn:\n    zh: 报告\n    en: call\n", "withdrawn 是保留的词", "withdrawn is a reserved word"),
    "reserved role": ("  other: {zh: 外单位", "  |clock: {zh: 外单位", "clock 是保留的词", "clock is a reserved word"),
    "reserved fact": ("  fire: {zh: 起火", "  |not: {zh: 起火", "not 是保留的词", "not is a reserved word"),
    "reserved state": ("right: {zh: 右, en: right, states: {one:", "right: {zh: 右, en: right, states: {|any:", "any 是保留的词", "any is a reserved"),
    "reserved basis": ("\n  R1: {", "\n  |unit: {document: plan, read: A}\n  R1: {", "unit 是保留的词", "unit is a reserved word"),
    "one word for two": ("  chained:\n    zh: 转报", "  |chained:\n    zh: 答复", "“答复”已经是 answer 的名称", "'答复' already names answer"),
    "a label that is a name": ("other: {zh: 外单位, en: other unit", "|other: {zh: 外单位, en: Desk", "“desk”已经是 desk", "'desk' already names desk"),
    "one word for two choices": ("high: {zh: 高, en: high}", "|high: {zh: 低, en: high}", "“低”已经是 low", "'低' already names low"),
    "hour": ('hour: "09:00"', '|hour: "9:00"', "不是时刻:9:00", "not a time of day: 9:00"),
    "hour in wide digits": ('hour: "09:00"', '|hour: "0９:00"', "不是时刻", "not a time of day"),
    "hour of a tier": ('hour: "10:00"', '|hour: "24:00"', "不是时刻:24:00", "not a time of day: 24:00"),
    "zone": ("zone: Asia/Shanghai", "|zone: Asia/Peking", "未知时区", "unknown time zone"),
    "zone is a folder": ("zone: Asia/Shanghai", "|zone: Asia", "未知时区", "unknown time zone"),
    "zone is a path": ("zone: Asia/Shanghai", "|zone: ../../etc/passwd", "未知时区", "unknown time zone"),
    "calendar": ("zone: Asia/Shanghai", "zone: Asia/Shanghai\n|calendar: mars", "未知日历 mars", "unknown calendar mars"),
    "local calendar": ("zone: Asia/Shanghai", "zone: Asia/Shanghai\n|calendar: cn+", "未知日历 cn+", "unknown calendar cn+"),
    "in force backwards": ("until: 2030-12-31, by", "|until: 2019-12-31, by", "早于开始日", "before it begins"),
    "basis backwards": ("valid_until: 2030-12-31}", "|valid_until: 2019-12-31}", "早于开始日", "before it begins"),
    "choice without choices": ("  fire: {zh: 起火, en: fire, type: yes_no}", "  |fire: {zh: 起火, en: fire, type: choice}", "要写 of", "needs 'of'"),
    "unit of no number": ("fire: {zh: 起火, en: fire, type: yes_no}", "fire: {zh: 起火, en: fire, type: yes_no, |unit: 处}", "只有数字才有单位", "only a number has a unit"),
    "nothing opens": ("    opens: true\n", "", "没有能立案的事件", "no event opens a case"),
    "initial of regions": ("    parallel: true\n    states:\n      left:", "    parallel: true\n    initial: left\n    states:\n      left:", "没有 initial", "it has no 'initial'"),
    "inner final": ("two: {zh: 二, en: two}", "two: {zh: 二, en: two, |final: true}", "只有最上层的状态能结束案件", "only a state of the top level"),
    "enters one region": ("from: open\n    to: closed\n    by: clock", "from: closed\n    |to: left.two\n    by: clock", "只进入 open 的一个区域", "enters one region of open only"),
    "moves and to": ("    moves:\n", "    to: closed\n    |moves:\n", "只能写一种", "either 'moves' or from/to"),
    "unreachable": ("    from: open\n    to: closed\n    by: clock", "    from: right.three\n    to: closed\n    by: clock", "没有案件能到达", "no case can ever be in"),
    "clock and person": ("    by: clock\n", "    |by: [clock, desk]\n", "不能同时由人办理", "cannot also be a person's"),
    "clock without after": ("    after: {on: step, term: 2 days}\n", "", "要写 after", "needs 'after'"),
    "clock without a start": ("after: {on: step, term: 2 days}", "after: {term: 2 days}", "要写 after", "needs 'after'"),
    "clock without a number": ("after: {on: step, term: 2 days}", "after: {on: step, |term: promptly}", "要有数字的期限", "a term with a number"),
    "clock due without a number": ("after: {on: step, term: 2 days}", "after: {|due: chained}", "chained 没有数字期限", "chained has no number"),
    "clock that records": ("    by: clock\n", "    by: clock\n    |record: place\n", "时钟事件没有 record", "has no 'record'"),
    "engine event": ("    by: clock\n", "    by: engine\n", "引擎事件要写 when 和 to", "an event of the engine needs 'when' and 'to'"),
    "required while": ("type: yes_no}", "type: yes_no, required_when: {|grad: high}}", "没有事实 grad", "there is no fact grad"),
    "deemed without a number": ("    receipt: 30 minutes\n", "    receipt: 30 minutes\n    |deemed: promptly\n", "要有数字的期限", "a term with a number"),
    "basis of no receipt": ("met_by: call\n  told:", "met_by: call\n    |receipt_basis: R1\n  told:", "receipt_basis 不起作用", "'receipt_basis' does nothing"),
    "basis of a receipt": ("    receipt: 30 minutes\n", "    receipt: 30 minutes\n    |receipt_basis: R7\n", "没有依据 R7", "there is no basis R7"),
    "the clock opens no case": ("    by: clock\n", "    by: clock\n    |opens: true\n", "由引擎立案", "opened by the engine"),
    "person with after": ("    by: boss\ndecisions", "    by: boss\n    |after: {on: step, term: 1 day}\ndecisions", "只有时钟事件才有 after", "only an event of the clock"),
    "clock fulfils": ("provisional: true}\n    met_by: call", "provisional: true}\n    |met_by: [call, sleep]", "不能代人履行", "fulfils nobody's duty"),
    "nothing fulfils": ("provisional: true}\n    met_by: call", "provisional: true}\n    |met_by: []", "不能为空", "must not be empty"),
    "waived by the obligor": ("waive: boss", "|waive: [boss, desk]", "不能免除自己的义务", "nobody waives their own duty"),
    "nobody signs": ("    owed: {by: desk}\n    starts: {decision: tell, answer: yes}", "    owed: {by: desk}\n    |receipt: 1 hour\n    starts: {decision: tell, answer: yes}", "无人签收", "nobody can sign"),
    "cap without a number": ("cap: 10 days", "|cap: promptly", "要有数字的期限", "a term with a number"),
    "tier says nothing": ("- {at: 1 working day before, tell: desk,", "- |{at: 1 working day before,", "既不通知人", "it tells nobody"),
    "tier without a number": ("term: [{is: promptly}]", "term: [{is: promptly}]\n    |tiers: [{at: at due, tell: desk}]", "没有数字期限,tiers", "'tiers' does nothing"),
    "pause without end": ("{from: sleep, until: step}", "{from: sleep, |until: []}", "不能为空", "must not be empty"),
    "pause by its end": ("{from: sleep, until: step}", "|{from: [sleep, step], until: step}", "既暂停又恢复", "both pause and resume"),
    "no term": ("term: [{is: 1 day}]", "|term: []", "至少写一个期限", "give at least one term"),
    "two starts": ("starts: {on: case}", "|starts: {on: case, fact: knew}", "起算只能写一种", "exactly one start"),
    "no start": ("starts: {on: case}", "|starts: {}", "起算只能写一种", "exactly one start"),
    "since without fact": ("starts: {on: case}", "starts: {on: case, |since: start}", "since 只与 fact 同用", "'since' only goes with fact"),
    "until without every": ("starts: {on: case}", "starts: {on: case, |until: shut}", "until 只与 every 同用", "'until' only goes with every"),
    "each without on": ("{decision: tell, answer: yes}", "{date: 05-31, |each: yes}", "each 只与 on或decision 同用", "'each' only goes with on or decision"),
    "a reading that no term uses": (
        "    receipt: 30 minutes\n",
        "    receipt: 30 minutes\n    ambiguous: {note: {zh: 注, en: note}, |use: 5 days}\n",
        "没有期限写 is: as read",
        "no term says 'is: as read'",
    ),
    "a start of a reading": ("    receipt: 30 minutes\n", "    receipt: 30 minutes\n    ambiguous: {note: {zh: 注, en: note}, starts: [{|on: strat}]}\n", "没有事件 strat", "there is no event strat"),
    "a reading that is the start in use": ("    receipt: 30 minutes\n", "    receipt: 30 minutes\n    ambiguous: {note: {zh: 注, en: note}, starts: [|{on: case}]}\n", "此起算已经写过", "this start is there already"),
    "a reading that each starts": ("    receipt: 30 minutes\n", "    receipt: 30 minutes\n    ambiguous: {note: {zh: 注, en: note}, starts: [|{on: start, each: true}]}\n", "each 须与在用的起算相同", "'each' is as in the start in use"),
    "a reading that recurs": ("    receipt: 30 minutes\n", "    receipt: 30 minutes\n    ambiguous: {note: {zh: 注, en: note}, starts: [|{every: every week}]}\n", "周期义务的时刻已定", "what recurs has the instants"),
    "a reading that is not given": ("term: [{is: 1 hour}]", "term: [{|is: as read}]", "不认识的期限", "cannot read the term"),
    "follows itself": ("starts: {received: answer}", "starts: {|received: chained}", "不能自己接自己", "cannot follow itself"),
    "start is no instant": ("{fact: knew,", "{|fact: deaths,", "应为时刻或日期", "an instant or a date"),
    "start date": ("{date: 05-31}", "{|date: 31-05}", "不是日期:31-05", "not a date: 31-05"),
    "start date of leap years": ("{date: 05-31}", "{|date: 02-29}", "不是日期:02-29", "not a date: 02-29"),
    # exactly one term
    "two terms apply": ("{when: {grade: low}, is: 5 days roll,", "|{when: {grade: [low, high]}, is: 5 days roll,", "同时适用第 1、2 个期限(grade = high, fire = yes)", "the terms 1, 2 apply at once (grade = high, fire = yes)"),
    "no term applies": ("{when: {grade: low}, is: 5 days roll,", "{when: {all: [{grade: low}, {fire: no}]}, is: 5 days roll,", "没有适用的期限", "no term applies"),
    "never": ("{when: {grade: low}, is: 5 days roll,", "{when: {grade: low}, is: 5 days roll}\n      - {|when: {all: [{grade: low}, {grade: high}]}, is: 5 days roll,", "此条件永不成立", "this condition can never hold"),
    "never owed": ("owed_when: {not: {fire: no}}", "|owed_when: {all: [{fire: no}, {fire: yes}]}", "owed_when 永不成立", "owed_when can never hold"),
    "two without condition": ("term: [{is: 1 hour}]", "term: [{is: 1 hour}, |{is: 2 hours}]", "没有条件的期限只能有一个", "one 'a term without a condition' at most"),
    "unknown alone": ("term: [{is: 1 hour}]", "term: [{|when: unknown, is: 1 hour}]", "唯一的期限不能是 unknown", "the only term cannot be for 'unknown'"),
}  # fmt: skip


@cache
def refused(text: str) -> tuple[Problem, ...]:
    with pytest.raises(BrokenDefinition) as caught:
        load(text, "small.yaml", {"cn"})
    return caught.value.problems


def broken(name: str) -> tuple[str, tuple[int, int] | None]:
    """The file with one break, and the place that its replacement marks."""
    old, new, _, _ = BROKEN[name]
    assert SMALL.count(old) >= 1, "the small procedure has changed"
    marked = SMALL.replace(old, new, 1)
    if "|" not in new:
        return marked, None
    before, _, after = marked.partition("|")
    return before + after, (before.count("\n") + 1, len(before) - before.rfind("\n"))


def test_the_small_procedure_is_sound() -> None:
    assert load(SMALL, "small.yaml", {"cn"}).procedure.ref == "small@1-1"


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_said_in_both_languages(name: str) -> None:
    text, _ = broken(name)
    _, _, zh, en = BROKEN[name]
    said = refused(text)
    assert any(zh in p.message.zh and en in p.message.en for p in said), [(p.message.zh, p.message.en) for p in said]


@pytest.mark.parametrize("name", [n for n, (_, new, _, _) in BROKEN.items() if "|" in new])
def test_line_and_column_lead_to_the_break(name: str) -> None:
    text, place = broken(name)
    _, _, zh, _ = BROKEN[name]
    line, column = place or (0, 0)
    found = [p for p in refused(text) if zh in p.message.zh]
    assert found
    rest = text.splitlines()[line - 1]
    assert all(p.line == line for p in found), [(p.line, p.column, p.field) for p in found]
    assert all(p.column >= column and p.column <= len(rest) for p in found), [(p.line, p.column, p.field) for p in found]


@pytest.mark.parametrize("name", BROKEN)
def test_no_english_sentence_leaks_into_chinese(name: str) -> None:
    text, _ = broken(name)
    for p in refused(text):
        for said in (p.message.zh, p.hint.zh if p.hint else ""):
            said = said.partition("例如")[0]  # what can be written is written so in any language
            sentences = [found for found in re.findall(r"[A-Za-z]{3,}(?: [a-z]{2,}){2,}", said) if found not in text]
            assert sentences == [], said
            assert re.search(r"[\u4e00-\u9fff]", said) or not said, said


@pytest.mark.parametrize("name", BROKEN)
def test_no_chinese_leaks_into_english_but_what_the_file_says(name: str) -> None:
    text, _ = broken(name)
    for p in refused(text):
        for said in (p.message.en, p.hint.en if p.hint else ""):
            assert all(word in text for word in re.findall(r"[\u4e00-\u9fff]+", said)), said


SUGGESTED = {
    "unknown field": "by", "unknown word": "request", "comparison": "is", "condition on no such fact": "grade", "no such choice": "high",
    "label of a choice": "high", "role of an event": "desk", "required fact": "grade", "element": "place", "link": "answer",
    "initial": "open", "source": "left.one", "what discharges": "withdrawn", "document": "plan",
}  # fmt: skip


@pytest.mark.parametrize("name", SUGGESTED)
def test_a_near_miss_is_suggested(name: str) -> None:
    text, _ = broken(name)
    meant = SUGGESTED[name]
    hints = [p.hint for p in refused(text) if p.hint]
    assert any(meant in h.en and f"是否为 {meant}" in h.zh for h in hints), hints


def test_twenty_errors_come_at_once_in_the_order_of_the_file() -> None:
    names = [
        "missing English", "label of a choice", "hour", "zone", "in force backwards", "basis backwards", "reviser", "unit of no number",
        "inner initial", "source", "element of a report", "unknown word", "clock and person", "asked", "term", "what discharges",
        "cap without a number", "tier", "obligor", "link", "start date",
    ]  # fmt: skip
    text, wanted = SMALL, []
    for name in names:
        old, new, zh, _ = BROKEN[name]
        assert old in text, name
        text = text.replace(old, new.replace("|", ""), 1)
        wanted.append(zh)
    said = refused(text)
    assert [zh for zh in wanted if not any(zh in p.message.zh for p in said)] == []
    assert len(said) == len(names), [(p.line, p.message.zh) for p in said]
    assert [(p.line, p.column) for p in said] == sorted((p.line, p.column) for p in said)


def test_errors_of_shape_do_not_hide_errors_of_names() -> None:
    text = SMALL.replace("is: 10 working days, basis: R1", "is: soonish, basis: R9").replace("kind: request", "kind: reqest")
    text = text.replace("    met_by: call\n    discharged_by", "    met_by: cal\n    discharged_by")
    said = [p.message.en for p in refused(text)]
    assert len(said) == 4
    for part in ("'soonish'", "R9", "must be one of", "no event cal"):
        assert any(part in s for s in said), said


def test_a_part_that_is_broken_is_still_there_for_those_that_name_it() -> None:
    text = SMALL.replace("  boss: {zh: 领导, en: boss, level: town}", "  boss: {zh: 领导, en: boss, levl: town}")
    assert sorted(p.message.en for p in refused(text)) == ["level is missing", "unknown field levl"]


def test_several_faults_of_one_condition_are_all_said() -> None:
    text = SMALL.replace("when: {grade: high}\n", "when: {any: [{grade: {iss: low}}, {not: high}, {decided: tell}]}\n")
    assert len(refused(text)) == 3


@pytest.mark.parametrize("text", ["[1, 2]", "just text", "5", "true"])
def test_a_file_that_is_no_mapping_is_refused(text: str) -> None:
    assert [p.message.en for p in refused(text)] == ["the file is not a mapping"]


def test_a_mapping_with_nothing_in_it_lacks_what_every_procedure_has() -> None:
    said = {p.message.en for p in refused("{}")}
    assert {"procedure is missing", "roles is missing", "the Chinese label is missing"} <= said


def test_the_whole_is_told_with_file_line_column_and_hint() -> None:
    text, place = broken("role of an event")
    assert place is not None
    with pytest.raises(BrokenDefinition) as caught:
        load(text, "small.yaml")
    assert caught.value.say("zh").splitlines() == [
        f"small.yaml:{place[0]}:{place[1]}: events.call.by 没有角色 dsek",
        "    → 是否为 desk?",
        "small.yaml: 定义有 1 处错误 [definition.invalid]",
    ]
    assert caught.value.say("en").splitlines() == [
        f"small.yaml:{place[0]}:{place[1]}: events.call.by there is no role dsek",
        "    → did you mean desk?",
        "small.yaml: the definition has 1 problem [definition.invalid]",
    ]


def test_what_stands_after_a_broken_item_of_a_list_is_found_where_it_stands() -> None:
    tiers = "- 5\n      - {at: at due, tell: dsek}\n      - {at: at due, tell: desk}\n      - {at: at due, tell: bos}"
    text = SMALL.replace('- {at: 1 working day before, tell: desk, hour: "10:00", basis: unit}', tiers)
    assert text != SMALL
    lines = text.splitlines()
    found = {(p.field, lines[p.line - 1].strip()) for p in refused(text)}
    assert found == {
        ("obligations.answer.tiers.0", "- 5"),
        ("obligations.answer.tiers.1.tell", "- {at: at due, tell: dsek}"),
        ("obligations.answer.tiers.3.tell", "- {at: at due, tell: bos}"),
    }
