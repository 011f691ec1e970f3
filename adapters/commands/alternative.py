"""The options by which ``duban replay`` shows another side: the rules of another date, a what-if, or what was known then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters.calendars import shipped
from adapters.commands import frame, screen
from adapters.commands.calendar import notices_of, with_documents
from adapters.library import definition_file, shipped_definitions
from workflow.calendar import Calendar
from workflow.comparison import CHANGED, NEW, NOT_THERE, SAME, WHY
from workflow.errors import BadInput, UnknownProcedure
from workflow.moment import parse, stamp
from workflow.obligation.row import Outcome
from workflow.otherwise import Otherwise, rules_of
from workflow.rules import Rules
from workflow.text import Text
from workflow.words import OUTCOMES


@dataclass(frozen=True, slots=True)
class Alternative:
    """What was asked for; at most one of the three."""

    rules_of: str = ""
    definitions: Sequence[Path] = ()
    calendar: Path | None = None
    as_known: str = ""

    def __post_init__(self) -> None:
        asked = (bool(self.rules_of), bool(self.definitions or self.calendar), bool(self.as_known))
        if sum(asked) > 1:
            raise BadInput(
                Text(
                    "--rules-of、--what-if-…、--as-known 只能用一种",
                    "--rules-of, --what-if-… and --as-known are three other sides; one at a time",
                )
            )

    @property
    def asked(self) -> bool:
        return bool(self.rules_of or self.definitions or self.calendar or self.as_known)

    def of_log(self, versions: Sequence[Rules], calendar: Calendar, zone: ZoneInfo) -> Otherwise | None:
        """The other side of a log. Raises :class:`~workflow.errors.UnknownProcedure` where no version on it judges the log."""
        if self.as_known == NOW:
            return Otherwise({"mode": "as_known", "as_known": NOW}, {})
        if self.as_known:
            until = parse(self.as_known, zone).hi
            known = calendar.known(until.astimezone(zone).date())
            return Otherwise({"mode": "as_known", "as_known": stamp(until), "calendar": known.digest}, {}, known, until)
        return self._ruled(versions, calendar, zone)

    def of_journal(self, rules: Mapping[str, Rules], calendars: Mapping[str, Calendar], zone: ZoneInfo) -> Otherwise | None:
        """The other side of a journal, whose entries say which calendar was known when."""
        if self.as_known == NOW:
            return Otherwise({"mode": "as_known", "as_known": NOW}, {}, newest=True)
        if self.as_known:
            until = parse(self.as_known, zone).hi
            return Otherwise({"mode": "as_known", "as_known": stamp(until)}, {}, None, until)
        names = {r.procedure.procedure for r in rules.values()}
        known = {**{d.hash: Rules(d.procedure, d.hash) for n in sorted(names) for d in shipped_definitions(n)}, **rules}
        newest = max(calendars.values(), key=lambda c: (len(c.notices), c.digest), default=None)
        return self._ruled(list(known.values()), newest or shipped(), zone)

    def _ruled(self, versions: Sequence[Rules], calendar: Calendar, zone: ZoneInfo) -> Otherwise | None:
        if self.rules_of:
            day = parse(self.rules_of, zone).lo
            found = rules_of(day, versions)
            return Otherwise({"mode": "rules_of", "rules_of": day.astimezone(zone).date().isoformat(), "definitions": _refs(found)}, found)
        if not (self.definitions or self.calendar):
            return None
        there = {r.procedure.procedure for r in versions}
        read = [(path, definition_file(path)) for path in self.definitions]
        for path, definition in read:
            if definition.procedure.procedure not in there:
                raise UnknownProcedure(
                    Text(
                        f"没有案件属于程序 {definition.procedure.procedure!r}",
                        f"nothing here is under the procedure {definition.procedure.procedure!r}",
                    ),
                    where=str(path),
                    hint=Text("可用:" + "、".join(sorted(there)), "there are: " + ", ".join(sorted(there))),
                )
        chosen = {d.procedure.procedure: Rules(d.procedure, d.hash) for _, d in read}
        counted = with_documents(calendar, notices_of(self.calendar, 0, ""), str(self.calendar))[0] if self.calendar is not None else None
        asked: dict[str, Any] = {"mode": "what_if", "definitions": _refs(chosen)}
        if counted is not None:
            asked["calendar"] = counted.digest
        return Otherwise(asked, chosen, counted)


def _refs(versions: Mapping[str, Rules]) -> dict[str, Any]:
    return {r.procedure.ref: r.hash for r in versions.values()}


NOW = "now"
"""In place of an instant: with what is known now, of calendars too. A log is judged so anyway."""
_MODES = {
    "rules_of": Text("按另一日施行的规则", "under the rules of another day"),
    "what_if": Text("假设", "what if"),
    "as_known": Text("按所知", "as known"),
}
_ROWS = {
    SAME: Text("相同", "same"),
    CHANGED: Text("不同", "changed"),
    NOT_THERE: Text("对照侧没有", "not on the other side"),
    NEW: Text("只在对照侧", "only on the other side"),
}
_UNMAPPED = {"event": Text("事件", "event"), "state": Text("状态", "state"), "fact": Text("事实", "fact"), "act": Text("办理", "act")}


def render(found: Mapping[str, Any]) -> None:
    """The comparison as tables: what became of each outcome, why, what has no counterpart, and the digest of the other side."""
    lang = frame.settings.lang
    out = screen.console()
    out.print()
    asked = found.get("rules_of") or found.get("as_known") or "、".join(found.get("definitions", ())) or found.get("calendar", "")
    counts = "  ".join(f"{text.say(lang)} {found['rows'][name]}" for name, text in _ROWS.items())
    out.print(f"{Text('对照', 'compared').say(lang)}: {_MODES[found['mode']].say(lang)} {asked}  {counts}", style="bold", soft_wrap=True)
    moved = [[_outcome(mine, lang), _outcome(theirs, lang), str(n)] for mine, theirs, n in found["outcomes"] if mine != theirs]
    if moved:
        screen.table((Text("本侧", "here"), Text("对照侧", "other side"), Text("义务", "duties")), moved)
    if found["why"]:
        out.print()
        rows = [[WHY[code].say(lang), code, str(n)] for code, n in found["why"].items()]
        screen.table((Text("原因", "why"), Text("代码", "code"), Text("义务", "duties")), rows)
    unmapped = [[_UNMAPPED[kind].say(lang), name, str(n)] for kind, names in found["unmapped"].items() for name, n in names.items()]
    if unmapped:
        out.print()
        screen.table((Text("对照侧没有", "not on the other side"), Text("名称", "name"), Text("次数", "count")), unmapped)
    out.print()
    out.print(found["other"]["digest"], soft_wrap=True)


def _outcome(name: str, lang: Any) -> str:
    return OUTCOMES[Outcome(name)].say(lang)
