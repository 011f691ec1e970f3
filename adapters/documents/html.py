"""The report of a replay as one HTML file that needs nothing else: no server, no network, no font or script from elsewhere.

Figures and charts cover every case. The table holds up to :data:`MOST` cases, those that deviate first, and the page says so where there
are more: a browser cannot hold a hundred thousand.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from adapters.documents.report import Kept
from adapters.documents.table import compared_rows
from adapters.documents.wording import GROUPS, Wording
from workflow import term as terms
from workflow.obligation.row import Outcome
from workflow.text import Lang, Text

MOST = 3000
_ORDER = {"deviates": 0, "unverifiable": 0, "undeterminable": 1}
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


def page(report: Kept, lang: Lang) -> str:
    """The page of a report, in ``lang`` first; it holds both languages."""
    found = _Gathered()
    header = report.summary["header"]
    both = (Wording(report.legend, header, "zh"), Wording(report.legend, header, "en"))
    for case in report.cases():
        found.take(case)
    data = {
        "lang": lang,
        "summary": report.summary,
        "provenance": report.provenance,
        "unreadable": report.unreadable[:MOST],
        "legend": report.legend,
        "zone": next((legend["zone"] for legend in report.legend.values()), "UTC"),
        "digest": report.digest,
        "cases": [_worded(case, both) for case in found.shown],
        "count": report.count,
        "late": found.lateness,
        "rates": found.rates,
        "words": {**_words(), "term": found.terms},
    }
    # "</script>" in a text must not end the script that holds the data.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return files("adapters.documents").joinpath("report.html").read_text(encoding="utf-8").replace("__DATA__", text)


def _worded(case: Mapping[str, Any], both: Sequence[Wording]) -> dict[str, Any]:
    """A case with the sentences that are put together here and nowhere else: of its deviations, its margins, its readings."""
    rows = [
        {**row, "said": [say.join([say.readings(row), say.margin(case, row), say.recorded(row)]) for say in both]} for row in case["rows"]
    ]
    records = [
        {**record, "said": [[say.expected(case, record), say.actual(case, record)] for say in both]}
        for record in case.get("deviations", ())
    ]
    compared = [[list(row[1:]) for row in compared_rows(case, say)] for say in both]
    return {**case, "rows": rows, "deviations": records, "compared": compared, "version": [say.chosen(case) for say in both]}


class _Gathered:
    """What a page needs of the cases, gathered as they pass by."""

    def __init__(self) -> None:
        self._cases: dict[int, list[Mapping[str, Any]]] = {0: [], 1: [], 2: []}
        self._late: Counter[int] = Counter()
        self._rates: dict[str, dict[str, Counter[str]]] = {"unit": {}, "month": {}}
        self._terms: set[str] = set()

    def take(self, case: Mapping[str, Any]) -> None:
        kept = self._cases[_ORDER.get(case["verdict"], 2)]
        if len(kept) < MOST:
            kept.append(case)
        for row in case["rows"]:
            self._terms.update(v["term"] for v in row.get("revisions", ()) if v["term"])
            if case.get("listed", True) and "modality" not in row:
                self._judged(row)

    def _judged(self, row: Mapping[str, Any]) -> None:
        outcome, late = row["outcome"], row.get("late")
        if outcome == Outcome.MET_LATE and late:
            self._late[next(i for i, (most, _) in enumerate(BINS) if late[0] <= most)] += 1
        if outcome in (Outcome.MET, Outcome.MET_LATE, Outcome.MISSED) and "due" in row["revisions"][-1]:
            for key, groups in self._rates.items():
                groups.setdefault(row.get(key, ""), Counter())[outcome] += 1

    @property
    def shown(self) -> list[Mapping[str, Any]]:
        chosen = [case for kept in self._cases.values() for case in kept][:MOST]
        return sorted(chosen, key=lambda case: str(case["case"]))

    @property
    def lateness(self) -> list[dict[str, Any]]:
        return [{"zh": name.zh, "en": name.en, "count": self._late[i]} for i, (_, name) in enumerate(BINS)]

    @property
    def rates(self) -> dict[str, list[dict[str, Any]]]:
        """By unit and by month: how many of the duties that could be judged were met, met late, missed."""
        return {key: [{"name": name, **counts} for name, counts in sorted(groups.items())] for key, groups in self._rates.items()}

    @property
    def terms(self) -> dict[str, list[str]]:
        """Each term that decided a date, in words."""
        return {term: [text.zh, text.en] for term in sorted(self._terms) for text in (terms.parse(term).text,)}


def _words() -> dict[str, Any]:
    return {group: {name: [text.zh, text.en] for name, text in words.items()} for group, words in GROUPS.items()}
