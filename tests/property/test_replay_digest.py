"""Small made-up logs with everything that is awkward in real ones; the verdict is compared with a count that shares no code with duban."""

from __future__ import annotations

import csv
import random
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.calendars import shipped
from adapters.eventlog import read_log
from adapters.library import shipped_definitions
from workflow.logmap import read_map
from workflow.moment import parse
from workflow.replay import Report, replay_log
from workflow.rules import Rules

Row = dict[str, str]

COLUMNS = ["case", "what", "when", "day_only", "seq", "who"]
ORDER = ["occurred", "identified", "on_site", "phone_report", "written_report"]
LOG_MAP = read_map(
    "procedure: pipeline-incident\n"
    "columns: {case: case, activity: what, time: when, date_only: day_only, sequence: seq, actor: who}\n"
    "zone: floating\n"
    f"activities: {{{', '.join(f'{a}: {a}' for a in ORDER)}}}\n"
    "ignore: noise\n",
    "map.yaml",
)
VERSIONS = [Rules(d.procedure, d.hash) for d in shipped_definitions("pipeline-incident")]
CALENDAR = shipped("cn")
NEW_RULE = datetime(2017, 3, 24)
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)

# Twenty minutes apart over three days around the change of the rule: ties, contradictions and instants on the hour are common.
stamps = st.integers(0, 3 * 72).map(lambda n: (NEW_RULE - DAY + n * timedelta(minutes=20)).strftime("%Y-%m-%d %H:%M:%S"))
rows = st.fixed_dictionaries(
    {
        "case": st.sampled_from(["1", "2"]),
        "what": st.sampled_from([*ORDER, "identified", "phone_report", "phone_report", "riot", "noise"]),
        "when": stamps,
        "day_only": st.sampled_from(["", "", "", "True"]),
        "seq": st.sampled_from(["", "1", "2", "10"]),
        "who": st.sampled_from(["a", "b"]),
    }
)
logs = st.lists(rows, min_size=1, max_size=12)


def replayed(log: list[Row], as_of: str = "", columns: list[str] = COLUMNS) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(log)
        found = read_log(path, LOG_MAP)
    until = parse(as_of, VERSIONS[0].zone).hi if as_of else found.last
    report = replay_log(
        found.cases, LOG_MAP, VERSIONS, CALENDAR, read=found.read, ignored=found.ignored, unreadable=len(found.unreadable), as_of=until
    )
    report.check()
    assert report.events["read"] == len(log)
    return report


# the oracle


def span(row: Row) -> tuple[datetime, datetime]:
    at = datetime.strptime(row["when"], "%Y-%m-%d %H:%M:%S")
    if row["day_only"]:
        at = datetime(at.year, at.month, at.day)
        return at, at + DAY - TICK
    return at, at


def total_order(row: Row) -> tuple[Any, ...]:
    """S10.1: instant, sequence, order of the activities, bytes of the row."""
    return (
        span(row),
        int(row["seq"]) if row["seq"] else -1,
        ORDER.index(row["what"]) if row["what"] in ORDER else len(ORDER),
        [row[c] for c in sorted(COLUMNS)],
    )


def telephone(case: list[Row], as_of: datetime) -> tuple[str, str]:
    """The version that judges the case, and the outcome of the telephone report."""
    case = sorted(case, key=total_order)
    first: dict[str, Row] = {}
    for row in case:
        first.setdefault(row["what"], row)
    decisive = span(first.get("identified") or first.get("occurred") or case[0])[0]
    version = "2017-1" if decisive >= NEW_RULE else "2010-1"
    if "identified" not in first:
        return version, "undeterminable" if "phone_report" in first else "not_due"
    earliest, latest = span(first["identified"])
    if "phone_report" not in first:
        if version == "2010-1" or as_of <= earliest + HOUR:
            return version, "not_due"
        return version, "missed" if as_of > latest + HOUR else "undeterminable"
    begun, done = span(first["phone_report"])
    if done < earliest:
        return version, "undeterminable"
    if version == "2010-1" or done <= earliest + HOUR:
        return version, "met"
    if begun > latest + HOUR:
        return version, "met_late"
    # Only its day is known, or when it was due: another report that is surely in time takes the doubt away.
    others = [span(row)[1] for row in case if row["what"] == "phone_report"]
    return version, "met" if any(earliest <= other <= earliest + HOUR for other in others) else "undeterminable"


def expected(log: list[Row]) -> dict[str, Counter[str]]:
    log = [r for r in log if r["what"] != "noise"]
    as_of = max((span(r)[1] for r in log), default=NEW_RULE)
    found: dict[str, Counter[str]] = {}
    for number in {r["case"] for r in log}:
        version, outcome = telephone([r for r in log if r["case"] == number], as_of)
        found.setdefault(f"pipeline-incident@{version}/telephone", Counter())[outcome] += 1
    return found


@given(logs)
def test_the_telephone_outcome_is_that_of_a_slow_count(log: list[Row]) -> None:
    outcomes = replayed(log).outcomes
    assert {k: v for k, v in outcomes.items() if k.endswith("/telephone")} == expected(log)


@given(logs, st.randoms(use_true_random=False))
def test_s10_1_the_order_of_rows_and_columns_never_matters(log: list[Row], chance: random.Random) -> None:
    before = replayed(log).document()
    mixed, columns = list(log), list(COLUMNS)
    chance.shuffle(mixed)
    chance.shuffle(columns)
    assert replayed(mixed, columns=columns).document() == before


@given(logs, st.integers(0, 11), st.sampled_from([DAY, 2 * DAY]))
def test_s10_2_one_changed_stamp_changes_the_digest(log: list[Row], at: int, shift: timedelta) -> None:
    assume(at < len(log) and log[at]["what"] != "noise")
    moved = (span(log[at])[0] - shift).strftime("%Y-%m-%d %H:%M:%S")
    changed = [{**r, "when": moved} if n == at else r for n, r in enumerate(log)]
    assert replayed(log, "2017-06-01").digest != replayed(changed, "2017-06-01").digest


@given(logs)
def test_rows_that_are_ignored_change_no_digest(log: list[Row]) -> None:
    noise = {**log[0], "what": "noise", "when": "whenever", "case": ""}
    before, after = replayed(log), replayed([*log, noise])
    assert after.digest == before.digest and after.events["ignored"] == before.events["ignored"] + 1


@given(logs)
def test_an_as_of_after_everything_moves_only_what_is_open(log: list[Row]) -> None:
    now, later = replayed(log), replayed(log, "2027-01-01")
    closed = ("met", "met_late")
    assert {k: [v[o] for o in closed] for k, v in now.outcomes.items()} == {k: [v[o] for o in closed] for k, v in later.outcomes.items()}
    assert now.events == later.events
