"""The finding sheet (事实认定表): of one duty what the record shows, sentence by sentence, each with the place that proves it.

It is made of an inspection (:mod:`workflow.inspection`) and is canonical data; page and Word document are made of it. It states what was
computed and leaves what follows from it to a person: 疑似, 待认定.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from adapters.documents.inspection import by, title_of, told, what
from adapters.documents.wording import Found, Wording, word
from workflow.errors import UnknownName
from workflow.explain import margin_said
from workflow.journal.canonical import Json, canonical, digest
from workflow.obligation.row import Outcome
from workflow.readings import said as readings_said
from workflow.text import Text
from workflow.words import FLAGS

FORM = "finding-sheet/1"
OPEN = (Outcome.MISSED.value, Outcome.MET_LATE.value, Outcome.UNDETERMINABLE.value)
"""The outcomes of which there is something to be determined."""
SUSPECTED = {
    ("missed", True): Text("疑似漏报,待认定", "suspected missing report, to be determined"),
    ("missed", False): Text("疑似逾期未办,待认定", "suspected not done, to be determined"),
    ("met_late", True): Text("疑似迟报,待认定", "suspected late report, to be determined"),
    ("met_late", False): Text("疑似迟延,待认定", "suspected late, to be determined"),
    ("undeterminable", True): Text("无法判定,待认定", "undeterminable, to be determined"),
    ("undeterminable", False): Text("无法判定,待认定", "undeterminable, to be determined"),
}
"""Outcome and whether a report was owed → what may be the matter. No outcome of these means that nothing is."""
NOTHING = Text("未见迟延或缺失", "nothing late or missing is shown")


def sheets(document: Found, row: str = "") -> list[dict[str, Json]]:
    """One sheet for each row that ``row`` names, by key, duty or title; without it for each that is late, missing or undeterminable.

    Raises :class:`~workflow.errors.UnknownName` where there is none.
    """
    rows = document["case"]["rows"]
    if row:
        wanted = row.strip().lower()
        chosen = [r for r in rows if r["row"].lower() == wanted] or [
            r for r in rows if wanted in (r["duty"].lower(), r["zh"].lower(), r["en"].lower())
        ]
    else:
        chosen = [r for r in rows if r["outcome"] in OPEN and "modality" not in r]
    if not chosen:
        keys = [r["row"] for r in rows]
        raise UnknownName(
            Text(f"没有义务 {row!r}", f"there is no duty {row!r}")
            if row
            else Text("没有迟延、未完成或无法判定的义务", "no duty is late, missed or undeterminable"),
            where=str(document["case"]["case"]),
            hint=Text("可用:" + "、".join(keys), "there are: " + ", ".join(keys)),
        )
    return [_sheet(document, found) for found in chosen]


def _sheet(document: Found, row: Found) -> dict[str, Json]:
    case = document["case"]
    both = [Wording(document["legend"], document["source"], lang) for lang in ("zh", "en")]
    record: Found = next((r for r in case.get("deviations", ()) if r.get("row") == row["row"]), {})
    report = record.get("code") in ("late_report", "missing_report")
    step: Found = next((s for s in document["back"]["steps"] if s["case"] == case["case"] and s["row"] == row["row"]), {})
    about = [s for s in document["statements"] if s["about"] in ("", row["row"])]
    later = [s for s in document["later"]["statements"] if s["about"] in ("", row["row"])]
    zone = both[0].zone(case)
    distance, read = margin_said(row, zone), readings_said(row.get("readings") or ())
    sheet: dict[str, Json] = {
        "form": FORM,
        "case": case["case"],
        "procedure": case["procedure"],
        "definition": case["definition"],
        "title": _both(both, lambda say: str(say.of(case).get(say.lang, ""))),
        "unit": case["unit"],
        "as_of": document["as_of"],
        "at": _both(both, lambda say: say.instant(case, document["as_of"])),
        "source": document["source"],
        "row": row["row"],
        "duty": {"zh": row["zh"], "en": row["en"]},
        "owed_by": _both(both, lambda say: say.label(case, "roles", row["owed_by"])),
        "owed_to": _both(both, lambda say: say.label(case, "roles", row["owed_to"])),
        "outcome": row["outcome"],
        "matter": _text(SUSPECTED.get((row["outcome"], report), NOTHING)),
        "sentences": list[Json](_sentences(document, row, step, both)),
        "explanation": row["explanation"],
        "readings": list(row.get("readings") or ()),
        "said": {"margin": _text(distance), "readings": _text(read)},
        "statements": [_statement(case, s, both, after=s in later) for s in (*about, *later)],
    }
    return {**sheet, "digest": digest(canonical(sheet))}


def _text(text: Text) -> dict[str, Json]:
    return {"zh": text.zh, "en": text.en}


def _both(both: Sequence[Wording], make: Any) -> dict[str, Json]:
    return {say.lang: make(say) for say in both}


def _sentence(both: Sequence[Wording], make: Any, *sources: str) -> dict[str, Json]:
    return {**_both(both, make), "source": [s for s in dict.fromkeys(sources) if s]}


def _sentences(document: Found, row: Found, step: Found, both: Sequence[Wording]) -> Iterator[dict[str, Json]]:
    """What the record shows of a duty: what is owed, from when, until when, what was done, what comes out, who was told, who held it."""
    case = document["case"]
    acts = {a["n"]: a for a in case["acts"]}
    rules = f"{case['procedure']} {case['definition']}"

    def owed(say: Wording) -> str:
        clauses = say.clauses(case, row)
        by_, to = say.label(case, "roles", row["owed_by"]), say.label(case, "roles", row["owed_to"]) if row["owed_to"] else ""
        duty = say.label(case, "duties", row["duty"])
        zh = f"依据{clauses},由{by_}{f'向{to}' if to else ''}办理:{duty}。"
        en = f"Under {clauses} the {by_} owes{f' {to}' if to else ''}: {duty}."
        return say.say(zh, en)

    yield _sentence(both, owed, rules)
    proofs = row.get("proof", {})
    started = step.get("started") or {}
    if row.get("start"):
        act = acts.get(started.get("n"), {})
        yield _sentence(both, lambda say: _started(case, row, act, say), started.get("proof", "") or _first(proofs))
    revisions = row.get("revisions") or ()
    if revisions and revisions[-1].get("due"):
        calendar = (row["explanation"]["term"] or {}).get("calendar", "")
        revision = revisions[-1].get("revision")
        counted = f"calendar {calendar} {revisions[-1].get('calendar', '')}" if revision is not None else ""
        for earlier in revisions[:-1]:
            yield _sentence(both, lambda say, v=earlier: _due(case, "原定截止", "Before, it was due", v, say), rules)
        yield _sentence(both, lambda say: _due(case, "截止", "It was due", revisions[-1], say), rules, counted)
    yield _done(document, row, acts, both)
    if row.get("late"):
        yield _sentence(
            both, lambda say: say.say(f"计算所得:迟 {say.late(row['late'])}。", f"Computed: late by {say.late(row['late'])}."), rules
        )
    elif row.get("reason"):
        yield _sentence(both, lambda say: say.reason(row) + say.say("。", "."), rules)
    for flag in step.get("told", ()):
        yield _sentence(both, lambda say, f=flag: _told(case, f, say), flag["proof"])
    for part in step.get("held", ()):
        yield _sentence(both, lambda say, p=part: _held(case, p, say))


def _due(case: Found, zh: str, en: str, revision: Found, say: Wording) -> str:
    date = say.due(case, revision) or say.term(revision.get("term"))
    return say.say(f"{zh} {date}。", f"{en} {date}.")


def _first(proofs: Found) -> str:
    return str(proofs[min(proofs, key=int)]) if proofs else ""


def _started(case: Found, row: Found, act: Found, say: Wording) -> str:
    at = say.moment(case, row["start"])
    if not act:
        return say.say(f"期限自 {at} 起算。", f"The clock starts at {at}.")
    who, done, n = by(case, act, say), what(case, act, say), act["n"]
    if row["start"] in (act["happened"], act.get("submitted"), act.get("received")):
        return say.say(f"{at},{who} {done}(#{n}),期限自此起算。", f"At {at}: {done} ({who}, #{n}); the clock starts.")
    shown = say.moment(case, act["happened"])  # the start is what the act says, not when it was done
    return say.say(
        f"期限自 {at} 起算,据 {shown} {who} {done}(#{n})。", f"The clock starts at {at}, as shown by {done} ({who}, #{n}, {shown})."
    )


def _done(document: Found, row: Found, acts: Mapping[int, Found], both: Sequence[Wording]) -> dict[str, Json]:
    case = document["case"]
    numbers = [int(n) for n in row.get("proof", {})]
    act = next((acts[n] for n in sorted(numbers, reverse=True) if n in acts and acts[n]["happened"] == row.get("met")), None)
    if not row.get("met"):

        def absent(say: Wording) -> str:
            return say.say(
                f"截至 {say.instant(case, document['as_of'])},记录中未见履行。",
                f"As of {say.instant(case, document['as_of'])} the record does not show that it was done.",
            )

        return _sentence(both, absent, *_whole(document))

    def done(say: Wording) -> str:
        at = say.moment(case, row["met"])
        if act is None:
            return say.say(f"{at} 履行。", f"It was done at {at}.")
        entered = ""
        if act.get("recorded") and act["recorded"] > _latest(act["happened"]):
            when, grade = say.instant(case, act["recorded"]), word("grade", act["grade"], say.lang)
            entered = say.say(f",{when} 补录,凭{grade}", f", entered at {when} ({grade})")
        name, who = what(case, act, say), by(case, act, say)
        return say.say(f"{at},{who} {name}(#{act['n']}){entered}。", f"At {at}: {name} ({who}, #{act['n']}){entered}.")

    return _sentence(both, done, str(act.get("proof", "")) if act is not None else "")


def _latest(moment: Any) -> str:
    return str(moment if isinstance(moment, str) else moment[1])


def _whole(document: Found) -> list[str]:
    """The source of what is not there: the whole record."""
    return [f"{f['name']} sha256:{f['sha256']}" for f in document["source"].get("files", ()) if f["role"] == "log"]


def _told(case: Found, flag: Found, say: Wording) -> str:
    said = FLAGS.get(flag["said"], Text(flag["said"], flag["said"])).say(say.lang)
    at, n, to = say.instant(case, flag["at"]), flag["flag"], told(case, flag, say)
    return say.say(f"{at} 标记“{said}”(#{n}),告知:{to}。", f"At {at} flagged “{said}” (#{n}), told: {to}.")


def _held(case: Found, part: Found, say: Wording) -> str:
    span, holder = f"{say.instant(case, part['from'])} … {say.instant(case, part['until'])}", say.holder(case, part["holder"])
    return say.say(f"{span} 在谁手上:{holder}。", f"{span} held by: {holder}.")


def _statement(case: Found, found: Found, both: Sequence[Wording], after: bool) -> dict[str, Json]:
    return {
        "n": found["n"],
        "kind": found["name"],
        "about": _both(both, lambda say: title_of(case, found["about"], say)),
        "by": _both(both, lambda say: by(case, found, say)),
        "at": _both(both, lambda say: say.moment(case, found["happened"])),
        "text": found["text"],
        "after": after,
        "source": [found["proof"]] if found.get("proof") else [],
    }


def place(source: str, sheet: Found) -> Text:
    """A source for people: the row or cell of the log, the entry by the first figures of its hash."""
    head, sign, figures = source.rpartition("sha256:") if "sha256:" in source else source.rpartition("sm3:")
    if sign and len(figures) == 64:
        short = f"{head}{sign}{figures[:12]}…"
        return Text(short, short)
    log = next((f["name"] for f in sheet["source"].get("files", ()) if f["role"] == "log"), "")
    table, _, spot = source.rpartition("!")
    if spot.isdigit():
        return Text(f"{log} {table} 第 {spot} 行".replace("  ", " "), f"{log} {table} row {spot}".replace("  ", " "))
    if "/" in spot and not table:
        trace, _, event = spot.partition("/")
        return Text(f"{log} 第 {trace} 条轨迹第 {event} 个事件", f"{log} trace {trace}, event {event}")
    return Text(f"{log} {source}".strip(), f"{log} {source}".strip())


MOST_DAYS = 40
"""Counted days that a page lists one by one; of more it lists the runs."""


def lines(sheet: Found, lang: str) -> list[str]:
    """The explanation of the date, day by day; of a long term the runs of days. The outcome and the readings stand elsewhere."""
    term = sheet["explanation"]["term"] or {}
    counted = term.get("counted", ())
    found = []
    for line in sheet["explanation"][lang][1:]:
        text = line.strip()
        if text.startswith(("读法", "reading", "余地", "margin", "结论", "outcome", "各读法")):
            continue
        if text.startswith(("计入", "counted")) and len(counted) > MOST_DAYS:
            text = f"{text.split('  ')[0]}  {'  '.join(_runs(counted))}  ({len(counted) + term.get('more', 0)})"
        found.append(text)
    return found


def _runs(counted: Sequence[Sequence[Any]]) -> Iterator[str]:
    days = [date.fromisoformat(day) for day, _ in counted]
    first = days[0]
    for day, following in zip(days, [*days[1:], None], strict=True):
        if following is None or following - day > timedelta(days=1):
            yield f"{first:%Y-%m-%d}" if first == day else f"{first:%Y-%m-%d}…{day:%m-%d}"
            first = following or day
