"""Which columns of a log look like what, and a map drafted from it for a person to complete.

Nothing guessed is silent: each guess carries its ground as a comment, and what only a person can know (procedure, events, zone, a date
whose day and month could be exchanged) is left empty, so that the draft is refused until it is filled in.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from adapters.eventlog.profile import Column
from workflow.logmap import FLOATING, ZH, Chinese, Columns, LogMap, Step, ZonePolicy
from workflow.text import Text

HINTS: dict[str, tuple[str, ...]] = {
    "case": (
        "case:concept:name",
        "ocel:oid",
        "case",
        "case_id",
        "incident",
        "ticket",
        "number",
        "id",
        "编号",
        "案件编号",
        "案号",
        "案件",
        "工单",
        "单号",
    ),
    "activity": (
        "concept:name",
        "ocel:activity",
        "activity",
        "event",
        "action",
        "state",
        "status",
        "what",
        "事项",
        "活动",
        "环节",
        "步骤",
        "状态",
        "动作",
        "操作",
    ),
    "actor": ("org:resource", "actor", "resource", "user", "who", "by", "人员", "姓名", "经办人", "值班员", "处置人", "办理人", "操作人"),
    "role": ("org:role", "role", "岗位", "职务", "角色"),
    "sequence": ("sequence", "seq", "version", "mod_count", "顺序", "顺序号"),
    "zone": ("time_zone", "timezone", "zone", "tz", "时区"),
    "date_only": ("date_only", "仅日期", "只有日期"),
}
ACTIVITIES = 200
"""More different words than that are no activities."""
_TOKEN = re.compile(r"[^0-9a-z\u4e00-\u9fff]+")


class Guess(NamedTuple):
    """Names of columns by what they look like; empty: none does."""

    case: str = ""
    activity: str = ""
    time: tuple[str, ...] = ()
    """One column, or a date and a time of day."""
    steps: tuple[str, ...] = ()
    """Of one row a case: the columns that hold times."""
    actor: str = ""
    role: str = ""
    sequence: str = ""
    zone: str = ""
    date_only: str = ""
    date: str = ""
    """Of one row a case with times in words: the column with another date, on which they lean."""

    def looks_like(self, name: str) -> list[str]:
        """What a column of this name looks like: names of the fields of a map."""
        found = [field for field in self._fields if field not in ("time", "steps") and getattr(self, field) == name]
        return found + ["time"] * (name in self.time) + ["wide"] * (name in self.steps)


def _near(name: str, field: str) -> int:
    """How much a name sounds like a field: 3 the very word, 2 ends with it, 1 holds it."""
    low = name.strip().lower()
    words = _TOKEN.split(low)
    if low in HINTS[field]:
        return 3
    if words[-1] in HINTS[field] or any(low.endswith(h) for h in HINTS[field] if not h.isascii()):
        return 2
    return int(any(h in words for h in HINTS[field]) or any(h in low for h in HINTS[field] if not h.isascii()))


def guess(columns: Sequence[Column], rows: int) -> Guess:
    """What the columns look like, by their names and by what stands in them."""
    named = [c for c in columns if c.name and c.said and [d.name for d in columns].count(c.name) == 1]
    times = [c for c in named if c.timed or (c.serial and c.distinct > 1)]
    rest = [c for c in named if c not in times and c.kind != "clock"]

    def best(field: str, among: Iterable[Column]) -> str:
        heard = [(_near(c.name, field), c.distinct, -columns.index(c), c.name) for c in among if _near(c.name, field)]
        return max(heard)[-1] if heard else ""

    case = best("case", rest)
    if not case and rest:
        case = max(rest, key=lambda c: (c.said == rows, c.distinct)).name
    rest = [c for c in rest if c.name != case]
    each = next((c for c in named if c.name == case), None)
    wide = each is not None and each.distinct >= 0.95 * rows and len(times) > 1
    few = [c for c in rest if c.distinct <= ACTIVITIES and not c.more]
    activity = "" if wide else best("activity", [c for c in few if c.kind in ("text", "integer")])
    others = [c for c in rest if c.name != activity]
    found = Guess(
        case,
        activity,
        actor=best("actor", [c for c in others if c.kind == "text"]),
        role=best("role", [c for c in others if c.kind == "text"]),
        sequence=best("sequence", [c for c in others if c.kind == "integer"]),
        zone=best("zone", [c for c in others if c.kind in ("text", "empty")]),
        date_only=best("date_only", [c for c in others if c.kind == "yes_no"]),
    )
    if wide:
        dates = [c.name for c in times if c.kind == "date"]
        date = dates[0] if len(dates) == 1 and any(c.kind == "words" for c in times) else ""
        return found._replace(steps=tuple(c.name for c in times if c.name != date), date=date)
    stamps = [c for c in times if c.kind != "date"]
    clocks = [c for c in named if c.kind == "clock"]
    if not stamps and times and clocks:
        return found._replace(time=(times[0].name, clocks[0].name))
    return found._replace(time=(max(stamps or times, key=lambda c: (c.distinct, c.filled)).name,) if times else ())


def naive(found: Guess, columns: Sequence[Column]) -> bool:
    """Whether a time is without its offset."""
    said = [c for c in columns if c.name in (*found.time, *found.steps, found.date)]
    return any(c.kinds[k] for c in said for k in ("stamp", "date", "words", "integer", "decimal"))


def formats(found: Guess, columns: Sequence[Column]) -> list[str]:
    """The formats of the times, those of a date and a time of day joined."""
    said = [c for c in columns if c.name in (*found.time, *found.steps, found.date)]
    if len(found.time) == 2:
        return [f"{form} %H:%M{seconds}" for form in said[0].formats for seconds in ("", ":%S")] if said else []
    forms = list(dict.fromkeys(form for c in said for form in c.formats))
    return forms + [ZH] * any(c.kinds["words"] for c in said)


def ambiguous(found: Guess, columns: Sequence[Column]) -> list[tuple[str, str]]:
    """Pairs of formats between which only a person can choose."""
    return list(dict.fromkeys(c.either for c in columns if c.name in (*found.time, *found.steps, found.date) and c.either is not None))


def reading(found: Guess, columns: Sequence[Column], base: LogMap) -> LogMap | None:
    """A map that reads the log as it looks, clock faces as they stand and every activity as itself; ``None``: it looks like no log."""
    if not found.case or not ((found.activity and found.time) or found.steps) or ambiguous(found, columns):
        return None
    forms = tuple(dict.fromkeys((*formats(found, columns), "iso")))
    words = next((list(c.words) for c in columns if c.name == found.activity), list(found.steps)) or ["-"]
    return base.model_copy(
        update={
            "columns": Columns(
                case=found.case,
                time=found.time,
                activity=found.activity or None,
                actor=found.actor or None,
                role=found.role or None,
                sequence=found.sequence or None,
                date_only=found.date_only or None,
            ),
            "wide": {name: Step(activity=name) for name in found.steps},
            "activities": {word.strip() or "-": word.strip() or "-" for word in words},
            "formats": forms,
            "zone": ZonePolicy(name=FLOATING),
            "zh": Chinese(about=0, date=found.date or None) if ZH in forms else None,
            "missing": ("", *_nothing(found, columns)),
        }
    )


def _nothing(found: Guess, columns: Sequence[Column]) -> list[str]:
    used = {*found.time, *found.steps, found.actor, found.role, found.activity, found.sequence}
    words: Counter[str] = Counter()
    for column in columns:
        if column.name in used:
            words.update(column.nothing)
    return [word for word, _ in words.most_common()]


def draft(found: Guess, columns: Sequence[Column], base: LogMap, activities: Sequence[tuple[str, int]], where: str) -> str:
    """The map as YAML, with what is left to a person. ``activities`` are those of the log with their numbers."""
    by = {c.name: c for c in columns}
    lines = [
        f"# 由 duban log inspect 根据 {where} 起草。逐项核对;空着的必须由人填写,否则映射会被拒绝。",
        "# Drafted by duban log inspect: check each line; what is empty only a person can fill in.",
        "procedure:        # 程序标识,见 duban definitions list / id of the procedure",
        "columns:",
    ]

    def line(field: str, name: str, ground: Text) -> None:
        said = by.get(name)
        about = f"{said.distinct}{'+' if said.more else ''} 个不同值,{said.filled} 行有值" if said is not None else ""
        lines.append(f"  {field}: {_quoted(name) if name else ''}  # {ground.zh} / {ground.en}{f';{about}' if about else ''}")

    line("case", found.case, Text("按列名和取值推测", "guessed from name and values"))
    if not found.steps:
        other = [c.name for c in columns if c.timed and c.name not in found.time]
        more = "。其他时间列:" + "、".join(other) if other else ""
        if len(found.time) == 2:
            lines.append(f"  time: [{', '.join(map(_quoted, found.time))}]  # 日期与时刻分列 / a date and a time of day{more}")
        else:
            line("time", found.time[0] if found.time else "", Text(f"推测{more}", "guessed"))
        line(
            "activity", found.activity, Text("推测" if found.activity else "没有像活动的列", "guessed" if found.activity else "none found")
        )
    for field in ("actor", "role", "sequence", "date_only"):
        if getattr(found, field):
            line(field, getattr(found, field), Text("推测;不对就删去", "guessed; delete it if it is not"))
    if found.steps:
        lines += ["wide:             # 一案一行;不是时间的列请删去 / one row a case; delete columns that hold no times"]
        lines += [f"  {_quoted(name)}: {_quoted(name)}  # {by[name].filled} 行有值,{by[name].kind}" for name in found.steps]
    lines += _time_lines(found, columns)
    lines += _file_lines(base)
    nothing = _nothing(found, columns)
    if nothing:
        lines.append(f'missing: ["", {", ".join(map(_quoted, nothing))}]  # 推测这些词表示没有值 / words that seem to stand for no value')
    lines.append(
        "activities:       # 日志的活动: 程序的事件;不要的写入 ignore。顺序决定同一时刻的先后 / event of the procedure; order decides ties"
    )
    lines += [f"  {_quoted(word)}:    # {count} 次" for word, count in activities] or ["  :"]
    lines.append("trust: stated     # 时间的可信程度:stated、system、counterpart、own")
    return "\n".join(lines) + "\n"


def _time_lines(found: Guess, columns: Sequence[Column]) -> list[str]:
    either = ambiguous(found, columns)
    forms = formats(found, columns)
    lines = []
    if either:
        pairs = ",或 ".join(f"{a} 与 {b}" for a, b in either)
        lines.append(f"formats:          # 日月先后无法判断:{pairs} / day or month first: the log does not say")
    elif forms:
        lines.append(f"formats: [{', '.join(map(_quoted, forms))}]  # 按取值推测 / guessed from the values")
    if ZH in forms:
        date = f"date: {_quoted(found.date)}" if found.date else ""
        lines.append(f"zh: {{{date}}}  # date 为另一日期列,按推测;year、about(“许”“左右”放宽的分钟)由人写明 / about: minutes of 许")
    if naive(found, columns):
        lines.append("zone:             # 时间没有时区,由人填写,如 Asia/Shanghai / the times have no offset: which zone?")
        if found.zone:
            lines.append(f"# 列 {found.zone} 像是时区:zone: {{column: {_quoted(found.zone)}, names: {{词: 时区}}}}")
    return lines


def _file_lines(base: LogMap) -> list[str]:
    lines = []
    if base.object_type is not None:
        lines.append(f"object_type: {_quoted(base.object_type)}  # 事件最多的对象类型,是否为案件由人核对 / the type with the most events")
    if base.sheet is not None:
        lines.append(f"sheet: {_quoted(base.sheet)}")
    if base.header != (1,):
        lines.append(f"header: {list(base.header)}  # 按样子推测的标题行 / rows that look like the header")
    if base.encoding != "utf-8":
        lines.append(f"encoding: {base.encoding}")
    if base.delimiter != ",":
        lines.append(f"delimiter: {_quoted(base.delimiter)}")
    return lines


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
