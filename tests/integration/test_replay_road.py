"""The Italian road fines: the published figures of plain response semantics, and what days, places and discharge make of them.

``send within 90 days`` has been counted by other tools on this log: 50,036 late and 46,383 never sent. Counted here again with nothing of
duban, and by duban under three readings of the same rule.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from adapters.calendars import shipped
from adapters.eventlog import LogRead, load_map, read_log
from adapters.library import read_bytes
from workflow.logmap import check_fit
from workflow.procedure.load import load
from workflow.replay import Report, replay_log
from workflow.rules import Rules

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "examples" / "maps" / "road.yaml"
DEFINITION = ROOT / "examples" / "procedures" / "road-fine.yaml"
SHA256 = "dc9e0e65c964c8ce2a720687ecf17d8204a5cced5db2267c717ed39ada665da8"
ROME = ZoneInfo("Europe/Rome")
FEW = 5000
AFTER = datetime(2014, 1, 1, tzinfo=ROME)
"""A plain count does not ask whether the 90 days are over: on the last day of the log 368 of the fines never sent had some left."""
Fine = dict[str, list[datetime]]


@pytest.fixture(scope="module")
def path(shared_logs: Callable[[str, str], Path]) -> Path:
    return shared_logs("Road_Traffic_Fine_Management_Process.xes.gz", SHA256)


@pytest.fixture(scope="module")
def few(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first few thousand cases of the log, as a log."""
    cut = tmp_path_factory.mktemp("road") / "few.xes"
    traces = 0
    with gzip.open(path, "rt", encoding="utf-8") as whole, cut.open("w", encoding="utf-8") as part:
        for line in whole:
            part.write(line)
            traces += "</trace>" in line
            if traces == FEW:
                break
        part.write("</log>")
    return cut


def rules(**other: str) -> Rules:
    """The example procedure; ``term`` and ``discharged_by`` with other words, an empty one: without."""
    text = read_bytes(DEFINITION).decode()
    for key, line in (("term", "    term: [{is: 90 days}]"), ("discharged_by", "    discharged_by: payment")):
        assert text.count(line) == 1
        if key in other:
            text = text.replace(line, f"    {key}: {other[key]}" if other[key] else "   ")
    found = load(text.encode(), "road-fine.yaml")
    return Rules(found.procedure, found.hash)


def outcomes(found: LogRead, version: Rules) -> dict[str, int]:
    log_map = load_map(MAP)
    check_fit(log_map, [version.procedure], "road.yaml")
    report: Report = replay_log(found.cases, log_map, [version], shipped("cn"), read=found.read, ignored=0, unreadable=0, as_of=AFTER)
    report.check()
    assert report.events["applied"] == found.read and not report.deviations
    [(key, counts)] = report.outcomes.items()
    assert key == "road-fine@log-2015/send"
    return dict(counts)


# Counted with nothing of duban.


def fines(path: Path) -> Iterator[Fine]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for _, trace in ElementTree.iterparse(file):
            if trace.tag == "trace":
                steps: Fine = {}
                for event in trace.iter("event"):
                    said = {attribute.get("key"): attribute.get("value") or "" for attribute in event}
                    steps.setdefault(said["concept:name"], []).append(datetime.fromisoformat(said["time:timestamp"]))
                yield steps
                trace.clear()


def in_seconds(fine: Fine) -> str:
    [start], sent = fine["Create Fine"], fine.get("Send Fine")
    if sent is None:
        return "missed"
    return "met" if sent[0] - start <= timedelta(days=90) else "met_late"


def in_days(fine: Fine) -> str:
    [start], sent = fine["Create Fine"], fine.get("Send Fine")
    if sent is None:
        return "missed"
    return "met" if sent[0].astimezone(ROME).date() <= start.astimezone(ROME).date() + timedelta(days=90) else "met_late"


def with_discharge(fine: Fine) -> str:
    """S3.3: a payment ends the duty before fulfilment and before the 90 days are over; on the day of the sending it is not before it."""
    last = fine["Create Fine"][0].astimezone(ROME).date() + timedelta(days=90)
    paid = [t.astimezone(ROME).date() for t in fine.get("Payment", [])]
    sent = [t.astimezone(ROME).date() for t in fine.get("Send Fine", [])]
    return "discharged" if paid and min(paid) <= last and all(min(paid) < day for day in sent) else in_days(fine)


READINGS = [
    (in_seconds, {"term": "[{is: 2160 hours}]", "discharged_by": ""}),
    (in_days, {"discharged_by": ""}),
    (with_discharge, {}),
]


def test_the_first_cases_have_the_outcomes_of_an_independent_count_on_every_reading(few: Path) -> None:
    found, cases = read_log(few, load_map(MAP)), list(fines(few))
    assert found.unreadable == [] and len(found.cases) == len(cases) == FEW
    for judge, other in READINGS:
        assert outcomes(found, rules(**other)) == Counter(map(judge, cases)), judge.__name__


@pytest.mark.slow
def test_the_published_figures_and_ours(path: Path) -> None:
    found, cases = read_log(path, load_map(MAP)), list(fines(path))
    assert (found.read, len(found.cases), found.ignored, found.unreadable) == (561_470, 150_370, 0, [])
    figures = [outcomes(found, rules(**other)) for _, other in READINGS]
    assert figures == [
        {"met": 53_951, "met_late": 50_036, "missed": 46_383},
        {"met": 54_215, "met_late": 49_772, "missed": 46_383},
        {"met": 53_808, "met_late": 49_643, "missed": 369, "discharged": 46_550},
    ]
    assert figures == [Counter(map(judge, cases)) for judge, _ in READINGS]
