"""The main job on real input: 2,796 pipeline incidents under the two versions of their rule, counted again here with nothing of duban."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.eventlog import load_map, read_log
from adapters.library import shipped_definitions
from workflow.logmap import LogMap
from workflow.moment import parse
from workflow.replay import Report, replay_log
from workflow.rules import Rules

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "examples" / "maps" / "phmsa.yaml"
SHA256 = "42d5957a4569c51fdcfb55d159af2b78f4f05b75519967151f89edc5123d8b52"
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def path(shared_logs: Callable[[str, str], Path]) -> Path:
    return shared_logs("phmsa_events.csv.gz", SHA256)


@pytest.fixture(scope="module")
def rows(path: Path) -> Rows:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def versions() -> list[Rules]:
    return [Rules(d.procedure, d.hash) for d in shipped_definitions("pipeline-incident")]


@pytest.fixture(scope="module")
def log_map() -> LogMap:
    return load_map(MAP)


@pytest.fixture(scope="module")
def replayed(log_map: LogMap, versions: list[Rules]) -> Callable[..., Report]:
    def run(path: Path, as_of: str = "") -> Report:
        found = read_log(path, log_map)
        assert found.unreadable == []
        until = parse(as_of, versions[0].zone).hi if as_of else found.last
        return replay_log(found.cases, log_map, versions, shipped("cn"), read=found.read, ignored=found.ignored, unreadable=0, as_of=until)

    return run


@pytest.fixture(scope="module")
def report(path: Path, replayed: Callable[..., Report]) -> dict[str, Any]:
    return replayed(path).document()


def written(path: Path, rows: Rows, columns: list[str] | None = None) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


# An independent count: the rule as a person would check it with a spreadsheet.

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def span(row: dict[str, str]) -> tuple[datetime, datetime]:
    """The first and the last instant that a row may mean."""
    at = datetime.strptime(row["local_time"], "%Y-%m-%d %H:%M:%S")
    if row["date_only"] == "True":
        midnight = at.replace(hour=0, minute=0, second=0)
        return midnight, midnight + DAY - timedelta(microseconds=1)
    return at, at


def incidents(rows: Rows) -> Iterator[dict[str, tuple[datetime, datetime]]]:
    cases: dict[str, dict[str, tuple[datetime, datetime]]] = {}
    for row in rows:
        steps = cases.setdefault(row["incident"], {})
        assert row["activity"] not in steps, "one of each: then there is nothing to choose"
        steps[row["activity"]] = span(row)
    yield from cases.values()


def version(steps: dict[str, tuple[datetime, datetime]]) -> str:
    return "2017-1" if (steps.get("identified") or steps["occurred"])[0].date() >= date(2017, 3, 24) else "2010-1"


def telephone(steps: dict[str, tuple[datetime, datetime]]) -> str:
    found, start = steps.get("phone_report"), steps.get("identified")
    if start is None:
        return "undeterminable" if found else "not_due"
    if found is None:
        return "missed" if version(steps) == "2017-1" else "not_due"  # without a number nothing is ever missed
    if found[1] < start[0]:
        return "undeterminable"  # before the identification: the record contradicts itself
    if version(steps) == "2010-1" or found[1] <= start[0] + HOUR:
        return "met"
    return "met_late" if found[0] > start[1] + HOUR else "undeterminable"


def written_report(steps: dict[str, tuple[datetime, datetime]]) -> str:
    found, start = steps.get("written_report"), steps.get("identified")
    if start is None:
        return "undeterminable" if found else "not_due"
    if found is None:
        return "missed"
    if found[1] < start[0]:
        return "undeterminable"
    return "met" if found[0].date() <= start[0].date() + 30 * DAY else "met_late"


def counted(rows: Rows) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for steps in incidents(rows):
        for name, judge in (("telephone", telephone), ("written", written_report)):
            found.setdefault(f"pipeline-incident@{version(steps)}/{name}", Counter())[judge(steps)] += 1
    return {k: dict(v) for k, v in found.items()}


def test_the_outcomes_are_those_of_an_independent_count(report: dict[str, Any], rows: Rows) -> None:
    assert report["obligations"] == counted(rows)


def test_the_outcomes_are_the_published_figures(report: dict[str, Any]) -> None:
    assert report["obligations"] == {
        "pipeline-incident@2010-1/telephone": {"met": 1527, "not_due": 49, "undeterminable": 79},
        "pipeline-incident@2010-1/written": {"met": 1339, "met_late": 279, "undeterminable": 37},
        "pipeline-incident@2017-1/telephone": {"met": 159, "met_late": 955, "missed": 5, "undeterminable": 22},
        "pipeline-incident@2017-1/written": {"met": 948, "met_late": 192, "undeterminable": 1},
    }


def test_the_control_totals(report: dict[str, Any]) -> None:
    assert report["totals"] == {
        "cases": 2796,
        "events": {"read": 14022, "applied": 13779, "deviating": 243, "ignored": 0, "unreadable": 0},
        "obligations": 5592,
    }


def test_the_deviations_are_those_of_an_independent_count(report: dict[str, Any], rows: Rows) -> None:
    """Only ``occurred`` and ``identified`` open a case; a report is possible once identified, nothing after the written report."""
    order = ["occurred", "identified", "responder_contacted", "on_site", "phone_report", "written_report"]
    found: Counter[str] = Counter()
    for steps in incidents(rows):
        identified = reported = False
        for n, name in enumerate(sorted(steps, key=lambda s: (steps[s], order.index(s)))):
            if n == 0 and name not in ("occurred", "identified"):
                found["not_opened"] += 1
            elif n > 0 and (
                reported or (name in ("phone_report", "written_report") and not identified) or (name == "identified" and identified)
            ):
                found["not_enabled"] += 1
            elif name == "identified":
                identified = True
            elif name == "written_report":
                reported = True
    assert report["deviations"] == dict(found)


def test_the_report_has_the_fields_that_are_documented_and_no_others(report: dict[str, Any]) -> None:
    assert set(report) == {"header", "totals", "obligations", "deviations", "unlisted", "joined", "unverifiable", "digest"}
    assert set(report["totals"]) == {"cases", "events", "obligations"}
    assert set(report["totals"]["events"]) == {"read", "applied", "deviating", "ignored", "unreadable"}
    assert report["digest"].startswith("sha256:") and len(report["digest"]) == 71


def test_s1_3_the_header_says_how_far_the_times_are_trusted(report: dict[str, Any]) -> None:
    assert (report["header"]["trust"], report["header"]["zone"]["name"]) == ("stated", "floating")
    assert report["header"]["as_of"] == "2022-02-28T07:47:49.000000Z"
    assert set(report["header"]["definitions"]) == {"pipeline-incident@2010-1", "pipeline-incident@2017-1"}


# the digest: what it does not depend on


def command(log: Path, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "replay", "--log", str(log), "--map", str(MAP), "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_s10_1_another_order_of_rows_and_columns_zone_and_hash_seed_give_the_same_report(
    tmp_path: Path, rows: Rows, report: dict[str, Any]
) -> None:
    mixed = list(rows)
    random.Random(20170324).shuffle(mixed)
    columns = [*reversed(list(rows[0]))]
    log = written(tmp_path / "mixed.csv", mixed, columns)
    assert command(log, TZ="America/Anchorage", PYTHONHASHSEED="4711", LC_ALL="C") == report


# the digest: what changes it


def earlier(row: dict[str, str], days: float) -> dict[str, str]:
    at = datetime.strptime(row["local_time"], "%Y-%m-%d %H:%M:%S") - timedelta(days=days)
    return {**row, "local_time": at.strftime("%Y-%m-%d %H:%M:%S")}


@pytest.mark.parametrize("seed", range(30))
def test_s10_2_any_one_stamp_that_bears_on_an_outcome_changes_the_digest(
    tmp_path: Path, rows: Rows, replayed: Callable[..., Report], seed: int
) -> None:
    chance = random.Random(seed)
    bearing = ("identified", "phone_report", "written_report")
    chosen = chance.choice([r for r in rows if r["activity"] in bearing])
    case = [r for r in rows if r["incident"] == chosen["incident"]]
    shift = chance.choice([1 / 86400, 1 / 24, 1, 40]) if chosen["date_only"] != "True" else 1
    changed = [earlier(r, shift) if r is chosen else r for r in case]
    until = "2022-02-28 07:47:49"  # held still, so that nothing but the stamp can change the digest
    before = replayed(written(tmp_path / "before.csv", case), until)
    after = replayed(written(tmp_path / "after.csv", changed), until)
    assert before.digest != after.digest
    again = replayed(written(tmp_path / "again.csv", case[::-1]), until)
    assert again.digest == before.digest


def test_s10_2_a_day_is_another_stamp_than_its_midnight(tmp_path: Path, rows: Rows, replayed: Callable[..., Report]) -> None:
    chosen = next(r for r in rows if r["date_only"] == "True" and r["activity"] == "written_report")
    case = [r for r in rows if r["incident"] == chosen["incident"]]
    exact = [{**r, "date_only": "False"} if r is chosen else r for r in case]
    until = "2022-02-28 07:47:49"
    assert replayed(written(tmp_path / "a.csv", case), until).digest != replayed(written(tmp_path / "b.csv", exact), until).digest


# an earlier day


def test_an_earlier_as_of_sees_what_had_happened_by_then(
    path: Path, rows: Rows, replayed: Callable[..., Report], report: dict[str, Any]
) -> None:
    """Judged on 2018-01-01, counted again by hand: what lies later is not there, and what is not yet due is not missed."""
    noon = datetime(2018, 1, 1, 12)
    then = replayed(path, "2018-01-01 12:00:00").document()
    known = [r for r in rows if span(r)[0] <= noon]
    events = then["totals"]["events"]
    assert events["ignored"] == len(rows) - len(known) and events["applied"] + events["deviating"] == len(known)
    assert then["totals"]["cases"] == len({r["incident"] for r in known})
    expected: dict[str, Counter[str]] = {}
    for steps in incidents(known):
        outcome = telephone(steps)
        if outcome == "missed" and noon <= steps["identified"][0] + HOUR:
            outcome = "not_due"
        expected.setdefault(f"pipeline-incident@{version(steps)}/telephone", Counter())[outcome] += 1
        outcome = written_report(steps)
        if outcome == "missed" and noon.date() <= steps["identified"][0].date() + 30 * DAY:
            outcome = "not_due"
        expected.setdefault(f"pipeline-incident@{version(steps)}/written", Counter())[outcome] += 1
    assert then["obligations"] == {k: dict(v) for k, v in expected.items()}
    assert then["digest"] != report["digest"]


def test_s10_2_one_second_in_any_of_fifty_rows_shows_in_the_digest_of_its_case_and_of_no_other(
    rows: Rows, versions: list[Rules], log_map: LogMap, tmp_path: Path
) -> None:
    """Only a row that knows the day alone says the same a second later."""
    chance = random.Random(498)
    some = set(chance.sample(sorted({r["incident"] for r in rows}), 40))
    log = [r for r in rows if r["incident"] in some]

    def cases(log: Rows) -> dict[str, str]:
        found = read_log(written(tmp_path / "log.csv", log), log_map)
        assert found.unreadable == [] and found.ignored == 0
        until = datetime(2030, 1, 1, tzinfo=versions[0].zone)
        return replay_log(found.cases, log_map, versions, shipped("cn"), read=found.read, ignored=0, unreadable=0, as_of=until).cases

    before = cases(log)
    vague = 0
    for at in chance.sample(range(len(log)), 50):
        row = log[at]
        later = datetime.strptime(row["local_time"], "%Y-%m-%d %H:%M:%S") + timedelta(seconds=1)
        after = cases([*log[:at], {**row, "local_time": later.strftime("%Y-%m-%d %H:%M:%S")}, *log[at + 1 :]])
        day_only = row["date_only"] == "True"
        vague += day_only
        assert {case for case in before if before[case] != after[case]} == (set() if day_only else {row["incident"]})
    assert 0 < vague < 50
