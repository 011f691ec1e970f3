"""The report of a replay as one HTML file that needs nothing else: no server, no network, no font or script from elsewhere.

Figures and charts cover every case. The table holds up to :data:`MOST` cases, those that deviate first, and the page says so where there
are more: a browser cannot hold a hundred thousand.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from workflow import term as terms
from workflow.act import DEEDS
from workflow.dossier import VERDICTS
from workflow.obligation.row import Outcome
from workflow.text import Lang, Text
from workflow.words import BESIDE, DEVIATIONS, GRADES, KINDS, OUTCOMES, REASONS

MOST = 3000
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
BINS: tuple[tuple[int, Text], ...] = (
    (_MINUTE, Text("1 分钟内", "up to 1 minute")),
    (_HOUR, Text("1 小时内", "up to 1 hour")),
    (_DAY, Text("1 天内", "up to 1 day")),
    (7 * _DAY, Text("7 天内", "up to 7 days")),
    (30 * _DAY, Text("30 天内", "up to 30 days")),
    (90 * _DAY, Text("90 天内", "up to 90 days")),
    (10**12, Text("更久", "longer")),
)
"""How late, by seconds of the clock at most."""
_VERDICTS = {
    "conforms": Text("符合", "conforms"),
    "deviates": Text("有偏差", "deviates"),
    "undeterminable": Text("无法判定", "undeterminable"),
}


def page(report: Mapping[str, Any], lang: Lang) -> str:
    """The page of a report as :func:`adapters.documents.report.read` gives it, in ``lang`` first; it holds both languages."""
    data = {
        "lang": lang,
        "summary": report["summary"],
        "legend": report["legend"],
        "zone": next((legend["zone"] for legend in report["legend"].values()), "UTC"),
        "cases": _shown(report["cases"]),
        "count": len(report["cases"]),
        "late": _lateness(report["cases"]),
        "rates": _rates(report["cases"]),
        "words": {**_words(), "term": _terms(report["cases"])},
    }
    # "</script>" in a text must not end the script that holds the data.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return files("adapters.documents").joinpath("report.html").read_text(encoding="utf-8").replace("__DATA__", text)


def _shown(cases: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    order = {"deviates": 0, "undeterminable": 1, "conforms": 2}
    chosen = sorted(cases, key=lambda case: order[case["verdict"]])[:MOST]
    return sorted(chosen, key=lambda case: case["case"])


def _lateness(cases: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: Counter[int] = Counter()
    for row in _mandatory(cases):
        if row["outcome"] == Outcome.MET_LATE and row.get("late"):
            found[next(i for i, (most, _) in enumerate(BINS) if row["late"][0] <= most)] += 1
    return [{"zh": name.zh, "en": name.en, "count": found[i]} for i, (_, name) in enumerate(BINS)]


def _rates(cases: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """By unit and by month: how many of the duties that could be judged were met, met late, missed."""
    found: dict[str, dict[str, Counter[str]]] = {"unit": {}, "month": {}}
    for row in _mandatory(cases):
        if row["outcome"] in (Outcome.MET, Outcome.MET_LATE, Outcome.MISSED) and "due" in row["revisions"][-1]:
            for key, groups in found.items():
                groups.setdefault(row.get(key, ""), Counter())[row["outcome"]] += 1
    return {key: [{"name": name, **counts} for name, counts in sorted(groups.items())] for key, groups in found.items()}


def _terms(cases: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Each term that decided a date, in words."""
    written = {v["term"] for case in cases for row in case["rows"] for v in row.get("revisions", ()) if v["term"]}
    return {term: [text.zh, text.en] for term in sorted(written) for text in (terms.parse(term).text,)}


def _mandatory(cases: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    return (row for case in cases if case.get("listed", True) for row in case["rows"] if "modality" not in row)


def _words() -> dict[str, Any]:
    groups: dict[str, Mapping[str, Text]] = {
        "outcome": {o.value: text for o, text in OUTCOMES.items()},
        "reason": {**REASONS, **BESIDE},
        "deviation": DEVIATIONS,
        "grade": GRADES,
        "kind": {k: text for k, text in KINDS.items() if k not in DEEDS},
        "verdict": {v: _VERDICTS[v] for v in VERDICTS},
    }
    return {group: {name: [text.zh, text.en] for name, text in words.items()} for group, words in groups.items()}
