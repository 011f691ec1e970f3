"""What came of reconciling two ledgers as tables; they read the canonical document and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.documents.table import Cell, Column, Table
from adapters.documents.wording import Found, Wording, word
from workflow.explain import duration
from workflow.text import Lang, Text

FINDINGS = {
    "same": Text("同一事件", "the same"),
    "different": Text("不是同一事件", "not the same"),
    "missing": Text("认定未报", "found missing"),
    "explained": Text("已说明", "explained"),
}
WITHIN = {
    "possible": Text("(可能在时限内)", "(perhaps within the window)"),
    "beyond": Text("(超出时限)", "(beyond the window)"),
}
CANDIDATE = Text("疑似漏报,待认定", "suspected missing report, to be determined")


def _columns(*found: tuple[str, str, int]) -> tuple[Column, ...]:
    return tuple(Column(Text(zh, en), width) for zh, en, width in found)


_TIMES = (("A 时间", "time in A", 26), ("B 时间", "time in B", 26), ("相差", "apart", 20))
_ROWS = (("A 行", "rows in A", 14), ("B 行", "rows in B", 14))
MATCHED = _columns(
    ("A", "A", 14),
    ("B", "B", 14),
    ("相同", "same", 24),
    ("不同", "differs", 34),
    ("缺", "not given", 18),
    *_TIMES,
    ("另有可能", "could also be", 20),
    ("人的认定", "decided", 30),
    *_ROWS,
)
AMBIGUOUS = _columns(("组", "group", 8), *((c.heading.zh, c.heading.en, c.width) for c in MATCHED if c.heading.en != "could also be"))
CANDIDATES = _columns(
    ("编号", "id", 14),
    ("时间", "time", 26),
    ("内容", "what", 34),
    ("疑似", "suspected", 28),
    ("义务", "duty", 30),
    ("责任", "owed by", 18),
    ("条款", "clause", 24),
    ("截止", "due", 26),
    ("计算结果", "computed", 24),
    ("可能已并入", "may be one that was matched", 22),
    ("人的认定", "decided", 30),
    ("行", "rows", 14),
)
UNMATCHED = _columns(
    ("方", "side", 8), ("编号", "id", 14), ("时间", "time", 26), ("内容", "what", 34), ("人的认定", "decided", 30), ("行", "rows", 14)
)


def tables(document: Found, lang: Lang) -> tuple[Table, ...]:
    say = _Say(document, lang)
    return (
        Table("matched", Text("已对应", "matched"), MATCHED, lambda: _matched(document, say)),
        Table("ambiguous", Text("不能确定", "ambiguous"), AMBIGUOUS, lambda: _ambiguous(document, say)),
        Table("candidates", Text("疑似漏报", "candidates"), CANDIDATES, lambda: _candidates(document, say)),
        Table("unmatched", Text("其他未对应", "other unmatched"), UNMATCHED, lambda: _unmatched(document, say)),
    )


class _Say(Wording):
    """The words of one document. Its times are shown in the zone of the ledger in which they stand."""

    def __init__(self, document: Found, lang: Lang) -> None:
        super().__init__({}, {}, lang)
        header = document["header"]
        self.at = {side: ZoneInfo(header[side]["shown_in"]) for side in ("a", "b")}
        self.floating = any((header[side]["zone"] or {}).get("name") == "floating" for side in ("a", "b"))
        self.rows = document["rows"]
        self.decisions = {(d.get("a"), d.get("b")): d for d in document["decisions"]}

    def zone(self, case: Found) -> ZoneInfo:
        return self.at[case["side"]]

    def when(self, side: str, value: Any) -> str:
        return self.moment({"side": side}, value)

    def name(self, name: str) -> str:
        return self.say("编号引用", "reference") if name == "ref" else name.removeprefix("fact:")

    def names(self, names: Iterable[str]) -> str:
        return self.say("、", ", ").join(self.name(n) for n in names)

    def value(self, value: Any) -> str:
        return "/".join(map(str, value)) if isinstance(value, list) else "—" if value is None else str(value)

    def decided(self, a: str | None, b: str | None) -> str:
        found = self.decisions.get((a, b))
        return f"{FINDINGS[found['finding']].say(self.lang)}({found['who']}:{found['why']})" if found is not None else ""

    def where(self, side: str, name: str) -> str:
        return " ".join(self.rows[side].get(name, ()))

    def apart(self, pair: Found) -> str:
        low, high = (duration(timedelta(seconds=n), self.lang) for n in pair["apart"])
        span = low if low == high else f"{low} … {high}"
        return span if pair["within"] == "sure" else f"{span} {WITHIN[pair['within']].say(self.lang)}"


def _pair(pair: Found, say: _Say, *more: str) -> tuple[Cell, ...]:
    differs = say.join(f"{say.name(n)}: {say.value(v['a'])} ≠ {say.value(v['b'])}" for n, v in pair["differs"].items())
    return (
        pair["a"],
        pair["b"],
        say.names(pair["same"]),
        differs,
        say.names(pair["absent"]),
        say.when("a", pair["times"]["a"]),
        say.when("b", pair["times"]["b"]),
        say.apart(pair),
        *more,
        say.decided(pair["a"], pair["b"]),
        say.where("a", pair["a"]),
        say.where("b", pair["b"]),
    )


def _matched(document: Found, say: _Say) -> Iterator[tuple[Cell, ...]]:
    for pair in document["matched"]:
        yield _pair(pair, say, say.join(f"{a} = {b}" for a, b in pair["others"]))


def _ambiguous(document: Found, say: _Say) -> Iterator[tuple[Cell, ...]]:
    for number, group in enumerate(document["ambiguous"], 1):
        yield from ((number, *_pair(pair, say)) for pair in group)


def _other(document: Found) -> str:
    return {"a": "b", "b": "a"}.get(document["header"]["rules"].get("reports", ""), "")


def _what(found: Found, say: _Say) -> str:
    given: Mapping[str, Any] = {**found["keys"], **found["facts"]}
    return say.join(f"{say.name(n)}: {say.value(v)}" for n, v in given.items())


def _alone(side: str, name: str, say: _Say) -> str:
    return say.decided(name, None) if side == "a" else say.decided(None, name)


def _candidates(document: Found, say: _Say) -> Iterator[tuple[Cell, ...]]:
    side = _other(document)
    alone = {found["id"]: found for found in document["unmatched"].get(side, ())}
    for candidate in document["candidates"]:
        found = alone[candidate["id"]]
        start = (found["id"], say.when(side, found["at"]), _what(found, say), CANDIDATE.say(say.lang))
        end = (say.join(found.get("could_be", ())), _alone(side, found["id"], say), say.where(side, found["id"]))
        duties: Iterable[Found] = candidate["duties"] or ({},)
        for duty in duties:
            yield (*start, *_duty(duty, side, say), *end)


def _duty(duty: Found, side: str, say: _Say) -> tuple[Cell, ...]:
    if not duty:
        return ("",) * 5
    reason = f"({word('reason', duty['reason'], say.lang)})" if duty["reason"] else ""
    unit = say.say("本单位规定", "set by the unit")
    clauses = say.join(dict.fromkeys(unit if c["id"] == "unit" else f"{c['document']} {c['clause']}".strip() for c in duty["clauses"]))
    return (
        duty[say.lang],
        duty["by"][say.lang],
        clauses,
        say.due({"side": side}, duty),
        word("outcome", duty["outcome"], say.lang) + reason,
    )


def _unmatched(document: Found, say: _Say) -> Iterator[tuple[Cell, ...]]:
    for side in ("a", "b"):
        if side == _other(document):
            continue
        for one in document["unmatched"][side]:
            name = one["id"]
            yield side.upper(), name, say.when(side, one["at"]), _what(one, say), _alone(side, name, say), say.where(side, name)
