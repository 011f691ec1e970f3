"""How a report is put in words: names from its legend, moments in its zone, lengths of time, what was expected and what is so.

Everything here reads the canonical report and nothing else, so that a report of long ago can be rendered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from workflow import term as terms
from workflow.account import NOBODY
from workflow.act import DEEDS
from workflow.comparison import WHY
from workflow.deviation import CODES, SEVERITIES
from workflow.deviation import KINDS as DEVIATION_KINDS
from workflow.errors import DubanError
from workflow.explain import duration, margin_said
from workflow.moment import unstamp
from workflow.readings import said as readings_said
from workflow.text import Lang, Text, same
from workflow.words import BESIDE, GRADES, KINDS, OUTCOMES, REASONS, VERDICTS

Found = Mapping[str, Any]
_NOTHING: dict[str, Any] = {}
MODALITIES = {"mandatory": Text("应当", "mandatory"), "target": Text("力争", "target")}
COMPARED = {
    "same": Text("相同", "the same"),
    "changed": Text("不同", "changed"),
    "not_there": Text("另一侧没有", "not on the other side"),
    "new": Text("只在另一侧", "only on the other side"),
}
GROUPS: dict[str, Mapping[str, Text]] = {
    "outcome": {o.value: text for o, text in OUTCOMES.items()},
    "reason": {**REASONS, **BESIDE},
    "deviation": {code: found.text for code, found in CODES.items()},
    "deviation_kind": DEVIATION_KINDS,
    "severity": SEVERITIES,
    "grade": GRADES,
    "kind": {k: text for k, text in KINDS.items() if k not in DEEDS},
    "verdict": VERDICTS,
    "modality": MODALITIES,
    "holder": NOBODY,
    "why": WHY,
    "compared": COMPARED,
}
"""The fixed words of a report by group."""
FIELDS = {
    "as_of": Text("截至", "as of"),
    "as_of_from": Text("截至时刻的来源", "as of, from"),
    "calendar": Text("日历(哈希)", "calendar (hash)"),
    "calendars": Text("日历", "calendars"),
    "checkpoint": Text("已核对的检查点", "checkpoint that was verified"),
    "definitions": Text("规定版本(哈希)", "definitions (hash)"),
    "engine": Text("语义版本", "version of the semantics"),
    "files": Text("读入的文件", "files that were read"),
    "granularity": Text("时间精度", "granularity"),
    "in_force_by": Text("版本依据的步骤", "version chosen by the day of"),
    "journal": Text("日志", "journal"),
    "mode": Text("方式", "mode"),
    "notes": Text("提示", "notes"),
    "organisation": Text("机构(哈希)", "organisation (hash)"),
    "procedure": Text("程序", "procedure"),
    "program": Text("程序软件", "program"),
    "semantics": Text("语义版本", "version of the semantics"),
    "trust": Text("时间等级", "trust in the times"),
    "tzdata": Text("时区数据库", "time-zone database"),
    "version": Text("软件版本", "version of the program"),
    "zone": Text("时区", "zone"),
}
"""What a field of the header or of the provenance is called."""


def word(group: str, name: str, lang: Lang) -> str:
    return GROUPS[group].get(name, same(name)).say(lang)


def field(name: str, lang: Lang) -> str:
    return FIELDS.get(name, same(name)).say(lang)


class Wording:
    """The words of one report in one language."""

    def __init__(self, legend: Found, header: Found, lang: Lang) -> None:
        self.lang = lang
        self._legend = legend
        zone = header.get("zone") or {}
        self.floating = isinstance(zone, Mapping) and zone.get("name") == "floating"
        """Whether the log has clock faces without a zone: none is shown then."""
        self._zones = {ref: ZoneInfo("UTC" if self.floating else str(found["zone"])) for ref, found in legend.items()}

    def say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def items(self, value: Any) -> list[Any]:
        """What stands in a field of the provenance, one by one; a text in both languages in this one."""
        found = value if isinstance(value, list) else [value]
        return [one[self.lang] if isinstance(one, Mapping) and set(one) == {"zh", "en"} else one for one in found]

    def join(self, parts: Iterable[str]) -> str:
        return self.say(";", "; ").join(part for part in parts if part)

    def of(self, case: Found) -> Found:
        """The legend of a case."""
        found: Found = self._legend.get(case["procedure"], _NOTHING)
        return found

    def zone(self, case: Found) -> ZoneInfo:
        return self._zones.get(case["procedure"]) or next(iter(self._zones.values()), ZoneInfo("UTC"))

    def label(self, case: Found, group: str, name: str) -> str:
        """The title of a duty, an event, a role or a state of the case's procedure; the name itself where it has none."""
        found = self.of(case).get(group, _NOTHING).get(name)
        if not found and group == "events":
            return word("kind", name, self.lang)  # what fulfils may also be a receipt or a confirmation
        return str(found[self.lang]) if found else name

    def labels(self, case: Found, group: str, names: Iterable[str]) -> str:
        return self.say("、", ", ").join(self.label(case, group, str(n)) for n in names)

    def happened(self, case: Found, act: Found) -> str:
        """What an act was."""
        if act["kind"] in DEEDS:
            return self.label(case, "events", act["name"])
        return f"{word('kind', act['kind'], self.lang)} {self.label(case, 'duties', act['name'])}".strip()

    def actor(self, case: Found, act: Found) -> str:
        found = act.get("actor") or {}
        role = self.label(case, "roles", found["role"]) if found.get("role") else ""
        return " ".join(part for part in (role, found.get("person", "")) if part)

    def clauses(self, case: Found, row: Found) -> str:
        """The clauses on which a row rests."""
        duty = self.of(case).get("duties", _NOTHING).get(row["duty"], _NOTHING)
        found = row.get("clauses") or duty.get("clauses", ())
        unit = self.say("本单位规定", "set by the unit")
        said = (unit if c["id"] == "unit" else f"{self.label(case, 'documents', c['document'])} {c['clause']}".strip() for c in found)
        return self.join(dict.fromkeys(said))

    def instant(self, case: Found, stamped: str) -> str:
        """``2026-03-02 09:00:00 +08:00``: a text that no program shifts."""
        return _local(stamped, self.zone(case), not self.floating)

    def moment(self, case: Found, value: Any) -> str:
        """An instant, a whole day as its date, or both bounds; nothing for nothing."""
        if not value:
            return ""
        if isinstance(value, str):
            return self.instant(case, value)
        lo, hi = value
        if lo[17:] == "00.000000Z" and hi == f"{lo[:17]}59.999999Z":
            found = self.instant(case, lo)
            return found[:16] + found[19:]  # known to the minute, and said so
        here = [unstamp(v).astimezone(self.zone(case)) for v in (lo, hi)]
        if here[0].date() == here[1].date() and f"{here[0]:%H:%M:%S}|{here[1]:%H:%M:%S}" == "00:00:00|23:59:59":
            return f"{here[0]:%Y-%m-%d}"
        return f"{self.instant(case, lo)} … {self.instant(case, hi)}"

    def due(self, case: Found, found: Found) -> str:
        """A due date: the end of a day is its 24:00."""
        stamped = found.get("due")
        if not stamped:
            return ""
        here = unstamp(stamped).astimezone(self.zone(case))
        if not found.get("inclusive", True) and f"{here:%H:%M:%S}" == "00:00:00":
            before = _local(stamped, self.zone(case), not self.floating)[19:]
            return f"{here.date() - timedelta(days=1):%Y-%m-%d} 24:00{before}"
        return self.instant(case, stamped)

    def term(self, text: str | None) -> str:
        return _term(text or "").say(self.lang)

    def span(self, seconds: int | None) -> str:
        return "" if seconds is None else duration(timedelta(seconds=seconds), self.lang)

    def late(self, found: Any) -> str:
        """By the clock and in working days."""
        if not found:
            return ""
        seconds, days = found
        more = "" if days is None else self.say(f"({days} 个工作日)", f" ({days} working days)")
        return f"{self.span(seconds)}{more}"

    def reason(self, row: Found) -> str:
        """Why an outcome is what it is, and what stands beside it."""
        blank = self.say("空缺要素:", "blank: ") + self.say("、", ", ").join(row["blank"]) if row.get("blank") else ""
        said = [word("reason", name, self.lang) for name in (row.get("reason", ""), *row.get("beside", ()))]
        return self.join([*said, blank])

    def margin(self, case: Found, row: Found) -> str:
        """How far a row is from another outcome."""
        return margin_said(row, self.zone(case)).say(self.lang)

    def readings(self, row: Found) -> str:
        """What an ambiguous wording does to the outcome."""
        return readings_said(row.get("readings") or ()).say(self.lang)

    def chosen(self, case: Found) -> str:
        """Under which version a case was judged, and by which act's day it was chosen."""
        found, act = case.get("chosen"), None
        if found:
            act = next((a for a in case["acts"] if a["n"] == found["act"]), None)
        if not found or act is None:
            return str(case["procedure"])
        day, name = self.instant(case, found["at"])[:10], self.happened(case, act)
        return self.say(f"{case['procedure']}(按{name}之日 {day})", f"{case['procedure']} (by the day of {name}, {day})")

    def why(self, codes: Iterable[str]) -> str:
        """Why a duty comes out otherwise on the other side of a comparison."""
        return self.join(word("why", code, self.lang) for code in codes)

    def side(self, case: Found, found: Found | None) -> str:
        """One side of a comparison: outcome and due date."""
        if not found:
            return self.say("无", "not there")
        return self.join([word("outcome", found["outcome"], self.lang), self.due(case, found)])

    def holder(self, case: Found, name: str) -> str:
        """Who held a matter: a role, or nobody who is shown."""
        return NOBODY[name].say(self.lang) if name in NOBODY else self.label(case, "roles", name)

    def recorded(self, row: Found) -> str:
        """Where a due date was recorded otherwise than it comes out now."""
        return (
            self.say("记录的期限与重算不同(引擎)", "the recorded due date comes out otherwise (engine)") if row.get("recorded_due") else ""
        )

    def expected(self, case: Found, record: Found) -> str:
        return self._part(case, record.get("expected") or {})

    def actual(self, case: Found, record: Found) -> str:
        return self._part(case, record.get("actual") or {})

    def _part(self, case: Found, part: Found) -> str:
        """One side of a deviation. What is not known here is shown as it stands."""
        said: list[str] = []
        for name in sorted(part, key=_place):
            value = part[name]
            if name in _LISTS:
                zh, en, group = _LISTS[name]
                given = [value] if isinstance(value, str) else value or ()
                text = self.labels(case, group, given) or self.say("无", "none")
                said.append(self.say(f"{zh}:{text}", f"{en}: {text}"))
            elif name == "states":
                text = self.say(" 或 ", " or ").join(self.labels(case, "states", state) for state in value)
                said.append(self.say(f"状态:{text}", f"in the state: {text}"))
            elif name == "due":
                said.append(self.say("不迟于 ", "by ") + self.due(case, part))
            elif name == "met":
                said.append(self.say("完成 ", "done ") + self.moment(case, value) if value else self.say("未见", "not shown"))
            elif name == "late":
                said.append(self.say("迟 ", "late by ") + self.late(value))
            elif name == "reason":
                said.append(word("reason", value, self.lang))
            elif name == "bounds":
                said.append(self.moment(case, value))
            elif name == "finding":
                said.append(self.say(f"{part.get('zh', '')} [{value}]", f"{part.get('en', '')} [{value}]"))
            elif name not in ("inclusive", "zh", "en"):
                said.append(f"{name}: {value}")
        return self.join(said)


_LISTS = {
    "roles": ("角色", "role", "roles"),
    "role": ("角色", "role", "roles"),
    "present": ("在场", "present", "roles"),
    "second": ("会签", "second signature", "roles"),
    "events": ("步骤", "step", "events"),
    "event": ("步骤", "step", "events"),
    "condition": ("须满足条件", "the condition of", "events"),
    "state": ("状态", "in the state", "states"),
    "elements": ("要素", "elements", "elements"),
    "facts": ("事实", "facts", "facts"),
}
_SAID = ("role", "roles", "event", "events", "condition", "state", "states", "due", "met", "late", "reason", "bounds")


def _place(name: str) -> tuple[int, str]:
    return (_SAID.index(name) if name in _SAID else len(_SAID), name)


@lru_cache(maxsize=8192)
def _local(stamped: str, zone: ZoneInfo, offset: bool) -> str:
    here: datetime = unstamp(stamped).astimezone(zone)
    text = f"{here:%Y-%m-%d %H:%M:%S}"
    if not offset:
        return text
    written = here.isoformat()
    return f"{text} {'Z' if here.tzinfo is UTC else written[-6:]}"


@lru_cache(maxsize=1024)
def _term(text: str) -> Text:
    try:
        return terms.parse(text).text if text else same("")
    except DubanError:
        return same(text)
